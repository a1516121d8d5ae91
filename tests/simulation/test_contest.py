"""Several scenarios beside each other: money, ranking, targets and the first sample, told by plain loops."""

from __future__ import annotations

import json
from decimal import Decimal
from statistics import stdev

import pandas as pd
import pytest

from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation import replications
from simulation.behaviour import Behaviour
from simulation.comparison import Comparison
from simulation.contest import Contest
from simulation.experiment import compare, contest
from simulation.figures import KEYS
from simulation.likelihood import words_for
from simulation.money import money
from simulation.outset import Outset, outset
from simulation.scenario import Scenario, scenario_from_dict
from simulation.stopping import Tolerance, enough
from tests.simulation.crowds import PROGRAMME, past

PAYING = PROGRAMME.model_copy(update={"margin_share": Decimal("0.5"), "cost_per_point": Decimal("0.01")})
SHORT = {"months": 2, "replications": 3}
DEARER = Scenario(name="dearer", changes={"rewards.tea.points": 450}, **SHORT)
HIGHER = Scenario(name="higher", changes={"tiers.gold.threshold": 3000}, **SHORT)


@pytest.fixture(scope="module")
def history() -> History:
    return past(400)[0]


@pytest.fixture(scope="module")
def found(history: History) -> Contest:
    return contest(history, PAYING, (Scenario(), DEARER, HIGHER))


def figures(revenue: float, active: float = 0.0) -> pd.Series:
    """Two months: half of the revenue in each, costs of 10 a month, 300 and then 200 points outstanding."""
    rows = {}
    for end, points in (("2026-04-30", 300.0), ("2026-05-31", 200.0)):
        for metric, value in {
            "revenue": revenue / 2,
            "reward_cost": 10.0,
            "points_outstanding": points,
            "members_active": active,
        }.items():
            rows[(end, metric, "")] = value
    return pd.Series(rows).rename_axis(KEYS)


def made_up(start: Outset, *runs: tuple[float, ...], programme: Programme = PAYING) -> Contest:
    """A contest in which each replication brought those revenues."""
    names = [Scenario(name=f"number {number}") for number in range(len(runs[0]))]
    return Contest(
        scenarios=tuple(names),
        programmes=(programme,) * len(names),
        start=start,
        runs={number: tuple(map(figures, revenues)) for number, revenues in enumerate(runs, start=1)},
    )


@pytest.fixture(scope="module")
def start(history: History) -> Outset:
    return outset(history, PAYING, 2, 1, Behaviour())


def test_money_is_margin_less_rewards_less_what_is_still_owed() -> None:
    assert money(figures(1000.0), PAYING) == 0.5 * 1000 - 20 - 0.01 * 200
    on_cards = {("2026-05-31", "stored_value_bonus_given", ""): 30.0}
    with_bonus = pd.concat([figures(1000.0), pd.Series(on_cards).rename_axis(KEYS)])
    assert money(with_bonus, PAYING) == 0.5 * 1000 - 20 - 0.01 * 200 - 30
    of_a_tier = {("2026-05-31", "revenue", "gold"): 400.0}  # which those of all hold already
    with_tier = pd.concat([figures(1000.0), pd.Series(of_a_tier).rename_axis(KEYS)])
    assert money(with_tier, PAYING) == money(figures(1000.0), PAYING)
    assert money(figures(1000.0), PROGRAMME) == 1000 - 20 - float(PROGRAMME.cost_per_point) * 200


def test_the_money_of_a_comparison_is_that_of_its_figures(found: Contest) -> None:
    for number, (baseline, scenario) in found.beside(1).pairs.items():
        gain = 0.0
        for side, sign in ((scenario, 1), (baseline, -1)):
            last = max(end for end, _, _ in side.index)
            for (end, metric, tier), value in side.items():
                if not tier:
                    gain += sign * {"revenue": 0.5, "reward_cost": -1.0}.get(metric, 0.0) * value
                    gain -= sign * 0.01 * value * (metric == "points_outstanding" and end == last)
        assert found.beside(1).money[number - 1] == pytest.approx(gain)


