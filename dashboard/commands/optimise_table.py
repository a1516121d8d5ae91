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
ON_FRONT, CONSTRAINTS = Text("on the front", "位于前沿"), Text("constraints", "约束")
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
        kept = (KEPT if one["holds"] else BROKEN)(language)
        sure = one["gain_in_words"][language]
        table.add_row(*values, f"{one['gain']:+z,.0f}", half, sure, f"{one['searched']:+z,.0f}", kept)
    answers().print(table, markup=False)
    answers().print(FEASIBLE(language).format(**told), markup=False)
    answers().print(meaning, soft_wrap=True, markup=False)


def print_trade_offs(told: dict[str, Any], language: Language) -> None:
    """The choices with their values, what they change of both aims, and whether they lie on the front."""
    from rich.table import Table

    paths = list(told["choices"][0]["values"])
    levers = [path.partition(".")[2] for path in paths]
    changes = [head for aim in told["aims"] for head in (aim, "± 95%")]
    table = Table(*levers, *changes, ON_FRONT(language), CONSTRAINTS(language))
    for one in told["choices"]:
        values = [f"{one['values'][path]:g}" for path in paths]
        figures = [
            text
            for change, half in zip(one["changes"], one["half_widths"], strict=True)
            for text in (f"{change:+,.6g}", "–" if half is None else f"{half:,.4g}")
        ]
        front = (YES if one["on_front"] else NO)(language)
        table.add_row(*values, *figures, front, (KEPT if one["holds"] else BROKEN)(language))
    answers().print(table, markup=False)
    answers().print(FEASIBLE(language).format(**told), markup=False)
    answers().print(told["meaning"][language], soft_wrap=True, markup=False)
