"""Coupons, stored value, campaigns and contact once more, in plain Python over rows; see `oracle.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import sqrt
from zoneinfo import ZoneInfo

from tests.core.oracle import ONE, Programme, Row, Span, ratio

RESPONSE_DAYS = timedelta(days=30)


def on(p: Programme, at: datetime | None) -> date | None:
    return None if at is None else at.astimezone(ZoneInfo(p.document["time_zone"])).date()


def by(day: date | None, last: date) -> bool:
    """Whether it had happened by that day."""
    return day is not None and day <= last


def chosen(p: Programme, row: Row, day: date) -> bool:
    """Whether a row of a campaign counts in the cell, as of that day."""
    named = {"campaign": "campaign_id", "contact_channel": "channel"}
    labels = all(row[column] in p.cell[name] for name, column in named.items() if name in p.cell)
    return labels and p.is_in(row["member_id"], day)


def of_members(p: Programme, table: str) -> list[Row]:
    return [row for row in p.rows[table] if row["member_id"] in p.members]


def money(p: Programme, minor: int | Fraction | None) -> Fraction | None:
    return None if minor is None else Fraction(minor) / 10 ** p.document["currency_decimals"]


def unless(unknown: bool, value):
    return None if unknown else value


# Contacts


def sent(p: Programme, first: date, last: date) -> list[Row]:
    return [
        row
        for row in of_members(p, "contacts")
        if row["arm"] == "treated"
        and first <= on(p, row["planned_at"]) <= last
        and chosen(p, row, on(p, row["planned_at"]))
    ]


def ever(p: Programme, s: Span, column: str) -> bool:
    """Whether something of the kind was ever recorded of the contacts of the cell."""
    return any(by(on(p, row[column]), s.last) for row in sent(p, date.min, date.max))


def delivered(p: Programme, s: Span) -> list[Row]:
    return [row for row in sent(p, s.first, s.last) if by(on(p, row["delivered_at"]), s.last)]


def of_delivered(p: Programme, s: Span, column: str) -> int | None:
    done = [row for row in delivered(p, s) if by(on(p, row[column]), s.last)]
    return unless(not ever(p, s, column), len(done))


def rate_of_delivered(p: Programme, s: Span, column: str) -> Fraction | None:
    done = of_delivered(p, s, column)
    return None if done is None else ratio(done, len(delivered(p, s)))


# Targets


class Target:
    """A member chosen by a campaign."""

    def __init__(self, p: Programme, contacts: list[Row]) -> None:
        treated = [row for row in contacts if row["arm"] == "treated"]
        first = min(treated or contacts, key=lambda row: row["planned_at"])
        self.row, self.treated = first, bool(treated)
        self.member, self.campaign_id = first["member_id"], first["campaign_id"]
        self.at, self.day = first["planned_at"], on(p, first["planned_at"])
        campaign = next((c for c in p.rows["campaigns"] if c["campaign_id"] == self.campaign_id), {})
        last_day = campaign.get("ends_on")
        self.until = last_day if last_day and last_day >= self.day else self.day + RESPONSE_DAYS
        self.asks_coupon = campaign.get("kind") == "coupon"

    def holds(self, p: Programme, at: datetime) -> bool:
        return at >= self.at and on(p, at) <= self.until

    def responded(self, p: Programme) -> bool:
        if self.asks_coupon:
            mine = [row for row in coupons(p) if row["member_id"] == self.member]
            return any(
                row["campaign_id"] == self.campaign_id
                and row["redeemed_at"] is not None
                and self.holds(p, row["redeemed_at"])
                for row in mine
            )
        return self.bought(p)

    def bought(self, p: Programme) -> bool:
        return any(self.holds(p, row["occurred_at"]) for row in p.sales if row["member_id"] == self.member)


def targets(p: Programme) -> list[Target]:
    if "targets" not in p.__dict__ or p.__dict__["targets"][0] is not p.cell:
        grouped: dict[tuple, list[Row]] = {}
        for row in of_members(p, "contacts"):
            grouped.setdefault((row["member_id"], row["campaign_id"]), []).append(row)
        all_of_them = [Target(p, rows) for rows in grouped.values()]
        p.__dict__["targets"] = p.cell, [one for one in all_of_them if chosen(p, one.row, one.day)]
    return p.__dict__["targets"][1]


def settled(p: Programme, s: Span, treated: bool) -> list[Target]:
    return [t for t in targets(p) if t.treated == treated and s.first <= t.until <= s.last]


def response_rate(p: Programme, s: Span) -> Fraction | None:
    return ratio(responded(p, s) or 0, len(settled(p, s, True)))


def responded(p: Programme, s: Span) -> int | None:
    aimed_at = settled(p, s, True)
    return unless(not aimed_at, sum(target.responded(p) for target in aimed_at))


def buying(p: Programme, s: Span, treated: bool) -> list[Target]:
    return [target for target in settled(p, s, treated) if target.bought(p)]


def buyers_share(p: Programme, s: Span, treated: bool) -> Fraction | None:
    return ratio(len(buying(p, s, treated)), len(settled(p, s, treated)))


def campaign_redemption_rate(p: Programme, s: Span) -> Fraction | None:
    aimed_at = [t for t in targets(p) if t.treated and s.first <= t.day <= s.last]

    def those(column: str) -> int:
        return sum(
            any(
                (row["member_id"], row["campaign_id"]) == (target.member, target.campaign_id)
                and by(on(p, row[column]), s.last)
                for row in coupons(p)
            )
            for target in aimed_at
        )

    return unless(those("offered_at") == 0, ratio(those("redeemed_at"), len(aimed_at)))


def lift(p: Programme, s: Span) -> Fraction | None:
    rates = buyers_share(p, s, True), buyers_share(p, s, False)
    return None if None in rates else rates[0] - rates[1]


def score_interval(share: float, n: int) -> tuple[float, float]:
    """The two shares from which the one observed is just 1.96 standard errors away."""
    z = 1.959963984540054
    # (share - x)² n = z² x (1 - x)
    a, b, c = 1 + z * z / n, -2 * share - z * z / n, share * share
    root = sqrt(max(b * b - 4 * a * c, 0))
    return max((-b - root) / (2 * a), 0), min((-b + root) / (2 * a), 1)


def lift_end(p: Programme, s: Span, sign: int) -> float | None:
    apart = lift(p, s)
    if apart is None:
        return None
    share, other = (float(buyers_share(p, s, treated)) for treated in (True, False))
    return apart_end((share, len(settled(p, s, True))), (other, len(settled(p, s, False))), sign)


def apart_end(one: tuple[float, int], other: tuple[float, int], sign: int) -> float:
    """An end of the interval of the difference of two shares, each with the number it is of (Newcombe)."""
    (low, high), (other_low, other_high) = score_interval(*one), score_interval(*other)
    if sign < 0:
        return one[0] - other[0] - sqrt((one[0] - low) ** 2 + (other_high - other[0]) ** 2)
    return one[0] - other[0] + sqrt((high - one[0]) ** 2 + (other[0] - other_low) ** 2)


def comparison(p: Programme, s: Span) -> Fraction | None:
    free, acting = not_chosen(p, s)
    rates = buyers_share(p, s, True), ratio(acting, free)
    return None if settled(p, s, False) or None in rates else rates[0] - rates[1]


def comparison_end(p: Programme, s: Span, sign: int) -> float | None:
    if comparison(p, s) is None:
        return None
    free, acting = not_chosen(p, s)
    treated = float(buyers_share(p, s, True)), len(settled(p, s, True))
    return apart_end(treated, (acting / free, free), sign)


def not_chosen(p: Programme, s: Span) -> tuple[int, int]:
    """Members enrolled on the first day of campaigns that did not choose them, and who of them bought."""
    free, acting = 0, 0
    for campaign in campaigns_ending(p, s):
        chosen_by = {
            row["member_id"] for row in p.rows["contacts"] if row["campaign_id"] == campaign["campaign_id"]
        }
        first, last = campaign["starts_on"], last_day(campaign)
        for member in p.members:
            if member in chosen_by or not p.enrolled(member, first) or not p.is_in(member, first):
                continue
            free += 1
            acting += any(first <= day <= last for day in p.sale_days[member])
    return free, acting


def last_day(campaign: Row) -> date:
    return campaign["ends_on"] or campaign["starts_on"] + RESPONSE_DAYS


def campaigns_ending(p: Programme, s: Span) -> list[Row]:
    labels = p.cell.get("campaign")
    return [
        row
        for row in p.rows["campaigns"]
        if s.first <= last_day(row) <= s.last and (labels is None or row["campaign_id"] in labels)
    ]


def cost(p: Programme, s: Span) -> int | None:
    known = [row["cost"] for row in campaigns_ending(p, s) if row["cost"] is not None]
    return sum(known) if known else None


def incremental_margin(p: Programme, s: Span) -> Fraction | None:
    """Minor units."""
    apart, spent, share = lift(p, s), cost(p, s), p.document["margin_share"]
    buyers = buying(p, s, True)
    if apart is None or spent is None or share is None or not buyers:
        return None
    a_buyer = Fraction(treated_sales(p, s), len(buyers)) * Fraction(share)
    return apart * len(settled(p, s, True)) * a_buyer - spent


def treated_sales(p: Programme, s: Span) -> int:
    """Minor units."""
    return sum(
        row["amount"]
        for target in buying(p, s, True)
        for row in p.of("purchases", target.member)
        if target.holds(p, row["occurred_at"])
    )


def return_on_campaign(p: Programme, s: Span) -> Fraction | None:
    margin, spent = incremental_margin(p, s), cost(p, s)
    return None if margin is None or not spent else margin / spent


def points_burnt(p: Programme, s: Span) -> Fraction | None:
    burnt = -sum(
        row["amount"]
        for target in settled(p, s, True)
        for row in p.lines[target.member]
        if row["account"] == "points" and row["kind"] == "redeem" and target.holds(p, row["occurred_at"])
    )
    return unless(not settled(p, s, True), Fraction(burnt, 10 ** p.document["point_decimals"]))


def liability_released(p: Programme, s: Span) -> Fraction | None:
    burnt, each = points_burnt(p, s), Fraction(p.document["cost_per_point"])
    return None if burnt is None or not each else burnt * each


# Coupons


def coupons(p: Programme) -> list[Row]:
    return [row for row in of_members(p, "coupons") if row["state"] != "void"]


def coupon_claim_rate(p: Programme, s: Span) -> Fraction | None:
    mine = [row for row in coupons(p) if chosen(p, row, on(p, row["offered_at"]))]
    offered = [row for row in mine if s.first <= on(p, row["offered_at"]) <= s.last]
    claimed = [row for row in offered if by(on(p, row["claimed_at"]), s.last)]
    recorded = any(by(on(p, row["claimed_at"]), s.last) for row in mine)
    return unless(not recorded, ratio(len(claimed), len(offered)))


def counted_coupons(p: Programme, s: Span, column: str, meant: Callable[[Row], bool]) -> int | None:
    """Those whose day in that column is one of the period, by what the member was on it."""
    known = [row for row in coupons(p) if chosen(p, row, on(p, row["offered_at"]))]
    days = [(row, day_of(p, row, column)) for row in coupons(p) if meant(row)]
    found = sum(day is not None and s.first <= day <= s.last and chosen(p, row, day) for row, day in days)
    return unless(not any(by(on(p, row["offered_at"]), s.last) for row in known), found)


def day_of(p: Programme, row: Row, column: str) -> date | None:
    return row[column] if column == "expires_on" else on(p, row[column])


def used_in_time(p: Programme, row: Row) -> bool:
    used, gone = on(p, row["redeemed_at"]), row["expires_on"]
    return used is not None and (gone is None or used < gone)


def coupons_claimed(p: Programme, s: Span) -> int | None:
    offered = [row for row in coupons(p) if chosen(p, row, on(p, row["offered_at"]))]
    recorded = any(by(on(p, row["claimed_at"]), s.last) for row in offered)
    return unless(not recorded, counted_coupons(p, s, "claimed_at", lambda row: True))


def coupons_open(p: Programme, s: Span) -> int | None:
    still = [
        row
        for row in coupons(p)
        if on(p, row["offered_at"]) <= s.last
        and not by(row["expires_on"], s.last)
        and not by(on(p, row["redeemed_at"]), s.last)
    ]
    offered = counted_coupons(p, Span(date.min, s.last, date.min), "offered_at", lambda row: True)
    return unless(offered is None, sum(chosen(p, row, s.last) for row in still))


def claimed_in_time(p: Programme) -> Iterable[tuple[date, date | None, date | None]]:
    """Day of claiming and of redeeming, and first worthless day, of coupons claimed while worth something."""
    for row in coupons(p):
        claimed, redeemed, gone = on(p, row["claimed_at"]), on(p, row["redeemed_at"]), row["expires_on"]
        if claimed and (gone is None or claimed < gone) and chosen(p, row, claimed):
            yield claimed, redeemed, gone


def coupon_redemption_rate(p: Programme, s: Span) -> Fraction | None:
    ended = [(used, gone) for _, used, gone in claimed_in_time(p) if gone and s.first <= gone <= s.last]
    return ratio(sum(used is not None and used < gone for used, gone in ended), len(ended))


def coupon_redemption_so_far(p: Programme, s: Span) -> Fraction | None:
    valid = [
        used
        for claimed, used, gone in claimed_in_time(p)
        if claimed <= s.last and (gone is None or s.last < gone)
    ]
    return ratio(sum(by(used, s.last) for used in valid), len(valid))


def with_coupon(p: Programme, row: Row) -> bool:
    if not row["member_id"]:
        return False
    refunded = [
        one
        for one in p.of("purchases", row["member_id"])
        if row["refund_of"]
        and one["purchase_id"] == row["refund_of"]
        and one["occurred_at"] <= row["occurred_at"]
    ]
    named = {one["purchase_id"] for one in p.rows["coupons"] if one["state"] != "void"}
    return any(one["coupon_id"] or one["purchase_id"] in named for one in [row, *refunded])


def coupon_revenue(p: Programme, s: Span) -> int | None:
    rows = [row for row in p.rows["purchases"] if with_coupon(p, row) and p.purchase_counts(row)]
    known = any(row["day"] <= s.last for row in rows)
    return unless(not known, sum(row["amount"] for row in rows if s.first <= row["day"] <= s.last))


def discounts_given(p: Programme, s: Span) -> int | None:
    rows = [
        row
        for row in p.rows["purchases"]
        if row["member_id"] and row["discount"] and row["day"] <= s.last and p.purchase_counts(row)
    ]
    signed = [(row["day"], -row["discount"] if row["kind"] == "refund" else row["discount"]) for row in rows]
    return unless(not rows, sum(off for day, off in signed if day >= s.first))


# Stored value

STORED = {"stored_value", "stored_value_bonus"}


def stored(p: Programme, accounts: set[str] | None = None) -> list[Row]:
    """Lines of the principal, or of the cards' accounts that the cell names."""
    accounts = accounts or p.cell.get("account", {"stored_value"}) & STORED
    return [row for row in p.rows["entries"] if row["account"] in accounts]


