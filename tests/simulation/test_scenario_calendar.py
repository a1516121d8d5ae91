"""What a scenario puts on the calendar: refused with the place where it makes no sense, else as it is run."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from loyalty_core.days import to_date, to_day
from loyalty_core.errors import InputError
from simulation.behaviour import Behaviour
from simulation.effects import default_effects
from simulation.evidence import Status
from simulation.scenario import Scenario, scenario_from_dict, scenario_from_yaml, scenario_to_yaml
from tests.simulation.crowds import PROGRAMME

FIRST_DAY = to_day(date(2027, 1, 1))
YEAR = {"first_day": "2027-01-01", "last_day": "2027-12-31"}
DAYS = {"first_day": "2027-03-08", "last_day": "2027-03-31"}
STOCKED = {"changes": {"rewards.tea.stock": 50}}


def refused(**document: Any) -> str:
    with pytest.raises(InputError) as said:
        scenario_from_dict({"name": "bold", **document}, "bold.yaml").arm(
            PROGRAMME, Behaviour(), default_effects(), FIRST_DAY
        )
    assert "\n" not in str(said.value)
    return str(said.value)


def campaign(**values: Any) -> dict[str, Any]:
    return {"campaigns": [{"name": "c", "kind": "wake_up", **DAYS, **values}]}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (campaign(last_day="2027-01-01"), "campaigns.c: last_day 2027-01-01 is before first_day"),
        (campaign(kind="party"), "campaigns.c.kind"),
        (campaign(budget=10), "campaigns.c: a budget needs a cost_per_contact"),
        (campaign(birthday="day"), "birthday is for campaigns of the kind birthday"),
        (campaign(held_out=1.5), "campaigns.c.held_out"),
        (
            campaign(audience={"tiers": ["platinum"]}),
            "campaign c: there is no tier 'platinum'; known: basic, silver",
        ),
        (
            campaign(audience={"lifecycle": "silent", "last_purchase_days": [1, 2]}),
            "lifecycle or last_purchase_days",
        ),
        (campaign(audience={"last_purchase_days": [9, 2]}), "the fewest and the most days"),
        (
            campaign(kind="double_points", audience={"lifecycle": "silent"}),
            "points go to all members or to tiers",
        ),
        (campaign(kind="member_day", points_percent=200, lasts_days=3), "for one day each"),
        (campaign(response={"lift_range": [0.4, 0.1]}), "lift_range: low must not be above high"),
        (campaign(cost_per_contact="0.001"), "decimals"),
        ({"campaigns": [campaign()["campaigns"][0]] * 2}, "campaigns: the name c stands twice"),
        ({"later": [{"first_day": "2027-05-01", "changes": {}}]}, "later.0.changes"),
        (
            {"later": [{"first_day": "2027-05-01", "changes": {"tiers.golden.threshold": 1}}]},
            "no 'golden' here",
        ),
        (
            {
                "later": [
                    {"first_day": day, "changes": {"expiry.months": 1}}
                    for day in ("2027-05-01", "2027-04-01")
                ]
            },
            "later: give each day once, the earliest first",
        ),
        (
            {"later": [{"first_day": "2027-05-01", "changes": {"rewards.tea.name": "coffee"}}]},
            "rewards.tea.name: names stay",
        ),
        ({"effects": {"gravity": 9.81}}, "effects: there is no 'gravity'; known: programme_dropout"),
        ({"effects": {"never_redeem": 1.4}}, "never_redeem"),
        ({"effects": {"review_push_gap": False}}, "review_push_gap"),
        ({"shocks": [{"name": "s", **DAYS, "demand": -1}]}, "shocks.s.demand"),
        (
            {"budgets": [{"name": "b", **DAYS, "amount": 5, "rewards": ["car"]}]},
            "budget b: there is no reward 'car'",
        ),
        (
            {"replenishment": [{"reward": "tea", "pieces": 5, "first_day": "2027-02-01"}]},
            "tea is not limited",
        ),
        (
            {
                **STOCKED,
                "replenishment": [
                    {"reward": "tea", "pieces": 5, "first_day": "2027-02-01", "repeat": "weekly"}
                ],
            },
            "goes with a last_day",
        ),
        (
            {"desks": [{"name": "d", "work": "contact", "places": 1, "minutes": 5}]},
            "give one of asked_per_sale",
        ),
        (
            {
                "desks": [
                    {"name": "d", "work": "fulfilment", "places": 1, "minutes": 5, "asked_per_sale": 0.1}
                ]
            },
            "a fulfilment desk hands out what is redeemed",
        ),
        (
            {"desks": [{"name": "d", "work": "fulfilment", "places": 1, "minutes": 5, "opens": "19:00"}]},
            "closes must be after opens",
        ),
        ({"joining": {"factor": 11}}, "joining.factor"),
        ({"behaviour": {"joining.a_day": 3}}, "behaviour: joining.a_day: give joining: {factor"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line_with_its_place(
    document: dict[str, Any], said: str
) -> None:
    assert said in refused(**document)


def scenario(**document: Any) -> Scenario:
    return scenario_from_dict({"name": "bold", **document})


def test_later_changes_add_up_and_hold_from_their_day() -> None:
    found = scenario(
        changes={"tiers.gold.threshold": 2000},
        later=[
            {"first_day": "2026-06-01", "changes": {"expiry.months": 3}},
            {"first_day": "2027-05-01", "changes": {"expiry.months": 6}},
            {"first_day": "2027-09-01", "changes": {"tiers.gold.threshold": 1800}},
        ],
    ).programmes(PROGRAMME, FIRST_DAY)
    assert [to_date(day).isoformat() for day, _ in found] == ["2027-01-01", "2027-05-01", "2027-09-01"]
    # What came into force before the run holds from its first day.
    assert [one.expiry.months for _, one in found] == [3, 6, 6]
    assert [one.tiers[2].threshold for _, one in found] == [2000, 2000, 1800]


@pytest.mark.parametrize(
    ("kind", "since"),
    [
        ("wake_up", (91, 180)),
        ("win_back", (181, 36_500)),
        ("double_points", (0, None)),
        ("birthday", (0, None)),
    ],
)
def test_campaigns_go_to_whom_their_kind_says(kind: str, since: tuple[int, int | None]) -> None:
    one = scenario(**campaign(kind=kind)).plan(PROGRAMME).campaigns[0]
    assert (one.after_days, one.until_days) == since
    assert (one.returns is None) is (kind in ("wake_up", "win_back"))


def test_an_audience_by_recency_goes_before_that_of_the_kind() -> None:
    one = scenario(**campaign(audience={"last_purchase_days": [5, 9]})).plan(PROGRAMME).campaigns[0]
    assert (one.after_days, one.until_days) == (5, 9)


def test_points_of_a_campaign_are_a_multiplier_of_the_programme_s_own_rules() -> None:
    one = scenario(
        campaigns=[
            {"name": "easter", "kind": "double_points", **DAYS},
            {"name": "birthday", "kind": "birthday", **YEAR, "points_percent": 300, "birthday": "month"},
            {"name": "eighth", "kind": "member_day", "first_day": "2027-01-08", "last_day": "2027-12-31",
             "points_percent": 150, "audience": {"tiers": ["gold"]}},
            {"name": "quiet", "kind": "wake_up", **DAYS},
        ]
    )  # fmt: skip
    easter, birthday, eighth = one.programme(PROGRAMME).earning.multipliers
    assert (easter.percent, easter.when.first_day, easter.when.last_day) == (
        200,
        date(2027, 3, 8),
        date(2027, 3, 31),
    )
    assert (birthday.percent, birthday.when.birthday) == (300, "month")
    assert (eighth.percent, eighth.when.month_days, eighth.when.tiers) == (150, (8,), ("gold",))


def test_the_same_campaign_draws_alike_in_every_scenario() -> None:
    others = [{"name": name, "kind": "wake_up", **DAYS} for name in ("a", "b")]
    alone = scenario(**campaign()).plan(PROGRAMME).campaigns[0]
    last = scenario(campaigns=[*others, campaign()["campaigns"][0]]).plan(PROGRAMME).campaigns[-1]
    assert alone == last and alone.draw is not None


def test_effects_take_values_and_switches() -> None:
    found = scenario(effects={"goal_gradient": 0.1, "demotion": False}).effects_of(default_effects())
    assert found.goal_gradient.size == 0.1 and not found.demotion.on
    known = default_effects().goal_gradient
    assert found.goal_gradient.status is Status.ASSUMPTION
    assert found.goal_gradient.source == f"assumption of the scenario, in place of 0.25: {known.source}"
    assert found.demotion.status is default_effects().demotion.status


def test_deliveries_come_again_until_the_last_day() -> None:
    def days(**line: Any) -> list[str]:
        plan = scenario(**STOCKED, replenishment=[{"reward": "tea", "pieces": 5, **line}]).plan(PROGRAMME)
        return [to_date(one.day).isoformat() for one in plan.replenishments]

    assert days(first_day="2027-02-01") == ["2027-02-01"]
    weekly = days(first_day="2027-02-01", last_day="2027-02-15", repeat="weekly")
    assert weekly == ["2027-02-01", "2027-02-08", "2027-02-15"]
    monthly = days(first_day="2027-01-31", last_day="2027-05-31", repeat="monthly")
    assert monthly == ["2027-01-31", "2027-03-31", "2027-05-31"]


def test_a_scenario_of_every_part_is_read_back_as_it_was_written() -> None:
    whole = scenario_from_yaml(
        """
        name: 全部
        later: [{first_day: 2027-05-01, changes: {expiry.months: null}}]
        effects: {demotion: off, goal_gradient: 0.2}
        campaigns:
          - {name: 生日, kind: birthday, first_day: 2027-01-01, last_day: 2027-12-31, cost_per_contact: 0.35}
        shocks: [{name: s, first_day: 2027-01-01, last_day: 2027-02-01, demand: 0.8}]
        budgets: [{name: b, first_day: 2027-01-01, last_day: 2027-02-01, amount: 99.5}]
        desks: [{name: d, work: fulfilment, places: 1, minutes: 5}]
        joining: {factor: 1.5, referrals_a_year: 0.1}
        tolerance: 5%
        """
    )
    assert scenario_from_yaml(scenario_to_yaml(whole)) == whole
    assert whole.effects == {"demotion": False, "goal_gradient": 0.2}
    arm = whole.arm(PROGRAMME, Behaviour(), default_effects(), FIRST_DAY, share=0.25)
    assert arm.plan.joining == 1.5 and arm.behaviour.referring.a_year == 0.1 and arm.shares
    assert whole.most_joining == 1.5 and arm.plan.share == 0.25


def test_a_scenario_that_says_nothing_is_the_programme_alone() -> None:
    arm = Scenario().arm(PROGRAMME, Behaviour(), default_effects(), FIRST_DAY)
    assert arm.programmes == ((FIRST_DAY, PROGRAMME),)
    assert arm.behaviour == Behaviour() and arm.effects == default_effects() and not arm.shares
