"""A step of a calibration: how often the tiers of a programme are bought and renewed by its own past."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.membership_facts import RENEWAL_DAYS, PaidTerms, paid_terms
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import sells_tiers
from loyalty_core.tiers.known_tiers import with_own_tiers
from loyalty_core.timeline import latest, value_at
from simulation.calibration_findings import Findings
from simulation.evidence import Status, Words, words
from simulation.habit_rates import A_YEAR, FEWEST_CHANCES, Rate, usual_amounts
from simulation.subscribing import PaidTier, Subscribing

PRIOR_TERMS = 10  # so many terms weighs what is supposed beside those that have ended
FEWEST_TERMS = 30  # for a rate of renewal that the past tells
FEWEST_RENEWALS = 10  # for the days on which they are paid

_ENDED = "of {ended} terms that ended {renewed} renewed, beside a prior that weighs {prior}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMemberships:
    """Fees of last year that began a membership, of the sales with which one could have begun; renewals of
    terms that ended while their member was active, and of others, but for who had gone up; when these were
    paid (days from the first one not paid for); how often each tier was bought."""

    bought: Rate
    renewed: Rate
    renewed_silent: Rate
    days: Ints
    by_tier: Counter[str]

    @property
    def ended(self) -> int:
        return int(self.renewed.chances + self.renewed_silent.chances)


def memberships_seen(history: History, programme: Programme, first_day: int) -> SeenMemberships | None:
    """What happened before `first_day`; None for a programme that sells no tier."""
    if not sells_tiers(programme.tiers):
        return None
    history = with_own_tiers(history, programme)
    terms = paid_terms(history, programme)
    first = ~_has_a_term(terms, terms.member, terms.paid_on - 1)
    begun = first & (terms.paid_on >= first_day - A_YEAR) & (terms.paid_on < first_day)
    over = (terms.end + RENEWAL_DAYS < first_day) & ~_gone_up(terms)
    active = over & _was_active(history, programme, terms)
    following = np.append(terms.paid_on[1:], 0)[: len(terms.end)]
    return SeenMemberships(
        bought=Rate(int(begun.sum()), float(_chances_to_buy(history, programme, terms, first_day))),
        renewed=Rate(int(terms.renewed[active].sum()), float(active.sum())),
        renewed_silent=Rate(int(terms.renewed[over & ~active].sum()), float((over & ~active).sum())),
        days=(following - terms.end)[over & terms.renewed],
        by_tier=Counter(programme.tiers[tier].name for tier in terms.tier[begun].tolist()),
    )


def subscribing_of(seen: SeenMemberships | None, programme: Programme, default: Subscribing) -> Subscribing:
    """What a simulation sets out with: rates that the past tells, beside a prior where it tells little."""
    if seen is None:
        return default
    enough = seen.bought.chances >= FEWEST_CHANCES
    told = enough and seen.ended >= FEWEST_TERMS
    sales = f"{seen.bought.times:,} bought with {seen.bought.chances:,.0f} sales of the last year"
    terms = _ENDED.format(
        ended=f"{seen.ended:,}",
        renewed=f"{seen.renewed.times + seen.renewed_silent.times:,}",
        prior=PRIOR_TERMS,
    )
    return Subscribing(
        buys=round(seen.bought.value, 8) if enough else default.buys,
        renews=_beside_prior(seen.renewed, default.renews),
        renews_silent=_beside_prior(seen.renewed_silent, default.renews_silent),
        renewal_days=usual_amounts(seen.days) if len(seen.days) >= FEWEST_RENEWALS else default.renewal_days,
        tiers=tuple(
            PaidTier(name=one.name, weight=1 + seen.by_tier[one.name], usual_price=float(one.monthly_fee))
            for one in programme.tiers
            if one.entry == "paid"
        ),
        status=Status.CALIBRATED if told else Status.ASSUMPTION,
        source=f"{sales}; {terms}",
    )


def say_memberships(found: Findings, history: History, programme: Programme, first_day: int) -> None:
    """Who buys a tier, and who pays for it again."""
    seen, default = memberships_seen(history, programme, first_day), found.behaviour.subscribing
    if seen is None:
        return
    behaviour = subscribing_of(seen, programme, default)
    found.behave(subscribing=behaviour)
    name = words("Sales with which a tier is bought that is for sale", "带来付费等级开通的消费比例")
    source = words(
        f"{seen.bought.chances:,.0f} sales of the last year", f"去年 {seen.bought.chances:,.0f} 笔消费"
    )
    if seen.bought.chances >= FEWEST_CHANCES:
        range_of = seen.bought.share_range
        found.tell("tier_bought", name, "share", (behaviour.buys, *range_of), Status.CALIBRATED, source)
    else:
        few = words(f"fewer than {FEWEST_CHANCES} sales last year", f"去年消费不足 {FEWEST_CHANCES} 笔")
        found.tell("tier_bought", name, "share", (behaviour.buys, None, None), Status.ASSUMPTION, few)
        found.refuse(
            f"How often tiers are bought stays an assumption: {few.en}.",
            f"付费等级的开通率沿用假设：{few.zh}。",
        )
    renewed = words("Paid terms of active members that are renewed", "活跃付费会员的续费比例")
    silent = words("Paid terms of other members that are renewed", "非活跃付费会员的续费比例")
    _say_renewals(found, "tier_renewed", renewed, seen.renewed, default.renews)
    _say_renewals(found, "tier_renewed_silent", silent, seen.renewed_silent, default.renews_silent)


def _say_renewals(found: Findings, key: str, name: Words, seen: Rate, supposed: float) -> None:
    told = seen.chances >= FEWEST_TERMS
    source = words(
        f"{seen.times:,} of {seen.chances:,.0f}, beside a prior of {supposed:g} that weighs {PRIOR_TERMS}",
        f"{seen.chances:,.0f} 中的 {seen.times:,}，另计权重为 {PRIOR_TERMS} 的先验 {supposed:g}",
    )
    figure = (_beside_prior(seen, supposed), *_range_beside_prior(seen, supposed))
    found.tell(key, name, "share", figure, Status.CALIBRATED if told else Status.ASSUMPTION, source)
    if not told:
        few = f"{seen.chances:,.0f}"
        found.refuse(
            f"{name.en}: only {few} have ended, so the rate rests on an assumption.",
            f"{name.zh}：仅 {few} 个付费期已到期，该比例主要依据假设。",
        )


def _beside_prior(seen: Rate, supposed: float) -> float:
    return round((seen.times + supposed * PRIOR_TERMS) / (seen.chances + PRIOR_TERMS), 6)


def _range_beside_prior(seen: Rate, supposed: float) -> tuple[float, float]:
    """The 90 % range of a share whose prior is a Beta of that mean and weight."""
    from scipy.stats import beta

    yes = seen.times + supposed * PRIOR_TERMS
    low, high = beta.ppf([0.05, 0.95], yes, seen.chances + PRIOR_TERMS - yes)
    return float(low), float(high)


def _has_a_term(terms: PaidTerms, member: Ints, eve: Ints) -> Flags:
    """Whether those members had paid by the close of a day for a term that they may still renew."""
    has: Flags = _last_paid(terms, member, eve, terms.end + RENEWAL_DAYS) > eve
    return has


def _gone_up(terms: PaidTerms) -> Flags:
    """Whose member paid for a higher tier before the time to renew was over: there was nothing to decide."""
    higher: Flags = _last_paid(terms, terms.member, terms.end + RENEWAL_DAYS, terms.tier) > terms.tier
    return higher


def _last_paid(terms: PaidTerms, member: Ints, day: Ints, values: Ints) -> Ints:
    """The value of the term that each member paid for last by the close of a day; 0 where there is none."""
    order = np.lexsort((terms.paid_on, terms.member))
    row = latest(terms.member[order], terms.paid_on[order], member, day)
    return value_at(row, values[order], 0)


def _was_active(history: History, programme: Programme, terms: PaidTerms) -> Flags:
    """Whether members had bought of late when a term of theirs ended."""
    member, day = _sales(history)
    row = latest(member, day, terms.member, terms.end - 1)
    last = np.append(day, -(10**9))[row]
    active: Flags = last >= terms.end - programme.lifecycle.active_days
    return active


def _chances_to_buy(history: History, programme: Programme, terms: PaidTerms, first_day: int) -> int:
    """Sales of the last year by members below the highest tier for sale who had none to renew."""
    top = max(place for place, tier in enumerate(programme.tiers) if tier.entry == "paid")
    member, day = _sales(history)
    recent = (day >= first_day - A_YEAR) & (day < first_day)
    member, eve = member[recent], day[recent] - 1
    moves = history.tier_changes
    below = value_at(latest(moves.member, moves.day, member, eve), moves.to_tier, -1) < top
    return int((below & ~_has_a_term(terms, member, eve)).sum())


def _sales(history: History) -> tuple[Ints, Ints]:
    bought = history.purchases
    sale = (bought.member >= 0) & ~bought.refund
    return bought.member[sale], bought.day[sale].astype(np.int64)
