"""Offers as arrays: the latest version of each row, of members alone, on the programme's days."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from loyalty_core.counting.period_facts import period_facts
from loyalty_core.days import NEVER, to_date
from loyalty_core.histories import history_from_frames
from loyalty_core.history_parts import first_day, select
from loyalty_core.offers import UNKNOWN_COST
from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme
from tests.core.generated import generated

SHANGHAI = Programme(name="any", time_zone="Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def history(**tables):
    members = [{"member_id": name, "valid_from": pd.Timestamp("2026-01-01")} for name in ("m1", "m2")]
    return history_from_frames(
        {name: pd.DataFrame(rows) for name, rows in ({"members": members} | tables).items()}, SHANGHAI
    )


def contact(number: str, member: str, **more):
    planned = {"contact_id": number, "campaign_id": "spring", "member_id": member, "arm": "treated"}
    return planned | {"planned_at": at("2026-03-01T16:30")} | more


def test_the_latest_version_of_a_contact_holds():
    offers = history(
        contacts=[
            contact("k1", "m1", delivered_at=at("2026-03-02T00:00"), version=2),
            contact("k1", "m1", delivered_at=None, version=1),
            contact("k2", "m2", delivered_at=None, version=1),
        ]
    ).offers
    assert offers.contacts.member.tolist() == [0, 1]
    assert to_date(offers.contacts.delivered_on[0]).isoformat() == "2026-03-02"
    assert offers.contacts.delivered_on[1] == NEVER


def test_days_are_those_of_the_programme():
    offers = history(contacts=[contact("k1", "m1")]).offers
    assert to_date(offers.contacts.day[0]).isoformat() == "2026-03-02"  # half past midnight in Shanghai


def test_whoever_no_other_table_knows_is_no_member():
    told = history(contacts=[contact("k1", "m1"), contact("k2", "stranger")])
    assert told.members.ids.tolist() == ["m1", "m2"]
    assert told.offers.contacts.member.tolist() == [0]


def test_coupons_of_nobody_and_void_ones_are_left_out():
    row = {"campaign_id": "spring", "state": "offered", "offered_at": at("2026-03-01")}
    coupons = [
        row | {"coupon_id": "open", "member_id": None},
        row | {"coupon_id": "void", "member_id": "m1", "state": "void"},
        row | {"coupon_id": "mine", "member_id": "m2"},
    ]
    assert history(coupons=coupons).offers.coupons.member.tolist() == [1]


def test_a_campaign_that_is_only_named_has_no_days_and_no_cost():
    declared = {"campaign_id": "autumn", "kind": "coupon", "starts_on": pd.Timestamp("2026-09-01"), "cost": 5}
    offers = history(campaigns=[declared], contacts=[contact("k1", "m1")]).offers
    assert offers.campaigns.ids.tolist() == ["autumn", "spring"]
    assert offers.campaigns.asks_coupon.tolist() == [True, False]
    assert offers.campaigns.cost.tolist() == [5, UNKNOWN_COST]
    assert (offers.campaigns.starts_on == NEVER).tolist() == [False, True]
    assert offers.contacts.campaign.tolist() == [1]


def test_a_history_begins_with_what_was_offered_first():
    told = history(contacts=[contact("k1", "m1", planned_at=at("2025-12-24"))])
    assert to_date(first_day(told)).isoformat() == "2025-12-24"


@pytest.mark.parametrize("seed", range(3))
def test_the_offers_of_some_members_are_theirs_under_new_numbers(seed):
    whole = generated(seed).history
    some = np.arange(len(whole.members)) % 2 == 1
    part = select(whole, some)
    for name in ("contacts", "coupons"):
        rows, kept = getattr(whole.offers, name), getattr(part.offers, name)
        named = whole.members.ids[rows.member]
        assert part.members.ids[kept.member].tolist() == named[some[rows.member]].tolist()
        assert len(kept.campaign) == some[rows.member].sum() < len(rows.campaign)
    assert (part.offers.campaigns.cost == UNKNOWN_COST).all()


def test_without_offers_there_is_nothing_to_count():
    told = history()
    facts = period_facts(told, SHANGHAI, periods(first_day(told), first_day(told) + 30))
    columns = ["contacts_made", "targeted", "coupons_offered", "others_enrolled", "campaign_cost"]
    assert (facts[columns] == 0).all(axis=None)
