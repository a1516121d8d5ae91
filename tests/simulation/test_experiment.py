"""Experiments: no change is exactly nothing, workers and shards change nothing, intervals are t intervals."""

import json
import math
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from dashboard.jobs.calibrated import told_past
from data.workspace import Workspace
from loyalty_core.counting.period_facts import period_facts
from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.history_parts import select
from loyalty_core.periods import periods
from loyalty_core.rules.tier_rules import Tier
from simulation.behaviour import Behaviour
from simulation.comparison import Comparison
from simulation.continuation import continued
from simulation.effects import default_effects
from simulation.experiment import Cancelled, compare
from simulation.figures import COMPARED, COMPARED_BY_TIER
from simulation.outset import outset
from simulation.scenario import Scenario
from simulation.shard import remembered, shards
from tests.living import asked, loyalty
from tests.simulation.crowds import PROGRAMME, crowd, past, run

SELDOM = "renewal_rate"  # of few members no term ends within a month
HIGHER = Scenario(name="higher", changes={"tiers.gold.threshold": 3000}, months=6, replications=3)
T_975_WITH_2 = 4.302652729911275  # of a t table


@pytest.fixture(scope="module")
def history() -> History:
    return past(800)[0]


@pytest.fixture(scope="module")
def found(history: History) -> Comparison:
    return compare(history, PROGRAMME, HIGHER)


@pytest.mark.parametrize("changes", [{}, {"tiers.gold.threshold": 1500.0, "expiry.months": 8}])
def test_a_scenario_equal_to_the_baseline_differs_by_exactly_0(history: History, changes: dict) -> None:
    same = compare(history, PROGRAMME, Scenario(name="same", changes=changes, months=4, replications=2))
    rows = same.to_json()["differences"]
    assert len(rows) == 4 * (len(COMPARED) + 3 * len(COMPARED_BY_TIER))
    for row in rows:
        known = [row[name] for name in ("mean", "low", "high") if row[name] is not None]
        assert known == [0.0] * len(known), row
    assert sum(row["mean"] is None for row in rows) == 0


def test_results_do_not_depend_on_shards(history: History, found: Comparison) -> None:
    whole = json.dumps(found.to_json())
    for size in (500, 300):  # with those to come: 3 and 4 parts instead of 2
        assert json.dumps(compare(history, PROGRAMME, HIGHER, shard_size=size).to_json()) == whole


@pytest.mark.parametrize(("workers", "shard_size"), [(2, 500), (3, 300)])
def test_results_do_not_depend_on_workers(
    history: History, found: Comparison, workers: int, shard_size: int
) -> None:
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        spread = compare(history, PROGRAMME, HIGHER, executor=pool, shard_size=shard_size)
    assert json.dumps(spread.to_json()) == json.dumps(found.to_json())


def test_another_seed_gives_other_figures(history: History, found: Comparison) -> None:
    other = compare(history, PROGRAMME, HIGHER.model_copy(update={"seed": 2}))
    assert other.to_json()["differences"] != found.to_json()["differences"]


def test_a_higher_top_threshold_leaves_fewer_gold_members_and_more_silver_ones(found: Comparison) -> None:
    last = found.differences.xs(found.differences.index.get_level_values(0).max())
    assert last.loc[("tier_members", "gold"), "high"] < 0 < last.loc[("tier_members", "silver"), "low"]
    assert last.loc[("tier_share", "gold"), "high"] < 0
    total = sum(last.loc[("tier_members", tier), "mean"] for tier in ("basic", "silver", "gold"))
    assert total == pytest.approx(0, abs=1e-9)


def test_a_dearer_reward_costs_the_programme_less(history: History) -> None:
    dearer = Scenario(changes={"rewards.tea.points": 450}, months=6, replications=3)
    for baseline, scenario in compare(history, PROGRAMME, dearer).pairs.values():
        costs = [side.xs("reward_cost", level="metric").sum() for side in (baseline, scenario)]
        assert 0 < costs[1] < costs[0]


