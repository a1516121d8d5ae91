"""Optimising: the best of what is allowed is found, constraints hold or are refused, luck is not rewarded."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loyalty_core.errors import InputError
from loyalty_core.kernel.winners import Outcome, winners
from simulation.behaviour import Behaviour
from simulation.constraints import Constraint
from simulation.harm import Harm
from simulation.levers import Lever
from simulation.optimising import FRESH, Candidate, Optimised, Proposal, optimise
from simulation.outset import Outset, outset
from simulation.scenario import Scenario
from tests.simulation.crowds import PROGRAMME, past

SIDES = (Scenario(), Scenario(months=1, replications=1))
RATE = Lever(path="changes.earning.points_per_unit", low=0.5, high=3.0)


@pytest.fixture(scope="module")
def start() -> Outset:
    return outset(past(40)[0], PROGRAMME, 1, 1, Behaviour())


def test_points_that_only_cost_are_best_given_sparingly_as_far_as_the_constraint_allows(
    start: Outset,
) -> None:
    floor = Constraint.of("points_issued>=120%")
    costly = PROGRAMME.model_copy(update={"cost_per_point": Decimal(1)})
    heard: list[tuple[float, Proposal | None]] = []
    found = optimise(
        start, costly, SIDES, [RATE], [floor], 12, progress=lambda share, best: heard.append((share, best))
    )
    gains = [best.searched for _share, best in heard if best is not None]
    finalists = len(found.candidates)
    assert len(heard) == 12 + finalists and gains == sorted(gains)
    # A proposal is one replication and a finalist five, of three at most.
    assert [share for share, _best in heard[:12]] == pytest.approx([(one + 1) / 27 for one in range(12)])
    assert heard[-1][0] == 1.0 and heard[-2][0] == pytest.approx(22 / 27)
    assert gains[-1] == max(one.searched for one in found.candidates)
    best = found.candidates[0]
    assert best.holds and 0 < found.feasible < found.trials == 12
    assert 1.1 < best.values[RATE.path] < 2.2
    assert all(one.gain <= best.gain for one in found.candidates if one.holds)


def test_what_a_programme_is_whatever_it_decides_is_no_lever_of_a_search(start: Outset) -> None:
    margin = Lever(path="changes.margin_share", low=0.1, high=0.9)
    with pytest.raises(InputError, match="margin_share: this is what a sale brings or a point costs"):
        optimise(start, PROGRAMME, SIDES, [margin], (), 2)


def test_finalists_are_told_by_keys_that_the_search_never_met(start: Outset) -> None:
    from simulation.levers import compared, with_values

    found = optimise(start, PROGRAMME, SIDES, [RATE], (), 3).candidates[0]
    asked = with_values(SIDES[1], found.values)
    fresh = asked.model_copy(update={"seed": asked.seed + FRESH, "replications": 5})
    money = compared(start, PROGRAMME, (SIDES[0], fresh), None).money
    assert found.gain == pytest.approx(sum(money) / 5) and found.half_width is not None
    assert found.searched == pytest.approx(compared(start, PROGRAMME, (SIDES[0], asked), None).money[0])


def test_constraints_that_cannot_hold_are_refused_with_what_stands_in_the_way(start: Outset) -> None:
    with pytest.raises(InputError, match="exclude each other"):
        optimise(
            start, PROGRAMME, SIDES, [RATE], [Constraint.of("revenue<=90%"), Constraint.of("revenue>=95%")]
        )
    with pytest.raises(
        InputError, match=r"keeps points_issued<=1: the nearest is beyond points_issued<=1 by"
    ):
        optimise(start, PROGRAMME, SIDES, [RATE], [Constraint.of("points_issued<=1")], 2)
    with pytest.raises(InputError, match=r"can be judged.*threshold above"):
        below = Lever(path="changes.tiers.silver.threshold", low=2000, high=3000)  # gold begins at 1,500
        optimise(start, PROGRAMME, SIDES, [below], (), 2)
    with pytest.raises(InputError, match="there is no reward_cost here"):
        free = PROGRAMME.model_copy(update={"rewards": ()})
        optimise(start, free, SIDES, [RATE], [Constraint.of("reward_cost<=110%")], 2)


def test_a_bound_may_be_set_on_what_is_not_compared_otherwise(start: Outset) -> None:
    share = Constraint.of("active_rate>=99%")
    found = optimise(start, PROGRAMME, SIDES, [RATE], [share], 2)
    assert found.candidates and found.feasible
    with pytest.raises(InputError, match=r"is beyond average_order_value<=0\.01 by"):
        optimise(start, PROGRAMME, SIDES, [RATE], [Constraint.of("average_order_value<=0.01")], 2)


def test_points_that_only_cost_are_given_no_more_sparingly_than_nobody_loses_by(start: Outset) -> None:
    costly = PROGRAMME.model_copy(update={"cost_per_point": Decimal(1)})
    nobody = Constraint.of("members_harmed<=0%")
    freely, kept = (optimise(start, costly, SIDES, [RATE], some, 12).candidates for some in ((), [nobody]))
    assert freely[0].values[RATE.path] < 0.9 < 1.0 <= kept[0].values[RATE.path]
    assert all(one.holds and one.values[RATE.path] >= 1 for one in kept)


def test_who_is_harmed_is_who_loses_by_what_the_last_year_brought(start: Outset) -> None:
    harm = Harm.of(start.past, PROGRAMME)
    for changes in ({"earning.points_per_unit": 0.5}, {"tiers.gold.threshold": 5000}, {}):
        other = Scenario(changes=changes).programme(PROGRAMME)
        outcomes = winners(start.past, PROGRAMME, other).outcome.tolist()
        assert harm.share(other) == outcomes.count(Outcome.LOST) / len(outcomes)
    fewer = Scenario(changes={"earning.points_per_unit": 0.5}).programme(PROGRAMME)
    assert 0.5 < harm.share(fewer) < 1


@pytest.mark.parametrize(
    ("gain", "half_width", "sure", "words"),
    [
        (12.0, 5.0, True, "gains"),
        (12.0, 12.0, False, "may be chance"),
        (-3.0, 5.0, False, "may be chance"),
        (-12.0, 5.0, False, "loses"),
        (12.0, None, False, "may be chance"),
    ],
)
def test_a_gain_within_its_half_width_of_nothing_is_not_called_one(
    gain: float, half_width: float | None, sure: bool, words: str
) -> None:
    one = Candidate(values={}, searched=20.0, gain=gain, half_width=half_width, holds=True)
    told = Optimised(candidates=(one,), trials=1, feasible=1).to_json()["candidates"][0]
    assert told["holds"] is True and told["sure"] is sure and told["gain_in_words"]["en"] == words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("reward_cost<=5000", "reward_cost<=5000"),
        (" revenue >= 95% ", "revenue>=95%"),
        ("members_harmed<=5%", "members_harmed<=0.05"),  # of the members, as nobody is harmed by what is
    ],
)
def test_constraints_are_read_as_they_are_written(text: str, told: str) -> None:
    assert str(Constraint.of(text)) == told


@pytest.mark.parametrize(
    "text",
    [
        "reward_cost",
        "reward_cost<=much",
        "luck<=3",
        "revenue>=nan",
        "tier_members<=3",  # of each tier
        "reward_cost_share<=3",  # its parts are not told of the whole time
        "buyers>=10",  # not counted of a run
        "members_harmed<=5",  # a share of the members is at most 1
        "members_harmed>=-1%",
    ],
)
def test_what_is_no_constraint_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="constraint"):
        Constraint.of(text)
