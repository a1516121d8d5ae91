"""Tiers, benefits and paid memberships once more, in plain Python over rows; see `oracle.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction

from tests.core.oracle import ONE, Programme, Row, Span, days, months_before, ratio

Requirement = Mapping[str, object]


def tier_number(p: Programme, member: str, on: date) -> int | None:
    """The place of an enrolled member's tier, None without one."""
    tier = p.tier(member, on)
    return p.tiers.index(tier) if p.enrolled(member, on) and tier in p.tiers else None


def reaching(tier: Mapping) -> Requirement | None:
    if tier.get("threshold"):
        return {"at_least": {"spend": tier["threshold"]}}
    return tier.get("reach")


def keeping(p: Programme, number: int, member: str, last_day: date) -> Requirement | None:
    tier = p.document["tiers"][number]
    return tier.get("keep") or asked(p, number, member, last_day)


def asked(p: Programme, number: int, member: str, last_day: date) -> Requirement | None:
    """What reaches a tier; a newcomer is asked something else."""
    tier = p.document["tiers"][number]
    if tier.get("newcomer") and (last_day - p.joined[member]).days < tier["newcomer_days"]:
        return tier["newcomer"]
    return reaching(tier)


def asks(p: Programme, number: int) -> bool:
    tier = p.document["tiers"][number]
    return number > 0 and (reaching(tier) is not None or tier.get("keep") is not None)


# Deeds and windows


def in_membership(p: Programme, member: str, day: date) -> bool:
    left = p.left(member)
    return p.joined[member] <= day and (left is None or day <= left)


def deeds(p: Programme, member: str, measure: str) -> list[tuple[date, Fraction]]:
    point = 10 ** p.document["point_decimals"]
    money = 10 ** p.document["currency_decimals"]
    if measure == "spend":
        found = [(row["day"], Fraction(row["amount"], money)) for row in p.of("purchases", member)]
    elif measure == "purchases":
        bought = p.of("purchases", member)
        found = [(row["day"], Fraction(1)) for row in bought if row["kind"] == "sale"]
        found += [(day, Fraction(-1)) for sale in bought for day in taken_back(p, sale)]
    elif measure == "activity_score":
        scores = p.document["qualification"]["activity_scores"]
        found = [(row["day"], Fraction(scores.get(row["kind"], 0))) for row in p.of("activities", member)]
    else:
        redeemed = measure == "redeemed_points"
        account = "points" if redeemed else "status"
        kinds = ("redeem",) if redeemed else ("earn", "adjust", "reverse", "transfer")
        sign = -1 if redeemed else 1
        lines = [row for row in p.lines[member] if row["account"] == account and row["kind"] in kinds]
        found = [(row["day"], Fraction(sign * row["amount"], point)) for row in lines]
    return [(day, amount) for day, amount in found if in_membership(p, member, day)]


def taken_back(p: Programme, sale: Row) -> list[date]:
    """The day on which refunds have come to the amount of the sale."""
    refunds = [
        row
        for row in p.of("purchases", sale["member_id"])
        if sale["kind"] == "sale" and row["kind"] == "refund" and row["refund_of"] == sale["purchase_id"]
    ]
    back = 0
    for row in sorted(refunds, key=lambda row: row["occurred_at"]):
        before, back = back, back - row["amount"]
        if before < sale["amount"] <= back:
            return [row["day"]]
    return []


def since(p: Programme, member: str, on: date) -> date:
    moves = [row["day"] for row in p.changes[member] if row["day"] <= on]
    return moves[-1] if moves else p.joined[member]


def first_day(p: Programme, member: str, rule: Requirement, end: date, on: date) -> date:
    """The first day of the window that ends with `end`, for a member as of `on`."""
    qualification = p.document["qualification"]
    window = rule.get("window") or qualification["window"]
    if window == "rolling":
        return months_before(end, rule.get("months") or qualification["months"]) + ONE
    if window == "calendar":
        return date(end.year, 1, 1)
    if window == "since_joining":
        return date.min
    anchor = p.joined[member] if window == "joining_year" else since(p, member, on)
    return max([anchor, *(turn for turn in turns(anchor, 12) if turn <= end)])


