"""Tiers that are bought: who pays, when again, what it comes to, and what a price does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from loyalty_core.counting.membership_facts import RENEWAL_DAYS, paid_terms
from loyalty_core.days import add_months, to_date
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.kernel.replay import replay
from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Purchasing
from simulation.calibrated_memberships import memberships_seen, subscribing_of
from simulation.campaigns import Campaign
from simulation.continuation import continued
from simulation.effects import default_effects
from simulation.engine import simulate, simulate_together
from simulation.evidence import Status
from simulation.experiment import compare
from simulation.full_ledger import full_ledger
from simulation.journal import Facts
from simulation.outset import outset
from simulation.plan import Plan
from simulation.scenario import Scenario, scenario_from_dict
from simulation.shard import parts, shards
from simulation.streams import Streams
from simulation.subscribing import PaidTier, Subscribing
from simulation.tally import tallied
from tests.simulation.crowds import DAYS, FIRST, PROGRAMME, crowd, rows_of
from tests.simulation.plain_engine import simulate_plainly
from tests.simulation.test_plain_engine import assert_equal_facts
from tests.simulation.test_tally import assert_as_counted

PLUS = {"name": "plus", "entry": "paid", "fee": 60, "fee_months": 3, "earn_percent": 200}
SOLD = programme_from_dict(
    PROGRAMME.model_dump(mode="json") | {"tiers": [*PROGRAMME.model_dump(mode="json")["tiers"], PLUS]}
)
STAYING = Purchasing(model="nbd", r=3.0, alpha=4.0)
KEEN = Subscribing(buys=0.1, renews=0.8, renews_silent=0.3, renewal_days=(-10, -1, 0, 12))


def priced(**fee: object) -> Programme:
    document = SOLD.model_dump(mode="json")
    document["tiers"][-1] |= fee
    return programme_from_dict(document)


def lived(
    subscribing: Subscribing = KEEN,
    programme: Programme = SOLD,
    members: int = 300,
    later: tuple[tuple[int, Programme], ...] = (),
) -> Facts:
    arm = Arm.of(programme, Behaviour(purchasing=STAYING, subscribing=subscribing))
    arm = replace(arm, programmes=((DAYS[0], programme), *later))
    return simulate(crowd(members), arm, DAYS, Streams(3, 1))


def fees(facts: Facts) -> dict[str, np.ndarray]:
    rows = facts.activities
    return {name: column[rows["tier"] >= 0] for name, column in rows.items()}


def test_a_tier_is_bought_with_so_many_sales_and_renewed_by_so_many() -> None:
    facts = lived()
    history = continued(facts.population, facts, SOLD)
    terms = paid_terms(history, SOLD)
    over = terms.end + RENEWAL_DAYS < DAYS[1]
    again, due = int(terms.renewed[over].sum()), int(over.sum())
    # All buy often: hardly anybody is silent.
    assert due > 200 and abs(again - 0.8 * due) < 4 * np.sqrt(0.16 * due)
    sales = np.flatnonzero(~facts.purchases["refund"])
    first = {
        int(member): int(at) for member, at in reversed(list(zip(terms.member, terms.paid_on, strict=True)))
    }
    before = [
        day <= first.get(int(member), DAYS[1])
        for member, day in zip(facts.purchases["member"][sales], facts.purchases["day"][sales], strict=True)
    ]
    assert abs(len(first) - 0.1 * sum(before)) < 4 * np.sqrt(0.1 * sum(before))


def test_fees_hold_the_tier_as_long_as_the_rules_say_and_early_ones_go_on_from_the_end() -> None:
    facts = lived(replace_with(KEEN, renews=1.0, renews_silent=1.0, renewal_days=(-10,)))
    paid, (plus,) = fees(facts), [n for n, tier in enumerate(SOLD.tiers) if tier.entry == "paid"]
    assert set(paid["tier"]) == {plus} and set(paid["value"]) == {6000}
    moves = facts.tier_changes
    lost = moves["from_tier"] == plus
    assert not lost.any()  # all renew ten days before each end, so nobody ever falls
    for member in np.unique(paid["member"])[:30]:
        days = paid["day"][paid["member"] == member].astype(np.int64)
        ends = add_months(np.full(len(days), days[0]), 3 * np.arange(1, len(days) + 1))
        np.testing.assert_array_equal(days[1:], ends[:-1] - 10)


def replace_with(subscribing: Subscribing, **changes: object) -> Subscribing:
    return subscribing.model_copy(update=changes)


def test_who_does_not_renew_falls_with_the_end_of_the_term_and_not_before() -> None:
    facts = lived(replace_with(KEEN, renews=0.0, renews_silent=0.0))
    paid, moves = fees(facts), facts.tier_changes
    plus = len(SOLD.tiers) - 1
    ended = add_months(paid["day"].astype(np.int64), 3)
    within = ended <= DAYS[1]
    expected = sorted(zip(paid["member"][within].tolist(), ended[within].tolist(), strict=True))
    lost = moves["from_tier"] == plus
    found = sorted(zip(moves["member"][lost].tolist(), moves["day"][lost].tolist(), strict=True))
    assert len(found) > 100 and found == expected


def test_a_price_moves_who_pays_from_its_day_on_as_the_effects_say_and_an_equal_one_nothing() -> None:
    usual = replace_with(KEEN, tiers=(PaidTier(name="plus", usual_price=20.0),))
    assert_equal_facts(lived(usual), lived(KEEN))
    change = FIRST + 200
    dearer, as_before = priced(fee=120), lived(usual, later=((change, priced(fee=60)),))
    then = lived(usual, later=((change, dearer),))
    for table in ("purchases", "entries", "tier_changes", "activities"):
        one, other = getattr(as_before, table), getattr(then, table)
        for name in one:
            early, late = one[name][one["day"] < change], other[name][other["day"] < change]
            np.testing.assert_array_equal(early, late)
    assert set(fees(then)["value"]) == {6000, 12000}
    rare = replace_with(usual, buys=0.005)
    often, seldom, longer = (
        len(np.unique(fees(lived(rare, programme, 800))["member"]))
        for programme in (SOLD, dearer, priced(fee=120, fee_months=6))
    )
    assert abs(seldom - 0.5 * often) < 3 * np.sqrt(0.5 * often)  # an elasticity of 1
    assert longer == often > 80  # the same by the month


PRIME = {"name": "prime", "entry": "paid", "fee": 200, "fee_months": 6, "earn_percent": 300}
BOTH = programme_from_dict(
    SOLD.model_dump(mode="json") | {"tiers": [*SOLD.model_dump(mode="json")["tiers"], PRIME]}
)


def test_who_has_a_term_may_go_up_any_time_and_nobody_pays_for_less_meanwhile() -> None:
    """Half of those who buy choose either tier: half of `buys` is the chance to go up from a term."""
    facts = lived(replace_with(KEEN, buys=0.2, renews=0.0, renews_silent=0.0), BOTH)
    terms = paid_terms(continued(facts.population, facts, BOTH), BOTH)
    lower, higher = (terms.tier == len(BOTH.tiers) - 2), (terms.tier == len(BOTH.tiers) - 1)
    sales = ~facts.purchases["refund"]
    chances = taken = 0
    for member, paid_on, end in zip(terms.member[lower], terms.paid_on[lower], terms.end[lower], strict=True):
        begun, over = (days[higher & (terms.member == member)] for days in (terms.paid_on, terms.end))
        assert not ((begun < paid_on) & (paid_on <= over + RENEWAL_DAYS)).any()
        until = min(end + RENEWAL_DAYS, *begun[begun > paid_on], DAYS[1])
        on = facts.purchases["day"][sales & (facts.purchases["member"] == member)]
        chances += int(((on > paid_on) & (on <= until)).sum())
        taken += int((begun == until).any())
    assert taken > 20 and abs(taken - 0.1 * chances) < 4 * np.sqrt(0.09 * chances)
    seen = memberships_seen(continued(facts.population, facts, BOTH), BOTH, DAYS[1] + 1)
    assert seen is not None and seen.bought.value == pytest.approx(0.2, abs=0.02)
    assert seen.renewed.times == seen.renewed_silent.times == 0 and seen.ended < (terms.end < DAYS[1]).sum()


def test_members_go_up_alike_in_both_engines() -> None:
    arm = Arm.of(BOTH, Behaviour(purchasing=STAYING, subscribing=replace_with(KEEN, buys=0.3)))
    people, streams = crowd(40), Streams(3, 1)
    assert_equal_facts(simulate(people, arm, DAYS, streams), simulate_plainly(people, arm, DAYS, streams))


def test_what_is_free_now_is_taken_by_all_who_may() -> None:
    facts = lived(replace_with(KEEN, tiers=(PaidTier(name="plus", usual_price=20.0),)), priced(fee=0))
    assert len(np.unique(fees(facts)["member"])) == len(np.unique(facts.purchases["member"]))


def test_one_more_member_changes_nobody_else_and_without_paid_tiers_nobody_pays() -> None:
    few, more = lived(members=120), lived(members=121)
    ids = few.population.ids
    own = {str(one) for one in ids}
    for table in ("purchases", "activities", "tier_changes"):
        all_rows = rows_of(getattr(more, table), more.population.ids)
        assert {name: rows for name, rows in all_rows.items() if name in own} == rows_of(
            getattr(few, table), ids
        )
    assert not len(fees(lived(programme=PROGRAMME))["day"])
    assert not len(fees(lived(Subscribing(buys=0, renews=0, renews_silent=0)))["day"])


def test_how_members_are_parted_changes_no_fee(history: History) -> None:
    start = outset(history, SOLD, 6, 1, Behaviour(purchasing=STAYING))
    behaviour = start.behaviour.model_copy(update={"subscribing": KEEN})
    found = []
    for size in (1000, 90):
        people = [part.prepared() for part in parts(start, [SOLD], size)]
        runs = simulate_together(
            [(one.population, one.accounts[0]) for one in people],
            Arm.of(SOLD, behaviour),
            start.days,
            Streams(3, 1),
        )
        rows = [
            (str(facts.population.ids[member]), int(at), int(tier))
            for facts in runs
            for paid in [fees(facts)]
            for member, at, tier in zip(paid["member"], paid["at"], paid["tier"], strict=True)
        ]
        found.append(sorted(rows))
    assert found[0] == found[1] and len(found[0]) > 100


@pytest.fixture(scope="module")
def history() -> History:
    facts = lived(members=400)
    return continued(facts.population, facts, SOLD)


def test_terms_go_on_in_a_run_that_sets_out_from_them(history: History) -> None:
    start = outset(history, SOLD, 6, 1, Behaviour(purchasing=STAYING))
    behaviour = start.behaviour.model_copy(update={"subscribing": KEEN})
    arm = Arm.of(SOLD, behaviour)
    before = paid_terms(start.past, SOLD)
    open_terms = int(((before.end + RENEWAL_DAYS >= start.days[0]) & ~before.renewed).sum())
    renewed = 0
    for part in shards(start, [SOLD], 150):
        accounts = part.accounts[0]
        facts = simulate(part.population, arm, start.days, Streams(3, 1), accounts and accounts.copy())
        assert_as_counted(part.population, part.past, facts, SOLD, start.days)
        if part.past is not None:
            whole = paid_terms(continued(part.population, facts, SOLD, part.past, start.days[0]), SOLD)
            renewed += int((whole.renewed & (whole.paid_on < start.days[0])).sum())
            renewed -= int(paid_terms(part.past, SOLD).renewed.sum())
    assert open_terms > 100
    # Of those open some had decided by then; the others renew as those of the run do.
    assert 0.5 * open_terms < renewed < 0.85 * open_terms


def test_the_ledger_names_the_tier_of_each_fee_and_replays_to_itself() -> None:
    facts = lived()
    arm = Arm.of(SOLD, Behaviour(purchasing=STAYING, subscribing=KEEN))
    tables = full_ledger(facts, arm, DAYS)
    told = tables["activities"]
    paid = told[told["kind"] == "membership_fee"]
    assert len(paid) > 300 and set(paid["reference"]) == {"plus"} and set(paid["value"]) == {6000}
    assert len(tables["tier_changes"][["member_id", "occurred_at"]].drop_duplicates()) == len(
        tables["tier_changes"]
    )
    derived, whole = replayed(tables, SOLD)
    assert moves_of(derived) == moves_of(whole)
    assert derived.entries.amount[derived.entries.kind == 0].sum() == (
        whole.entries.amount[whole.entries.kind == 0].sum()
    )


@pytest.mark.parametrize("seed", [1, 4, 5])
def test_a_term_that_ends_before_a_campaign_or_a_shock_ends_by_what_was_done_until_then(seed: int) -> None:
    wakes = {"name": "wake up", "kind": "wake_up", "repeat": "monthly", "lasts_days": 20, "channel": "app"}
    days = {name: to_date(FIRST + day) for name, day in (("first_day", 100), ("last_day", 260))}
    document = {"name": "s", "campaigns": [wakes | days], "shocks": [{"name": "rain", "demand": 0.6} | days]}
    scenario = scenario_from_dict(document)
    programme = scenario.programme(SOLD)
    behaviour = Behaviour(purchasing=STAYING, subscribing=KEEN)
    arm = Arm.of(programme, behaviour, plan=scenario.plan(SOLD))
    tables = full_ledger(simulate(crowd(300), arm, DAYS, Streams(seed, 1)), arm, DAYS)
    derived, whole = replayed(tables, programme)
    assert moves_of(derived) == moves_of(whole)


def test_a_campaign_for_holders_of_a_tier_leaves_out_whose_term_is_over() -> None:
    """Silent members of a tier that nobody renews, looked for each week: nobody does anything meanwhile."""
    wave = Campaign(
        campaign_id="plus", kind="wake_up", starts_on=FIRST + 60, ends_on=FIRST + 400, after_days=30,
        tiers=(len(SOLD.tiers) - 1,), rhythm="weekly", lasts_days=1, held_out=0.5,
    )  # fmt: skip
    silent = Purchasing(model="nbd", r=1.0, alpha=8.0)
    behaviour = Behaviour(purchasing=silent, subscribing=KEEN.model_copy(update={"buys": 0.5, "renews": 0.0}))
    arm = Arm.of(SOLD, behaviour, default_effects(), Plan(campaigns=(wave,)))
    people, streams = crowd(60), Streams(3, 1)
    facts = simulate(people, arm, DAYS, streams)
    assert_equal_facts(facts, simulate_plainly(people, arm, DAYS, streams))
    asked = facts.contacts
    moves = facts.tier_changes
    for member, day in zip(asked["member"].tolist(), asked["day"].tolist(), strict=True):
        before = (moves["member"] == member) & (moves["day"] <= day)
        assert moves["to_tier"][before][-1] == wave.tiers[0]
    assert len(asked["member"]) > 20
    # Being looked at moves nobody, though a fall is felt; who is not contacted lives as without the campaign.
    without = simulate(people, Arm.of(SOLD, behaviour, default_effects()), DAYS, streams)
    for table in ("purchases", "entries", "tier_changes"):
        for name, column in getattr(without, table).items():
            np.testing.assert_array_equal(column, getattr(facts, table)[name])


def replayed(tables: Mapping[str, pd.DataFrame], programme: Programme) -> tuple[History, History]:
    """What the rules derive from the deeds of a ledger, and the ledger."""
    deeds = {name: frame for name, frame in tables.items() if name not in ("entries", "tier_changes")}
    redeemed = tables["entries"][tables["entries"]["kind"] == "redeem"]
    derived = replay(history_from_frames({**deeds, "entries": redeemed}, programme), programme, DAYS[1])
    return derived, history_from_frames(tables, programme)


def moves_of(history: object) -> list[tuple[int, ...]]:
    changes = history.tier_changes
    columns = (changes.member, changes.day, changes.at, changes.from_tier, changes.to_tier)
    return sorted(tuple(map(int, row)) for row in zip(*columns, strict=True))


def test_fees_are_counted_by_month_and_are_worth_their_money(history: History) -> None:
    facts = lived()
    months = periods(*DAYS, "month")
    counts = tallied(facts.population, None, facts, SOLD, months)
    paid = fees(facts)
    by_month = np.searchsorted(months.last, paid["day"])
    expected = np.bincount(by_month, paid["value"], minlength=len(months))
    np.testing.assert_array_equal(counts["membership_fees"].sum(axis=1), expected)
    dearer = Scenario(changes={"tiers.plus.fee": 120}, months=3, replications=2)
    found = compare(history, SOLD, dearer, behaviour=Behaviour(purchasing=STAYING), members=150)
    rows = [row for row in found.to_json()["scenario"]["values"] if row["metric"] == "membership_fees"]
    assert len(rows) == 3 and all(row["mean"] >= 0 for row in rows)
    same = compare(history, SOLD, Scenario(months=3, replications=2), members=150).to_json()
    assert {row["mean"] for row in same["differences"]} <= {0.0, None}


def test_what_a_past_tells_of_fees_is_what_it_was_made_by(history: History) -> None:
    seen = memberships_seen(history, SOLD, DAYS[1] + 1)
    assert seen is not None
    found = subscribing_of(seen, SOLD, Subscribing())
    assert found.status is Status.CALIBRATED and found.tiers[0].usual_price == 20.0
    low, high = seen.bought.share_range
    assert low - 0.01 < KEEN.buys < high + 0.01
    assert found.renews == pytest.approx(KEEN.renews, abs=0.06)
    assert set(found.renewal_days) <= set(range(-10, 13)) and min(found.renewal_days) == -10


def test_a_past_that_tells_little_of_fees_rests_on_a_prior_and_says_so() -> None:
    facts = lived(members=4)
    few = continued(facts.population, facts, SOLD)
    seen = memberships_seen(few, SOLD, DAYS[0] + 120)
    assert seen is not None and seen.ended < 5
    found, supposed = subscribing_of(seen, SOLD, Subscribing()), Subscribing()
    assert found.status is Status.ASSUMPTION and found.buys == supposed.buys
    assert found.renewal_days == supposed.renewal_days
    assert abs(found.renews - supposed.renews) < 0.25
    assert memberships_seen(few, PROGRAMME, DAYS[1]) is None
    assert subscribing_of(None, PROGRAMME, supposed) == supposed
