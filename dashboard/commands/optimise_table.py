"""The answer of `loyalty optimise` for people, in either language."""

from __future__ import annotations

from typing import Any

from dashboard.commands import answers
from loyalty_core.text import Language, Text

HEADS = Text("gain, {currency}|± 95%|searched|holds", "收益（{currency}）|± 95%|搜索时的收益|复验成立")
YES, NO = Text("yes", "是"), Text("no", "否")
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
        holds = (YES if one["holds"] else NO)(language)
        table.add_row(*values, f"{one['gain']:+z,.0f}", half, f"{one['searched']:+z,.0f}", holds)
    answers().print(table, markup=False)
    answers().print(FEASIBLE(language).format(**told), markup=False)
    answers().print(meaning, soft_wrap=True, markup=False)
