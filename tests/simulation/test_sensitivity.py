"""Sensitivity: the influences of a gain that is known by hand, levers that do nothing, and equal luck."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from loyalty_core.errors import InputError
from loyalty_core.history import History
from simulation.behaviour import Behaviour
from simulation.effects import default_effects
from simulation.evidence import Quantity, Status, words
from simulation.levers import OF_PAST, Lever, compared, known_levers, levers_of, with_values
from simulation.outset import Outset, outset
from simulation.scenario import Scenario
from simulation.sensitivity import sensitivity
from tests.simulation.crowds import PROGRAMME, past

# Of the margin a gain is a straight line through the origin, once no point costs anything.
FREE = PROGRAMME.model_copy(update={"cost_per_point": Decimal(0), "rewards": ()})
MARGIN = Lever(path="changes.margin_share", low=0.2, high=0.6)
NOTHING = Lever(path="effects.win_back", low=0.0, high=0.04)  # nobody is won back without a campaign
BETTER = {"name": "better", "first_day": "2026-04-01", "last_day": "2026-04-30", "demand": 2}
SIDES = (Scenario(), Scenario(shocks=[BETTER], months=1, replications=1))


@pytest.fixture(scope="module")
def start() -> Outset:
    history: History = past(40)[0]
    return outset(history, FREE, 1, 1, Behaviour())


def gain_at(start: Outset, margin: float) -> float:
    sides = tuple(with_values(one, {MARGIN.path: margin}) for one in SIDES)
    return compared(start, FREE, sides, None).money[0]


def test_morris_finds_the_slope_of_a_straight_line_and_none_of_what_does_nothing(start: Outset) -> None:
    found = sensitivity(start, FREE, SIDES, [NOTHING, MARGIN], "morris", 3)
    first, last = found.influences
    assert (first.path, last.path) == (MARGIN.path, NOTHING.path)
    whole = gain_at(start, 0.6) - gain_at(start, 0.2)
    assert first.size == pytest.approx(abs(whole), rel=1e-3) and first.part == pytest.approx(whole, rel=1e-3)
    assert first.spread == pytest.approx(0, abs=abs(whole) * 1e-3)
    assert (last.size, last.part, last.spread) == (0, 0, 0)


def test_sobol_gives_all_the_variance_to_the_only_lever_that_moves_anything(start: Outset) -> None:
    found = sensitivity(start, FREE, SIDES, [MARGIN, NOTHING], "sobol", 16)
    first, last = found.influences
    assert first.path == MARGIN.path
    assert first.size == pytest.approx(1, abs=0.15) and first.part == pytest.approx(1, abs=0.2)
    assert (last.size, last.part) == (0, 0)
    assert 0 < found.runs <= 16 * 4 and found.gain_low < found.gain_high


def test_where_nothing_moves_the_gain_no_lever_has_a_share(start: Outset) -> None:
    same = (Scenario(), Scenario(months=1, replications=1))
    for method, size in (("morris", 2), ("sobol", 2)):
        found = sensitivity(start, FREE, same, [NOTHING, MARGIN], method, size)
        assert [(one.size, one.part) for one in found.influences] == [(0, 0), (0, 0)]
        assert found.to_json()["meaning"]["zh"]


def test_levers_are_read_and_those_of_the_library_are_the_ones_that_do_anything() -> None:
    assert Lever.of("changes.rewards.tea.points=100,300") == Lever(
        path="changes.rewards.tea.points", low=100, high=300
    )
    for wrong, why in (
        ("tea=1,2", "begin with"),
        ("effects.x=2,1", "lower end first"),
        ("effects.x", "write it"),
    ):
        with pytest.raises(InputError, match=why):
            Lever.of(wrong)
    library = default_effects()
    paths = {one.path for one in levers_of(library)}
    assert "effects.goal_gradient" in paths and "effects.programme_dropout" not in paths  # off by default
    assert "effects.goal_gradient" not in {
        one.path for one in levers_of(library.switched(goal_gradient=False))
    }


def test_ranges_are_those_of_the_calibration_where_there_are_any_and_say_what_they_rest_on() -> None:
    library = default_effects()
    calibrated = {"value": 0.3, "low": 0.28, "high": 0.33, "status": Status.CALIBRATED}
    own = library.model_copy(update={"goal_gradient": library.goal_gradient.model_copy(update=calibrated)})
    name = words("Share of sales that come back", "销售退货率")
    seen = Quantity(
        key="refund_share", name=name, unit="share", value=0.05, low=0.04, high=0.06, source=name,
        status=Status.CALIBRATED,
    )  # fmt: skip
    guess = seen.model_copy(update={"key": "coupons_used", "status": Status.ASSUMPTION})
    endless = seen.model_copy(update={"key": "redeem_appeal", "low": None})
    levers = {one.path: (one.low, one.high, one.status) for one in levers_of(own, (seen, guess, endless))}
    assert levers["effects.goal_gradient"] == (0.28, 0.33, Status.CALIBRATED)
    momentum = library.redemption_momentum
    assert levers["effects.redemption_momentum"] == (momentum.low, momentum.high, momentum.status)
    assert {path: one for path, one in levers.items() if path.startswith("behaviour.")} == {
        "behaviour.refunding.share": (0.04, 0.06, Status.CALIBRATED)
    }
    for path in OF_PAST.values():
        Scenario(behaviour={path: 0.1}).behaviour_of(Behaviour())
    assert Lever.of("effects.goal_gradient=0,1").status is None


def test_who_never_redeems_is_a_lever_with_the_range_of_the_past_or_of_the_library() -> None:
    library = default_effects()
    never = Lever(path="behaviour.redeeming.never_share", low=0.0, high=0.9)
    assert not {"effects.never_redeem", never.path} & {
        one.path for one in levers_of(library)
    }  # no past at all
    seen = Quantity(
        key="never_redeem", name=library.never_redeem.name, unit="share", value=0.3, low=0.2, high=0.4,
        status=Status.CALIBRATED, source=words("members", "会员"),
    )  # fmt: skip
    kept = seen.model_copy(update={"low": 0.05, "high": 0.33, "status": Status.ASSUMPTION})
    nobody = seen.model_copy(update={"value": 0.0, "low": None, "high": None, "status": Status.ASSUMPTION})
    told = [levers_of(library, (one,))[len(levers_of(library)) :] for one in (seen, kept, nobody)]
    assert told == [
        (replace(never, low=0.2, high=0.4, status=Status.CALIBRATED),),
        (replace(never, low=0.05, high=0.33, status=Status.ASSUMPTION),),
        (),
    ]


def test_of_those_who_never_redeem_nobody_does_on_either_side() -> None:
    start = outset(past(60)[0], PROGRAMME, 1, 1, Behaviour())
    redeemed = []
    for share in (0.0, 1.0):
        sides = (Scenario(), Scenario(changes={"rewards.tea.points": 100}, months=1, replications=1))
        turned = tuple(with_values(one, {"behaviour.redeeming.never_share": share}) for one in sides)
        found = compared(start, PROGRAMME, turned, None)
        both = (found.baseline_values, found.scenario_values)
        redeemed.append([one["mean"].xs("points_redeemed", level="metric").sum() for one in both])
    assert min(redeemed[0]) > 0 and redeemed[1] == [0, 0]


CALLED = {"name": "call", "kind": "member_day", "repeat": "once", "lasts_days": 30, "held_out": 0.0,
          "first_day": "2026-04-01", "last_day": "2026-04-30", "points_percent": 150, "cost_per_contact": 1,
          "response": {"lift": 0.5, "lift_range": [0.0, 1.0], "returns_range": [0.1, 0.1]}}  # fmt: skip
CALLING = Scenario(campaigns=[CALLED], months=1, replications=1)


def test_what_a_campaign_says_of_itself_is_a_lever(start: Outset) -> None:
    lift, held = "campaigns.call.response.lift", "campaigns.call.held_out"
    assert levers_of(default_effects().only(), (), CALLING.campaigns)[-1] == Lever(
        path=lift, low=0.0, high=1.0, status=Status.ASSUMPTION
    )
    turned = with_values(CALLING, {lift: 0.8, held: 0.25, "campaigns.other.held_out": 0.5})
    written = {**CALLED, "held_out": 0.25, "response": {**CALLED["response"], "lift": 0.8}}
    assert turned == CALLING.model_copy(update={"campaigns": Scenario(campaigns=[written]).campaigns})
    assert with_values(Scenario(), {lift: 0.8}) == Scenario()
    with pytest.raises(
        InputError, match=r"campaign call: response.lift: .* less than or equal to 20 .found 21"
    ):
        with_values(CALLING, {lift: 21})
    asked = [Lever(path=lift, low=0, high=1), Lever(path=held, low=0, high=1)]
    levers = known_levers(asked, FREE, CALLING)
    found = sensitivity(start, FREE, (Scenario(), CALLING), levers, "morris", 2)
    sizes = {one.path: one for one in found.influences}
    assert sizes[lift].part > 0 > sizes[held].part
    both = sensitivity(start, FREE, (CALLING, CALLING), levers[:1], "morris", 2)
    assert both.influences[0].size == 0  # how members respond is so on both sides


def test_what_contacts_cost_is_taken_from_the_gain(start: Outset) -> None:
    priced = [with_values(CALLING, {"campaigns.call.cost_per_contact": cost}) for cost in (0, 1, 2)]
    free, *costly = (compared(start, FREE, (Scenario(), one), None) for one in priced)
    spent = [one.scenario_values["mean"].xs("campaign_cost", level="metric").sum() for one in costly]
    assert spent[1] == 2 * spent[0] > 0
    for one, cost in zip(costly, spent, strict=True):
        assert free.money[0] - one.money[0] == pytest.approx(cost)


def test_a_lever_is_one_that_there_is_and_no_finer_than_its_value() -> None:
    points, lift = "campaigns.call.points_percent", "campaigns.call.response.lift"
    decimals = {
        points: 0,
        "campaigns.call.lasts_days": 0,  # nothing is said of it yet
        "campaigns.call.cost_per_contact": 2,
        lift: 4,
        "changes.expiry.months": 0,
        "changes.tiers.gold.threshold": 2,
        "changes.rewards.tea.points": 0,
        "changes.cost_per_point": 4,
        "effects.expiry_window": 4,
    }
    asked = [Lever(path=path, low=0, high=2) for path in decimals]
    known = known_levers(asked, PROGRAMME, CALLING)
    assert {one.path: one.decimals for one in known} == decimals
    for path, why in (
        ("campaigns.call.lift", "there is no 'lift' here; known: .*response"),
        ("campaigns.mail.response.lift", "there is no 'mail' here; known: call"),
        ("campaigns.call.response", "a group of values"),
    ):
        with pytest.raises(InputError, match=f"lever campaigns: .*{why}"):
            known_levers([Lever(path=path, low=0, high=1)], PROGRAMME, CALLING)
