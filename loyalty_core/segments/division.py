"""Members divided into segments that exclude one another: by lifecycle, by value, by recency and frequency.

All read the `portraits` of a day. A segment is named by its division and key: `lifecycle.active`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.lifecycle import ENROLLED, LABELS
from loyalty_core.customers.rfm import (
    FREQUENCIES,
    RECENCY_DAYS,
    field_of,
    frequency_labels,
    recency_labels,
)
from loyalty_core.text import Text

NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment's key within its division, its name, and who belongs to it in words."""

    key: str
    label: Text
    meaning: Text


@dataclass(frozen=True, slots=True)
class Division:
    """`place` is the segment that each portrait is in, NOWHERE for none."""

    segments: tuple[Segment, ...]
    place: Ints

    def members(self, key: str) -> Flags:
        """Who is in the segment of that key."""
        keys = [one.key for one in self.segments]
        inside: Flags = self.place == (keys.index(key) if key in keys else NOWHERE - 1)
        return inside


def _segment(key: str, *words: str) -> Segment:
    """A segment from its key, its name and its meaning, each in English and Chinese."""
    return Segment(key, Text(*words[:2]), Text(*words[2:]))


_STATES = {
    "new_inactive": Text(
        "Joined within {new_days} days, no purchase.", "入会不超过 {new_days} 天，尚未消费。"
    ),
    "never_active": Text(
        "Joined over {new_days} days ago, no purchase.", "入会超过 {new_days} 天，从未消费。"
    ),
    "active": Text("Last bought within {active_days} days.", "最近 {active_days} 天内有消费。"),
    "silent": Text(
        "Last bought {silent_from} to {silent_days} days ago.",
        "最近消费在 {silent_from} 至 {silent_days} 天前。",
    ),
    "churned": Text("Last bought over {silent_days} days ago.", "超过 {silent_days} 天未消费。"),
}  # with the days of the programme's windows in braces
LIFECYCLE = tuple(Segment(one.name.lower(), LABELS[one], _STATES[one.name.lower()]) for one in ENROLLED)


def by_lifecycle(found: pd.DataFrame) -> Division:
    """The five states of members."""
    return Division(LIFECYCLE, _codes(found["state"], [one.key for one in LIFECYCLE]))


def _codes(column: pd.Series, keys: Sequence[str]) -> Ints:
    names = pd.Index(column.cat.categories)
    return np.append(pd.Index(keys).get_indexer(names), NOWHERE)[column.cat.codes.to_numpy()]


VALUE = (
    _segment("high", "High value", "高价值", "The fifth of buyers who spend most.", "消费额前 20% 的买家。"),
    _segment("middle", "Middle value", "中价值", "The next three tenths of buyers.", "其后 30% 的买家。"),
    _segment("low", "Low value", "低价值", "The other half of buyers.", "其余一半买家。"),
    _segment("none", "No purchase", "未消费", "Nothing bought in 365 days.", "近 365 天未消费。"),
)
_ENDS = (20, 50, 100)  # percent of the buyers up to the end of each value


