"""What points owe, in the section Points of the dictionary; of the account points."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from loyalty_core.counting.cohorts import LOT_AGE, LOT_EXPIRY, LOT_SLICES
from loyalty_core.counting.cuts import MEMBER_SLICES
from loyalty_core.metrics.metric import Kind, Metric, Section, Term, Unit, times
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

_LOTS = MEMBER_SLICES | LOT_SLICES


def minor_per_point_unit(programme: Programme) -> Fraction | None:
    """Minor units of money that one point unit costs when it is redeemed; None where none is declared."""
    if programme.cost_per_point == 0:
        return None
    return Fraction(programme.cost_per_point) * Fraction(
        10**programme.currency_decimals, 10**programme.point_decimals
    )


def _given_back(programme: Programme) -> Fraction | None:
    """As `minor_per_point_unit`, where it is taken off."""
    cost = minor_per_point_unit(programme)
    return None if cost is None else -cost


def _finance(name: str, kind: Kind, unit: Unit, direction: int, label: Text, **more: Any) -> Metric:
    declared: dict[str, Any] = {"slices": _LOTS} | more
    return Metric(
        name=name,
        section=Section.POINTS,
        kind=kind,
        unit=unit,
        direction=direction,
        label=label,
        **declared,
    )


def _ends(name: str, label: Text, **more: Any) -> Iterator[Metric]:
    """The low and the high end of a metric's interval, each with what `more` says of it: of the points
    expected, those at that end stand in the place of `END`."""
    for end, en, zh in (("low", "low", "下"), ("high", "high", "上")):
        yield _finance(
            f"{name}_{end}",
            more["kind"],
            more["unit"],
            more["direction"],
            Text(f"{label.en}, {en} end", f"{label.zh}（{zh}限）"),
            meaning=Text(
                f"The {en} end of the 95% interval: how far redemption scatters around its development from "
                "month to month and from cohort to cohort. Unknown where the triangle is too small to tell.",
                f"95% 区间的{zh}限：兑换在各月、各批次之间围绕进展规律的波动；三角形太小而无从判断时为未知。",
            ),
            formula=_MACK,
            top=more["top"](end),
            bottom=more.get("bottom", ()),
            known_by="points_in_interval",
        )


_MACK = Text(
    "with the points expected to be redeemed at that end of their log-normal 95% interval; "
    "standard error of chain ladder by Mack (1993)",
    "取预计兑换积分对数正态 95% 区间的相应一端；链梯法标准误（1993 年马克公式）",
)


def _redeemed_at(end: str) -> tuple[Term, ...]:
    return Term("lot_points_redeemed", times(1)), Term(f"points_expected_{end}", times(1))


def _lost_at(end: str) -> tuple[Term, ...]:
    """What is never redeemed is little where much is redeemed."""
    other = {"low": "high", "high": "low"}[end]
    redeemed = (Term(part.column, times(-1)) for part in _redeemed_at(other))
    return Term("lot_points_issued", times(1)), *redeemed


def _broken_at(end: str) -> tuple[Term, ...]:
    """What the open points that are never redeemed would have cost."""
    other = {"low": "high", "high": "low"}[end]
    return Term("lot_points_left", minor_per_point_unit), Term(f"points_expected_{other}", _given_back)


FINANCE: tuple[Metric, ...] = (
    _finance(
        "lot_redemption_rate",
        Kind.RATIO,
        Unit.SHARE,
        1,
        Text("Redemption of lots", "批次兑换率"),
        meaning=Text(
            "Of the points issued more than 12 months ago or past their expiry, the share "
            "redeemed so far. Clawed-back, adjusted and transferred points are no part of either.",
            "发放超过 12 个月或已到期的积分中，截至统计日已兑换的比例；收回、调整与转出的积分不计入。",
        ),
        formula=Text(
            "redeemed of lots older than 12 months or expired ÷ points issued in them",
            "账龄超过 12 个月或已到期批次的已兑换积分 ÷ 其发放积分",
        ),
        top="mature_points_redeemed",
        bottom=("mature_points_issued",),
    ),
    _finance(
        "ultimate_redemption_rate",
        Kind.RATIO,
        Unit.SHARE,
        1,
        Text("Ultimate redemption rate", "最终兑换率"),
        meaning=Text(
            "Of all points issued so far, the share that members are expected to redeem sooner or later: "
            "those redeemed already, and those that still will be if it goes on as with the points of "
            "earlier months. While nobody has redeemed any, all of them are expected to be.",
            "迄今发放的积分中，预计会员早晚会用掉的比例：已兑换的，加上剩余积分中按以往各月积分的兑换节奏还会兑换的。"
            "尚无任何兑换记录时，按全部都会兑换计算。",
        ),
        formula=Text(
            "(redeemed + points expected to be redeemed) ÷ points issued; "
            "chain ladder, Bornhuetter–Ferguson for young cohorts",
            "（已兑换 + 预计兑换的积分）÷ 发放积分；链梯法，较新批次用先验修正法",
        ),
        top=(Term("lot_points_redeemed", times(1)), Term("points_expected", times(1))),
        bottom=("lot_points_issued",),
        bounds=("ultimate_redemption_rate_low", "ultimate_redemption_rate_high"),
    ),
    _finance(
        "breakage_rate",
        Kind.RATIO,
        Unit.SHARE,
        0,
        Text("Breakage rate", "预计失效率"),
        meaning=Text(
            "Of all points issued so far, the share that will never be redeemed.",
            "迄今发放的积分中最终不会被兑换的比例。",
        ),
        formula=Text("1 − ultimate_redemption_rate", "1 − ultimate_redemption_rate"),
        top=(
            Term("lot_points_issued", times(1)),
            Term("lot_points_redeemed", times(-1)),
            Term("points_expected", times(-1)),
        ),
        bottom=("lot_points_issued",),
        bounds=("breakage_rate_low", "breakage_rate_high"),
    ),
    _finance(
        "points_ageing",
        Kind.STOCK,
        Unit.POINTS,
        0,
        Text("Points by age", "积分账龄"),
        meaning=Text(
            "Points that lots still hold, by months since they were earned; with what members owe "
            "subtracted they add up to the points outstanding.",
            "各批次尚存的积分，按获得至今的月数划分；减去会员所欠积分后等于积分余额。",
        ),
        formula=Text("Σ left of lots of that age", "Σ 该账龄批次的剩余积分"),
        top="lot_points_left",
        per=LOT_AGE,
    ),
    _finance(
        "points_to_expiry",
        Kind.STOCK,
        Unit.POINTS,
        0,
        Text("Points by time to expiry", "积分距失效时间"),
        meaning=Text(
            "Points that lots still hold, by months until they expire; ≤ 0 are past their expiry and still "
            "there, ∞ never expire.",
            "各批次尚存的积分，按距失效的月数划分；≤ 0 为已到期而尚未清除，∞ 为永不失效。",
        ),
        formula=Text("Σ left of lots with that time to expiry", "Σ 距失效为该月数的批次的剩余积分"),
        top="lot_points_left",
        per=LOT_EXPIRY,
    ),
    _finance(
        "points_expected",
        Kind.STOCK,
        Unit.POINTS,
        0,
        Text("Points expected to be redeemed", "预计兑换积分"),
        meaning=Text(
            "Of the points that lots still hold, those that will be redeemed, by the development of the "
            "earn-month cohorts of the whole programme.",
            "各批次尚存的积分中，按整个会员体系各获得月份的兑换进展推算将被兑换的部分。",
        ),
        formula=Text(
            "Σ over earn months: left × expected share of what is left",
            "Σ 各获得月份：剩余积分 × 剩余积分的预计兑换比例",
        ),
        top="points_expected",
        bounds=("points_expected_low", "points_expected_high"),
    ),
    _finance(
        "points_liability",
        Kind.STOCK,
        Unit.MONEY,
        -1,
        Text("Points liability", "积分负债"),
        meaning=Text(
            "What the points that are still to be redeemed will cost; unknown where the programme declares "
            "no cost per point.",
            "尚待兑换的积分预计的成本；未设单位积分成本时为未知。",
        ),
        formula=Text(
            "Σ over earn months: issued × max(ultimate redemption rate − redeemed share, 0) × cost per point",
            "Σ 各获得月份：发放积分 ×（最终兑换率 − 已兑换比例，不小于 0）× 单位积分成本",
        ),
        top=(Term("points_expected", minor_per_point_unit),),
        bounds=("points_liability_low", "points_liability_high"),
    ),
    _finance(
        "points_breakage",
        Kind.STOCK,
        Unit.MONEY,
        0,
        Text("Breakage in money", "预计失效金额"),
        meaning=Text(
            "What those of the points that lots still hold would cost that will never be redeemed; "
            "unknown where the programme declares no cost per point.",
            "各批次尚存积分中预计不会被兑换的部分，按单位积分成本折算的金额；未设单位积分成本时为未知。",
        ),
        formula=Text(
            "(Σ left of lots − points_expected) × cost per point",
            "（Σ 批次剩余积分 − points_expected）× 单位积分成本",
        ),
        top=(
            Term("lot_points_left", minor_per_point_unit),
            Term("points_expected", _given_back),
        ),
        bounds=("points_breakage_low", "points_breakage_high"),
    ),
    *_ends(
        "ultimate_redemption_rate",
        Text("Ultimate redemption rate", "最终兑换率"),
        kind=Kind.RATIO,
        unit=Unit.SHARE,
        direction=1,
        top=_redeemed_at,
        bottom=("lot_points_issued",),
    ),
    *_ends(
        "breakage_rate",
        Text("Breakage rate", "预计失效率"),
        kind=Kind.RATIO,
        unit=Unit.SHARE,
        direction=0,
        top=_lost_at,
        bottom=("lot_points_issued",),
    ),
    *_ends(
        "points_expected",
        Text("Points expected to be redeemed", "预计兑换积分"),
        kind=Kind.STOCK,
        unit=Unit.POINTS,
        direction=0,
        top=lambda end: f"points_expected_{end}",
    ),
    *_ends(
        "points_liability",
        Text("Points liability", "积分负债"),
        kind=Kind.STOCK,
        unit=Unit.MONEY,
        direction=-1,
        top=lambda end: (Term(f"points_expected_{end}", minor_per_point_unit),),
    ),
    *_ends(
        "points_breakage",
        Text("Breakage in money", "预计失效金额"),
        kind=Kind.STOCK,
        unit=Unit.MONEY,
        direction=0,
        top=_broken_at,
    ),
)
