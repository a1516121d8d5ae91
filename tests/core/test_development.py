"""Redemption triangles and what they say will be redeemed: plain Python, published figures, properties."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.finance.development import (
    Development,
    Triangle,
    development,
    development_factors,
    redemption_triangle,
    tail_factor,
)
from loyalty_core.finance.redemption_band import band, rate_band, scatter, simulated_ultimates
from loyalty_core.points.lot_ledger import LotLedger, lot_ledger
from tests.core.drawn import date_or_none, ints
from tests.core.generated import BEGIN, generated
from tests.core.plain_lots import matched

# Taylor and Ashe (1983), as in England and Verrall (2002): incremental claims by year and age.
TAYLOR_ASHE = (
    (357848, 766940, 610542, 482940, 527326, 574398, 146342, 139950, 227229, 67948),
    (352118, 884021, 933894, 1183289, 445745, 320996, 527804, 266172, 425046),
    (290507, 1001799, 926219, 1016654, 750816, 146923, 495992, 280405),
    (310608, 1108250, 776189, 1562400, 272482, 352053, 206286),
    (443160, 693190, 991983, 769488, 504851, 470639),
    (396132, 937085, 847498, 805037, 705960),
    (440832, 847631, 1131398, 1063269),
    (359480, 1061648, 1443370),
    (376686, 986608),
    (344014,),
)


def triangle_of(rows, issued=None, open_points=None, closed: bool = True) -> Triangle:
    """A triangle of increments; unless told, far more is open than can matter, but of the oldest nothing."""
    n = len(rows)
    redeemed = np.array([[*row, *[0] * (n - len(row))] for row in rows], np.int64).reshape(n, n)
    so_far = redeemed.sum(axis=1)
    if issued is None:
        issued = [so_far[0], *[10 * int(so_far.max())] * (n - 1)]
    left = np.array(issued) - so_far if open_points is None else np.array(open_points)
    return Triangle(
        month_first=np.arange(n),
        issued=np.array(issued, np.int64),
        expired=np.array(issued) - so_far - left,
        open=left,
        redeemed=redeemed,
        closed=closed,
    )


@pytest.mark.parametrize("days", [40, 333, 520, 900])
@pytest.mark.parametrize("seed", range(8))
def test_the_triangle_is_the_one_counted_use_by_use(seed: int, days: int) -> None:
    case, until = generated(seed), BEGIN + timedelta(days=days)
    ledger = lot_ledger(case.history, int(np.datetime64(until).astype(int)))
    triangle = redemption_triangle(ledger)
    lots, uses, _ = matched(case.rows["entries"], case.programme.time_zone, until)
    cells, issued, left = Counter(), Counter(), Counter()
    for use in uses:
        month, gone = use.lot.day.replace(day=1), use.day.replace(day=1)
        if use.kind == "redeem":
            age = (gone.year - month.year) * 12 + gone.month - month.month
            cells[month, age] += use.points
        if use.kind in ("redeem", "expire"):
            issued[month] += use.points
    for lot in lots:
        issued[lot.day.replace(day=1)] += lot.left
        left[lot.day.replace(day=1)] += lot.left
    months = [date_or_none(day) for day in triangle.month_first]
    assert len(set(months)) == len(months)
    assert not lots or (months[0], months[-1]) == (
        min(lot.day for lot in lots).replace(day=1),
        until.replace(day=1),
    )
    for place, month in enumerate(months):
        assert triangle.issued[place] == issued[month]
        assert triangle.open[place] == left[month]
        for age in range(len(months)):
            assert triangle.redeemed[place, age] == cells[month, age]
    assert triangle.redeemed.sum() == cells.total() == ledger.redeemed.sum()
    assert triangle.closed == ((until + timedelta(days=1)).day == 1) or not lots


def test_chain_ladder_gives_the_published_reserve() -> None:
    """18,680,856 for Taylor and Ashe's triangle: Mack (1993), England and Verrall (2002)."""
    found = development(triangle_of(TAYLOR_ASHE), young=0)
    to_come = found.ultimate - found.triangle.redeemed_so_far
    assert round(to_come.sum()) == 18_680_856
    assert np.round(to_come[1:4]).tolist() == [94_634, 469_511, 709_638]


def test_the_bootstrap_scatters_as_published() -> None:
    """England and Verrall (2002): dispersion 52,601 and a prediction error of 2,945,659 (16 %)."""
    found = development(triangle_of(TAYLOR_ASHE), young=0)
    around = scatter(found)
    assert around is not None
    assert around.dispersion == pytest.approx(52_601, abs=1)
    runs = simulated_ultimates(found, np.random.default_rng(7), 1000, young=0)
    to_come = (runs - found.triangle.redeemed_so_far).sum(axis=1)
    assert to_come.mean() == pytest.approx(18_680_856, rel=0.03)
    assert to_come.std() == pytest.approx(2_945_659, rel=0.1)