def by_value(found: pd.DataFrame) -> Division:
    """Buyers of the year by net spending: a fifth, three tenths, half; parts rounded up to whole members, of
    equal spending the smaller id first."""
    revenue, buys = found["revenue"].to_numpy(), found["purchases"].to_numpy() > 0
    buyers = np.flatnonzero(buys)
    order = buyers[np.lexsort((buyers, -revenue[buyers]))]
    ends = [-(-len(order) * percent // 100) for percent in _ENDS]
    place = np.full(len(found), len(VALUE) - 1, np.int64)
    place[order] = np.searchsorted(ends, np.arange(len(order)), side="right")
    return Division(VALUE, place)


_OFTEN, _NOW_AND_THEN = FREQUENCIES[2], FREQUENCIES[0]  # purchases; more than that
_LATELY, _LONG_AGO = RECENCY_DAYS[1], RECENCY_DAYS[2]  # days


_FEW = _NOW_AND_THEN + 1
_LATELY_EN, _LATELY_ZH = f"the last within {_LATELY} days.", f"最近 {_LATELY} 天内有消费。"
_AWAY_EN = f"the last {_LATELY + 1} to {_LONG_AGO} days ago."
_AWAY_ZH = f"最近一次在 {_LATELY + 1} 至 {_LONG_AGO} 天前。"
_OFTEN_EN, _OFTEN_ZH = f"Over {_OFTEN} purchases in 365 days, ", f"近 365 天消费超过 {_OFTEN} 次，"
RFM = (
    _segment("champions", "Champions", "核心顾客", _OFTEN_EN + _LATELY_EN, _OFTEN_ZH + _LATELY_ZH),
    _segment(
        "loyal",
        "Regulars",
        "常客",
        f"{_FEW} to {_OFTEN} purchases in 365 days, {_LATELY_EN}",
        f"近 365 天消费 {_FEW} 至 {_OFTEN} 次，{_LATELY_ZH}",
    ),
    _segment(
        "new",
        "First purchases",
        "初购顾客",
        f"One purchase in 365 days, {_LATELY_EN}",
        f"近 365 天仅消费一次，{_LATELY_ZH}",
    ),
    _segment("slipping", "Slipping away", "渐远常客", _OFTEN_EN + _AWAY_EN, _OFTEN_ZH + _AWAY_ZH),
    _segment(
        "hesitant",
        "Hesitant",
        "犹豫顾客",
        f"Up to {_OFTEN} purchases in 365 days, {_AWAY_EN}",
        f"近 365 天消费不超过 {_OFTEN} 次，{_AWAY_ZH}",
    ),
    _segment(
        "lost",
        "Nearly lost",
        "濒临流失",
        f"Bought in 365 days, the last over {_LONG_AGO} days ago.",
        f"近 365 天有消费，最近一次在 {_LONG_AGO} 天以前。",
    ),
    _segment("none", "No purchase", "未消费", "Nothing bought in 365 days.", "近 365 天未消费。"),
)


def field_key(recency: int, frequency: int) -> str:
    """The key of a field of the grid of recency and frequency, by its row and column."""
    return f"{recency + 1}-{frequency + 1}"


FIELDS = tuple(
    Segment(
        field_key(row, column),
        Text(f"{days} days ago, {times} purchases", f"{days} 天前，消费 {times} 次"),
        Text("Last purchase so long ago, so many in 365 days.", "最近消费距今天数与近 365 天消费次数。"),
    )
    for row, days in enumerate(recency_labels())
    for column, times in enumerate(frequency_labels())
)


def by_field(found: pd.DataFrame) -> Division:
    """Buyers of the year by the fields of the grid of recency and frequency."""
    buys = found["purchases"].to_numpy() > 0
    since = found["days_since_purchase"].fillna(0).to_numpy(np.int64)
    row, column = field_of(since, found["purchases"].to_numpy())
    return Division(FIELDS, np.where(buys, row * len(frequency_labels()) + column, NOWHERE))


def by_rfm(found: pd.DataFrame) -> Division:
    """Buyers of the year by the classes of recency and frequency: lately is within 90 days, often is more
    than five purchases, long ago more than 180 days."""
    since = found["days_since_purchase"].fillna(-1).to_numpy(np.int64)
    purchases = found["purchases"].to_numpy()
    often, some = purchases > _OFTEN, purchases > _NOW_AND_THEN
    lately, lost = since <= _LATELY, since > _LONG_AGO
    keys = [one.key for one in RFM]
    chosen = np.select(
        [purchases == 0, lost, lately & often, lately & some, lately, often],
        [keys.index(one) for one in ("none", "lost", "champions", "loyal", "new", "slipping")],
        keys.index("hesitant"),
    )
    return Division(RFM, chosen.astype(np.int64))
