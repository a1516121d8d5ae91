"""What moved, whether that is good, and what of it makes the first line of a page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from dashboard.headline import headline
from dashboard.i18n import speaking
from dashboard.readings import Reading, readings
from dashboard.spans import TARGET, span_of_months
from loyalty_core.metrics.chance import BY_CHANCE
from loyalty_core.metrics.dictionary import METRICS, target_of
from tests.dashboard.conftest import CLUB


def reading(name: str, value: float | None, before: float | None) -> Reading:
    target = target_of(METRICS[name], CLUB)
    return Reading(metric=METRICS[name], programme=CLUB, value=value, before=before, target=target)


@pytest.mark.parametrize(
    ("name", "value", "before", "moved", "verdict"),
    [
        ("members_active", 110, 100, 1, 1),
        ("members_churned", 110, 100, 1, -1),
        ("members_churned", 90, 100, -1, 1),
        ("points_outstanding", 110, 100, 1, 0),
        ("members_active", 100, 100, 0, 0),
        ("members_active", 100, 0, 0, 0),
        ("redemption_rate", None, 0.4, 0, 0),
    ],
)
def test_a_movement_is_judged_by_the_metric_s_direction(
    name: str, value: float | None, before: float, moved: int, verdict: int
) -> None:
    shown = reading(name, value, before)
    assert (shown.moved, shown.verdict) == (moved, verdict)


def test_a_target_is_met_from_the_side_the_metric_should_come_from() -> None:
    assert reading("members_active", 2, 1).meets_target is True
    assert reading("members_active", 1, 1).meets_target is False
    assert reading("members_churned", 0, 1).meets_target is True
    assert reading("members_churned", 1, 1).meets_target is False
    assert reading("revenue", 5, 1).meets_target is None
    assert reading("members_active", None, 1).meets_target is None


def test_a_sample_meets_its_target_once_it_proves_it() -> None:
    def sampled(at_least: float | None) -> Reading:
        metric = METRICS["data_accuracy"]
        return Reading(
            metric=metric,
            programme=CLUB,
            value=1,
            before=1,
            target=target_of(metric, CLUB),
            at_least=at_least,
        )

    assert [sampled(proved).meets_target for proved in (0.607, 0.95, None)] == [False, True, None]
    assert sampled(0.607).met_in_words() == "off target: the sample proves 60.7% or more"
    with speaking("zh"):
        assert sampled(0.96).met_in_words() == "已达标：样本可证明至少 96.0%"
    assert reading("members_active", 2, 1).met_in_words() == "on target"


def test_a_target_of_a_running_period_is_told_beside_the_time_that_is_gone() -> None:
    running = replace(reading("revenue", 62, 50), target=71, full_target=100)
    assert (running.reached, running.time_gone, running.meets_target) == (0.62, 0.71, False)
    assert running.target_in_words() == "Target £100 · 62% reached, 71% of the time gone"
    with speaking("zh"):
        assert running.progress_in_words() == "已完成 62%，时间已过 71%"
    over = replace(running, target=100)
    assert over.target_in_words() == "Target £100" and over.progress_in_words() == ""
    assert replace(running, value=None).progress_in_words() == ""


def test_a_share_changes_by_percentage_points() -> None:
    assert reading("redemption_rate", 0.45, 0.42).change_in_words() == "+3.0 pp"
    assert reading("revenue", 90, 100).change_in_words() == "−10.0%"
    with speaking("zh"):
        assert reading("redemption_rate", 0.45, 0.42).change_in_words() == "+3.0 个百分点"


def test_the_headline_leads_with_active_members_and_tells_the_best_and_the_worst() -> None:
    told = {
        "members_active": reading("members_active", 1040, 1000),
        "members_churned": reading("members_churned", 360, 300),
        "revenue": reading("revenue", 1050, 1000),
    }
    assert headline(told) == (
        "1,040 members are active, 4.0% more than the period before. "
        "The best news is member revenue: up 5.0% to £1,050. "
        "Watch churned members: up 20.0% to 360, off target."
    )
    with speaking("zh"):
        assert headline(told) == (
            "活跃会员 1,040 人，较上期增加 4.0%。亮点：会员消费额升至 £1,050，升幅 5.0%。"
            "需关注：流失会员升至 360，升幅 20.0%，未达标。"
        )


def test_the_headline_says_nothing_twice() -> None:
    told = {
        "members_churned": reading("members_churned", 360, 300),
        "members_silent": reading("members_silent", 90, 300),
        "revenue": reading("revenue", 1050, 1000),
    }
    said = headline(told, "300 were silent.", ("members_silent",))
    assert said.count("silent") == 1 and "revenue" in said
    assert said.endswith("off target.") and "Off target" not in said


def test_the_headline_beside_the_target_tells_of_no_movement() -> None:
    told = {
        "members_active": reading("members_active", 1040, 1000),
        "members_churned": reading("members_churned", 360, 300),
        "revenue": reading("revenue", 1050, 1000),
    }
    said = headline({name: replace(one, against=TARGET) for name, one in told.items()})
    assert "member revenue: 5.0% above target, at £1,050." in said
    assert "Watch churned members: 20.0% above target, at 360." in said
    assert " up " not in said


def test_the_headline_makes_no_news_of_what_chance_or_any_month_does() -> None:
    told = {
        "members_active": reading("members_active", 1040, 1000),
        "members_silent": replace(reading("members_silent", 5, 4), by_chance=3),
        "average_order_value": replace(reading("average_order_value", 98, 100), as_usual=3),
        "revenue": reading("revenue", 1050, 1000),
    }
    assert "The best news is member revenue" in headline(told) and "Watch" not in headline(told)
    told["revenue"] = replace(told["revenue"], as_usual=60)
    assert "than the period before. All else moved no further than usual." in headline(told)


def test_what_is_written_alike_did_not_move() -> None:
    cost = reading("cost_per_point", 0.0200249, 0.02)
    assert (cost.change, cost.verdict, cost.change_in_words()) == (0, 0, "0.0%")


def test_the_headline_of_a_first_period_compares_with_nothing() -> None:
    assert headline({"members_active": reading("members_active", 3, 0)}).startswith("3 members are active.")
    assert headline({"members_active": reading("members_active", None, None)}) == ""


def test_readings_take_the_last_two_periods_and_the_trend() -> None:
    compared = pd.DataFrame({"revenue": [100.0, 90.0], f"revenue{BY_CHANCE}": [3.0, 4.0]})
    months = pd.DataFrame({"revenue": [80.0, float("nan"), 90.0]})
    span = span_of_months("month", date(2026, 10, 31))
    told = readings(["revenue"], CLUB, (compared.iloc[0], compared.iloc[1]), months, span)["revenue"]
    assert (told.before, told.value, told.by_chance) == (100.0, 90.0, 5.0)
    assert told.trend == [80.0, None, 90.0]
    assert told.as_usual == 0


def test_a_month_is_held_against_the_changes_of_the_months_before_it() -> None:
    months = pd.DataFrame({"revenue": [100.0, 110, 100, 110, 100, 110, 100, 110, 100, 400]})
    months["average_order_value"] = months["revenue"]
    unknown = pd.DataFrame({f"{name}{BY_CHANCE}": [float("nan")] * 2 for name in months})
    before, now = months.iloc[-2:].reset_index(drop=True).join(unknown).iloc

    def usual(name: str, kind: str) -> float:
        span = span_of_months(kind, date(2026, 10, 31))
        return readings([name], CLUB, (before, now), months, span)[name].as_usual

    assert usual("revenue", "month") == pytest.approx(1.4826 * 10)
    assert usual("revenue", "year") == pytest.approx(1.4826 * 10 * 12**0.5)
    assert usual("average_order_value", "year") == pytest.approx(1.4826 * 10 / 12**0.5)