def test_every_run_goes_on_from_what_is_redeemed_and_depends_on_its_seed_alone() -> None:
    found = development(triangle_of(TAYLOR_ASHE))
    runs = simulated_ultimates(found, np.random.default_rng(1), 50)
    assert (runs >= found.triangle.redeemed_so_far).all()
    assert (runs <= found.triangle.redeemed_so_far + found.triangle.open).all()
    np.testing.assert_array_equal(runs, simulated_ultimates(found, np.random.default_rng(1), 50))
    assert (runs != simulated_ultimates(found, np.random.default_rng(2), 50)).any()
    around = rate_band(found, runs)
    assert around.low < found.ultimate_redemption_rate < around.high


def test_a_young_cohort_adds_the_rest_of_the_expected_rate() -> None:
    # Factors 2 and 1.5: a third has come at age 0, two thirds at age 1. Expected (60 + 60 + 10) of
    # 100 + 2/3 × 100 + 1/3 × 100 issued: 0.65.
    triangle = triangle_of([(20, 20, 20), (30, 30), (10,)], issued=[100, 100, 100], open_points=[0, 40, 90])
    found = development(triangle)
    np.testing.assert_allclose(found.developed, [1 / 3, 2 / 3, 1])
    assert found.expected_rate == pytest.approx(0.65)
    assert found.young.tolist() == [False, False, True]
    np.testing.assert_allclose(found.ultimate, [60, 90, 10 + 65 * 2 / 3])
    assert development(triangle, expected_rate=0.3).ultimate[2] == pytest.approx(10 + 30 * 2 / 3)
    assert development(triangle, young=0).ultimate[2] == pytest.approx(30)
    assert found.breakage_rate == pytest.approx(1 - (150 + 10 + 65 * 2 / 3) / 300)


def test_a_month_that_is_still_running_does_not_slow_development_down() -> None:
    whole = [(20, 20, 20), (30, 30), (10,)]
    running = [(20, 20, 20, 0), (30, 30, 4), (10, 3), (1,)]
    issued, open_points = [100, 100, 100, 50], [0, 36, 87, 49]
    found = development(triangle_of(running, issued, open_points, closed=False))
    base = development(triangle_of(whole, issued[:3], [0, 40, 90]))
    np.testing.assert_allclose(found.developed[:3], base.developed)
    np.testing.assert_allclose(found.ultimate[:3], base.ultimate)
    assert found.ultimate[3] == pytest.approx(50 * base.expected_rate)


def test_factors_follow_their_definition_cohort_by_cohort() -> None:
    triangle = triangle_of(TAYLOR_ASHE)
    rows = [np.cumsum(row).tolist() for row in TAYLOR_ASHE]
    for age, factor in enumerate(development_factors(triangle.cumulative, triangle.seen)):
        both = [row for row in rows if len(row) > age + 1]
        assert factor == pytest.approx(sum(row[age + 1] for row in both) / sum(row[age] for row in both))


def test_factors_that_die_down_exponentially_have_their_own_tail() -> None:
    seen = 1 + 0.5 * 0.8 ** np.arange(6)
    beyond = np.prod(1 + 0.5 * 0.8 ** np.arange(6, 400))
    assert tail_factor(seen, np.inf) == pytest.approx(beyond)
    assert tail_factor(seen, 1.1) == 1.1
    assert tail_factor(seen, 1.0) == 1.0
    assert tail_factor(seen[:2], 3.0) == 3.0, "two factors do not tell"
    assert tail_factor(seen[::-1], 3.0) == 3.0, "they do not die down"


def test_without_evidence_every_open_point_counts_as_one_to_be_redeemed() -> None:
    """One month of history, or no redemption at all: no breakage is recognised (IFRS 15 B46)."""
    assert development(triangle_of([(10,)], [100], [90])).ultimate.tolist() == [100]
    never = development(triangle_of([(0, 0), (0,)], [100, 50], [80, 50]))
    assert never.ultimate.tolist() == [80, 50]
    assert development(triangle_of([(10,)], [100], [90]), expected_rate=0.6, young=2).ultimate[0] < 100


def test_what_has_wholly_expired_without_redemption_is_evidence() -> None:
    assert development(triangle_of([(0, 0), (0,)], [100, 50], [0, 50])).ultimate.tolist() == [0, 0]