def test_intervals_are_95_percent_t_intervals_of_the_paired_differences(found: Comparison) -> None:
    key = ("2026-09-30", "revenue", "")
    pairs = [found.pairs[number] for number in (1, 2, 3)]
    differences = [scenario[key] - baseline[key] for baseline, scenario in pairs]
    half = T_975_WITH_2 * stdev(differences) / math.sqrt(3)
    row = found.differences.loc[key]
    assert row["mean"] == pytest.approx(mean(differences))
    assert (row["low"], row["high"]) == pytest.approx((row["mean"] - half, row["mean"] + half))
    assert found.baseline_values.loc[key, "mean"] == pytest.approx(mean(pair[0][key] for pair in pairs))


def test_one_replication_has_no_interval(history: History) -> None:
    once = compare(history, PROGRAMME, HIGHER.model_copy(update={"replications": 1})).to_json()
    assert all(row["low"] is None and row["high"] is None for row in once["differences"])


def test_common_luck_makes_differences_far_more_certain_than_levels(history: History) -> None:
    # The widths of intervals over three replications would be luck themselves.
    found = compare(history, PROGRAMME, HIGHER.model_copy(update={"replications": 8}))
    key = ("2026-09-30", "points_outstanding", "")
    spread = [
        frame.loc[key, "high"] - frame.loc[key, "low"] for frame in (found.differences, found.baseline_values)
    ]
    assert spread[0] < spread[1] / 3


def test_the_document_says_what_it_rests_on(found: Comparison) -> None:
    told = found.to_json()
    assert told["seed"] == 1 and told["replications"] == 3 and told["months"] == 6
    assert (told["from"], told["to"], told["data_to"]) == ("2026-04-01", "2026-09-30", "2026-03-31")
    assert told["scenario"]["changes"] == HIGHER.changes and told["baseline"]["changes"] == {}
    assert {row["period_end"] for row in told["differences"]} == {
        f"2026-{end}" for end in ("04-30", "05-31", "06-30", "07-31", "08-31", "09-30")
    }
    assert {part["name"]: part["status"] for part in told["assumptions"]} == {
        "purchasing": "calibrated",
        "spending": "calibrated",
        "season": "calibrated",
        "joining": "calibrated",
        "redeeming": "calibrated",
        "refunding": "calibrated",
        "common_shock": "calibrated",
        "referring": "assumption",
    } | {
        key: effect.status.value
        for key, effect in default_effects().items()
        if effect.active and effect.unit.neutral is not None and not key.startswith("fee_")
        if key not in ("never_redeem", "breakage")  # no run asks for these two
        if not key.startswith("missed_")  # whose window moves with the days has always another one
    }
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_a_result_says_that_nobody_is_invited_to_a_tier_and_how_those_for_sale_are_bought(
    found: Comparison,
) -> None:
    def said(tier: Tier) -> dict[str, dict[str, object]]:
        with_it = PROGRAMME.model_copy(update={"tiers": (*PROGRAMME.tiers, tier)})
        told = replace(found, programmes=(PROGRAMME, with_it)).to_json()["assumptions"]
        return {str(part["name"]): part for part in told}

    invited = said(Tier(name="black", entry="invitation"))
    assert invited["given_tiers"]["status"] == "assumption" and "subscribing" not in invited
    bought = said(Tier(name="plus", entry="paid", fee=Decimal(99)))
    assert {"subscribing", "fee_buying", "fee_renewing"} < set(bought) and "given_tiers" not in bought


def test_a_result_does_not_rest_on_effects_of_reviews_that_nobody_has(found: Comparison) -> None:
    def said(*rules: dict[str, object], later: str | None = None) -> set[str]:
        under = [PROGRAMME.model_validate(PROGRAMME.model_dump() | {"qualification": rule}) for rule in rules]
        scenario = Scenario(later=[{"first_day": "2026-06-01", "changes": {later: 3}}] if later else [])
        told = replace(found, programmes=(under[0], under[-1]), scenario=scenario).to_json()["assumptions"]
        return {str(part["name"]) for part in told}

    effects = {"review_push", "missed_low", "missed_high"}
    yearly = {"window": "calendar", "reviews": ["07-01"]}
    never, own = yearly | {"reviews": []}, yearly | {"reviews": "anniversary"}
    assert effects <= said(yearly) and effects <= said(own)
    assert not effects & said(never) and effects < said(never, own)  # one side has some
    assert effects & said(yearly | {"reviews": ["01-01"]}) == {"review_push"}  # the next review is awaited
    assert effects < said(never, later="qualification.months")
    assert not effects & said(never, later="expiry.months")
    assert effects & said({"grace_days": 30, "reviews": []}) == {"review_push"}  # a rolling window goes on