def test_the_ranking_counts_who_is_worth_most_and_what_the_others_miss(start: Outset) -> None:
    ranking = made_up(start, (100, 120, 90), (100, 80, 100), (100, 140, 100), (100, 100, 60)).ranking()
    # Worth half of the revenue; 2 and 4 are ties of two.
    assert [row["probability_best"] for row in ranking] == [1 / 4, 2.5 / 4, 0.5 / 4]
    assert [row["expected_regret"] for row in ranking] == pytest.approx(
        [(10 + 0 + 20 + 0) / 4, (0 + 10 + 0 + 0) / 4, (15 + 0 + 20 + 20) / 4]
    )
    assert [row["likely_best"]["en"] for row in ranking] == ["unlikely", "about as likely as not", "unlikely"]


def test_each_is_held_against_each_in_the_same_replications(start: Outset) -> None:
    pairs = made_up(start, (100, 120, 90, 95), (100, 80, 100, 95), (100, 140, 100, 95)).pairs()
    assert [(one["scenario"], one["over"]) for one in pairs] == [
        ("number 1", "number 2"), ("number 1", "number 3"), ("number 2", "number 3"),
    ]  # fmt: skip
    gains = [15.0, -10.0, 20.0]  # half of the revenue
    mean, error = sum(gains) / 3, stdev(gains) / 3**0.5
    first = pairs[0]
    assert first["mean"] == pytest.approx(mean) and first["probability_better"] == pytest.approx(2 / 3)
    assert (first["low"], first["high"]) == pytest.approx((mean - 4.302653 * error, mean + 4.302653 * error))


def test_each_scenario_of_a_contest_is_what_it_is_in_a_comparison_of_two(
    history: History, found: Contest
) -> None:
    alone = compare(history, PAYING, HIGHER)
    assert json.dumps(found.beside(2).to_json()) == json.dumps(alone.to_json())


def test_what_keeps_a_tier_written_out_as_it_is_changes_nothing(history: History) -> None:
    gold = PAYING.tiers[-1]
    assert gold.keep is None and gold.threshold
    written = {f"tiers.{gold.name}.keep.at_least.spend": float(gold.threshold)}
    assert compare(history, PAYING, Scenario(changes=written, months=6, replications=2)).money == [0.0, 0.0]


def test_equal_scenarios_share_the_first_place_and_nobody_regrets(history: History) -> None:
    once = Scenario(months=1, replications=1)
    rows = contest(history, PAYING, (once, once, once)).ranking()
    assert [row["probability_best"] for row in rows] == [1 / 3] * 3
    assert [row["expected_regret"] for row in rows] == [0.0] * 3


def test_a_target_counts_the_replications_whose_last_month_reaches_it(history: History) -> None:
    aiming = PAYING.model_copy(
        update={"targets": {"members_active": Decimal(210), "members_silent": Decimal(90)}}
    )
    comparison = compare(history, aiming, HIGHER)
    rows = {row["metric"]: row for row in comparison.to_json()["targets"]}
    for metric, target, sign in (("members_active", 210, 1), ("members_silent", 90, -1)):
        for side, number in (("baseline", 0), ("scenario", 1)):
            last = [pair[number]["2026-05-31", metric, ""] for pair in comparison.pairs.values()]
            reached = sum(sign * value >= sign * target for value in last)
            assert rows[metric][side]["probability"] == reached / 3
            assert rows[metric][side]["mean"] == pytest.approx(sum(last) / 3)
            assert (rows[metric][side]["target"], rows[metric][side]["period_end"]) == (target, "2026-05-31")


def test_replications_run_until_the_tolerance_holds_and_no_further(history: History) -> None:
    wanted = Scenario(changes=DEARER.changes, months=1, replications=60, tolerance=300.0)
    stopped = compare(history, PAYING, wanted)
    n = len(stopped.pairs)
    assert enough(stopped.money, Tolerance(300.0)) == n < 60
    told = stopped.to_json()
    assert told["replications"] == n and told["money"]["tolerance_met"]
    assert told["money"]["half_width"] <= 300
    plain = compare(history, PAYING, wanted.model_copy(update={"tolerance": None, "replications": n}))
    assert plain.money == stopped.money


