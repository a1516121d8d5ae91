"""What was bought of late, by which a fitted customer-base model is put right before a simulation starts.

Two things that such a model cannot know. Those who join now may buy less often than those it was fitted to:
where the first purchase stands for joining, who buys often is seen early, so that who is seen late buys
seldom. And demand may have moved: the level is taken halfway between what the model expects and the rate at
which members bought of late, as forecasts with equal weights are hard to beat where few origins could tell
others (Bates, Granger 1969; Smith, Wallis 2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.customers.pasts import DAYS_A_WEEK, alike
from loyalty_core.history import History
from simulation.behaviour import Behaviour
from simulation.buying import QUARTER_WEEKS, Past
from simulation.calibration_findings import Findings
from simulation.evidence import Status, words
from simulation.newcomers import daily
from simulation.season import intensity

WEIGHT = 0.5  # of the rate of late beside the model
FARTHEST_GAP = 0.2  # between their logarithms that is believed: beyond it one of the two is mistaken
FEWEST_WEEKS = 4  # of sales, for their rate to be one
BELIEVED = 50.0  # purchase days of newcomers as usual, beside those seen
SLOWEST, FASTEST = 0.25, 2.0  # newcomers


@dataclass(frozen=True, slots=True)
class Level:
    """Demand beside what the model expects; `gap` is the logarithm of the rate of late over that."""

    gap: float

    @property
    def value(self) -> float:
        return float(np.exp(WEIGHT * self.gap))

    @property
    def range(self) -> tuple[float, float]:
        """From the model alone to the rate of late alone."""
        low, high = sorted((0.0, self.gap))
        return float(np.exp(low)), float(np.exp(high))


def put_right(behaviour: Behaviour, history: History, past: Past, days: tuple[int, int]) -> Behaviour:
    """The behaviour with its purchasing at the pace of newcomers and the level that were seen of late.

    `past` is that of the members enrolled when the run of those days begins. Purchasing that is not
    calibrated stays as it is.
    """
    if behaviour.purchasing.status is not Status.CALIBRATED:
        return behaviour
    newcomers = newcomers_pace(behaviour, past)
    paced = behaviour.model_copy(
        update={"purchasing": behaviour.purchasing.model_copy(update={"newcomers": newcomers})}
    )
    level = level_of(paced, history, past, days)
    bought = paced.purchasing.model_copy(update={"level": round(level.value, 6)})
    return paced.model_copy(update={"purchasing": bought})


def say_level(found: Findings, history: History, past: Past, first_day: int) -> None:
    """How often newcomers buy beside the others, and demand beside what the model expects of a quarter."""
    behaviour, days = found.behaviour, (first_day, first_day + int(7 * QUARTER_WEEKS) - 1)
    found.behave(purchasing=put_right(behaviour, history, past, days).purchasing)
    buying = found.behaviour.purchasing
    if buying.status is not Status.CALIBRATED:
        return
    pace = words("Rate of newcomers beside earlier members", "新会员相对早先会员的购买频率")
    source = words("repeat purchases of those who joined of late", "近期加入会员的再次购买")
    found.tell("newcomers_pace", pace, "factor", (buying.newcomers, None, None), Status.CALIBRATED, source)
    name = words("Demand beside what the model expects", "需求相对模型预期")
    source = words(
        "halfway between the model and the sales of the last quarter; the range joins the two",
        "取模型预期与最近一季销售的中点，区间为各自单独的结果",
    )
    figure = (buying.level, *level_of(found.behaviour, history, past, days).range)
    found.tell("level", name, "factor", figure, Status.CALIBRATED, source)


def newcomers_pace(behaviour: Behaviour, past: Past) -> float:
    """How often those of the later half of the past, a year at most, bought again, as a share of
    what is expected."""
    seen = past.age > 0
    if not seen.any():
        return 1.0
    recent = seen & (past.age <= min(past.age[seen].max() / 2, 4 * QUARTER_WEEKS))
    weeks, at = np.unique(past.age[recent], return_inverse=True)
    due = float(behaviour.purchasing.fitted.expected(weeks)[at].sum()) if len(weeks) else 0.0
    pace = (float(past.repeats[recent].sum()) + BELIEVED) / (due + BELIEVED)
    return round(float(np.clip(pace, SLOWEST, FASTEST)), 6)


def level_of(behaviour: Behaviour, history: History, past: Past, days: tuple[int, int]) -> Level:
    """Sales of the last weeks beside those expected in as many: as many as the run has, a quarter at most."""
    first_day, last_day = days
    known = float(past.age.max(initial=0.0))
    weeks = int(min((last_day + 1 - first_day) / DAYS_A_WEEK, QUARTER_WEEKS, known / 2))
    if weeks < FEWEST_WEEKS:
        return Level(0.0)
    bought, since = history.purchases, first_day - 7 * weeks
    recent = (bought.member >= 0) & ~bought.refund & (bought.day >= since) & (bought.day < first_day)
    usual = float(intensity(behaviour.season, np.arange(since, first_day)).mean())
    due = expected_sales(behaviour, past, (first_day, first_day + 7 * weeks - 1))
    if not recent.any() or due <= 0:
        return Level(0.0)
    gap = float(np.log(recent.sum() / usual / due))
    return Level(float(np.clip(gap, -FARTHEST_GAP, FARTHEST_GAP)))


def expected_sales(behaviour: Behaviour, past: Past, days: tuple[int, int]) -> float:
    """Sales in days of average demand, of members of that past and of those who join, as the model has it."""
    buying, model = behaviour.purchasing, behaviour.purchasing.fitted
    weeks = (days[1] + 1 - days[0]) / DAYS_A_WEEK
    seen = past.age > 0
    group, _ = alike(past.repeats[seen], past.recency[seen], past.age[seen])
    rate = (buying.r + group.x) / (buying.alpha + group.age)
    a_day = buying.sales(rate) / rate
    known = float((group.weight * a_day * model.coming(group.x, group.tx, group.age, weeks)).sum())
    joining = daily(behaviour.joining, days)
    usual = np.array([buying.newcomers * buying.r / buying.alpha])
    again = model.expected(np.arange(len(joining), 0, -1) / DAYS_A_WEEK) * buying.newcomers
    each = behaviour.joining.buying_at_once + again * float(buying.sales(usual)[0] / usual[0])
    return known + float((joining * each).sum())
