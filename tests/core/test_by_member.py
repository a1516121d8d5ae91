"""Who makes up a number: what members add is the number, and each adds what their own rows say."""

from __future__ import annotations

import numpy as np
import pytest

from loyalty_core.counting.period_facts import period_facts
from loyalty_core.days import to_date
from loyalty_core.history_parts import as_of
from loyalty_core.metrics.by_member import BOTTOM, TOP, by_member, can_be_told_by_member
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.periods import Periods
from tests.core.generated import generated

TOLD = [metric for metric in METRICS.values() if can_be_told_by_member(metric)]
# Sums that a median, a model, a whole programme or a quota of its own stand behind.
NOT_TOLD = {
    "repurchase_cycle",
    "lifetime_value",
    "member_sales_share",
    "revenue_deferred",
    "nps",
    "tier_share",
}


def one_period(history, days: int = 200) -> Periods:
    last = as_of(history)
    return Periods(np.array([last - days + 1]), np.array([last]), last - 2 * days + 1)


@pytest.mark.parametrize(
    ("metrics", "where"),
    [(TOLD[::2], {}), (TOLD[1::2], {"member_region": ["North", ""], "member_tier": ["base", "silver"]})],
    ids=["all members", "some of them"],
)
def test_members_together_are_the_number(metrics, where):
    case = generated(11, members=30)
    period = one_period(case.history)
    facts = period_facts(case.history, case.programme, period, where=where)
    told = 0
    for metric in metrics:
        found = by_member(metric, case.history, case.programme, period, where)
        top, bottom = metric.parts(facts, case.programme)
        assert found[TOP].sum() == pytest.approx(np.nan_to_num(top[0])), metric.name
        assert found["member_id"].is_unique and set(found["member_id"]) <= set(case.history.members.ids)
        if bottom is not None:
            assert found[BOTTOM].sum() == pytest.approx(bottom[0]), metric.name
        told += bool(len(found))
    assert told > len(metrics) / 2


def test_members_bring_what_their_own_purchases_come_to_the_largest_first():
    case = generated(11, members=30)
    period = one_period(case.history)
    found = by_member(METRICS["revenue"], case.history, case.programme, period)
    minor = 10**case.programme.currency_decimals
    plain: dict[str, int] = {}
    for row in case.rows["purchases"]:
        on = row["occurred_at"].astimezone(case.programme.zone).date()
        if row["member_id"] and to_date(period.first[0]) <= on <= to_date(period.last[0]):
            plain[row["member_id"]] = plain.get(row["member_id"], 0) + row["amount"]
    assert found[TOP].is_monotonic_decreasing
    assert {row.member_id: round(row.top * minor) for row in found.itertuples()} == {
        member: amount for member, amount in plain.items() if amount
    }


def test_a_count_per_label_is_told_of_one_label_at_a_time():
    case = generated(11, members=30)
    period, metric = one_period(case.history), METRICS["tier_migration"]
    facts = period_facts(case.history, case.programme, period, by=["opening_tier", "member_tier"])
    counts = facts[facts["members_by_tiers"] > 0].fillna("")
    for row in counts.itertuples():
        where = {"opening_tier": [row.opening_tier], "member_tier": [row.member_tier]}
        found = by_member(metric, case.history, case.programme, period, where)
        assert len(found) == row.members_by_tiers and set(found[TOP]) == {1}
    assert len(counts) > 2
    assert not can_be_told_by_member(metric, {"opening_tier": ["base", "silver"]})
    assert not can_be_told_by_member(METRICS["tier_share"], {"member_tier": ["base"]})


def test_what_is_no_sum_over_members_is_not_told_by_them():
    assert not NOT_TOLD & {metric.name for metric in TOLD}
    assert {"members_active", "churn_rate", "redemption_rate", "points_outstanding"} <= {
        metric.name for metric in TOLD
    }
    case = generated(11)
    with pytest.raises(ValueError, match="nps is no sum"):
        by_member(METRICS["nps"], case.history, case.programme, one_period(case.history))
