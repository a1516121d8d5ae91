"""Every number against the plain-Python oracle, to the unit, and the identities that tie them together."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest

from loyalty_core.counting.cuts import SLICES, slice_labels
from loyalty_core.counting.families import FAMILIES
from loyalty_core.counting.period_facts import PERIOD, period_facts
from loyalty_core.days import to_day
from loyalty_core.errors import InputError
from loyalty_core.histories import history_from_frames
from loyalty_core.history_parts import as_of, first_day, select
from loyalty_core.metrics.dictionary import METRICS, Kind, Section, columns_of, evaluate, metrics_for
from loyalty_core.periods import Periods, periods
from loyalty_core.rules.programme import Programme
from tests.core import oracle
from tests.core.against_oracle import ORACLE, spans, unlike_the_oracle
from tests.core.cdnow import master
from tests.core.generated import BEGIN, Case, generated

OFFER_SECTIONS = (Section.STORED_VALUE, Section.CAMPAIGNS, Section.CARE)
OFFER_CUTS: list[tuple[tuple[str, ...], dict[str, list[str]]]] = [
    (("campaign",), {}),
    (("campaign", "member_region"), {}),
    (("contact_channel",), {"member_tier": ["base", "silver"]}),
    (("campaign",), {"member_gender": ["female", ""]}),
    ((), {"campaign": ["c1", "c2"], "contact_channel": ["sms", ""]}),
    (("account",), {}),
    (("member_store",), {"account": ["stored_value"]}),
    (("purchase_channel",), {"member_gender": ["male", "female"]}),
    (("member_region",), {}),
    (("member_tier",), {"member_region": ["North", "South"]}),
    ((), {"member_gender": ["female", ""]}),
    (("campaign",), {"campaign": ["c1", "c3", "c0"]}),
]
SEEDS = range(40)
CUTS: list[tuple[tuple[str, ...], dict[str, list[str]]]] = [
    (("member_region",), {}),
    (("member_tier", "member_gender"), {}),
    (("member_store",), {"member_channel": ["app"]}),
    ((), {"member_region": ["North", ""]}),
    ((), {"member_tier": ["silver", "gold"]}),
    (("purchase_channel",), {}),
    (("purchase_store", "member_region"), {"purchase_channel": ["web", ""]}),
    (("account",), {}),
    (("member_tier",), {"account": ["points", "status"]}),
    (("join_month", "membership_month"), {}),
    (("membership_month", "member_gender"), {"member_tier": ["base", ""]}),
    (("earn_month",), {}),
    (("lot_age", "member_tier"), {}),
    (("lot_expiry",), {"member_region": ["North", ""]}),
    (("opening_tier", "member_tier"), {}),
    (("opening_tier",), {"member_region": ["South"]}),
]


def _periods(random: Random, history) -> Periods:
    """Whole history, months, weeks, days or some span: a kind per programme."""
    step = random.choice([None, "month", "month", "week", "day"])
    first, last = first_day(history), as_of(history)
    length = {None: 600, "month": 220, "week": 40, "day": 5}[step]
    start = random.randint(first, max(first, last - length))
    return periods(start, min(start + length, last), step)


def _differences(case: Case, chosen: Periods, by=(), where=None, names=None) -> list[tuple]:
    """Every figure, of those names or of all, that is not the oracle's."""
    where = where or {}
    names = metrics_for(by, where) if names is None else names
    facts = period_facts(case.history, case.programme, chosen, by, where, columns_of(names))
    return unlike_the_oracle(facts, case, chosen, by, where, names)


