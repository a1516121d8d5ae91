"""Random questions of one metric, one month and two filters, and the same in SQL over raw tables.

The SQL takes what members are at the day in question from their versions, as the product does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from loyalty_core.days import to_date
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.periods import Periods

MEMBER = ("member_region", "member_channel", "member_store", "member_gender", "member_tier")
PURCHASE = ("purchase_channel", "purchase_store")
ASKED = (
    *("members_enrolled", "members_active", "members_silent", "members_churned", "members_engaged"),
    *("members_joined", "members_lapsed", "churn_rate", "wake_up_rate", "win_back_rate", "activation_rate"),
    *("purchases", "revenue", "average_order_value", "buyers", "revenue_per_buyer", "purchase_frequency"),
    *("repeat_rate", "rebuy_rate", "second_purchase_rate", "annual_buyer_share", "existing_customer_share"),
    *("points_issued", "points_redeemed", "points_outstanding", "redemption_rate", "expiry_rate"),
    *("member_redemption_rate", "reward_cost", "tier_upgrades", "upgrade_rate"),
)

_SPENT = """FROM purchases p JOIN profiles v ON v.member_id = p.member_id
    AND p.day >= v.since AND p.day < v.until {tier} WHERE p.day BETWEEN {first} AND {last} {filters}"""
_BOOKED = """FROM entries e JOIN profiles v ON v.member_id = e.member_id
    AND e.day >= v.since AND e.day < v.until {tier} WHERE e.day BETWEEN {first} AND {last} {filters}"""
_STANDING = """FROM profiles v {tier} WHERE v.joined <= {last} AND {last} >= v.since AND {last} < v.until
    {filters}"""
_RECENT = "SELECT 1 FROM purchases b WHERE b.member_id = v.member_id AND b.kind = 'sale' AND b.day <= {last}"
IN_SQL: dict[str, tuple[str, str]] = {  # and the day on which the tier counts
    "purchases": (f"SELECT count(*) FILTER (WHERE kind = 'sale') {_SPENT}", "p.day"),
    "revenue": (f"SELECT coalesce(sum(amount), 0) / 100.0 {_SPENT}", "p.day"),
    "buyers": (f"SELECT count(DISTINCT p.member_id) FILTER (WHERE kind = 'sale') {_SPENT}", "p.day"),
    "points_issued": (f"SELECT coalesce(sum(points) FILTER (WHERE kind = 'earn'), 0) {_BOOKED}", "e.day"),
    "points_redeemed": (
        f"SELECT coalesce(-sum(points) FILTER (WHERE kind = 'redeem'), 0) {_BOOKED}",
        "e.day",
    ),
    "points_outstanding": (
        """SELECT coalesce(sum(e.points), 0) FROM entries e JOIN profiles v ON v.member_id = e.member_id
        AND {last} >= v.since AND {last} < v.until {tier} WHERE e.day <= {last} {filters}""",
        "{last}",
    ),
    "members_enrolled": (f"SELECT count(*) {_STANDING}", "{last}"),
    "members_active": (
        f"SELECT count(*) {_STANDING} AND EXISTS ({_RECENT} AND b.day >= {{last}} - 90)",
        "{last}",
    ),
    "members_silent": (
        f"SELECT count(*) {_STANDING} AND EXISTS ({_RECENT} AND b.day >= {{last}} - 180)"
        f" AND NOT EXISTS ({_RECENT} AND b.day >= {{last}} - 90)",
        "{last}",
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """One metric in one month among the rows with those labels."""

    metric: str
    first: int
    last: int
    where: dict[str, list[str]]

    def in_sql(self) -> str | None:
        """The same over raw tables; None where it was not written down."""
        if self.metric not in IN_SQL:
            return None
        sql, tier_day = IN_SQL[self.metric]
        tier = ""
        if "member_tier" in self.where:
            held = f"{tier_day} >= t.since AND {tier_day} < t.until"
            tier = f"JOIN tiers t ON t.member_id = v.member_id AND {held}"
        days = {"first": _day(self.first), "last": _day(self.last)}
        filters = " ".join(f"AND {_column(name)} = '{texts[0]}'" for name, texts in self.where.items())
        return sql.format(tier=tier.format(**days), filters=filters, **days)


def _day(day: int) -> str:
    return f"DATE '{to_date(day)}'"


def _column(name: str) -> str:
    whose, attribute = name.split("_")
    return "t.tier" if attribute == "tier" else f"{'v' if whose == 'member' else 'p'}.{attribute}"


def questions(
    count: int, months: Periods, labels: dict[str, Sequence[str]], seed: int = 1, *, in_sql: bool = False
) -> list[Question]:
    """So many questions, the same for the same seed; `in_sql` only such as are written down in SQL."""
    random = Random(seed)
    found = []
    for _ in range(count):
        metric = random.choice([name for name in ASKED if name in IN_SQL or not in_sql])
        slices = [name for name in (*MEMBER, *PURCHASE) if name in METRICS[metric].slices and labels[name]]
        where = {name: [random.choice(labels[name])] for name in random.sample(slices, 2)}
        month = random.randrange(len(months))
        found.append(Question(metric, int(months.first[month]), int(months.last[month]), where))
    return found