def test_an_empty_ledger_has_no_rate() -> None:
    case = generated(3)
    found = development(redemption_triangle(lot_ledger(case.history, 0)))
    assert np.isnan(found.ultimate_redemption_rate) and np.isnan(found.breakage_rate)
    assert len(found.cohort_rates) == 0


def test_a_triangle_too_small_for_scatter_has_no_band() -> None:
    found = development(triangle_of([(5, 5), (6,)]))
    assert scatter(found) is None
    assert np.isnan(rate_band(found, simulated_ultimates(found, np.random.default_rng(1), 3)).low)


cells = st.integers(0, 1000)


@st.composite
def triangles(draw) -> Triangle:
    n = draw(st.integers(1, 6))
    closed = draw(st.booleans())
    rows = [[draw(st.sampled_from([0, 0, 1, 50]) | cells) for _ in range(n - i)] for i in range(n)]
    left = [draw(st.sampled_from([0, 1]) | cells) for _ in range(n)]
    issued = [sum(row) + more + draw(st.sampled_from([0, 500])) for row, more in zip(rows, left, strict=True)]
    return triangle_of(rows, issued, left, closed)


@settings(max_examples=200)
@given(triangles())
def test_every_estimate_lies_between_what_is_redeemed_and_all_that_can_be(triangle: Triangle) -> None:
    found = development(triangle)
    redeemed, reach = triangle.redeemed_so_far, triangle.redeemed_so_far + triangle.open
    assert (found.ultimate >= redeemed).all() and (found.ultimate <= reach).all()
    rates = found.cohort_rates[triangle.issued > 0]
    assert ((rates >= 0) & (rates <= 1)).all()
    assert (np.diff(found.developed) >= -1e-12).all() and (found.developed <= 1 + 1e-12).all()
    runs = simulated_ultimates(found, np.random.default_rng(1), 5)
    known = ~np.isnan(runs)
    assert (runs >= redeemed)[known].all() and (runs <= reach)[known].all()
    assert known.all() or not known.any()


@settings(max_examples=60)
@given(triangles(), st.integers(2, 9))
def test_the_estimate_does_not_depend_on_the_unit_of_points(triangle: Triangle, times: int) -> None:
    names = ("issued", "expired", "open", "redeemed")
    larger = replace(triangle, **{name: times * getattr(triangle, name) for name in names})
    np.testing.assert_allclose(development(larger).ultimate, times * development(triangle).ultimate)


def made(random: np.random.Generator, spread: float) -> tuple[Triangle, float]:
    """Twelve cohorts whose rates spread around 0.7, redeemed in clumps, and the rate they will reach."""
    pattern = 0.7 ** np.arange(12)
    issued, rates = np.full(12, 100_000), np.clip(random.normal(0.7, spread, 12), 0.4, 0.95)
    full = random.poisson((issued * rates)[:, None] * pattern / pattern.sum() / 50) * 50
    rows = [full[i, : 12 - i].tolist() for i in range(12)]
    left = [0, *(issued[1:] - [sum(row) for row in rows[1:]])]
    return triangle_of(rows, issued, left), full.sum() / issued.sum()


@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_the_band_holds_the_rate_that_comes_about_as_often_as_it_says(spread: float) -> None:
    random = np.random.default_rng(20)
    held, errors = 0, []
    for _ in range(100):
        triangle, reached = made(random, spread)
        found: Development = development(triangle)
        around = rate_band(found, simulated_ultimates(found, random, 100), 0.9)
        held += bool(around.low <= reached <= around.high)
        errors.append(found.ultimate_redemption_rate - reached)
    assert abs(np.mean(errors)) < 0.005
    # Of 100 true 90 % bands fewer than 82 or more than 97 hold about one time in a hundred.
    assert 82 <= held <= 97


def test_a_band_is_taken_over_replications() -> None:
    found = band(np.array([5.0, 7.0]), np.array([[n, 2 * n] for n in range(101)], float), 0.8)
    np.testing.assert_allclose([found.low, found.high], [[10, 20], [90, 180]])
    assert found.estimate.tolist() == [5, 7]


def test_points_that_pay_a_debt_are_redeemed_in_the_month_they_pay() -> None:
    ledger = LotLedger(
        day=100,
        lot_member=ints([0]),
        lot_day=ints([40]),
        lot_expires_on=ints([500]),
        lot_points=ints([10]),
        use_lot=ints([0]),
        use_day=ints([40]),
        use_taken_on=ints([35]),
        use_kind=ints([1]),
        use_points=ints([4]),
        debt_day=ints([]),
        debt_kind=ints([]),
        debt_points=ints([]),
    )
    triangle = redemption_triangle(ledger)
    assert triangle.redeemed[0].tolist() == [4, 0, 0]
    assert (triangle.issued[0], triangle.open[0]) == (10, 6)
