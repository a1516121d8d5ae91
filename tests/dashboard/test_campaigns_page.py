"""The page of campaigns: all of them, and the chosen one looked back on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.cards.campaign_cards import lift_in_words
from data.workspace import Workspace
from tests.dashboard.reader import opened

VIEW = "views/campaigns.py"


def rows(folder: Path, sql: str) -> pd.DataFrame:
    return Workspace.open(folder).latest().query(sql)


def table(page: AppTest, column: str) -> pd.DataFrame:
    """The table with that column, by its first one."""
    assert not page.exception and not page.error
    found = next(one.value for one in page.dataframe if column in one.value)
    return found.set_index(found.columns[0])


def test_every_campaign_is_listed_with_whom_it_reached(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = table(opened(VIEW, demo, monkeypatch), "Reached")["Reached"]
    reached = rows(
        demo,
        """SELECT split_part(name, ' · ', 1) AS name, count(DISTINCT member_id) AS members FROM campaigns
        LEFT JOIN (FROM contacts WHERE arm = 'treated' AND planned_at < TIMESTAMPTZ '2026-10-31 16:00:00Z')
        USING (campaign_id) GROUP BY name""",
    ).set_index("name")["members"]
    assert set(listed.index) == set(reached.index)
    shown = listed[listed != "–"].str.replace(",", "").astype(int)
    assert shown.to_dict() == reached[reached > 0].to_dict()


def test_the_address_chooses_the_campaign_that_is_reviewed(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "SELECT campaign_id AS id, split_part(name, ' · ', 1) AS name FROM campaigns"
    first = rows(demo, f"{sql} ORDER BY starts_on LIMIT 1").iloc[0]
    page = opened(VIEW, demo, monkeypatch, campaign=first["id"])
    assert any(title.value.startswith(first["name"]) for title in page.subheader)
    said = "Goal: Silent members buy again within three weeks · "
    assert any(caption.value.startswith(said) for caption in page.caption)
    assert list(table(page, "Outcome").index[:3]) == ["Budget", "Cost", "Members contacted"]


def test_goals_in_numbers_stand_beside_what_was_reached(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coupons = "SELECT campaign_id FROM campaigns WHERE kind = 'coupon' ORDER BY starts_on LIMIT 1"
    shown = opened(VIEW, demo, monkeypatch, campaign=rows(demo, coupons).iloc[0, 0])
    told = table(shown, "Goal")
    aimed = told[told["Goal"] != ""]
    assert list(aimed.index) == ["Return on campaign", "Coupon redemption rate, final"]
    outcome = aimed["Outcome"].str.replace("−", "-").str.rstrip("%").astype(float)
    wanted = ["reached" if far >= least else "missed" for far, least in zip(outcome, (25, 16.7), strict=True)]
    assert list(aimed["Goal"]) == [f"≥ 25.0% · {wanted[0]}", f"≥ 16.7% · {wanted[1]}"]
    wake_up = "SELECT campaign_id FROM campaigns WHERE kind = 'wake_up' ORDER BY starts_on LIMIT 1"
    unsure = table(opened(VIEW, demo, monkeypatch, campaign=rows(demo, wake_up).iloc[0, 0]), "Goal").loc[
        "Lift"
    ]
    assert unsure["Goal"] == "≥ +4.0 pp · not shown: may be chance"


def test_goals_of_all_members_are_not_held_against_some(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = "SELECT campaign_id FROM campaigns WHERE kind = 'win_back' ORDER BY starts_on LIMIT 1"
    page = opened(VIEW, demo, monkeypatch, campaign=rows(demo, sql).iloc[0, 0], region="North")
    assert "Goal" not in table(page, "Outcome")
    assert any("goals in numbers are for all members" in caption.value for caption in page.caption)


def test_a_coupon_campaign_is_held_against_purchases_which_those_held_out_can_make(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "SELECT campaign_id FROM campaigns WHERE kind = 'coupon' ORDER BY starts_on LIMIT 1"
    page = opened(VIEW, demo, monkeypatch, campaign=rows(demo, sql).iloc[0, 0])
    outcome = table(page, "Outcome")["Outcome"]
    assert "Coupons redeemed" in outcome
    # Nobody held out redeems a coupon: held against that, all that the treated redeem would be its doing.
    lift, redeemed = (float(outcome[name].strip("+−%p ")) for name in ("Lift", "Response rate"))
    assert lift != redeemed
    assert any("bought" in title.value or "may be chance" in title.value for title in page.subheader)


def test_the_page_stays_whole_where_money_cannot_be_told_of_some_members(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = table(opened(VIEW, demo, monkeypatch, region="North"), "Reached")
    assert "Response" in listed and "Return" not in listed


def test_a_difference_without_a_group_held_out_is_called_a_comparison() -> None:
    ends = {"lift_low": -0.012, "lift_high": 0.05}
    assert lift_in_words(pd.Series({"lift": 0.02, **ends})) == "+2.0 (−1.2 … +5.0)"
    apart = {"comparison": -0.031, "comparison_low": -0.05, "comparison_high": 0.0}
    assert lift_in_words(pd.Series({"lift": None, **apart})) == "−3.1 (−5.0 … 0.0), comparison"
    assert lift_in_words(pd.Series({"lift": None, "comparison": None})) == "–"


def test_a_lift_that_chance_does_not_explain_is_marked() -> None:
    shown = pd.Series({"lift": 0.02, "lift_low": 0.001, "lift_high": 0.05})
    assert lift_in_words(shown) == "* +2.0 (+0.1 … +5.0)"
    assert lift_in_words(shown.replace(0.001, 0.0)) == "+2.0 (0.0 … +5.0)"


def test_a_source_without_campaigns_says_so(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(VIEW, small, monkeypatch)
    assert not page.error
    assert [told.value for told in page.info] == ["The data tells of no campaigns."]
    assert not any("–" in title.value for title in page.subheader)