def stored_balance(p: Programme, day: date) -> int:
    return sum(
        row["amount"] for row in stored(p) if p.takes_effect(row) <= day and p.is_in(row["member_id"], day)
    )


def is_stored(p: Programme, s: Span) -> bool:
    return any(
        p.takes_effect(row) <= s.last and p.is_in(row["member_id"], p.takes_effect(row)) for row in stored(p)
    )


def stored_value_balance(p: Programme, s: Span) -> int | None:
    return unless(not is_stored(p, s), stored_balance(p, s.last))


def stored_value_bonus_given(p: Programme, s: Span) -> int | None:
    told = [
        (p.takes_effect(row), row["amount"])
        for row in stored(p, {"stored_value_bonus"})
        if row["kind"] in ("earn", "expire") and p.is_in(row["member_id"], p.takes_effect(row))
    ]
    known = any(day <= s.last for day, _ in told)
    return unless(not known, sum(amount for day, amount in told if s.first <= day <= s.last))


def stored_value_use_rate(p: Programme, s: Span) -> Fraction | None:
    def moved(kind: str) -> int:
        return sum(
            row["amount"]
            for row in stored(p)
            if row["kind"] == kind
            and s.first <= p.takes_effect(row) <= s.last
            and p.is_in(row["member_id"], p.takes_effect(row))
        )

    return ratio(-moved("redeem"), stored_balance(p, s.first - ONE) + moved("earn"))


