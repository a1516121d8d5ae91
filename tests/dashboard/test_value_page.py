"""The page of value says what the rows of the source add up to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from unicodedata import bidirectional

import pandas as pd
import pytest
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

from dashboard.cards.place_cards import without_store
from dashboard.charts import width_of
from dashboard.filters import SEGMENT
from dashboard.i18n import speaking
from data.places_of_sale import PLACES
from data.workspace import Workspace
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.segments.division import field_key
from loyalty_core.segments.every_segment import FIELD
from tests.dashboard.conftest import CLUB
from tests.dashboard.reader import opened

VIEW = "views/value.py"


def titles(page: AppTest) -> str:
    assert not page.exception and not page.error
    return "\n".join(part.value for part in (*page.header, *page.subheader))


def told(folder: Path, sql: str) -> list[float]:
    """The first row of an answer, over the sales and refunds of October by Shanghai's clock."""
    october = """WITH october AS (
        SELECT * FROM purchases WHERE (occurred_at AT TIME ZONE 'Asia/Shanghai')::DATE >= DATE '2026-10-01'
    ) """
    return Workspace.open(folder).latest().query(october + sql).iloc[0].tolist()


def test_the_page_tells_the_members_share_of_sales_and_who_bought_in_a_year(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [share] = told(demo, "SELECT sum(amount) FILTER (member_id IS NOT NULL) / sum(amount) FROM october")
    enrolled = "SELECT member_id FROM members GROUP BY 1 HAVING arg_max_null(left_on, valid_from) IS NULL"
    [buyers] = told(
        demo,
        f"""SELECT count(DISTINCT member_id) FROM purchases JOIN ({enrolled}) USING (member_id)
        WHERE kind = 'sale'
        AND (occurred_at AT TIME ZONE 'Asia/Shanghai')::DATE > DATE '2026-10-31' - INTERVAL 365 DAY""",
    )
    found = titles(opened(VIEW, demo, monkeypatch))
    assert 0 < share < 1
    assert f"Members bring {share:.1%} of all sales" in found
    assert f"of the year's {buyers} buyers" in found


def test_what_cannot_be_told_of_some_members_is_left_out(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(VIEW, demo, monkeypatch, region="North")
    assert "Members' share of sales" not in [tile.label for tile in page.metric]
    assert "A member brings" in titles(page)


def test_a_programme_that_has_hardly_begun_shows_no_empty_charts(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = titles(opened(VIEW, small, monkeypatch))
    assert "of the year's 3 buyers" in found
    assert not any(word in found for word in ("Prepaid", "expected", "pay for"))


def test_what_prepaid_cards_owe_is_what_stands_on_them_but_for_what_is_never_used(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [held] = told(demo, "SELECT sum(amount) / 100 FROM entries WHERE account = 'stored_value'")
    page = opened(VIEW, demo, monkeypatch)
    table = next(
        one.value for one in page.dataframe if "Stored-value liability" in one.value.iloc[:, 0].tolist()
    )
    low, used, high = (
        table[end].str.lstrip("CN¥").str.replace(",", "").astype(float) for end in ("Low", "Estimate", "High")
    )
    assert used.sum() == pytest.approx(held, abs=0.02)
    assert ((low < used) & (used < high)).all()
    assert "Of the principal on prepaid cards" in titles(page)


def test_renewals_are_drawn_beside_who_pays(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = titles(opened(VIEW, demo, monkeypatch))
    assert re.search(r"[\d.]+% of the members pay for their tier$", found, re.MULTILINE)
    assert re.search(r"memberships? that ended in the last month|No membership came to its end", found)


def test_what_cards_owe_is_told_of_all_members_alone(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(VIEW, demo, monkeypatch, region="North")
    assert "Of the principal on prepaid cards" not in titles(page)
    assert any(caption.value.startswith("Told of all members alone") for caption in page.caption)


@pytest.mark.parametrize("name", ["store", "channel"])
def test_sales_are_told_by_where_they_were_made(
    demo: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    page = opened(VIEW, demo, monkeypatch, sold_by=f"purchase_{name}")
    heads = {"store": "Store of sale", "channel": "Channel of sale"}
    table = next(one.value for one in page.dataframe if heads[name] in one.value).set_index(heads[name])
    sales = rows_of_october(demo, name)
    if name == "store":  # what lacks one was sold by channels that have none
        sales = sales.rename(index={"Unknown": "No store: App, Web"})
    shown = table[METRICS["revenue"].label.en].str.lstrip("CN¥").str.replace(",", "").astype(float)
    assert shown.to_dict() == pytest.approx((sales["amount"] / 100).to_dict())
    orders = table[METRICS["purchases"].label.en].str.replace(",", "").astype(int)
    assert orders.to_dict() == sales["orders"].to_dict()
    most = shown.drop("No store: App, Web", errors="ignore").index[0]
    assert f"Of the {name}s, {most} sells most to members" in titles(page)


@pytest.mark.parametrize(
    ("sales", "told"),
    [
        ([("East", "store"), (None, "app"), (None, "web")], "No store: app, web"),
        ([("East", "store"), (None, "store"), (None, "web")], "Unknown"),
        ([("East", "store"), (None, "web"), (None, None)], "Unknown"),
        ([(None, None)], "Unknown"),
        ([("East", None), (None, "web")], "No store: web"),
        ([("East", "store")], "Unknown"),
    ],
)
def test_sales_without_a_store_are_told_by_channels_that_have_none(
    sales: list[tuple[str | None, str | None]], told: str
) -> None:
    rows = pd.DataFrame([*sales, ("South", "app")], columns=list(PLACES)).assign(purchases=1)
    rows.loc[rows.index[-1], "purchases"] = 0  # in no month but another
    page = SimpleNamespace(programme=CLUB, now=lambda names, by: rows[[*names, *by]])
    with speaking("en"):
        assert without_store(page) == told


def test_headers_of_figures_stand_where_the_figures_do(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(VIEW, demo, monkeypatch)
    drawn = next(one.proto for one in page.dataframe if "Store of sale" in one.value)
    settings = json.loads(drawn.columns)
    places, sales = settings["Store of sale"], settings[METRICS["revenue"].label.en]
    assert "alignment" not in places and places["label"] == "Store of sale"
    assert places["width"] > width_of("No store: App, Web")  # which stands out, and would be cut
    assert sales["alignment"] == "right" and sales["label"].endswith(METRICS["revenue"].label.en)
    assert sales["type_config"]["type"] == "number" and places["type_config"]["type"] == "text"
    below = convert_arrow_bytes_to_pandas_df(drawn.arrow_data.data)[METRICS["revenue"].label.en]
    assert below.dtype == float and below.iloc[1:].is_monotonic_decreasing  # by which a browser sorts
    assert bidirectional(sales["label"][0]) == "AL"  # by which the browser's table puts a header at the right


def test_the_grids_of_buyers_are_open_where_one_of_their_fields_is_looked_at(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for chosen in ({}, {SEGMENT: f"{FIELD}.{field_key(0, 4)}"}):
        page = opened(VIEW, demo, monkeypatch, **chosen)
        (fold,) = [one for one in page.expander if one.label.startswith("How spending is spread")]
        assert fold.proto.expanded == bool(chosen)
        assert len(fold.subheader) == 3


def rows_of_october(folder: Path, name: str) -> pd.DataFrame:
    """Sales to members in October by store or channel of sale."""
    found = (
        Workspace.open(folder)
        .latest()
        .query(
            f"""SELECT {name} AS place, sum(amount) AS amount, count(*) FILTER (kind = 'sale') AS orders
        FROM purchases WHERE member_id IS NOT NULL
        AND (occurred_at AT TIME ZONE 'Asia/Shanghai')::DATE >= DATE '2026-10-01' GROUP BY ALL"""
        )
    )
    return found.assign(place=found["place"].fillna("Unknown").str.title()).set_index("place")
