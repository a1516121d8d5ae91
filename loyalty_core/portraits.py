"""Members as known at the close of one day, row by row: what segments and lists of actions are made of.

A portrait is a row of `member_months` over the year that ends with the day, with what else an operator may
tell members apart by. Amounts are in minor units of money and in point units, days int64 since 1970-01-01.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.cuts import UNKNOWN
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.counting.member_months import Courses
from loyalty_core.counting.point_facts import balance_spells
from loyalty_core.days import NEVER, to_date
from loyalty_core.earning.earner import birthdays
from loyalty_core.facts import EARN, ENTRY_KINDS, POINTS_ACCOUNT, REDEEM, STORED_VALUE_ACCOUNTS
from loyalty_core.history import History
from loyalty_core.periods import Periods
from loyalty_core.points.lot_ledger import LotLedger, lot_ledger
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.tier_calendar import tier_spells
from loyalty_core.tiers.tier_progress import Progress
from loyalty_core.timeline import Spells, latest, value_at

DUE_DAYS = 60  # points that are gone within so many days are about to expire
CONTACT_DAYS = 30  # contacts of so many days count for the cap on contacts
ACTIVITY_DAYS = 90


def portraits(history: History, programme: Programme, day: int) -> pd.DataFrame:
    """A row for each member enrolled at the close of `day`, in the order of ids.

    `member_months` of the 365 days that end with it, and besides: days_since_joining; age in years (that of
    the birthday of the year), -1 where unknown; birthday (month × 100 + day of the month), 0 where unknown;
    consent 1 yes, 0 no, -1 unknown; activities of the last 90 days; contacts planned within the last 30 days
    or later; what `_points`, `_cards` and `_tiers` say.
    """
    return next(portraits_of(history, programme, [day]))


def portraits_of(history: History, programme: Programme, days: Sequence[int]) -> Iterator[pd.DataFrame]:
    """The portraits of one day after another; the ledger of points is matched once, for the last of them."""
    ledger, courses = lot_ledger(history, max(days, default=0)), Courses(history, programme)
    for day in days:
        yield _portraits(courses, ledger.upto(day))


def _portraits(courses: Courses, ledger: LotLedger) -> pd.DataFrame:
    """The portraits of the day up to whose close the ledger goes."""
    history, programme, day = courses.history, courses.programme, ledger.day
    year = Periods(np.array([day - YEAR_DAYS + 1]), np.array([day]), day - 2 * YEAR_DAYS + 1)
    found = courses.at(year).drop(columns="period_end")
    member = found["member_id"].cat.codes.to_numpy(np.int64)
    n = len(history.members)
    each: dict[str, Any] = {**_profile(history, member, day)}
    each["activities"] = _acts(history, n, day)[member]
    each["contacts"] = _contacts(history, n, day)[member]
    for columns in (_points(history, n, ledger), _cards(history, n, day)):
        each |= {name: values[member] for name, values in columns.items()}
    each |= _tiers(history, programme, member, day)
    return found.assign(**each)


def within(found: pd.DataFrame, where: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Those portraits whose label of each slice of members (`member_region` …) is one of those given."""
    kept = np.ones(len(found), bool)
    for name, labels in where.items():
        column = found[name.removeprefix("member_")]
        kept &= (column.isin(labels) | (column.isna() & (UNKNOWN in labels))).to_numpy(bool)
    return found[kept] if where else found


def _profile(history: History, member: Ints, day: int) -> dict[str, Ints]:
    versions = history.versions
    row = latest(versions.member, versions.valid_from, member, np.full(len(member), day))
    born = value_at(row, versions.birth_year, 0).astype(np.int64)
    return {
        "days_since_joining": day - history.members.joined_on[member].astype(np.int64),
        "age": np.where(born > 0, to_date(day).year - born, -1),
        "birthday": birthdays(versions, len(history.members))[member],
        "consent": value_at(row, versions.consent, -1),
    }


def _acts(history: History, n: int, day: int) -> Ints:
    done = history.activities
    recent = (done.day > day - ACTIVITY_DAYS) & (done.day <= day) & (done.member >= 0)
    return np.bincount(done.member[recent], minlength=n)


