"""Every check finds what is planted, and is silent where there is nothing to find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest

from loyalty_core.checks.all_checks import CHECKS, Finding
from loyalty_core.checks.evidence import Evidence
from loyalty_core.rules.programme import Expiry
from tests.core.checked_facts import PROGRAMME, Frames, clean, rows


def found(frames: Frames, name: str) -> pd.DataFrame:
    check = next(check for check in CHECKS if check.name == name)
    return check.offending(Evidence(frames, PROGRAMME))


def changed(table: str, row: int, **values: object) -> Callable[[Frames], None]:
    """One row of a table with other values."""

    def plant(frames: Frames) -> None:
        for name, value in values.items():
            is_time = name.endswith(("_at", "_on"))
            zone = "UTC" if name.endswith("_at") else None
            frames[table].loc[row, name] = pd.Timestamp(value, tz=zone) if is_time and value else value

    return plant


def added(table: str, *values: object) -> Callable[[Frames], None]:
    """One more row."""

    def plant(frames: Frames) -> None:
        columns = " ".join(frames[table].columns)
        frames[table] = pd.concat([frames[table], rows(columns, values)], ignore_index=True)

    return plant


def unknown_sale(frames: Frames) -> None:
    """A refund that does not say of what takes back much."""
    changed("purchases", 3, refund_of=None)(frames)
    changed("entries", 2, amount=-101)(frames)


PLANTED: list[tuple[str, Callable[[Frames], None], str, list]] = [
    ("every_key_stands_once", changed("purchases", 1, purchase_id="p1"), "key", ["p1", "p1"]),
    ("every_value_is_as_declared", changed("purchases", 0, kind="gift"), "value", ["gift"]),
    ("every_value_is_as_declared", changed("purchases", 0, kind=None), "column", ["kind"]),
    ("every_value_is_as_declared", changed("members", 0, birth_year=1790), "column", ["birth_year"]),
    (
        "sales_are_not_negative_and_refunds_not_positive",
        changed("purchases", 0, amount=-1),
        "purchase_id",
        ["p1"],
    ),
    (
        "sales_are_not_negative_and_refunds_not_positive",
        changed("purchases", 3, amount=1),
        "purchase_id",
        ["p4"],
    ),
    ("every_entry_has_a_known_kind_and_sign", changed("entries", 0, kind="gift"), "entry_id", ["e1"]),
    ("every_entry_has_a_known_kind_and_sign", changed("entries", 0, amount=-100), "entry_id", ["e1"]),
    ("every_entry_has_a_known_kind_and_sign", changed("entries", 3, amount=50), "entry_id", ["e4"]),
    ("no_account_is_ever_overdrawn", changed("entries", 1, amount=-101), "entry_id", ["e2", "e4"]),
    ("no_account_is_ever_overdrawn", changed("entries", 1, account="status"), "entry_id", ["e2"]),
    ("opening_plus_movements_equals_closing", changed("entries", 0, kind="gift"), "gap", [100]),
    (
        "nothing_expires_early_or_twice",
        changed("entries", 3, occurred_at="2022-12-31"),
        "points_not_due",
        [50],
    ),
    (
        "nothing_expires_early_or_twice",
        added("entries", "e6", "ann", "points", "expire", -50, "2023-02-01", None, None, None),
        "points_not_due",
        [50],
    ),
    ("no_points_outlive_their_expiry", changed("entries", 3, amount=-49), "points", [1]),
    (
        "no_points_outlive_their_expiry",
        changed("entries", 4, expires_on="2023-01-01", available_on=None),
        "points",
        [50],
    ),
    (
        "pending_points_are_not_spent_before_their_day",
        added("entries", "e6", "ben", "points", "redeem", -50, "2023-01-04T23:59", None, None, None),
        "entry_id",
        ["e6"],
    ),
    (
        "pending_points_are_not_spent_before_their_day",
        added("entries", "e6", "ben", "points", "redeem", -50, "2023-01-05", None, None, None),
        "entry_id",
        [],
    ),
    (
        "points_are_available_before_they_expire",
        changed("entries", 4, expires_on="2023-01-06"),
        "entry_id",
        [],
    ),
    (
        "points_are_available_before_they_expire",
        changed("entries", 4, expires_on="2023-01-05"),
        "entry_id",
        ["e5"],
    ),
    (
        "points_are_available_before_they_expire",
        changed("entries", 4, expires_on="2023-01-01"),
        "entry_id",
        ["e5"],
    ),
    ("stored_value_is_never_overdrawn", changed("entries", 6, amount=-901), "entry_id", ["c2"]),
    (
        "stored_value_is_never_overdrawn",
        changed("entries", 6, amount=-901, kind="reverse"),
        "entry_id",
        ["c2"],
    ),
    ("no_refund_restores_more_than_was_spent", changed("entries", 2, amount=30), "sale", []),
    ("no_refund_restores_more_than_was_spent", changed("entries", 2, amount=31), "restored", [31]),
    (
        "no_refund_restores_more_than_was_spent",
        changed("entries", 2, amount=1, account="status"),
        "account",
        ["status"],
    ),
    ("no_claw_back_exceeds_what_was_earned", changed("entries", 2, amount=-100), "sale", []),
    ("no_claw_back_exceeds_what_was_earned", changed("entries", 2, amount=-101), "taken_back", [101]),
    (
        "no_claw_back_exceeds_what_was_earned",
        changed("entries", 2, amount=-101, reference="p1"),
        "sale",
        ["p1"],
    ),
    ("no_claw_back_exceeds_what_was_earned", unknown_sale, "sale", []),
    ("tier_changes_form_a_chain", changed("tier_changes", 1, from_tier="gold"), "member_id", ["ann"]),
    ("tier_changes_form_a_chain", changed("tier_changes", 1, from_tier=None), "member_id", ["ann"]),
    (
        "every_tier_is_one_of_the_programme",
        changed("tier_changes", 1, to_tier="silver"),
        "to_tier",
        ["silver"],
    ),
    ("every_member_of_a_fact_is_known", changed("activities", 0, member_id="eve"), "member_id", ["eve"]),
    ("nobody_leaves_before_joining", changed("members", 1, left_on="2022-01-31"), "member_id", ["ben"]),
    ("nothing_happens_before_joining", changed("purchases", 0, occurred_at="2021-12-31"), "key", ["p1"]),
    ("nothing_happens_after_leaving", changed("members", 1, left_on="2022-12-30"), "key", ["p2", "e5"]),
    ("every_refund_names_a_known_sale", changed("purchases", 3, refund_of="p9"), "purchase_id", ["p4"]),
    ("every_refund_names_a_known_sale", changed("purchases", 3, refund_of="p2"), "purchase_id", ["p4"]),
    ("no_refund_exceeds_its_sale", changed("purchases", 3, amount=-10_001), "refund_of", ["p1"]),
    ("every_campaign_named_is_known", changed("coupons", 0, campaign_id="c9"), "campaign_id", ["c9"]),
    ("every_goal_in_numbers_can_be_told", changed("campaigns", 0, goal="love >= 3"), "campaign_id", ["c1"]),
    (
        "every_contact_runs_forward",
        changed("contacts", 0, opened_at="2022-06-01T08:30"),
        "contact_id",
        ["t1"],
    ),
    (
        "every_contact_runs_forward",
        changed("contacts", 0, clicked_at="2022-06-01T09:30"),
        "contact_id",
        ["t1"],
    ),
]


@pytest.mark.parametrize(
    ("name", "plant", "column", "expected"), PLANTED, ids=[f"{name}-{rows}" for name, _, _, rows in PLANTED]
)
def test_a_check_finds_what_is_planted(name, plant, column, expected) -> None:
    frames = clean()
    plant(frames)
    assert found(frames, name)[column].tolist() == expected


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_is_silent_on_clean_facts(check) -> None:
    assert found(clean(), check.name).empty


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_is_silent_where_there_are_no_facts(check) -> None:
    assert found({}, check.name).empty


def test_every_check_is_planted_at_least_once() -> None:
    planted = {name for name, *_ in PLANTED} | {IMPLIED, RECOUNTED, *OFFERED}
    assert {check.name for check in CHECKS} == planted


RECOUNTED = "roll_ups_are_what_a_recount_gives"  # see tests/data/test_recounting.py
OFFERED = (  # see test_offer_checks.py
    "rewards_are_given_as_declared",
    "no_more_is_given_than_there_is",
    "coupons_are_used_by_their_rules",
    "coupons_of_one_purchase_go_together",
)
IMPLIED = "derived_rows_are_those_that_the_programme_implies"  # see test_derived_checks.py


def test_joining_that_the_source_does_not_tell_has_no_before() -> None:
    frames = clean()
    frames["members"]["joined_on"] = pd.NaT
    changed("purchases", 3, occurred_at="2021-12-31")(frames)  # a refund ahead of the first sale
    assert found(frames, "nothing_happens_before_joining").empty


def test_a_claw_back_may_lead_below_zero() -> None:
    frames = clean()
    changed("entries", 2, amount=-90)(frames)
    frames["entries"] = frames["entries"].drop(index=3)
    assert found(frames, "no_account_is_ever_overdrawn").empty


def test_points_without_an_expiry_excuse_one() -> None:
    frames = clean()
    changed("entries", 0, expires_on=None)(frames)
    assert found(frames, "nothing_expires_early_or_twice").empty


def test_points_that_fill_a_gap_do_not_expire_again() -> None:
    """After a claw-back below zero, 20 of the next 50 points fill the gap: only 30 are there to expire."""
    frames = clean()
    changed("entries", 2, amount=-90)(frames)
    changed("entries", 3, amount=-30, occurred_at="2023-06-01")(frames)
    earned = ("e6", "ann", "points", "earn", 50, "2022-06-01T10:00", None, "2023-06-01", None)
    added("entries", *earned)(frames)
    for name in ("nothing_expires_early_or_twice", "no_points_outlive_their_expiry"):
        assert found(frames, name).empty
    changed("entries", 3, amount=-31)(frames)
    assert found(frames, "nothing_expires_early_or_twice")["points_not_due"].tolist() == [1]
    changed("entries", 3, amount=-29)(frames)
    assert found(frames, "no_points_outlive_their_expiry")["points"].tolist() == [1]


@pytest.mark.parametrize(("named", "expired"), [(None, -60), ("2024-01-01", -80)])
def test_a_claw_back_that_names_its_lot_spares_the_others(named: str | None, expired: int) -> None:
    """Of 100 points to go in 2023 and 40 in 2024, 20 are taken back: of the oldest, or of the later ones."""
    frames = clean()
    changed("entries", 1, amount=-20)(frames)
    changed("entries", 2, expires_on=named)(frames)
    changed("entries", 3, amount=expired)(frames)
    added("entries", "e6", "ann", "points", "earn", 40, "2022-01-02", None, "2024-01-01", None)(frames)
    for name in ("nothing_expires_early_or_twice", "no_points_outlive_their_expiry"):
        assert found(frames, name).empty


def test_a_refund_claws_back_before_it_gives_back() -> None:
    """20 of 60 points that go in 2024 are clawed back as 100 come back: these expire whole."""
    frames = clean()
    changed("entries", 1, amount=-100)(frames)
    changed("entries", 3, amount=-100)(frames)
    at = frames["entries"].loc[2, "occurred_at"]
    added("entries", "e6", "ann", "points", "earn", 60, "2022-01-20", None, "2024-01-01", None)(frames)
    added("entries", "e7", "ann", "points", "reverse", 100, at, None, "2023-01-01", None)(frames)
    for name in ("nothing_expires_early_or_twice", "no_points_outlive_their_expiry"):
        assert found(frames, name).empty


@pytest.mark.parametrize(
    ("on", "excused"), [("2022-04-30", False), ("2022-05-01", True), ("2022-08-01", True)]
)
def test_points_may_expire_for_want_of_purchases_and_redemptions(on: str, excused: bool) -> None:
    """The last of them was the redemption of 1 February; a purchase on the day itself comes too late."""
    frames = clean()
    added("purchases", "p5", "ann", "sale", f"{on}T12:00", 100, None)(frames)
    changed("entries", 3, occurred_at=on)(frames)
    evidence = Evidence(frames, PROGRAMME.model_copy(update={"expiry": Expiry(inactivity_months=3)}))
    check = next(check for check in CHECKS if check.name == "nothing_expires_early_or_twice")
    assert check.offending(evidence).empty == excused
    assert not found(frames, "nothing_expires_early_or_twice").empty


def test_points_wait_for_their_day_before_they_are_taken() -> None:
    """Pending points that will be gone first are not yet there when others are spent."""
    frames = clean()
    gift = ("e6", "ann", "points", "earn", 40, "2022-01-02", "2022-03-01", "2022-06-01", None)
    added("entries", *gift)(frames)
    changed("entries", 2, occurred_at="2022-02-02T10:00")(frames)
    added("entries", "e7", "ann", "points", "expire", -40, "2022-06-01", None, None, None)(frames)
    for name in ("nothing_expires_early_or_twice", "no_points_outlive_their_expiry"):
        assert found(frames, name).empty


def test_only_a_broken_check_with_rows_breaks() -> None:
    by_severity = {check.severity: check for check in CHECKS}
    some, none = pd.DataFrame({"row": [1]}), pd.DataFrame()
    assert Finding(by_severity["broken"], some).breaks
    assert not Finding(by_severity["broken"], none).breaks
    assert not Finding(by_severity["warning"], some).breaks


def test_dates_of_examples_are_days() -> None:
    frames = clean()
    changed("members", 1, left_on="2022-01-31")(frames)
    assert found(frames, "nobody_leaves_before_joining").left_on.tolist() == [date(2022, 1, 31)]
