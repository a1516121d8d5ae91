"""What a result says: its headline, its tiles and its charts, each no surer than the replications are."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.i18n import speaking
from dashboard.sandbox import comparison_charts, finding, verdict
from dashboard.sandbox.comparison import Estimate, Found
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Tier
from tests.dashboard.sandbox.pages import CLUB


def invented(mean: float, low: float | None, high: float | None) -> Found:
    """A result with one difference for every figure."""
    row = {"mean": mean, "low": low, "high": high}
    figures = [{"metric": name, **row} for name in ("revenue", "reward_cost", "redemption_rate")]
    tiers = [{"metric": "tier_members", "member_tier": "gold", **row}]
    rows = [{"period_end": "2027-10-31", **one} for one in (*figures, *tiers)]
    return Found(
        {
            "baseline": {"values": rows},
            "scenario": {"values": rows},
            "differences": rows,
            "horizon": {"baseline": rows, "scenario": rows, "differences": rows},
            "money": row,
        }
    )


@pytest.mark.parametrize(("lang", "expected"), [
    ("en", "Gold threshold raised to £5,000: it loses £312 (95% interval −£337 to −£287); "
           "about 312 (±25) fewer members in Gold on 31 Oct 2027; "
           "reward cost falls by £312 (95% interval £287 to £337)."),
    ("zh", "Gold门槛提高到 £5,000：净亏 £312（95% 区间 −£337 至 −£287）；"
           "2027年10月31日Gold约减少 312 人（±25）；"
           "权益成本减少 £312（95% 区间 £287 至 £337）。"),
])  # fmt: skip
def test_the_headline_names_cause_effect_and_interval(lang, expected):
    with speaking(lang):
        said = finding.headline(invented(-312, -337, -287), CLUB, {"changes": {"tiers.gold.threshold": 5000}})
    assert said == expected


@pytest.mark.parametrize(("lang", "expected"), [
    ("en", "Gold for a fee of £298: it loses £312 (95% interval −£337 to −£287); "
           "about 312 (±25) fewer members in Gold on 31 Oct 2027; "),
    ("zh", "Gold定价 £298：净亏 £312（95% 区间 −£337 至 −£287）；2027年10月31日Gold约减少 312 人（±25）；"),
])  # fmt: skip
def test_the_headline_names_a_fee_and_who_pays_it(lang, expected):
    *free, gold = CLUB.tiers
    sold = CLUB.model_copy(update={"tiers": (*free, Tier(name=gold.name, entry="paid", fee=198))})
    with speaking(lang):
        said = finding.headline(invented(-312, -337, -287), sold, {"changes": {"tiers.gold.fee": 298}})
    assert said.startswith(expected)


GAIN = {"probability_better": 0.9, "likely_better": {"en": "likely", "zh": "可能"},
        "meaning": {"en": "Margin.", "zh": "毛利。"}, "notes": []}  # fmt: skip


@pytest.mark.parametrize(("ends", "changed", "told"), [
    ((-312, -337, -287), {},
     [("−£312", "95% interval −£337 to −£287"), ("90%", "likely; of 10 replications"),
      ("−312", "95% interval −337 to −287"),
      ("1 of 2", "the others are calibrated on this programme or published")]),
    ((12, None, None), {"tiers.silver.threshold": 400},
     [("+£12", "one run only"), ("–", "one run only"), ("+12", "one run only"),
      ("1 of 2", "the others are calibrated on this programme or published")]),
    ((0, 0, 0), {},
     [("£0", "95% interval £0 to £0"), ("–", "no difference"), ("0", "no difference"),
      ("1 of 2", "the others are calibrated on this programme or published")]),
])  # fmt: skip
def test_a_board_reads_first_what_it_is_worth_how_surely_whom_it_moves_and_what_it_rests_on(
    ends, changed, told
):
    found = invented(*ends)
    document = found.document | {"money": found.document["money"] | GAIN, "replications": 10}
    parts = [{"status": "assumption"}, {"status": "published"}]
    with speaking("en"):
        tiles = verdict.answered(Found(document), CLUB, changed, parts)
    assert [(one.value, one.beside) for one in tiles] == told


@pytest.mark.parametrize(("metric", "value", "written"), [
    ("redemption_rate", 0.005, "+0.5 pp"), ("redemption_rate", -0.0025, "−0.25 pp"),
    ("redemption_rate", 0.0, "0.0 pp"), ("members_active", -0.75, "−0.75"), ("members_active", 2.0, "+2"),
    ("members_active", 0.5, "+0.5"), ("members_active", 2500.0, "+2,500"),
])  # fmt: skip
def test_the_steps_of_an_axis_are_told_apart(metric, value, written):
    assert finding.short_signed(METRICS[metric], CLUB, value) == written


@pytest.mark.parametrize(("metric", "ends", "written"), [
    ("members_active", (-1.6, -13.2, 17.1), ["−2", "−13 to +17"]),
    ("members_active", (-0.6, -1.6, 0.4), ["−0.6", "−1.6 to +0.4"]),
    ("redemption_rate", (0.0001, -0.00002, 0.0003), ["+0.01 pp", "0.00 pp to +0.03 pp"]),
])  # fmt: skip
def test_a_difference_and_its_interval_are_rounded_alike_and_nought_has_no_sign(metric, ends, written):
    estimate, metric = Estimate(*ends), METRICS[metric]
    said = finding.signed(metric, CLUB, estimate.mean, estimate.values)
    assert [said, finding.between(metric, CLUB, estimate)] == written


@pytest.mark.parametrize(("lang", "expected", "titles"), [
    ("en", "Gold threshold raised to £5,000: worth −£312 (one run only); "
           "about 312 (one run only) fewer members in Gold on 31 Oct 2027; reward cost −£312 (one run only).",
     ["Member revenue: −£312, one run only", "Tiers: one run only"]),
    ("zh", "Gold门槛提高到 £5,000：价值 −£312（仅 1 次重复）；"
           "2027年10月31日Gold约减少 312 人（仅 1 次重复）；"
           "权益成本 −£312（仅 1 次重复）。",
     ["会员消费额：−£312（仅 1 次重复）", "等级：仅 1 次重复"]),
])  # fmt: skip
def test_one_run_alone_is_not_said_to_be_within_chance(lang, expected, titles):
    found = invented(-312, None, None)
    with speaking(lang):
        assert finding.headline(found, CLUB, {"changes": {"tiers.gold.threshold": 5000}}) == expected
        assert [finding.title(found, CLUB, "revenue"), finding.tier_title(found, CLUB)] == titles


def test_a_difference_within_chance_is_not_sold_as_one():
    said = finding.headline(invented(-12, -40, 16), CLUB, {"changes": {"earning.points_per_unit": 2}})
    assert "no clear gain or loss (95% interval −£40 to +£16)" in said
    assert "falls" not in said and "no clear change of reward cost (95% interval −£40 to +£16)" in said
    assert finding.title(invented(-12, -40, 16), CLUB, "revenue").endswith("no clear difference")


def test_a_tier_stands_at_its_difference_with_the_numbers_behind_it():
    gold = comparison_charts.TierChange(
        label="Gold",
        members=(Estimate(136.0, 129.0, 143.0), Estimate(22.0, 20.0, 24.0)),
        difference=Estimate(-114.0, -123.0, -106.0),
        shares=(Estimate(0.02, 0.02, 0.02), Estimate(0.004, 0.004, 0.004)),
    )
    figure = comparison_charts.distribution([gold], ("In force", "What-if"), str, str).checked
    shares, gains = figure.data
    assert list(shares.x) == [0.02, 0.004] and list(gains.x) == [-114.0]
    assert (list(gains.error_x.array), list(gains.error_x.arrayminus)) == ([8.0], [9.0])
    assert "136" in figure.layout.annotations[0].text and "22" in figure.layout.annotations[0].text
    assert [shape.x0 for shape in figure.layout.shapes] == [0]


def test_a_band_holds_the_line_and_the_zero_line_is_drawn():
    estimates = [Estimate(-1.0, -2.0, 0.5), Estimate(2.0, 1.0, 3.0), Estimate(None, None, None)]
    figure = comparison_charts.difference(["a", "b", "c"], estimates, str, str).checked
    low, high, line = (trace.y for trace in figure.data)
    assert (list(low), list(high), list(line)) == ([-2.0, 1.0, None], [0.5, 3.0, None], [-1.0, 2.0, None])
    assert figure.data[1].fill == "tonexty"
    assert [shape.y0 for shape in figure.layout.shapes] == [0]


def desks_on_screen():
    from dashboard.sandbox import desk_table

    estimate = {"mean": 12.0, "low": 9.5, "high": 14.5}
    one = {"desk": "parcels", "figure": "requests", "baseline": estimate, "scenario": estimate}
    share = one | {"figure": "within_promise", "difference": {"mean": -0.25, "low": None, "high": None}}
    rows = [one | {"difference": estimate}, share]
    monthly = [row | {"period_end": "2026-11-30"} for row in rows]
    desk_table.table({"desks": [*(row | {"period_end": None} for row in rows), *monthly]})
    desk_table.table({"desks": []})


def test_desks_are_told_over_the_whole_span_beside_the_programme_in_force():
    page = AppTest.from_function(desks_on_screen).run()
    assert not page.exception and len(page.dataframe) == 1
    requests, kept = page.dataframe[0].value.to_dict("records")
    assert requests["Desk"] == "parcels" and requests["What-if"] == "12"
    assert (requests["Difference"], requests["95% interval"]) == ("+12.0", "+9.5 to +14.5")
    assert (kept["Difference"], kept["95% interval"]) == ("−25.0 pp", "–")
