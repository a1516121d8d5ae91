"""An imported ledger held against the rules: all of it where it follows them, else what was planted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.histories import history_from_frames
from loyalty_core.kernel.derived_frames import derived_frames
from loyalty_core.kernel.replay import replay
from loyalty_core.reconciling.mismatch import Mismatch
from loyalty_core.reconciling.reconciliation import Reconciliation, reconciliation
from loyalty_core.rules.programme import Programme, programme_from_dict
from tests.core.generated import BEGIN, frames, generated

TIERS = [{"name": "member"}, {"name": "gold", "threshold": 1000, "earn_percent": 200}]
DOCUMENT = {
    "name": "club",
    "tiers": TIERS,
    "earning": {
        "points_per_unit": 1,
        "rules": [{"name": "visit", "when": {"event": "sign_in"}, "points": 5}],
    },
    "expiry": {"months": 12},
    "rewards": [{"name": "cup", "label": {"en": "Cup", "zh": "杯子"}, "points": 70}],
}


def club(**changes: object) -> Programme:
    return programme_from_dict(DOCUMENT | changes)


def at(text: str, hour: int = 12) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) + timedelta(hours=hour)


def sale(name: str, day: str, amount: int, **more: object) -> dict:
    row = {"purchase_id": name, "member_id": "ann", "kind": "sale", "occurred_at": at(day), "amount": amount}
    return row | more


def entry(name: str, day: str, kind: str, amount: int, reference: str | None = None, **more: object) -> dict:
    row = {"entry_id": name, "member_id": "ann", "account": "points", "kind": kind, "amount": amount}
    return row | {"occurred_at": at(day), "reference": reference} | more


def reconciled(programme: Programme, **rows: list[dict]) -> Reconciliation:
    return reconciliation(frames(rows), programme)


def mismatches(found: Reconciliation) -> dict[str, Mismatch]:
    """The first unexplained entries of each group, by name."""
    return {one.entry_id: group.mismatch for group in found.groups for one in group.examples}


# Ledgers that follow the rules -------------------------------------------------------------------------


def made_by_the_rules(facts: dict[str, pd.DataFrame], *programmes: Programme) -> dict[str, pd.DataFrame]:
    """The facts in order of their instants, with the ledger and the tier changes that the rules imply."""
    ordered = dict(facts)
    for name, id_column in (("purchases", "purchase_id"), ("activities", "activity_id")):
        by_time = facts[name].sort_values(["occurred_at", id_column])
        ordered[name] = by_time.sort_values("member_id", kind="stable", na_position="first")
    history = history_from_frames(ordered, programmes[-1])
    derived = replay(history, programmes)
    ids = (ordered["purchases"]["purchase_id"], ordered["activities"]["activity_id"])
    made = derived_frames(derived, history.members, *(one.to_numpy(object) for one in ids))
    return {name: ordered[name] for name in ("members", "purchases", "activities")} | dict(made)


def rich_document(random: Random) -> dict:
    """Rules of every kind that a ledger shows."""
    rules = [
        {"name": "daily", "when": {"event": "sign_in"}, "streak": {"points": [1, 2, 5]}},
        {"name": "hello", "points": 50, "when": {"first_purchase": True}},
        {"name": "status", "points_per_unit": 1, "account": "status"},
        {"name": "web", "points_per_unit": "0.5", "when": {"channels": ["web"]}, "caps": {"month": 60}},
        {"name": "large", "points": 30, "when": {"at_least": 100}, "group": "one", "caps": {"day": 40}},
        {"name": "pieces", "points_per_unit": 9, "measure": "quantity", "group": "one"},
    ]
    multipliers = [
        {"name": "member_day", "percent": 200, "when": {"month_days": [1, 15, 28]}},
        {"name": "silver", "percent_by_tier": {"silver": 150, "gold": 300}, "rules": ["base"]},
    ]
    expiries = [{}, {"months": 2}, {"months": 3, "rounded_to": "quarter"}, {"on": "06-30"}]
    return {
        "earning": {
            "points_per_unit": random.choice(["0", "1", "1.5"]),
            "rules": random.sample(rules, random.randint(0, len(rules))),
            "multipliers": [] if random.random() < 0.3 else [multipliers[0]],
            "caps": random.choice([{}, {"day": 300}]),
        },
        "expiry": random.choice(expiries) | random.choice([{}, {"inactivity_months": 2}]),
        "pending": {"days": random.choice([0, 0, 10])},
        "refunds": {
            "claw_back": random.choice(["within_balance", "pending_only", "allow_negative"]),
            "restore": random.choice(["as_before", "as_new", "no"]),
        },
        "points_as_cash": random.choice([None, {"value_per_point": "0.1", "largest_share": "0.5"}]),
    }


def with_payments_and_named_sales(rows: dict[str, list[dict]], random: Random) -> dict[str, list[dict]]:
    """Some sales paid in part with points, some refunds of an earlier sale of their member."""
    bought = sorted(rows["purchases"], key=lambda row: row["occurred_at"])
    for place, row in enumerate(bought):
        own = [
            one for one in bought[:place] if one["member_id"] == row["member_id"] and one["kind"] == "sale"
        ]
        row["refund_of"] = None
        if row["kind"] == "sale":
            row["paid_points"] = random.choice([0, 0, max(row["amount"], 0) // 3])
        elif own and random.random() < 0.7:
            row["refund_of"] = random.choice(own)["purchase_id"]
    return rows | {"purchases": bought}


@settings(max_examples=12)
@given(st.integers(0, 10**6))
def test_a_ledger_that_the_rules_made_is_explained_to_the_last_entry(seed) -> None:
    random, case = Random(seed), generated(seed)
    programme = programme_from_dict(case.document | rich_document(random))
    rows = with_payments_and_named_sales(case.rows, random)
    source = frames({name: rows[name] for name in ("members", "purchases", "activities")})
    facts = made_by_the_rules(source, programme)
    for tables in (facts, {name: frame for name, frame in facts.items() if name != "tier_changes"}):
        found = reconciliation(tables, programme)
        assert found.groups == () and found.rewarded.missing == 0
        assert found.explained == found.entries == len(facts["entries"])
        assert found.rewarded.as_declared == found.rewarded.purchases


@settings(max_examples=6)
@given(st.integers(0, 10**6))
def test_a_ledger_whose_rules_changed_is_explained_by_the_versions_of_its_days(seed) -> None:
    random, case = Random(seed), generated(seed)
    days = sorted(random.sample(range(30, 480), 2))
    changes = [None, *((BEGIN + timedelta(days=place)).isoformat() for place in days)]
    documents = [case.document | rich_document(random) | {"effective_on": day} for day in changes]
    programmes = [programme_from_dict(document) for document in documents]
    rows = with_payments_and_named_sales(case.rows, random)
    source = frames({name: rows[name] for name in ("members", "purchases", "activities")})
    facts = made_by_the_rules(source, *programmes)
    for tables in (facts, {name: frame for name, frame in facts.items() if name != "tier_changes"}):
        found = reconciliation(tables, random.sample(programmes, 3))
        assert found.groups == () and found.rewarded.missing == 0
        assert found.explained == found.entries == len(facts["entries"])


def test_under_the_newest_version_alone_what_came_before_it_is_not_explained() -> None:
    before, after = club(), club(earning={"points_per_unit": 3}, effective_on="2026-03-01")
    bought = [sale("p1", "2026-02-28", 1000), sale("p2", "2026-03-01", 1000)]
    booked = [entry("e1", "2026-02-28", "earn", 10, "p1"), entry("e2", "2026-03-01", "earn", 30, "p2")]
    rows = frames({"purchases": bought, "entries": booked})
    assert mismatches(reconciliation(rows, after)) == {"e1": Mismatch.LESS}
    assert mismatches(reconciliation(rows, before)) == {"e2": Mismatch.MORE}
    assert reconciliation(rows, [after, before]).explained == 2


def test_every_kind_of_entry_that_the_rules_would_write_is_explained() -> None:
    found = reconciled(
        club(),
        purchases=[
            sale("a", "2024-01-10", 60_000),
            sale("b", "2024-02-10", 50_000),
            sale("c", "2024-03-10", 10_000),
            sale("r", "2024-03-20", -5_000, kind="refund", refund_of="c"),
        ],
        activities=[
            {"activity_id": "s", "member_id": "ann", "occurred_at": at("2024-03-15"), "kind": "sign_in"}
        ],
        entries=[
            entry("a1", "2024-01-10", "earn", 600, "a"),
            entry("b1", "2024-02-10", "earn", 200, "b"),
            entry("b2", "2024-02-10", "earn", 300, "b"),
            entry("c1", "2024-03-10", "earn", 200, "c"),  # gold by now: twice
            entry("s1", "2024-03-15", "earn", 5, "s"),
            entry("r1", "2024-03-20", "reverse", -100, "r"),
            entry("x1", "2024-04-01", "redeem", -140, reason="杯子"),
            entry("x2", "2024-04-02", "redeem", -70),
            entry("e1", "2025-01-10", "expire", -390),
        ],
    )
    assert mismatches(found) == {}
    assert (found.entries, found.explained, found.decisions) == (9, 9, 0)
    assert (found.rewarded.purchases, found.rewarded.as_declared) == (3, 3)
    assert found.by_month.query("kind == 'earn'")["month"].tolist() == ["2024-01", "2024-02", "2024-03"]


def test_an_entry_that_names_nothing_is_about_what_its_member_did_on_the_day() -> None:
    bought = [sale("a", "2024-01-10", 10_000), sale("b", "2024-01-10", 20_000), sale("c", "2024-01-11", 100)]
    entries = [entry("day", "2024-01-10", "earn", 200), entry("b1", "2024-01-10", "earn", 100, "a")]
    found = reconciled(club(), purchases=bought, entries=entries)
    assert mismatches(found) == {} and (found.rewarded.missing, found.rewarded.missing_units) == (1, 1)


def test_the_source_s_own_tiers_decide_what_its_purchases_earn() -> None:
    bought = [sale("a", "2024-01-10", 10_000), sale("b", "2024-01-12", 10_000)]
    entries = [entry("a1", "2024-01-10", "earn", 200, "a"), entry("b1", "2024-01-12", "earn", 100, "b")]
    change = {"member_id": "ann", "occurred_at": at("2024-01-11"), "from_tier": "gold", "to_tier": "member"}
    found = reconciled(club(), purchases=bought, entries=entries, tier_changes=[change])
    assert mismatches(found) == {}
    assert set(mismatches(reconciled(club(), purchases=bought, entries=entries))) == {"a1"}


def test_parts_of_one_price_that_are_booked_at_one_instant_are_one_redemption() -> None:
    """Points at hand and points that still waited pay for a reward; another of the day stands for itself."""
    day = "2024-01-20"
    entries = [
        entry("a1", "2024-01-10", "earn", 300, "a"),
        entry("x1", day, "redeem", -50, reason="cup"),
        entry("x2", day, "redeem", -20, reason="cup"),
        entry("x3", day, "redeem", -70, reason="cup"),
    ]
    bought = [sale("a", "2024-01-10", 30_000)]
    assert mismatches(reconciled(club(), purchases=bought, entries=entries)) == {}
    entries[2] |= {"amount": -21}
    assert mismatches(reconciled(club(), purchases=bought, entries=entries)) == dict.fromkeys(
        ("x1", "x2"), Mismatch.MORE
    )
    entries[2] |= {"amount": -20, "occurred_at": at("2024-01-21")}
    assert set(mismatches(reconciled(club(), purchases=bought, entries=entries))) == {"x1", "x2"}


# What does not ------------------------------------------------------------------------------------------


def test_planted_deviations_are_found_each_by_its_name() -> None:
    bought = [sale(name, f"2024-01-1{n}", 1_000 * (n + 1)) for n, name in enumerate("abcdefg")]
    bought.append(sale("r", "2024-01-20", -1_000, kind="refund", refund_of="g"))
    entries = [
        entry("more", "2024-01-10", "earn", 11, "a"),
        entry("less", "2024-01-11", "earn", 19, "b"),
        entry("status", "2024-01-12", "earn", 30, "c", account="status"),
        entry("fine", "2024-01-13", "earn", 40, "d"),
        entry("nobody", "2024-01-09", "earn", 40, "unknown"),
        entry("refunded", "2024-01-20", "earn", 10, "r"),
        entry("g1", "2024-01-16", "earn", 70, "g"),
        entry("odd", "2024-01-17", "redeem", -71, reason="cup"),
        entry("unpriced", "2024-01-17", "redeem", -33, reason="tea"),
        entry("back", "2024-01-20", "reverse", -9, "r"),
        entry("lost", "2024-01-21", "reverse", -9, "nothing"),
        entry("gift", "2024-01-22", "adjust", 500, reason="sorry"),
        entry("early", "2024-12-24", "expire", -2),
        entry("late", "2025-01-25", "expire", -500),
    ]
    found = reconciled(club(), purchases=bought, entries=entries)
    assert mismatches(found) == {
        "more": Mismatch.MORE,
        "less": Mismatch.LESS,
        "status": Mismatch.NO_RULE,
        "nobody": Mismatch.NO_EVENT,
        "refunded": Mismatch.NOTHING,
        "odd": Mismatch.MORE,
        "unpriced": Mismatch.NO_PRICE,
        "back": Mismatch.LESS,
        "lost": Mismatch.NO_REFUND,
        "gift": Mismatch.DECISION,
        "early": Mismatch.NOTHING,
        "late": Mismatch.OTHER_DAY,
    }
    assert (found.entries, found.explained, found.decisions) == (14, 2, 1)
    # c has points in another account only; e and f have none.
    assert (found.rewarded.missing, found.rewarded.missing_units) == (3, 30 + 50 + 60)
    assert (found.rewarded.purchases, found.rewarded.as_declared) == (5, 2)
    examples = {one.entry_id: one for group in found.groups for one in group.examples}
    assert [(examples[name].found, examples[name].expected) for name in ("more", "less")] == [
        (11, 10),
        (19, 20),
    ]


def test_entries_that_differ_in_the_same_way_stand_together_the_most_first() -> None:
    bought = [sale(f"p{n}", "2024-01-10", 3_000 + 100 * n, member_id=f"m{n}") for n in range(9)]
    factors = [2, 2, 2, 2, 2, 5, 5, 5, 1]
    entries = [
        entry(f"e{n}", "2024-01-10", "earn", factor * (30 + n), f"p{n}", member_id=f"m{n}")
        for n, factor in enumerate(factors)
    ]
    found = reconciled(club(), purchases=bought, entries=entries)
    assert [(group.detail.en, group.entries, group.members) for group in found.groups] == [
        ("2 times", 5, 5),
        ("5 times", 3, 3),
    ]
    assert found.groups[0].difference == sum(30 + n for n in range(5))
    assert found.groups[0].detail.zh == "2 倍"


@pytest.mark.parametrize(
    ("claw_back", "expected"), [("within_balance", 30), ("allow_negative", 60), ("pending_only", 60)]
)
def test_a_refund_takes_back_as_far_as_the_rule_lets_it(claw_back, expected) -> None:
    programme = club(refunds={"claw_back": claw_back}, pending={"days": 14 * (claw_back == "pending_only")})
    bought = [
        sale("a", "2024-01-10", 10_000),
        sale("r", "2024-01-12", -6_000, kind="refund", refund_of="a"),
        sale("s", "2024-01-13", -4_000, kind="refund", refund_of="a"),
    ]
    spent = [entry("x", "2024-01-11", "redeem", -70, reason="cup")] if claw_back != "pending_only" else []
    entries = [entry("a1", "2024-01-10", "earn", 100, "a"), *spent]
    rest = 0 if claw_back == "within_balance" else 40
    entries.append(entry("back", "2024-01-12", "reverse", -expected, "r"))
    if rest:
        entries.append(entry("rest", "2024-01-13", "reverse", -rest, "s"))
    assert mismatches(reconciled(programme, purchases=bought, entries=entries)) == {}
    entries[-1]["amount"] -= 1
    assert set(mismatches(reconciled(programme, purchases=bought, entries=entries))) == {
        entries[-1]["entry_id"]
    }


def test_points_that_are_moved_keep_the_expiry_that_the_entry_names() -> None:
    bought = [sale("a", "2024-01-10", 10_000), sale("b", "2024-02-10", 20_000)]
    early, late = datetime(2024, 7, 1), datetime(2025, 2, 10)
    entries = [
        entry("a1", "2024-01-10", "earn", 100, "a"),
        entry("b1", "2024-02-10", "earn", 200, "b"),
        entry("in", "2024-03-01", "transfer", 40, expires_on=early),
        entry("out", "2024-03-02", "transfer", -150, expires_on=late),
        entry("gone", "2024-07-01", "expire", -40),
        entry("a-", "2025-01-10", "expire", -100),
        entry("b-", "2025-02-10", "expire", -50),
    ]
    found = reconciled(club(), purchases=bought, entries=entries)
    assert mismatches(found) == {"in": Mismatch.DECISION, "out": Mismatch.DECISION}


def test_points_as_cash_are_what_the_purchase_says_was_paid_with_them() -> None:
    programme = club(points_as_cash={"value_per_point": "0.1", "largest_share": "0.5"}, earning={})
    bought = [
        sale("a", "2024-01-10", 10_000, paid_points=1_000),
        sale("b", "2024-01-11", 10_000, paid_points=1_000),
        sale("c", "2024-01-12", 10_000),
        sale("d", "2024-01-13", 10_000),
    ]
    entries = [
        entry("opening", "2024-01-01", "adjust", 5_000),
        entry("a-", "2024-01-10", "redeem", -100, "a"),
        entry("a+", "2024-01-10", "earn", 90, "a"),
        entry("b-", "2024-01-11", "redeem", -101, "b"),
        entry("b+", "2024-01-11", "earn", 90, "b"),
        entry("c-", "2024-01-12", "redeem", -500, "c"),
        entry("c+", "2024-01-12", "earn", 100, "c"),
        entry("d-", "2024-01-13", "redeem", -501, "d"),
        entry("d+", "2024-01-13", "earn", 100, "d"),
    ]
    found = reconciled(programme, purchases=bought, entries=entries)
    cash = Mismatch.TOO_MUCH_CASH
    assert mismatches(found) == {"opening": Mismatch.DECISION, "b-": cash, "d-": cash}
    assert found.rewarded.purchases == 0


def test_the_order_of_rows_and_derived_rows_change_nothing() -> None:
    case = generated(7)
    programme, source = case.programme, frames(case.rows)
    found = reconciliation(source, programme)
    shuffled = {name: frame.sample(frac=1, random_state=3) for name, frame in source.items()}
    assert _told(reconciliation(shuffled, programme)) == _told(found)
    opening = source["entries"].head(1).assign(entry_id="derived:x", amount=1, kind="adjust")
    entries = pd.concat([source["entries"].assign(derived=False), opening.assign(derived=True)])
    again = reconciliation(source | {"entries": entries}, programme)
    assert again.entries == found.entries


def _told(found: Reconciliation) -> tuple:
    groups = sorted((g.kind, g.account, g.reason, g.mismatch, g.detail.en, g.entries) for g in found.groups)
    return found.by_month.to_dict(), found.rewarded, groups


def test_groups_hold_exactly_the_entries_that_are_not_explained() -> None:
    for seed in range(8):
        case = generated(seed)
        found = reconciliation(frames(case.rows), case.programme)
        assert sum(group.entries for group in found.groups) == found.entries - found.explained
        rows = [row for row in case.rows["entries"] if not row["account"].startswith("stored_value")]
        assert found.entries == len(rows)
        assert found.decisions == sum(row["kind"] in ("adjust", "transfer") for row in rows)


def test_without_a_ledger_there_is_nothing_to_explain() -> None:
    found = reconciled(club(), purchases=[sale("a", "2024-01-10", 10_000)])
    assert (found.entries, found.explained, found.share, found.groups) == (0, 0, None, ())
    assert found.rewarded.missing == 1