def _contacts(history: History, n: int, day: int) -> Ints:
    """Contacts planned in the last days or ahead; who was held out was not contacted."""
    contacts = history.offers.contacts
    recent = contacts.treated & (contacts.day > day - CONTACT_DAYS)
    return np.bincount(contacts.member[recent], minlength=n)


def _points(history: History, n: int, ledger: LotLedger) -> dict[str, Ints]:
    """points_due: those gone within 60 days as things stand; due_on: the first day on which some are (NEVER);
    redeemed: points spent in the year."""
    day = ledger.day
    ends, owner = ledger.lot_expires_on.astype(np.int64), ledger.lot_member
    left = ledger.left
    soon = (left > 0) & (ends > day) & (ends <= day + DUE_DAYS)
    due, due_on = np.zeros(n, np.int64), np.full(n, NEVER, np.int64)
    np.add.at(due, owner[soon], left[soon])
    np.minimum.at(due_on, owner[soon], ends[soon])
    spent = _of_accounts(history, (POINTS_ACCOUNT,)) & (history.entries.kind == ENTRY_KINDS.index(REDEEM))
    return {"points_due": due, "due_on": due_on, "redeemed": -_moved(history, spent, n, day, YEAR_DAYS)[0]}


def _cards(history: History, n: int, day: int) -> dict[str, Ints]:
    """stored_value: principal and bonus on the card; top_up: the usual principal topped up at a time, 0 where
    nothing ever was."""
    entries, everybody = history.entries, np.arange(n)
    held = balance_spells(entries, _of_accounts(history, STORED_VALUE_ACCOUNTS))
    balance = value_at(held.holding(everybody, np.full(n, day)), held.what, 0)
    topped = _of_accounts(history, STORED_VALUE_ACCOUNTS[:1]) & (entries.kind == ENTRY_KINDS.index(EARN))
    amount, times = _moved(history, topped, n, day, day + 1)
    return {"stored_value": balance, "top_up": amount // np.maximum(times, 1)}


def _moved(history: History, rows: Flags, n: int, day: int, days: int) -> tuple[Ints, Ints]:
    """What those entries moved in so many days up to the close of one, and how many they were."""
    entries, on = history.entries, history.entries.effective_on
    kept = np.flatnonzero(rows & (on <= day) & (on > day - days))
    amount = np.zeros(n, np.int64)
    np.add.at(amount, entries.member[kept], entries.amount[kept])
    return amount, np.bincount(entries.member[kept], minlength=n)


def _of_accounts(history: History, accounts: tuple[str, ...]) -> Flags:
    labels = history.labels.get("entries.account", ())
    codes = [code for code, label in enumerate(labels) if label in accounts]
    return np.isin(history.entries.codes["account"], codes)


def _tiers(history: History, programme: Programme, member: Ints, day: int) -> dict[str, Any]:
    """near_upgrade and near_downgrade as `tier_progress` has them; next_tier (missing where measures reach
    none), how far towards_next in thousandths, and the spend missing for it; review_on (-1 where no review
    asks anything), and the spend missing_to_keep the tier then."""
    spells = tier_spells(history)
    row = spells.holding(member, np.full(len(member), day))
    there = np.flatnonzero(row >= 0)
    now = np.full(len(there), day, np.int64)
    progress = Progress(history, programme, Spells(member[there], now, now, spells.what[row[there]]))
    ahead, review = progress.towards_next(), progress.until_review()

    def of_all(values: npt.NDArray[Any], otherwise: int = 0) -> npt.NDArray[Any]:
        found = np.full(len(member), otherwise, values.dtype)
        found[there] = values
        return found

    names = pd.Index([tier.name for tier in programme.tiers], dtype="str")
    return {
        "near_upgrade": of_all(progress.near_upgrade()),
        "near_downgrade": of_all(progress.near_downgrade()),
        "next_tier": pd.Categorical.from_codes(of_all(ahead.what, -1), names),
        "towards_next": of_all(ahead.thousandths),
        "missing": of_all(ahead.spend),
        "review_on": of_all(review.what, -1),
        "missing_to_keep": of_all(review.spend),
    }
