"""What is kept of an arm is not run again, and changes no digit of any answer."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from loyalty_core.history import History
from simulation import replications
from simulation.behaviour import Behaviour
from simulation.contest import Contest
from simulation.drawn_runs import LUCKS
from simulation.experiment import Cancelled, contest_of, run
from simulation.grounds import grounds
from simulation.kept_counts import named
from simulation.outset import Outset, outset
from simulation.scenario import Scenario, scenario_from_dict
from simulation.stopping import Gain
from tests.simulation.arms_run import counted_arms
from tests.simulation.crowds import PROGRAMME, past

LIVE, SIZE = Scenario(), 150
DEARER = Scenario(name="dearer", changes={"rewards.tea.points": 450}, months=2, replications=3)
HIGHER = DEARER.model_copy(update={"name": "higher", "changes": {"tiers.gold.threshold": 3000}})


@pytest.fixture(scope="module")
def history() -> History:
    return past(300)[0]


def starting(history: History, *, months: int = 2, seed: int = 1, joining: float = 1.0) -> Outset:
    return outset(history, PROGRAMME, months, seed, Behaviour(), most_joining=joining)


@pytest.fixture(scope="module")
def bare(history: History) -> Outset:
    return starting(history)


@pytest.fixture
def start(bare: Outset) -> Outset:
    """A start from which nothing has been run yet."""
    return replace(bare, kept={})


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    return counted_arms(monkeypatch)


def compared(start: Outset, *scenarios: Scenario) -> Contest:
    design, found = contest_of(start, PROGRAMME, scenarios, SIZE)
    return run(design, found, scenarios[-1])


def told(start: Outset, *scenarios: Scenario) -> str:
    return json.dumps(compared(start, *scenarios).to_json())


def parts_of(start: Outset) -> int:
    return len([one for one in replications.cuts(start, SIZE) if not one.early])


def test_what_is_kept_is_not_run_again_and_changes_no_digit(start: Outset, ran: Counter[int]) -> None:
    whole, parts = told(start, LIVE, HIGHER), parts_of(start)
    assert ran == {1: 2 * parts, 2: 2 * parts, 3: 2 * parts}
    fresh = told(replace(start, kept={}), LIVE, DEARER)
    ran.clear()
    assert told(start, LIVE, DEARER) == fresh and ran == {1: parts, 2: parts, 3: parts}
    ran.clear()
    assert told(start, LIVE, DEARER) == fresh and told(start, LIVE, HIGHER) == whole and not ran
    longer = HIGHER.model_copy(update={"replications": 5})
    assert told(start, LIVE, longer) == told(replace(start, kept={}), LIVE, longer)


def test_only_what_is_missing_of_some_replications_is_run(start: Outset, ran: Counter[int]) -> None:
    whole = told(start, LIVE, HIGHER)
    design, _ = contest_of(start, PROGRAMME, (LIVE, HIGHER))
    live, higher = design.arms
    some = {named(live, 1, 1), named(higher, 1, 1), named(higher, 1, 3)}
    ran.clear()
    known = {name: counts for name in some if (counts := start.kept.get(name)) is not None}
    assert told(replace(start, kept=known), LIVE, HIGHER) == whole
    parts = parts_of(start)
    assert ran == {2: 2 * parts, 3: parts} and len(known) == 6


def test_a_contest_of_several_takes_what_comparisons_of_two_have_found(
    start: Outset, ran: Counter[int]
) -> None:
    fresh = told(replace(start, kept={}), LIVE, DEARER, HIGHER)
    for one in (DEARER, HIGHER):
        compared(start, LIVE, one)
    ran.clear()
    assert told(start, LIVE, DEARER, HIGHER) == fresh and not ran


def test_kept_replications_end_a_run_where_the_tolerance_holds(start: Outset, ran: Counter[int]) -> None:
    wanted = HIGHER.model_copy(update={"replications": 40, "tolerance": 400.0, "months": 1})
    first = told(start, LIVE, wanted)
    assert 3 <= json.loads(first)["comparisons"][0]["replications"] < 40
    ran.clear()
    assert told(start, LIVE, wanted) == first and not ran


@pytest.mark.parametrize(
    "other",
    [
        {"joining": {"factor": 1.5}},
        {"later": [{"first_day": "2026-05-10", "changes": {"tiers.gold.threshold": 1200}}]},
        {"changes": {"rewards.tea.stock": 20}},
        {"campaigns": [{"name": "back", "kind": "win_back", "first_day": "2026-04-05",
                        "last_day": "2026-04-25", "response": {"lift": 0.3}}]},
    ],
)  # fmt: skip
def test_the_baseline_does_not_hang_on_what_stands_beside_it(
    history: History, start: Outset, ran: Counter[int], other: dict[str, Any]
) -> None:
    scenario = scenario_from_dict({"name": "other", "months": 2, "replications": 2, **other})
    crowded = replace(starting(history, joining=scenario.most_joining), kept={})
    fresh = told(crowded, LIVE, scenario)
    compared(start, LIVE, DEARER)
    ran.clear()
    assert told(replace(crowded, kept=start.kept), LIVE, scenario) == fresh
    assert ran[1] == ran[2] and sum(ran.values()) in (2, 2 * parts_of(crowded))


def test_what_decides_an_arm_is_in_its_name(start: Outset) -> None:
    asked = [
        {},
        {"changes": {"tiers.gold.threshold": 3000}},
        {"behaviour": {"redeeming.appeal": 0.123}},
        {"effects": {"goal_gradient": False}},
        {"changes": {"rewards.tea.stock": 20}},
        {"later": [{"first_day": "2026-05-10", "changes": {"tiers.gold.threshold": 1200}}]},
        {"joining": {"factor": 1.5}},
        {"shocks": [{"name": "rain", "first_day": "2026-04-05", "last_day": "2026-04-25", "demand": 0.5}]},
    ]
    scenarios = [scenario_from_dict({"months": 2, **one}) for one in asked]
    arms = contest_of(start, PROGRAMME, scenarios)[0].arms
    again = contest_of(start, PROGRAMME, scenarios)[0].arms
    names = [named(arm, 1, 1) for arm in arms]
    assert names == [named(arm, 1, 1) for arm in again]
    assert len({*names, named(arms[0], 2, 1), named(arms[0], 1, 2)}) == len(asked) + 2


def test_draws_of_the_baseline_serve_every_scenario(start: Outset, ran: Counter[int]) -> None:
    def gains(start: Outset, scenario: Scenario) -> list[Any]:
        design, nothing = contest_of(start, PROGRAMME, (LIVE, scenario), SIZE)
        found = grounds(design, nothing, PROGRAMME, 2, Gain.of([1.0, 2.0]), with_ends=False)
        return found.layers.gains["assumptions"].tolist()

    fresh = gains(replace(start, kept={}), DEARER)
    gains(start, HIGHER)
    ran.clear()
    assert gains(start, DEARER) == fresh
    # On each luck the scenario alone: as it is known and under both draws.
    assert ran == {luck: 3 * parts_of(start) for luck in range(1, LUCKS + 1)}


def test_the_first_sample_is_the_same_whether_the_baseline_is_kept_or_not(
    start: Outset, ran: Counter[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def heard(start: Outset) -> list[tuple[float, str]]:
        design, nothing = contest_of(start, PROGRAMME, (LIVE, DEARER), SIZE)
        partial = list[tuple[float, str]]()
        run(
            design,
            nothing,
            DEARER,
            progress=lambda _, found: (
                partial.append((found.of_members, json.dumps(found.to_json()))) if found else None
            ),
        )
        return partial

    monkeypatch.setattr(replications, "FIRST_SIZE", 100)
    fresh = heard(replace(start, kept={}))
    compared(start, LIVE, HIGHER)
    ran.clear()
    assert heard(start) == fresh and [share < 1 for share, _ in fresh] == [True, False, False, False]
    assert ran == {1: parts_of(start) + 4, 2: parts_of(start), 3: parts_of(start)}


def test_desks_are_kept_with_the_arm_that_they_serve(start: Outset, ran: Counter[int]) -> None:
    desk = {"name": "calls", "work": "contact", "places": 1, "minutes": 12, "asked_per_sale": 0.2}
    document = {"name": "desk", "months": 2, "replications": 1}
    asked = scenario_from_dict(document | {"desks": [desk]})
    fresh = told(start, LIVE, asked)
    assert ran == {1: 2} and json.loads(fresh)["comparisons"][0]["desks"]
    ran.clear()
    assert told(start, LIVE, asked) == fresh and not ran
    # The same desk beside another scenario: the programme in force, served by it, is kept.
    dearer = asked.model_copy(update={"changes": DEARER.changes})
    assert told(start, LIVE, dearer) == told(replace(start, kept={}), LIVE, dearer) and ran == {1: 1 + 2}
    ran.clear()
    # Another desk, or none, serves otherwise.
    quicker = scenario_from_dict(document | {"desks": [desk | {"minutes": 6}]})
    assert told(start, LIVE, quicker) != fresh and ran == {1: 2}


def test_a_run_that_was_stopped_goes_on_where_it_ended(start: Outset, ran: Counter[int]) -> None:
    whole, parts = told(replace(start, kept={}), LIVE, HIGHER), parts_of(start)
    design, nothing = contest_of(start, PROGRAMME, (LIVE, HIGHER), SIZE)
    ran.clear()
    with pytest.raises(Cancelled):
        run(design, nothing, HIGHER, cancelled=lambda: ran[2] == 2)
    assert ran == {1: 2 * parts, 2: 2}
    ran.clear()
    assert told(start, LIVE, HIGHER) == whole and ran == {2: 2 * parts, 3: 2 * parts}
