"""The answer of `loyalty optimise` for people, in either language."""

from __future__ import annotations

from typing import Any

from dashboard.commands import answers
from loyalty_core.text import Language, Text

HEADS = Text(
    "gain, {currency}|± 95%|the gain|searched|constraints",
    "收益（{currency}）|± 95%|收益判断|搜索时的收益|约束",
)
KEPT, BROKEN = Text("kept", "满足"), Text("not kept", "不满足")
FEASIBLE = Text(
    "{feasible} of {trials} proposals keep the constraints", "{trials} 个方案中有 {feasible} 个满足约束"
)


def print_candidates(told: dict[str, Any], currency: str, meaning: str, language: Language) -> None:
    """The candidates with their values, what they gained when tried anew, and what in the search."""
    from rich.table import Table

    paths = list(told["candidates"][0]["values"])
    levers = (path.partition(".")[2] for path in paths)
    table = Table(*levers, *HEADS(language).format(currency=currency).split("|"))
    for one in told["candidates"]:
        values = (f"{one['values'][path]:g}" for path in paths)
        half = "–" if one["half_width"] is None else f"{one['half_width']:,.0f}"
        kept = (KEPT if one["holds"] else BROKEN)(language)
        sure = one["gain_in_words"][language]
        table.add_row(*values, f"{one['gain']:+z,.0f}", half, sure, f"{one['searched']:+z,.0f}", kept)
    answers().print(table, markup=False)
    answers().print(FEASIBLE(language).format(**told), markup=False)
    answers().print(meaning, soft_wrap=True, markup=False)
