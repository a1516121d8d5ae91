"""Checks of points and tiers: each function returns the rows for which its name is not true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Ints
from loyalty_core.checks.evidence import Evidence, days, microseconds
from loyalty_core.counting.period_facts import period_facts
from loyalty_core.days import NEVER, add_months, to_date
from loyalty_core.facts import EARN, ENTRY_KINDS, EXPIRE, NAMING_THEIR_LOT, REDEEM, REVERSE, SALE
from loyalty_core.periods import periods
from loyalty_core.points.lot_ledger import turn
from loyalty_core.points.wallet import NO_LOT, Wallet
from loyalty_core.rounds import rounds

_SHOWN = ["entry_id", "member_id", "account", "kind", "amount", "occurred_at"]


def every_entry_has_a_known_kind_and_sign(evidence: Evidence) -> pd.DataFrame:
    """Entries of an unknown kind, earnings below zero, redemptions and expiries above."""
    entries = evidence.table("entries")
    kind, amount = entries["kind"], entries["amount"]
    wrong = ~kind.isin(ENTRY_KINDS) | amount.isna()
    wrong |= (kind == EARN) & (amount < 0)
    wrong |= kind.isin([REDEEM, EXPIRE]) & (amount > 0)
    return entries.loc[wrong, _SHOWN]


def no_account_is_ever_overdrawn(evidence: Evidence) -> pd.DataFrame:
    """Entries that took points which were not there, with the balance after them.

    A claw-back may lead below zero; what is spent or expires after it may not.
    """
    ledger = evidence.ledger
    wrong = (ledger["amount"] < 0) & (ledger["balance"] < 0) & (ledger["kind"] != REVERSE)
    return ledger.loc[wrong, [*_SHOWN, "balance"]]


def opening_plus_movements_equals_closing(evidence: Evidence) -> pd.DataFrame:
    """Months and accounts whose movements do not lead from the opening to the closing balance."""
    ledger = evidence.ledger
    if ledger.empty:
        return pd.DataFrame()
    effective = np.maximum(ledger["day"], days(ledger["available_on"], 0))
    span = periods(int(effective.min()), int(effective.max()), "month")
    facts = period_facts(evidence.history, evidence.programme, span, by=["account"])
    moved = facts["points_issued"] + facts["points_adjusted"]
    moved = moved - facts["points_redeemed"] - facts["points_expired"]
    gap = facts["points_outstanding"] - facts["points_opening"] - moved
    shown = ["period_first", "period_end", "account", "points_opening", "points_outstanding"]
    return facts.loc[gap != 0, shown].assign(gap=gap[gap != 0])


def nothing_expires_early_or_twice(evidence: Evidence) -> pd.DataFrame:
    """Days on which more points of an account expired than were left in the lots due by then."""
    return _expiry(evidence)[0]


def no_points_outlive_their_expiry(evidence: Evidence) -> pd.DataFrame:
    """Lots that were due by the last day of the ledger and are still there."""
    return _expiry(evidence)[1]


def tier_changes_form_a_chain(evidence: Evidence) -> pd.DataFrame:
    """Tier changes that do not begin at the tier where the member's previous one ended."""
    changes = _ordered_changes(evidence)
    before = changes.groupby("member_id")["to_tier"].shift()
    first = ~changes.duplicated("member_id")
    broken = ~first & (changes["from_tier"].fillna("") != before.fillna(""))
    return changes.loc[broken].assign(tier_before=before[broken])


def every_tier_is_one_of_the_programme(evidence: Evidence) -> pd.DataFrame:
    """Tier changes that name a tier which no version of the programme declares."""
    changes = evidence.table("tier_changes")
    known = {tier.name for one in evidence.versions for tier in one.tiers}
    to_known = changes["to_tier"].isin(known)
    from_known = changes["from_tier"].isin(known) | (changes["from_tier"].fillna("") == "")
    return changes.loc[~(to_known & from_known)]


def _ordered_changes(evidence: Evidence) -> pd.DataFrame:
    changes = evidence.table("tier_changes")
    order = np.lexsort((microseconds(changes["occurred_at"]), pd.factorize(changes["member_id"])[0]))
    return changes.iloc[order].reset_index(drop=True)


