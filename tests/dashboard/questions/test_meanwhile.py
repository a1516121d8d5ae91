"""What is told of a question while it is worked on, and once nobody wants it any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.jobs.lanes import Cancelled
from dashboard.jobs.question_job import answered
from dashboard.sandbox.questions import asking
from data.workspace import Workspace
from tests.dashboard import reader
from tests.dashboard.questions.what_ifs import (
    BEST,
    RATE,
    TURNED,
    VIEW,
    Inline,
    payload,
    words_of,
)


def test_a_question_that_nobody_wants_any_more_stops_with_what_was_found(own: Path) -> None:
    job = Inline(
        Workspace.open(own), payload(own, "break-even", {"lever": {**RATE, "high": 1.6}}), patience=1
    )
    with pytest.raises(Cancelled) as stopped:
        answered(job)
    assert stopped.value.partial["tried"] == job.partials[0]["tried"]


@pytest.fixture(scope="module")
def stopped(tried: Path) -> Callable[[str, dict[str, Any]], Inline]:
    """A question that was worked on until its first gains were told, which the job said last."""
    known: dict[str, Inline] = {}

    def of(question: str, about: dict[str, Any]) -> Inline:
        if question not in known:
            known[question] = Inline(Workspace.open(tried), payload(tried, question, about), patience=1)
            with pytest.raises(Cancelled) as ended:
                answered(known[question])
            assert ended.value.partial == known[question].partials[-1]
        return known[question]

    return of


@pytest.mark.parametrize(("question", "about"), [
    ("layers", {"draws": 3}),  # as nobody else asks: what is known already is not worked on
    ("influences", {"method": "morris", "size": 3, "levers": TURNED}),
    ("trust", {"origins": 1, "horizon_months": 1, "replications": 11, "draws": 3}),
])  # fmt: skip
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_gains_known_so_far_are_told_while_a_question_is_worked_on(
    own: Path, stopped, monkeypatch, question, about, lang
) -> None:
    job = stopped(question, about)
    told = job.partials[-1]["so_far"]
    assert told["runs"] >= 1 and told["low"] <= told["mean"] <= told["high"]
    registry = Workspace.open(own).registry
    run = registry.create_run(asking.KIND, job.payload)
    registry.finish_run(run.id, "cancelled", result=job.partials[-1])
    page = reader.opened(VIEW, own, monkeypatch, run="1", ask=str(run.id), lang=lang)
    assert not page.exception and {"en": "comparison", "zh": "次对照"}[lang] in words_of(page)


def test_a_replay_that_nobody_wants_any_more_is_not_waited_for(own: Path, monkeypatch) -> None:
    job = Inline(Workspace.open(own), payload(own, "winners", {"listed": 7}), patience=0)
    with pytest.raises(Cancelled):
        answered(job)


def test_a_search_that_is_stopped_tells_the_best_it_had_found(own: Path, monkeypatch) -> None:
    job = Inline(Workspace.open(own), payload(own, "best", {**BEST, "trials": 4}), patience=1)
    with pytest.raises(Cancelled) as stopped:
        answered(job)
    registry = Workspace.open(own).registry
    run = registry.create_run(asking.KIND, job.payload)
    registry.finish_run(run.id, "cancelled", result=stopped.value.partial)
    page = reader.opened(VIEW, own, monkeypatch, run="1", ask=str(run.id))
    assert not page.exception and "Best so far in the search" in words_of(page)