def test_figures_start_where_the_past_ended(history: History, found: Comparison) -> None:
    last_day = int(history.purchases.day.max())
    close = period_facts(history, PROGRAMME, periods(last_day, last_day))
    opening_points = close["points_outstanding"].iloc[0]
    first = found.pairs[1][0].xs("2026-04-30")
    signs = {"issued": 1, "adjusted": 1, "redeemed": -1, "expired": -1}
    moved = sum(first[(f"points_{what}", "")] * sign for what, sign in signs.items())
    assert opening_points + moved == first[("points_outstanding", "")]
    enrolled = close["members_enrolled"].iloc[0]
    assert enrolled <= first[("members_enrolled", "")] < enrolled + len(found.start.joining)


def test_a_remembered_past_gives_the_figures_of_the_whole_past(history: History, monkeypatch) -> None:
    short = compare(history, PROGRAMME, HIGHER.model_copy(update={"replications": 1}))
    monkeypatch.setattr("simulation.shard.remembered", lambda whole: whole)
    full = compare(history, PROGRAMME, HIGHER.model_copy(update={"replications": 1}))
    assert json.dumps(short.to_json()) == json.dumps(full.to_json())
    assert len(remembered(history).purchases.day) < len(history.purchases.day) / 3


def test_a_sample_of_members_stands_for_all_of_them(history: History, found: Comparison) -> None:
    half = compare(history, PROGRAMME, HIGHER, members=400)
    assert len(half.start.members) == 400 and half.start.scale == 2.0
    key = ("2026-04-30", "members_enrolled", "")
    assert half.baseline_values.loc[key, "mean"] == pytest.approx(
        found.baseline_values.loc[key, "mean"], rel=0.03
    )
    more = outset(history, PROGRAMME, 6, 1, Behaviour(), members=600)
    assert set(half.start.members.ids) < set(more.members.ids)


def test_progress_grows_to_1_and_brings_results_as_replications_end(history: History) -> None:
    heard: list[tuple[float, int]] = []

    def hear(share: float, partial: Comparison | None) -> None:
        heard.append((share, len(partial.pairs) if partial else 0))

    compare(history, PROGRAMME, HIGHER, progress=hear)
    shares = [share for share, _ in heard]
    assert shares[0] == 0 and shares[-1] == 1 and shares == sorted(shares)
    assert {results for _, results in heard} == {0, 1, 2, 3}


@pytest.mark.parametrize("in_processes", [False, True])
def test_a_cancelled_experiment_stops_and_hands_over_what_it_found(
    history: History, in_processes: bool
) -> None:
    enough: list[bool] = []

    def hear(share: float, partial: Comparison | None) -> None:
        enough.extend([True] if partial else [])

    many = HIGHER.model_copy(update={"replications": 200})
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, pytest.raises(Cancelled) as stopped:
        compare(
            history, PROGRAMME, many, executor=pool if in_processes else None, progress=hear,
            cancelled=lambda: bool(enough),
        )  # fmt: skip
    assert 1 <= len(stopped.value.partial.pairs) < 200
    assert stopped.value.partial.to_json()["differences"]


def test_members_who_left_are_not_simulated(history: History) -> None:
    members = history.members
    left_on = members.left_on.copy()
    left_on[:100] = int(history.purchases.day.max())
    gone = replace(history, members=replace(members, left_on=left_on))
    start = outset(gone, PROGRAMME, 3, 1, Behaviour())
    assert len(start.members) == 700
    assert not set(start.members.ids) & set(members.ids[:100])


