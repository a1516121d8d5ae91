"""A scenario is written on screen line by line, and wrong lines are refused in one clear sentence."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import sentences
from dashboard.i18n import speaking
from dashboard.sandbox import campaign_part, effect_sheet, scenario_words, shock_part, suppositions
from dashboard.sandbox.part import Around, in_words
from dashboard.sandbox.rare_levers import FURTHER, rare_levers
from data.workspace import Workspace
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.effects import OF_LEDGERS, default_effects
from simulation.evidence import Status
from simulation.scenario import Scenario, scenario_from_yaml
from simulation.scenario_calendar import ShockLine
from simulation.scenario_campaigns import CampaignLine
from tests.dashboard import reader

VIEW = "views/sandbox.py"
OFFERED = [key for key, _ in default_effects().items() if key not in OF_LEDGERS]


@pytest.fixture(scope="module")
def shop(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated programme, whose runs stay queued."""
    return shutil.copytree(demo, tmp_path_factory.mktemp("scenario") / demo.name)


@pytest.fixture(autouse=True)
def no_job_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.sandbox.sandbox_runs.ensure_job_process", lambda folder: None)
    monkeypatch.setattr("dashboard.runs.ensure_job_process", lambda folder: None)


def opened(workspace: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    return reader.opened(VIEW, workspace, monkeypatch, **query)


def press(page: AppTest, key: str) -> AppTest:
    found = [*page.button, *page.form_submit_button]
    return next(one for one in found if one.key == f"sandbox:{key}").click().run()


def enter(page: AppTest, **values: object) -> AppTest:
    """Fill fields of the dialog that is open; names hold __ for a dot."""
    kinds = (page.text_input, page.number_input, page.date_input, page.selectbox, page.multiselect)
    for name, value in values.items():
        key = f"sandbox:line:{name.replace('__', '.')}"
        next(one for kind in kinds for one in kind if one.key == key).set_value(value)
    return page


def added(page: AppTest, part: str, **values: object) -> AppTest:
    enter(press(page, f"{part}:new"), **values)
    return press(page, "line keep")


def asked(workspace: Path, page: AppTest) -> Scenario:
    """The scenario of the run that the page queues."""
    press(page, "run")
    assert not page.exception and not page.error
    run = Workspace.open(workspace).registry.run(int(page.query_params["run"]))
    return Scenario.model_validate(run.payload["scenario"])


def lines_of(page: AppTest) -> list[str]:
    return [one.label for one in page.form_submit_button if re.search(r":(\d+|None)$", one.key or "")]


def around(shop: Path) -> Around:
    programme = Workspace.open(shop).programme
    return Around(programme=programme, first_day=date(2026, 11, 1), regions=["North"], channels=["app"],
                  effects=default_effects())  # fmt: skip


def test_a_campaign_is_added_changed_and_removed(shop, monkeypatch):
    page = added(
        opened(shop, monkeypatch), "campaigns",
        name="wake  them", cost_per_contact=0.35, response__returns=3.0, response__returns_range__low=1.0,
        response__returns_range__high=4.0, response__source="hold-out of spring",
        audience__tiers=["gold"], repeat="monthly", lasts_days=21, budget=500.0,
    )  # fmt: skip
    assert not page.exception and not page.error
    (line,) = asked(shop, page).campaigns
    assert line.name == "wake them" and line.kind == "wake_up" and line.audience.tiers == ("gold",)
    assert (line.first_day, line.last_day) == (date(2026, 11, 1), date(2026, 11, 30))
    assert (line.response.returns, line.response.returns_range) == (0.03, (0.01, 0.04))
    assert (str(line.cost_per_contact), line.budget, line.repeat, line.lasts_days) == (
        "0.35",
        500,
        "monthly",
        21,
    )
    (told,) = lines_of(page)
    assert all(word in told for word in ("wake them", "Wake-up", "silent members", "3.0% come back"))

    press(page, "campaigns:0")
    assert page.text_input(key="sandbox:line:name").value == "wake them"
    press(enter(page, kind="birthday", response__returns=None, response__returns_range__low=None,
                response__returns_range__high=None), "line keep")  # fmt: skip
    (line,) = asked(shop, page).campaigns
    assert (line.kind, line.birthday, line.response.returns) == ("birthday", "day", None)
    press(page, "campaigns:0:remove")
    assert asked(shop, page).campaigns == ()


def test_what_happens_outside_is_added(shop, monkeypatch):
    page = added(
        opened(shop, monkeypatch, lang="zh"), "shocks", name="竞争对手开业", demand=85.0, regions=["North"]
    )
    assert not page.exception and not page.error
    (line,) = asked(shop, page).shocks
    assert (line.name, line.demand, line.joining, line.regions) == ("竞争对手开业", 0.85, 1, ("North",))
    (told,) = lines_of(page)
    assert "需求为平常的 85%" in told


@pytest.mark.parametrize(("part", "values", "sentence"), [
    ("campaigns", {"first_day": None}, "First day is missing."),
    ("campaigns", {"last_day": date(2026, 10, 1)},
     "“Last day” 2026-10-01 is before “First day” 2026-11-01"),
    ("campaigns", {"budget": 100.0, "cost_per_contact": 0.0},
     "A budget needs a “Cost of a contact” above 0"),
    ("campaigns", {"response__lift_range__low": 1.0}, "known of it: give both ends, or none."),
    ("campaigns", {"response__lift_range__low": 5.0, "response__lift_range__high": 1.0},
     "ow must not be above high"),
    ("campaigns", {"points_percent": 200, "audience__lifecycle": "active"},
     "Points go to all members or to tiers: leave out the rest of the audience"),
    ("campaigns", {"name": "no. 1"}, "Name"),
    ("campaigns", {"cost_per_contact": 0.001}, "0.001"),
    ("shocks", {"demand": 90.0}, "What happens is missing."),
    ("shocks", {"name": "storm", "joining": 50.0, "regions": ["North"]},
     "Joining is that of all"),
])  # fmt: skip
def test_a_wrong_line_is_refused_in_one_sentence_and_stays_open(shop, monkeypatch, part, values, sentence):
    page = added(opened(shop, monkeypatch), part, **values)
    assert not page.exception
    (error,) = page.error
    assert sentence in error.value and "\n" not in error.value
    assert not re.search(r"[a-z]_[a-z]", error.value)
    assert lines_of(page) == []
    assert [one for one in page.button if one.key == "sandbox:line keep"]


def test_two_lines_cannot_have_one_name(shop, monkeypatch):
    page = added(added(opened(shop, monkeypatch), "shocks", name="storm"), "shocks", name="storm")
    assert [error.value for error in page.error] == ["Outside event: the name storm stands twice"]


def test_rules_change_on_a_later_day(shop, monkeypatch):
    page = press(opened(shop, monkeypatch), "later:new")
    assert page.date_input(key="sandbox:line:first_day").value == date(2026, 12, 1)
    enter(page, changes=["expiry.months", "tiers.gold.threshold"]).run()
    page.number_input(key="sandbox:line:changes expiry.months").set_value(18)
    page.number_input(key="sandbox:line:changes tiers.gold.threshold").set_value(5000)
    page = press(page, "line keep")
    enter(press(page, "later:new"), first_day=date(2026, 11, 15), changes=["earning.points_per_unit"]).run()
    page.number_input(key="sandbox:line:changes earning.points_per_unit").set_value(2.0)
    page = press(page, "line keep")
    assert not page.exception and not page.error
    first, second = asked(shop, page).later
    assert (first.first_day, first.changes) == (date(2026, 11, 15), {"earning.points_per_unit": 2})
    assert second.changes == {"expiry.months": 18, "tiers.gold.threshold": 5000}
    assert any("Points expiring after 18 months" in told and "1 Dec 2026" in told for told in lines_of(page))
    enter(press(page, "later:new"), first_day=date(2026, 12, 1), changes=["expiry.months"]).run()
    page = press(page, "line keep")
    assert [error.value for error in page.error] == ["Later change: give each day once, the earliest first"]


def test_a_later_change_that_makes_no_programme_is_refused(shop, monkeypatch):
    page = press(opened(shop, monkeypatch), "later:new")
    enter(page, changes=["tiers.gold.threshold"]).run()
    page.number_input(key="sandbox:line:changes tiers.gold.threshold").set_value(1)
    (error,) = press(page, "line keep").error
    assert "gold" in error.value.lower() and "\n" not in error.value


def test_limits_and_joining_are_written_by_form(shop, monkeypatch):
    page = added(opened(shop, monkeypatch), "budgets", name="rewards", amount=5000.0, rewards=["tea"])
    press(page, "stock:new")
    page.number_input(key="sandbox:line:rewards.tea.stock").set_value(40)
    page = press(page, "line keep")
    enter(press(page, "replenishment:new"), pieces=10, repeat="weekly").run()
    page = press(enter(page, last_day=date(2026, 12, 31)), "line keep")
    enter(press(page, "joining:new"), factor=120.0, referrals_a_year=0.5, points=50.0)
    page = press(page, "line keep")
    assert not page.exception and not page.error
    scenario = asked(shop, page)
    assert scenario.changes == {"rewards.tea.stock": 40}
    assert (scenario.budgets[0].amount, scenario.budgets[0].rewards) == (5000, ("tea",))
    (delivery,) = scenario.replenishment
    assert (delivery.reward, delivery.pieces, delivery.repeat, delivery.last_day) == (
        "tea", 10, "weekly", date(2026, 12, 31),
    )  # fmt: skip
    assert (scenario.joining.factor, scenario.joining.referrals_a_year, scenario.joining.points) == (
        1.2,
        0.5,
        50,
    )
    told = " ".join(lines_of(page)).replace("\\", "")
    assert all(words in told for words in ("A pot of tea: 40 in stock", "10 more of A pot of tea", "120%"))
    for kind in ("joining:None", "replenishment:0", "stock:None", "budgets:0"):
        press(page, f"{kind}:remove")
    assert asked(shop, page) == Scenario(name="sandbox")


@pytest.mark.parametrize(("part", "values", "sentence"), [
    ("budgets", {"name": "x"}, "Rewards may cost at most is missing."),
    ("budgets", {"amount": 5.0}, "Name is missing."),
    ("budgets", {"name": "x", "amount": 0.005}, "0.005"),
    ("later", {"changes": []}, "What changes then is missing."),
    ("later", {"first_day": None}, "From this day on is missing."),
    ("replenishment", {}, "Reward is missing."),
])  # fmt: skip
def test_wrong_limits_are_refused_in_one_sentence(shop, monkeypatch, part, values, sentence):
    page = added(opened(shop, monkeypatch), part, **values)
    assert not page.exception
    (error,) = page.error
    assert sentence in error.value and "\n" not in error.value


def test_a_programme_that_gives_no_points_at_all_can_be_tried(shop, monkeypatch):
    page = opened(shop, monkeypatch)
    page.number_input(key="sandbox:earning.points_per_unit").set_value(0.0)
    assert asked(shop, page).changes == {"earning.points_per_unit": 0}


def test_days_since_the_last_purchase_stand_for_a_state(shop, monkeypatch):
    page = press(opened(shop, monkeypatch), "campaigns:new")
    enter(page, audience__lifecycle="days").run()
    enter(page, audience__last_purchase_days__0=30, audience__last_purchase_days__1=90)
    (line,) = asked(shop, press(page, "line keep")).campaigns
    assert (line.audience.lifecycle, line.audience.last_purchase_days) == (None, (30, 90))


def changed_effects(page: AppTest, **values: object) -> AppTest:
    """The library with other values and switches; names hold __ for a dot."""
    press(page, "effects:new")
    for name, value in values.items():
        key = f"sandbox:line:{name.replace('__', '.')}"
        kind = page.toggle if isinstance(value, bool) else page.number_input
        kind(key=key).set_value(value)
    return press(page, "line keep")


def test_effects_are_listed_with_what_is_known_and_switched_or_changed_for_one_run(shop, monkeypatch):
    page = press(opened(shop, monkeypatch, lang="zh"), "effects:new")
    words = " ".join(one.value for one in page.caption)
    assert words.count("·") >= 2 * len(OFFERED)
    assert not re.search(r"[A-Za-z]{4,} [a-z]{4,} [a-z]{4,} [a-z]{4,}", words)
    page = changed_effects(
        opened(shop, monkeypatch), goal_gradient__value=0.1, demotion__on=False, programme_basket__on=True,
        wake_up__value=2.5, programme_dropout__on=True, programme_dropout__value=0.8,
        response_half_life__value=6.0,
    )  # fmt: skip
    assert not page.exception and not page.error
    scenario = asked(shop, page)
    assert scenario.effects == {
        "goal_gradient": 0.1, "demotion": False, "programme_basket": True, "wake_up": 0.025,
        "programme_dropout": 0.8, "response_half_life": 6.0,
    }  # fmt: skip
    assert scenario.effects_of(default_effects()).programme_dropout.size == 0.8
    (told,) = lines_of(page)
    assert "Pull of a near goal at 0.1" in told and "Demotion from a lower tier switched off" in told
    again = opened(shop, monkeypatch, run=page.query_params["run"])
    press(again, "effects:None")
    assert again.toggle(key="sandbox:line:demotion.on").value is False
    assert again.number_input(key="sandbox:line:wake_up.value").value == 2.5
    press(again, "effects:None:remove")
    assert asked(shop, again).effects == {}


def test_the_sheet_shows_what_the_past_told_where_it_tells_more_than_the_library(shop, monkeypatch):
    own = default_effects().with_values(goal_gradient=0.31)
    told = own.goal_gradient.model_copy(update={"status": Status.CALIBRATED})
    own = own.model_copy(update={"goal_gradient": told})
    monkeypatch.setattr("dashboard.sandbox.sandbox_runs._effects", lambda workspace, shown: own)
    page = press(opened(shop, monkeypatch), "effects:new")
    assert page.number_input(key="sandbox:line:goal_gradient.value").value == 0.31
    (line,) = [one.value for one in page.caption if "In force 0.31 more at the goal" in one.value]
    assert "Calibrated on this programme" in line
    press(page, "line keep")
    assert asked(shop, page).effects == {}, "what is in force is no change"


def test_a_result_tells_what_an_effect_was_before_it_was_changed():
    scenario = Scenario(effects={"goal_gradient": 0.1, "demotion": False})
    known = scenario.effects_of(default_effects()).assumptions()
    first, second, *others = suppositions.rest_on(scenario, known)
    assert (first["value"], first["status"], first["low"]) == (0.1, "assumption", 0.0)
    with speaking("zh"):
        assert sentences.said(first["source"]).startswith("本方案的假设，取代 0.25：Kivetz")
    assert second["name"] == "demotion" and second["on"] is False
    names = [one["name"] for one in others]
    assert "reached_low" in names and not {"goal_gradient", "demotion", *OF_LEDGERS} & {*names}


def test_every_effect_stands_in_one_group():
    grouped = [name for names in effect_sheet.GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(OFFERED)
    Scenario(effects=dict.fromkeys(OFFERED, True)).check(Programme(name="club"))


def written(page: AppTest, text: str) -> AppTest:
    """A document brought into the form."""
    press(page, "document:new").text_area[0].set_value(text)
    return press(page, "document use")


EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "spring.scenario.yaml"
# Whatever the form has no field for, and values that its fields could not show.
ODD = """
name: odd
changes: {qualification.minimum_stay_months: 6, lifecycle.active_days: 60, tiers.silver.threshold: 2000.5,
          expiry.months: null}
behaviour: {redeeming.appeal: -1.25, subscribing.buys: 0.004}
effects: {programme_dropout: true, wake_up: 0.025}
desks:
  - {name: night shift, work: contact, places: 1, minutes: 0.05, asked_per_sale: 0.0123}
  - {name: parcels, work: fulfilment, places: 2, minutes: 12, opens: "07:10"}
  - {name: hotline, work: contact, places: 3, minutes: 6, asked_per_refund: 0.3}
months: 72
replications: 1
seed: 9007199254740991
tolerance: 300.5
"""


@pytest.mark.parametrize("text", [EXAMPLE.read_text("utf-8"), ODD, "name: nothing", "{}"])
def test_a_document_goes_through_the_form_and_back_without_loss(shop, monkeypatch, text):
    page = written(opened(shop, monkeypatch), text)
    assert not page.exception and not page.error
    expected = scenario_from_yaml(text).model_copy(update={"name": "sandbox"})
    assert asked(shop, page) == expected
    again = opened(shop, monkeypatch, run=page.query_params["run"])
    press(again, "document:new")
    assert scenario_from_yaml(again.text_area[0].value) == expected


def test_what_only_a_document_can_say_is_told_on_the_form_and_can_be_taken_away(shop, monkeypatch):
    page = written(opened(shop, monkeypatch), ODD)
    (told,) = (one for one in lines_of(page) if "minimum" in one)
    assert all(
        word in told.replace("\\", "") for word in ("active_days → 60", "2,000.5", "known to within 300.5")
    )
    page.number_input(key="sandbox:tiers.gold.threshold").set_value(4500)
    press(page, "further:0:remove")
    scenario = asked(shop, page)
    assert scenario.changes == {"expiry.months": None, "tiers.gold.threshold": 4500}
    assert (scenario.behaviour, scenario.tolerance, scenario.months) == ({}, None, 72)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("text", "said"), [
    ("", ""), ("- 1", ""), ("a: [", ""), ("nme: x", "nme"), ("months: 0", "months"),
    ("changes: {tiers.gold.threshold: 5}", "gold"), ("changes: {tiers.platinum.threshold: 5}", "platinum"),
    ("months: 1\nmonths: 2", "months"),
    ("effects: {luck: 2}", "luck"), ("behaviour: {redeeming.appeal: x}", "redeeming.appeal"),
    ("seed: 9007199254740992", "9007199254740991"), ("later: [{first_day: 2027-02-30, changes: {}}]", ""),
    ("campaigns: [{name: a, kind: coupon, first_day: 2027-01-01, last_day: 2027-01-02}]", "campaigns"),
])  # fmt: skip
def test_a_document_that_tells_no_scenario_is_refused_in_one_line(shop, monkeypatch, lang, text, said):
    page = written(opened(shop, monkeypatch, lang=lang), text)
    assert not page.exception
    (error,) = page.error
    assert said in error.value and "\n" not in error.value
    assert bool(re.search("[一-龥]", error.value)) == (lang == "zh")
    assert lang == "en" or not re.search(r"\b(and|line|stands|out of)\b", error.value)
    assert page.text_area[0].value == text


@pytest.mark.parametrize("document", [
    {"kind": "wake_up", "name": "a", "first_day": "2026-11-01", "last_day": "2026-11-30"},
    {"kind": "double_points", "name": "b", "first_day": "2026-12-01", "last_day": "2026-12-03", "held_out": 0,
     "points_percent": 300, "audience": {"tiers": ["gold"]},
     "response": {"lift": 0.2, "lift_range": [0, 0.4]}},
    {"kind": "birthday", "name": "c", "first_day": "2026-12-01", "last_day": "2027-12-03",
     "birthday": "month", "repeat": "daily", "lasts_days": 7, "channel": "app",
     "cost_per_contact": "0.35", "budget": "20"},
    {"kind": "win_back", "name": "d", "first_day": "2026-12-01", "last_day": "2026-12-31", "held_out": 0.125,
     "audience": {"last_purchase_days": [100, 300]}, "response": {"returns": 0.015, "source": "spring"}},
])  # fmt: skip
def test_a_campaign_comes_back_from_its_fields_as_it_was(shop, document):
    line = CampaignLine.model_validate(document)
    place = around(shop)
    assert campaign_part.PART.line(place, campaign_part.PART.values(place, line)) == line


def test_a_shock_comes_back_from_its_fields_as_it_was(shop):
    line = ShockLine(
        name="storm", first_day="2026-11-03", last_day="2026-11-05", demand=0.333, channels=("app",)
    )
    place = around(shop)
    assert shock_part.PART.line(place, shock_part.PART.values(place, line)) == line


WRITTEN = Scenario.model_validate(
    {
        "changes": {"tiers.gold.threshold": 5000, "qualification.months": 6},
        "effects": {"goal_gradient": 0.1, "demotion": False},
        "behaviour": {"redeeming.appeal": -2.0},
        "campaigns": [{"kind": "wake_up", "name": "spring",
                       "first_day": "2026-11-05", "last_day": "2026-11-30",
                       "response": {"returns": 0.03, "returns_range": [0.01, 0.05]}}],
        "shocks": [{"name": "storm", "first_day": "2026-12-05", "last_day": "2026-12-30", "demand": 0.5}],
        "later": [{"first_day": "2027-01-01", "changes": {"expiry.months": 18}}],
        "joining": {"factor": 1.2, "referrals_a_year": 0.5, "points": 50},
    }
)  # fmt: skip


@pytest.mark.parametrize(("lang", "words"), [
    ("en", ["Gold threshold raised to CN¥5,000", "Months that count at 6", "9 more changes"]),
    ("zh", ["5,000", "9"]),
])  # fmt: skip
def test_every_part_of_a_scenario_is_told(shop, lang, words):
    programme, document = Workspace.open(shop).programme, WRITTEN.model_dump(mode="json")
    with speaking(lang):
        told = scenario_words.cause(programme, document)
        assert scenario_words.cause(programme, {"shocks": WRITTEN.model_dump()["shocks"]})[0] in "S假"
        assert scenario_words.cause(programme, {}) == {"en": "No change", "zh": "无变更"}[lang]
    assert all(word in told for word in words)


def test_what_a_scenario_supposes_is_told_beside_what_the_past_tells():
    library = [{"name": "spending"}]
    parts = {one["name"]: one for one in suppositions.rest_on(WRITTEN, library)}
    assert "spending" in parts
    spring = parts["spring: share who come back because of it"]
    assert (spring["value"], spring["low"], spring["high"]) == (0.03, 0.01, 0.05)
    assert parts["storm: demand"]["value"] == 0.5 and parts["redeeming.appeal"]["value"] == -2.0
    assert parts["demotion"]["on"] is False and parts["How many join, times the usual"]["value"] == 1.2


def test_what_stands_on_the_calendar_is_marked_on_time_lines(shop):
    marks = suppositions.marks(Workspace.open(shop).programme, WRITTEN)
    assert [(mark.day.isoformat(), mark.words) for mark in marks] == [
        ("2026-11-05", "spring"), ("2026-12-05", "storm"), ("2027-01-01", "Points expiring after 18 months"),
    ]  # fmt: skip


def test_fields_are_named_as_on_screen():
    labels = campaign_part.LABELS
    assert in_words("response.lift_range: low must not be above high", labels).startswith("Range of what")
    with speaking("zh"):
        assert "单次触达成本" in in_words("a budget needs a cost_per_contact above 0", labels)


def test_multipliers_keeping_reviews_and_closeness_are_asked_for_and_filled_in_again(shop, monkeypatch):
    page = opened(shop, monkeypatch)
    for name, value in {
        "tiers.gold.earn_percent": 175, "tiers.gold.keep.at_least.spend": 3000, "qualification.months": 6,
        "qualification.grace_days": 30, "closeness": 5.0,
    }.items():  # fmt: skip
        page.number_input(key=f"sandbox:{name}").set_value(value)
    scenario = asked(shop, page)
    assert scenario.changes == {
        "tiers.gold.earn_percent": 175, "tiers.gold.keep.at_least.spend": 3000, "qualification.months": 6,
        "qualification.grace_days": 30,
    }  # fmt: skip
    assert scenario.tolerance == "5%"
    again = opened(shop, monkeypatch, run=page.query_params["run"])
    assert again.number_input(key="sandbox:tiers.gold.keep.at_least.spend").value == 3000
    assert again.number_input(key="sandbox:closeness").value == 5.0
    assert not lines_of(again), "all of it has a field"
    again.number_input(key="sandbox:closeness").set_value(None)
    again.number_input(key="sandbox:tiers.gold.keep.at_least.spend").set_value(None)
    scenario = asked(shop, again)
    assert scenario.tolerance is None and "tiers.gold.keep.at_least.spend" not in scenario.changes


RARE = {
    "earning.multipliers.birthday_month.percent": 300,
    "earning.multipliers.children_on_wednesdays.percent": 100,
    "earning.caps.day": 500, "earning.caps.month": 2000, "earning.caps.event": 400, "pending.days": 14,
    "expiry.inactivity_months": 6, "points_as_cash.value_per_point": 0.025,
    "points_as_cash.largest_share": 0.3, "rewards.tea.cost": 6.5,
}  # fmt: skip


def test_bonuses_caps_points_once_earned_and_costs_are_asked_for_and_filled_in_again(shop, monkeypatch):
    page = opened(shop, monkeypatch)
    for name, value in {**RARE, "never": 30.0}.items():
        page.number_input(key=f"sandbox:{name}").set_value(value)
    scenario = asked(shop, page)
    assert scenario.changes == RARE and scenario.behaviour == {"redeeming.never_share": 0.3}
    again = opened(shop, monkeypatch, run=page.query_params["run"])
    for name, value in {**RARE, "never": 30.0}.items():
        assert again.number_input(key=f"sandbox:{name}").value == value
    assert not lines_of(again), "all of it has a field"
    for name in ("earning.caps.day", "expiry.inactivity_months", "never"):
        again.number_input(key=f"sandbox:{name}").set_value(None)
    scenario = asked(shop, again)
    assert scenario.behaviour == {} and "earning.caps.month" in scenario.changes
    assert not {"earning.caps.day", "expiry.inactivity_months"} & set(scenario.changes)


@pytest.mark.parametrize(
    ("lang", "name", "value", "sentence"),
    [
        ("en", "pending.days", 400,
         "“Points once earned · Days until points may be spent” cannot be 400: enter 0 to 366."),
        ("zh", "points_as_cash.largest_share", 1.5,
         "“已得积分 · 积分最多可支付的消费占比”不能是 1.5：请填 0 到 1。"),
        ("en", "rewards.tea.cost", -1.0,
         "“What rewards cost · A pot of tea” cannot be −1: enter 0 to 1,000,000,000."),
        ("zh", "never", 130.0, "“从不兑换的会员，%”不能是 130：请填 0 到 100。"),
    ],
)  # fmt: skip
def test_a_number_out_of_its_bounds_is_refused_by_its_field_s_name(
    shop, monkeypatch, lang, name, value, sentence
):
    page = opened(shop, monkeypatch, lang=lang)
    page.number_input(key=f"sandbox:{name}").set_value(value)
    press(page, "run")
    assert [one.value for one in page.error] == [sentence] and "run" not in page.query_params
    assert not lines_of(page), "what is wrong in a field is told once"


def test_rules_of_deeds_that_nobody_does_in_a_run_have_no_field(shop):
    programme = Workspace.open(shop).programme
    joined = {"name": "welcome", "when": {"event": "joined"}, "points": 80}
    signed = {"name": "sign in", "when": {"event": "sign_in"}, "points": 5}
    document = programme.model_dump(mode="json") | {"earning": {"rules": [joined, signed]}}
    with speaking("en"):
        fields = [one for one in rare_levers(programme_from_dict(document)) if one.group == FURTHER]
    assert [(one.path, one.now, one.label) for one in fields] == [
        ("earning.rules.welcome.points", 80, "Welcome")
    ]


@pytest.mark.parametrize(
    ("lang", "path", "value", "words"),
    [
        ("en", "earning.multipliers.birthday_month.percent", 300,
         "Birthday month with 300% of the usual points"),
        ("en", "earning.caps.day", 500, "most points, In a day: 500"),
        ("en", "earning.caps.day", None, "most points, In a day: no limit"),
        ("zh", "pending.days", 14, "积分多少天后可用：14"),
        ("en", "rewards.tea.cost", 6.5, "A pot of tea at a cost of CN¥6.50"),
    ],
)  # fmt: skip
def test_a_changed_rule_is_told_in_words(shop, lang, path, value, words):
    with speaking(lang):
        assert scenario_words.changed(Workspace.open(shop).programme, path, value) == words


def test_a_tolerance_in_money_stays_a_matter_of_the_document(shop, monkeypatch):
    page = written(opened(shop, monkeypatch), "tolerance: 300.0")
    assert page.number_input(key="sandbox:closeness").value is None
    assert asked(shop, page).tolerance == 300.0


def test_what_is_wrong_with_a_document_stays_until_something_else_is_tried(shop, monkeypatch):
    page = written(opened(shop, monkeypatch), "changes: {tiers.gold.threshold: 5}")
    (error,) = page.error
    assert error.value.startswith("tiers: gold needs a threshold above")
    assert [one.value for one in page.run().error] == [error.value]
    page = written(opened(shop, monkeypatch), f"name: {'x' * 500}")
    assert len(page.error[0].value) < 200


def test_the_sheet_shows_no_more_digits_than_mean_something(shop, monkeypatch):
    own = default_effects().with_values(goal_gradient=0.23505067676)
    monkeypatch.setattr("dashboard.sandbox.sandbox_runs._effects", lambda workspace, shown: own)
    page = press(opened(shop, monkeypatch), "effects:new")
    assert page.number_input(key="sandbox:line:goal_gradient.value").value == 0.235
    press(page, "line keep")
    assert asked(shop, page).effects == {}
