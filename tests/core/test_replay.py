"""The replay of purchases against a programme lived through day by day in plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.kernel.derived import Derived
from loyalty_core.kernel.derived_frames import derived_frames
from loyalty_core.kernel.replay import replay
from loyalty_core.rules.programme import Expiry, Programme, Qualification, Tier
from loyalty_core.tiers.tier_moves import TIER_REASONS
from tests.core.drawn import EPOCH, FIRST, date_or_none, history_of, lives, programmes
from tests.core.plain_programme import PlainMember, Purchase

LAST = FIRST + timedelta(days=1000)


def written(derived: Derived, member: int) -> list[tuple]:
    """One member's derived ledger as the plain programme writes it."""
    entries = derived.entries
    return [
        (
            ENTRY_KINDS[entries.kind[row]],
            date_or_none(entries.day[row]),
            EPOCH + timedelta(microseconds=int(entries.at[row])),
            int(entries.amount[row]),
            date_or_none(entries.expires_on[row]),
            int(entries.purchase[row]),
        )
        for row in np.flatnonzero(entries.member == member)
    ]


def tiers_of(derived: Derived, member: int) -> list[tuple]:
    changes = derived.tier_changes
    return [
        (
            TIER_REASONS[changes.codes["reason"][row]],
            date_or_none(changes.day[row]),
            int(changes.from_tier[row]),
            int(changes.to_tier[row]),
        )
        for row in np.flatnonzero(changes.member == member)
    ]


def lived(programme: Programme, members, purchases, until: date = LAST) -> list[PlainMember]:
    """The same lives, one after the other."""
    own = defaultdict(list)
    # Of one instant sales come before refunds.
    for member, purchase in sorted(purchases, key=lambda row: (row[0], row[1].at, row[1].amount < 0)):
        own[member].append(purchase)
    plain = [PlainMember(programme, joined, left) for joined, left in members]
    for number, member in enumerate(plain):
        member.live(own[number], until)
    return plain


def to_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


@settings(max_examples=150)
@given(st.data())
def test_replay_equals_the_programme_lived_day_by_day(data) -> None:
    programme = data.draw(programmes())
    members, purchases = data.draw(lives(programme))
    history = history_of(members, purchases, programme.time_zone)
    derived = replay(history, programme, to_number(LAST))
    for number, plain in enumerate(lived(programme, members, purchases)):
        assert written(derived, number) == plain.ledger
        assert tiers_of(derived, number) == plain.tier_changes


@settings(max_examples=60)
@given(st.data())
def test_members_replayed_apart_are_as_replayed_together(data) -> None:
    programme = data.draw(programmes())
    members, purchases = data.draw(lives(programme))
    together = replay(history_of(members, purchases, programme.time_zone), programme, to_number(LAST))
    for number, member in enumerate(members):
        own = [(0, purchase) for owner, purchase in purchases if owner == number]
        alone = replay(history_of([member], own, programme.time_zone), programme, to_number(LAST))
        assert [row[:5] for row in written(alone, 0)] == [row[:5] for row in written(together, number)]
        assert tiers_of(alone, 0) == tiers_of(together, number)


@settings(max_examples=60)
@given(st.data(), st.integers(0, 1000))
def test_what_is_derived_up_to_a_day_is_the_beginning_of_what_is_derived_later(data, upto: int) -> None:
    programme = data.draw(programmes())
    members, purchases = data.draw(lives(programme))
    history = history_of(members, purchases, programme.time_zone)
    day = to_number(FIRST) + upto
    early, late = replay(history, programme, day), replay(history, programme, to_number(LAST))
    for number in range(len(members)):
        until = date_or_none(day)
        assert written(early, number) == [row for row in written(late, number) if row[1] <= until]
        assert tiers_of(early, number) == [row for row in tiers_of(late, number) if row[1] <= until]


@settings(max_examples=60)
@given(st.data())
def test_the_derived_ledger_adds_up_and_is_never_overdrawn(data) -> None:
    programme = data.draw(programmes())
    members, purchases = data.draw(lives(programme))
    derived = replay(history_of(members, purchases, programme.time_zone), programme, to_number(LAST))
    entries, changes = derived.entries, derived.tier_changes
    for number in range(len(members)):
        running = np.cumsum(entries.amount[entries.member == number])
        assert (running >= 0).all()
        own = changes.member == number
        assert (np.diff(changes.at[own]) > 0).all()
        assert (changes.from_tier[own][1:] == changes.to_tier[own][:-1]).all()
    for kind, sign in (("earn", 1), ("expire", -1), ("reverse", -1)):
        assert (np.sign(entries.amount[entries.kind == ENTRY_KINDS.index(kind)]) == sign).all()


GOLD = Programme(
    name="gold",
    tiers=(Tier(name="member"), Tier(name="gold", threshold=100, earn_percent=200)),
    qualification=Qualification(window="calendar"),
    expiry=Expiry(months=12),
)


