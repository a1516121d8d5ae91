"""Steps of a calibration: friends whom members bring, coupons, prepaid cards."""

from __future__ import annotations

from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Couponing, Storing
from simulation.calibration_findings import Findings
from simulation.evidence import Status, words
from simulation.habit_rates import (
    FEWEST_CHANCES,
    CardHabits,
    Rate,
    card_habits,
    coupons_used,
    referrals_a_year,
)

_FEW_COUPONS = words(
    f"default: fewer than {FEWEST_CHANCES} chances to use a coupon last year",
    f"默认值：去年可用券的机会不足 {FEWEST_CHANCES} 次",
)


def say_habits(found: Findings, history: History, programme: Programme, first_day: int) -> None:
    """What members do beside buying and redeeming, as far as a programme has it."""
    _say_referrals(found, referrals_a_year(history, programme, first_day))
    if programme.coupons:
        _say_coupons(found, coupons_used(history, programme, first_day))
    if programme.stored_value.bonuses:
        _say_cards(found, card_habits(history, first_day), programme)


def couponing_of(seen: Rate | None, default: Couponing) -> Couponing:
    """How often members think of their coupons, as a simulation sets out with it."""
    if seen is None:
        return default.model_copy(update={"source": _FEW_COUPONS.en})
    source = f"{seen.times:,} of {seen.chances:,.0f} chances of the last year taken"
    return Couponing(uses=round(seen.value, 6), status=Status.CALIBRATED, source=source)


def _say_referrals(found: Findings, seen: Rate | None) -> None:
    name = words("Friends whom a member brings in a year of being active", "活跃会员每年推荐的好友")
    if seen is None:
        why = words("no referral was told of last year", "去年没有推荐记录")
        found.refuse(f"Referrals keep the default of none: {why.en}.", f"推荐沿用默认值（无）：{why.zh}。")
        return
    # Joining counts all who join, however they came: so the rate is told, and not simulated beside it.
    source = words(
        f"{seen.times:,} referrals in {seen.chances:,.0f} active member-years; among those who join anyway",
        f"{seen.chances:,.0f} 活跃会员年中推荐 {seen.times:,} 人；已计入日常入会人数",
    )
    figure = (seen.value, *seen.rate_range)
    found.tell("referrals_a_year", name, "friends a year", figure, Status.CALIBRATED, source)


def _say_coupons(found: Findings, seen: Rate | None) -> None:
    default = found.behaviour.couponing
    found.behave(couponing=couponing_of(seen, default))
    name = words("Chances to use a coupon that are taken", "有券可用时实际用券的比例")
    if seen is None:
        figure = default.uses, None, None
        found.tell("coupons_used", name, "share", figure, Status.ASSUMPTION, _FEW_COUPONS)
        why = _FEW_COUPONS
        found.refuse(f"The use of coupons stays an assumption: {why.en}.", f"用券习惯沿用假设：{why.zh}。")
        return
    source = words(f"{seen.chances:,.0f} chances of the last year", f"去年 {seen.chances:,.0f} 次机会")
    found.tell("coupons_used", name, "share", (seen.value, *seen.share_range), Status.CALIBRATED, source)


def _say_cards(found: Findings, seen: CardHabits | None, programme: Programme) -> None:
    if seen is None:
        few = FEWEST_CHANCES
        why = words(f"fewer than {few} days of card holders last year", f"去年持卡会员的购买日不足 {few} 天")
        found.refuse(f"Prepaid cards keep the default: {why.en}.", f"储值卡沿用默认值：{why.zh}。")
        return
    tops_up = words("Top-ups where less is on the card than is bought for", "余额不足时充值的比例")
    pays = words("Days on which a card with money on it pays", "卡有余额时用卡付款的比例")
    rows = (
        ("card_holders", words("Members with a prepaid card", "持有储值卡的会员"), seen.holders),
        ("tops_up", tops_up, seen.tops_up),
        ("pays_by_card", pays, seen.pays),
    )
    for key, name, rate in rows:
        source = words(f"{rate.times:,} of {rate.chances:,.0f}", f"{rate.chances:,.0f} 中的 {rate.times:,}")
        found.tell(key, name, "share", (rate.value, *rate.share_range), Status.CALIBRATED, source)
    per_unit = 10**programme.currency_decimals
    found.behave(
        storing=Storing(
            holders=round(seen.holders.value, 6),
            tops_up=round(seen.tops_up.value, 6),
            pays=round(seen.pays.value, 6),
            amounts=tuple(one / per_unit for one in seen.amounts),
            status=Status.CALIBRATED,
            source=f"{seen.pays.chances:,.0f} days of card holders of the last year",
        )
    )
