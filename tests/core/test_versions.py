"""What a version that begins does not forget: one example for each promise of the document."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from loyalty_core.days import to_date, to_day
from loyalty_core.histories import history_from_frames
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.replay import replay
from loyalty_core.rules.programme import programme_from_dict
from loyalty_core.tiers.tier_moves import TIER_REASONS
from tests.core.drawn import ints

ONE = ints([0])
FIRST = date(2024, 1, 5)


class Member:
    """One member under programmes that follow each other, each given as a document without its name."""

    def __init__(self, **document) -> None:
        self.day = FIRST
        self.accounts = Accounts(
            programme_from_dict({"name": "club"} | document), ints([to_day(FIRST)]), remember=True
        )

    def on(self, day: str) -> Member:
        self.day = date.fromisoformat(day)
        self.accounts.settle(ONE, self.number)
        return self

    @property
    def number(self) -> int:
        return to_day(self.day)

    def changes(self, day: str, **document) -> Member:
        """Another version begins, and the day with it."""
        eve = date.fromisoformat(day) - timedelta(days=1)
        self.on(eve.isoformat())
        new = programme_from_dict({"name": "club"} | document)
        self.accounts = self.accounts.under(new, to_day(date.fromisoformat(day)))
        return self.on(day)

    def buys(self, units: int) -> int:
        return int(self.accounts.buy(ONE, self.number, ints([100 * units])).earned[0])

    def returns(self, units: int) -> int:
        """Of a sale that is not named; the points it took."""
        return int(self.accounts.refund(ONE, self.number, ints([100 * units])).points[0])

    def does(self, kind: str, gives: int = -1) -> int:
        return int(self.accounts.act(ONE, self.number, kind, gives=ints([gives])).earned[0])

    def redeems(self, points: int) -> int:
        return int(self.accounts.redeem(ONE, self.number, ints([points]))[0])

    @property
    def tier(self) -> str:
        return self.accounts.programme.tiers[int(self.accounts.tier[0])].name

    @property
    def points(self) -> tuple[int, int]:
        """Available and pending."""
        return int(self.accounts.balance[0]), int(self.accounts.pending[0])

    @property
    def gone(self) -> list[tuple[str, int]]:
        """Points that went, by day."""
        moves = self.accounts.expire(ONE, self.number)
        return [(to_date(d).isoformat(), int(p)) for d, p in zip(moves.day, moves.points, strict=True)]


def visits(most: int, name: str = "visit", **more) -> dict:
    rule = {"name": name, "points": 5, "when": {"event": "visit"}, "caps": {"month": most}} | more
    return {"earning": {"points_per_unit": 0, "rules": [rule]}}


def test_what_a_rule_gave_in_the_month_uses_up_the_cap_of_its_new_version() -> None:
    member = Member(**visits(8))
    assert member.on("2024-02-03").does("visit") == 5
    member.changes("2024-02-10", **visits(12))
    assert [member.does("visit") for _ in range(3)] == [5, 2, 0]
    assert member.changes("2024-02-20", **visits(3)).does("visit") == 0
    assert member.on("2024-03-01").does("visit") == 3


def test_a_rule_without_a_cap_is_remembered_by_one_that_has_it_even_after_a_while() -> None:
    uncapped = {"earning": {"points_per_unit": 0, "rules": [visits(9)["earning"]["rules"][0] | {"caps": {}}]}}
    member = Member(**uncapped).on("2024-02-03")
    assert [member.does("visit") for _ in range(2)] == [5, 5]
    member.changes("2024-02-10", **visits(12, name="other"))
    assert member.does("visit") == 5
    assert member.changes("2024-02-20", **visits(12)).does("visit") == 2


def test_caps_of_the_whole_count_what_went_to_points_under_any_version() -> None:
    whole = {"caps": {"month": 20}}
    member = Member(earning={"points_per_unit": 1} | whole).on("2024-02-03")
    assert member.buys(15) == 15
    member.changes("2024-02-10", earning={"points_per_unit": 2} | whole)
    assert member.buys(15) == 5


def test_a_row_of_days_goes_on_with_the_steps_of_the_new_version() -> None:
    def row(*points: int) -> dict:
        rule = {"name": "sign_in", "when": {"event": "sign_in"}, "streak": {"points": points}}
        return {"earning": {"points_per_unit": 0, "rules": [rule]}}

    member = Member(**row(1, 2))
    assert [member.on(f"2024-02-0{n}").does("sign_in") for n in (1, 2, 3)] == [1, 2, 2]
    member.changes("2024-02-04", **row(10, 20, 30, 40, 50))
    assert [member.on(f"2024-02-0{n}").does("sign_in") for n in (4, 5, 7)] == [40, 50, 10]


def test_a_first_purchase_was_made_under_the_version_before() -> None:
    rule = {"name": "welcome", "points": 30, "when": {"first_purchase": True}}
    member = Member()
    member.buys(1)
    assert member.changes("2024-02-01", earning={"points_per_unit": 0, "rules": [rule]}).buys(1) == 0


GOLD = {"name": "gold", "threshold": 100}
YEARLY = {"window": "calendar", "reviews": ["01-01"]}


def tiers(*upper: dict, **rule) -> dict:
    return {"tiers": [{"name": "member"}, *upper], "qualification": YEARLY | rule}


def reviewed(member: Member, day: str) -> str:
    """The tier after a review of the calendar."""
    member.on(day)
    member.accounts.review(member.number)
    return member.tier


def test_grace_that_runs_goes_on_and_ends_by_the_new_rules() -> None:
    member = Member(**tiers(GOLD, grace_days=60))
    member.buys(100)
    assert reviewed(member, "2025-01-01") == "gold"
    assert reviewed(member, "2026-01-01") == "gold"  # in grace until 2 March
    member.changes("2026-01-15", **tiers(GOLD, reviews="monthly"))
    assert reviewed(member, "2026-02-01") == "gold"
    assert member.on("2026-03-01").tier == "gold"
    assert member.on("2026-03-02").tier == "member"


def test_a_tier_keeps_the_time_it_was_promised_for() -> None:
    member = Member(**tiers(GOLD | {"valid_months": 24}))
    member.buys(100)
    member.changes("2024-06-01", **tiers(GOLD | {"valid_months": 1}, reviews="monthly"))
    assert reviewed(member, "2025-12-01") == "gold"
    assert member.on("2026-01-05").tier == "member"
    timeless = Member(**tiers(GOLD | {"valid_months": 24}))
    timeless.buys(100)
    timeless.changes("2024-06-01", **tiers(GOLD, reviews="monthly"))
    assert reviewed(timeless, "2025-12-01") == "gold"
    assert timeless.on("2026-01-05").tier == "member"


def test_a_tier_that_comes_to_have_a_time_holds_in_whole_periods_from_the_day_it_was_entered() -> None:
    member = Member(**tiers(GOLD))
    member.buys(100)
    member.changes("2025-03-01", **tiers(GOLD | {"valid_months": 12}, reviews="monthly"))
    assert reviewed(member, "2025-12-01") == "gold"
    assert member.on("2026-01-04").tier == "gold"
    assert member.on("2026-01-05").tier == "member"


def test_a_tier_that_is_gone_leads_to_the_nearest_below_entered_that_day() -> None:
    silver, top = {"name": "silver", "threshold": 50}, {"name": "top", "threshold": 500}
    member = Member(**tiers(silver, GOLD))
    member.buys(100)
    member.changes("2024-06-01", **tiers(top, silver | {"threshold": 600}, minimum_stay_months=6))
    assert (member.tier, to_date(member.accounts.standing.since[0])) == ("silver", date(2024, 6, 1))
    member.changes("2024-07-01", tiers=[{"name": "basic"}])
    assert member.tier == "basic"


def test_who_has_a_tier_when_it_is_renamed_keeps_it_with_all_that_was_promised() -> None:
    member = Member(**tiers(GOLD | {"valid_months": 24}))
    member.buys(100)
    crown = {"name": "crown", "formerly": ["gold"], "threshold": 1000}
    member.changes("2024-06-01", **tiers(crown, reviews="monthly"))
    assert (member.tier, to_date(member.accounts.standing.since[0])) == ("crown", date(2024, 6, 1))
    assert reviewed(member, "2025-12-01") == "crown"
    assert member.on("2026-01-05").tier == "member"


def test_two_tiers_made_one_hold_a_member_as_long_as_either_did() -> None:
    plus, star = {"name": "plus", "entry": "paid", "fee_months": 36}, {"name": "star", "threshold": 100}
    member = Member(**tiers(plus, star | {"valid_months": 12}))
    member.does("membership_fee", gives=1)
    member.buys(100)
    assert member.tier == "star"
    one = {"name": "one", "formerly": ["plus", "star"], "threshold": 1000}
    member.changes("2024-06-01", **tiers(one, reviews="monthly"))
    assert reviewed(member, "2026-12-01") == "one"
    assert member.on("2027-01-05").tier == "member"


def test_the_nearest_below_a_tier_that_is_gone_is_meant_in_the_order_that_there_was() -> None:
    silver, top = {"name": "silver", "threshold": 50}, {"name": "top", "threshold": 500}
    member = Member(**tiers(silver, GOLD, top))
    member.buys(500)
    member.changes("2024-06-01", tiers=[{"name": "gold"}, silver])  # gold is the lowest now
    assert member.tier == "gold"


def test_a_tier_held_for_good_is_so_only_where_the_new_version_holds_it_for_good() -> None:
    patron = {"name": "patron", "entry": "invitation"}
    member = Member(**tiers(patron))
    member.does("invitation", gives=1)
    member.changes("2024-06-01", **tiers(patron, reviews="monthly"))
    assert reviewed(member, "2025-02-01") == "patron"
    kept = patron | {"keep": {"at_least": {"spend": 10}}}
    member.changes("2025-02-10", **tiers(kept, reviews="monthly"))
    assert reviewed(member, "2025-03-01") == "member"


def test_a_tier_paid_for_below_the_present_one_is_there_when_that_is_lost() -> None:
    plus = {"name": "plus", "entry": "paid", "fee_months": 36}
    member = Member(**tiers(plus, GOLD))
    member.buys(100)
    member.does("membership_fee", gives=1)
    member.changes("2024-06-01", **tiers({"name": "new", "threshold": 1}, plus, GOLD, downgrade="to_earned"))
    assert reviewed(member, "2026-01-01") == "plus"
    assert member.on("2027-01-05").tier == "member"


def test_what_was_done_counts_from_the_beginning_for_what_the_new_version_asks() -> None:
    member = Member(qualification={"activity_scores": {"review": 10}})
    member.buys(50)
    member.redeems(30)
    member.does("review")
    asked = {"redeemed_points": 30, "activity_score": 10, "purchases": 2, "spend": 51}
    gold = {"name": "gold", "reach": {"at_least": asked, "window": "since_joining"}}
    scores = {"activity_scores": {"review": 0}}
    member.changes("2024-06-01", tiers=[{"name": "member"}, gold], qualification=scores)
    assert member.tier == "member"
    member.buys(1)
    assert member.tier == "gold"


def test_points_keep_the_dates_they_were_promised_and_new_ones_follow_the_new_rule() -> None:
    member = Member(expiry={"months": 2}, pending={"days": 30})
    member.buys(10)
    member.changes("2024-01-15", expiry={"months": 12}, pending={"days": 0})
    member.buys(7)
    assert member.points == (7, 10)
    assert member.on("2024-02-04").points == (17, 0)
    assert member.on("2024-03-05").gone == [("2024-03-05", 10)]
    assert member.on("2025-01-15").gone == [("2025-01-15", 7)]


def test_a_refund_that_names_no_sale_takes_what_the_last_sale_has_pending_with_its_dates() -> None:
    member = Member(pending={"days": 30})
    member.buys(10)
    member.changes("2024-01-15", pending={"days": 5}, refunds={"claw_back": "pending_only"})
    assert member.returns(4) == 4
    assert member.points == (0, 6)


def test_inactivity_counts_from_what_was_done_before_there_was_such_a_rule() -> None:
    late, early = Member(), Member()
    late.on("2024-03-01").buys(10)
    early.buys(10)
    rule = {"expiry": {"inactivity_months": 2}}
    assert late.changes("2024-04-01", **rule).gone == []
    assert late.on("2024-05-01").gone == [("2024-05-01", 10)]
    assert early.changes("2024-04-01", **rule).gone == [("2024-04-01", 10)]


def test_a_version_that_drops_inactivity_saves_what_would_go_on_its_first_day() -> None:
    member = Member(expiry={"inactivity_months": 1})
    member.buys(10)
    assert member.changes("2024-02-05").gone == []
    other = Member(expiry={"inactivity_months": 1})
    other.buys(10)
    assert other.changes("2024-02-06").gone == [("2024-02-05", 10)]


def test_accounts_that_no_rule_names_any_more_and_debts_stay() -> None:
    miles = {"name": "miles", "measure": "count", "points_per_unit": 3, "account": "miles"}
    member = Member(earning={"points_per_unit": 1, "rules": [miles]}, refunds={"claw_back": "allow_negative"})
    member.buys(10)
    member.redeems(10)
    member.returns(10)
    member.changes("2024-02-01")
    assert member.points == (-10, 0) and member.accounts.others["miles"].balance.tolist() == [0]
    member.buys(4)
    assert member.points == (-6, 0)


def test_the_bonus_of_a_card_keeps_its_dates_and_its_clock() -> None:
    def card(**expiry) -> dict:
        bonuses = [{"from_amount": 10, "bonus": 5}]
        return {"stored_value": {"bonuses": bonuses, "bonus_expiry": expiry}}

    member = Member(**card(months=12))
    member.accounts.open_cards().top_up(ONE, ints([member.number]), ints([10_00]))
    member.changes("2024-02-01", **card(inactivity_months=3))
    assert member.on("2024-04-04").accounts.expired_bonus().points.tolist() == []
    assert member.on("2024-04-05").accounts.expired_bonus().points.tolist() == [5_00]
    aged = Member(**card(months=2))
    aged.accounts.open_cards().top_up(ONE, ints([aged.number]), ints([10_00]))
    aged.changes("2024-02-01", **card())
    gone = aged.on("2024-06-01").accounts.expired_bonus()
    assert (to_date(gone.day[0]), np.asarray(gone.points).tolist()) == (date(2024, 3, 5), [5_00])


def test_grace_ends_where_the_new_version_holds_the_tier_for_good() -> None:
    member = Member(**tiers(GOLD, grace_days=60))
    member.buys(100)
    assert (reviewed(member, "2025-01-01"), reviewed(member, "2026-01-01")) == ("gold", "gold")
    member.changes("2026-01-15", **tiers({"name": "gold", "entry": "invitation"}))
    assert member.on("2026-03-03").tier == "gold"


def test_a_tier_held_for_good_below_the_present_one_stays_held_only_if_nothing_is_asked_for_it() -> None:
    patron = {"name": "patron", "entry": "invitation"}
    kept = patron | {"keep": {"at_least": {"spend": 10_000}}}
    for under_new, left_with in ((patron, "patron"), (kept, "member")):
        member = Member(**tiers(patron, GOLD))
        member.buys(100)
        member.does("invitation", gives=1)
        member.changes("2024-06-01", **tiers(under_new, GOLD, downgrade="to_earned"))
        assert reviewed(member, "2026-01-01") == left_with


def replayed(versions: tuple[dict, ...], sales: list[str], reviews: list[str]) -> list[tuple[str, str, str]]:
    """The tier changes of one member who buys for 100 and writes reviews at noon, as (day, reason, tier)."""
    noon = [pd.Timestamp(f"{day} 12:00", tz="UTC") for day in (*sales, *reviews)]
    frames = {
        "members": pd.DataFrame([{"member_id": "a", "valid_from": FIRST, "joined_on": FIRST}]),
        "purchases": pd.DataFrame(
            {"purchase_id": sales, "member_id": "a", "kind": "sale", "amount": 100_00}
            | {"occurred_at": noon[: len(sales)]}
        ),
        "activities": pd.DataFrame(
            {"activity_id": reviews, "member_id": "a", "kind": "review", "occurred_at": noon[len(sales) :]}
        ),
    }
    documents = [programme_from_dict({"name": "club"} | one) for one in versions]
    found = replay(history_from_frames(frames, documents[0]), documents, to_day(date(2026, 12, 31)))
    changes = found.tier_changes
    reasons = [TIER_REASONS[code] for code in changes.codes["reason"]]
    days = [to_date(day).isoformat() for day in changes.day]
    return list(zip(days, reasons, [found.tiers[tier] for tier in changes.to_tier], strict=True))


def test_what_falls_due_on_the_first_day_of_a_version_is_told_by_its_rules() -> None:
    first = tiers(GOLD | {"valid_months": 12})
    second = tiers(GOLD | {"valid_months": 12}, downgrade="never") | {"effective_on": "2025-01-05"}
    joined, lifted = ("2024-01-05", "join", "member"), ("2024-01-05", "upgrade", "gold")
    assert replayed((first, second), ["2024-01-05"], []) == [joined, lifted]
    assert replayed((first,), ["2024-01-05"], []) == [joined, lifted, ("2025-01-05", "review", "member")]


def test_an_activity_is_no_deed_under_a_version_that_does_not_know_it() -> None:
    """What time alone makes true shows at the next deed: a review is one from March on."""
    old = {"name": "gold", "threshold": 100, "admission": {"member_months": 1}}
    first = tiers(old, window="since_joining", reviews=())
    scores = {"activity_scores": {"review": 1}}
    second = tiers(old, window="since_joining", reviews=(), **scores) | {"effective_on": "2024-03-01"}
    told = replayed((first, second), ["2024-01-06"], ["2024-02-20", "2024-03-05"])
    assert told == [("2024-01-05", "join", "member"), ("2024-03-05", "upgrade", "gold")]


def test_members_join_the_lowest_tier_of_the_version_of_their_day() -> None:
    second = {"tiers": [{"name": "basic"}], "effective_on": "2024-01-05"}
    assert replayed(({}, second), [], []) == [("2024-01-05", "join", "basic")]