def top_up_rate(p: Programme, s: Span) -> Fraction | None:
    mark = p.document["stored_value"]["low_balance"] * 10 ** p.document["currency_decimals"]
    if not mark:
        return None
    falls, again = 0, 0
    for member in p.members:
        lines = [row for row in stored(p, STORED) if row["member_id"] == member]

        def close(day: date, lines: list[Row] = lines) -> int:
            return sum(row["amount"] for row in lines if p.takes_effect(row) <= day)

        for day in {p.takes_effect(row) for row in lines}:
            fell = close(day - ONE) >= mark > close(day) and p.is_in(member, day)
            if fell and s.first <= day + timedelta(days=30) <= s.last:
                falls += 1
                again += any(
                    row["account"] == "stored_value"
                    and row["kind"] == "earn"
                    and 0 < (p.takes_effect(row) - day).days <= 30
                    for row in lines
                )
    return ratio(again, falls)


def prepaid_share(p: Programme, s: Span) -> Fraction | None:
    revenue = sum(
        row["amount"]
        for row in p.rows["purchases"]
        if row["member_id"]
        and 0 <= (s.last - row["day"]).days < 365
        and p.is_in(row["member_id"], row["day"])
    )
    return unless(not is_stored(p, s) or revenue <= 0, ratio(stored_balance(p, s.last), revenue))


