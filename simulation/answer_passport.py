"""The passport of one answer: that of the programme, made more careful by what the answer itself rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from loyalty_core.text import Text
from simulation.ends import turning
from simulation.layers import ASSUMPTIONS, MOST_SUPPOSED, Layers
from simulation.passport import PILOT, VERDICTS


def of_answer(passport: Mapping[str, Any], grounds: Mapping[str, Any]) -> dict[str, Any]:
    """The passport of one answer: that of the programme, and what the answer itself rests on.

    One of which a large part is no more than supposed, or may be for all that its draws tell, whose sign
    turns where something that is supposed is put at an end of its range, or which its own runs do not tell
    from nothing, is to be tried out first.
    """
    grounds = with_form(grounds, passport["widening"])
    reasons = _by_suppositions(grounds)
    if (turned := turning(grounds["ends"])) is not None:
        reasons.append(turned)
    if grounds["by_chance"]:
        reasons.append(
            Text(
                "Its own replications leave open whether it gains or loses.",
                "其自身的重复运行尚不能判定收益的正负。",
            )
        )
    known = next(place for place, one in enumerate(VERDICTS) if one.en == passport["verdict"])
    verdict = VERDICTS[max(known, VERDICTS.index(PILOT) if reasons else 0)]
    told = [*passport["reasons"], *(asdict(reason) for reason in reasons)]
    words = {"verdict": verdict.en, "verdict_words": asdict(verdict), "reasons": told}
    return {**grounds, **passport, **words}


def with_form(grounds: Mapping[str, Any], widening: float) -> dict[str, Any]:
    """What an answer rests on, beside it what forecasts of the past missed of levels by more than is drawn.

    A gain grows with the level of sales, so that this is the gain's error by as large a share; what draws
    hold of levels themselves is in their own layers.
    """
    level = next((row for row in grounds["levels"] if row["metric"] == "revenue"), None)
    share = level["baseline"] / level["mean"] if level and level["mean"] else 0.0
    layers = Layers.told(grounds)
    missed = max(widening**2 - 1, 0.0) * (share * layers.gain.mean) ** 2
    return {**grounds, **replace(layers, missed=missed).to_json()}


def _by_suppositions(grounds: Mapping[str, Any]) -> list[Text]:
    """Where it is known that much is supposed, or not known that little is."""
    low, high = grounds["intervals"].get(f"{ASSUMPTIONS}_share", (0.0, 0.0))
    if high < MOST_SUPPOSED:
        return []
    if low >= MOST_SUPPOSED:
        return [
            Text(
                f"{low:.0%} to {high:.0%} of the answer's variance rests on how members are supposed to "
                "respond.",
                f"该结论的方差有 {low:.0%} 至 {high:.0%} 取决于对会员响应方式的假设。",
            )
        ]
    made, more = grounds["draws"][ASSUMPTIONS], grounds["draws_to_tell"]
    untold = Text(
        f"Runs of this size cannot tell whether less than {MOST_SUPPOSED:.0%} of its variance rests on how "
        f"members are supposed to respond ({low:.0%} to {high:.0%} by {made} draws of each layer)",
        f"以目前的运行规模，尚无法判断方差中取决于会员响应假设的部分是否低于 {MOST_SUPPOSED:.0%}"
        f"（各层抽取 {made} 次，结果为 {low:.0%} 至 {high:.0%}）",
    )
    settled = (
        Text("more draws would hardly tell, a pilot would", "增加抽取次数也难以判断，宜以试点验证")
        if more is None
        else Text(f"about {more} draws would", f"约需抽取 {more} 次")
    )
    return [Text(f"{untold.en}; {settled.en}.", f"{untold.zh}；{settled.zh}。")]
