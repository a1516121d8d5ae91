"""Coupons: which may be used and which set takes off most, against a search through all sets."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.days import to_day
from loyalty_core.earning.earning_conditions import events
from loyalty_core.rewards.coupons import VERDICTS, Candidates, CouponRules, Verdict
from loyalty_core.rewards.held_coupons import HeldCoupons
from loyalty_core.rules.programme import Programme
from tests.core.drawn import ints

TIERS = ("member", "silver")
STORES, CHANNELS = ("north", "south"), ("shop", "web")
CATEGORIES = ("tea", "tea|books", "books", "")
LABELS = {"purchases.store": STORES, "purchases.channel": CHANNELS, "purchases.categories": CATEGORIES}
FIRST = date(2026, 3, 1)
days = st.integers(0, 20).map(lambda n: FIRST + timedelta(days=n))


def some(values):
    return st.lists(st.sampled_from(values), unique=True, max_size=1).map(tuple)


@st.composite
def rules(draw, name: str) -> dict[str, object]:
    first, last = sorted((draw(days), draw(days)))
    worth = draw(
        st.builds(lambda v: {"face_value": v}, st.integers(0, 30))
        | st.builds(lambda p: {"percent_off": p}, st.integers(1, 100))
    )
    lasting = draw(
        st.sampled_from([{}, {"last_day": last}, {"first_day": first, "last_day": last}, {"days_valid": 5}])
    )
    return {
        "name": name,
        **worth,
        **lasting,
        "largest": draw(st.none() | st.integers(1, 20)),
        "minimum_spend": draw(st.integers(0, 30)),
        "categories": draw(some(("tea", "books"))),
        "stores": draw(some(STORES)),
        "channels": draw(some(CHANNELS)),
        "tiers": draw(some(TIERS)),
        "per_member": draw(st.none() | st.integers(1, 2)),
        "group": draw(st.sampled_from([None, "g", "h"])),
        "stacks": draw(st.booleans()),
    }


purchases = st.tuples(
    st.integers(-500, 6_000),
    days,
    st.integers(0, 1),
    st.integers(-1, 1),
    st.integers(-1, 1),
    st.integers(-1, len(CATEGORIES) - 1),
)
held = st.tuples(st.integers(0, 2), st.integers(0, 3), days, st.integers(0, 2))


def plain_verdict(rule, bought, issued_on: date, used: int) -> Verdict:
    amount, day, tier, store, channel, categories = bought
    if day < issued_on or (rule.days_valid and (day - issued_on).days > rule.days_valid):
        return Verdict.DATES
    if (rule.first_day and day < rule.first_day) or (rule.last_day and day > rule.last_day):
        return Verdict.DATES
    if rule.tiers and TIERS[tier] not in rule.tiers:
        return Verdict.TIER
    named = [] if categories < 0 else CATEGORIES[categories].split("|")
    if rule.categories and not any(one in named for one in rule.categories):
        return Verdict.SCOPE
    if rule.stores and (store < 0 or STORES[store] not in rule.stores):
        return Verdict.SCOPE
    if rule.channels and (channel < 0 or CHANNELS[channel] not in rule.channels):
        return Verdict.SCOPE
    if amount <= 0 or amount < rule.minimum_spend * 100:
        return Verdict.SPEND
    return Verdict.LIMIT if rule.per_member is not None and used >= rule.per_member else Verdict.COUNTS


def plain_off(rule, amount: int) -> int:
    off = amount * rule.percent_off // 100 if rule.percent_off else min(amount, int(rule.face_value * 100))
    return min(off, int(rule.largest * 100)) if rule.largest else off


def may_go_together(chosen) -> bool:
    groups = [rule.group or ("alone", rule.name) for rule, _ in chosen]
    return len(chosen) < 2 or (all(rule.stacks for rule, _ in chosen) and len(set(groups)) == len(groups))


def most_of_all_sets(usable, amount: int) -> int:
    return max(
        min(sum(off for _, off in chosen), amount)
        for size in range(len(usable) + 1)
        for chosen in combinations(usable, size)
        if may_go_together(chosen)
    )


@given(
    st.tuples(*(rules(f"c{n}") for n in range(4))),
    st.tuples(*(purchases for _ in range(3))),
    st.lists(held, min_size=1, max_size=9),
)
def test_the_set_used_is_allowed_and_takes_off_most(declared, bought, holding) -> None:
    tiers = [{"name": name, "threshold": 100 * place} for place, name in enumerate(TIERS)]
    programme = Programme.model_validate({"name": "club", "tiers": tiers, "coupons": declared})
    coupons, columns = CouponRules(programme, LABELS), list(zip(*bought, strict=True))
    at_the_till = events(
        ints([0, 1, 2]),
        ints([to_day(day) for day in columns[1]]),
        amount_minor=ints(columns[0]),
        store=ints(columns[3]),
        channel=ints(columns[4]),
        categories=ints(columns[5]),
    )
    purchase, rule, issued, used = (list(column) for column in zip(*holding, strict=True))
    candidates = Candidates(
        purchase=ints(purchase),
        rule=ints(rule),
        issued_on=ints([to_day(day) for day in issued]),
        used_before=ints(used),
    )
    expected = [
        plain_verdict(programme.coupons[r], bought[p], day, before)
        for p, r, day, before in zip(purchase, rule, issued, used, strict=True)
    ]
    tier = ints(columns[2])
    assert coupons.verdicts(at_the_till, tier, candidates).tolist() == expected
    choice = coupons.choose(at_the_till, tier, candidates)
    for place, (amount, *_) in enumerate(bought):
        own = [n for n, p in enumerate(purchase) if p == place]
        offs = {n: plain_off(programme.coupons[rule[n]], max(amount, 0)) for n in own}
        usable = [(programme.coupons[rule[n]], offs[n]) for n in own if expected[n] == Verdict.COUNTS]
        assert choice.off_minor[own].sum() == (most_of_all_sets(usable, amount) if usable else 0)
        in_use = [n for n in own if choice.verdict[n] == Verdict.COUNTS]
        assert may_go_together([(programme.coupons[rule[n]], 0) for n in in_use])
        assert all(0 < choice.off_minor[n] <= offs[n] for n in in_use)
        assert all(choice.off_minor[n] == 0 for n in own if n not in in_use)
        assert all(choice.verdict[n] == expected[n] for n in own if expected[n] != Verdict.COUNTS)


def chosen(coupons: list[dict[str, object]], amount_minor: int = 10_000) -> tuple[list[str], list[int]]:
    programme = Programme.model_validate({"name": "club", "coupons": coupons})
    n = len(coupons)
    held = Candidates(
        purchase=ints([0] * n), rule=ints(range(n)), issued_on=ints([0] * n), used_before=ints([0] * n)
    )
    choice = CouponRules(programme, {}).choose(
        events(ints([0]), 0, amount_minor=amount_minor), ints([0]), held
    )
    return [VERDICTS[Verdict(one)].en for one in choice.verdict], choice.off_minor.tolist()


def test_the_reasons_name_what_beat_a_coupon() -> None:
    verdicts, off = chosen(
        [
            {"name": "five", "face_value": 5, "group": "cash", "stacks": True},
            {"name": "ten", "face_value": 10, "group": "cash", "stacks": True},
            {"name": "tenth", "percent_off": 10, "stacks": True},
            {"name": "big", "face_value": 15},
        ]
    )
    assert off == [0, 1_000, 1_000, 0]
    assert verdicts == [
        "another one of its group takes off as much or more",
        "counts",
        "counts",
        "does not go together with those that take off most",
    ]


def test_two_that_stack_never_take_off_more_than_the_purchase() -> None:
    verdicts, off = chosen(
        [{"name": "a", "face_value": 30, "stacks": True}, {"name": "b", "face_value": 20, "stacks": True}],
        4_000,
    )
    assert (verdicts, off) == (["counts", "counts"], [3_000, 1_000])


def test_a_single_coupon_is_used_before_several_that_take_off_no_more() -> None:
    _, off = chosen(
        [
            {"name": "a", "face_value": 5, "stacks": True},
            {"name": "b", "face_value": 5, "stacks": True},
            {"name": "c", "face_value": 10},
        ]
    )
    assert off == [0, 0, 1_000]


def test_a_coupon_is_held_up_to_the_day_before_it_is_worth_nothing() -> None:
    held, who = HeldCoupons(1), ints([0])
    held.add(who, np.array([5], np.int32), np.array([10], np.int32))
    assert held.holding(who, np.array([9], np.int32)).tolist() == [0]
    assert held.holding(who, np.array([10], np.int32)).tolist() == []
