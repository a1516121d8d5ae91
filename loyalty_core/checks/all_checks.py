"""Named checks: true sentences about the facts, and the rows for which they are not true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from loyalty_core.checks import fact_checks as facts
from loyalty_core.checks import ledger_checks as ledger
from loyalty_core.checks import offer_checks as offers
from loyalty_core.checks import point_checks as points
from loyalty_core.checks import rollup_checks as rollups
from loyalty_core.checks.derivation_checks import derived_rows_are_those_that_the_programme_implies
from loyalty_core.checks.evidence import Evidence, RolledUp
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

Severity = Literal["broken", "warning"]


@dataclass(frozen=True, slots=True)
class Check:
    """A sentence that should be true; `offending` returns the rows for which it is not.

    `broken` means that figures are wrong or contradict each other; a `warning` that the source says
    something unlikely, which the figures take as it is.
    """

    sentence: Text
    severity: Severity
    offending: Callable[[Evidence], pd.DataFrame]

    @property
    def name(self) -> str:
        """The function's name, by which scripts know the check."""
        return self.offending.__name__


@dataclass(frozen=True, slots=True)
class Finding:
    """A check and the rows that offend it; none where its sentence is true."""

    check: Check
    rows: pd.DataFrame

    @property
    def breaks(self) -> bool:
        """True where figures cannot be trusted."""
        return self.check.severity == "broken" and len(self.rows) > 0


def findings(
    frames: Mapping[str, pd.DataFrame],
    programme: Programme,
    rolled_up: Iterable[RolledUp] = (),
    versions: Sequence[Programme] = (),
) -> Iterator[Finding]:
    """The finding of every check, one after the other.

    `frames` hold the fact tables by name, in the columns of `evidence.COLUMNS` at least, those that may
    be derived with the column `evidence.DERIVED`; `versions` are told by `Evidence`.
    """
    evidence = Evidence(frames, programme, rolled_up, versions)
    for check in CHECKS:
        yield Finding(check, check.offending(evidence).reset_index(drop=True))


def _broken(offending: Callable[[Evidence], pd.DataFrame], en: str, zh: str) -> Check:
    return Check(Text(en, zh), "broken", offending)


def _warning(offending: Callable[[Evidence], pd.DataFrame], en: str, zh: str) -> Check:
    return Check(Text(en, zh), "warning", offending)


