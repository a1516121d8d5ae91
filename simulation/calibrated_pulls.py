"""Step of a calibration: what makes the same member come sooner."""

from __future__ import annotations

from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.calibration_findings import Findings
from simulation.evidence import Status, words
from simulation.pulls import FEWEST_WAITS, METHOD_ERROR, pulls
from simulation.visible_effects import Estimate


def say_pulls(found: Findings, history: History, programme: Programme, first_day: int) -> None:
    """The pull of near goals and the momentum of a redemption."""
    own = pulls(history, programme, found.behaviour.season, found.effects, first_day)
    for key in METHOD_ERROR:
        _say(found, key, own.get(key))


def _say(found: Findings, key: str, own: Estimate | None) -> None:
    """One of them: own waits and what was known before, each by its certainty."""
    effect = getattr(found.effects, key)
    if own is None:
        found.keep(key, f"fewer than {FEWEST_WAITS:,} gaps between purchases, or all alike in it",
                   f"购买间隔不足 {FEWEST_WAITS:,} 个，或在这方面没有差别")  # fmt: skip
        return
    both = own.with_prior(effect.value, effect.low, effect.high)
    figure = (both.value, *both.ends)
    source = words(
        f"{own.cases:,} gaps between purchases ({own.value:.2f}), weighed with: {effect.source}",
        f"{own.cases:,} 个购买间隔（{own.value:.2f}），与文献加权：{effect.source}",
    )
    status = Status.CALIBRATED if own.surer_than(effect.low, effect.high) else effect.status
    found.tell(key, effect.name, effect.unit.value, figure, status, source)
    if status is Status.CALIBRATED:
        found.affect(key, figure, source.en)
