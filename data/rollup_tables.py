"""Roll-ups as tables of a snapshot: counted when it is published, and nothing that they hold is a fact.

A part of the lake (a shard, or all of them where they are small) has a file in each. Counts are by
step: of the whole history at once, of each month and week, of the last days, and of the months, quarters
and years that end on the as-of day, where that is within a month.
"""

from __future__ import annotations

import hashlib

import numpy as np

from loyalty_core.counting.cuts import ATTRIBUTES, SLICES
from loyalty_core.counting.families import FAMILIES
from loyalty_core.counting.finest import Slices, slices_of
from loyalty_core.facts import Column, Kind, Table
from loyalty_core.periods import Periods, Step, month_closes, period_start, periods
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

LAYOUT = 6  # to be raised when the same facts are rolled up otherwise than before
WHOLE, MONTH, WEEK, DAY = "whole", "month", "week", "day"
TRAILING = {"months": (1, 25), "quarters": (3, 5), "years": (12, 2)}  # length in months, and how many
STEPS = (WHOLE, MONTH, WEEK, DAY, *TRAILING)
LAST_DAYS = 31
WITHOUT = "without"  # how a basis names a step that was not counted
# What members are cut by, and what their rows say of themselves: the slices of the families that add up.
GRAINS: tuple[Slices, ...] = tuple(dict.fromkeys(slices_of(one) for one in FAMILIES if one.additive))
ROLLED_SLICES: Slices = tuple(name for name in SLICES if any(name in grain for grain in GRAINS))
PROFILE_SLICES: Slices = tuple(f"member_{attribute}" for attribute in ATTRIBUTES)
ROLLED_COLUMNS = tuple(column for one in FAMILIES if one.additive for column in sorted(one.columns))


def basis_of(programme: Programme) -> str:
    """What tells roll-ups under one programme, and of one layout, from all others."""
    document = programme.model_dump_json(exclude={"name", "targets", "effective_on"})
    former = [tier.model_dump_json() for tier in programme.known_tiers[len(programme.tiers) :]]
    if len(programme.scores_in_turn) > 1:
        former.append(str(programme.scores_in_turn))
    told = f"{LAYOUT} {ROLLED_SLICES} {ROLLED_COLUMNS} {document} {former}"
    return hashlib.sha256(told.encode()).hexdigest()


def steps_of(as_of: int) -> tuple[str, ...]:
    """The steps that are counted: months that end on the as-of day are calendar months at the end of one."""
    at_month_end = period_start(as_of + 1, "month") == as_of + 1
    return tuple(step for step in STEPS if step != "months" or not at_month_end)


def periods_of(step: str, first_day: int, as_of: int, since: int | None = None) -> Periods:
    """The periods of a step over a history with those days; with `since` those that a change on that day
    bears on."""
    begin = max(first_day, first_day if since is None else min(since, as_of))
    if step == WHOLE:
        return periods(first_day, as_of)
    if step == DAY:
        return periods(max(begin, as_of - LAST_DAYS + 1), as_of, "day")
    if step in TRAILING:
        closes = np.array(month_closes(as_of, TRAILING[step][0], TRAILING[step][1] + 1), np.int64)
        return Periods(closes[1:-1] + 1, closes[2:], int(closes[0]) + 1)
    kind: Step = "month" if step == MONTH else "week"
    return periods(period_start(begin, kind), as_of, kind)


def grain_name(slices: Slices) -> str:
    """How a set of slices is written in the tables."""
    return " ".join(slices)


def _column(name: str, kind: Kind, en: str, zh: str) -> Column:
    return Column(name=name, kind=kind, meaning=Text(en, zh))


_WHERE = (
    _column("step", Kind.TEXT, "whole, month or week", "全部、月或周"),
    _column("period_end", Kind.DATE, "Last day of the period", "期末日"),
    _column("grain", Kind.TEXT, "The slices that the row is cut by", "该行的切分维度"),
    *(Column(name=name, kind=Kind.TEXT, meaning=SLICES[name]) for name in ROLLED_SLICES),
)

PERIOD_FACTS = Table(
    name="period_facts",
    key=("step", "period_end", "grain", *ROLLED_SLICES),
    time="period_end",
    meaning=Text("Counts at the finest cut, which add up.", "最细切分下可相加的计数。"),
    columns=(
        *_WHERE,
        *(_column(name, Kind.INTEGER, name.replace("_", " "), name) for name in ROLLED_COLUMNS),
    ),
)

PERIOD_MEMBERS = Table(
    name="period_members",
    key=("step", "period_end", "grain", *ROLLED_SLICES, "column", "member"),
    time="period_end",
    meaning=Text(
        "Members that a column counts in several cells of a period.", "同一期间内计入多个单元的会员。"
    ),
    columns=(
        *_WHERE,
        _column("column", Kind.TEXT, "The column", "列"),
        _column("member", Kind.INTEGER, "A number of the member within the snapshot", "会员在快照内的序号"),
    ),
)

MEMBER_MONTHS = Table(
    name="member_months",
    key=("member_id", "period_end"),
    time="period_end",
    meaning=Text("A member as of the end of a month.", "会员在月末的状态。"),
    columns=(
        _column("member_id", Kind.TEXT, "The member", "会员编号"),
        _column("period_end", Kind.DATE, "Last day of the month, or the as-of day", "月末日或截止日"),
        _column("state", Kind.TEXT, "Where the member stands", "会员状态"),
        _column("tier", Kind.TEXT, "Tier", "等级"),
        *(Column(name=name, kind=Kind.TEXT, meaning=SLICES[f"member_{name}"]) for name in ATTRIBUTES),
        _column("days_since_purchase", Kind.INTEGER, "Days since the last purchase", "距上次消费天数"),
        _column("purchases", Kind.INTEGER, "Purchases in the month", "当月消费笔数"),
        _column("revenue", Kind.MONEY, "Net amount in the month", "当月净消费额"),
        _column("balance", Kind.POINTS, "Points at the end of the month", "月末积分余额"),
    ),
)

