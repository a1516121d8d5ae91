"""Scenarios: changes by path, clear refusals, and the document read back as written."""

from decimal import Decimal

import pytest

from loyalty_core.errors import InputError
from loyalty_core.rules.programme import programme_from_dict, programme_to_yaml
from simulation.arm import Arm
from simulation.behaviour import Behaviour
from simulation.effects import default_effects
from simulation.scenario import Scenario, scenario_from_dict, scenario_from_yaml, scenario_to_yaml
from tests.simulation.crowds import PROGRAMME

CHANGES = {
    "tiers.gold.threshold": 2500,
    "tiers.silver.earn_percent": 130,
    "earning.points_per_unit": 1.2,
    "expiry.months": None,
    "rewards.book.points": "650",
    "qualification.reviews": ["01-01", "07-01"],
    "lifecycle.active_days": 60,
}


def test_changes_change_what_they_name_and_nothing_else() -> None:
    changed = Scenario(changes=CHANGES).programme(PROGRAMME)
    assert [tier.threshold for tier in changed.tiers] == [0, 600, 2500]
    assert [tier.earn_percent for tier in changed.tiers] == [100, 130, 150]
    assert changed.earning.points_per_unit == Decimal("1.2")
    assert changed.expiry.months is None
    assert changed.rewards[1].points == 650 and changed.rewards[0] == PROGRAMME.rewards[0]
    assert changed.qualification.reviews == ("01-01", "07-01")
    assert changed.lifecycle.active_days == 60
    before = {path: _value(PROGRAMME, path) for path in CHANGES}
    assert Scenario(changes=before).programme(changed) == PROGRAMME


def test_no_change_gives_the_same_programme() -> None:
    assert Scenario().programme(PROGRAMME) == PROGRAMME
    assert Scenario(changes={"tiers.gold.threshold": 1500}).programme(PROGRAMME) == PROGRAMME


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("tiers.golden.threshold", 1, "there is no 'golden' here; known: basic, silver, gold"),
        ("tiers.gold.treshold", 1, "there is no 'treshold' here"),
        ("tiers.gold", 1, "this is a group of values"),
        ("tiers", 1, "this is a group of values"),
        ("tiers.gold.name", "Goldy", "names stay"),
        ("currency", "USD", "told in it"),
        ("time_zone", "UTC", "told in it"),
        ("effective_on", "2027-01-01", "under later"),
        ("tiers.gold.label.zh", "至尊", "rests on it"),
        ("tiers.gold.formerly", ["best"], "rests on it"),
        ("rewards.book.face_value", 20, "rests on it"),
        ("fixed_cost_per_month", 20, "rests on it"),
        ("expiry.months.more", 1, "there is no 'more' here"),
        ("rewards.car.points", 1, "there is no 'car' here; known: tea, book"),
        ("tiers.gold.threshold", 100, "gold needs a threshold above that of silver"),
        ("tiers.gold.threshold", "many", "threshold"),
        ("tiers.gold.threshold", 1500.005, "more decimals than CNY (2)"),
        ("expiry.months", 0, "expiry.months"),
        ("", 1, "there is no '' here"),
    ],
)
def test_what_cannot_be_changed_is_refused_with_a_reason(path: str, value: object, said: str) -> None:
    with pytest.raises(InputError) as refused:
        scenario_from_dict({"name": "bold", "changes": {path: value}}).programme(PROGRAMME)
    assert said in str(refused.value)
    assert "scenario bold" in str(refused.value) or "decimals" in said
    assert "\n" not in str(refused.value)


def test_suppositions_about_behaviour_can_be_changed_and_switched_off() -> None:
    keen = Scenario(behaviour={"redeeming.appeal": -2})
    assert keen.behaviour_of(Behaviour()).redeeming.appeal == -2
    with pytest.raises(InputError, match="never_share"):
        Scenario(behaviour={"redeeming.never_share": 2}).behaviour_of(Behaviour())


def test_a_scenario_is_read_back_as_it_was_written() -> None:
    scenario = Scenario(name="更高的门槛", changes=CHANGES, behaviour={"redeeming.appeal": -2}, months=18)
    assert scenario_from_yaml(scenario_to_yaml(scenario)) == scenario
    programme = scenario.programme(PROGRAMME)
    assert programme_to_yaml(programme) != programme_to_yaml(PROGRAMME)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("changes: {tiers.gold.threshold: 1", "line"),
        ("- a\n- b", "found a list"),
        ("", "found nothing"),
        ("change: {}", "change: Extra inputs are not permitted"),
        ("months: 0", "months"),
        ("replications: 1.5", "replications"),
        ("seed: -1", "seed"),
        ("later: [{first_day: 2026-02-30}]", "a date that no calendar has"),
        ("changes: {tiers.gold: {threshold: 3}}", "changes"),
    ],
)
def test_an_unreadable_scenario_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        scenario_from_yaml(text, "bold.yaml")
    assert "bold.yaml" in str(refused.value) and said in str(refused.value)


def _value(programme, path: str):
    place = programme.model_dump(mode="json")
    for step in path.split("."):
        named = isinstance(place, list)
        place = next(item for item in place if item["name"] == step) if named else place[step]
    return place


def test_what_is_an_effect_is_refused_as_behaviour_in_one_line_that_says_where_it_goes() -> None:
    asked = Scenario(behaviour={"goal_gradient.value": 0.5})
    with pytest.raises(InputError, match=r"^scenario live: behaviour: goal_gradient.value: give effects:"):
        asked.behaviour_of(Behaviour())