CHECKS: tuple[Check, ...] = (
    _broken(facts.every_key_stands_once, "Every key stands once.", "每个主键只出现一次。"),
    _broken(
        facts.every_value_is_as_declared,
        "Every value is filled, among the choices and within bounds as declared.",
        "每个值都符合字段声明：必填项已填，取值在允许范围内。",
    ),
    _broken(
        facts.sales_are_not_negative_and_refunds_not_positive,
        "Sales are not negative and refunds not positive.",
        "销售金额不为负，退款金额不为正。",
    ),
    _broken(
        ledger.every_entry_has_a_known_kind_and_sign,
        "Every entry has a known kind, and its sign fits the kind.",
        "每条积分账目的类型已知，且正负号与类型相符。",
    ),
    _broken(
        ledger.no_account_is_ever_overdrawn,
        "No account is ever overdrawn, save by a claw-back.",
        "除退款追回外，任何账户都不透支。",
    ),
    _broken(
        points.pending_points_are_not_spent_before_their_day,
        "No points are spent before the day on which they become available.",
        "待生效积分在生效日之前不被使用。",
    ),
    _broken(
        points.stored_value_is_never_overdrawn,
        "Stored value is never overdrawn.",
        "储值从不透支。",
    ),
    _broken(
        ledger.opening_plus_movements_equals_closing,
        "In every month, opening balance plus movements equals the closing balance.",
        "每月期初余额加变动等于期末余额。",
    ),
    _broken(
        ledger.nothing_expires_early_or_twice,
        "No points expire before their day, and none twice.",
        "积分不提前过期，也不重复过期。",
    ),
    _warning(
        ledger.no_points_outlive_their_expiry,
        "No points are still there after the day they expire.",
        "积分到期后不再留在账户中。",
    ),
    _warning(
        points.points_are_available_before_they_expire,
        "Points become available before they expire.",
        "积分先生效，后到期。",
    ),
    _warning(
        points.no_refund_restores_more_than_was_spent,
        "No refund gives back more points or stored value than the sale was paid with.",
        "退款退回的积分或储值不超过该笔消费所用。",
    ),
    _warning(
        points.no_claw_back_exceeds_what_was_earned,
        "No refund takes back more points than the sale had earned.",
        "退款追回的积分不超过该笔消费所得。",
    ),
    _broken(
        ledger.tier_changes_form_a_chain,
        "Every tier change begins at the tier where the last one ended.",
        "每次等级变动都从上一次的等级开始。",
    ),
    _broken(
        ledger.every_tier_is_one_of_the_programme,
        "Every tier is one that the programme declares.",
        "每个等级都在会员计划中声明。",
    ),
    _broken(
        derived_rows_are_those_that_the_programme_implies,
        "Derived entries and tier changes are those that the programme in force implies.",
        "推算的积分账目与等级变动与现行会员计划一致。",
    ),
    _broken(
        rollups.roll_ups_are_what_a_recount_gives,
        "Roll-ups are what a recount of the facts gives.",
        "汇总与按事实重新计数的结果一致。",
    ),
    _warning(
        facts.every_member_of_a_fact_is_known,
        "Every member that a fact names is among the members.",
        "事实中出现的会员都在会员名单中。",
    ),
    _warning(
        facts.nobody_leaves_before_joining,
        "Nobody leaves before joining.",
        "没有会员在入会之前退会。",
    ),
    _warning(
        facts.nothing_happens_before_joining,
        "Nothing happens to a member before joining.",
        "会员入会之前没有任何记录。",
    ),
    _warning(
        facts.nothing_happens_after_leaving,
        "A member who has left neither buys, earns, redeems nor acts.",
        "会员退会之后不再消费、积分、兑换或互动。",
    ),
    _warning(
        facts.every_refund_names_a_known_sale,
        "Every refund that names a sale names one of the same member.",
        "退款所指的销售存在，且属于同一会员。",
    ),
    _warning(
        facts.no_refund_exceeds_its_sale,
        "No more is refunded than was paid.",
        "退款不超过原销售金额。",
    ),
    _warning(
        facts.every_campaign_named_is_known,
        "Every campaign that a contact or coupon names is known.",
        "触达与优惠券所属的活动均已知。",
    ),
    _warning(
        facts.every_goal_in_numbers_can_be_told,
        "Every goal of a campaign in numbers names a metric that campaigns have.",
        "活动目标中的数值都对应活动已有的指标。",
    ),
    _warning(
        facts.every_contact_runs_forward,
        "Contacts are delivered, then opened, then clicked.",
        "触达先送达，再打开，后点击。",
    ),
    _warning(
        offers.rewards_are_given_as_declared,
        "Rewards are given on their dates, to their tiers, after the spend they ask for.",
        "奖品在规定日期内、按规定等级兑换，并满足当日消费要求。",
    ),
    _warning(
        offers.no_more_is_given_than_there_is,
        "No reward is given of which none is left.",
        "奖品兑换不超过库存。",
    ),
    _warning(
        offers.coupons_are_used_by_their_rules,
        "Coupons are used when, where, by whom, from which spend and as often as they may be.",
        "优惠券在有效期内、适用范围与等级内使用，达到最低消费，且不超过每人使用上限。",
    ),
    _warning(
        offers.coupons_of_one_purchase_go_together,
        "Coupons used for one purchase may be used together.",
        "同一笔消费使用的优惠券可以叠加。",
    ),
)