_MEMBER = _column("member", Kind.INTEGER, "A number of the member within the snapshot", "会员在快照内的序号")

DEALING_SLICES = next(slices_of(one) for one in FAMILIES if "buyers_in_year" in one.columns)
DEALINGS = Table(
    name="dealings",
    key=("member", "day", *DEALING_SLICES),
    time="day",
    meaning=Text("What a member did on a day at one place.", "会员某日在某处的往来。"),
    columns=(
        _MEMBER,
        _column("day", Kind.DATE, "The day", "日期"),
        _column("visits", Kind.INTEGER, "1 for a member who came; sales of guests", "是否到访；散客为笔数"),
        _column("bought", Kind.FLAG, "Whether something was bought", "是否消费"),
        _column("debut", Kind.FLAG, "The member's first day", "是否首次消费日"),
        _column("again", Kind.FLAG, "A first day with another within 90 days", "首购后 90 天内再次消费"),
        _column("sold", Kind.MONEY, "Amount of the sales", "销售金额"),
        _column("spent", Kind.MONEY, "Sales less refunds", "销售减退款"),
        *(Column(name=name, kind=Kind.TEXT, meaning=SLICES[name]) for name in DEALING_SLICES),
    ),
)

MEMBERSHIPS = Table(
    name="memberships",
    key=("member",),
    time="day",
    meaning=Text("When a member joined and left.", "会员的入会与退会日期。"),
    columns=(
        _MEMBER,
        _column("day", Kind.DATE, "The day of joining", "入会日期"),
        _column("left_on", Kind.DATE, "The day of leaving", "退会日期"),
    ),
)

MEMBER_PROFILES = Table(
    name="member_profiles",
    key=("member", "day"),
    time="day",
    meaning=Text("What a member is from a day on.", "会员自某日起的属性。"),
    columns=(
        _MEMBER,
        _column("day", Kind.DATE, "The first day", "起始日"),
        *(Column(name=name, kind=Kind.TEXT, meaning=SLICES[name]) for name in PROFILE_SLICES),
    ),
)

MEMBER_TIERS = Table(
    name="member_tiers",
    key=("member", "day"),
    time="day",
    meaning=Text("The tier that a member has from a day on.", "会员自某日起的等级。"),
    columns=(
        _MEMBER,
        _column("day", Kind.DATE, "The first day", "起始日"),
        Column(name="member_tier", kind=Kind.TEXT, meaning=SLICES["member_tier"]),
    ),
)

LOTS = Table(
    name="lots",
    key=("lot",),
    time="day",
    meaning=Text("Points that came to a member together.", "同时获得的一批积分。"),
    columns=(
        _column("lot", Kind.INTEGER, "A number of the lot within the snapshot", "批次在快照内的序号"),
        _MEMBER,
        _column("day", Kind.DATE, "The day on which they took effect", "生效日"),
        _column("expires_on", Kind.DATE, "The day on which they are gone", "失效日"),
        _column("points", Kind.POINTS, "Points", "积分"),
    ),
)

LOT_USES = Table(
    name="lot_uses",
    key=("lot", "day", "kind"),
    time="day",
    meaning=Text("Points of a lot that were taken.", "从批次中扣减的积分。"),
    columns=(
        _column("lot", Kind.INTEGER, "The lot", "批次"),
        _column("day", Kind.DATE, "The day", "日期"),
        _column("kind", Kind.TEXT, "What took them", "扣减方式"),
        _column("points", Kind.POINTS, "Points", "积分"),
    ),
)

_KINDS = {
    Kind.TEXT: ("member_id", "state", "tier", *ATTRIBUTES, "next_tier"),
    Kind.INTEGER: (
        *("days_since_purchase", "purchases", "days_since_joining", "age", "birthday", "consent"),
        *("activities", "contacts", "due_on", "towards_next", "review_on"),
    ),
    Kind.MONEY: ("revenue", "stored_value", "top_up", "missing", "missing_to_keep"),
    Kind.POINTS: ("balance", "points_due", "redeemed"),
    Kind.FLAG: ("near_upgrade", "near_downgrade"),
}
PORTRAITS = Table(
    name="portraits",
    key=("member_id",),
    time="member_id",
    meaning=Text(
        "A member as known on the last day, as `loyalty_core.portraits` tells.", "会员在最后一天的画像。"
    ),
    columns=tuple(
        _column(name, kind, name.replace("_", " "), name) for kind, names in _KINDS.items() for name in names
    ),
)

BASIS = Table(
    name="rollup_basis",
    key=("what", "name"),
    time="what",
    meaning=Text("What the roll-ups of a part were counted from.", "汇总所依据的内容。"),
    columns=(
        _column("what", Kind.TEXT, "basis, shards, members, first_day, as_of or label", "类别"),
        _column("name", Kind.TEXT, "The slice of a label, the part of a number", "标签所属维度或部分"),
        _column("value", Kind.TEXT, "The value", "值"),
    ),
)

ROLLUPS: dict[str, Table] = {
    table.name: table
    for table in (
        *(PERIOD_FACTS, PERIOD_MEMBERS, MEMBER_MONTHS, DEALINGS, MEMBERSHIPS),
        *(MEMBER_PROFILES, MEMBER_TIERS, LOTS, LOT_USES, PORTRAITS, BASIS),
    )
}
