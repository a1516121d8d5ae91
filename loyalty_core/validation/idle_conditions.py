"""Conditions that never make a difference, because another one always comes first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.rules.earning_rules import PURCHASE
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import DirectEntry, Tier
from loyalty_core.text import Text
from loyalty_core.validation.demands import asked, implies, span
from loyalty_core.validation.finding import Finding, warning

_SPANS = {"event": Text("an event", "单次"), "day": Text("a day", "一天"), "month": Text("a month", "一个月")}


def caps_above_those_of_longer_spans(programme: Programme) -> Iterator[Finding]:
    """Caps of an event or a day that a smaller one of the day or month makes idle."""
    earning = programme.earning
    owners = [("earning", earning.caps), *((f"earning.rules.{r.name}", r.caps) for r in earning.all_rules)]
    for owner, caps in owners:
        declared = [(name, most) for name in _SPANS if (most := getattr(caps, name)) is not None]
        for (name, most), (longer, least) in combinations(declared, 2):
            if most > least:
                yield warning(
                    f"{owner}.caps.{name}",
                    "has no effect: no more than {least} are given in {longer}",
                    "无效：{longer}最多只发放 {least} 分",
                    least=least,
                    longer=_SPANS[longer],
                )


def delays_where_nobody_falls(programme: Programme) -> Iterator[Finding]:
    """Grace and minimum stay under rules by which nobody loses a tier."""
    rule = programme.qualification
    for name in ("grace_days", "minimum_stay_months"):
        if rule.downgrade == "never" and getattr(rule, name):
            yield warning(
                f"qualification.{name}",
                "has no effect: nobody falls (qualification.downgrade is never)",
                "无效：qualification.downgrade 为 never，无人降级",
            )


def validity_within_the_stay(programme: Programme) -> Iterator[Finding]:
    """Tiers whose time is over while nobody may fall yet."""
    stay = programme.qualification.minimum_stay_months
    for tier in programme.tiers[1:]:
        if tier.valid_months and tier.valid_months < stay and (tier.keep or asked(tier)):
            yield warning(
                f"tiers.{tier.name}.valid_months",
                "ends within the minimum stay of {stay} months, in which nobody loses the tier",
                "在 {stay} 个月的最短停留期内到期，而此期间无人会失去该等级",
                stay=stay,
            )


def validity_beside_a_fee(programme: Programme) -> Iterator[Finding]:
    """A validity of tiers for which the fee alone says how long they last."""
    for tier in programme.tiers:
        if tier.entry == "paid" and tier.valid_months and not tier.keep and not tier.direct:
            yield warning(
                f"tiers.{tier.name}.valid_months",
                "has no effect: a fee holds the tier for {months} months (fee_months)",
                "无效：会员费决定该等级有效 {months} 个月（fee_months）",
                months=tier.fee_months,
            )


def inactivity_after_the_age(programme: Programme) -> Iterator[Finding]:
    """Points that are always too old before their owner has been inactive for long enough."""
    rule = programme.expiry
    months, idle = rule.months, rule.inactivity_months
    of_purchases = all(
        one.when.event == PURCHASE for one in programme.earning.all_rules if one.account == POINTS_ACCOUNT
    )
    if months and idle and idle >= months and not rule.on and not rule.rounded_to and of_purchases:
        yield warning(
            "expiry.inactivity_months",
            "has no effect: points are gone {months} months after the purchase that earned them",
            "无效：积分在所得消费之后 {months} 个月即已失效",
            months=months,
        )


def offers_that_give_nothing(programme: Programme) -> Iterator[Finding]:
    """Direct entry by purchases that reach the tier anyway."""
    for tier in programme.tiers[1:]:
        for number, offer in enumerate(tier.direct):
            if _reaches_anyway(programme, tier, offer):
                yield warning(
                    f"tiers.{tier.name}.direct.{number}",
                    "gives nothing: a purchase of {amount} reaches {tier} anyway",
                    "无效：一笔 {amount} 的消费本身就达到 {tier}",
                    amount=offer.purchase_of,
                    tier=programme.tier_label(tier.name),
                )


def _reaches_anyway(programme: Programme, tier: Tier, offer: DirectEntry) -> bool:
    demand, bars = asked(tier), tier.admission.member_months or tier.admission.from_below
    if demand is None or bars or tier.newcomer or offer.valid_months or offer.purchase_of is None:
        return False
    spend = demand.at_least.get("spend")
    alone = len(demand.at_least) == 1 or demand.met == 1
    return (
        spend is not None
        and alone
        and offer.purchase_of >= spend
        and programme.qualification.upgrade == "at_once"
    )


def keeping_that_cannot_fail(programme: Programme) -> Iterator[Finding]:
    """What keeps a tier where whoever reached it has done that for good."""
    for tier in programme.tiers[1:]:
        demand, other_ways = asked(tier), tier.direct or tier.newcomer
        if tier.keep is None or demand is None or other_ways or programme.qualification.downgrade == "never":
            continue
        if span(programme, tier.keep)[0] == "since_joining" and implies(programme, demand, tier.keep):
            yield warning(
                f"tiers.{tier.name}.keep",
                "cannot fail: who reached {tier} has done that, and what counts since joining stays",
                "不会不达标：达到 {tier} 者已满足，且自入会起的累计不会减少",
                tier=programme.tier_label(tier.name),
            )


IDLE_CHECKS = (
    caps_above_those_of_longer_spans,
    delays_where_nobody_falls,
    validity_within_the_stay,
    validity_beside_a_fee,
    inactivity_after_the_age,
    offers_that_give_nothing,
    keeping_that_cannot_fail,
)
