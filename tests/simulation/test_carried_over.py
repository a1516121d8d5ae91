"""What members hold when a run begins: coupons, money on cards and status points of what was before it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from loyalty_core.days import NEVER
from loyalty_core.history import History
from loyalty_core.history_parts import select
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.standing import standing
from loyalty_core.rules.programme import programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Couponing, Purchasing, Refunding, Spending, Storing
from simulation.continuation import continued
from simulation.engine import simulate, simulate_together
from simulation.journal import Facts
from simulation.population import Population, todays_members
from simulation.streams import Streams
from tests.simulation.crowds import FIRST, PROGRAMME, crowd
from tests.simulation.plain_engine import simulate_plainly
from tests.simulation.test_plain_engine import assert_equal_facts

EVE, LAST = FIRST + 99, FIRST + 160
STATUS = {"name": "stars", "points_per_unit": "0.1", "account": "status"}
GIVING = programme_from_dict(
    PROGRAMME.model_dump(mode="json")
    | {
        "earning": {"points_per_unit": 1, "rules": [STATUS]},
        "stored_value": {"bonuses": [{"from_amount": 20, "bonus": 5}], "consumption": "in_proportion"},
        "coupons": [
            {"name": "often", "face_value": "2", "given_for": {}, "days_valid": 45, "per_member": 6},
            {"name": "hello", "percent_off": 30, "given_on_entering": ["basic"], "days_valid": 90},
        ],
    }
)
BEHAVIOUR = Behaviour(
    purchasing=Purchasing(r=2.0, alpha=4.0, a=0.8, b=8.0),
    spending=Spending(p=2.0, q=4.0, v=15.0),
    refunding=Refunding(share=0.2, within_days=10),
    couponing=Couponing(uses=0.3),
    storing=Storing(holders=0.6, tops_up=0.4, amounts=(5.0, 20.0), pays=0.7),
)
ARM = Arm.of(GIVING, BEHAVIOUR)


@pytest.fixture(scope="module")
def before() -> tuple[History, Facts]:
    people = crowd(24, FIRST, EVE)
    facts = simulate(people, ARM, (FIRST, EVE), Streams(3, 1))
    return continued(people, facts, GIVING), facts


def here(history: History) -> tuple[Population, Accounts]:
    return todays_members(history, EVE + 1, 100), standing(history, GIVING, EVE)


def one_by_one(history: History) -> list[tuple[Population, Accounts]]:
    n = len(history.members)
    return [here(select(history, np.arange(n) == place)) for place in range(n)]


def test_coupons_that_were_not_used_are_held_and_those_used_are_counted(
    before: tuple[History, Facts],
) -> None:
    history, facts = before
    held = here(history)[1].coupons
    given, used = facts.coupons, facts.coupon_uses
    gone = set(zip(used["member"].tolist(), used["rule"].tolist(), used["number"].tolist(), strict=True))
    assert gone and sum(len(held["often"].of(member)) for member in range(24)) > 20
    for rule, name in enumerate(("often", "hello")):
        for member in range(24):
            mine = (given["member"] == member) & (given["rule"] == rule)
            rows = zip(*(given[key][mine].tolist() for key in ("number", "day", "expires_on")), strict=True)
            left = [(day, end) for nth, day, end in rows if (member, rule, nth) not in gone and end > EVE]
            assert held[name].of(member) == left
            assert held[name].used[member] == sum(one[:2] == (member, rule) for one in gone)


def test_money_on_cards_and_status_points_go_on(before: tuple[History, Facts]) -> None:
    history, facts = before
    _, accounts = here(history)
    told = Counter[tuple[str, int]]()
    names, rows = facts.journal.others, facts.other_entries
    for account, member, amount in zip(
        *(rows[name].tolist() for name in ("account", "member", "amount")), strict=True
    ):
        told[names[account], member] += amount
    cards = accounts.open_cards()
    held = {
        "stored_value": cards.principal,
        "stored_value_bonus": cards.bonus.balance,
        "status": accounts.others["status"].balance,
    }
    for name, balance in held.items():
        assert balance.tolist() == [told[name, member] for member in range(24)]
        assert (balance > 0).any()


def test_both_engines_go_on_alike_however_members_are_parted(before: tuple[History, Facts]) -> None:
    history, days, streams = before[0], (EVE + 1, LAST), Streams(8, 2)
    people, accounts = here(history)
    whole = simulate(people, ARM, days, streams, accounts)
    alone = one_by_one(history)
    assert_equal_facts(whole, simulate_plainly(people, ARM, days, streams, [one for _, one in alone]))
    parts = simulate_together(one_by_one(history), ARM, days, streams)
    for name in ("purchases", "coupons", "coupon_uses", "other_entries"):
        split = np.concatenate([getattr(part, name)["at"] for part in parts])
        assert np.array_equal(split, getattr(whole, name)["at"])


def test_a_history_goes_on_with_what_was_used_of_before(before: tuple[History, Facts]) -> None:
    history, days = before[0], (EVE + 1, LAST)
    people, accounts = here(history)
    was_open = {name: [held.of(member) for member in range(24)] for name, held in accounts.coupons.items()}
    facts = simulate(people, ARM, days, Streams(8, 2), accounts)
    whole = continued(people, facts, GIVING, history, EVE + 1)
    past, rows, names = history.offers.coupons, whole.offers.coupons, whole.labels["coupons.reference"]
    assert len(rows.member) == len(past.member) + len(facts.coupons["member"])
    used = rows.redeemed_on < NEVER
    assert used.sum() == (past.redeemed_on < NEVER).sum() + len(facts.coupon_uses["member"])
    assert (rows.redeemed_on[used] >= rows.claimed_on[used]).all()
    assert (rows.redeemed_on[used] < rows.expires_on[used]).all()
    old = used & (rows.claimed_on <= EVE) & (rows.redeemed_on > EVE)
    assert old.sum() > 5
    unknown = continued(people, facts, GIVING, history).offers.coupons  # the first day is not told
    assert (unknown.redeemed_on < NEVER).sum() == used.sum() - old.sum()
    columns = (rows.member, rows.rule, rows.claimed_on, rows.expires_on)
    for member, rule, since, until in zip(*(values[old].tolist() for values in columns), strict=True):
        assert (since, until) in was_open[names[rule]][member]
