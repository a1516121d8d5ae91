"""The ledger matched lot by lot, held against plain Python and against the metrics."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.counting.period_facts import period_facts
from loyalty_core.days import NEVER
from loyalty_core.facts import ENTRY_KINDS, POINTS_ACCOUNT
from loyalty_core.histories import history_from_frames
from loyalty_core.periods import periods
from loyalty_core.points.end_to_end import first_in_first_out
from loyalty_core.points.lot_ledger import LotLedger, lot_ledger
from loyalty_core.points.lots import Lots
from loyalty_core.rules.programme import Programme
from tests.core.drawn import date_or_none, ints
from tests.core.generated import BEGIN, Case, generated
from tests.core.plain_lots import matched

SEEDS = range(12)
UPTO = (120, 300, 520, 900)


def as_of(days: int) -> tuple[date, int]:
    on = BEGIN + timedelta(days=days)
    return on, int(np.datetime64(on).astype(int))


def naming_lots(case: Case) -> Case:
    """The case with every taking, of whatever kind, naming the expiry of one of the member's earnings."""
    entries = [dict(row) for row in case.rows["entries"]]
    for place, row in enumerate(entries):
        dated = [
            lot["expires_on"]
            for lot in entries
            if lot["member_id"] == row["member_id"] and lot["amount"] > 0 and lot["expires_on"]
        ]
        if row["amount"] < 0 and dated:
            row["expires_on"] = dated[place % len(dated)]
    return Case(case.document, case.rows | {"entries": entries})


def ledger_of(case: Case, days: int) -> LotLedger:
    return lot_ledger(case.history, as_of(days)[1])