def test_new_members_join_at_the_rate_of_late_and_go_on_growing_as_they_did(history: History) -> None:
    start = outset(history, PROGRAMME, 3, 1, Behaviour())
    first_day, last_day = start.days
    seen = start.behaviour.joining
    window = min(365, (first_day - int(history.members.joined_on.min())) // 2)
    joined = int((history.members.joined_on >= first_day - window).sum())
    span, growth = last_day - first_day + 1, 1 + seen.growth_a_year
    # The rate of the window's middle, gone on from there.
    assert seen.a_day == pytest.approx(joined / window * growth ** (window / 2 / 365.25), rel=0.01)
    whole = seen.a_day * sum(growth ** (ahead / 365.25) for ahead in range(span))
    assert len(start.joining) == round(whole)
    assert np.all((start.joining.joined_on >= first_day) & (start.joining.joined_on <= last_day))


def test_nobody_to_simulate_is_refused_with_the_way_out(history: History) -> None:
    with pytest.raises(InputError, match="loyalty demo"):
        compare(select(history, np.zeros(800, bool)), PROGRAMME, HIGHER)


@pytest.mark.parametrize("n", [1, 7, 101])
def test_tiny_programmes_are_simulated_on_stated_assumptions(n: int) -> None:
    people = crowd(n)
    few = continued(people, run(people), PROGRAMME)
    told = compare(few, PROGRAMME, Scenario(months=2, replications=2)).to_json()
    assert all(row["mean"] in (0, None) for row in told["differences"])
    if n < 50:
        assert "assumption" in {
            part["status"] for part in told["assumptions"] if part["name"] == "purchasing"
        }


def test_parts_are_whole_and_disjoint(history: History) -> None:
    start = outset(history, PROGRAMME, 3, 1, Behaviour())
    parts = shards(start, [PROGRAMME], 250)
    ids = np.concatenate([part.population.ids for part in parts])
    assert sorted(ids) == sorted([*start.members.ids, *start.joining.ids])
    assert all((part.past is None) == (part.accounts[0] is None) for part in parts)


def test_the_command_with_two_workers_answers_what_the_experiment_finds(demo_workspace: Path) -> None:
    arguments = ("--months", "1", "--replications", "2", "--workers", "2", "--members", "500", "--json")
    told = json.loads(loyalty("simulate", "live", *arguments, "--workspace", demo_workspace).stdout)
    assert {row["mean"] for row in told["differences"] if row["metric"] != SELDOM} == {0.0}
    workspace = Workspace.open(demo_workspace)
    live, calibration = told_past(workspace, workspace.latest(), workspace.programme)
    asked, few = Scenario(months=1, replications=2), {"members": 500, "shard_size": 170}
    here = compare(live, workspace.programme, asked, calibration=calibration, **few).to_json()
    assert {name: told[name] for name in here} == here
    assert told["snapshot"] == workspace.latest().id
    assert told["as_of"] == told["data_to"] == "2026-10-31"


def test_the_command_reads_a_scenario_file_and_shows_a_table(demo_workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "更高 [gold].yaml"
    file.write_text("changes: {tiers.gold.threshold: 9000}\nmonths: 1\nreplications: 2\n", encoding="utf-8")
    arguments = ["simulate", str(file), "--workers", "1", "--workspace", str(demo_workspace)]
    shown = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert shown.exit_code == 0
    for words in ("更高 [gold] against live", "95% interval", "Gold", "seed 1", "Kivetz"):
        assert words in shown.stdout
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    gold = [row for row in told["differences"] if row.get("member_tier") == "gold"]
    assert [row["mean"] for row in gold if row["metric"] == "tier_members"][-1] < 0


def test_the_command_knows_saved_scenarios(own_demo_workspace: Path) -> None:
    Workspace.open(own_demo_workspace).registry.save(
        "scenario", "dear", {"changes": {"rewards.tea.points": 900}}
    )
    arguments = ["simulate", "dear", "--against", "dear", "--months", "1", "--replications", "1"]
    arguments += ["--members", "200", "--workers", "1", "--json", "--workspace", str(own_demo_workspace)]
    told = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    assert told["scenario"]["name"] == told["baseline"]["name"] == "dear"
    assert {row["mean"] for row in told["differences"] if row["metric"] != SELDOM} == {0.0}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "neither a file nor a saved scenario"),
        (("live", "--months", "0"), "months"),
        (("live", "--against", "other"), "other: neither a file nor a saved scenario"),
    ],
)
def test_the_command_refuses_in_one_line_with_exit_code_2(
    demo_workspace: Path, arguments: tuple[str, ...], said: str
) -> None:
    answer = asked("simulate", *arguments, "--workspace", demo_workspace)
    assert answer.status == 2 and answer.output == ""
    assert said in answer.complaint and len(answer.complaint.strip().splitlines()) == 1
