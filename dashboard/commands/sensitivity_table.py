"""The answers of `loyalty sensitivity` for people, in either language."""

from __future__ import annotations

from typing import Any

from dashboard.commands import answers
from loyalty_core.text import Language, Text
from simulation.evidence import STATUS_WORDS
from simulation.layers import PARTS

OF_VARIANCE = Text(
    "{part}: {share} of the variance (90%: {low} to {high})",
    "{part}：占方差的 {share}（90% 区间 {low} 至 {high}）",
)
NINE_OF_TEN = Text(
    "nine of ten runs gain {low:+z,.0f} to {high:+z,.0f} {currency}",
    "九成运行的收益为 {low:+z,.0f} 至 {high:+z,.0f} {currency}",
)
NOTHING = Text("no run gains or loses anything", "任何一次运行都没有收益或损失")
LEVER = Text("lever|from|to|range", "杠杆|下限|上限|区间依据")
ASKED_FOR = Text("as asked", "按要求")
OF_MORRIS = Text("moves the gain by|± 90%|on average|spread", "对收益的影响|± 90%|平均影响|离散度")
OF_SOBOL = Text("share in all|± 90%|by itself|± 90%", "总体占比|± 90%|单独占比|± 90%")
GAINS = Text(
    "{runs} comparisons, gains from {gain_low:+z,.0f} to {gain_high:+z,.0f} {currency}",
    "{runs} 次比较，收益为 {gain_low:+z,.0f} 至 {gain_high:+z,.0f} {currency}",
)


def print_layers(told: dict[str, Any], currency: str, language: Language) -> None:
    """The shares of the variance, and the range of the gain."""
    if told["low"] == told["high"] == 0:
        answers().print(NOTHING(language))
        return
    for key, part in PARTS.items():
        if key not in told:  # the past leaves nothing open there, or tells too little to say
            continue
        low, high = (f"{end:.0%}" for end in told["intervals"][key])
        share = {"share": f"{told[key]:.0%}", "low": low, "high": high}
        answers().print(OF_VARIANCE(language).format(part=part(language), **share))
    answers().print(NINE_OF_TEN(language).format(**told, currency=currency), markup=False)


def print_influences(told: dict[str, Any], currency: str, language: Language) -> None:
    """What each lever moves (Morris), or its share of the variance (Sobol)."""
    from rich.table import Table

    morris = told["method"] == "morris"
    heads = (LEVER, OF_MORRIS if morris else OF_SOBOL)
    table = Table(*(head for several in heads for head in several(language).split("|")))
    for one in told["influences"]:
        figures = (one[key] for key in ("size", "size_half_width", "part", "spread"))
        shown = (f"{value:,.0f}" if morris else f"{value:.0%}" for value in figures)
        rests_on = STATUS_WORDS[one["status"]] if one["status"] else ASKED_FOR
        table.add_row(one["path"], f"{one['low']:g}", f"{one['high']:g}", rests_on(language), *shown)
    answers().print(table, markup=False)
    answers().print(GAINS(language).format(**told, currency=currency), markup=False)
    answers().print(told["meaning"][language], soft_wrap=True, markup=False)
