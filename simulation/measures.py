"""The numbers by which runs are compared: those of the dictionary, and what only a run tells."""

from __future__ import annotations

from loyalty_core.counting.cuts import MEMBER_SLICES
from loyalty_core.metrics.dictionary import METRICS, Kind, Metric, Section, Unit
from loyalty_core.text import Text

# Sources tell who paid a fee, and often not how much: a run knows the price of its day.
MEMBERSHIP_FEES = Metric(
    name="membership_fees",
    label=Text("Membership fees", "会员费收入"),
    meaning=Text(
        "What members paid in the period for tiers that are bought.", "会员在本期为付费等级支付的费用。"
    ),
    formula=Text("Σ fee of the tier on the day it was paid", "Σ 支付当日该等级的会员费"),
    section=Section.TIERS,
    kind=Kind.FLOW,
    unit=Unit.MONEY,
    direction=1,
    slices=MEMBER_SLICES,
    top="membership_fees",
)
MEASURES = METRICS | {MEMBERSHIP_FEES.name: MEMBERSHIP_FEES}
