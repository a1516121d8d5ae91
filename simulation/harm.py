"""The share of members who would have lost by other rules, as a figure that a search may bound or aim at.

No run tells it: rules are held against what members did in their last year (`loyalty_core.kernel.winners`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from loyalty_core.history import History
from loyalty_core.history_parts import select
from loyalty_core.kernel.winners import Outcome, Side, last_year, outcomes, side
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.metrics.metric import Kind, Metric, Section, Unit
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from simulation.horizon import OF_HORIZON

LOOKED_AT = 5_000  # members at most: a share of some per cent is then known to within a point
HARMED = Metric(
    name="members_harmed",
    label=Text("Members who lose", "受损会员占比"),
    meaning=Text(
        "The share of members whose tier or points would have been less, and neither more, had the rules "
        "held for what they did in the last year.",
        "若按新规则计算会员过去一年的行为，等级或积分减少且两者均未增加的会员占比。",
    ),
    formula=Text("members who lose ÷ members", "受损会员数 ÷ 会员数"),
    section=Section.TIERS,
    kind=Kind.RATIO,
    unit=Unit.SHARE,
    direction=-1,
    slices=frozenset(),
)
# All that a search may bound or aim at, beside money.
FIGURES = {name: METRICS[name] for name in OF_HORIZON} | {HARMED.name: HARMED}


@dataclass(frozen=True, slots=True)
class Harm:
    """What some members did, and what they had of it under the rules that others are held against."""

    history: History
    before: Side

    @classmethod
    def of(cls, past: History, programme: Programme) -> Harm:
        """Of the members of a past, evenly over their order where they are many."""
        count = len(past.members)
        some = select(past, np.arange(count) % max(ceil(count / LOOKED_AT), 1) == 0)
        return cls(some, side(some, programme, *last_year(some)))

    def share(self, programme: Programme) -> float:
        """Of the members, those who would have lost under that programme."""
        after = side(self.history, programme, *last_year(self.history))
        return float(np.mean(outcomes(self.before, after) == Outcome.LOST))
