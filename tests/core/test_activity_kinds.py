"""Kinds of activities: whatever figures, the kernel and the demo name is told to people."""

from __future__ import annotations

from loyalty_core.activity_kinds import ACTIVITY_KINDS
from loyalty_core.counting import care_facts, membership_facts
from loyalty_core.counting.dealings import CHECK_INS
from loyalty_core.kernel import walk
from simulation.demo.deeds import AFTER_SALES, CONSEQUENCES


def test_every_kind_that_figures_rules_and_the_demo_rest_on_is_described() -> None:
    counted = ("SURVEY", "NPS", "COMPLAINT", "REFERRAL", "SIGN_IN", "TASK_OFFERED", "TASK", "CONTACT")
    named = {getattr(care_facts, name) for name in (*counted, "QUALITY_SAMPLE")}
    named |= {membership_facts.BENEFIT, *CHECK_INS, *walk.GIVING, walk.TOP_UP, walk.PAY_OUT}
    named |= {one.kind for one in AFTER_SALES} | {one.kind for one in CONSEQUENCES}
    named |= {"referred", "suggestion_adopted", "share_converted"}  # that the documents promise rules for
    assert named <= set(ACTIVITY_KINDS)
    assert all(one.label.en and one.label.zh for one in ACTIVITY_KINDS.values())
