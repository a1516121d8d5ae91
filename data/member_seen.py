"""All that is reckoned of one member at the close of a day: from that member's own facts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from data.member_story import alone
from data.one_member import member_history
from data.snapshots import Snapshot
from loyalty_core.counting.member_months import member_months
from loyalty_core.customers.pasts import Rhythm, rhythm
from loyalty_core.kernel.member_explained import explain_member
from loyalty_core.periods import Periods
from loyalty_core.points.lot_ledger import lot_ledger
from loyalty_core.portraits import portraits
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.explanation import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSeen:
    """A member: `portrait` as in `portraits`, the tier explained, `months` as in `member_months`, the `lots`
    of points that are left (day, expires_on, points; soonest gone first), and the past of buying."""

    portrait: pd.Series
    tier: Explanation
    months: pd.DataFrame
    lots: pd.DataFrame
    past: Rhythm


def member_seen(
    snapshot: Snapshot,
    programme: Programme,
    member_id: str,
    day: int,
    months: Periods,
    earlier: Sequence[Programme] = (),
) -> MemberSeen | None:
    """The member at the close of `day`; None where not enrolled then. InputError where nothing is known.

    `earlier` are the programmes that held before the one of that day.
    """
    history, _ = member_history(alone(snapshot, member_id), programme, member_id)
    found = portraits(history, programme, day)
    if found.empty:
        return None
    ledger = lot_ledger(history, day)
    lots = pd.DataFrame({"day": ledger.lot_day, "expires_on": ledger.lot_expires_on, "points": ledger.left})
    return MemberSeen(
        portrait=found.iloc[0],
        tier=explain_member(history, programme, member_id, day, earlier),
        months=member_months(history, programme, months),
        lots=lots[lots["points"] > 0].sort_values(["expires_on", "day"]),
        past=rhythm(history, day + 1, 10**programme.currency_decimals),
    )
