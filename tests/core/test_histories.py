"""Frames become a history: who is a member, what held when, and on which local day things happened."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from loyalty_core.days import NEVER, to_day
from loyalty_core.facts import ENTRY_KINDS, TABLES, Kind
from loyalty_core.histories import history_from_frames
from loyalty_core.history_parts import as_of, first_day, select
from loyalty_core.rules.programme import Programme, Tier
from tests.core.generated import frames, generated

SHANGHAI = Programme(
    name="test", time_zone="Asia/Shanghai", tiers=(Tier(name="base"), Tier(name="gold", threshold=9))
)
UTC_ONLY = Programme(name="test")


def _at(day: str, clock: str = "12:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


def _sale(member: str | None, day: str, **more) -> dict:
    return {"member_id": member, "kind": "sale", "occurred_at": _at(day), "amount": 100} | more


def _history(programme: Programme = UTC_ONLY, **tables: list[dict]):
    return history_from_frames({name: pd.DataFrame(rows) for name, rows in tables.items()}, programme)


def _joined(history) -> dict[str, int]:
    return dict(zip(history.members.ids, history.members.joined_on.tolist(), strict=True))


def test_nothing_at_all_is_an_empty_history():
    history = history_from_frames({}, UTC_ONLY)
    assert len(history.members) == 0
    assert first_day(history) is None and as_of(history) is None


def test_a_buyer_without_a_profile_is_a_member_since_the_first_sale_and_a_guest_is_none():
    refund = _sale("b", "2024-01-01", kind="refund", amount=-1)
    rows = [_sale("b", "2024-03-02"), refund, _sale("a", "2024-03-01"), _sale(None, "2024-01-05")]
    history = _history(purchases=rows)
    assert _joined(history) == {"a": to_day(date(2024, 3, 1)), "b": to_day(date(2024, 3, 2))}
    assert history.purchases.member.tolist() == [-1, 0, 1, 1]


def test_a_member_known_from_the_ledger_alone_joined_with_the_first_entry():
    entry = {
        "member_id": "a",
        "account": "points",
        "kind": "earn",
        "amount": 5,
        "occurred_at": _at("2024-02-02"),
    }
    assert _joined(_history(entries=[entry])) == {"a": to_day(date(2024, 2, 2))}


def test_the_stated_day_of_joining_goes_before_the_first_sale():
    profile = {"member_id": "a", "valid_from": date(2024, 1, 1), "joined_on": date(2024, 1, 1)}
    history = _history(members=[profile], purchases=[_sale("a", "2024-05-05")])
    assert _joined(history) == {"a": to_day(date(2024, 1, 1))}


def test_the_latest_version_says_who_left_and_every_version_keeps_its_attributes():
    profile = {"member_id": "a", "joined_on": date(2024, 1, 1), "consent": None, "birth_year": 1990}
    moved = profile | {"valid_from": date(2024, 6, 1), "region": "South", "left_on": date(2024, 7, 1)}
    started = profile | {"valid_from": date(2024, 1, 1), "region": "North", "left_on": None}
    history = _history(members=[moved, started])
    assert history.members.left_on.tolist() == [to_day(date(2024, 7, 1))]
    regions = [history.labels["members.region"][code] for code in history.versions.codes["region"]]
    assert regions == ["North", "South"]
    assert history.versions.consent.tolist() == [-1, -1]


def test_of_two_rows_with_one_valid_from_the_later_version_holds():
    row = {"member_id": "a", "valid_from": date(2024, 1, 1), "joined_on": date(2024, 1, 1)}
    rows = [row | {"version": 2, "gender": "female"}, row | {"version": 1, "gender": "male"}]
    history = _history(members=rows)
    assert [history.labels["members.gender"][code] for code in history.versions.codes["gender"]] == ["female"]


def test_the_time_zone_of_the_programme_decides_the_day():
    late = _sale("a", "2024-01-01") | {"occurred_at": _at("2024-01-01", "16:00")}
    early = _sale("a", "2024-01-01") | {"occurred_at": _at("2024-01-01", "15:59")}
    days = _history(SHANGHAI, purchases=[late, early]).purchases.day.tolist()
    assert days == [to_day(date(2024, 1, 1)), to_day(date(2024, 1, 2))]


def test_events_are_sorted_by_member_and_instant_with_guests_first():
    purchases = generated(7).history.purchases
    keys = list(zip(purchases.member.tolist(), purchases.at.tolist(), strict=True))
    assert keys == sorted(keys)
    assert keys[0][0] == -1


def test_points_without_dates_are_available_at_once_and_never_expire():
    entry = {
        "member_id": "a",
        "account": "points",
        "kind": "redeem",
        "amount": -5,
        "occurred_at": _at("2024-02-02"),
    }
    waiting = entry | {"kind": "earn", "available_on": date(2024, 2, 9), "expires_on": date(2025, 2, 2)}
    entries = _history(entries=[entry, waiting | {"occurred_at": _at("2024-02-03")}]).entries
    assert entries.available_on.tolist() == [to_day(date(2024, 2, 2)), to_day(date(2024, 2, 9))]
    assert entries.expires_on.tolist() == [NEVER, to_day(date(2025, 2, 2))]
    assert [ENTRY_KINDS[kind] for kind in entries.kind] == ["redeem", "earn"]


def test_tiers_are_numbered_from_the_lowest_and_an_unknown_or_empty_one_is_none():
    change = {"member_id": "a", "occurred_at": _at("2024-01-01"), "from_tier": "", "to_tier": "gold"}
    other = change | {"occurred_at": _at("2024-01-02"), "from_tier": "gold", "to_tier": "platinum"}
    changes = _history(SHANGHAI, tier_changes=[other, change]).tier_changes
    assert changes.from_tier.tolist() == [-1, 1]
    assert changes.to_tier.tolist() == [1, -1]


@pytest.mark.parametrize("seed", range(3))
def test_arrow_backed_and_python_frames_tell_the_same_history(seed):
    case = generated(seed)
    plain = frames(case.rows)
    arrow = {
        name: pa.Table.from_pandas(frame, preserve_index=False).to_pandas(types_mapper=pd.ArrowDtype)
        for name, frame in plain.items()
    }
    _assert_same(history_from_frames(plain, case.programme), history_from_frames(arrow, case.programme))


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_does_not_matter(seed):
    case = generated(seed)
    turned = {name: frame.iloc[::-1] for name, frame in frames(case.rows).items()}
    found, history = history_from_frames(turned, case.programme), case.history
    np.testing.assert_array_equal(found.members.joined_on, history.members.joined_on)
    np.testing.assert_array_equal(found.tier_changes.to_tier, history.tier_changes.to_tier)
    np.testing.assert_array_equal(found.purchases.at, history.purchases.at)


def test_a_part_of_a_history_holds_the_rows_of_its_members_alone():
    history = generated(11).history
    chosen = np.arange(len(history.members)) % 3 == 1
    part = select(history, chosen)
    assert part.members.ids.tolist() == history.members.ids[chosen].tolist()
    for name in ("versions", "purchases", "entries", "tier_changes", "activities"):
        whole, rows = getattr(history, name), getattr(part, name)
        kept = np.isin(whole.member, np.flatnonzero(chosen))
        assert len(rows.member) == kept.sum()
        np.testing.assert_array_equal(
            part.members.ids[rows.member], history.members.ids[whole.member[kept]], err_msg=name
        )
    np.testing.assert_array_equal(part.purchases.amount.sum() > 0, True)


def test_the_as_of_day_is_the_last_with_a_purchase_entry_or_activity():
    move = {"member_id": "a", "occurred_at": _at("2024-12-31"), "from_tier": "", "to_tier": "base"}
    act = {"member_id": "a", "occurred_at": _at("2024-06-01"), "kind": "sign_in"}
    history = _history(purchases=[_sale("a", "2024-05-05")], activities=[act], tier_changes=[move])
    assert as_of(history) == to_day(date(2024, 6, 1))
    assert first_day(history) == to_day(date(2024, 5, 5))


def _assert_same(one, other) -> None:
    assert one.labels == other.labels
    np.testing.assert_array_equal(one.members.ids, other.members.ids)
    for name in ("members", "versions", "purchases", "entries", "tier_changes", "activities"):
        first, second = getattr(one, name), getattr(other, name)
        for field in first.__slots__:
            if field not in ("ids", "codes"):
                np.testing.assert_array_equal(
                    getattr(first, field), getattr(second, field), f"{name}.{field}"
                )
        for code, values in getattr(first, "codes", {}).items():
            np.testing.assert_array_equal(values, second.codes[code], f"{name}.{code}")
    for name in ("campaigns", "contacts", "coupons"):
        first, second = getattr(one.offers, name), getattr(other.offers, name)
        for field in first.__slots__:
            np.testing.assert_array_equal(getattr(first, field), getattr(second, field), f"{name}.{field}")


@pytest.mark.parametrize("seed", range(4))
def test_texts_as_categories_give_the_same_history(seed: int):
    case = generated(seed)
    plain = frames(case.rows)
    coded = {name: frame.copy() for name, frame in plain.items()}
    for name, frame in coded.items():
        for column in (column.name for column in TABLES[name] if column.kind is Kind.TEXT):
            # A category that no row has is nobody's region and no member.
            texts = frame[column].astype("str")
            frame[column] = pd.Categorical(texts, [*sorted(texts.dropna().unique())[::-1], "nobody"])
    expected, found = (history_from_frames(each, case.programme) for each in (plain, coded))
    assert "nobody" not in found.members.ids
    _assert_same(found, expected)
