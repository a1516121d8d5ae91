"""The tier of one member of a history, explained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.history_parts import select
from loyalty_core.kernel.standing import enrolled, standing
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.explanation import Explanation, explain


def explain_member(
    history: History, programme: Programme, member_id: str, day: int, earlier: Sequence[Programme] = ()
) -> Explanation:
    """Why the member has the tier at the close of `day`, what is missing for the next, and what comes.

    `earlier` are the programmes that held before the one of that day.
    InputError where the history knows no such member, or none enrolled on that day.
    """
    chosen = history.members.ids == member_id
    if not chosen.any():
        raise InputError(f"{member_id} is no member; write the number as the source does")
    alone = select(history, chosen)
    if not len(enrolled(alone.members, day)):
        raise InputError(f"{member_id} is not enrolled on {np.datetime64(day, 'D')}; ask for another day")
    stands = standing(alone, programme, day, earlier=earlier)
    return explain(stands.standing, programme, 0, day)