def turns(anchor: date, months: int) -> list[date]:
    return [months_before(anchor, -months * n) for n in range(1, 40)]


def meets(p: Programme, member: str, rule: Requirement, end: date, on: date, share: Fraction) -> bool:
    """Whether what was done up to `on` in the window that ends with `end` is that share of what is asked."""
    begin = first_day(p, member, rule, end, on)
    met = [
        sum((amount for day, amount in deeds(p, member, measure) if begin <= day <= on), Fraction(0))
        >= share * Fraction(least)
        for measure, least in rule["at_least"].items()
    ]
    wanted = rule.get("met", "all")
    return all(met) if wanted == "all" else sum(met) >= wanted


# Close to a move


def near_upgrade(p: Programme, on: date) -> int:
    tiers = p.document["tiers"]

    def near(member: str) -> bool:
        number = tier_number(p, member, on)
        if number is None:
            return False
        above = (asked(p, higher, member, on) for higher in range(number + 1, len(tiers)))
        rule = next((one for one in above if one is not None), None)
        return rule is not None and meets(p, member, rule, on, on, Fraction(9, 10))

    return p.count(near, on)


def near_downgrade(p: Programme, on: date) -> int | None:
    rule = p.document["qualification"]
    if rule["downgrade"] == "never":
        return None

    def near(member: str) -> bool:
        number = tier_number(p, member, on)
        if number is None or not asks(p, number):
            return False
        review = next(
            (day for day in days(on + ONE, on + timedelta(370)) if reviewed(p, member, number, day, on)), None
        )
        if review is None or review < months_before(since(p, member, on), -rule["minimum_stay_months"]):
            return False
        keep = keeping(p, number, member, review - ONE)
        return keep is None or not meets(p, member, keep, review - ONE, on, Fraction(1))

    return p.count(near, on)


def reviewed(p: Programme, member: str, number: int, day: date, on: date) -> bool:
    """Whether a tier that the member has since before `on` is reviewed on a day."""
    valid_months = p.document["tiers"][number].get("valid_months")
    if valid_months:
        return day in turns(since(p, member, on), valid_months)
    reviews = p.document["qualification"]["reviews"]
    if reviews == "anniversary":
        return day in turns(p.joined[member], 12)
    if reviews == "monthly":
        return day.day == 1
    return any(day == day_or_last(day.year, month_day) for month_day in reviews)


def day_or_last(year: int, month_day: str) -> date:
    month, day = int(month_day[:2]), int(month_day[3:])
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(day - 1), first_of_next - ONE)


# Reviews and migration


def keep_rate(p: Programme, s: Span) -> Fraction | None:
    looked_at = {
        member
        for member in p.members
        for day in days(s.first, s.last)
        if (number := tier_number(p, member, day - ONE)) is not None
        and asks(p, number)
        and reviewed(p, member, number, day, day - ONE)
        and p.is_in(member, day - ONE)
    }
    fallen = {
        row["member_id"]
        for row in p.rows["tier_changes"]
        if s.first <= row["day"] <= s.last and p.climb(row) < 0
    }
    return ratio(len(looked_at - fallen), len(looked_at))


def tier_migration(p: Programme, s: Span) -> int:
    def tier(member: str, on: date) -> str | None:
        number = tier_number(p, member, on)
        return None if number is None else p.tiers[number]

    def counts(member: str) -> bool:
        found = {"opening_tier": tier(member, s.first - ONE), "member_tier": tier(member, s.last)}
        inside = all(found[name] in labels for name, labels in p.cell.items() if name in found)
        return inside and any(found.values()) and others.is_in(member, s.last)

    others = p.within({name: labels for name, labels in p.cell.items() if not name.endswith("_tier")})
    return sum(map(counts, p.members))


# Benefits and fees


def granted(p: Programme, member: str, on: date) -> dict[str, Mapping]:
    number = tier_number(p, member, on)
    benefits = [] if number is None else p.document["tiers"][number]["benefits"]
    return {benefit["name"]: benefit for benefit in benefits}


