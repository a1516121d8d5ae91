"""Each member as of the end of each period: what figures are made of, member by member."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.counting.cuts import ATTRIBUTES
from loyalty_core.counting.lifecycle import ENROLLED, State
from loyalty_core.counting.lives import in_states, lives
from loyalty_core.counting.point_facts import balance_spells
from loyalty_core.counting.sales import Sales, sales_of
from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.history import History
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.tier_calendar import tier_spells
from loyalty_core.timeline import Spells, latest, value_at


def member_months(history: History, programme: Programme, periods: Periods) -> pd.DataFrame:
    """A row for each member and close of a period at which the member is enrolled, by member and day.

    member_id, period_end (day), state, tier and attributes (missing where unknown),
    days_since_purchase (missing where there was none); purchases and revenue (minor units) of the
    period, balance of the account points (units).
    """
    return Courses(history, programme).at(periods)


@dataclass(frozen=True)
class Courses:
    """What members of a history go through, found once for all closes that are asked for."""

    history: History
    programme: Programme

    def at(self, periods: Periods) -> pd.DataFrame:
        """As `member_months`."""
        history, versions, sales = self.history, self.history.versions, self._sales
        spell, period = self._enrolled.on(periods.last)
        member, close = self._enrolled.member[spell], periods.last[period]
        last_sale = latest(sales.member, sales.day, member, close)
        since = pd.array(close - value_at(last_sale, sales.day, 0), dtype="Int64")
        since[last_sale < 0] = pd.NA
        tier = value_at(self._tiers.holding(member, close), self._tiers.what, -1)
        found: dict[str, object] = {
            "member_id": pd.Categorical.from_codes(member, pd.Index(history.members.ids, dtype="str")),
            "period_end": close,
            "state": _texts(self._enrolled.what[spell], [state.name.lower() for state in State]),
            "tier": _texts(tier, [tier.name for tier in self.programme.known_tiers]),
        }
        row = latest(versions.member, versions.valid_from, member, close)
        for name in ATTRIBUTES:
            codes = value_at(row, versions.codes[name], -1)
            found[name] = _texts(codes, history.labels.get(f"members.{name}", ()))
        found["days_since_purchase"] = since
        found |= _bought(history, periods, member * len(periods) + period)
        found["balance"] = value_at(self._balances.holding(member, close), self._balances.what, 0)
        return pd.DataFrame(found)

    @cached_property
    def _sales(self) -> Sales:
        return sales_of(self.history)

    @cached_property
    def _enrolled(self) -> Spells:
        """The days of members in each state in which they are enrolled."""
        return in_states(lives(self.history, self.programme.lifecycle, self._sales), *ENROLLED)

    @cached_property
    def _tiers(self) -> Spells:
        return tier_spells(self.history)

    @cached_property
    def _balances(self) -> Spells:
        """The points that each member holds, in units."""
        entries, labels = self.history.entries, self.history.labels.get("entries.account", ())
        code = labels.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in labels else -2
        return balance_spells(entries, entries.codes["account"] == code)


def _texts(codes: Ints, labels: tuple[str, ...] | list[str]) -> object:
    return pd.Categorical.from_codes(codes, pd.Index(labels, dtype="str"))


def _bought(history: History, periods: Periods, place: Ints) -> dict[str, Ints]:
    """Purchases and net amount at those places among members × periods."""
    purchases, size = history.purchases, len(history.members) * len(periods)
    period, inside = periods.index(purchases.day)
    rows = np.flatnonzero(inside & (purchases.member >= 0))
    bought = purchases.member[rows] * len(periods) + period[rows]
    revenue = np.zeros(size, np.int64)
    np.add.at(revenue, bought, purchases.amount[rows])
    count = np.bincount(bought[~purchases.refund[rows]], minlength=size)
    return {"purchases": count[place], "revenue": revenue[place]}