def bought(year: int, month: int, day: int, amount: int) -> Purchase:
    return Purchase(datetime(year, month, day, tzinfo=UTC), amount)


def test_one_member_followed_by_hand() -> None:
    """Joins, reaches gold, earns double, loses gold at the review after an empty year, loses points."""
    purchases = [
        (0, bought(2022, 3, 1, 10_000)),
        (0, bought(2022, 5, 1, 2_500)),
        (0, bought(2022, 6, 1, -1_000)),
    ]
    history = history_of([(date(2022, 3, 1), None)], purchases)
    derived = replay(history, GOLD, to_number(date(2024, 1, 31)))
    assert [(kind, day.isoformat(), amount) for kind, day, _, amount, _, _ in written(derived, 0)] == [
        ("earn", "2022-03-01", 100),
        ("earn", "2022-05-01", 50),
        ("reverse", "2022-06-01", -20),
        ("expire", "2023-03-01", -80),
        ("expire", "2023-05-01", -50),
    ]
    assert [(reason, day.isoformat(), after) for reason, day, _, after in tiers_of(derived, 0)] == [
        ("join", "2022-03-01", 0),
        ("upgrade", "2022-03-01", 1),
        ("review", "2024-01-01", 0),
    ]


def test_derived_rows_name_the_purchase_behind_them() -> None:
    purchases = [(0, bought(2022, 3, 1, 10_000)), (0, bought(2022, 6, 1, -1_000))]
    history = history_of([(date(2022, 3, 1), None)], purchases)
    derived = replay(history, GOLD, to_number(date(2023, 12, 31)))
    frames = derived_frames(derived, history.members, np.array(["A", "B"], object))
    entries, changes = frames["entries"], frames["tier_changes"]
    assert entries.entry_id.tolist() == ["derived:earn:A", "derived:reverse:B", "derived:expire:A"]
    assert entries.reference.tolist() == ["A", "B", "A"]
    assert entries.expires_on.dt.strftime("%Y-%m-%d").tolist()[0] == "2023-03-01"
    assert entries.expires_on.isna().tolist() == [False, True, True]
    assert entries.occurred_at.dt.tz is not None
    assert changes.to_tier.tolist() == ["member", "gold", "member"]  # 90 net of the refund in 2022
    assert changes.from_tier.isna().tolist() == [True, False, False]
    assert not changes.duplicated(["member_id", "occurred_at"]).any()


def test_nobody_is_nothing() -> None:
    derived = replay(history_of([]), GOLD)
    assert len(derived.entries.member) == len(derived.tier_changes.member) == 0


def test_purchases_of_guests_and_before_joining_derive_nothing() -> None:
    purchases = [(-1, bought(2022, 3, 2, 10_000)), (0, bought(2022, 2, 28, 10_000))]
    derived = replay(history_of([(date(2022, 3, 1), None)], purchases), GOLD, to_number(date(2022, 12, 31)))
    assert len(derived.entries.member) == 0
    assert derived.tier_changes.to_tier.tolist() == [0]


def test_a_member_is_one_until_the_day_of_leaving_is_over() -> None:
    """Reviewed at the start of that day and buying on it; neither happens afterwards."""
    purchases = [(0, bought(2021, 3, 1, 10_000)), (0, bought(2023, 1, 1, 500)), (0, bought(2023, 1, 2, 700))]
    leaving = [(date(2021, 3, 1), date(2023, 1, 1))]
    derived = replay(history_of(leaving, purchases), GOLD, to_number(date(2023, 1, 2)))
    assert [(kind, amount) for kind, _, _, amount, _, _ in written(derived, 0)][-1] == ("earn", 5)
    assert tiers_of(derived, 0)[-1] == ("review", date(2023, 1, 1), 1, 0)
    earlier = [(date(2021, 3, 1), date(2022, 12, 31))]
    derived = replay(history_of(earlier, purchases), GOLD, to_number(date(2023, 1, 2)))
    assert tiers_of(derived, 0)[-1] == ("upgrade", date(2021, 3, 1), 0, 1)


def test_two_tier_changes_of_the_last_instant_of_a_day_are_apart_and_of_that_day() -> None:
    offered = Tier(name="top", entry="invitation", direct=({"purchase_of": 100},))
    programme = Programme(name="club", tiers=(Tier(name="member"), Tier(name="gold", threshold=100), offered))
    last = Purchase(datetime(2022, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC), 10_000)
    derived = replay(history_of([(date(2022, 3, 1), None)], [(0, last)]), programme)
    changes = derived_frames(derived, history_of([(date(2022, 3, 1), None)]).members, np.array(["A"], object))
    at = changes["tier_changes"].occurred_at
    assert at.is_unique and at.is_monotonic_increasing and set(at.dt.day) == {1}
    assert [reason for reason, *_ in tiers_of(derived, 0)] == ["join", "upgrade", "direct"]
