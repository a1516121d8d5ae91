"""What generated programmes ask for their tiers and give with them: requirements, benefits, fees."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

WINDOWS = ("rolling", "calendar", "joining_year", "tier_year", "since_joining")
REVIEWS = ("monthly", "anniversary", ["01-01"], ["03-01", "06-31", "12-31"], [])
BENEFITS = ("lounge", "gift", "delivery")
LEAST = {
    "spend": (50, 100, 300),
    "purchases": (1, 2, 5),
    "status_points": (1, 20, 100),
    "redeemed_points": (1, 30, 100),
    "activity_score": (1, 4, 12),
}


class Ladder:
    """The tiers of a generated programme and what members do about them, drawn apart from other rows."""

    def __init__(self, seed: int, ids: list[str], zone: ZoneInfo, begin: date, span_days: int) -> None:
        self.random = Random(f"tiers of {seed}")
        self.ids, self.zone, self.begin, self.span_days = ids, zone, begin, span_days

    def add_to(self, rows: dict[str, list[dict]]) -> None:
        """More activities: benefits used, and fees paid."""
        for member in self.ids:
            for number in range(self.random.choice([0, 4, 14])):
                rows["activities"].append(self.activity(member, f"tier {member} {number}"))

    def activity(self, member: str, name: str) -> dict:
        kind = self.random.choice(["benefit", "membership_fee"])
        about = BENEFITS if kind == "benefit" else ("gold", "gold", "gold", "gold", "silver")
        day = self.begin + timedelta(days=self.random.randint(0, self.span_days))
        at = self.random.choice([time(0, 0), time(12, 30), time(23, 59, 59)])
        return {
            "activity_id": name,
            "member_id": member,
            "occurred_at": datetime.combine(day, at, tzinfo=self.zone),
            "kind": kind,
            "value": self.random.choice([None, 0, 995]) if kind == "membership_fee" else None,
            "reference": self.random.choice([*about, None]),
        }

    def document(self) -> dict:
        """The programme's tiers and qualification; some are asked for in the short form."""
        return {
            "tiers": [
                {"name": "base", "benefits": self.benefits()},
                {"name": "silver", "benefits": self.benefits()} | self.ways(100),
                {"name": "gold", "benefits": self.benefits()} | (self.given() or self.ways(200)),
            ],
            "qualification": {
                "window": self.random.choice(WINDOWS),
                "months": self.random.choice([1, 6, 12]),
                "reviews": self.random.choice(REVIEWS),
                "downgrade": self.random.choice(["one_level", "to_earned", "one_level", "never"]),
                "minimum_stay_months": self.random.choice([0, 0, 1, 6]),
                "activity_scores": {"sign_in": 2, "complaint": 1},
            },
        }

    def given(self) -> dict:
        """Sometimes the top tier is bought or given."""
        if self.random.random() < 0.6:
            return {}
        entry = self.random.choice(["paid", "paid", "invitation"])
        keep = {"keep": self.requirement()} if self.random.random() < 0.3 else {}
        return {"entry": entry, "fee": 10, "fee_months": self.random.choice([1, 3, 12])} | keep

    def ways(self, threshold: int) -> dict:
        ways = {"threshold": threshold} if self.random.random() < 0.5 else {"reach": self.requirement()}
        if self.random.random() < 0.5:
            ways["keep"] = self.requirement()
        if self.random.random() < 0.3:
            ways |= {"newcomer": self.requirement(), "newcomer_days": self.random.choice([30, 200])}
        if self.random.random() < 0.3:
            ways["valid_months"] = self.random.choice([1, 2, 12])
        return ways

    def requirement(self) -> dict:
        measures = self.random.sample(list(LEAST), self.random.choice([1, 1, 2, 3]))
        asked = {"at_least": {measure: self.random.choice(LEAST[measure]) for measure in measures}}
        if self.random.random() < 0.5:
            asked["met"] = self.random.randint(1, len(measures))
        if self.random.random() < 0.6:
            asked["window"] = self.random.choice(WINDOWS)
        return asked | ({"months": self.random.choice([1, 3, 12])} if self.random.random() < 0.5 else {})

    def benefits(self) -> list[dict]:
        return [
            {
                "name": name,
                "cost_per_use": self.random.choice(["0", "1.50"]),
                "cost_per_month": self.random.choice(["0", "0", "0.25"]),
            }
            for name in self.random.sample(BENEFITS, self.random.choice([0, 1, 2]))
        ]
