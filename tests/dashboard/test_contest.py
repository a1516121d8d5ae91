"""Several what-ifs are run side by side on the same luck, ranked, and told with how sure that is."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.i18n import speaking
from dashboard.jobs.lanes import Job, Pool
from dashboard.jobs.simulation_job import ranked
from dashboard.sandbox import contest_page, contest_runs
from dashboard.sandbox.comparison import Estimate, Found
from dashboard.sandbox.rivals import Duel, Rival, label
from data.registry import SCENARIO
from data.workspace import Workspace
from simulation.scenario import Scenario
from tests.dashboard import reader

VIEW = "views/sandbox.py"
TRIED = {"Dearer gold": {"tiers.gold.threshold": 9000}, "Generous": {"earning.points_per_unit": 3}}


@pytest.fixture(scope="module")
def shop(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated programme with two saved what-ifs and the contest between them."""
    folder = shutil.copytree(demo, tmp_path_factory.mktemp("contest") / demo.name)
    registry = Workspace.open(folder).registry
    for name, changes in TRIED.items():
        registry.save(SCENARIO, name, Scenario(name=name, changes=changes).model_dump(mode="json"))
    return folder


@pytest.fixture(autouse=True)
def no_job_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.sandbox.contest_runs.ensure_job_process", lambda folder: None)
    monkeypatch.setattr("dashboard.runs.ensure_job_process", lambda folder: None)


class _Here(Pool):
    executor = None


def asked(page: AppTest, chosen: list[str], **fields: int) -> AppTest:
    page.multiselect(key="contest:chosen").set_value(chosen)
    for name, value in {"months": 2, "replications": 3, "members": 300, **fields}.items():
        page.number_input(key=f"contest:{name}").set_value(value)
    return next(one for one in page.form_submit_button if one.key == "contest:run").click().run()


def worked_on(shop: Path, run_id: int) -> None:
    """What the job process does."""
    workspace = Workspace.open(shop)
    run = workspace.registry.claim_next_run((contest_runs.KIND,))
    assert run.id == run_id
    workspace.registry.finish_run(run_id, result=ranked(Job(run, workspace, _Here())))


def words_of(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.header, *page.subheader]
    return " ".join(
        [*(str(part.value) for part in parts), *(one.value.to_string() for one in page.dataframe)]
    )


def test_saved_what_ifs_are_ranked_on_the_same_luck(shop, monkeypatch):
    page = asked(reader.opened(VIEW, shop, monkeypatch), ["saved:1", "saved:2"])
    assert not page.exception and not page.error
    run = Workspace.open(shop).registry.run(int(page.query_params["contest"]))
    assert [one["name"] for one in run.payload["scenarios"]] == [*TRIED]
    assert {(one["months"], one["replications"]) for one in run.payload["scenarios"]} == {(2, 3)}
    worked_on(shop, run.id)
    document = Workspace.open(shop).registry.run(run.id).result
    for lang in ("en", "zh"):
        page = reader.opened(VIEW, shop, monkeypatch, lang=lang, contest=str(run.id))
        assert not page.exception and not page.error
        shown = words_of(page)
        assert all(name in shown for name in TRIED) and "300" in shown and "95%" in shown
        assert len(page.get("plotly_chart")) == 2 and len(page.dataframe) == 4
        assert not re.search(r"\bnan\b|None|<NA>|members_active|reward_cost", shown)
    best = max(document["ranking"], key=lambda row: row["probability_best"])
    lettered = {name: f"{letter} · {name}" for letter, name in zip("AB", TRIED, strict=True)}
    assert page.dataframe[0].value.iloc[0, 0] == ({"live": "现行规则"} | lettered)[best["name"]]
    again = asked(reader.opened(VIEW, shop, monkeypatch), ["saved:1", "saved:2"])
    assert again.query_params["contest"] == str(run.id)


def test_an_earlier_run_takes_part_under_the_words_of_its_changes(shop, monkeypatch):
    workspace = Workspace.open(shop)
    tried = Scenario(name="sandbox", changes={"expiry.months": 18}).model_dump(mode="json")
    programme = workspace.programme.model_dump(mode="json")
    payload = {"programme": programme, "snapshot": 1, "members": 3, "scenario": tried}
    run = workspace.registry.create_run("simulate", payload)
    page = asked(reader.opened(VIEW, shop, monkeypatch), ["saved:1", f"run:{run.id}"])
    contest = workspace.registry.run(int(page.query_params["contest"]))
    scenario = Scenario.model_validate(contest.payload["scenarios"][1])
    assert scenario.name == f"#{run.id}"
    said = label(workspace.programme, scenario)
    assert said == f"Points expiring after 18 months (run {run.id})"
    assert said in " ".join(one.label for one in page.button)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_one_alone_or_one_that_no_longer_fits_the_programme_is_refused(shop, monkeypatch, lang):
    registry = Workspace.open(shop).registry
    before = len(registry.runs(kind="contest"))
    page = asked(reader.opened(VIEW, shop, monkeypatch, lang=lang), ["saved:1"])
    assert len(page.error) == 1
    old = Scenario(name="old", changes={"tiers.ruby.threshold": 5})
    saved = registry.save(SCENARIO, "old", old.model_dump(mode="json"))
    page = asked(reader.opened(VIEW, shop, monkeypatch, lang=lang), ["saved:1", f"saved:{saved.id}"])
    (error,) = page.error
    assert error.value.startswith("old") and "ruby" in error.value and "\n" not in error.value
    assert bool(re.search("[一-龥]", error.value)) == (lang == "zh")
    assert len(registry.runs(kind="contest")) == before
    registry.forget(SCENARIO, "old")


