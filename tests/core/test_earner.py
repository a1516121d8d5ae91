"""Every earning rule over arrays, held against one event at a time in plain Python."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.earning.earner import Earner, events
from loyalty_core.history import UNKNOWN_VALUE
from loyalty_core.rules.earning_rules import WEEKDAYS
from loyalty_core.rules.programme import Programme, programme_from_dict
from tests.core.drawn import days, ints
from tests.core.plain_earning import Event, PlainEarner

TIERS = ("member", "silver", "gold")
STORES, CHANNELS = ("north", "south"), ("web", "till")
JOINED = ("shoes", "bags|shoes", "bags", "")
LABELS = {
    "purchases.store": STORES,
    "purchases.channel": CHANNELS,
    "purchases.categories": JOINED,
}
KINDS = ("purchase", "sign_in", "flight")
# Around the ends of February in a leap year and a common one, and the ends of two other months.
DAYS = [date(2020, 2, 26) + timedelta(days=n) for n in range(6)]
DAYS += [date(2021, 2, 26) + timedelta(days=n) for n in range(5)]
DAYS += [date(2021, 4, 29) + timedelta(days=n) for n in range(4)]
ODD = (1, 499, 500, 501, 999, 1000, 1001, 12345)  # minor units
BIRTHDAYS = [None, (2, 28), (2, 29), (3, 1), (4, 30), (5, 2)]

some_days = st.sampled_from(DAYS)
percents = st.sampled_from([0, 50, 100, 150, 200, 333])
points = st.sampled_from(["0", "1", "3", "10", "33"])
maybe = st.none


@st.composite
def whens(draw, kind: str) -> dict:
    """Mostly one or two conditions, so that rules often hold."""
    window = sorted(draw(st.tuples(some_days, some_days)))
    bounds = sorted(
        draw(st.sets(st.sampled_from(["0", "5", "10", "100"]), min_size=2, max_size=2)),
        key=float,
    )
    choices = {
        "first_day": str(window[0]),
        "last_day": str(window[1]),
        "weekdays": draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=5)),
        "month_days": draw(st.lists(st.sampled_from([1, 27, 28, 29, 30, 31]), min_size=1, max_size=3)),
        "days": draw(st.lists(st.sampled_from(["02-28", "02-29", "03-01", "04-31"]), min_size=1, max_size=2)),
        "birthday": draw(st.sampled_from(["day", "month"])),
        "tiers": draw(st.lists(st.sampled_from(TIERS), min_size=1, max_size=2)),
        "at_least": bounds[0],
        "less_than": bounds[1],
    }
    if kind == "purchase":
        choices |= {
            "categories": draw(st.sampled_from([["shoes"], ["bags"], ["hats"], ["shoes", "hats"]])),
            "stores": [draw(st.sampled_from([*STORES, "closed"]))],
            "channels": [draw(st.sampled_from(CHANNELS))],
            "first_purchase": True,
        }
    named = draw(st.lists(st.sampled_from(sorted(choices)), max_size=2, unique=True))
    return {"event": kind} | {name: choices[name] for name in named}


@st.composite
def rules(draw, name: str) -> dict:
    kind = draw(st.sampled_from(KINDS))
    measures = ["amount", "quantity", "count"] if kind == "purchase" else ["value", "count"]
    rule = {"name": name, "when": draw(whens(kind)), "measure": draw(st.sampled_from(measures))}
    gift = draw(st.sampled_from(["rate", "rate", "points"] + ["streak"] * (kind == "sign_in") * 4))
    if gift == "rate":
        rule["points_per_unit"] = draw(st.sampled_from(["0.01", "0.333333", "1", "1.5", "12"]))
    elif gift == "points":
        rule["points"] = draw(points)
    else:
        steps = draw(st.lists(points, min_size=1, max_size=3))
        rule["streak"] = {"points": steps, "then": draw(st.sampled_from(["stay", "restart"]))}
    optional = {
        "account": st.sampled_from(["points", "status"]),
        "with_tier": st.booleans(),
        "group": st.sampled_from(["a", "b"]),
        "rounding": st.sampled_from(["down", "nearest", "up"]),
        "round_to": st.sampled_from(["1", "5", "10"]),
        "caps": caps(),
    }
    named = draw(st.lists(st.sampled_from(sorted(optional)), max_size=4, unique=True))
    return rule | {field: draw(optional[field]) for field in named}


def caps() -> st.SearchStrategy[dict]:
    most = st.none() | st.sampled_from(["0", "1", "7", "20", "100"])
    return st.fixed_dictionaries({"event": most, "day": most, "month": most})


@st.composite
def multipliers(draw, name: str, rule_names: list[str]) -> dict:
    return {
        "name": name,
        "when": draw(st.sampled_from(KINDS).flatmap(whens)),
        "percent": draw(percents),
        "percent_by_tier": draw(st.dictionaries(st.sampled_from(TIERS), percents, max_size=2)),
        "rules": draw(st.lists(st.sampled_from(rule_names), max_size=2)) if rule_names else [],
        "group": draw(st.sampled_from([None, None, "a", "b"])),
    }


@st.composite
def programmes(draw) -> Programme:
    names = [f"r{n}" for n in range(draw(st.integers(0, 4)))]
    base = draw(st.sampled_from(["0", "0", "0.1", "1"]))
    known = names + ["base"] * (base != "0")
    return programme_from_dict(
        {
            "name": "drawn",
            "point_decimals": draw(st.sampled_from([0, 1])),
            "currency_decimals": draw(st.sampled_from([0, 2])),
            "tiers": [
                {"name": name, "threshold": 10 * place, "earn_percent": draw(percents)}
                for place, name in enumerate(TIERS)
            ],
            "earning": {
                "points_per_unit": base,
                "rules": [draw(rules(name)) for name in names],
                "multipliers": [draw(multipliers(f"m{n}", known)) for n in range(draw(st.integers(0, 3)))],
                "stacking": draw(st.sampled_from(["multiply", "add", "best"])),
                "caps": draw(st.one_of(st.just({}), caps())),
            },
        }
    )


def deed(random: Random, minor: int) -> Event:
    """Some event; amounts and values are often bounds that conditions name."""
    kind = random.choice(KINDS)
    event = Event(kind, random.choice(DAYS), random.choice(TIERS))
    if kind == "purchase":
        return replace(
            event,
            amount=random.choice([Fraction(n) for n in (0, 5, 10, 100)] + [Fraction(n, minor) for n in ODD]),
            quantity=random.randint(0, 3),
            store=random.choice([None, *STORES]),
            channel=random.choice([None, *CHANNELS]),
            categories=frozenset(random.choice(JOINED).split("|")) - {""},
            first=random.random() < 0.5,
        )
    return replace(event, value=random.choice([None, 0, 1, 5, 10, 1234]))


def as_arrays(member: list[int], chosen: list[Event], programme: Programme):
    """The events as the earner takes them, and their tiers."""
    joined = {frozenset(text.split("|")) - {""}: code for code, text in enumerate(JOINED)}
    found = events(
        ints(member),
        days([event.day for event in chosen]),
        amount_minor=ints(int(event.amount * 10**programme.currency_decimals) for event in chosen),
        quantity=ints(event.quantity for event in chosen),
        value=ints(UNKNOWN_VALUE if event.value is None else event.value for event in chosen),
        store=ints((*STORES, None).index(event.store) if event.store else -1 for event in chosen),
        channel=ints((*CHANNELS, None).index(event.channel) if event.channel else -1 for event in chosen),
        categories=ints(joined[event.categories] for event in chosen),
        first=np.array([event.first for event in chosen], bool),
    )
    return found, ints(TIERS.index(event.tier) for event in chosen)


def birthdays(born: list[tuple[int, int] | None]) -> np.ndarray:
    return ints(0 if one is None else one[0] * 100 + one[1] for one in born)


@settings(max_examples=120)
@given(programmes(), st.lists(st.sampled_from(BIRTHDAYS), min_size=3, max_size=3), st.integers(0, 10**6))
def test_every_rule_gives_what_plain_python_gives_event_by_event(programme, born, seed) -> None:
    random = Random(seed)
    lives = [[deed(random, 10**programme.currency_decimals) for _ in range(20)] for _ in born]
    _live_through(programme, born, [sorted(life, key=lambda event: event.day) for life in lives])


@settings(max_examples=60)
@given(st.sampled_from(KINDS).flatmap(whens), st.sampled_from(KINDS).flatmap(whens), st.integers(0, 10**6))
def test_a_rule_and_a_multiplier_hold_when_plain_python_says_so(when, raised, seed) -> None:
    rule = {"name": "r", "when": when, "points": 3}
    multiplier = {"name": "m", "when": raised | {"event": when["event"]}, "percent": 200}
    if when["event"] != "purchase":
        for only_of_purchases in ("categories", "stores", "channels", "first_purchase"):
            multiplier["when"].pop(only_of_purchases, None)
    document = {"points_per_unit": 0, "rules": [rule], "multipliers": [multiplier]}
    tiers = [{"name": name, "threshold": place} for place, name in enumerate(TIERS)]
    programme = programme_from_dict({"name": "when", "tiers": tiers, "earning": document})
    random = Random(seed)
    lives = [[replace(deed(random, 100), kind=when["event"])] for _ in range(150)]
    _live_through(programme, [random.choice(BIRTHDAYS) for _ in lives], lives)


def _live_through(programme: Programme, born: list[tuple[int, int] | None], lives: list[list[Event]]) -> None:
    """The k-th event of everybody at once, and each by itself in plain Python."""
    earner = Earner(programme, LABELS, birthdays(born))
    plain = [PlainEarner(programme, one) for one in born]
    accounts = {rule.name: rule.account for rule in programme.earning.all_rules}
    for nth in range(max(map(len, lives))):
        now = [(life[nth].kind, member) for member, life in enumerate(lives) if nth < len(life)]
        for kind, together in groupby(sorted(now), key=lambda pair: pair[0]):
            who = [member for _, member in together]
            chosen = [lives[member][nth] for member in who]
            earned = earner.earn(kind, *as_arrays(who, chosen, programme))
            expected = [plain[member].earn(event) for member, event in zip(who, chosen, strict=True)]
            for name, units in zip(earned.rules, earned.points, strict=True):
                assert units.tolist() == [one[name] for one in expected]
            for account in ("points", "status"):
                totals = [sum(n for name, n in one.items() if accounts[name] == account) for one in expected]
                assert earned.total(account).tolist() == totals


def test_of_rules_of_a_group_that_give_as_much_the_first_one_gives() -> None:
    alike = [{"name": name, "when": {"event": "sign_in"}, "points": 10, "group": "one"} for name in "ab"]
    programme = programme_from_dict(
        {"name": "group", "tiers": [{"name": "member"}], "earning": {"rules": alike}}
    )
    earned = Earner(programme, {}, ints([0])).earn("sign_in", events(ints([0]), days(DAYS[:1])), ints([0]))
    assert dict(zip(earned.rules, (points.tolist() for points in earned.points), strict=True)) == {
        "a": [10],
        "b": [0],
    }