@pytest.mark.parametrize("path", ["margin_share", "cost_per_point"])
@pytest.mark.parametrize("part", ["changes", "later"])
def test_what_a_sale_brings_or_a_point_costs_is_no_change_of_a_what_if(path: str, part: str) -> None:
    """It would be told as its gain; those who turn it for both sides do so without asking here."""
    changes = {"changes": {path: 0.5}}
    document = changes if part == "changes" else {"later": [{"first_day": "2030-01-01"} | changes]}
    scenario = scenario_from_dict({"name": "s"} | document)
    with pytest.raises(InputError, match=rf"scenario s: {path}: this is what a sale brings or a point costs"):
        scenario.check(PROGRAMME)


def test_points_for_what_nobody_does_in_a_run_are_refused_unless_it_is_supposed_that_they_do() -> None:
    document = PROGRAMME.model_dump(mode="json")
    document["earning"]["rules"] = [
        {"name": kind, "when": {"event": kind}, "points": 10} for kind in ("survey", "sign_in", "joined")
    ]
    base = programme_from_dict(document)

    def ran(path: str, **more: object) -> Arm:
        scenario = scenario_from_dict({"name": "kind", "changes": {path: 30}, **more})
        return scenario.arm(base, Behaviour(), default_effects(), 0)

    for kind in ("survey", "sign_in"):
        with pytest.raises(InputError, match=f"rules.{kind}.points: nobody does {kind} in this run"):
            ran(f"earning.rules.{kind}.points")
    with pytest.raises(InputError, match="nobody does survey"):
        ran(
            "tiers.silver.threshold",
            later=[{"first_day": "2027-01-01", "changes": {"earning.rules.survey.points": 3}}],
        )
    for key in ("never_redeem", "breakage"):
        with pytest.raises(InputError, match=f"{key} is told of ledgers"):
            ran("tiers.silver.threshold", effects={key: 0.5})
    for path in ("earning.rules.survey.points", "earning.rules.sign_in.points"):
        with pytest.raises(
            InputError, match="nobody does"
        ):  # as soon as it is asked, before any past is read
            scenario_from_dict({"name": "kind", "changes": {path: 30}}).check(base)
    supposed = {"changes": {"earning.rules.sign_in.points": 30}, "behaviour": {"doing.sign_in": 0.5}}
    scenario_from_dict({"name": "kind", **supposed}).check(base)
    assert ran("earning.rules.joined.points").programme != base
    assert ran("earning.rules.sign_in.points", behaviour={"doing.sign_in": 0.5}).programme != base


@pytest.mark.parametrize("kind", ["referral", "referred", "top_up", "membership_fee"])
@pytest.mark.parametrize("entry", ["open", "paid"])
def test_whether_members_do_what_a_past_tells_is_left_to_the_run(kind: str, entry: str) -> None:
    """But for fees: where no tier is sold, it needs no past to know that nobody pays one."""
    top = {"name": "top", "threshold": 9} if entry == "open" else {"name": "top", "entry": "paid", "fee": 9}
    rule = {"name": "more", "when": {"event": kind}, "points": 10}
    base = programme_from_dict(
        {"name": "club", "tiers": [{"name": "basic"}, top], "earning": {"rules": [rule]}}
    )
    asked = Scenario(changes={"earning.rules.more.points": 30})
    if (kind, entry) != ("membership_fee", "paid"):  # whom nothing is known of may buy a tier
        with pytest.raises(InputError, match=f"nobody does {kind} in this run"):
            asked.arm(base, Behaviour(), default_effects(), 0)
    if (kind, entry) == ("membership_fee", "open"):
        with pytest.raises(InputError, match=f"nobody does {kind} in this run"):
            asked.check(base)
    else:
        asked.check(base)


def test_what_keeps_a_tier_can_be_changed_where_the_document_leaves_it_out() -> None:
    base = programme_from_dict(
        {
            "name": "club",
            "tiers": [
                {"name": "basic"},
                {"name": "gold", "threshold": 400},
                {"name": "top", "reach": {"at_least": {"spend": 900, "purchases": 8}}},
            ],
        }
    )

    def kept(tier: int, **changes: float) -> object:
        found = Scenario(changes={f"tiers.{name}": one for name, one in changes.items()}).programme(base)
        return found.tiers[tier].keep

    assert kept(1) is None and kept(1, **{"gold.threshold": 500}) is None, "kept by what reaches it"
    assert kept(1, **{"gold.keep.at_least.spend": 300}).at_least == {"spend": 300}
    assert kept(2, **{"top.keep.at_least.purchases": 5}).at_least == {"spend": 900, "purchases": 5}
    with pytest.raises(InputError, match="there is no 'at_least' here"):
        kept(0, **{"basic.keep.at_least.spend": 5})


@pytest.mark.parametrize(
    ("path", "value", "why", "behaviour"),
    [
        ("points_as_cash.value_per_point", 0.04, "nobody pays with points", {"paying.with_points": 0.2}),
        ("stored_value.consumption", "bonus_first", "nobody uses a prepaid card", {"storing.holders": 0.2}),
    ],
)
@pytest.mark.parametrize("part", ["changes", "later"])
def test_ways_to_pay_in_which_nobody_pays_are_refused_unless_it_is_supposed_that_somebody_does(
    path: str, value: object, why: str, behaviour: dict, part: str
) -> None:
    cash = {"points_as_cash": {"value_per_point": "0.02"}}
    base = programme_from_dict(PROGRAMME.model_dump(mode="json") | cash)
    changes = {"changes": {path: value}}
    asked = changes if part == "changes" else {"later": [{"first_day": "2027-01-01"} | changes]}

    def ran(**more: object) -> Arm:
        return scenario_from_dict({"name": "s", **asked, **more}).arm(base, Behaviour(), default_effects(), 0)

    with pytest.raises(
        InputError, match=f"scenario s: {path}: {why} in this run, so that it changes nothing"
    ):
        ran()
    assert ran(behaviour=behaviour).programmes[-1][1] != base
