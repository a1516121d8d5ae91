"""What is taken along from a page holds the numbers that stood on it, and nothing that a spreadsheet runs."""

from __future__ import annotations

import io
import math
import re
import zipfile
from dataclasses import replace
from datetime import date
from itertools import cycle
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pptx import Presentation
from pptx.util import Pt

from dashboard import charts, figures, theme
from dashboard.charts import Stretch
from dashboard.handouts import deck, files, lettering, meanings, menu, pictures, tables
from dashboard.i18n import speaking
from dashboard.page_record import Card, Column, PageRecord
from dashboard.pages import PAGES, Page
from dashboard.readings import Reading
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.text import Language
from tests.dashboard import reader
from tests.dashboard.conftest import CLUB
from tests.dashboard.drawn_figures import FIGURES

BELOW = ("B4", "C4", "B5", "C5")


@pytest.fixture
def record() -> PageRecord:
    reading = Reading(
        metric=METRICS["members_active"], programme=CLUB, value=120, before=100, trend=[100, 120], target=110
    )
    cards = [Card(key=key, title=f"What {key} says", what=key, figure=one) for key, one in FIGURES.items()]
    told = Card(
        key="names",
        title="=HYPERLINK(1)",
        what="members",
        columns=[
            Column("+Store", ["=1+1", "@a", "-3", "Hall"]),
            Column("Sales", [1, 2, 3, 4], figures.count),
        ],
    )
    return PageRecord(
        title="Members", sentence="120 members are active.", provenance="Club · data to 31 Oct 2026",
        choices="1–31 Oct 2026", tiles=[reading], cards=[*cards, told], programme=CLUB,
    )  # fmt: skip


def test_charts_lie_in_the_slides_as_charts_with_the_same_numbers(record: PageRecord) -> None:
    slides = Presentation(io.BytesIO(deck.deck(record))).slides
    assert len(slides) == 1 + len(record.cards)
    drawn = {
        slide.shapes[0].text_frame.text.split()[1]: shape.chart
        for slide in slides
        for shape in slide.shapes
        if shape.has_chart
    }
    assert set(drawn) == {"lines", "stacked", "columns", "ranks", "bridge"}
    for name, chart in drawn.items():
        shown = {one.name: list(one.values) for one in chart.plots[0].series}
        if name == "lines":
            assert shown == {"Redemption rate": [0.5, None, 0.25]}
        if name == "stacked":
            assert shown == {"Active": [1, 2, 3], "Silent": [4, 5, 6]}
        if name == "bridge":
            below, heights = (list(one.values) for one in chart.plots[0].series)
            assert [low + high for low, high in zip(below, heights, strict=True)] == [100, 130, 130, 80]
            assert below == [0, 100, 80, 0]
    assert list(drawn["ranks"].plots[0].categories) == ["Gold", "Member"]


def test_notes_say_what_a_number_means_and_on_which_day_it_stood(record: PageRecord) -> None:
    with speaking("zh"):
        first = Presentation(io.BytesIO(deck.deck(record))).slides[0]
    notes = first.notes_slide.notes_text_frame.text
    assert METRICS["members_active"].meaning_for(CLUB).zh in notes and "31 Oct 2026" in notes
    shown = "".join(shape.text_frame.text for shape in first.shapes)
    assert "120" in shown and "向好" in shown and "已达标" in shown


# Of each page a card that draws its metrics, one that calls them by name, and one that has them beside.
TELLING = {
    "overview": {"lifecycle": "members_silent", "redemption": "redemption_rate"},
    "members": {"movement": "growth_rate", "retention": "retention_curve"},
    "value": {"expected": "lifetime_value", "order_value": "arpu"},
    "points": {"rates": "ultimate_redemption_rate", "balance": "points_expired"},
    "tiers": {"tiers": "keep_rate", "near": "near_upgrade"},
    "campaigns": {"campaigns": "lift", "coupons": "coupons_open"},
    "engagement": {"satisfaction": "satisfaction", "complaints": "complaints_per_thousand"},
}