def _expiry(evidence: Evidence) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What expired without being due, and what was due and did not expire.

    Every account's ledger is followed through its lots, oldest expiry first; what is taken before it
    is there is owed, and what comes in fills the gap. Points without an expiry may have one that the
    source does not tell, so they excuse an expiry; so does a rule of inactivity.
    """
    ledger = evidence.ledger_in_effect
    if ledger.empty:
        return pd.DataFrame(), pd.DataFrame()
    lines = _expiries_of_a_day_as_one(_in_turn(ledger))
    owner, amount = lines["owner"].to_numpy(), lines["amount"].to_numpy(np.int64)
    day, expires_on = lines["day"].to_numpy(), days(lines["expires_on"], int(NEVER))
    gone = np.maximum(expires_on, lines["effective"].to_numpy())
    is_expiry = (lines["kind"] == EXPIRE).to_numpy(bool) & (amount < 0)
    names_lot = lines["kind"].isin(NAMING_THEIR_LOT).to_numpy(bool) & (expires_on < NEVER)
    named = np.where(names_lot, expires_on, NO_LOT)
    wallet, not_due = Wallet(int(owner.max()) + 1), np.zeros(len(lines), np.int64)
    for _, row in rounds(owner, np.zeros(len(lines), np.int64)):
        inward, expiry = row[amount[row] > 0], row[is_expiry[row]]
        outward = row[(amount[row] < 0) & ~is_expiry[row]]
        wallet.credit(owner[inward], day[inward], amount[inward], gone[inward])
        wallet.take_back(owner[outward], -amount[outward], named[outward], claw_back="allow_negative")
        not_due[expiry] = _expired_undue(wallet, owner[expiry], day[expiry], -amount[expiry])
    not_due[not_due > 0] -= np.where(_inactive(evidence, lines[not_due > 0]), not_due[not_due > 0], 0)
    early = lines.loc[not_due > 0, ["member_id", "account", "occurred_at", "amount"]]
    early = early.assign(points_not_due=not_due[not_due > 0])
    return early, _overdue(wallet, lines, int(day.max()))


def _in_turn(ledger: pd.DataFrame) -> pd.DataFrame:
    """The ledger with the entries of one instant in the order in which they find their lots."""
    turns = turn(ledger["amount"].to_numpy(np.int64), (ledger["kind"] == REVERSE).to_numpy(bool))
    order = np.lexsort((turns, ledger["effective_at"], ledger["owner"]))
    return ledger.iloc[order].reset_index(drop=True)


def _expiries_of_a_day_as_one(ledger: pd.DataFrame) -> pd.DataFrame:
    """The ledger with what expires of an account on one day as one line, where its first stands."""
    expiry = ledger["kind"] == EXPIRE
    total = ledger.loc[expiry].groupby(["owner", "day"])["amount"].transform("sum")
    again = ledger.loc[expiry].duplicated(["owner", "day"])
    lines = ledger.assign(amount=total.reindex(ledger.index).fillna(ledger["amount"]).astype(np.int64))
    return lines.drop(index=again.index[again])


def _expired_undue(wallet: Wallet, who: Ints, day: Ints, expired: Ints) -> Ints:
    """Take what expired out of the lots; how much of it neither was due nor is without an expiry."""
    moves = wallet.settle(who, day).expired
    due = np.zeros(len(wallet.balance), np.int64)
    np.add.at(due, moves.member, moves.points)
    left_lying = np.maximum(due[who] - expired, 0)
    wallet.credit(who, day, left_lying, day)  # still there, and still due
    more = np.maximum(expired - due[who], 0)
    excused = np.minimum(more, wallet.staying(who))
    wallet.debit(who, more)
    undue: Ints = more - excused
    return undue


def _inactive(evidence: Evidence, lines: pd.DataFrame) -> Flags:
    """Whether the member of each line had neither bought nor redeemed for as long as a version asks."""
    rules = [one.expiry.inactivity_months for one in evidence.versions]
    months = min((one for one in rules if one is not None), default=None)
    if months is None:
        return np.zeros(len(lines), bool)
    sales = evidence.table("purchases").assign(day=evidence.day("purchases"))
    sales = sales.loc[(sales["kind"] == SALE) & sales["member_id"].notna()]
    redemptions = evidence.ledger.loc[evidence.ledger["kind"] == REDEEM]
    acts = pd.concat([sales[["member_id", "day"]], redemptions[["member_id", "day"]]])
    pairs = lines.reset_index(names="line")[["line", "member_id", "day"]].merge(
        acts, on="member_id", suffixes=("", "_act")
    )
    before = pairs["day_act"] < pairs["day"]  # what expires is gone before anybody acts that day
    last = pairs.loc[before].groupby("line")["day_act"].max()
    last_act = last.reindex(lines.index).to_numpy(np.float64, na_value=np.nan)
    known = ~np.isnan(last_act)
    quiet = np.ones(len(lines), bool)
    quiet[known] = add_months(last_act[known].astype(np.int32), months) <= lines["day"].to_numpy()[known]
    return quiet


def _overdue(wallet: Wallet, lines: pd.DataFrame, last_day: int) -> pd.DataFrame:
    left = wallet.open(np.arange(len(wallet.balance)))
    late = left.day <= last_day
    names = lines.drop_duplicates("owner").set_index("owner")[["member_id", "account"]]
    rows = names.loc[left.member[late]].reset_index(drop=True)
    gone: list[Any] = [to_date(day) for day in left.day[late]]
    return rows.assign(expires_on=gone, points=left.points[late])
