"""Who would have won and lost by a scenario's rules, as plain values: for job process and command line."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from dashboard.jobs.calibrated import unless
from dashboard.jobs.questions import Answer, Asked, Asking
from data.live import live_history
from loyalty_core.arrays import Flags
from loyalty_core.days import to_date
from loyalty_core.kernel.winners import OUTCOMES, VALUE_GROUPS, Outcome, ValueGroup, Winners, winners
from loyalty_core.rules.programme import Programme


def winners_of(asked: Asked, first_day: int | None, listed: int, asking: Asking) -> Answer:
    """What the scenario's rules would have given members for what they did, beside the programme in force."""

    def find() -> Answer:
        programme, other = asked.programme, asked.sides[1].programme(asked.programme)
        history = unless(asking.cancelled, lambda: live_history(asked.snapshot, programme))
        asking.progress(0.3, None)
        found = unless(asking.cancelled, lambda: winners(history, programme, other, first_day))
        return document(found, programme, other, listed)

    return asked.known("winners", find, first_day=first_day, listed=listed)


def document(found: Winners, before: Programme, after: Programme, listed: int) -> dict[str, Any]:
    """Plain values: all members, each tier and value group, and so many of those who are affected most, be it
    of all or of each outcome (`most`)."""
    change = found.after.worth_minor - found.before.worth_minor
    moved = np.flatnonzero(found.outcome)
    order = moved[np.lexsort((moved, -np.abs(change[moved])))]
    names = {
        "tier": [tier.name for tier in before.tiers],
        "value": [asdict(VALUE_GROUPS[group]) for group in ValueGroup],
    }
    return {
        "from": to_date(found.days[0]).isoformat(),
        "to": to_date(found.days[1]).isoformat(),
        "all": _summary(found, np.ones(len(found), bool), before),
        "groups": [
            {"by": by, "group": names[by][number]} | _summary(found, who, before)
            for by, number, who in found.groups()
        ],
        "members": [_member(found, int(who), before, after) for who in order[:listed]],
        "most": {
            words.en: [
                _member(found, int(who), before, after)
                for who in order[found.outcome[order] == outcome][:listed]
            ]
            for outcome, words in OUTCOMES.items()
            if outcome is not Outcome.SAME
        },
    }


def _summary(found: Winners, who: Flags, programme: Programme) -> dict[str, Any]:
    counts = np.bincount(found.outcome[who], minlength=len(OUTCOMES))
    change = int((found.after.worth_minor - found.before.worth_minor)[who].sum())
    return {
        "members": int(who.sum()),
        **{words.en: int(counts[outcome]) for outcome, words in OUTCOMES.items()},
        "worth_change": change / 10**programme.currency_decimals,
    }


def _member(found: Winners, who: int, before: Programme, after: Programme) -> dict[str, Any]:
    sides = {
        name: {
            "tier": programme.tiers[side.tier[who]].name if side.tier[who] >= 0 else None,
            "points": int(side.points[who]) / 10**programme.point_decimals,
            "worth": int(side.worth_minor[who]) / 10**programme.currency_decimals,
        }
        for name, side, programme in (("before", found.before, before), ("after", found.after, after))
    }
    outcome, group = Outcome(found.outcome[who]), ValueGroup(found.value_group[who])
    about = {"member": str(found.ids[who]), "outcome": OUTCOMES[outcome].en}
    return about | {"value": VALUE_GROUPS[group].en} | sides
