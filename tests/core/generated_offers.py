"""What generated programmes offer: campaigns, contacts, coupons, stored value, surveys, complaints."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

CAMPAIGNS = ("c1", "c2", "c3")
UNDECLARED = "c0"  # contacts name it, the campaigns do not
STRANGER = "stranger"  # chosen by a campaign, and known to no other table
MOMENTS = (time(0, 0), time(9, 30), time(12, 30), time(23, 59, 59, 999999))


class Offering:
    """Rows beside the members' own, drawn apart so that those stay as they are."""

    def __init__(self, seed: int, ids: list[str], zone: ZoneInfo, begin: date, span_days: int) -> None:
        self.random = Random(f"offers of {seed}")
        self.ids, self.zone, self.begin, self.span_days = ids, zone, begin, span_days
        self.number = 0
        self.days: dict[str, date] = {}

    def add_to(self, rows: dict[str, list[dict]]) -> None:
        """More rows for the tables, and more columns for the purchases."""
        rows["campaigns"] = [self.campaign(name) for name in CAMPAIGNS]
        rows["contacts"] = [row for member in [*self.ids, STRANGER] for row in self.contacts(member)]
        rows["coupons"] = [row for member in [*self.ids, STRANGER, None] for row in self.coupons(member)]
        rows["entries"] += [row for member in self.ids for row in self.stored_value(member)]
        rows["activities"] += [row for member in self.ids for row in self.activities(member)]
        rows["purchases"] += self.responses(rows["contacts"])
        for coupon in rows["coupons"]:
            named = self.random.choice(rows["purchases"])["purchase_id"] if rows["purchases"] else None
            coupon["purchase_id"] = named if self.chance(0.2) else None
        for row in rows["purchases"]:
            row["coupon_id"] = self.random.choice(["k1", "", None, None, None])
            sales = [one["purchase_id"] for one in rows["purchases"] if one["member_id"] == row["member_id"]]
            lot = Random(f"discount of {row['purchase_id']}")  # leaves the other draws as they are
            row["discount"] = lot.choice([None, 0, 15, 250])
            row["refund_of"] = self.random.choice([*sales[:3], "x?", None]) if row["amount"] < 0 else None

    def document(self) -> dict:
        """What the programme says of them."""
        return {"stored_value": {"low_balance": self.random.choice([0, 20, 20, 50])}}

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def name(self) -> str:
        self.number += 1
        return f"o{self.number}"

    def day(self) -> date:
        return self.begin + timedelta(days=self.random.randint(0, self.span_days))

    def instant(self, day: date) -> datetime:
        return datetime.combine(day, self.random.choice(MOMENTS), tzinfo=self.zone)

    def later(self, at: datetime | None, share: float, most_days: int = 4) -> datetime | None:
        """Some instant from then on, for that share of the rows."""
        if at is None or not self.chance(share):
            return None
        return at + timedelta(days=self.random.randint(0, most_days), seconds=self.random.choice([0, 7200]))

    def campaign(self, name: str) -> dict:
        self.days[name] = start = self.day()
        lasts = self.random.choice([None, 0, 10, 40])
        return {
            "campaign_id": name,
            "kind": self.random.choice(["wake_up", "coupon", "coupon", "birthday", None]),
            "starts_on": start,
            "ends_on": None if lasts is None else start + timedelta(days=lasts),
            "cost": self.random.choice([None, 0, 12_345, 54_321]),
        }

    def contacts(self, member: str) -> list[dict]:
        return [self.contact(member) for _ in range(self.random.choice([1, 3, 5]))]

    def contact(self, member: str) -> dict:
        campaign = self.random.choice([*CAMPAIGNS, UNDECLARED])
        day = self.days.get(campaign, self.begin) + timedelta(days=self.random.choice([-1, 0, 0, 0, 3, 50]))
        planned = self.instant(day)
        delivered = self.later(planned, 0.7)
        return {
            "contact_id": self.name(),
            "campaign_id": campaign,
            "member_id": member,
            "arm": "treated" if self.chance(0.6) else "held_out",
            "channel": self.random.choice(["sms", "app", None]),
            "planned_at": planned,
            "delivered_at": delivered,
            "opened_at": self.later(delivered or planned, 0.5),
            "clicked_at": self.later(planned, 0.3),
        }

    def responses(self, contacts: list[dict]) -> list[dict]:
        """Sales about the instant of a contact: just before, at the same instant, days later."""
        waits = [timedelta(microseconds=-1), timedelta(0), timedelta(days=5), timedelta(days=30)]
        return [
            {
                "purchase_id": self.name(),
                "member_id": contact["member_id"],
                "kind": "sale",
                "occurred_at": contact["planned_at"] + self.random.choice(waits),
                "amount": self.random.randint(0, 9000),
                "quantity": 1,
                "channel": "web",
                "store": "s1",
            }
            for contact in contacts
            if contact["member_id"] != STRANGER and self.chance(0.25)
        ]

    def coupons(self, member: str | None) -> list[dict]:
        return [self.coupon(member) for _ in range(self.random.choice([0, 2, 5]))]

    def coupon(self, member: str | None) -> dict:
        campaign = self.random.choice([*CAMPAIGNS, UNDECLARED, None])
        day = self.days.get(campaign, self.begin) + timedelta(days=self.random.choice([0, 0, 2, 60]))
        offered = self.instant(day)
        lasts = self.random.choice([None, 1, 6, 30])
        claimed = self.later(offered, 0.7)
        return {
            "coupon_id": self.name(),
            "campaign_id": campaign,
            "member_id": member,
            "state": "void" if self.chance(0.1) else "offered",
            "offered_at": offered,
            "claimed_at": claimed,
            "redeemed_at": self.later(claimed or offered, 0.6, 12),
            "expires_on": None if lasts is None else day + timedelta(days=lasts),
        }

    def stored_value(self, member: str) -> list[dict]:
        """Nothing, a card filled, used up and filled again, or top-ups, payments and money paid back."""
        life = self.random.choice([self.no_card, self.one_card, self.one_card, self.busy_card])
        return life(member)

    def no_card(self, member: str) -> list[dict]:
        return []

    def one_card(self, member: str) -> list[dict]:
        """Used up on one day, and topped up on it, or about thirty days later, or never."""
        filled = self.day()
        used = filled + timedelta(days=self.random.choice([0, 1, 9]))
        again = used + timedelta(days=self.random.choice([0, 29, 30, 30, 31]))
        return [
            self.entry(member, "stored_value", "earn", 5000, filled),
            self.entry(member, "stored_value_bonus", "earn", 500, filled),
            self.entry(member, "stored_value", "redeem", -4900, used),
            self.entry(member, "stored_value", "earn", 8000, again),
        ]

    def busy_card(self, member: str) -> list[dict]:
        kinds = ["earn", "earn", "redeem", "redeem", "reverse"]
        found = []
        for _ in range(8):
            kind, day = self.random.choice(kinds), self.day()
            account = self.random.choice(["stored_value", "stored_value", "stored_value_bonus"])
            amount = self.random.choice([5000, 8000]) if kind == "earn" else -self.random.randint(1, 6000)
            found.append(self.entry(member, account, kind, amount, day))
        return found

    def entry(self, member: str, account: str, kind: str, amount: int, day: date) -> dict:
        return {
            "entry_id": self.name(),
            "member_id": member,
            "account": account,
            "kind": kind,
            "amount": amount,
            "occurred_at": self.instant(day),
            "available_on": None,
            "expires_on": None,
            "reason": None,
        }

    def activities(self, member: str) -> list[dict]:
        values = {
            "survey": [0, 1, 3, 4, 5, 6, None],
            "nps": [-1, 0, 6, 7, 8, 9, 10, 11, None],
            "quality_sample": [0, 1, 1, 1, 2, None],
        }
        bare = ("complaint", "referral", "contact", "task", "task_offered", "browse")
        found = []
        for _ in range(self.random.choice([2, 12, 24])):
            kind = self.random.choice([*values, *bare, "task", "task_offered"])
            found.append(
                {
                    "activity_id": self.name(),
                    "member_id": member,
                    "occurred_at": self.instant(self.day()),
                    "kind": kind,
                    "value": self.random.choice(values.get(kind, [None])),
                    "reference": self.random.choice(["t1", "t2", None]) if "task" in kind else None,
                }
            )
        return found