METRICS = {
    "coupons_offered": lambda p, s: counted_coupons(p, s, "offered_at", lambda row: True),
    "coupons_claimed": coupons_claimed,
    "coupons_redeemed": lambda p, s: counted_coupons(p, s, "redeemed_at", lambda row: used_in_time(p, row)),
    "coupons_expired": lambda p, s: counted_coupons(p, s, "expires_on", lambda row: not used_in_time(p, row)),
    "coupons_open": coupons_open,
    "coupon_claim_rate": coupon_claim_rate,
    "coupon_redemption_rate": coupon_redemption_rate,
    "coupon_redemption_so_far": coupon_redemption_so_far,
    "coupon_revenue": lambda p, s: money(p, coupon_revenue(p, s)),
    "discounts_given": lambda p, s: money(p, discounts_given(p, s)),
    "stored_value_balance": lambda p, s: money(p, stored_value_balance(p, s)),
    "stored_value_bonus_given": lambda p, s: money(p, stored_value_bonus_given(p, s)),
    "stored_value_use_rate": stored_value_use_rate,
    "top_up_rate": top_up_rate,
    "prepaid_share": prepaid_share,
    "contacted": lambda p, s: unless(
        not ever(p, s, "planned_at"), len({row["member_id"] for row in sent(p, s.first, s.last)})
    ),
    "contacts_sent": lambda p, s: unless(not ever(p, s, "planned_at"), len(sent(p, s.first, s.last))),
    "contacts_delivered": lambda p, s: unless(not ever(p, s, "delivered_at"), len(delivered(p, s))),
    "contacts_opened": lambda p, s: of_delivered(p, s, "opened_at"),
    "contacts_clicked": lambda p, s: of_delivered(p, s, "clicked_at"),
    "members_held_out": lambda p, s: len(settled(p, s, False)),
    "treated_rate": lambda p, s: buyers_share(p, s, True),
    "held_out_rate": lambda p, s: buyers_share(p, s, False),
    "not_chosen_rate": lambda p, s: ratio(*not_chosen(p, s)[::-1]),
    "campaign_cost": lambda p, s: money(p, cost(p, s)),
    "delivered_rate": lambda p, s: unless(
        not ever(p, s, "delivered_at"), ratio(len(delivered(p, s)), len(sent(p, s.first, s.last)))
    ),
    "open_rate": lambda p, s: rate_of_delivered(p, s, "opened_at"),
    "click_rate": lambda p, s: rate_of_delivered(p, s, "clicked_at"),
    "responded": responded,
    "response_rate": response_rate,
    "campaign_redemption_rate": campaign_redemption_rate,
    "lift": lift,
    "lift_low": lambda p, s: lift_end(p, s, -1),
    "lift_high": lambda p, s: lift_end(p, s, 1),
    "comparison": comparison,
    "comparison_low": lambda p, s: comparison_end(p, s, -1),
    "comparison_high": lambda p, s: comparison_end(p, s, 1),
    "incremental_margin": lambda p, s: money(p, incremental_margin(p, s)),
    "return_on_campaign": return_on_campaign,
    "treated_buyers": lambda p, s: unless(not settled(p, s, True), len(buying(p, s, True))),
    "treated_sales": lambda p, s: unless(not settled(p, s, True), money(p, treated_sales(p, s))),
    "points_burnt": points_burnt,
    "liability_released": liability_released,
}
