"""The members whom a bar counts that no metric does, with what each adds to it; rows as of `members_behind`.

Each question takes the day at whose close members are looked at and the filters, and then what tells the bar.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from data.benefit_uses import uses_by_member
from data.buying_year import year_of_each
from data.caring import birthdays_coming
from data.portrayed import portrayed_once
from data.rollups.snapshot_facts import SnapshotFacts
from data.segmented import learnt
from data.some_members import described
from data.standing import LAST_KNOWN, STANDING, Where, asked, conditions
from loyalty_core.arrays import Flags
from loyalty_core.counting.cohorts import AGES, LOT_AGE, TO_EXPIRY
from loyalty_core.counting.cuts import MEMBER
from loyalty_core.counting.gaps import gap_labels, gaps
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.counting.sales import sales_of
from loyalty_core.customers.rfm import TENTHS
from loyalty_core.days import begin_of, to_date
from loyalty_core.finance.point_worth import age_groups, expiry_groups
from loyalty_core.history import History
from loyalty_core.metrics.by_member import TOP
from loyalty_core.points.lot_ledger import lot_ledger
from loyalty_core.portraits import within
from loyalty_core.segments.every_segment import Segments
from loyalty_core.segments.own_rules import OwnSegment
from loyalty_core.tiers.coming_reviews import outcomes


def members_by_reason(
    facts: SnapshotFacts, day: int, where: Where, first: int, kind: str, reason: str
) -> pd.DataFrame:
    """Who earned or redeemed points for a reason from day `first` on (`points_by_reason`): points."""
    sql = f"""SELECT member_id, abs(sum(amount))::DOUBLE AS {TOP} FROM entries
        WHERE account = 'points' AND kind = $kind AND coalesce(reason, '') = $reason
        AND occurred_at >= $begin AND occurred_at < $end GROUP BY member_id"""
    found = asked(facts, day, {}, sql, _days(facts, first, day) | {"kind": kind, "reason": reason})
    found[TOP] /= 10**facts.programme.point_decimals
    return _told(facts, day, where, found)


def members_buying(facts: SnapshotFacts, day: int, where: Where, first: int, category: str) -> pd.DataFrame:
    """Who bought of a category from day `first` on (`categories_bought`)."""
    sql = f"""SELECT DISTINCT member_id, 1.0 AS {TOP} FROM purchases JOIN {STANDING} USING (member_id)
        WHERE kind = 'sale' AND list_contains(categories, $category)
        AND occurred_at >= $begin AND occurred_at < $end"""
    found = asked(facts, day, where, sql, _days(facts, first, day) | {"category": category})
    return _told(facts, day, {}, found)


def members_using(facts: SnapshotFacts, day: int, where: Where, first: int, benefit: str) -> pd.DataFrame:
    """Who used a benefit from day `first` on (`benefit_uses`): what that cost, in currency units."""
    uses = uses_by_member(facts, day, first)
    found = uses[uses["benefit"] == benefit].rename(columns={"cost": TOP})[[MEMBER, TOP]]
    return _told(facts, day, where, found.assign(**{TOP: found[TOP] / 10**facts.programme.currency_decimals}))


def members_back_after(facts: SnapshotFacts, day: int, where: Where, days: str) -> pd.DataFrame:
    """Who bought so many days after the purchase before (a label of `gap_labels`), in the 365 days up to
    `day` (`days_between`): how often."""
    found = pd.concat(facts.of_each_part(partial(_back_after, gap_labels().index(days), day)))
    return _told(facts, day, where, found, with_left=True)


def _back_after(place: int, day: int, history: History) -> pd.DataFrame:
    everybody = np.arange(len(history.members))
    times = gaps(sales_of(history), everybody, len(everybody), day - YEAR_DAYS + 1, day)[:, place]
    return _adding(history, times)


def members_with_lots(
    facts: SnapshotFacts, day: int, where: Where, slice_name: str, label: str
) -> pd.DataFrame:
    """Who holds points of that age (LOT_AGE), or that expire then (LOT_EXPIRY), at the close of `day`."""
    found = pd.concat(facts.of_each_part(partial(_with_lots, slice_name, label, day)))
    found[TOP] /= 10**facts.programme.point_decimals
    return _told(facts, day, where, found, with_left=True)


def _with_lots(slice_name: str, label: str, day: int, history: History) -> pd.DataFrame:
    ledger = lot_ledger(history, day)
    groups, labels = (age_groups, AGES) if slice_name == LOT_AGE else (expiry_groups, TO_EXPIRY)
    theirs = groups(ledger) == labels.index(label)
    left = np.bincount(ledger.lot_member[theirs], ledger.left[theirs], len(history.members))
    return _adding(history, left)


def members_spending_most(facts: SnapshotFacts, day: int, where: Where, tenths: int) -> pd.DataFrame:
    """The tenths of the buyers of 365 days who spent most (`concentration`): what each spent."""
    buyers = year_of_each(facts, day, where).sort_values(["revenue", MEMBER], ascending=[False, True])
    most = buyers.head(-(-len(buyers) * tenths // TENTHS))
    spent = most["revenue"] / 10**facts.programme.currency_decimals
    return _told(facts, day, {}, pd.DataFrame({MEMBER: most[MEMBER], TOP: spent.astype(np.float64)}))


def members_leaving(facts: SnapshotFacts, day: int, where: Where, first: int, reason: str) -> pd.DataFrame:
    """Who left from day `first` on for a reason (`reasons_for_leaving`)."""
    kept = " AND ".join(["TRUE", *conditions(where)])
    found = facts.snapshot.query(
        f"""SELECT member_id, 1.0 AS {TOP} FROM ({LAST_KNOWN}) WHERE {kept}
        AND coalesce(left_reason, '') = $reason AND left_on BETWEEN $first AND $last""",
        {"reason": reason, "first": to_date(first), "last": to_date(day)},
    )
    return _told(facts, day, {}, found)


def members_celebrating(facts: SnapshotFacts, day: int, where: Where, on: date) -> pd.DataFrame:
    """Whose birthday falls on a coming day (`birthdays_coming`)."""
    coming = birthdays_coming(facts, day, where)
    return _told(facts, day, {}, coming.loc[coming["on"] == on, [MEMBER]].assign(**{TOP: 1.0}))


def members_at_reviews(facts: SnapshotFacts, day: int, where: Where, tier: str, outcome: str) -> pd.DataFrame:
    """Who of a tier comes to that at the coming reviews (`outcomes`)."""
    found = within(portrayed_once(facts, day), where)
    theirs = (found["tier"] == tier).to_numpy(bool) & outcomes(found, day)[outcome]
    return _told(facts, day, {}, _each(found, theirs))


def members_shared(
    facts: SnapshotFacts,
    day: int,
    where: Where,
    inside: str,
    beside: str,
    both: bool,
    own: tuple[OwnSegment, ...] = (),
) -> pd.DataFrame:
    """Of those whom the filters let pass, who is in one segment and, as asked, in another or not (`overlap`);
    `own` are the segments that people wrote."""
    portraits = within(portrayed_once(facts, day), where)
    segments = Segments(portraits, facts.programme, own, partial(learnt, facts, day))
    found = segments.members(inside) & (segments.members(beside) == both)
    return _told(facts, day, {}, _each(portraits, found))


def _each(portraits: pd.DataFrame, found: Flags) -> pd.DataFrame:
    """Rows of those members, each of whom counts as one."""
    return portraits.loc[found, [MEMBER]].astype(str).assign(**{TOP: 1.0})


def _adding(history: History, each: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Rows of those members who add something, from what each adds."""
    adds = np.flatnonzero(each)
    return pd.DataFrame({MEMBER: history.members.ids[adds], TOP: each[adds].astype(np.float64)})


def _days(facts: SnapshotFacts, first: int, last: int) -> dict[str, Any]:
    begin, end = (begin_of(one, facts.programme.zone) for one in (first, last + 1))
    return {"begin": begin, "end": end}


def _told(
    facts: SnapshotFacts, day: int, where: Where, found: pd.DataFrame, *, with_left: bool = False
) -> pd.DataFrame:
    """Those whom the filters let pass, who adds most first, described at the close of the day; with those who
    have left, by what they were then, where the figure counts them."""
    if where:
        sql = f"SELECT member_id FROM {STANDING}"
        if with_left:
            kept = " AND ".join([f"left_on <= DATE '{to_date(day)}'", *conditions(where)])
            sql += f" UNION ALL SELECT member_id FROM ({LAST_KNOWN}) WHERE {kept}"
        inside = asked(facts, day, where, sql)[MEMBER]
        found = found[found[MEMBER].isin(inside)]
    ordered = found.sort_values([TOP, MEMBER], ascending=[False, True], ignore_index=True)
    return described(facts, day, ordered)
