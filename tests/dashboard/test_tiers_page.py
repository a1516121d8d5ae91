"""The pages of tiers and of members say what the rows of the source add up to."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from data.workspace import Workspace
from tests.dashboard.reader import opened

TIERS, MEMBERS = "views/tiers.py", "views/members.py"
MOVES = "(occurred_at AT TIME ZONE 'Asia/Shanghai')::DATE"


def table(page: AppTest, first: str) -> pd.DataFrame:
    """The table whose first column has that heading, by it."""
    [found] = [one.value for one in page.dataframe if one.value.columns[0] == first]
    return found.set_index(first)


def titles(page: AppTest) -> str:
    assert not page.exception and not page.error
    return "\n".join(part.value for part in (*page.header, *page.subheader))


def asked(folder: Path, sql: str) -> pd.DataFrame:
    return Workspace.open(folder).latest().query(sql)


def test_benefits_and_the_rule_change_are_told(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(TIERS, demo, monkeypatch)
    assert "bought before the rules changed on 1 Nov 2025" in titles(page)
    uses = asked(demo, f"SELECT * FROM activities WHERE kind = 'benefit' AND {MOVES} >= DATE '2026-10-01'")
    benefits = table(page, "Benefit")
    assert benefits["Uses"].astype(int).sum() == len(uses) > 0
    compared = table(page, "Of the same members")
    assert compared.loc["Bought", "Change"].endswith(" pp")
    assert " … " in compared.loc["Purchases each", "95% range"]


def test_fees_of_the_last_month_are_those_that_the_source_tells(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close, paid = asked(
        demo,
        f"""SELECT last_day({MOVES}) AS close, sum(value) FROM activities WHERE kind = 'membership_fee'
        GROUP BY close ORDER BY close DESC LIMIT 1""",
    ).to_numpy()[0]
    page = opened(TIERS, demo, monkeypatch, as_of=f"{close:%Y-%m-%d}")
    [told] = re.findall(r"([^\n]+) came in as membership fees in the last month", titles(page))
    assert told == f"CN¥{paid / 100:,.0f}"


def test_the_money_of_each_tier_stands_beside_its_share(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(TIERS, demo, monkeypatch)
    found = next(one.value for one in page.dataframe if "% of revenue" in one.value)
    money = found["Revenue"].str.lstrip("CN¥").str.replace(",", "").astype(float)
    shares = found["% of revenue"].str.rstrip("%").astype(float) / 100
    [of_members] = asked(
        demo,
        f"SELECT sum(amount) / 100 FROM purchases WHERE member_id IS NOT NULL AND {MOVES} >= '2026-10-01'",
    ).to_numpy()[0]
    assert money.sum() == pytest.approx(of_members)
    assert shares.to_list() == pytest.approx((money / of_members).to_list(), abs=0.0006)


def test_who_has_paid_for_a_tier_is_counted_of_the_members_chosen(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def paying(**chosen: str) -> int:
        found = re.search(
            r"([\d,]+) members? ha(?:s|ve) paid", titles(opened(TIERS, demo, monkeypatch, **chosen))
        )
        return int(found[1]) if found else 0

    regions = [paying(region=one) for one in ("East", "South", "North", "West")]
    assert sum(regions) == paying() > max(regions) > 0


def test_who_is_close_to_a_step_is_told_alike_by_tiles_and_chart(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(TIERS, demo, monkeypatch, tier="bronze")
    tiles = {tile.label: tile.value for tile in page.metric}
    [up, down] = re.search(r"next tier: (\d+); close to losing theirs: (\d+)", titles(page)).groups()
    assert (up, down) == (tiles["Members near an upgrade"], tiles["Members near a downgrade"])


def test_bands_between_tiers_are_as_wide_as_the_matrix_has_members(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(TIERS, demo, monkeypatch)
    page.session_state["flows"] = True
    found = titles(page.run())
    [moved] = [line for line in found.splitlines() if "changed tier, came or left" in line]
    up, down = (tile.value for tile in page.metric[:2])
    assert int(moved.split()[0]) >= max(int(up), int(down)) > 0


@pytest.mark.parametrize("chosen", [{}, {"region": "East"}])
def test_new_members_of_all_months_shown_are_told_of_by_their_number(
    chosen: dict[str, str], demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = f"""SELECT member_id, joined_on, exists(
            FROM purchases WHERE purchases.member_id = members.member_id AND kind = 'sale'
            AND date_diff('month', joined_on, {MOVES}) = 1
        ) AS bought
        FROM members WHERE joined_on BETWEEN DATE '2025-11-01' AND DATE '2026-09-30'
        {"AND region = 'East'" if chosen else ""}
        QUALIFY row_number() OVER (PARTITION BY member_id ORDER BY valid_from DESC) = 1"""
    new = asked(demo, joined)
    told = re.search(
        r"after joining, (\d+)% of new members buy", titles(opened(MEMBERS, demo, monkeypatch, **chosen))
    )
    assert told is not None and int(told[1]) == round(new["bought"].mean() * 100)
    each = new.groupby(pd.DatetimeIndex(new["joined_on"]).to_period("M"))["bought"].mean()
    assert round(each.mean() * 100) != int(told[1])  # months of joining are not alike in size


def test_members_are_told_apart_by_what_the_reader_chose(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(MEMBERS, demo, monkeypatch, attribute="age", period="year")
    assert "years old" in titles(page)
    enrolled = page.metric[0].value
    ages = table(page, "Age")
    assert ages["Members"].astype(int).sum() == int(enrolled) > 0
    states = table(page, "At the opening").replace("", "0").astype(int)
    joined = int(states.loc["Joined"].sum())
    assert joined <= int(page.metric[1].value)
    left = states.filter(like="→ Left").to_numpy().sum()
    assert states.to_numpy().sum() == int(enrolled) + left