def sorted_by_member(rows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted(rows, key=lambda row: row[0])


def on_day(row: dict, case: Case) -> date:
    return row["occurred_at"].astimezone(case.programme.zone).date()


@pytest.mark.parametrize("days", UPTO)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_use_is_the_one_found_entry_by_entry(seed: int, days: int) -> None:
    """Random ledgers: pending points, expiries out of order, none at all, overdrafts, claw-backs."""
    same_uses(generated(seed), days)


@pytest.mark.parametrize("seed", SEEDS)
def test_points_taken_back_moved_or_corrected_may_say_which_they_are(seed: int) -> None:
    same_uses(naming_lots(generated(seed)), 520)


def with_refunds(case: Case) -> Case:
    """The case with points that never expire, every negative reversal of which is about the refund of a sale
    at the instant of one of the member's earnings; `sold_at` tells that instant to the oracle."""
    entries, purchases = [row | {"expires_on": None} for row in case.rows["entries"]], []
    for place, row in enumerate(entries):
        earned = [
            one["occurred_at"]
            for one in entries
            if (one["member_id"], one["kind"]) == (row["member_id"], "earn")
            and one["occurred_at"] < row["occurred_at"]
        ]
        if row["kind"] == "reverse" and row["amount"] < 0 and earned:
            row["sold_at"], row["reference"] = earned[place % len(earned)], f"refund {place}"
            sale = case.rows["purchases"][0] | {
                "purchase_id": f"sale {place}", "member_id": row["member_id"],
                "kind": "sale", "amount": 100, "occurred_at": row["sold_at"],
            }  # fmt: skip
            back = {"purchase_id": f"refund {place}", "kind": "refund", "amount": -100}
            back |= {"occurred_at": row["occurred_at"], "refund_of": f"sale {place}"}
            purchases += [sale, sale | back]
    return Case(case.document, case.rows | {"entries": entries, "purchases": purchases})


@pytest.mark.parametrize("seed", SEEDS)
def test_a_refund_takes_back_the_very_points_of_its_sale_where_none_expire(seed: int) -> None:
    same_uses(with_refunds(generated(seed)), 900)


def test_what_came_with_the_sale_goes_with_its_refund() -> None:
    """Of two earnings the later one's sale is brought back: March keeps its points, April loses them."""
    march, april, may = (datetime(2025, month, 3, 12, tzinfo=UTC) for month in (3, 4, 5))
    bought = [
        {"purchase_id": "p1", "kind": "sale", "occurred_at": march, "amount": 10_000},
        {"purchase_id": "p2", "kind": "sale", "occurred_at": april, "amount": 5_000},
        {"purchase_id": "p3", "kind": "refund", "occurred_at": may, "amount": -5_000, "refund_of": "p2"},
    ]
    booked = [
        {"entry_id": "e1", "kind": "earn", "occurred_at": march, "amount": 100, "reference": "p1"},
        {"entry_id": "e2", "kind": "earn", "occurred_at": april, "amount": 50, "reference": "p2"},
        {"entry_id": "e3", "kind": "reverse", "occurred_at": may, "amount": -50, "reference": "p3"},
    ]
    rows = {
        "purchases": [row | {"member_id": "m"} for row in bought],
        "entries": [
            row | {"member_id": "m", "account": POINTS_ACCOUNT, "expires_on": None} for row in booked
        ],
    }
    history = history_from_frames(
        {name: pd.DataFrame(some) for name, some in rows.items()}, Programme(name="p")
    )
    ledger = lot_ledger(history, 30_000)
    assert ledger.left.tolist() == [100, 0]


def test_a_refund_claws_back_before_it_gives_back() -> None:
    """What comes back in the instant in which 20 points are taken back is not what pays for them."""
    first, then, back = (datetime(2025, month, 3, 12, tzinfo=UTC) for month in (3, 4, 5))
    soon, late = date(2026, 3, 3), date(2026, 4, 3)
    booked = [
        {"kind": "earn", "occurred_at": first, "amount": 100, "expires_on": soon},
        {"kind": "redeem", "occurred_at": then, "amount": -100, "expires_on": None},
        {"kind": "earn", "occurred_at": then, "amount": 60, "expires_on": late},
        {"kind": "reverse", "occurred_at": back, "amount": 100, "expires_on": soon},
        {"kind": "reverse", "occurred_at": back, "amount": -20, "expires_on": None},
    ]
    entries = [
        row | {"entry_id": f"e{n}", "member_id": "m", "account": POINTS_ACCOUNT}
        for n, row in enumerate(booked)
    ]
    history = history_from_frames({"entries": pd.DataFrame(entries)}, Programme(name="p"))
    ledger = lot_ledger(history, 30_000)
    assert sorted(zip(ledger.lot_points.tolist(), ledger.left.tolist(), strict=True)) == [
        (60, 40), (100, 0), (100, 100),
    ]  # fmt: skip


def same_uses(case: Case, days: int) -> None:
    lots, uses, owed = matched(case.rows["entries"], case.programme.time_zone, as_of(days)[0])
    ledger = ledger_of(case, days)
    ids = case.history.members.ids
    found = Counter()
    for lot, kind, day, points in zip(
        ledger.use_lot, ledger.use_kind, ledger.use_day, ledger.use_points, strict=True
    ):
        who = ids[ledger.lot_member[lot]]
        brought = (who, date_or_none(ledger.lot_day[lot]), date_or_none(ledger.lot_expires_on[lot]))
        found[brought, ENTRY_KINDS[kind], date_or_none(day)] += int(points)
    wanted = Counter()
    for use in uses:
        wanted[(use.lot.member, use.lot.day, use.lot.expires_on), use.kind, use.day] += use.points
    assert found == wanted
    assert sorted(ledger.left.tolist()) == sorted(lot.left for lot in lots)
    debts = Counter()
    for kind, points in owed:
        debts[kind] += points
    assert {
        kind: points for kind, points in zip(ENTRY_KINDS, ledger.owed.tolist(), strict=True) if points
    } == debts


@pytest.mark.parametrize("seed", SEEDS)
def test_uses_and_debts_add_up_to_the_metrics(seed: int) -> None:
    case, days = generated(seed), 900
    ledger = ledger_of(case, days)
    span = periods(0, as_of(days)[1])
    facts = period_facts(case.history, case.programme, span, by=["account"])
    points = facts.loc[facts["account"] == POINTS_ACCOUNT].iloc[0]
    owed = dict(zip(ENTRY_KINDS, ledger.owed, strict=True))
    assert ledger.redeemed.sum() + owed["redeem"] == points["points_redeemed"]
    assert ledger.expired.sum() + owed["expire"] == points["points_expired"]
    assert ledger.left.sum() - ledger.owed.sum() == points["points_outstanding"]
    assert points["points_redeemed"] > 0


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-9, 9).filter(bool)), max_size=30).map(sorted_by_member)
)
def test_points_laid_end_to_end_are_taken_first_in_first_out(rows) -> None:
    """Point by point: the k-th that leaves a member is the k-th that came."""
    member, amount = (ints(column) for column in (zip(*rows, strict=True) if rows else ([], [])))
    wanted = Counter()
    for who in set(member.tolist()):
        mine = [(row, points) for row, (one, points) in enumerate(rows) if one == who]
        came = [row for row, points in mine for _ in range(points)]
        went = [row for row, points in mine for _ in range(-points)]
        wanted.update(zip(came, went, strict=False))
    lot, taker, points = first_in_first_out(member, amount)
    found = Counter()
    for brought, took, moved in zip(lot.tolist(), taker.tolist(), points.tolist(), strict=True):
        found[brought, took] += moved
    assert found == wanted
    assert len(found) == len(points)


