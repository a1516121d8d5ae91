"""What members do beside buying, and pay with beside money: as often as told, and as the rules have it."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from loyalty_core.facts import EARN, REDEEM, REVERSE
from loyalty_core.rules.programme import programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Doing, Paying, Purchasing, Refunding
from simulation.engine import simulate
from simulation.journal import ACTIVITIES, KIND, Facts
from simulation.streams import Streams
from tests.simulation.crowds import DAYS, FIRST, PROGRAMME, crowd

STAYING = Purchasing(model="nbd", r=1.0, alpha=4.0)
STREAK = {"name": "daily", "when": {"event": "sign_in"}, "streak": {"points": [1, 2, 5]}}


def lived(behaviour: Behaviour, members: int = 400, **changes: object) -> Facts:
    document = PROGRAMME.model_dump(mode="json") | changes
    arm = Arm.of(programme_from_dict(document), behaviour)
    return simulate(crowd(members), arm, DAYS, Streams(3, 1))


def test_deeds_come_as_often_as_told_and_differ_from_member_to_member() -> None:
    doing = Doing(sign_in=1.0, review=0.5, alike=2.0)
    facts = lived(Behaviour(purchasing=STAYING, doing=doing))
    kinds, weeks = facts.activities["kind"], (DAYS[1] + 1 - facts.population.joined_on) / 7
    for kind, a_week in (("sign_in", 1.0), ("review", 0.5)):
        done = np.bincount(facts.activities["member"][kinds == ACTIVITIES.index(kind)], minlength=len(weeks))
        # Gamma of shape 2: the variance of the total over members is that of the rates and of chance.
        error = np.sqrt((a_week**2 / 2 * weeks**2 + a_week * weeks).sum())
        assert abs(done.sum() - a_week * weeks.sum()) < 3.5 * error
    assert not (kinds == ACTIVITIES.index("task")).any()


def test_nobody_does_anything_after_leaving() -> None:
    leaving = Purchasing(r=8.0, alpha=16.0, a=50.0, b=0.1)  # nearly all after the first repeat purchase
    facts = lived(Behaviour(purchasing=leaving, doing=Doing(sign_in=3.0, alike=5.0)))
    last_sale = np.full(len(facts.population), np.iinfo(np.int64).max)
    last_sale[facts.purchases["member"]] = facts.purchases["at"]
    after = facts.activities["at"] > last_sale[facts.activities["member"]]
    assert len(after) > 100 and after.mean() < 0.05


def test_days_in_a_row_earn_as_the_streak_says() -> None:
    behaviour = Behaviour(purchasing=STAYING, doing=Doing(sign_in=6.0, alike=20.0))
    facts = lived(behaviour, members=20, earning={"rules": [STREAK]})
    days = defaultdict(set)
    for member, day in zip(facts.activities["member"], facts.activities["day"], strict=True):
        days[int(member)].add(int(day))
    expected = 0
    for signed in days.values():
        for day in signed:
            row = 0
            while row < 2 and day - row - 1 in signed:
                row += 1
            expected += (1, 2, 5)[row]
    of_deeds = (facts.entries["ordinal"] < 0) & (facts.entries["kind"] == KIND[EARN])
    earned = facts.entries["amount"][of_deeds]
    assert earned.sum() == expected > 3000


def test_points_pay_no_more_than_the_rules_allow_and_come_back_with_what_is_returned() -> None:
    behaviour = Behaviour(
        purchasing=STAYING,
        refunding=Refunding(share=0.4, within_days=5),
        paying=Paying(with_points=0.7),
    )
    cash = {"value_per_point": "0.02", "largest_share": "0.3"}
    facts = lived(behaviour, rewards=[], points_as_cash=cash, refunds={"restore": "as_before"})
    sales = ~facts.purchases["refund"]
    paid, amount = facts.purchases["paid_points"][sales], facts.purchases["amount"][sales]
    assert (paid > 0).sum() > 200 and (paid * 10 <= amount * 3).all()
    entries = facts.entries
    spent = entries["kind"] == KIND[REDEEM]
    assert -entries["amount"][spent].sum() * 2 == paid.sum()  # minor units: two for each point
    restored = entries["amount"][(entries["kind"] == KIND[REVERSE]) & (entries["amount"] > 0)]
    assert len(restored) > 30


def test_members_do_nothing_beside_buying_unless_told_to() -> None:
    facts = lived(Behaviour(), members=50)
    assert not len(facts.activities["at"]) and not facts.purchases["paid_points"].any()
    told = {group["name"] for group in Behaviour(doing=Doing(task=0.1)).assumptions()}
    assert "doing" in told and "paying" not in told
    assert facts.population.joined_on.min() >= FIRST
