"""The Overview says what the core counted, in both languages, whatever the workspace holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import figures, tiles
from dashboard.spans import span_of_months
from data.rollups.snapshot_facts import SnapshotFacts
from data.workspace import Workspace
from loyalty_core.counting.period_facts import period_facts
from loyalty_core.days import to_day
from loyalty_core.periods import periods

APP = str(Path(dashboard.__file__).parent / "app.py")
LABELS = {
    "en": ["Active members", "Silent members", "Churned members", "New members", "Redemption rate",
           "Points outstanding", "Member revenue", "Repeat rate"],
    "zh": ["活跃会员", "沉默会员", "流失会员", "新增会员", "积分消耗率", "积分余额", "会员消费额", "复购率"],
}  # fmt: skip


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch, **query: str | list[str]) -> AppTest:
    monkeypatch.setenv("LOYALTY_WORKSPACE", str(folder))
    page = AppTest.from_file(APP, default_timeout=120)
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def compared_as(page: AppTest) -> str:
    """The line that says which days are shown, and what they are compared with."""
    return next(text for text in captions(page) if "compared with" in text)


def captions(page: AppTest) -> list[str]:
    """The page's captions, thin spaces written as plain ones."""
    return [re.sub(r"\s", " ", caption.value) for caption in page.caption]


def words_of(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.title, *page.header, *page.subheader]
    tiles = [(tile.label, tile.value, tile.delta or "") for tile in page.metric]
    tiles += [(caption.proto.help,) for caption in page.caption]
    return " ".join([*(part.value for part in parts), *(word for tile in tiles for word in tile)])


@pytest.fixture(scope="module")
def of_demo(demo: Path) -> Iterator[Callable[[str], AppTest]]:
    """The Overview of the demo in a language, opened once and asked many questions."""
    with pytest.MonkeyPatch.context() as patch:
        yield cache(lambda lang: opened(demo, patch, lang=lang))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("which", ["demo", "small"])