@pytest.mark.parametrize("days", UPTO[:3])
@pytest.mark.parametrize("seed", SEEDS[:5])
def test_a_ledger_in_which_all_points_expire_by_age_is_matched_alike(seed: int, days: int) -> None:
    """No lot overtakes another, so that nobody's entries are walked through one by one."""
    case = generated(seed)
    entries = [
        row
        | {
            "available_on": None,
            "expires_on": on_day(row, case) + timedelta(days=90) if row["amount"] > 0 else None,
        }
        for row in case.rows["entries"]
    ]
    alike = Case(case.document, case.rows | {"entries": entries})
    lots, uses, _ = matched(entries, case.programme.time_zone, as_of(days)[0])
    ledger = ledger_of(alike, days)
    assert sorted(ledger.left.tolist()) == sorted(lot.left for lot in lots)
    wanted, found = Counter(), Counter()
    for use in uses:
        wanted[use.lot.member, use.lot.day, use.kind, use.day] += use.points
    ids = case.history.members.ids[ledger.lot_member[ledger.use_lot]]
    for who, lot, kind, day, points in zip(
        ids, ledger.use_lot, ledger.use_kind, ledger.use_day, ledger.use_points, strict=True
    ):
        found[who, date_or_none(ledger.lot_day[lot]), ENTRY_KINDS[kind], date_or_none(day)] += int(points)
    assert found == wanted


@pytest.mark.parametrize("days", UPTO[:3])
@pytest.mark.parametrize("seed", SEEDS[:5])
def test_an_earlier_close_is_seen_alike_from_then_and_from_later(seed: int, days: int) -> None:
    then, later = ledger_of(generated(seed), days), ledger_of(generated(seed), 1000).upto(as_of(days)[1])

    def points(ledger: LotLedger, part: str) -> Counter:
        names = [name for name in LotLedger.__dataclass_fields__ if name.startswith(part)]
        found, (total,) = Counter(), [name for name in names if name.endswith("_points")]
        keys = [getattr(ledger, name).tolist() for name in names if name != total]
        for *key, moved in zip(*keys, getattr(ledger, total).tolist(), strict=True):
            found[tuple(key)] += moved
        return found

    for part in ("lot_", "use_", "debt_"):
        assert points(later, part) == points(then, part)
    assert later.left.tolist() == then.left.tolist()
    assert later.owed.tolist() == then.owed.tolist()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9), st.integers(0, 12)), max_size=25))
def test_spending_lot_by_lot_is_spending(acts) -> None:
    """Members who are given a lot, spend and let lots expire stand alike whichever way it is told."""
    told, plain, who = Lots(1), Lots(1), ints([0])
    for act, points, day in acts:
        if act < 2:
            expires_on = ints([NEVER if day == 12 else day])
            told.add(who, ints([points]), expires_on)
            plain.add(who, ints([points]), expires_on)
        elif act < 4:
            assert told.spend(who, ints([points])).points.sum() == plain.take(who, ints([points]))[0]
        else:
            assert (
                told.expire(who, ints([day])).points.tolist()
                == plain.expire(who, ints([day])).points.tolist()
            )
        assert told.balance.tolist() == plain.balance.tolist()
        assert told.open(who).points.tolist() == plain.open(who).points.tolist()
        assert told.open(who).day.tolist() == plain.open(who).day.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_matched_in_parts_a_ledger_is_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = naming_lots(generated(seed))
    at_one_go = ledger_of(case, 520)
    monkeypatch.setattr("loyalty_core.points.lot_ledger.AT_ONCE", 3)
    in_parts = ledger_of(case, 520)
    for name in ("lot_member", "lot_day", "lot_expires_on", "lot_points", "debt_day", "debt_points"):
        assert getattr(in_parts, name).tolist() == getattr(at_one_go, name).tolist()
    uses = [
        sorted(
            zip(told.use_lot, told.use_taken_on, told.use_day, told.use_kind, told.use_points, strict=True)
        )
        for told in (in_parts, at_one_go)
    ]
    assert uses[0] == uses[1] and len(set(at_one_go.lot_member)) > 1


def test_an_unknown_account_has_no_lots() -> None:
    ledger = lot_ledger(generated(1).history, 30_000, "stamps")
    assert len(ledger.lot_points) == len(ledger.use_points) == ledger.owed.sum() == 0


@settings(max_examples=12)
@given(st.integers(100, 10_000))
def test_members_do_not_touch_each_other(seed: int) -> None:
    """The same ledger with half of its members has exactly their uses."""
    case = generated(seed, members=6)
    everybody = sorted({row["member_id"] for row in case.rows["entries"]})
    kept = set(everybody[::2])
    assert len(kept) < len(everybody)
    fewer = Case(
        case.document,
        case.rows | {"entries": [row for row in case.rows["entries"] if row["member_id"] in kept]},
    )

    def uses(one: Case) -> Counter:
        ledger = ledger_of(one, 520)
        members = one.history.members.ids[ledger.lot_member[ledger.use_lot]]
        rows = zip(
            members,
            ledger.use_day.tolist(),
            ledger.use_kind.tolist(),
            ledger.use_points.tolist(),
            strict=True,
        )
        return Counter(row for row in rows if row[0] in kept)

    assert uses(case) == uses(fewer)
