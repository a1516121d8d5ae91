"""Where members stand on a day, rebuilt from ledgers, tier changes and purchases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.histories import history_from_frames
from loyalty_core.history import Entries
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.replay import replay
from loyalty_core.kernel.standing import enrolled, standing
from loyalty_core.rules.programme import Programme, programme_from_dict
from tests.core.drawn import FIRST, date_or_none, days, history_of, ints, lives, programmes
from tests.core.plain_programme import Lot, PlainMember
from tests.core.test_replay import LAST, lived, to_number


@settings(max_examples=100)
@given(st.data(), st.integers(0, 900))
def test_a_derived_history_stands_where_its_members_stand(data, upto: int) -> None:
    programme = data.draw(programmes())
    members, purchases = data.draw(lives(programme))
    day = to_number(FIRST) + upto
    bare = history_of(members, purchases, programme.time_zone)
    derived = replay(bare, programme, to_number(LAST))
    full = history_of(
        members, purchases, programme.time_zone, derived.entries, derived.tier_changes, dict(derived.labels)
    )
    accounts = standing(full, programme, day)
    who = enrolled(full.members, day)
    plain = lived(programme, members, purchases, date_or_none(day))
    assert accounts.tier.tolist() == [plain[n].tier for n in who]
    assert accounts.balance.tolist() == [plain[n].balance for n in who]
    everybody = np.arange(accounts.n)
    if len(programme.tiers) > 1:
        windows = [plain[n].window(date_or_none(day)) for n in who]
        assert accounts.qualifying(everybody, day).tolist() == windows
    for place, number in enumerate(who):
        lots = accounts.points.open(ints([place]))
        found = [(date_or_none(on), int(left)) for on, left in zip(lots.day, lots.points, strict=True)]
        assert found == plain[number].open_lots()


MONTHS = st.one_of(st.none(), st.integers(-1, 400))
line = st.tuples(
    st.integers(0, 2),
    st.integers(0, 300),
    st.integers(-60, 60).filter(bool),
    MONTHS,
    st.sampled_from([0, 0, 1]),
)


@settings(max_examples=150)
@given(st.lists(line, max_size=30), st.integers(0, 320))
def test_a_real_ledger_is_taken_oldest_expiry_first(lines, upto: int) -> None:
    """Any ledger: expiries out of order, overdrafts, lots left lying after their day, other accounts."""
    lines = sorted(lines, key=lambda row: (row[0], row[1]))
    entries = _ledger(lines)
    labels = {"entries.account": ("points", "status")}
    programme = Programme(name="real")
    history = history_of([(FIRST, None)] * 3, entries=entries, labels=labels)
    day = FIRST + timedelta(days=upto)
    accounts = standing(history, programme, to_number(day))
    for number in range(3):
        plain = _plainly(programme, [row for row in lines if row[0] == number], day)
        assert accounts.balance[number] == plain.balance
        lots = accounts.points.open(ints([number]))
        found = [(date_or_none(on), int(left)) for on, left in zip(lots.day, lots.points, strict=True)]
        merged: dict[date, int] = {}
        for on, left in plain.open_lots():
            merged[on] = merged.get(on, 0) + left
        assert {on: sum(left for that, left in found if that == on) for on, _ in found} == merged


def test_only_those_enrolled_at_the_close_of_the_day_stand() -> None:
    on = date(2022, 5, 1)
    before, after = on - timedelta(days=1), on + timedelta(days=1)
    members = [(before, None), (on, None), (after, None), (before, on), (before, after)]
    history = history_of(members)
    assert enrolled(history.members, to_number(on)).tolist() == [0, 1, 4]
    assert standing(history, Programme(name="empty"), to_number(on)).n == 3


def _ledger(lines: list[tuple]) -> Entries:
    on = [FIRST + timedelta(days=day) for _, day, *_ in lines]
    gone = [
        None if lasts is None else day + timedelta(days=lasts)
        for day, (*_, lasts, _) in zip(on, lines, strict=True)
    ]
    kinds = [ENTRY_KINDS.index("adjust") for _ in lines]
    return Entries(
        member=ints(member for member, *_ in lines),
        day=days(on),
        at=ints(int(datetime(d.year, d.month, d.day, tzinfo=UTC).timestamp()) * 10**6 for d in on),
        kind=ints(kinds),
        amount=ints(row[2] for row in lines),
        available_on=days(on),
        expires_on=days(gone),
        purchase=ints(-1 for _ in lines),
        codes={"account": ints(row[4] for row in lines), "reason": ints(-1 for _ in lines)},
    )


def _plainly(programme: Programme, lines: list[tuple], until: date) -> PlainMember:
    plain, gap = PlainMember(programme, FIRST), 0
    for _, day, amount, lasts, account in lines:
        on = FIRST + timedelta(days=day)
        if account or on > until:
            continue
        if amount < 0:
            gap += -amount - plain.take(-amount)
            continue
        filled = min(gap, amount)
        gap -= filled
        gone = None if lasts is None else max(on + timedelta(days=lasts), until + timedelta(days=1))
        plain.lots.append(Lot(gone, amount - filled))
    return plain


def _stands(lines: list[tuple], upto: int, **rules: object) -> Accounts:
    """The accounts of one member after the lines of a ledger.

    A line is account, kind, amount, its day and the day from which its points are available.
    """
    programme = programme_from_dict({"name": "owed"} | rules)
    entries = pd.DataFrame(lines, columns=["account", "kind", "amount", "occurred_at", "available_on"])
    entries["entry_id"], entries["member_id"] = [f"e{n}" for n in range(len(lines))], "m"
    midnight = pd.Timestamp(FIRST, tz="UTC")
    entries["occurred_at"] = midnight + pd.to_timedelta(entries["occurred_at"], "D")
    entries["available_on"] = [FIRST + timedelta(days=on) for on in entries["available_on"]]
    members = pd.DataFrame({"member_id": ["m"], "valid_from": [FIRST], "joined_on": [FIRST]})
    history = history_from_frames({"members": members, "entries": entries}, programme)
    return standing(history, programme, to_number(FIRST) + upto)


OWING = {"refunds": {"claw_back": "allow_negative"}, "pending": {"days": 14}}


def test_points_that_wait_pay_what_is_owed_only_when_they_are_there() -> None:
    lines = [("points", "reverse", -5, 1, 1), ("points", "earn", 20, 2, 16)]
    accounts = _stands(lines, upto=15, **OWING)
    assert (accounts.balance.tolist(), accounts.pending.tolist()) == ([-5], [20])
    accounts.settle(ints([0]), to_number(FIRST) + 16)
    assert (accounts.balance.tolist(), accounts.pending.tolist()) == ([15], [0])
    assert _stands(lines, upto=16, **OWING).balance.tolist() == [15]


def test_where_nothing_may_be_owed_a_gap_in_the_ledger_is_filled_by_points_that_wait() -> None:
    lines = [("points", "redeem", -5, 1, 1), ("points", "earn", 20, 2, 16)]
    accounts = _stands(lines, upto=15, pending={"days": 14})
    assert (accounts.balance.tolist(), accounts.pending.tolist()) == ([0], [15])


def test_a_claw_back_of_points_that_wait_and_never_expire_leaves_those_that_are_there() -> None:
    lines = [
        ("points", "earn", 30, 0, 0),
        ("points", "earn", 20, 2, 16),
        ("points", "reverse", -8, 3, 16),
    ]
    accounts = _stands(lines, upto=15, **OWING)
    assert (accounts.balance.tolist(), accounts.pending.tolist()) == ([30], [12])


def test_what_is_owed_in_another_account_stays_owed() -> None:
    rule = {"name": "standing", "points_per_unit": "1", "account": "status"}
    lines = [("status", "earn", 20, 0, 0), ("status", "reverse", -50, 1, 1)]
    accounts = _stands(lines, upto=5, earning={"rules": [rule]}, **OWING)
    assert accounts.others["status"].balance.tolist() == [-30]
    assert _stands(lines, upto=5, earning={"rules": [rule]}).others["status"].balance.tolist() == [0]
