"""The demo's calendar of campaigns: what each is called, whom it is for, and what it gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loyalty_core.days import month_ends, month_starts, to_date
from loyalty_core.rules.programme import Programme
from simulation.campaigns import Campaign

SETTLING_MONTHS = 3  # before the first campaign, so that there is somebody to win back
RUNNING_DAYS, AHEAD_DAYS = 10, 12  # since the last campaign began, until the next one does
COST_MINOR = {"sms": 8, "mail": 2, "app": 1, "wechat": 3}  # of a contact


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A campaign with its words. `coupon` names the rule of the coupons that it hands out, "" for none."""

    campaign: Campaign
    name: str  # in both languages: "English · 中文"
    goal: str
    coupon: str = ""


def offers_of(programme: Programme, days: tuple[int, int]) -> tuple[Offer, ...]:
    """All campaigns in the order of their first days; the last one is planned for after the last day."""
    first, last = days
    begins = [int(day) for day in month_starts(first + 1, last)]
    tiers = tuple(at for at, tier in enumerate(programme.tiers) if at > 1 and tier.entry == "open")
    found = [offer for nth, day in enumerate(begins, 1) for offer in _of_month(nth, day, tiers)]
    found = [one for one in found if one.campaign.kind != "double_points" or one.campaign.ends_on < last - 31]
    second_half = begins[len(begins) // 2 :]
    found += [
        _birthdays(day, second_half[nth : nth + 3][-1]) for nth, day in enumerate(second_half) if nth % 3 == 0
    ]
    found += [_double_points(last - RUNNING_DAYS, 22), _double_points(last + AHEAD_DAYS + 22, 7)]
    return tuple(sorted(found, key=lambda offer: offer.campaign.starts_on))


def _of_month(nth: int, day: int, tiers: tuple[int, ...]) -> Iterator[Offer]:
    """What begins in the nth month: a rhythm of six months."""
    if nth < SETTLING_MONTHS:
        return
    turn = nth % 6
    if turn in (0, 3):
        yield _wake_up(day + 9)
    if turn == 3 and nth > 6:
        yield _win_back(day + 12)
    if turn == 5:
        yield _double_points(day + 16, 7)
    if turn == 4:
        yield _member_day(day + 6, tiers)
    if turn in (2, 5):
        yield _coupon_drop(day + 10)


def _wake_up(day: int) -> Offer:
    return _offer(
        "wake_up",
        day,
        21,
        "Wake-up: we miss you · 沉默唤醒",
        "lift >= 4%; Silent members buy again within three weeks · 沉默会员三周内再次消费",
        channel="sms",
        after_days=91,
        until_days=180,
        lift=0.5,
        returns=0.06,
    )


def _win_back(day: int) -> Offer:
    return _offer(
        "win_back",
        day,
        21,
        "Win-back: come home · 流失召回",
        "response_rate >= 8%; Churned members buy again within three weeks · 流失会员三周内再次消费",
        coupon="come_back",
        channel="mail",
        after_days=181,
        until_days=400,
        lift=0.35,
        returns=0.045,
    )


def _double_points(day: int, length_days: int) -> Offer:
    return _offer(
        "double_points",
        day,
        length_days,
        "Double points · 双倍积分",
        "More members buy while points count twice · 双倍积分期间带动更多会员消费",
        channel="app",
        until_days=180,
        lift=0.3,
    )


def _member_day(day: int, tiers: tuple[int, ...]) -> Offer:
    return _offer(
        "member_day",
        day,
        2,
        "Member day · 会员日",
        "Higher tiers buy on the 8th · 高等级会员在 8 日消费",
        channel="app",
        tiers=tiers,
        lift=0.8,
        held_out=0.0,
    )


def _coupon_drop(day: int) -> Offer:
    return _offer(
        "coupon",
        day,
        21,
        "Page-turner coupons · 好书券",
        "coupon_redemption_rate >= 16.7%; return_on_campaign >= 25%; "
        "A sixth of the coupons redeemed · 核销六分之一的优惠券",
        coupon="page_turner",
        channel="wechat",
        until_days=120,
        lift=0.25,
        returns=0.02,
        held_out=0.15,
    )


def _birthdays(day: int, last_month: int) -> Offer:
    """Month by month up to the end of the last one."""
    length_days = int(month_ends(last_month, last_month + 31)[0]) - day + 1
    return _offer(
        "birthday",
        day,
        length_days,
        "Birthday months · 生日月",
        "Members treat themselves in the month of their birthday · 会员在生日月消费",
        coupon="birthday",
        channel="wechat",
        until_days=365,
        birthday="month",
        rhythm="monthly",
        lasts_days=30,
        lift=0.4,
        returns=0.03,
    )


def _offer(
    kind: str, day: int, length_days: int, name: str, goal: str, *, coupon: str = "", **more: object
) -> Offer:
    """The month is part of the name, as the same campaign comes again."""
    month = f"{to_date(day):%Y-%m}"
    campaign = Campaign(
        campaign_id=f"{month}-{kind.replace('_', '-')}",
        kind=kind,
        starts_on=day,
        ends_on=day + length_days - 1,
        **more,  # type: ignore[arg-type]
    )
    en, zh = name.split(" · ")
    return Offer(campaign=campaign, name=f"{en} {month} · {zh} {month}", goal=goal, coupon=coupon)