def test_nothing_is_offered_where_nothing_can_be_compared(demo, monkeypatch):
    page = reader.opened(VIEW, demo, monkeypatch)
    assert contest_runs.candidates(Workspace.open(demo)) == {}
    assert not [one for one in page.multiselect if one.key == "contest:chosen"]


@pytest.mark.parametrize(("ends", "said"), [
    ((100.0, 40.0, 160.0), "“A” is worth more than “B”: +CN¥100 (95% interval +CN¥40 to +CN¥160)."),
    ((100.0, -40.0, 240.0),
     "That “A” is worth more than “B” may be chance: +CN¥100 (95% interval −CN¥40 to +CN¥240)."),
    ((100.0, None, None), ""),
])  # fmt: skip
def test_the_first_is_held_against_the_what_if_that_comes_nearest(shop, ends, said):
    first, second, third = rival("A", 0.9, SURE), rival("B", 0.1, SURE), rival("C", 0.0, SURE)
    near = Duel(better=first, other=second, gain=Estimate(*ends), chance=0.9, likely="likely")
    far = Duel(better=first, other=third, gain=SURE, chance=1.0, likely="very likely")
    rest = Duel(better=second, other=third, gain=SURE, chance=1.0, likely="very likely")
    with speaking("en"):
        rivals, duels = [first, second, third], [far, rest, near]
        assert contest_page.lead(Workspace.open(shop).programme, rivals, duels) == said
        in_force = [rival("live", 0.9, None), first, second]
        assert contest_page.lead(Workspace.open(shop).programme, in_force, duels) == ""


def rival(label: str, best: float, gain: Estimate | None, likely: str = "likely") -> Rival:
    found = None if gain is None else Found({})
    return Rival(
        name=label,
        label=label,
        letter="" if gain is None else label,
        gain=gain or Estimate(0.0, None, None),
        best=best,
        likely=likely,
        regret=1.0,
        found=found,
    )


SURE, ONCE, UNSURE = (
    Estimate(*ends) for ends in ((1000.0, 900.0, 1100.0), (1000.0, None, None), (900.0, -100.0, 1900.0))
)


@pytest.mark.parametrize(("rivals", "said"), [
    ([rival("A", 0.9, SURE), rival("live", 0.1, None)],
     "“A” is likely to be worth most: it is so in 90% of the replications, "
     "and gains +CN¥1,000 (95% interval +CN¥900 to +CN¥1,100) over the programme in force."),
    ([rival("A", 1.0, UNSURE), rival("live", 0.0, None)],
     "“A” is worth most in 100% of the replications, but its gain over the programme in force may be chance: "
     "+CN¥900 (95% interval −CN¥100 to +CN¥1,900)."),
    ([rival("A", 0.5, SURE), rival("B", 0.5, SURE), rival("live", 0.0, None)],
     "None is clearly worth most; of the replications, “A” in 50% and “B” in 50%."),
    ([rival("live", 1.0, None), rival("A", 0.0, SURE)],
     "The programme in force is likely to be worth most: it is so in 100% of the replications. "
     "No what-if pays."),
    ([rival("A", 1.0, ONCE), rival("live", 0.0, None)],
     "After one replication alone they cannot be ranked."),
])  # fmt: skip
def test_the_sentence_says_no_more_than_was_found(shop, rivals, said):
    with speaking("en"):
        assert contest_page.headline(Workspace.open(shop).programme, rivals) == said


@pytest.mark.parametrize(("rivals", "said"), [
    ([(rival("A", 0.7, SURE), 1.0), (rival("live", 0.3, None), 0.0)],
     "“A” is likely to be worth most (70%; of the replications alone 100%), and gains +CN¥1,000 "
     "(95% interval +CN¥900 to +CN¥1,100) over the programme in force."),
    ([(rival("A", 0.7, UNSURE), 1.0), (rival("live", 0.3, None), 0.0)],
     "“A” is likely to be worth most (70%; of the replications alone 100%), but its gain over the programme "
     "in force may be chance: +CN¥900 (95% interval −CN¥100 to +CN¥1,900)."),
    ([(rival("A", 0.45, SURE), 1.0), (rival("live", 0.35, None), 0.0), (rival("B", 0.2, SURE), 0.0)],
     "None is clearly worth most: “A” 45%, the programme in force 35% and “B” 20% "
     "(of the replications alone 100%, 0% and 0%)."),
    ([(rival("live", 0.8, None), 0.5), (rival("A", 0.2, SURE), 0.5)],
     "The programme in force is likely to be worth most (80%; of the replications alone 50%). "
     "No what-if pays."),
])  # fmt: skip
def test_with_what_is_not_known_the_sentence_says_both(shop, rivals, said):
    drawn = [replace(one, best_by_chance=alone, regret_by_chance=0.0) for one, alone in rivals]
    with speaking("en"):
        assert contest_page.headline(Workspace.open(shop).programme, drawn) == said