def uses(p: Programme, s: Span) -> list[Row]:
    return [
        row
        for row in p.rows["activities"]
        if row["kind"] == "benefit"
        and s.first <= row["day"] <= s.last
        and row["reference"] in granted(p, row["member_id"], row["day"])
        and p.is_in(row["member_id"], row["day"])
    ]


def benefit_use_rate(p: Programme, s: Span) -> Fraction | None:
    using = {row["member_id"] for row in uses(p, s)}
    return ratio(len(using), p.happened(s, lambda member, day: bool(granted(p, member, day))))


def tier_benefit_cost(p: Programme, s: Span) -> Fraction | None:
    benefits = [benefit for tier in p.document["tiers"] for benefit in tier["benefits"]]
    if not any(Fraction(one["cost_per_use"]) or Fraction(one["cost_per_month"]) for one in benefits):
        return None
    cost = sum(
        (
            Fraction(granted(p, row["member_id"], row["day"])[row["reference"]]["cost_per_use"])
            for row in uses(p, s)
        ),
        Fraction(0),
    )
    for day in (day for day in days(s.first, s.last) if day.day == 1):
        for member in (member for member in p.members if p.is_in(member, day)):
            cost += sum(Fraction(one["cost_per_month"]) for one in granted(p, member, day).values())
    return cost


def terms(p: Programme, member: str) -> list[tuple[str, date, date, bool]]:
    """What was paid for, tier by tier: the day of the fee, the first day after, whether it was renewed."""
    found = []
    for tier in (tier for tier in p.document["tiers"] if tier.get("entry") == "paid"):
        fees = sorted(
            row["day"]
            for row in p.of("activities", member)
            if row["kind"] == "membership_fee" and row["reference"] == tier["name"]
        )
        end = date.min
        for number, fee in enumerate(fees):
            end = months_before(max(end, fee), -tier["fee_months"])
            following = fees[number + 1] if number + 1 < len(fees) else date.max
            found.append((tier["name"], fee, end, following <= end + timedelta(30)))
    return found


def renewal_rate(p: Programme, s: Span) -> Fraction | None:
    due = [
        renewed
        for member in p.members
        for _, _, end, renewed in terms(p, member)
        if s.first <= end + timedelta(30) <= s.last and p.is_in(member, end - ONE)
    ]
    return ratio(sum(due), len(due))


def membership_fees(p: Programme, s: Span) -> Fraction | None:
    asked = {tier["name"]: tier["fee"] for tier in p.document["tiers"] if tier.get("entry") == "paid"}
    if not asked:
        return None
    money = 10 ** p.document["currency_decimals"]
    return sum(
        (
            Fraction(asked[row["reference"]]) if row["value"] is None else Fraction(row["value"], money)
            for row in p.rows["activities"]
            if row["kind"] == "membership_fee"
            and row["reference"] in asked
            and s.first <= row["day"] <= s.last
            and p.is_in(row["member_id"], row["day"])
        ),
        Fraction(0),
    )


def members_paying(p: Programme, s: Span) -> int | None:
    if not any(tier.get("entry") == "paid" for tier in p.document["tiers"]):
        return None

    def paying(member: str) -> bool:
        return p.enrolled(member, s.last) and any(fee <= s.last < end for _, fee, end, _ in terms(p, member))

    return p.count(paying, s.last)


def paid_share(p: Programme, s: Span) -> Fraction | None:
    paying = members_paying(p, s)
    return None if paying is None else ratio(paying, p.members_enrolled(s.last))


METRICS: dict[str, Callable[[Programme, Span], int | Fraction | None]] = {
    "near_upgrade": lambda p, s: near_upgrade(p, s.last),
    "near_downgrade": lambda p, s: near_downgrade(p, s.last),
    "keep_rate": keep_rate,
    "tier_migration": tier_migration,
    "benefit_use_rate": benefit_use_rate,
    "tier_benefit_cost": tier_benefit_cost,
    "renewal_rate": renewal_rate,
    "membership_fees": membership_fees,
    "members_paying": members_paying,
    "paid_share": paid_share,
}
