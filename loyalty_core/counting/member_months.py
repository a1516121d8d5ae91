"""Each member as of the end of each period: what figures are made of, member by member."""

from __future__ import annotations

import numpy as np
import pandas as pd

from loyalty_core.counting.cuts import ATTRIBUTES, cut
from loyalty_core.counting.lifecycle import State
from loyalty_core.counting.member_facts import course
from loyalty_core.counting.point_facts import taking_effect
from loyalty_core.counting.sales import sales_of
from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.history import History, Ints
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.tier_calendar import tier_at
from loyalty_core.timeline import LONG_AGO, latest_at, total_at, value_at


def member_months(history: History, programme: Programme, periods: Periods) -> pd.DataFrame:
    """A row for each member and close of a period at which the member is enrolled, by member and day.

    member_id, period_end (day), state, tier and attributes (missing where unknown),
    days_since_purchase (missing where there was none); purchases and revenue (minor units) of the
    period, balance of the account points (units).
    """
    closes, n = periods.last, len(history.members)
    now = course(history, programme.lifecycle, sales_of(history), cut(history, programme), closes)
    member, period = np.nonzero(now.state <= State.CHURNED)
    last_sale = now.last_sale[member, period]
    since = pd.array(closes[period] - last_sale, dtype="Int64")
    since[last_sale == LONG_AGO] = pd.NA
    found: dict[str, object] = {
        "member_id": history.members.ids[member],
        "period_end": closes[period],
        "state": _texts(now.state[member, period], [state.name.lower() for state in State]),
        "tier": _texts(tier_at(history, closes)[member, period], [tier.name for tier in programme.tiers]),
    }
    versions = history.versions
    row = latest_at(versions.member, versions.valid_from, n, closes)[member, period]
    for name in ATTRIBUTES:
        codes = value_at(row, versions.codes[name], -1)
        found[name] = _texts(codes, history.labels.get(f"members.{name}", ()))
    found["days_since_purchase"] = since
    for name, amount in _bought(history, periods).items():
        found[name] = amount[member, period]
    found["balance"] = _balances(history, closes)[member, period]
    return pd.DataFrame(found)


def _texts(codes: Ints, labels: tuple[str, ...] | list[str]) -> object:
    return pd.Categorical.from_codes(codes, pd.Index(labels, dtype="str"))


def _bought(history: History, periods: Periods) -> dict[str, Ints]:
    """Purchases and net amount of each member in each period."""
    purchases, shape = history.purchases, (len(history.members), len(periods))
    period, inside = periods.index(purchases.day)
    inside = inside & (purchases.member >= 0)
    place = purchases.member * len(periods) + period
    sold = place[inside & ~purchases.refund]
    revenue = np.zeros(shape, np.int64).ravel()
    np.add.at(revenue, place[inside], purchases.amount[inside])
    count = np.bincount(sold, minlength=revenue.size)
    return {"purchases": count.reshape(shape), "revenue": revenue.reshape(shape)}


def _balances(history: History, closes: Ints) -> Ints:
    entries, labels = history.entries, history.labels.get("entries.account", ())
    code = labels.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in labels else -2
    rows = entries.codes["account"] == code
    day = taking_effect(entries)[rows]
    return total_at(entries.member[rows], day, entries.amount[rows], len(history.members), closes)
