"""Contradictions about what points buy and how long they last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER, to_day
from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.points.expiring import expires_on
from loyalty_core.rules.programme import Programme
from loyalty_core.validation.best_earning import best_earnings
from loyalty_core.validation.demands import most_earned
from loyalty_core.validation.finding import Finding, contradiction, warning
from loyalty_core.validation.tier_contradictions import ways_barred

_DAYS = np.arange(to_day(date(2024, 1, 1)), to_day(date(2028, 1, 1)), dtype=np.int32)
_ROUNDED_MONTHS = {None: 0, "month": 1, "quarter": 3, "year": 12}
# A reward is out of reach where it asks for so many times what the highest tier asks for.
_OUT_OF_REACH = 3


def points_gone_before_they_may_be_spent(programme: Programme) -> Iterator[Finding]:
    """Points that expire while they are pending."""
    life = _life_days(programme)
    if life is None or not programme.pending.days:
        return
    usable = life - programme.pending.days
    if (usable <= 0).all():
        yield contradiction(
            "expiry",
            "all points are gone before they may be spent: they are pending for {days} days",
            "所有积分在可用之前就已失效：待生效期为 {days} 天",
            days=programme.pending.days,
        )
    elif (usable <= 0).any():
        yield warning(
            "expiry",
            "points earned on {share}% of all days are gone before they may be spent",
            "全年 {share}% 的日子所得积分在可用之前就已失效",
            share=round(100 * float((usable <= 0).mean())),
        )


def _life_days(programme: Programme) -> Ints | None:
    """Days from earning to expiry, by day of earning; None where points stay."""
    rule = programme.expiry
    gone = expires_on(rule, _DAYS)
    if rule.inactivity_months is not None:
        fixed = rule.model_copy(update={"months": rule.inactivity_months, "on": None, "rounded_to": None})
        gone = np.minimum(gone, expires_on(fixed, _DAYS))
    return None if (gone == NEVER).all() else gone - _DAYS


def rewards_out_of_reach(programme: Programme) -> Iterator[Finding]:
    """Rewards that ask for more points than anybody has before they expire."""
    months = _life_months(programme)
    if months is None:
        return
    most = most_earned(programme, POINTS_ACCOUNT, months)
    for reward in programme.rewards:
        price = min([reward.points, *reward.points_by_tier.values()])
        if most is not None and Fraction(price) > most:
            yield contradiction(
                f"rewards.{reward.name}.points",
                "nobody can afford it: caps allow {most} points in the {months} months that points last",
                "没有人能够兑换：积分有效的 {months} 个月内，上限只允许获得 {most} 积分",
                most=float(most),
                months=months,
            )
        else:
            yield from _dear(programme, reward.name, programme.point_units(price), months)


def _dear(programme: Programme, name: str, price: int, months: int) -> Iterator[Finding]:
    highest = max(programme.thresholds_minor)
    rate = max(earning.per_minor for earning in best_earnings(programme))
    if not highest or not rate or programme.qualification.window == "since_joining":
        return
    year = programme.qualification.months if programme.qualification.window == "rolling" else 12
    needed, usual = price / rate, Fraction(highest * months, year)
    if needed > _OUT_OF_REACH * usual:
        yield warning(
            f"rewards.{name}.points",
            "few can afford it: {needed} must be spent in the {months} months that points last, {times} "
            "times what the highest tier asks for",
            "很少有人能够兑换：须在积分有效的 {months} 个月内消费 {needed}，为最高等级要求的 {times} 倍",
            needed=f"{float(needed) / 10**programme.currency_decimals:,.0f} {programme.currency}",
            months=months,
            times=int(needed / usual),
        )


def _life_months(programme: Programme) -> int | None:
    """The longest that points last, in months; None where they stay."""
    rule = programme.expiry
    if rule.on is not None:
        return (rule.months or 0) + 12
    return None if rule.months is None else rule.months + _ROUNDED_MONTHS[rule.rounded_to]


def points_that_buy_nothing(programme: Programme) -> Iterator[Finding]:
    """Points for which there is nothing to have."""
    if not programme.rewards and programme.points_as_cash is None:
        yield warning(
            "rewards",
            "points buy nothing that the document names: no reward, and no points as cash",
            "积分没有任何用途：未设置权益，也不能抵现",
        )


def points_that_pay_no_share(programme: Programme) -> Iterator[Finding]:
    """Points as cash that may pay for no part of a purchase, in any tier."""
    cash = programme.points_as_cash
    if cash is None:
        return
    shares = [cash.largest_share_by_tier.get(tier.name, cash.largest_share) for tier in programme.tiers]
    if not any(shares):
        yield contradiction(
            "points_as_cash.largest_share",
            "points pay for nothing: at most 0% of a purchase",
            "积分无法抵现：最多只能抵扣消费的 0%",
        )


def rewards_never_offered(programme: Programme) -> Iterator[Finding]:
    """Rewards that nobody can have whatever they have, and discounts that never hold."""
    barred, begins = set(ways_barred(programme)), programme.effective_on
    for reward in programme.rewards:
        field = f"rewards.{reward.name}"
        if reward.stock == 0:
            yield warning(f"{field}.stock", "there is none to be had", "库存为 0，无法兑换")
        if reward.tiers and set(reward.tiers) <= barred:
            yield contradiction(f"{field}.tiers", "nobody reaches its tiers", "没有人能够达到其适用等级")
        if begins and reward.last_day and reward.last_day < begins:
            yield _over(f"{field}.last_day", reward.last_day, begins)
        for place, one in enumerate(reward.discounts):
            here = f"{field}.discounts.{place}"
            apart = (reward.first_day and one.last_day < reward.first_day) or (
                reward.last_day and one.first_day > reward.last_day
            )
            if begins and one.last_day < begins:
                yield _over(f"{here}.last_day", one.last_day, begins)
            elif apart:
                yield contradiction(here, "lies outside the days of the reward", "不在该权益的提供期内")
            elif one.percent == 100:
                yield warning(f"{here}.percent", "reduces nothing", "没有任何折扣")
            elif one.tiers and reward.tiers and not set(one.tiers) & set(reward.tiers):
                yield contradiction(f"{here}.tiers", "none of its tiers may have it", "其等级均不可兑换")


def prices_of_tiers_that_may_not_have_it(programme: Programme) -> Iterator[Finding]:
    """Prices and minimum balances that change nothing."""
    for reward in programme.rewards:
        field = f"rewards.{reward.name}"
        for part in ("points_by_tier", "minimum_balance"):
            outside = set(getattr(reward, part)) - set(reward.tiers)
            if reward.tiers and outside:
                yield warning(
                    f"{field}.{part}",
                    "has no effect for {tier}, which may not have the reward",
                    "对 {tier} 无效：该等级不可兑换",
                    tier=min(outside),
                )
        for tier, least in reward.minimum_balance.items():
            if least <= reward.points_by_tier.get(tier, reward.points) and not reward.discounts:
                yield warning(
                    f"{field}.minimum_balance.{tier}",
                    "has no effect: the price is as high",
                    "无效：兑换价格不低于该余额",
                )


def coupons_never_valid(programme: Programme) -> Iterator[Finding]:
    """Coupons that take nothing off, or pay a purchase whole."""
    barred, begins = set(ways_barred(programme)), programme.effective_on
    for coupon in programme.coupons:
        field = f"coupons.{coupon.name}"
        if begins and coupon.last_day and coupon.last_day < begins:
            yield _over(f"{field}.last_day", coupon.last_day, begins)
        if coupon.tiers and set(coupon.tiers) <= barred:
            yield contradiction(f"{field}.tiers", "nobody reaches its tiers", "没有人能够达到其适用等级")
        if coupon.face_value == 0 or coupon.largest == 0:
            yield contradiction(field, "takes nothing off", "没有任何优惠")
        elif coupon.face_value and coupon.minimum_spend <= coupon.face_value:
            yield warning(
                f"{field}.minimum_spend",
                "pays a purchase of up to {face} whole",
                "可全额抵扣不超过 {face} 的消费",
                face=coupon.face_value,
            )


def _over(field: str, last: date, begins: date) -> Finding:
    return contradiction(
        field,
        "is over on {last}, before the version takes effect on {begins}",
        "于 {last} 结束，早于本版本的生效日 {begins}",
        last=last,
        begins=begins,
    )


REWARD_CHECKS = (
    points_gone_before_they_may_be_spent,
    rewards_out_of_reach,
    points_that_buy_nothing,
    points_that_pay_no_share,
    rewards_never_offered,
    prices_of_tiers_that_may_not_have_it,
    coupons_never_valid,
)
