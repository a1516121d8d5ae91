"""Why a number changed: slices explain all of the change, and mix and rate are told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.metrics.contributions import can_be_explained, contributions, explained
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme, Tier

CLUB = Programme(name="club", currency="GBP", tiers=(Tier(name="member"),))
RATE = METRICS["redemption_rate"]  # redeemed over issued
REVENUE = METRICS["revenue"]


def facts(**regions: tuple[int, int]) -> pd.DataFrame:
    """Points redeemed and issued in each region."""
    rows = [(region, *both) for region, both in regions.items()]
    frame = pd.DataFrame(rows, columns=["member_region", "points_redeemed", "points_issued"])
    return frame.assign(
        period_first=pd.Timestamp("2026-01-01"),
        period_end=pd.Timestamp("2026-01-31"),
        **dict.fromkeys(RATE.columns - {"points_redeemed", "points_issued"}, 0),
    )


def test_the_same_conduct_of_more_members_is_mix() -> None:
    found = contributions(
        RATE,
        CLUB,
        "member_region",
        facts(North=(50, 100), South=(10, 100)),
        facts(North=(150, 300), South=(10, 100)),
    )
    assert found["rate"].tolist() == pytest.approx([0, 0])
    # The whole went from 60 of 200 to 160 of 400: from 30 % to 40 %.
    assert found["mix"].sum() == pytest.approx(0.10)
    assert found.loc["North", "mix"] == pytest.approx((0.75 - 0.5) * (0.5 - 0.3))


def test_other_conduct_of_as_many_members_is_rate() -> None:
    found = contributions(
        RATE,
        CLUB,
        "member_region",
        facts(North=(50, 100), South=(10, 100)),
        facts(North=(90, 100), South=(10, 100)),
    )
    assert found["mix"].tolist() == pytest.approx([0, 0])
    assert found["rate"].tolist() == pytest.approx([0.2, 0])


def test_what_adds_up_is_told_by_each_slice_s_own_change() -> None:
    def sales(**regions: int) -> pd.DataFrame:
        rows = pd.DataFrame({"member_region": list(regions), "revenue": list(regions.values())})
        return rows.assign(**dict.fromkeys(REVENUE.columns - {"revenue"}, 0))

    found = contributions(
        REVENUE, CLUB, "member_region", sales(North=1000, South=500), sales(South=800, West=100)
    )
    assert found["rate"].to_dict() == {"North": -10.0, "South": 3.0, "West": 1.0}
    assert found["mix"].isna().all()


COUNTS = st.dictionaries(
    st.sampled_from(["North", "South", "West", "East"]),
    st.tuples(st.integers(0, 900), st.integers(1, 900)),
    min_size=1,
)


@given(before=COUNTS, now=COUNTS)
def test_mix_and_rate_of_all_slices_are_the_whole_change(before: dict, now: dict) -> None:
    found = contributions(RATE, CLUB, "member_region", facts(**before), facts(**now))
    rates = [
        sum(top for top, _ in one.values()) / sum(low for _, low in one.values()) for one in (before, now)
    ]
    assert np.isclose(found.to_numpy().sum(), rates[1] - rates[0])


def test_who_is_in_several_slices_counts_once_in_the_whole() -> None:
    cut = (facts(North=(50, 100), South=(10, 100)), facts(North=(90, 110), South=(20, 100)))
    whole = (facts(all=(60, 200)), facts(all=(100, 200)))
    found = explained(RATE, CLUB, "member_region", cut, whole)
    assert found.change == pytest.approx(100 / 200 - 60 / 200) and found.is_known
    # As if those ten who were in both regions were two each: 110 of 210.
    assert found.several == pytest.approx(100 / 200 - 110 / 210)
    assert explained(RATE, CLUB, "member_region", cut, (whole[0], facts(all=(110, 210)))).several == 0


def test_a_change_is_unknown_where_a_period_is() -> None:
    cut, whole = (facts(), facts(North=(9, 10))), (facts(all=(0, 0)), facts(all=(9, 10)))
    assert not explained(RATE, CLUB, "member_region", cut, whole).is_known


def test_numbers_that_are_no_sums_are_not_explained_by_slices() -> None:
    assert can_be_explained(RATE) and can_be_explained(REVENUE)
    assert not can_be_explained(METRICS["nps"])
    assert not can_be_explained(METRICS["repurchase_cycle"]) and not can_be_explained(
        METRICS["top_fifth_share"]
    )
