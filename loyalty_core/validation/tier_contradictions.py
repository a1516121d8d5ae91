"""Contradictions among tiers: some that nobody reaches, some that nobody keeps, some that are passed over."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from loyalty_core.facts import STATUS_ACCOUNT
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Requirement, Tier
from loyalty_core.text import Text
from loyalty_core.validation.demands import asked, implies, span, unmet
from loyalty_core.validation.finding import Finding, contradiction, warning

_SHORTEST_MONTH_DAYS = 28


def unreachable_tiers(programme: Programme) -> Iterator[Finding]:
    """Tiers into which there is no way."""
    for name, why in ways_barred(programme).items():
        yield contradiction(
            f"tiers.{name}",
            "nobody can ever reach {tier}: {why}",
            "没有人能够达到 {tier}：{why}",
            tier=programme.tier_label(name),
            why=why,
        )


def ways_barred(programme: Programme) -> dict[str, Text]:
    """For each tier that nobody can reach, why not."""
    barred: dict[str, Text] = {}
    for below, tier in pairwise(programme.tiers):
        if tier.entry == "open" and not _open_offer(programme, tier):
            why = _barred(programme, tier, below.name in barred)
            if why is not None:
                barred[tier.name] = why
    return barred


def _open_offer(programme: Programme, tier: Tier) -> bool:
    begins = programme.effective_on
    return any(begins is None or o.last_day is None or o.last_day >= begins for o in tier.direct)


def _barred(programme: Programme, tier: Tier, below_is_barred: bool) -> Text | None:
    rule, demands = programme.qualification, _ways(tier)
    if not demands:
        return Text(
            "nothing reaches it, and its direct entries were over before the version holds",
            "没有任何达标条件，且直达活动在本版本生效前已结束",
        )
    if tier.admission.from_below and below_is_barred:
        return Text(
            "it admits members of the tier below only, which nobody reaches",
            "仅接受下一等级的会员，而下一等级无人能够达到",
        )
    if rule.upgrade == "at_review" and not rule.reviews and not any(t.valid_months for t in programme.tiers):
        return Text(
            "tiers rise at reviews, and the list of reviews is empty", "等级仅在评定日上升，而评定日列表为空"
        )
    reasons = [unmet(programme, demand) for demand in demands]
    return None if None in reasons else reasons[0]


def _ways(tier: Tier) -> list[Requirement]:
    """Demands of which one is enough; not that for newcomers whom the admission keeps out."""
    demand = asked(tier)
    early = tier.newcomer_days > tier.admission.member_months * _SHORTEST_MONTH_DAYS
    return [one for one in (demand, tier.newcomer if early else None) if one is not None]


def newcomer_rules_that_change_nothing(programme: Programme) -> Iterator[Finding]:
    """Newcomers who are not admitted yet, or of whom as much is asked as of all."""
    for tier in programme.tiers[1:]:
        if tier.newcomer is None:
            continue
        field, demand = f"tiers.{tier.name}.newcomer", asked(tier)
        if tier.newcomer not in _ways(tier):
            yield contradiction(
                field,
                "never applies: a member is a newcomer for {days} days, and admitted after {months} months",
                "永不适用：新会员期为 {days} 天，而入会满 {months} 个月才可进入该等级",
                days=tier.newcomer_days,
                months=tier.admission.member_months,
            )
        elif demand is not None and implies(programme, tier.newcomer, demand):
            yield warning(
                field,
                "makes nothing easier: who meets it meets what is asked of everybody",
                "并未放宽条件：满足它的会员也满足一般条件",
            )


def tiers_passed_over(programme: Programme) -> Iterator[Finding]:
    """Tiers that nobody holds, as whoever reaches them reaches a higher one with the same deeds."""
    for lower, upper in combinations(programme.tiers[1:], 2):
        easier, harder = asked(lower), asked(upper)
        free = not upper.admission.from_below and (
            upper.admission.member_months <= lower.admission.member_months
        )
        if easier and harder and free and implies(programme, easier, harder):
            yield contradiction(
                f"tiers.{lower.name}",
                "is passed over: whoever reaches it has reached {upper} as well",
                "会被跳过：达到该等级的会员同时已达到 {upper}",
                upper=upper.name,
            )


def keeping_harder_than_reaching(programme: Programme) -> Iterator[Finding]:
    """Tiers that a member loses with the very deeds that reach them."""
    for tier in programme.tiers[1:]:
        reach, keep, field = asked(tier), tier.keep, f"tiers.{tier.name}.keep"
        if reach is None or keep is None or reach == keep:
            continue
        if implies(programme, keep, reach) and not implies(programme, reach, keep):
            yield contradiction(
                field,
                "keeping {tier} asks for more than reaching it: who falls would reach it again at once",
                "保级条件高于升级条件：降级的会员随即又可升级（{tier}）",
                tier=tier.name,
            )
        elif _same_days(programme, reach, keep):
            for measure in reach.at_least.keys() & keep.at_least.keys():
                if keep.at_least[measure] > reach.at_least[measure]:
                    yield warning(
                        field,
                        "keeping asks for {measure} of {keep}, reaching for {reach} only",
                        "保级要求 {measure} 达 {keep}，升级仅要求 {reach}",
                        measure=measure,
                        keep=keep.at_least[measure],
                        reach=reach.at_least[measure],
                    )


def _same_days(programme: Programme, one: Requirement, other: Requirement) -> bool:
    return span(programme, one) == span(programme, other)


def keeping_nobody_can(programme: Programme) -> Iterator[Finding]:
    """What a review asks, where it can never be met: everybody falls."""
    for tier in programme.tiers[1:]:
        if tier.keep is not None and (why := unmet(programme, tier.keep)) is not None:
            yield contradiction(
                f"tiers.{tier.name}.keep",
                "nobody can ever keep {tier}: {why}",
                "没有人能够保住 {tier}：{why}",
                tier=tier.name,
                why=why,
            )


def keeping_never_asked(programme: Programme) -> Iterator[Finding]:
    """Conditions to keep a tier that no review looks at."""
    rule = programme.qualification
    for tier in programme.tiers[1:]:
        field = f"tiers.{tier.name}.keep"
        if tier.keep is not None and rule.downgrade == "never":
            yield warning(
                field,
                "is never asked: nobody falls (qualification.downgrade is never)",
                "从不评定：qualification.downgrade 为 never，无人降级",
            )
        elif tier.keep is not None and not rule.reviews and tier.valid_months is None:
            yield warning(
                field,
                "is never asked: there is no review, and the tier has no valid_months",
                "从不评定：没有评定日，且该等级未设有效期",
            )


def reviews_inside_the_year(programme: Programme) -> Iterator[Finding]:
    """Reviews that look at part of a calendar year only."""
    rule = programme.qualification
    inside = isinstance(rule.reviews, str) or set(rule.reviews) - {"01-01"}
    if not inside or rule.downgrade == "never":
        return
    for tier in programme.tiers[1:]:
        demand = tier.keep or asked(tier)
        looked_at = tier.entry == "open" and tier.valid_months is None
        if demand is not None and looked_at and span(programme, demand)[0] == "calendar":
            yield warning(
                f"tiers.{tier.name}",
                "reviews within the year look at the year so far: in February at one month of it",
                "年内评定只看当年至今：二月评定时仅有一个月的数据",
            )


def reviews_that_look_back_too_little(programme: Programme) -> Iterator[Finding]:
    """Reviews so far apart that some days lie in the window of none."""
    rule, apart = programme.qualification, _months_between_reviews(programme)
    for tier in programme.tiers[1:]:
        demand = tier.keep or asked(tier)
        if demand is None or tier.entry != "open" or tier.valid_months or rule.downgrade == "never":
            continue
        window, months = span(programme, demand)
        if window == "rolling" and months < apart:
            yield warning(
                f"tiers.{tier.name}",
                "reviews are up to {apart} months apart and look at the last {months}: what is done before "
                "keeps nobody's tier",
                "评定最长间隔 {apart} 个月，却只看最近 {months} 个月：此前的消费无助于保级",
                apart=apart,
                months=months,
            )


def _months_between_reviews(programme: Programme) -> int:
    """The most whole months from one review to the next; 0 where there is none."""
    reviews = programme.qualification.reviews
    if reviews == "monthly" or not reviews:
        return int(reviews == "monthly")
    months = [1] if reviews == "anniversary" else sorted(int(day[:2]) for day in reviews)
    return max(later - month for month, later in pairwise([*months, months[0] + 12]))


def conditions_of_the_lowest_tier(programme: Programme) -> Iterator[Finding]:
    """Conditions of a tier that everybody has anyway."""
    lowest = programme.tiers[0]
    for field in ("keep", "newcomer", "direct", "valid_months"):
        if getattr(lowest, field):
            yield warning(
                f"tiers.{lowest.name}.{field}",
                "has no effect: everybody has the lowest tier",
                "无效：所有会员都拥有最低等级",
            )


def fees(programme: Programme) -> Iterator[Finding]:
    """Fees that nobody pays."""
    for tier in programme.tiers:
        if tier.entry == "paid" and not tier.fee:
            yield warning(f"tiers.{tier.name}.fee", "a paid tier that costs nothing", "付费等级的费用为 0")
        elif tier.entry != "paid" and tier.fee:
            yield warning(
                f"tiers.{tier.name}.fee",
                "is never paid: the tier's entry is {entry}; make it paid",
                "不会收取：该等级的 entry 为 {entry}；请改为 paid",
                entry=tier.entry,
            )


def months_without_a_rolling_window(programme: Programme) -> Iterator[Finding]:
    """Lengths of windows that have none."""
    for tier in programme.tiers:
        for part in ("reach", "keep", "newcomer"):
            demand = getattr(tier, part)
            if demand is not None and demand.months and span(programme, demand)[0] != "rolling":
                yield warning(
                    f"tiers.{tier.name}.{part}.months",
                    "has no effect: only a rolling window has a length",
                    "无效：只有 rolling 窗口才有长度",
                )


def measures_that_no_tier_asks_for(programme: Programme) -> Iterator[Finding]:
    """Status points and activity scores that lead nowhere."""
    demands = [one for t in programme.tiers for one in (t.reach, t.keep, t.newcomer) if one is not None]
    measures = {measure for demand in demands for measure in demand.at_least}
    if programme.qualification.activity_scores and "activity_score" not in measures:
        yield warning(
            "qualification.activity_scores",
            "no tier asks for an activity score",
            "没有等级要求活跃分",
        )
    for rule in programme.earning.all_rules:
        if rule.account == STATUS_ACCOUNT and "status_points" not in measures:
            yield warning(
                f"earning.rules.{rule.name}.account", "no tier asks for status points", "没有等级要求成长值"
            )


TIER_CHECKS = (
    unreachable_tiers,
    newcomer_rules_that_change_nothing,
    tiers_passed_over,
    keeping_harder_than_reaching,
    keeping_nobody_can,
    keeping_never_asked,
    reviews_inside_the_year,
    reviews_that_look_back_too_little,
    conditions_of_the_lowest_tier,
    fees,
    months_without_a_rolling_window,
    measures_that_no_tier_asks_for,
)
