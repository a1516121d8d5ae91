"""Refunds of a part of a sale: what comes back, what goes with it, and what a past tells of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from loyalty_core.facts import STORED_VALUE_ACCOUNTS
from loyalty_core.history import History
from loyalty_core.reconciling.reconciliation import reconciliation
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Paying, Purchasing, Refunding, Storing
from simulation.calibrated_refunds import refunding_of
from simulation.calibration import Calibration, calibrate
from simulation.continuation import continued
from simulation.evidence import Status
from simulation.journal import KIND, Facts
from simulation.refunds import Refunded, refunds_of_late
from tests.simulation.crowds import DAYS, LAST, PROGRAMME, crowd, run
from tests.simulation.test_full_ledger import COUPONS, broken, ledger, money_on_cards, published

PARTS = (0.1, 0.3, 0.8)
OFTEN = Purchasing(r=4.0, alpha=6.0, a=0.5, b=20.0)
REFUNDING = Refunding(share=0.2, within_days=20, partial=0.6, parts=PARTS)
PLAIN = programme_from_dict(
    {
        "name": "plain",
        "tiers": [{"name": "basic"}],
        "earning": {"points_per_unit": 1},
        "refunds": {"claw_back": "allow_negative"},
    }
)


def lived(refunding: Refunding = REFUNDING, members: int = 600, programme: Programme = PLAIN) -> Facts:
    return run(crowd(members), programme, Behaviour(purchasing=OFTEN, refunding=refunding))


@pytest.fixture(scope="module")
def facts() -> Facts:
    return lived()


def _pairs(facts: Facts) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each sale that came back, and its refund."""
    rows = pd.DataFrame(facts.purchases).to_dict("records")
    sales = {(row["member"], row["ordinal"]): row for row in rows if not row["refund"]}
    return [(sales[row["member"], row["ordinal"]], row) for row in rows if row["refund"]]


def test_so_many_refunds_take_each_of_the_parts_and_the_others_all(facts: Facts) -> None:
    pairs = _pairs(facts)
    possible = (*PARTS, 1.0)
    taken = Counter(
        next(part for part in possible if abs(part * sale["amount"] + back["amount"]) <= 0.5)
        for sale, back in pairs
    )
    odds = dict(zip(possible, (0.2, 0.2, 0.2, 0.4), strict=True))
    for part, chance in odds.items():
        error = (chance * (1 - chance) / len(pairs)) ** 0.5
        assert taken[part] / len(pairs) == pytest.approx(chance, abs=4 * error)
    assert len(pairs) > 1500
    for sale, back in pairs:
        assert back["quantity"] == (-1 if sale["amount"] == -back["amount"] else 0)


def test_points_go_back_in_proportion_and_never_more_than_the_sale_earned(facts: Facts) -> None:
    """One point for each full unit of 100: what a refund takes back is rounded down."""
    entries = pd.DataFrame(facts.entries)
    taken = -entries[entries["kind"] == KIND["reverse"]].groupby(["member", "ordinal"])["amount"].sum()
    earned = entries[entries["kind"] == KIND["earn"]].set_index(["member", "ordinal"])["amount"]
    for sale, back in _pairs(facts):
        nth = sale["member"], sale["ordinal"]
        had = int(earned.get(nth, 0))
        assert had == sale["amount"] // 100
        assert taken.get(nth, 0) == had * -back["amount"] // sale["amount"]


def test_how_much_comes_back_moves_no_sale_and_no_day(facts: Facts) -> None:
    """Where nothing depends on balances or tiers: the same luck decides all else."""
    whole = lived(REFUNDING.model_copy(update={"partial": 0.0}))
    ignored = {"amount", "quantity"}
    for name, column in whole.purchases.items():
        if name not in ignored:
            np.testing.assert_array_equal(column, facts.purchases[name], err_msg=name)
    sales = ~whole.purchases["refund"]
    np.testing.assert_array_equal(whole.purchases["amount"][sales], facts.purchases["amount"][sales])
    assert all(sale["amount"] == -back["amount"] for sale, back in _pairs(whole))


