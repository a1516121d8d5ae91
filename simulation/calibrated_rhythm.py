"""Steps of a calibration: season and luck, joining, campaigns."""

from __future__ import annotations

import numpy as np

from loyalty_core.customers.models import PurchaseModel
from loyalty_core.days import to_date
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.behaviour import CommonShock, Joining, Season
from simulation.calibration_findings import Findings
from simulation.demand import Factors, common_spread, demand_of, season_of
from simulation.evidence import Status, Words, words
from simulation.joining import buying_at_once, joined_of_late, recently_joined
from simulation.new_year import WEEKS
from simulation.visible_effects import FEWEST_HELD_OUT, uplifts

WEEKDAYS = (
    words("Monday", "周一"), words("Tuesday", "周二"), words("Wednesday", "周三"), words("Thursday", "周四"),
    words("Friday", "周五"), words("Saturday", "周六"), words("Sunday", "周日"),
)  # fmt: skip
MONTHS = tuple(
    words(en, f"{number} 月")
    for number, en in enumerate(
        ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
         "November", "December"), 1)
)  # fmt: skip
_NO_WEEKDAYS = words(
    "Weekdays are taken alike: fewer than 200 sales or three weeks.",
    "各星期几视为相同：销售不足 200 笔或不足三周。",
)
_NO_MONTHS = words(
    "Months are taken alike: less than a year in which every month was seen.",
    "各月份视为相同：不足一整年，并非每个月都有数据。",
)
_NO_NEW_YEAR = words(
    "The lunar new year counts as any other time: the data hold fewer than two, or few sales around them.",
    "春节视同平常时期：数据中不足两个春节，或春节前后销售太少。",
)
SURE_ENOUGH = 0.05  # half the width of a range below which a campaign's uplift replaces an assumption


def say_demand(found: Findings, history: History, model: PurchaseModel | None, first_day: int) -> None:
    """Weekdays, months, and the luck that all members share."""
    demand = demand_of(history, model, first_day)
    seen = season_of(history, demand, first_day)
    found.behave(season=seen.season)
    for key, names, factors, why in (
        ("weekday", WEEKDAYS, seen.weekdays, _NO_WEEKDAYS),
        ("month", MONTHS, seen.months, _NO_MONTHS),
        ("new_year", WEEKS, seen.new_year, _NO_NEW_YEAR),
    ):
        if factors is None:
            found.refuse(why.en, why.zh)
        else:
            _say_factors(found, key, names, factors)
    spread = None if demand is None else common_spread(demand, seen.season)
    if spread is None:
        found.refuse(
            "The luck that all members share is taken as none: too few weeks with enough purchases.",
            "全体会员共同的随机波动按零处理：购买足够多的周数太少。",
        )
        return
    name = words("Common luck of a week (standard deviation of the logarithm)", "每周共同波动（对数标准差）")
    found.tell("common_shock", name, "log", spread, Status.CALIBRATED, _LUCK)
    found.behave(common_shock=_shock(spread))


def season_and_luck(
    history: History, model: PurchaseModel | None, first_day: int
) -> tuple[Season, CommonShock]:
    """What a simulation sets out with; flat and none where the past tells too little."""
    demand = demand_of(history, model, first_day)
    season = season_of(history, demand, first_day).season
    spread = None if demand is None else common_spread(demand, season)
    none = CommonShock(source="none: too few weeks with enough purchases")
    return season, none if spread is None else _shock(spread)


_LUCK = words("weekly repeat purchases beside the model's expectation", "每周再次购买与模型预期之差")


def _shock(spread: tuple[float, float, float]) -> CommonShock:
    return CommonShock(spread=round(min(spread[0], 2.0), 6), status=Status.CALIBRATED, source=_LUCK.en)


def say_joining(found: Findings, history: History, first_day: int) -> None:
    """How many join a day, and how that grows."""
    seen = joined_of_late(history, first_day)
    since = to_date(first_day - seen.days)
    source = words(f"{seen.count:,} joined since {since}", f"自 {since} 起加入 {seen.count:,} 人")
    if seen.by_purchase:
        source = words(
            f"{source.en}; the first purchase stands for joining", f"{source.zh}；以首次购买代表加入"
        )
    found.tell(
        "joining_a_day", words("New members a day", "每天新会员"), "members a day",
        (seen.a_day, *seen.a_day_range), Status.CALIBRATED, source,
    )  # fmt: skip
    if seen.fading:
        name = words("Power of time with which first purchases fall", "首次购买随时间下降的幂")
        found.tell("joining_fading", name, "power", (seen.fading, None, None), Status.CALIBRATED, source)
    elif seen.growth is None:
        found.refuse(
            "Joining is taken as steady: under half a year, or fewer than 100 members, to see a trend in.",
            "新会员数量视为不变：不足半年或不足 100 人，看不出趋势。",
        )
    else:
        name = words("Growth of joining in a year", "新会员年增长")
        figure = (seen.growth, *seen.growth_range)
        found.tell("joining_growth", name, "share", figure, Status.CALIBRATED, source)
    recent, _ = recently_joined(history, first_day)
    at_once = buying_at_once(history, recent) if recent.any() else 1.0
    name = words("New members who buy on the day of joining", "加入当天即购买的新会员")
    nobody = Status.ASSUMPTION, words("default: nobody joined of late", "默认值：近期无人加入")
    status, why = (Status.CALIBRATED, source) if recent.any() else nobody
    found.tell("buying_at_once", name, "share", (at_once, None, None), status, why)
    found.behave(
        joining=Joining(
            a_day=seen.a_day,
            growth_a_year=seen.growth or 0.0,
            fading=seen.fading,
            begun_days=seen.begun_days,
            buying_at_once=at_once,
            status=Status.CALIBRATED,
            source=source.en,
        )
    )


def say_campaigns(found: Findings, history: History, programme: Programme, first_day: int) -> None:
    """What wake-ups and win-backs brought beyond those held out."""
    seen = uplifts(history, programme, first_day)
    for key in ("wake_up", "win_back"):
        effect = getattr(found.effects, key)
        if key not in seen:
            found.keep(
                key,
                f"fewer than {FEWEST_HELD_OUT} members held out of such campaigns",
                f"此类活动的对照组不足 {FEWEST_HELD_OUT} 人",
            )
            continue
        low, high = seen[key].ends
        figure = tuple(float(np.clip(v, 0.0, 1.0)) for v in (seen[key].value, low, high))
        source = words(
            f"treated less held out, {seen[key].cases:,} members held out",
            f"触达组减对照组，对照组 {seen[key].cases:,} 人",
        )
        if (high - low) / 2 > SURE_ENOUGH:
            found.keep(
                key, "its own hold-outs tell it to no better than 5 points", "自身对照组的误差超过 5 个百分点"
            )
            continue
        found.affect(key, figure, source.en)
        found.tell(key, effect.name, effect.unit.value, figure, Status.CALIBRATED, source)


def _say_factors(found: Findings, key: str, names: tuple[Words, ...], factors: Factors) -> None:
    source = words(
        "sales beside the average, drawn towards 1 by chance", "相对平均的销售，按随机误差向 1 收缩"
    )
    for number, (name, value, reach) in enumerate(zip(names, factors.value, factors.reach, strict=True), 1):
        figure = (float(value), max(float(value - reach), 0.0), float(value + reach))
        found.tell(f"{key}_{number}", name, "factor", figure, Status.CALIBRATED, source)
