"""Rules that change during a run: nothing before the day, and from it what both documents derive."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.days import to_date
from loyalty_core.errors import InputError
from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.kernel.replay import replay
from loyalty_core.kernel.standing import standing
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Refunding
from simulation.continuation import continued
from simulation.effects import Effects, default_effects
from simulation.engine import simulate
from simulation.experiment import compare
from simulation.journal import Facts
from simulation.population import todays_members
from simulation.scenario import Scenario
from simulation.streams import Streams
from tests.core.drawn import programmes
from tests.simulation.crowds import BEHAVIOUR, DAYS, FIRST, LAST, PROGRAMME, crowd, past, rows_of
from tests.simulation.plain_engine import simulate_plainly
from tests.simulation.test_plain_engine import assert_equal_facts
from tests.simulation.test_responses import YEARLY

TABLES = ("purchases", "entries", "tier_changes", "contacts")
CHANGED_ON = FIRST + 200
DEARER = Scenario(
    changes={"rewards.tea.points": 320, "tiers.silver.threshold": 900, "earning.points_per_unit": 2}
).programme(PROGRAMME)


def facts_of(*programmes: tuple[int, Programme], people: int = 500, effects: Effects | None = None) -> Facts:
    arm = Arm(programmes=programmes, behaviour=BEHAVIOUR, effects=effects or default_effects())
    return simulate(crowd(people), arm, DAYS, Streams(5, 1))


@pytest.fixture(scope="module")
def unchanged() -> Facts:
    return facts_of((FIRST, PROGRAMME))


def test_nothing_differs_before_the_rules_change(unchanged: Facts) -> None:
    changed = facts_of((FIRST, PROGRAMME), (CHANGED_ON, DEARER))
    for table in TABLES:
        one, other = getattr(unchanged, table), getattr(changed, table)
        for name in one:
            before = [rows[name][rows["day"] < CHANGED_ON] for rows in (one, other)]
            assert np.array_equal(*before), (table, name)
    later = [rows["amount"][rows["day"] >= CHANGED_ON] for rows in (unchanged.entries, changed.entries)]
    assert not np.array_equal(*later)
    bought = [rows["at"][rows["day"] >= CHANGED_ON] for rows in (unchanged.purchases, changed.purchases)]
    assert not np.array_equal(*bought)  # goals that move set another pace


def test_an_equal_document_that_comes_into_force_changes_nothing(unchanged: Facts) -> None:
    again = facts_of((FIRST, PROGRAMME), (CHANGED_ON, PROGRAMME.model_copy()))
    for table in TABLES:
        for name, column in getattr(unchanged, table).items():
            assert np.array_equal(column, getattr(again, table)[name])


@pytest.mark.parametrize("days_before", [5, 20, 60])
def test_a_review_comes_near_whatever_rules_will_hold_by_then(days_before: int) -> None:
    """Of rules that come between nobody knows before, and what asks the same of tiers moves nobody after."""
    change = FIRST + 365 - days_before
    promised = facts_of((FIRST, YEARLY))
    easier = Scenario(changes={"tiers.silver.threshold": 500}).programme(YEARLY)
    unmoved = YEARLY.model_copy(update={"margin_share": Decimal("0.4")})
    for later, until in ((easier, change), (unmoved, LAST + 1)):
        found = facts_of((FIRST, YEARLY), (change, later))
        for table in TABLES:
            one, other = getattr(promised, table), getattr(found, table)
            for name in one:
                before = [rows[name][rows["day"] < until] for rows in (one, other)]
                assert np.array_equal(*before), (table, name)
    unpushed = facts_of((FIRST, YEARLY), effects=default_effects().switched(review_push=False))
    assert not np.array_equal(unpushed.purchases["at"], promised.purchases["at"])


def test_a_run_that_goes_on_longer_begins_alike() -> None:
    """A review comes near even where the run ends before it."""
    end = FIRST + 360
    arm = Arm(programmes=((FIRST, YEARLY),), behaviour=BEHAVIOUR)
    short = simulate(crowd(500), arm, (FIRST, end), Streams(5, 1))
    for table in TABLES:
        one, other = getattr(short, table), getattr(facts_of((FIRST, YEARLY)), table)
        for name in one:
            assert np.array_equal(one[name], other[name][other["day"] <= end]), (table, name)


def test_a_change_that_comes_after_the_run_is_not_met(unchanged: Facts) -> None:
    again = facts_of((FIRST, PROGRAMME), (LAST + 1, DEARER))
    assert np.array_equal(again.entries["amount"], unchanged.entries["amount"])


def test_members_meet_a_change_in_any_part_alike() -> None:
    arm = Arm(programmes=((FIRST, PROGRAMME), (CHANGED_ON, DEARER)), behaviour=BEHAVIOUR)
    people = crowd(300)
    whole = simulate(people, arm, DAYS, Streams(5, 1))
    for part in np.array_split(np.random.default_rng(2).permutation(300), 3):
        some = people.part(part)
        facts = simulate(some, arm, DAYS, Streams(5, 1))
        for table in TABLES:
            together = rows_of(getattr(whole, table), people.ids)
            assert rows_of(getattr(facts, table), some.ids) == {one: together[one] for one in some.ids}


@settings(max_examples=25)
@given(
    programme=programmes(),
    lower=st.booleans(),
    months=st.sampled_from([None, 3, 24]),
    inactivity=st.sampled_from([None, 2]),
    changed_after=st.integers(1, 300),
    seed=st.integers(0, 10_000),
)
def test_ledger_and_tiers_are_what_a_replay_under_both_documents_derives(
    programme: Programme,
    lower: bool,
    months: int | None,
    inactivity: int | None,
    changed_after: int,
    seed: int,
) -> None:
    expiry = programme.expiry.model_copy(update={"months": months, "inactivity_months": inactivity})
    higher = tuple(tier.model_copy(update={"threshold": tier.threshold * 3}) for tier in programme.tiers)
    before, after = (higher, programme.tiers) if lower else (programme.tiers, higher)
    day = FIRST + changed_after
    other = programme.model_copy(update={"expiry": expiry, "tiers": after, "effective_on": to_date(day)})
    programme = programme.model_copy(update={"tiers": before})
    arm = Arm(
        programmes=((FIRST, programme), (day, other)),
        behaviour=Behaviour(refunding=Refunding(share=0.2, within_days=30)),
    )
    people = crowd(60)
    facts = simulate(people, arm, DAYS, Streams(seed, 1))
    derived = replay(continued(people, facts, other), (programme, other), LAST)
    for name in ("member", "at", "kind", "amount", "available_on", "expires_on"):
        assert np.array_equal(np.asarray(getattr(derived.entries, name)), facts.entries[name]), name
    for name in ("member", "at", "from_tier", "to_tier"):
        assert np.array_equal(np.asarray(getattr(derived.tier_changes, name)), facts.tier_changes[name]), name


def test_what_entering_a_tier_gave_before_a_change_is_given_by_the_rules_of_then() -> None:
    """Reviews on anniversaries of joining: most of those lifted do nothing until the rules have changed."""
    document = PROGRAMME.model_dump(mode="json")
    document["qualification"] |= {"reviews": "anniversary", "upgrade": "at_review", "months": 12}
    document["coupons"] = [
        {"name": "welcome", "face_value": 5, "days_valid": 30, "given_on_entering": ["silver", "gold"]}
    ]
    first, change = programme_from_dict(document), FIRST + 400
    longer = Scenario(changes={"coupons.welcome.days_valid": 90}).programme(first)
    arm = Arm(programmes=((FIRST, first), (change, longer)), behaviour=BEHAVIOUR)
    people, streams = crowd(80, FIRST, FIRST + 60), Streams(5, 1)
    facts = simulate(people, arm, DAYS, streams)
    assert_equal_facts(facts, simulate_plainly(people, arm, DAYS, streams))
    given = facts.coupons
    days = given["expires_on"] - given["day"] - 1
    assert set(days[given["day"] < change]) == {30} and set(days[given["day"] >= change]) == {90}
    lifted = facts.tier_changes["to_tier"] > facts.tier_changes["from_tier"]
    assert len(days) == (lifted & (facts.tier_changes["from_tier"] >= 0)).sum()


def test_tiers_and_rewards_keep_their_names() -> None:
    without = PROGRAMME.model_copy(update={"rewards": PROGRAMME.rewards[:1]})
    with pytest.raises(InputError, match="rewards cannot come, go"):
        Arm(programmes=((FIRST, PROGRAMME), (CHANGED_ON, without)), behaviour=BEHAVIOUR)
    with pytest.raises(ValueError, match="order of their days"):
        replace(
            Arm.of(PROGRAMME, BEHAVIOUR),
            programmes=((FIRST + 1, PROGRAMME), (FIRST, DEARER)),
        )


def test_members_of_the_past_go_on_under_later_rules_as_if_replayed_from_the_beginning() -> None:
    before, _ = past(300)
    fading = PROGRAMME.model_copy(
        update={"expiry": PROGRAMME.expiry.model_copy(update={"inactivity_months": 4}), "rewards": ()}
    )
    plain = PROGRAMME.model_copy(update={"rewards": ()})
    day = LAST + 60
    derived = replay(before, plain, LAST)
    whole = replace(
        before,
        entries=derived.entries,
        tier_changes=derived.tier_changes,
        labels=before.labels | derived.labels,
    )
    accounts = standing(whole, plain, LAST, (fading,))
    people = todays_members(whole, LAST + 1, 100)
    arm = Arm(programmes=((LAST + 1, plain), (day, fading)), behaviour=BEHAVIOUR)
    last = LAST + 150
    facts = simulate(people, arm, (LAST + 1, last), Streams(5, 1), accounts)
    dated = fading.model_copy(update={"effective_on": to_date(day)})
    again = replay(continued(people, facts, fading, whole), (plain, dated), last)
    new = again.entries.day > LAST
    for name in ("member", "at", "kind", "amount", "expires_on"):
        assert np.array_equal(np.asarray(getattr(again.entries, name))[new], facts.entries[name]), name
    assert (again.entries.kind[new] == ENTRY_KINDS.index("expire")).sum() > 20


def test_a_baseline_stays_what_it_is_beside_a_scenario_whose_rules_change_later() -> None:
    before, _ = past(400)
    later = Scenario(
        name="later",
        months=6,
        replications=2,
        later=[{"first_day": to_date(LAST + 90), "changes": {"expiry.months": 3}}],
    )
    found = compare(before, PROGRAMME, later)
    alone = compare(before, PROGRAMME, Scenario(months=6, replications=2))
    pd.testing.assert_frame_equal(found.baseline_values, alone.baseline_values)
    ends = found.differences.index.get_level_values("period_end")
    early = ends < to_date(LAST + 90).isoformat()
    assert (found.differences["mean"][early].fillna(0) == 0).all()
    assert (found.differences["mean"][~early].fillna(0) != 0).any()
