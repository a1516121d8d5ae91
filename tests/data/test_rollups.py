"""Roll-ups of a snapshot answer as its facts do, however the facts came in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from random import Random
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from data.live import live_history
from data.rollup_tables import (
    BASIS,
    DAY,
    DEALINGS,
    LOT_USES,
    MONTH,
    PERIOD_FACTS,
    PERIOD_MEMBERS,
    ROLLUPS,
    WEEK,
    WHOLE,
)
from data.rollups import building
from data.rollups.condensed_facts import FILTERS
from data.rollups.rolled import rollups_of
from data.rollups.rolled_dealings import BY_ROWS
from data.rollups.snapshot_facts import SnapshotFacts, are_rolled_up
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.counting.families import FAMILIES
from loyalty_core.counting.period_facts import period_facts
from loyalty_core.counting.prediction_facts import COLUMNS as PREDICTED
from loyalty_core.days import to_day
from loyalty_core.facts import TABLES
from loyalty_core.history import History
from loyalty_core.history_parts import as_of, first_day
from loyalty_core.periods import Periods, month_closes, periods
from loyalty_core.rules.programme import Programme
from tests.core.generated import Case, frames, generated

ROLLED = [family for family in FAMILIES if are_rolled_up(family.columns)]
TOLD = sorted(column for family in ROLLED for column in family.columns)
ADDED_UP = sorted(column for family in ROLLED if family.additive for column in family.columns)
OF_MEMBERS = sorted(  # and of nobody else
    column for one in ROLLED if one.additive and one.slices >= set(FILTERS) for column in one.columns
)
COUNTED_AHEAD = sorted(
    column for family in ROLLED for column in family.columns if family.columns & BY_ROWS.keys()
)
CUTS: list[tuple[tuple[str, ...], dict[str, list[str]]]] = [
    ((), {}),
    (("member_region", "member_tier"), {}),
    ((), {"member_region": ["North", ""], "purchase_channel": ["web", "till"]}),
    (("purchase_store",), {"member_gender": ["female"]}),
    (("account",), {"member_tier": ["base", "gold"]}),
    (("member_tier",), {"account": ["points", "status"]}),  # one balance of two accounts: from the facts
    (("member_store",), {"account": ["status"]}),
    (("lot_age",), {"member_region": ["North", ""]}),
    (("earn_month", "member_tier"), {"lot_expiry": ["3–6", "∞"]}),
    (("campaign",), {"contact_channel": ["sms", ""]}),
    (("join_month", "membership_month"), {"member_region": ["North", ""]}),
]


@pytest.fixture(autouse=True)
def roll_up_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "LEAST_ROWS", 0)
    monkeypatch.setattr("data.writer.FILES_PER_SHARD", 3)  # so that compaction comes in between


def facts(case: Case) -> dict[str, pd.DataFrame]:
    """The rows in the columns that hold anything, as an importer delivers them."""
    return {name: frame.dropna(axis=1, how="all") for name, frame in frames(case.rows).items() if len(frame)}


def published(folder: Path, case: Case, parts: list[dict[str, pd.DataFrame]], **how: object) -> Snapshot:
    """The state after those imports, one after the other."""
    workspace = Workspace.open(folder)
    workspace.apply_programme(case.programme)
    for part in parts:
        with workspace.writer("import") as writer:
            for name, frame in part.items():
                writer.append(name, frame)
            snapshot = writer.publish("import", **how)
    return snapshot


def spans(history: History) -> dict[str | None, Periods]:
    """Periods that are counted, by their step, and some that are not."""
    first, last = first_day(history), as_of(history)
    closes = np.array(month_closes(last, 3, 3), np.int64)
    return {
        WHOLE: periods(first, last),
        MONTH: periods(first, last, "month"),
        WEEK: periods(first, last, "week"),
        DAY: periods(last - 10, last, "day"),
        "quarters": Periods(closes[1:-1] + 1, closes[2:], int(closes[0]) + 1),
        None: periods(first + 40, last - 3, "month"),
    }


@pytest.mark.parametrize("seed", range(2))
def test_any_cut_of_any_step_is_answered_as_from_the_facts(seed: int, tmp_path: Path, monkeypatch) -> None:
    if seed:
        monkeypatch.setattr("data.rollups.rolled_members.MOST_CROWDS", 0)
        monkeypatch.setattr("data.rollups.rolled_dealings.ROWS_AT_ONCE", 7)
    case, random = generated(seed), Random(seed)
    snapshot = published(tmp_path, case, [facts(case)])
    history, told = live_history(snapshot, case.programme), rollups_of(snapshot, case.programme)
    assert told is not None
    for step, chosen in spans(history).items():
        assert told.step_of(chosen) == step
        for by, where in random.sample(CUTS, 4):
            from_facts = step is None or (len(where.get("account", ())) > 1 and "account" not in by)
            figures = SnapshotFacts(snapshot, case.programme)
            found = figures.of(chosen, by, where, TOLD)
            assert ("history" in vars(figures)) == from_facts
            expected = period_facts(history, case.programme, chosen, by, where, TOLD)
            pd.testing.assert_frame_equal(found[expected.columns], expected)


def test_what_was_asked_of_everybody_is_kept_for_any_filter(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(building, "ROWS_FOR_PARTS", 0)
    case = generated(0)
    snapshot = published(tmp_path, case, [facts(case)])
    history, told = live_history(snapshot, case.programme), SnapshotFacts(snapshot, case.programme)
    months = spans(history)[MONTH]
    cuts = [(), ("campaign",), ("member_tier",), ("account",), ("opening_tier", "member_tier")]
    for by in cuts:
        told.of(months, by, {}, ADDED_UP)
    odd = spans(history)[None]
    told.expect([odd])
    for by in cuts:
        told.of(odd, by, {}, ADDED_UP)
    told.condensed.keep()
    monkeypatch.delattr("data.rollups.snapshot_facts.finest_rolled")
    told._in_parts.clear()
    monkeypatch.delattr("data.rollups.snapshot_facts.SnapshotFacts._count")
    last = Periods(months.first[-2:], months.last[-2:], int(months.first[-3]))
    for by, where, chosen in product(
        cuts,
        (
            {},
            {"member_region": ["North"]},
            {"member_region": ["North", ""], "member_store": ["s1", ""], "member_channel": ["app"]},
            {"member_tier": ["base", ""], "member_region": ["North", "South"]},
        ),
        (months, last, odd),
    ):
        if not where.keys() & set(by):
            asked = ADDED_UP if where else OF_MEMBERS
            expected = period_facts(history, case.programme, chosen, by, where, asked)
            columns = expected.columns.intersection(asked)
            assert by or chosen is not months or (expected[columns] != 0).any(axis=None)
            pd.testing.assert_frame_equal(told.of(chosen, by, where, asked)[expected.columns], expected)


def test_what_members_did_is_counted_some_of_them_at_a_time(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("data.rollups.rolled_dealings.ROWS_AT_ONCE", 7)
    case = generated(0)
    snapshot = published(tmp_path, case, [facts(case)])
    history, told = live_history(snapshot, case.programme), SnapshotFacts(snapshot, case.programme)
    rows = told.dealings.rows.member
    blocks = [block.rows.member for block in told.dealings.blocks()]
    assert len(blocks) > 3 and np.array_equal(np.concatenate(blocks), rows)
    assert sum(len(np.unique(block[block >= 0])) for block in blocks) == len(np.unique(rows[rows >= 0]))
    for chosen in spans(history).values():
        for by, where in [((), {}), (("member_tier",), {"purchase_channel": ["web", ""]})]:
            expected = period_facts(history, case.programme, chosen, by, where, COUNTED_AHEAD)
            found = told.of(chosen, by, where, COUNTED_AHEAD)
            pd.testing.assert_frame_equal(found[expected.columns], expected)


@pytest.mark.parametrize("seed", range(2))
def test_what_was_counted_ahead_is_not_counted_again(seed: int, tmp_path: Path, monkeypatch) -> None:
    if seed:  # most ways are rare ones
        monkeypatch.setattr("data.rollups.ways.MOST_SETS", 12)
    case = generated(seed)
    snapshot = published(tmp_path, case, [facts(case)])
    history, told = live_history(snapshot, case.programme), SnapshotFacts(snapshot, case.programme)
    months = spans(history)[MONTH]
    told.dealings.count_ahead(case.programme, months)

    def of_few(count):
        def counted(dealings, *asked):
            assert len(dealings.rows.day) < len(told.dealings.rows.day)
            return count(dealings, *asked)

        return counted

    few = {column: of_few(count) for column, count in BY_ROWS.items()}
    monkeypatch.setattr("data.rollups.rolled_dealings.TOLD", few)
    last = Periods(months.first[-2:], months.last[-2:], int(months.first[-3]))
    for by, where in [
        ((), {}),
        ((), {"member_region": ["North", ""], "member_store": ["s1", ""]}),
        ((), {"member_region": ["North"], "member_channel": ["app"], "member_tier": ["base"]}),
        ((), {"member_tier": [""]}),
        ((), {"member_tier": ["base", "gold"]}),
        ((), {"member_tier": ["base", "gold", ""], "member_region": ["North", ""]}),
        (("member_region",), {"member_tier": ["silver", "gold"]}),
        (("member_tier",), {}),
        (("member_store", "member_tier"), {"member_region": ["North"]}),
        (("member_region",), {"member_tier": ["base"]}),
    ]:
        for chosen in (months, last):
            expected = period_facts(history, case.programme, chosen, by, where, COUNTED_AHEAD)
            found = told.of(chosen, by, where, COUNTED_AHEAD)
            assert chosen is last or (expected[COUNTED_AHEAD] != 0).any(axis=None)
            pd.testing.assert_frame_equal(found[expected.columns], expected)


def test_columns_that_do_not_follow_are_counted_from_the_facts(tmp_path: Path) -> None:
    case = generated(5)
    snapshot = published(tmp_path, case, [facts(case)])
    history = live_history(snapshot, case.programme)
    chosen, cut = spans(history)[MONTH], (("member_region",), {"purchase_channel": ["web", ""]})
    expected = period_facts(history, case.programme, chosen, *cut)
    found = SnapshotFacts(snapshot, case.programme).of(chosen, *cut)
    pd.testing.assert_frame_equal(found[expected.columns], expected)


def test_what_is_deferred_is_told_without_reading_what_members_did(tmp_path: Path) -> None:
    case = generated(2)
    snapshot = published(tmp_path, case, [facts(case)])
    history, told = live_history(snapshot, case.programme), SnapshotFacts(snapshot, case.programme)
    columns = ["revenue_deferred", "revenue_recognised", "deferred_balance"]
    for step in (WHOLE, MONTH, "quarters"):
        chosen = spans(history)[step]
        expected = period_facts(history, case.programme, chosen, columns=columns)
        assert (expected[columns] != 0).all(axis=None) or step != WHOLE
        pd.testing.assert_frame_equal(told.of(chosen, columns=columns), expected)
    assert "history" not in vars(told)


def test_predictions_from_roll_ups_are_those_from_the_facts(tmp_path: Path) -> None:
    random, lived = np.random.default_rng(4), []
    for member, rate in enumerate(random.gamma(1.2, 1 / 15, 300)):
        day = random.uniform(0, 60)
        while day < 200:
            lived.append((f"m{member}", day))
            if random.random() < 0.15:
                break
            day += random.exponential(1 / rate)
    visits = pd.DataFrame(lived, columns=["member_id", "day"]).assign(kind="sale")
    visits["purchase_id"] = [f"p{number}" for number in range(len(visits))]
    visits["occurred_at"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(
        visits.pop("day").astype(int), "D"
    )
    visits["amount"] = random.gamma(3, 1000, len(visits)).astype(int) + 1
    visits["store"] = random.choice(["north", "south"], len(visits))
    of_members = visits.drop_duplicates("member_id")
    profiles = pd.DataFrame(
        {
            "member_id": of_members["member_id"],
            "valid_from": pd.Timestamp("2026-01-01"),
            "region": random.choice(["east", "west"], len(of_members)),
        }
    )
    case = SimpleNamespace(programme=Programme(name="shop"))
    snapshot = published(tmp_path, case, [{"purchases": visits, "members": profiles}])
    history, told = live_history(snapshot, case.programme), SnapshotFacts(snapshot, case.programme)
    chosen = periods(to_day(date(2026, 6, 1)), as_of(history), "month")
    for by, where in [((), {}), (("member_region",), {}), ((), {"member_region": ["west"]})]:
        expected = period_facts(history, case.programme, chosen, by, where, PREDICTED)
        assert (expected["lifetime_value_low"] > 0).all()
        pd.testing.assert_frame_equal(told.of(chosen, by, where, PREDICTED), expected)
    assert "history" not in vars(told)


@pytest.mark.parametrize("seed", range(2))
def test_costs_are_told_without_reading_what_members_did(seed: int, tmp_path: Path) -> None:
    case = generated(seed)
    snapshot = published(tmp_path, case, [facts(case)])
    history, costs = live_history(snapshot, case.programme), ["campaign_cost", "fixed_cost"]
    found = []
    for by, where in [(("campaign",), {}), ((), {"campaign": ["c1", "c3"]}), ((), {})]:
        figures = SnapshotFacts(snapshot, case.programme)
        told = figures.of(spans(history)[WHOLE], by, where, costs)
        assert "history" not in vars(figures)
        expected = period_facts(history, case.programme, spans(history)[WHOLE], by, where, costs)
        pd.testing.assert_frame_equal(told[expected.columns], expected)
        found.append(told["campaign_cost"].sum())
    assert found[0] == found[2] > 0


def contents(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    """All that is rolled up, whatever numbers its members have."""
    left_out = dict.fromkeys((PERIOD_MEMBERS.name, DEALINGS.name), "shard, member")
    return {
        name: snapshot.query(f"SELECT * EXCLUDE ({left_out.get(name, 'shard')}) FROM {name} ORDER BY ALL")
        for name in ROLLUPS
    }


@pytest.mark.parametrize("seed", [3])
def test_one_import_after_the_other_rolls_up_as_all_at_once(seed: int, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("data.rollups.rolled_counts.ROWS_OF_GROUP", 4)  # texts that are many are no codes
    case, random = generated(seed), Random(seed)
    whole = facts(case)
    parts: list[dict[str, pd.DataFrame]] = [{} for _ in range(3)]
    for name, frame in whole.items():
        time = frame[TABLES[name].time]
        # By time as days bring them, but here and there a row comes early or late.
        turn = np.minimum(pd.to_datetime(time, utc=True).rank(pct=True).to_numpy() * 3, 2.9).astype(int)
        turn = [random.randrange(3) if random.random() < 0.05 * seed else place for place in turn]
        for place, part in enumerate(parts):
            part[name] = frame[np.equal(turn, place)]
    one_by_one = published(tmp_path / "parts", case, [part for part in parts if any(map(len, part.values()))])
    at_once = published(tmp_path / "whole", case, [whole])
    found = contents(one_by_one)
    for name, rows in contents(at_once).items():
        pd.testing.assert_frame_equal(found[name], rows)


def test_only_parts_that_were_written_to_are_counted_anew(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(building, "ROWS_FOR_PARTS", 0)
    monkeypatch.setattr(building, "PARTS", 4)
    case = generated(1)
    with ThreadPoolExecutor(2) as executor:
        before = published(tmp_path, case, [facts(case)], executor=executor)
        assert len(before.files(BASIS.name)) == 4
        late = facts(case)["purchases"].dropna(subset="member_id").iloc[:1].assign(purchase_id="late")
        after = published(tmp_path, case, [{"purchases": late}], executor=executor)
    kept = {file.relative for file in before.files(BASIS.name)} & {
        file.relative for file in after.files(BASIS.name)
    }
    assert len(kept) == 3
    history = live_history(after, case.programme)
    chosen = spans(history)[MONTH]
    expected = period_facts(history, case.programme, chosen, ("member_tier",), columns=TOLD)
    found = SnapshotFacts(after, case.programme).of(chosen, ("member_tier",), columns=TOLD)
    pd.testing.assert_frame_equal(found[expected.columns], expected)


def test_roll_ups_of_another_programme_are_not_used(tmp_path: Path) -> None:
    case = generated(2)
    snapshot = published(tmp_path, case, [facts(case)])
    other = case.programme.model_copy(update={"cost_per_point": Decimal("0.5")})
    assert rollups_of(snapshot, other) is None
    chosen = periods(first_day(case.history), as_of(case.history), "month")
    expected = period_facts(live_history(snapshot, other), other, chosen, columns=["reward_cost"])
    found = SnapshotFacts(snapshot, other).of(chosen, columns=["reward_cost"])
    pd.testing.assert_frame_equal(found, expected)
    again = published(tmp_path, Case(case.document | {"cost_per_point": "0.5"}, case.rows), [{}])
    assert again.id != snapshot.id and rollups_of(again, other) is not None


def test_few_facts_are_not_rolled_up(tmp_path: Path, monkeypatch) -> None:
    case = generated(0)
    rolled = published(tmp_path, case, [facts(case)])
    monkeypatch.setattr(building, "LEAST_ROWS", 10**6)
    late = facts(case)["purchases"].iloc[:1].assign(purchase_id="late")
    snapshot = published(tmp_path, case, [{"purchases": late}])
    assert rolled.files(PERIOD_FACTS.name) and not snapshot.files(PERIOD_FACTS.name)
    assert rollups_of(snapshot, case.programme) is None


def test_a_roll_up_that_is_no_longer_declared_is_left_behind(tmp_path: Path, monkeypatch) -> None:
    case = generated(0)
    rolled = published(tmp_path, case, [facts(case)])
    monkeypatch.delitem(ROLLUPS, LOT_USES.name)
    monkeypatch.setattr(building, "LEAST_ROWS", 10**6)
    late = facts(case)["purchases"].iloc[:1].assign(purchase_id="late")
    snapshot = published(tmp_path, case, [{"purchases": late}])
    assert LOT_USES.name in rolled.versions and LOT_USES.name not in snapshot.versions
    assert snapshot.count("purchases") == rolled.count("purchases") + 1


def test_member_months_tell_where_each_member_stands(tmp_path: Path) -> None:
    case = generated(3)
    snapshot = published(tmp_path, case, [facts(case)])
    history = live_history(snapshot, case.programme)
    told = snapshot.query(
        "SELECT period_end, count(*)::BIGINT AS members_enrolled, sum(purchases)::BIGINT AS purchases,"
        " sum(balance)::BIGINT AS balance,"
        " count(*) FILTER (state = 'silent')::BIGINT AS members_silent,"
        " count(*) FILTER (tier = 'silver')::BIGINT AS silver FROM member_months GROUP BY ALL ORDER BY ALL"
    )
    expected = period_facts(history, case.programme, spans(history)[MONTH], ("member_tier",))
    sums = expected.groupby("period_end")[["members_enrolled", "members_silent"]].sum()
    silver = expected[expected["member_tier"] == "silver"].set_index("period_end")["members_enrolled"]
    found = told.set_index("period_end").reindex(sums.index, fill_value=0)
    pd.testing.assert_frame_equal(found[list(sums.columns)], sums, check_dtype=False)
    pd.testing.assert_series_equal(
        found["silver"], silver.reindex(sums.index, fill_value=0), check_names=False, check_dtype=False
    )
    assert found["purchases"].sum() > 0 and found["balance"].any()