def test_the_more_refunds_are_partial_the_less_each_of_them_takes(facts: Facts) -> None:
    more = lived(REFUNDING.model_copy(update={"partial": 0.9}))
    before, after = (
        np.array([-back["amount"] for _, back in _pairs(one)], np.int64) for one in (facts, more)
    )
    assert (after <= before).all() and after.sum() < 0.8 * before.sum()


def test_a_sale_of_one_cent_comes_back_whole() -> None:
    tiny = programme_from_dict(PLAIN.model_dump(mode="json") | {"currency_decimals": 0})
    behaviour = Behaviour(purchasing=OFTEN, refunding=REFUNDING.model_copy(update={"partial": 1.0}))
    spending = behaviour.spending.model_copy(update={"v": 0.5})
    cheap = run(crowd(200), tiny, behaviour.model_copy(update={"spending": spending}))
    pairs = _pairs(cheap)
    ones = [back for sale, back in pairs if sale["amount"] == 1]
    assert len(ones) > 100 and all(one["amount"] == -1 == one["quantity"] for one in ones)
    assert all(1 <= -back["amount"] <= sale["amount"] for sale, back in pairs)


def test_a_ledger_with_parts_of_all_that_paid_passes_every_check_and_is_what_replay_derives(
    tmp_path: Path,
) -> None:
    programme = programme_from_dict(
        PROGRAMME.model_dump(mode="json")
        | {
            "coupons": COUPONS,
            "stored_value": {"bonuses": [{"from_amount": 100, "bonus_share": "0.1"}]},
            "points_as_cash": {"value_per_point": "0.02", "largest_share": "0.3"},
        }
    )
    behaviour = Behaviour(
        purchasing=OFTEN,
        refunding=REFUNDING.model_copy(update={"share": 0.4}),
        paying=Paying(with_points=0.5),
        storing=Storing(holders=0.5),
    )
    tables = ledger(Arm.of(programme, behaviour), 120)
    bought, entries = tables["purchases"], tables["entries"]
    sales = bought.set_index("purchase_id")
    refunds = bought[bought["kind"] == "refund"]
    of = sales.loc[refunds["refund_of"]]
    part = (refunds["amount"].to_numpy() != -of["amount"].to_numpy()) & (of["amount"] > 0).to_numpy()
    for paid_with in ("discount", "paid_points", "paid_stored_value"):
        assert (part & (of[paid_with] > 0).to_numpy()).sum() > 30, paid_with
    off = of["discount"] * -refunds["amount"].to_numpy() // of["amount"].where(of["amount"] > 0, 1)
    assert (refunds["discount"].to_numpy() == off.where(part, of["discount"])).all()
    assert broken(published(tmp_path, tables, programme), programme) == []
    explained = reconciliation(tables, programme, DAYS[1])
    on_cards = entries["account"].isin(STORED_VALUE_ACCOUNTS)
    assert explained.entries == explained.explained == (~on_cards).sum()
    assert money_on_cards(tables, programme, entries) == money_on_cards(tables, programme)
    back = entries[on_cards & (entries["kind"] == "reverse")].groupby("reference")["amount"].sum()
    paid = of["paid_stored_value"].to_numpy() * -refunds["amount"].to_numpy()
    told = paid // np.maximum(of["amount"].to_numpy(), 1)
    assert (back.reindex(refunds["purchase_id"], fill_value=0).to_numpy() == told).all()


@pytest.fixture(scope="module")
def history() -> History:
    people = crowd(2000)
    behaviour = Behaviour(refunding=REFUNDING)
    return continued(people, run(people, behaviour=behaviour), PROGRAMME)


@pytest.fixture(scope="module")
def told(history: History) -> Calibration:
    return calibrate(history, PROGRAMME)


def test_share_and_size_of_partial_refunds_come_back(told: Calibration, history: History) -> None:
    for key, value in (("refund_partial", 0.6), ("refund_part", sum(PARTS) / 3)):
        found = told.quantity(key)
        assert found.status is Status.CALIBRATED
        assert found.low < found.value < found.high
        assert found.value == pytest.approx(value, abs=1.7 * (found.high - found.low)), key
    found = told.behaviour.refunding
    assert found.status is Status.CALIBRATED and found.source.endswith("with their delay and parts")
    assert found.partial == pytest.approx(told.quantity("refund_partial").value, abs=1e-6)
    assert np.mean(found.parts) == pytest.approx(told.quantity("refund_part").value, abs=1e-6)
    # Ten means stand for the three parts, but for the tenths in which two of them meet.
    assert len(found.parts) == 10 and list(found.parts) == sorted(found.parts)
    near = [min(PARTS, key=lambda true: abs(true - one)) for one in found.parts]
    assert [near.count(part) for part in PARTS] == pytest.approx([10 / 3] * 3, abs=1)
    assert sum(abs(one - true) > 0.005 for one, true in zip(found.parts, near, strict=True)) <= 2


