"""The lists of members to turn to: who is on each, why, with what offer, and the money that is at stake.

A list reads the `portraits` of a day and nothing else. What is at stake is the spending that the offer asks
for, in minor units; `listing` makes an expected gain of it and ranks by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from loyalty_core.actions import reasons
from loyalty_core.actions.sight import Sight
from loyalty_core.arrays import Flags, Ints
from loyalty_core.text import Text

CHURNS_WITHIN_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionList:
    """One list: `members` are on it, each with money at `stake` and a `reason` (of a row of portraits)."""

    name: str
    label: Text
    meaning: Text
    offer: Text
    at_stake: Text
    campaign: str  # the kind of campaign as which it is recorded
    members: Callable[[Sight], Flags]
    stake: Callable[[Sight], Ints]
    reason: Callable[[Sight, int], Text]


def _churning(sight: Sight) -> Flags:
    due: Flags = sight.silent & (sight.silence > sight.programme.lifecycle.silent_days - CHURNS_WITHIN_DAYS)
    return due


def _waking(sight: Sight) -> Flags:
    waking: Flags = sight.silent & ~_churning(sight)
    return waking


def _low(sight: Sight) -> Flags:
    low: Flags = (sight.column("top_up") > 0) & (sight.column("stored_value") < sight.low_mark)
    return low


def _of(column: str) -> Callable[[Sight], Flags]:
    return lambda sight: sight.column(column) > 0


def _usual_order(sight: Sight) -> Ints:
    return sight.usual_order


def _missing(column: str) -> Callable[[Sight], Ints]:
    """The spending that is missing; the usual purchase where it is not spending that is."""
    return lambda sight: np.where(sight.column(column) > 0, sight.column(column), sight.usual_order)


_A_PURCHASE = Text("a usual purchase of the member", "会员一笔惯常消费")
LISTS: dict[str, ActionList] = {
    one.name: one
    for one in (
        ActionList(
            name="wake_up",
            label=Text("Wake up", "沉默唤醒"),
            meaning=Text("Silent, and not about to churn.", "沉默会员，且尚未临近流失。"),
            offer=Text("A coupon for the next purchase, for two weeks.", "下次消费优惠券，两周内有效。"),
            at_stake=_A_PURCHASE,
            campaign="wake_up",
            members=_waking,
            stake=_usual_order,
            reason=reasons.why_silent,
        ),
        ActionList(
            name="about_to_churn",
            label=Text("About to churn", "临近流失"),
            meaning=Text(
                "Silent, and churned within 30 days unless they buy.", "沉默会员，若不消费将在 30 天内流失。"
            ),
            offer=Text("A personal call or message, with a larger coupon.", "专人联系并赠送较大面额优惠券。"),
            at_stake=_A_PURCHASE,
            campaign="wake_up",
            members=_churning,
            stake=_usual_order,
            reason=reasons.why_churning,
        ),
        ActionList(
            name="near_upgrade",
            label=Text("Near upgrade", "临近升级"),
            meaning=Text("At least 90% of the way to the next tier.", "已完成下一等级条件的 90% 以上。"),
            offer=Text("Tell what is missing, and what the tier brings.", "告知差额与升级后的权益。"),
            at_stake=Text("the spending that is missing", "升级所差的消费额"),
            campaign="near_upgrade",
            members=_of("near_upgrade"),
            stake=_missing("missing"),
            reason=reasons.why_up,
        ),
        ActionList(
            name="about_to_drop",
            label=Text("About to drop", "临近降级"),
            meaning=Text(
                "Would lose the tier at the next review as things stand.", "按目前情况下次复核将降级。"
            ),
            offer=Text("Remind of the review, and of what would keep the tier.", "提醒复核日期与保级所需。"),
            at_stake=Text("the spending that would keep the tier", "保级所差的消费额"),
            campaign="about_to_drop",
            members=_of("near_downgrade"),
            stake=_missing("missing_to_keep"),
            reason=reasons.why_down,
        ),
        ActionList(
            name="points_expiring",
            label=Text("Points about to expire", "积分即将过期"),
            meaning=Text("Points go within 60 days as things stand.", "按目前情况 60 天内有积分过期。"),
            offer=Text("Remind of the points, with rewards within reach.", "提醒积分到期，推荐可兑换礼品。"),
            at_stake=_A_PURCHASE,
            campaign="points_expiring",
            members=_of("points_due"),
            stake=_usual_order,
            reason=reasons.why_due,
        ),
        ActionList(
            name="low_stored_value",
            label=Text("Low stored value", "储值余额不足"),
            meaning=Text(
                "Topped up before, and below the programme's mark of a low balance.",
                "曾充值，余额低于体系设定的提醒线。",
            ),
            offer=Text("A bonus on the next top-up.", "下次充值赠送。"),
            at_stake=Text("a usual top-up of the member", "会员一次惯常充值"),
            campaign="low_stored_value",
            members=_low,
            stake=lambda sight: sight.column("top_up"),
            reason=reasons.why_low,
        ),
        ActionList(
            name="birthday",
            label=Text("Birthday coming", "生日将至"),
            meaning=Text("Birthday within 30 days.", "30 天内生日。"),
            offer=Text("A birthday greeting with a coupon.", "生日祝福与优惠券。"),
            at_stake=_A_PURCHASE,
            campaign="birthday",
            members=lambda sight: sight.days_to_birthday >= 0,
            stake=_usual_order,
            reason=reasons.why_birthday,
        ),
    )
}
