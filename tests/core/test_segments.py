"""Segments against plain counts, and groups against groups that were put there."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from loyalty_core.days import to_day
from loyalty_core.errors import InputError
from loyalty_core.portraits import portraits, portraits_of, within
from loyalty_core.rules.programme import Programme
from loyalty_core.segments.clusters import clusters
from loyalty_core.segments.division import by_lifecycle, by_rfm, by_value
from loyalty_core.segments.every_segment import DIVISIONS, OWN, Segments
from loyalty_core.segments.own_rules import members_of, own_segment
from loyalty_core.segments.tallies import overlap, tally
from tests.core.generated import BEGIN, generated

SEEDS = range(4)
DAY = to_day(BEGIN + timedelta(days=430))


def portrayed(seed: int) -> tuple[pd.DataFrame, object]:
    case = generated(seed, members=40)
    return portraits(case.history, case.programme, DAY), case.programme


def test_portraits_of_several_days_are_those_of_each_of_them() -> None:
    case = generated(3, members=40)
    days = [DAY - 200, DAY - 31, DAY]
    for day, found in zip(days, portraits_of(case.history, case.programme, days), strict=True):
        pd.testing.assert_frame_equal(found, portraits(case.history, case.programme, day))


@pytest.mark.parametrize("seed", SEEDS)
def test_divisions_are_what_their_words_say(seed: int) -> None:
    found, _ = portrayed(seed)
    rows = found.to_dict("records")
    states, rfm, value = by_lifecycle(found), by_rfm(found), by_value(found)
    for at, row in enumerate(rows):
        assert states.segments[states.place[at]].key == row["state"]
        bought, since = row["purchases"], row["days_since_purchase"]
        if bought == 0:
            expected = "none"
        elif since > 180:
            expected = "lost"
        elif since > 90:
            expected = "slipping" if bought > 5 else "hesitant"
        else:
            expected = "champions" if bought > 5 else "loyal" if bought > 1 else "new"
        assert rfm.segments[rfm.place[at]].key == expected
    buyers = sorted(
        (at for at, row in enumerate(rows) if row["purchases"] > 0),
        key=lambda at: (-rows[at]["revenue"], str(rows[at]["member_id"])),
    )
    n = len(buyers)
    ends = {"high": -(-n // 5), "middle": -(-n // 2), "low": n}
    for name, start, end in (
        ("high", 0, ends["high"]),
        ("middle", ends["high"], ends["middle"]),
        ("low", ends["middle"], n),
    ):
        assert np.flatnonzero(value.members(name)).tolist() == sorted(buyers[start:end])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_field_holds_the_buyers_of_its_days_and_its_number_of_purchases(seed: int) -> None:
    found, programme = portrayed(seed)
    inside = Segments(found, programme).members("field.2-3")
    assert inside.tolist() == [
        row["purchases"] > 0 and 31 <= row["days_since_purchase"] <= 90 and 3 <= row["purchases"] <= 5
        for row in found.to_dict("records")
    ]
    assert inside.any()


@pytest.mark.parametrize("seed", SEEDS)
def test_own_rules_hold_of_whom_a_plain_reading_finds(seed: int) -> None:
    found, programme = portrayed(seed)
    rows = found.to_dict("records")
    conditions = [
        {"trait": "revenue", "comparison": "at_least", "value": "150.50"},
        {"trait": "days_since_purchase", "comparison": "at_most", "value": "120"},
        {"trait": "region", "comparison": "is_not", "value": "North"},
        {"trait": "balance", "comparison": "at_most", "value": "300"},
    ]
    units = 10**programme.point_decimals
    plain = (
        lambda row: row["revenue"] >= 15050,
        lambda row: not pd.isna(row["days_since_purchase"]) and row["days_since_purchase"] <= 120,
        lambda row: not pd.isna(row["region"]) and row["region"] != "North",
        lambda row: row["balance"] <= 300 * units,
    )
    for match, together in (("all", all), ("any", any)):
        one = own_segment({"name": "mine", "match": match, "conditions": conditions})
        expected = [together(holds(row) for holds in plain) for row in rows]
        inside = Segments(found, programme, [one]).members("own.mine")
        assert inside.tolist() == expected
        assert tally(found, inside).revenue == sum(
            row["revenue"] for row, among in zip(rows, expected, strict=True) if among
        )


def test_groups_that_are_there_are_found_and_named_by_what_sets_them_apart() -> None:
    rng, n = np.random.default_rng(7), 300
    kinds = np.repeat([0, 1, 2], n)
    often, lately = np.array([60, 2, 2])[kinds], np.array([3, 300, 5])[kinds]
    purchases = np.maximum(often + rng.integers(-1, 2, 3 * n), 1)
    found = pd.DataFrame(
        {
            "days_since_purchase": pd.array(lately + rng.integers(0, 3, 3 * n), dtype="Int64"),
            "days_since_joining": 700 - 600 * (kinds == 2) + rng.integers(0, 20, 3 * n),
            "purchases": purchases,
            "revenue": purchases * 5000,
            "redeemed": np.where(kinds == 0, 900, 0),
            "activities": np.where(kinds == 0, 30, 0),
        }
    )
    groups = clusters(found)
    assert groups is not None and len(groups.segments) == 3
    place = groups.divide(found).place
    assert {frozenset(place[kinds == kind]) for kind in range(3)} == {frozenset({kind}) for kind in range(3)}
    said = {groups.segments[place[kind * n]].meaning.en for kind in range(3)}
    assert len(said) == 3 and any("redeem much" in one.lower() for one in said)
    assert any("new members" in one.lower() for one in said)
    again = clusters(found.copy())
    assert again is not None and np.array_equal(again.divide(found).place, place)
    assert clusters(found.head(50)) is None


def test_every_division_holds_each_member_once_and_filters_leave_the_others_out() -> None:
    case = generated(3, members=150)
    found = portraits(case.history, case.programme, DAY)
    segments = Segments(found, case.programme)
    for division in DIVISIONS:
        if division != OWN:
            parts = [segments.members(f"{division}.{one.key}") for one in segments.of(division)]
            assert np.sum(parts, axis=0).tolist() == [1] * len(found)
    one, other = segments.members("lifecycle.active"), segments.members("value.high")
    shared = overlap(one, other)
    assert (shared.one + shared.both, shared.other + shared.both) == (one.sum(), other.sum())
    some = within(found, {"member_region": ["North", ""]})
    assert set(some["region"].dropna()) == {"North"} and some["region"].isna().any()
    assert len(some) == sum(pd.isna(one) or one == "North" for one in found["region"])


def test_what_is_no_segment_is_one_clear_line() -> None:
    found, programme = portrayed(0)
    with pytest.raises(InputError, match=r"lifecycle.activ is no segment; did you mean active"):
        Segments(found, programme).members("lifecycle.activ")
    with pytest.raises(InputError, match=r"rmf\.lost is no segment; did you mean rfm"):
        Segments(found, programme).members("rmf.lost")
    for condition, problem in (
        ({"trait": "colour", "comparison": "is", "value": "red"}, "colour is nothing to compare"),
        ({"trait": "revenue", "comparison": "is", "value": "3"}, "revenue cannot be compared by is"),
        ({"trait": "revenue", "comparison": "at_least", "value": "many"}, "revenue: many is no number"),
    ):
        with pytest.raises(InputError, match=problem):
            own_segment({"name": "mine", "conditions": [condition]})
    exact = own_segment(
        {"name": "x", "conditions": [{"trait": "revenue", "comparison": "at_least", "value": "0.001"}]}
    )
    with pytest.raises(InputError, match="at most 2 decimals"):
        Segments(found, programme, [exact]).members("own.x")


@pytest.mark.parametrize(("comparison", "held"), [("at_least", [0, 1, 1]), ("at_most", [1, 1, 0])])
def test_the_bound_of_a_rule_is_within_it(comparison: str, held: list[int]) -> None:
    bound = {"trait": "revenue", "comparison": comparison, "value": "150.50"}
    found = pd.DataFrame({"revenue": [150_49, 150_50, 150_51]})
    segment = own_segment({"name": "x", "conditions": [bound]})
    assert members_of(segment, found, Programme(name="c")).tolist() == [bool(one) for one in held]