def test_a_tolerance_that_is_never_met_ends_at_the_most_replications(history: History) -> None:
    hopeless = DEARER.model_copy(update={"months": 1, "tolerance": "0.0001%"})
    told = compare(history, PAYING, hopeless).to_json()
    assert told["replications"] == 3 and told["money"]["tolerance_met"] is False


def test_a_tolerance_that_is_none_is_refused_by_its_place() -> None:
    with pytest.raises(InputError, match="tolerance"):
        scenario_from_dict({"tolerance": "wide"})


def test_the_first_sample_stands_for_all_and_changes_nothing_after_it(
    history: History, found: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Contest] = []
    monkeypatch.setattr(replications, "FIRST_SIZE", 100)
    whole = contest(
        history,
        PAYING,
        (Scenario(), DEARER, HIGHER),
        shard_size=150,
        progress=lambda share, partial: heard.append(partial) if partial else None,
    )
    assert json.dumps(whole.to_json()) == json.dumps(found.to_json())
    sample = heard[0]
    assert sample.of_members == pytest.approx(0.25, abs=0.01) and len(sample.runs) == 1
    assert all(one.of_members == 1 for one in heard[1:]) and len(heard) == 4
    enrolled = [one.runs[1][0]["2026-04-30", "members_enrolled", ""] for one in (sample, whole)]
    assert enrolled[0] == pytest.approx(enrolled[1], rel=0.05)


def test_members_who_share_a_stock_are_simulated_together_however_they_are_parted(history: History) -> None:
    scarce = Scenario(changes={"rewards.tea.stock": 25}, months=2, replications=2)
    whole = compare(history, PAYING, scarce)
    parted = compare(history, PAYING, scarce, shard_size=130)
    assert json.dumps(parted.to_json()) == json.dumps(whole.to_json())
    assert (whole.differences.xs("points_redeemed", level="metric")["mean"] != 0).any()


@pytest.mark.parametrize(
    ("share", "of", "words"),
    [
        (1.0, 3, "likely"),
        (1.0, 10, "very likely"),
        (1.0, 100, "virtually certain"),
        (0.5, 4, "about as likely as not"),
        (0.0, 10, "very unlikely"),
        (0.0, 1000, "exceptionally unlikely"),
        (0.2, 10, "unlikely"),
    ],
)
def test_few_replications_make_no_certainty(share: float, of: int, words: str) -> None:
    assert words_for(share, of).en == words


def test_a_first_sample_has_its_part_of_a_stock_and_its_requests_stand_for_those_of_all(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea = PAYING.model_copy(update={"rewards": PAYING.rewards[:1]})
    desk = {"name": "shop", "work": "fulfilment", "places": 1, "minutes": 5}
    scarce = scenario_from_dict(
        {"changes": {"rewards.tea.stock": 40}, "months": 2, "replications": 1, "desks": [desk]}
    )
    heard: list[Comparison] = []
    monkeypatch.setattr(replications, "FIRST_SIZE", 100)
    whole = compare(
        history, tea, scarce, progress=lambda share, partial: heard.append(partial) if partial else None
    )
    sample, *_, last = heard
    assert sample.of_members == pytest.approx(0.25, abs=0.01) and last.of_members == 1
    taken = [
        one.pairs[1][1].xs(("points_redeemed", ""), level=("metric", "member_tier")).sum() / 150
        for one in (sample, whole)
    ]
    assert taken[1] == 40 == pytest.approx(taken[0], abs=1)
    asked = [one.desks()[0]["scenario"]["mean"] for one in (sample, whole)]
    assert asked[1] == 40 == pytest.approx(asked[0], abs=1)
    monkeypatch.setattr(replications, "FIRST_SIZE", 10_000)
    assert json.dumps(compare(history, tea, scarce).to_json()) == json.dumps(whole.to_json())