def test_refunds_of_a_run_on_what_was_found_take_as_much_of_their_sales(told: Calibration) -> None:
    taken = []
    for refunding in (REFUNDING, told.behaviour.refunding):
        pairs = _pairs(lived(refunding, 1500))
        taken.append(sum(-back["amount"] for _, back in pairs) / sum(sale["amount"] for sale, _ in pairs))
    assert taken[0] == pytest.approx(0.4 + 0.6 * 0.4, abs=0.02)
    assert taken[1] == pytest.approx(taken[0], abs=0.03)


def _seen(parts: list[float], **changes: Any) -> Refunded:
    number = len(parts)
    seen = Refunded(sales=1000, refunds=number, delays=np.full(number, 4), parts=np.array(parts, np.float64))
    return replace(seen, **changes)


def test_few_refunds_that_name_their_sale_leave_them_whole_and_say_so(history: History) -> None:
    bought = history.purchases
    unnamed = replace(bought, refund_of=np.full(len(bought.member), -1))
    found = calibrate(replace(history, purchases=unnamed), PROGRAMME)
    partial = found.quantity("refund_partial")
    assert (partial.value, partial.low, partial.status) == (0.0, None, Status.ASSUMPTION)
    assert any("How much of a sale a refund takes" in one.en for one in found.refused)
    assert any("每笔退货退回多少" in one.zh for one in found.refused)
    assert found.behaviour.refunding.partial == 0.0
    few = refunding_of(_seen([0.5] * 29), Refunding())
    assert few.partial == 0.0 and few.parts == Refunding().parts


def test_few_partial_refunds_leave_their_parts_an_assumption() -> None:
    found = refunding_of(_seen([1.0] * 91 + [0.2] * 9), Refunding(parts=(0.4,)))
    assert (found.partial, found.parts, found.status) == (0.09, (0.4,), Status.ASSUMPTION)
    assert found.source.endswith("the parts that they take are an assumption")
    enough = refunding_of(_seen([1.0] * 90 + [0.2] * 10), Refunding(parts=(0.4,)))
    assert (enough.partial, enough.status) == (0.1, Status.CALIBRATED)
    assert enough.parts == pytest.approx((0.2,) * 10)


def test_whole_refunds_alone_are_told_as_before() -> None:
    found = refunding_of(_seen([1.0] * 100), Refunding())
    assert (found.partial, found.status) == (0.0, Status.CALIBRATED)
    assert found.source == "100 refunds of 1,000 sales of the last year, with their delay"


@pytest.mark.parametrize("number", [10, 13, 97, 250])
def test_the_parts_that_stand_for_all_have_their_mean(number: int) -> None:
    parts = np.random.default_rng(number).beta(0.7, 2, number)
    seen = _seen([*parts, *[1.0] * 30])
    assert np.mean(seen.usual_parts()) == pytest.approx(parts.mean(), abs=1e-6)


def test_what_is_no_refund_of_a_sale_with_an_amount_tells_no_part(history: History) -> None:
    bought = history.purchases
    today = LAST + 1
    named = np.flatnonzero((bought.refund_of >= 0) & (bought.day >= today - 365))
    seen = refunds_of_late(history, today)
    expected = -bought.amount[named] / bought.amount[bought.refund_of[named]]
    np.testing.assert_allclose(np.sort(seen.parts), np.sort(expected))
    amount = bought.amount.copy()
    amount[bought.refund_of[named[0]]] = 0  # a sale of nothing
    amount[named[1]] *= 1000  # more than was paid
    odd = refunds_of_late(replace(history, purchases=replace(bought, amount=amount)), today)
    assert len(odd.parts) == len(named) - 1 and odd.parts.max() == 1.0