@pytest.mark.parametrize(("path", "language"), zip(TELLING, cycle(["en", "zh"]), strict=False))
def test_the_notes_of_each_slide_define_its_own_metrics(
    demo: Path, monkeypatch: pytest.MonkeyPatch, path: str, language: Language
) -> None:
    drawn: list[PageRecord] = []
    monkeypatch.setattr(menu, "offer", drawn.append)
    reader.opened(f"views/{path}.py", demo, monkeypatch, lang=language, region="North")
    record = drawn[-1]
    with speaking(language):
        slides = list(Presentation(io.BytesIO(deck.deck(record))).slides)[1:]
        notes = {
            card.key: slide.notes_slide.notes_text_frame.text
            for card, slide in zip(record.cards, slides, strict=True)
        }
        told = {card.key: meanings.metrics_of(card) for card in record.cards}
    assert all(record.provenance in said and record.choices in said for said in notes.values())
    for key, name in TELLING[path].items():
        metric = METRICS[name]
        assert metric.meaning_for(record.page.programme)(language) in notes[key]
        others = set(METRICS).difference(told[key])
        assert not [one for one in others if METRICS[one].meaning(language) in notes[key]]


def test_a_deck_of_the_sandbox_defines_what_it_tells_of_too(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[PageRecord] = []
    monkeypatch.setattr(menu, "offer", drawn.append)
    reader.opened("views/sandbox.py", small, monkeypatch)
    record = drawn[-1]
    assert record.page is None and record.programme == CLUB
    months = [Column("Month", ["May"])]
    record.cards.append(Card(key="k", title="2 more", what="w", columns=months, metrics=["members_active"]))
    with speaking("en"):
        (slide,) = list(Presentation(io.BytesIO(deck.deck(record))).slides)[-1:]
    assert METRICS["members_active"].meaning_for(CLUB).en in slide.notes_slide.notes_text_frame.text


def test_a_page_without_tiles_begins_with_its_sentence_over_those_of_its_slides(record: PageRecord) -> None:
    record.tiles.clear()
    slides = list(Presentation(io.BytesIO(deck.deck(record))).slides)
    assert [slide.shapes.title.text_frame.text for slide in slides] == [
        record.sentence,
        *(card.title for card in record.cards),
    ]
    told = {paragraph.text for shape in slides[0].shapes for paragraph in shape.text_frame.paragraphs}
    assert told >= {card.title for card in record.cards}


def test_a_long_headline_leaves_room_for_what_stands_below_it(record: PageRecord) -> None:
    record.sentence = "2,214 members are active, 4.4% more than the period before. " * 3
    slide = Presentation(io.BytesIO(deck.deck(record))).slides[0]
    head, caption = slide.shapes.title, slide.shapes[1]
    size = head.text_frame.paragraphs[0].runs[0].font.size
    lines = math.ceil(len(record.sentence) * lettering.LETTER * size / head.width)
    assert head.height >= lines * size and head.top + head.height <= caption.top
    assert caption.top + caption.height <= deck.BODY_TOP


def test_a_list_of_slides_begins_below_a_long_headline(record: PageRecord) -> None:
    record.tiles.clear()
    record.sentence = "金卡会员门槛提高到 ¥9,000（95% 区间 +¥1 至 +¥2）；" * 9
    slide = Presentation(io.BytesIO(deck.deck(record))).slides[0]
    head, caption, _foot, told = slide.shapes
    assert told.text_frame.text.startswith(record.cards[0].title)
    assert head.top + head.height <= caption.top
    assert caption.top + Pt(deck.CAPTIONS[0] * deck.LINE) <= told.top
    assert told.top > deck.BODY_TOP


def test_programs_part_chinese_from_latin() -> None:
    assert lettering.letters("金卡") == 4 and lettering.letters("Gold 5") == 6
    assert lettering.letters("金Gold卡5金") == 13


def test_what_a_slide_shows_begins_below_a_headline_and_a_caption_of_two_lines_each(
    record: PageRecord,
) -> None:
    long = "Of the same members, 60.2% bought before the rules changed on 1 Nov 2025, and 55.7% after. "
    record.cards = [replace(card, title=long, what=long * 2) for card in record.cards]
    for slide in list(Presentation(io.BytesIO(deck.deck(record))).slides)[1:]:
        caption, shown = slide.shapes[1], slide.shapes[3]
        size = caption.text_frame.paragraphs[0].runs[0].font.size
        assert shown.has_chart or shown.has_table
        assert caption.top + 2 * size <= shown.top and shown.top + shown.height <= deck.HEIGHT


def test_a_workbook_holds_values_and_no_formula(record: PageRecord) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files.workbook(record)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    rows = list(book["8 members"].iter_rows(values_only=True))
    assert rows[2:] == [("'+Store", "Sales"), ("'=1+1", 1), ("'@a", 2), ("-3", 3), ("Hall", 4)]
    assert next(book["3 stacked"].iter_rows(min_row=4, values_only=True)) == ("Jan 2026", 1, 4)


def test_a_workbook_shows_shares_in_percent_and_thousands_apart(record: PageRecord) -> None:
    share = Reading(
        metric=METRICS["redemption_rate"], programme=CLUB, value=0.25, before=0.2, trend=[0.2], target=None
    )
    rates = [
        Column("Tier", ["Gold", "Base"]),
        Column("Share", [0.4, 1234.5], lambda value: figures.share(value) if value < 1 else f"{value}"),
        Column("Members", [12345, 0.004]),
    ]
    record.tiles.append(share)
    record.cards.append(Card(key="rates", title="Rates", what="by tier", columns=rates))
    book = openpyxl.load_workbook(io.BytesIO(files.workbook(record)))
    sheets = ("1 Figures", "9 by tier")
    formats = [book[sheet][at].number_format for sheet in sheets for at in BELOW]
    assert formats == ["#,##0", "#,##0", "0.0%", "0.0%", "0.0%", "#,##0", "#,##0.00", "General"]
    assert book["2 lines"]["B4"].number_format == book["6 heat"]["B4"].number_format == "0.0%"
    assert (book["4 columns"]["B4"].number_format, book["4 columns"]["B4"].value) == ("#,##0", 7)


def test_a_workbook_tells_the_unit_of_bars_and_what_stands_beside_them(record: PageRecord) -> None:
    bars = charts.ranks(
        ["A", "B"], [1234.5, 20], [theme.slot("quiet")] * 2, ["CN¥1.2k", "CN¥20"], ["98 members", ""]
    )
    record.cards.append(Card(key="gain", title="Gain", what="Expected gain of each list", figure=bars))
    sheet = openpyxl.load_workbook(io.BytesIO(files.workbook(record)))["9 Expected gain of each list"]
    assert sheet["A2"].value == "Expected gain of each list"
    assert [cell.number_format for cell in sheet["B"][3:]] == ['"CN¥"#,##0.00', '"CN¥"#,##0']
    assert [cell.value for cell in sheet["C"][2:]] == ["Beside it", "98 members", None]


def test_a_workbook_tells_its_sheets_by_what_they_hold(record: PageRecord) -> None:
    record.cards[0] = replace(
        record.cards[0], what="各等级会员数；右侧为占比变化（个百分点）: [a/b] 以及很长很长的说明文字"
    )
    book = openpyxl.load_workbook(io.BytesIO(files.workbook(record)))
    name = book.sheetnames[2]
    assert name.startswith("2 各等级会员数") and len(name) <= 31 and not set(name) & set("[]:*?/\\'")
    assert ("2", record.cards[0].what) in book.worksheets[0].iter_rows(values_only=True)


def test_text_files_guard_cells_that_begin_a_formula(record: PageRecord) -> None:
    archive = zipfile.ZipFile(io.BytesIO(files.texts(record)))
    told = pd.read_csv(archive.open("8-members.csv"))
    assert list(told["'+Store"]) == ["'=1+1", "'@a", "-3", "Hall"]
    assert set(archive.namelist()) == {
        "about.csv",
        "1-figures.csv",
        *(f"{number}-{card.what}.csv" for number, card in enumerate(record.cards, 2)),
    }


def test_a_chart_is_told_as_the_table_that_it_draws() -> None:
    rates = tables.of_figure(FIGURES["lines"])
    assert rates["Redemption rate"].fillna(-1).tolist() == [0.5, -1, 0.25]
    assert tables.of_figure(FIGURES["heat"]).set_index("").loc["Jan", "1"] == 0.5
    assert tables.of_figure(FIGURES["ranks"]).iloc[:, 1].tolist() == [2, 40]


def test_stretches_of_days_are_told_from_their_first_to_their_last_the_latest_first() -> None:
    told = [
        Stretch(row="Coupons", first=date(2026, 1, 5), last=date(2026, 1, 5), group="over", words=""),
        Stretch(row="Coupons", first=date(2026, 3, 1), last=date(2026, 4, 30), group="over", words=""),
        Stretch(row="Points", first=date(2026, 5, 1), last=date(2026, 5, 9), group="planned", words=""),
    ]
    colours = {name: theme.slot("quiet") for name in ("over", "planned")}
    table = tables.of_figure(charts.calendar(told, colours, date(2026, 5, 1), "now"))
    assert table.to_numpy().tolist() == [
        [one.row, one.group, figures.day(one.first), figures.day(one.last)] for one in told[::-1]
    ]


def test_charts_become_pictures(record: PageRecord, chromium: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_PATH", chromium)
    pictures.browser.cache_clear()
    record.cards = record.cards[:1]
    archive = zipfile.ZipFile(io.BytesIO(pictures.pictures(record)))
    (picture,) = map(archive.read, archive.namelist())
    assert archive.namelist() == ["1-lines.png"]
    assert picture.startswith(b"\x89PNG") and len(picture) > 10_000


def test_a_page_is_presented_slide_by_slide(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = reader.opened("views/tiers.py", demo, monkeypatch, present="1")
    assert not test.exception and not test.selectbox and not test.subheader
    assert len(test.metric) == 8
    test.button(key="slide_next").click().run()
    assert not test.metric and any("2 / " in one.value for one in test.caption)
    test.button(key="slide_previous").click().run()
    assert len(test.metric) == 8
    test.button(key="slide_end").click().run()
    assert test.selectbox and test.subheader


def number_in(text: str) -> float | None:
    """The number at the beginning of a text as people read it; None where there is none."""
    found = re.match(r"([+−]?)[^\d\s+−]{0,3}([\d,.]+)(%| pp|k|m)?$", text)
    if found is None:
        return None
    sign, digits, unit = found.groups()
    times = {"%": 0.01, " pp": 0.01, "k": 1e3, "m": 1e6}.get(unit or "", 1.0)
    return (-1 if sign == "−" else 1) * float(digits.replace(",", "")) * times


@pytest.mark.parametrize("page", [page for page in PAGES if page.url_path != "sandbox"])
def test_what_is_taken_along_is_what_stands_on_screen(
    page: Page, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Money in the currency's units, points as points, days as days."""
    drawn: list[PageRecord] = []
    monkeypatch.setattr(menu, "offer", drawn.append)
    reader.opened(f"views/{page.view}", demo, monkeypatch, member="M0000001")
    columns = [column for card in drawn[-1].cards for column in card.columns]
    for value, text in (
        pair for column in columns for pair in zip(column.values, column.texts(), strict=True)
    ):
        if isinstance(value, bool) or not isinstance(value, int | float) or pd.isna(value):
            continue
        told = number_in(text)
        if told is None:
            assert text in ("", figures.UNKNOWN) or " " in text, (value, text)
        else:
            assert math.isclose(told, value, rel_tol=0.06, abs_tol=0.06), (value, text)
