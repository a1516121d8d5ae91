"""The work of a question about a what-if in the job process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from dashboard.jobs.lanes import Cancelled, Job
from dashboard.jobs.questions import (
    Answer,
    Asked,
    Asking,
    best_of,
    break_even_of,
    grounds_of,
    influences_of,
    trade_offs_of,
    trust_of,
)
from dashboard.jobs.simulation_job import PARTIAL_SECONDS
from dashboard.jobs.winners_found import winners_of
from loyalty_core.rules.programme import programme_from_dict
from simulation import experiment
from simulation.constraints import Constraint
from simulation.levers import Lever
from simulation.scenario import Scenario, scenario_from_dict
from simulation.stopping import Gain
from simulation.trade_offs import Aim

Given = Mapping[str, Any]


def answered(job: Job) -> Answer:
    """The answer that `payload` asks for: programme, scenario, snapshot, members, question and what it is
    about."""
    payload = job.payload
    asked = Asked(
        job.workspace,
        job.workspace.snapshot(payload["snapshot"]),
        programme_from_dict(payload["programme"]),
        (Scenario(), scenario_from_dict(payload["scenario"])),
        payload["members"],
    )
    so_far: list[Answer] = []
    shown_at = 0.0

    def told(share: float, partial: Answer | None) -> None:
        nonlocal shown_at
        so_far[:] = so_far if partial is None else [partial]
        due = time.monotonic() - shown_at >= PARTIAL_SECONDS
        if partial is not None and due:
            shown_at = time.monotonic()
        job.report(share, "working", partial if due else None)

    job.report(0.0, "reading")
    asking = Asking(executor=lambda: job.executor, progress=told, cancelled=job.cancelled)
    try:
        return _QUESTIONS[payload["question"]](asked, payload["about"], asking)
    except experiment.Cancelled:
        raise Cancelled(so_far[0] if so_far else None) from None


def _break_even(asked: Asked, about: Given, asking: Asking) -> Answer:
    return break_even_of(asked, Lever(**about["lever"]), asking)


def _layers(asked: Asked, about: Given, asking: Asking) -> Answer:
    return grounds_of(asked, about["draws"], _gain(about), asking, with_ends=False)


def _influences(asked: Asked, about: Given, asking: Asking) -> Answer:
    levers = [Lever(**one) for one in about["levers"]]
    return influences_of(asked, about["method"], about["size"], levers, asking)


def _best(asked: Asked, about: Given, asking: Asking) -> Answer:
    levers = [Lever(**one) for one in about["levers"]]
    constraints = [Constraint.of(one) for one in about["constraints"]]
    return best_of(asked, levers, constraints, about["trials"], asking)


def _trade_offs(asked: Asked, about: Given, asking: Asking) -> Answer:
    levers = [Lever(**one) for one in about["levers"]]
    constraints = [Constraint.of(one) for one in about["constraints"]]
    first, second = (Aim.of(one) for one in about["aims"])
    return trade_offs_of(asked, levers, (first, second), constraints, about["trials"], asking)


def _trust(asked: Asked, about: Given, asking: Asking) -> Answer:
    past = {name: about[name] for name in ("origins", "horizon_months", "replications")}
    return trust_of(asked, past | {"seed": asked.sides[1].seed}, about["draws"], _gain(about), asking)


def _gain(about: Given) -> Gain | None:
    """That of the what-if itself, told by its own members and replications."""
    return None if about["gain"] is None else Gain(**about["gain"])


def _winners(asked: Asked, about: Given, asking: Asking) -> Answer:
    return winners_of(asked, None, about["listed"], asking)


_QUESTIONS: dict[str, Callable[[Asked, Given, Asking], Answer]] = {
    "break-even": _break_even,
    "layers": _layers,
    "influences": _influences,
    "best": _best,
    "trade-offs": _trade_offs,
    "trust": _trust,
    "winners": _winners,
}