def test_the_oracle_and_the_declarations_tell_of_the_same_metrics():
    assert set(ORACLE) == set(METRICS)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_metric_equals_the_oracle_to_the_unit(seed):
    case = generated(seed)
    assert _differences(case, _periods(Random(seed), case.history)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_every_metric_equals_the_oracle_in_every_slice_and_filter(seed):
    case = generated(seed)
    by, where = CUTS[seed % len(CUTS)]
    chosen = _periods(Random(seed + 1000), case.history)
    assert _differences(case, chosen, by, where) == []


@pytest.mark.parametrize("seed", range(39))
def test_offers_and_care_equal_the_oracle_in_their_own_slices(seed):
    case = generated(seed)
    by, where = OFFER_CUTS[seed % len(OFFER_CUTS)]
    names = [name for name in metrics_for(by, where) if METRICS[name].section in OFFER_SECTIONS]
    assert names
    first, last = first_day(case.history), as_of(case.history)
    chosen = periods(last - 120, last, "month") if seed % 2 else periods(first, last)
    assert _differences(case, chosen, by, where, names) == []


@pytest.mark.parametrize("seed", range(len(CUTS)))
def test_slices_leave_nobody_out(seed):
    """Cells that the product leaves out are those in which the oracle counts nothing."""
    case = generated(seed)
    by, where = CUTS[seed % len(CUTS)]
    span = periods(first_day(case.history), as_of(case.history))
    facts = period_facts(case.history, case.programme, span, by, where)
    labels = [{None, *slice_labels(case.history, case.programme, name)} for name in by]
    shown = {tuple(None if pd.isna(label) else label for label in row) for row in facts[list(by)].to_numpy()}
    kept = {name: {label or None for label in found} for name, found in where.items()}
    programme = oracle.Programme(case.rows, case.document)
    for cell in set(product(*labels)) - shown:
        told = programme.within(kept | {name: {label} for name, label in zip(by, cell, strict=True)})
        counts = [name for name in metrics_for(by, where) if METRICS[name].kind is not Kind.RATIO]
        found = {name: ORACLE[name](told, spans(span)[0]) for name in counts}
        assert not {name: value for name, value in found.items() if value}, cell


def _monthly(case: Case, **cut) -> pd.DataFrame:
    history = case.history
    chosen = periods(first_day(history), as_of(history), "month")
    return period_facts(history, case.programme, chosen, **cut)


STATES = [f"members_{state}" for state in ("new_inactive", "never_active", "active", "silent", "churned")]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("by", [(), ("member_region", "member_tier")])
def test_the_five_states_add_up_to_the_members_enrolled(seed, by):
    facts = _monthly(generated(seed), by=by)
    assert (facts[STATES].sum(axis=1) == facts["members_enrolled"]).all()
    assert facts["members_enrolled"].sum() > 0


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("by", [(), ("account",)])
def test_points_add_up_at_every_close(seed, by):
    facts = _monthly(generated(seed), by=by)
    moved = facts["points_issued"] + facts["points_adjusted"]
    moved -= facts["points_redeemed"] + facts["points_expired"]
    assert (facts["points_opening"] + moved == facts["points_outstanding"]).all()
    for _, account in facts.groupby(list(by)) if by else [((), facts)]:
        closes = account["points_outstanding"].to_numpy()
        assert (account["points_opening"].to_numpy()[1:] == closes[:-1]).all()
        assert account["points_opening"].iloc[0] == 0
    assert facts["points_outstanding"].any()


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("by", [(), ("campaign",)])
def test_every_coupon_offered_is_redeemed_expired_or_still_open(seed, by):
    facts = _monthly(generated(seed), by=by)
    for _, cell in facts.groupby(list(by), dropna=False) if by else [((), facts)]:
        gone = (cell["coupons_redeemed"] + cell["coupons_expired"]).cumsum()
        assert (cell["coupons_offered"].cumsum() == gone + cell["coupons_open"]).all()
    assert facts["coupons_open"].any()


@pytest.mark.parametrize("seed", range(10))
def test_who_has_joined_is_enrolled_or_has_left(seed):
    facts = _monthly(generated(seed, early_leavers=False))
    joined = facts["members_joined"].cumsum()
    assert (facts["members_enrolled"] + facts["members_left"] == joined).all()
    assert (facts["members_departed"].cumsum() == facts["members_left"]).all()


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("by", [(), ("member_region",), ("purchase_channel", "member_tier"), ("account",)])
def test_facts_add_up_over_disjoint_members(seed, by):
    case = generated(seed)
    history, programme = case.history, case.programme
    some = np.random.default_rng(seed).random(len(history.members)) < 0.5
    chosen = periods(first_day(history), as_of(history), "month")
    of_no_member = ["guest_purchases", "guest_revenue", "visits"]
    bound_together = {name for family in FAMILIES if not family.separable for name in family.columns}
    keys = [*PERIOD, *by]

    def counted(part):
        facts = period_facts(part, programme, chosen, by)
        facts = facts.drop(columns=[*of_no_member, *bound_together], errors="ignore")
        return facts.set_index(keys)

    whole = counted(history)
    parts = counted(select(history, some)).add(counted(select(history, ~some)), fill_value=0)
    pd.testing.assert_frame_equal(
        parts.reindex(whole.index).fillna(0).astype("int64"), whole, check_like=True
    )


@pytest.mark.parametrize("slice_name", SLICES)
def test_a_metric_is_cut_by_its_slices_and_refuses_the_others(slice_name):
    case = generated(3)
    needed = {metric.per for metric in METRICS.values()}
    cut_by = {per: _monthly(case, by=[slice_name, *([per] if per else [])]) for per in needed}
    for name, metric in METRICS.items():
        facts = cut_by[metric.per]
        if slice_name in metric.slices:
            assert name in evaluate(facts, [name], case.programme)
            continue
        assert name not in metrics_for([slice_name])
        with pytest.raises(InputError, match=f"{name} cannot be cut or filtered"):
            evaluate(facts, [name], case.programme)


def test_a_stock_refuses_a_filter_on_purchases():
    case = generated(3)
    facts = _monthly(case, where={"purchase_channel": ["web"]})
    assert "revenue" in facts
    with pytest.raises(InputError, match="members_active cannot be cut or filtered that way"):
        evaluate(facts, ["members_active"], case.programme)


def test_a_figure_per_tier_asks_for_the_slice():
    case = generated(3)
    with pytest.raises(InputError, match="tier_share is a figure per member_tier; add that slice"):
        evaluate(_monthly(case), ["tier_share"], case.programme)


def test_an_unknown_metric_slice_or_label_is_answered_with_the_nearest():
    case = generated(3)
    with pytest.raises(InputError, match="did you mean members_active"):
        evaluate(_monthly(case), ["member_active"], case.programme)
    with pytest.raises(InputError, match="region is no slice; did you mean member_region"):
        _monthly(case, by=("region",))
    with pytest.raises(InputError, match="member_region has no Nroth; did you mean North"):
        _monthly(case, where={"member_region": ["Nroth"]})


def test_shares_per_tier_add_up_to_one():
    case = generated(4)
    facts = _monthly(case, by=("member_tier",))
    shares = evaluate(facts, ["tier_share", "tier_revenue_share"], case.programme)
    enrolled = facts.groupby("period_end")["members_enrolled"].sum().to_numpy() > 0
    assert shares.groupby("period_end")["tier_share"].sum().to_numpy()[enrolled] == pytest.approx(1)
    assert enrolled.any()


def test_a_ratio_without_denominator_is_unknown_and_not_nought():
    case = generated(5)
    before = to_day(BEGIN) - 400
    facts = period_facts(case.history, case.programme, periods(before, before + 10))
    values = evaluate(facts, list(metrics_for(())), case.programme).iloc[0]
    ratios = [name for name in metrics_for(()) if METRICS[name].kind is Kind.RATIO and METRICS[name].bottom]
    assert all(pd.isna(values[name]) for name in ratios)
    assert values["members_enrolled"] == 0


@pytest.fixture(scope="module")
def cdnow(shared: Path) -> tuple:
    """The master file, and its programme: purchases alone."""
    programme = Programme(name="CDNOW", currency="USD")
    return history_from_frames({"purchases": master(shared)}, programme), programme


@pytest.mark.shared
def test_cdnow_gives_the_checked_facts(cdnow):
    history, programme = cdnow
    names = ["members_active", "members_silent", "members_churned", "revenue", "purchases"]
    span = periods(first_day(history), as_of(history))
    facts = period_facts(history, programme, span, columns=columns_of(names))
    (row,) = evaluate(facts, names, programme).to_dict(orient="records")
    assert row["period_end"] == pd.Timestamp("1998-06-30")
    assert [row[name] for name in names] == [3317, 2057, 18196, 2500315.63, 69659]


@pytest.mark.shared
def test_cdnow_gives_the_checked_monthly_buyers(cdnow):
    history, programme = cdnow
    span = periods(first_day(history), as_of(history), "month")
    facts = period_facts(history, programme, span, columns=columns_of(["buyers"]))
    buyers = evaluate(facts, ["buyers"], programme).set_index("period_end")["buyers"]
    assert len(buyers) == 18
    assert buyers[pd.Timestamp("1997-01-31")] == 7846
    assert buyers[pd.Timestamp("1998-06-30")] == 1506
