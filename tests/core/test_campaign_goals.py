"""Goals of campaigns: numbers of named metrics beside words, and whether they were reached."""

from __future__ import annotations

import pandas as pd
import pytest

from loyalty_core.checks.evidence import Evidence
from loyalty_core.checks.fact_checks import every_goal_in_numbers_can_be_told
from loyalty_core.errors import InputError
from loyalty_core.metrics.campaign_goals import Reached, goals_of
from loyalty_core.rules.programme import Programme


def test_numbers_stand_before_words() -> None:
    goals, said = goals_of("lift >= 4%;treated_sales≥20,000 ; response_rate <= 0.5; Wake them up · 唤醒")
    assert [(goal.metric.name, goal.at_least, goal.value) for goal in goals] == [
        ("lift", True, 0.04),
        ("treated_sales", True, 20000.0),
        ("response_rate", False, 0.5),
    ]
    assert said == "Wake them up · 唤醒"


@pytest.mark.parametrize(
    "text", ["", "Silent members buy again", "Sales up, costs down; more joy", "+20 % sales"]
)
def test_words_alone_stay_words(text: str) -> None:
    assert goals_of(text) == ((), text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("redemptions >= 5", "goal “redemptions >= 5”: redemptions is no metric of a campaign; "),
        ("members_active >= 5", "goal “members_active >= 5”: members_active is no metric of a campaign; "),
        ("lift >= many", "goal “lift >= many”: many is no number; write one as 12000, or as 8% of a share"),
        ("treated_sales >= 5%", "goal “treated_sales >= 5%”: 5% is no number; "),
        ("lift >=", "goal “lift >=”:  is no number; "),
    ],
)
def test_a_goal_that_cannot_be_told_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        goals_of(f"{text}; all else")
    assert str(refused.value).startswith(said)


def test_a_goal_is_reached_where_the_whole_interval_is_on_its_side() -> None:
    (least,), _ = goals_of("lift >= 4%")
    (most,), _ = goals_of("lift <= 4%")
    assert least.reached(0.05, 0.04, 0.06) is Reached.YES and most.reached(0.05, 0.041, 0.06) is Reached.NO
    assert least.reached(0.05, 0.01, 0.09) is most.reached(0.05, 0.01, 0.09) is Reached.NOT_SHOWN
    assert least.reached(0.03) is Reached.NO and most.reached(0.03) is Reached.YES
    assert least.reached(0.04) is most.reached(0.04) is Reached.YES
    assert least.reached(None, None, None) is Reached.UNKNOWN


def test_a_check_names_the_campaigns_whose_goal_cannot_be_told() -> None:
    goals = ["lift >= 1%", "love >= 3", None, "in words"]
    campaigns = pd.DataFrame({"campaign_id": list("abcd"), "goal": goals})
    found = every_goal_in_numbers_can_be_told(Evidence({"campaigns": campaigns}, Programme(name="p")))
    assert list(found["campaign_id"]) == ["b"] and "love is no metric" in found["problem"].iloc[0]