def test_the_wall_has_eight_tiles_and_no_raw_word(
    which: str, lang: str, of_demo: Callable[[str], AppTest], small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = of_demo(lang) if which == "demo" else opened(small, monkeypatch, lang=lang)
    assert not page.exception and not page.error
    assert [tile.label for tile in page.metric] == LABELS[lang]
    assert not re.search(r"\b(nan|None|NaT|inf)\b|<NA>", words_of(page))
    assert not re.search(r"\b[a-z]+_[a-z_]+\b", words_of(page))


@pytest.mark.parametrize(
    ("lang", "formulas"),
    [
        ("en", ["days since last purchase ≤ 90", "points redeemed ÷ points issued, same period"]),
        ("zh", ["距最近一次消费的天数 ≤ 90", "同期 兑换积分 ÷ 发放积分"]),
    ],
)
def test_a_definition_has_the_formula_in_the_readers_words(
    of_demo: Callable[[str], AppTest], lang: str, formulas: list[str]
) -> None:
    tiles = {caption.value: caption.proto.help for caption in of_demo(lang).caption}
    active, redemption = LABELS[lang][0], LABELS[lang][4]
    for label, formula in zip((active, redemption), formulas, strict=True):
        assert formula in tiles[label].split("\n\n")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_chart_stands_under_a_sentence_and_says_what_it_shows(
    of_demo: Callable[[str], AppTest], lang: str
) -> None:
    charts = of_demo(lang).get("plotly_chart")
    assert len(charts) == 5
    assert all(len(chart.proto.alt) > 15 for chart in charts)


def counted(
    folder: Path, where: dict[str, list[str]] | None = None, month: date = date(2026, 10, 31)
) -> pd.Series:
    """What the core counts for the month that ends on that day, without the dashboard."""
    from data.live import live_history

    workspace = Workspace.open(folder)
    programme, snapshot = workspace.programme, workspace.latest()
    months = span_of_months("month", month).compared[0]
    facts = period_facts(live_history(snapshot, programme), programme, months, where=where)
    return facts.iloc[-1]


def counted_between(folder: Path, first: date, last: date) -> pd.Series:
    """As `counted`, of those days."""
    from data.live import live_history

    workspace = Workspace.open(folder)
    programme, days = workspace.programme, periods(to_day(first), to_day(last))
    return period_facts(live_history(workspace.latest(), programme), programme, days).iloc[-1]


def test_the_tiles_show_what_the_core_counted(demo: Path, of_demo: Callable[[str], AppTest]) -> None:
    tiles = {tile.label: tile.value for tile in of_demo("en").metric}
    facts = counted(demo)
    assert tiles["Active members"] == f"{facts['members_active']:,}"
    assert tiles["New members"] == f"{facts['members_joined']:,}"
    share = facts["points_redeemed"] / facts["points_issued"]
    assert tiles["Redemption rate"] == f"{share:.1%}"


def test_a_filter_counts_only_those_members_and_can_be_cleared(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(demo, monkeypatch, region="North", tier=["silver", "gold"])
    facts = counted(demo, {"member_region": ["North"], "member_tier": ["silver", "gold"]})
    assert page.metric[0].value == f"{facts['members_active']:,}"
    chips = {button.key for button in page.button if str(button.key).startswith("chip:")}
    assert chips == {"chip:region:North", "chip:tier:silver", "chip:tier:gold"}
    page.button(key="clear_filters").click().run()
    assert page.metric[0].value == f"{counted(demo)['members_active']:,}"
    assert "region" not in page.query_params and "tier" not in page.query_params


def test_the_period_and_the_day_are_the_reader_s(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(demo, monkeypatch, period="quarter", as_of="2026-06-30")
    assert compared_as(page) == "1 Apr – 30 Jun 2026, compared with 1 Jan – 31 Mar 2026"
    custom = opened(demo, monkeypatch, period="custom", **{"from": "2026-10-10", "to": "2026-10-12"})
    assert compared_as(custom) == "10–12 Oct 2026, compared with 7–9 Oct 2026"
    assert not custom.error


def test_a_period_is_compared_with_what_the_reader_chose(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = counted(demo)
    year = opened(demo, monkeypatch, against="year")
    assert compared_as(year) == "1–31 Oct 2026, compared with 1–31 Oct 2025"
    before = counted(demo, month=date(2025, 10, 31))["members_active"]
    assert year.metric[0].delta == f"+{now['members_active'] / before - 1:.1%}"
    target = opened(demo, monkeypatch, against="target")
    rate = next(tile for tile in target.metric if tile.label == "Redemption rate")
    aim = float(Workspace.open(demo).programme.targets["redemption_rate"])
    missing = now["points_redeemed"] / now["points_issued"] - aim
    assert rate.delta == figures.brief_points(missing)
    assert next(tile for tile in target.metric if tile.label == "Points outstanding").delta == ""


def test_a_day_outside_the_data_is_brought_inside(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in ("1999-01-01", "2099-01-01"):
        page = opened(small, monkeypatch, as_of=day)
        assert not page.exception and not page.error
        assert len(page.metric) == 8
        assert page.button(key=f"chip:as_of:{day}").label == rf"Not here\: As of\: {day}"


def test_what_the_address_asks_for_in_vain_is_said_and_can_be_taken_away(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"region": ["East", "East", "**Atlantis**", "**Atlantis**"], "period": "decade", "tier": "tin"}
    page = opened(demo, monkeypatch, **asked)
    assert not page.exception and not page.error
    chips = {one.key: one.label for one in page.button if (one.key or "").startswith("chip:")}
    assert chips == {
        "chip:region:East": r"Region\: East",
        "chip:region:**Atlantis**": r"Not here\: Region\: \*\*Atlantis\*\*",
        "chip:period:decade": r"Not here\: Period\: decade",
        "chip:tier:tin": r"Not here\: Tier\: tin",
    }
    page.button(key="chip:region:**Atlantis**").click().run()
    assert set(page.query_params["region"]) == {"East"} and not page.exception


def test_a_newly_published_snapshot_shows_at_the_next_click(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    folder = shutil.copytree(small, tmp_path / "copy")
    page = opened(folder, monkeypatch)
    assert page.metric[0].value == "3"
    workspace = Workspace.open(folder)
    with workspace.writer("more") as writer:
        row = {"purchase_id": "s5", "member_id": "dee", "kind": "sale", "amount": 100}
        writer.append("purchases", pd.DataFrame([row | {"occurred_at": pd.Timestamp("2026-10-31T13:00Z")}]))
        writer.publish("more")
    assert page.run().metric[0].value == "4"


def test_what_no_ledger_tells_is_unknown_and_not_nought(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiles = {tile.label: tile.value for tile in opened(small, monkeypatch).metric}
    assert tiles["Redemption rate"] == "–"
    assert tiles["Member revenue"] == "£1,260"


def test_a_tile_of_a_running_period_shows_how_far_its_target_is_reached(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(demo, monkeypatch, period="this_quarter", as_of="2026-10-20")
    aim = 3 * float(Workspace.open(demo).programme.targets["members_joined"])
    joined = counted_between(demo, date(2026, 10, 1), date(2026, 10, 20))["members_joined"]
    # Of three months the first has passed by 20 of its 31 days.
    told = f"{joined / aim:.0%} reached, {20 / 31 / 3:.0%} of the time gone"
    assert told in captions(page) and any(f"![{told}](data:" in one.value for one in page.markdown)
    assert not [one for one in captions(opened(demo, monkeypatch)) if "of the time gone" in one]


def test_the_first_line_of_a_filtered_page_tells_no_news_of_a_few_members(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(**filters: str) -> str:
        page = opened(demo, monkeypatch, **filters)
        return "\n".join(part.value for part in (*page.header, *page.caption))

    counted = re.compile(r"^\d+ members$", re.MULTILINE)
    assert not counted.search(said()) and "too few" not in said()
    some = said(region="East")
    assert counted.search(some) and "too few" not in some
    few = said(region="North", tier="gold")
    assert "members: too few to call what they do better or worse" in few
    assert "The best news" not in few and "Watch " not in few


def test_the_same_question_is_counted_once(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(demo, monkeypatch)
    monkeypatch.setattr(SnapshotFacts, "of", lambda *_, **__: pytest.fail("counted again"))
    page = opened(demo, monkeypatch, lang="zh")
    assert not page.error and len(page.metric) == 8


@pytest.mark.parametrize("count", range(1, 13))
def test_tiles_fill_their_rows(count: int) -> None:
    """Grids hold all tiles, and on a wide screen each grid's rows are full."""
    rows = tiles.filled_rows(count)
    assert sum(held for _columns, held in rows) == count
    assert all((held % columns == 0 or held < 3) and columns <= 5 for columns, held in rows)


def test_a_programme_of_few_members_is_judged_as_little_as_a_few_of_many(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(small, monkeypatch)
    (told,) = [part.value for part in page.caption if "too few to call" in part.value]
    assert told.startswith("3 members: too few")
    assert {tile.proto.delta_description for tile in page.metric} == {""}
