"""A page as slides: a headline per slide written from the data, charts that can be edited, and in the notes
what each number means and on which day it stood.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pandas as pd
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from dashboard import theme
from dashboard.handouts.native_charts import native
from dashboard.handouts.tables import written
from dashboard.i18n import _, words
from dashboard.readings import Reading
from dashboard.seen import Card, Sight

WIDTH, HEIGHT = Inches(13.333), Inches(7.5)
LEFT, TOP, ACROSS = Inches(0.6), Inches(0.45), Inches(12.13)
BODY_TOP, BODY_HEIGHT = Inches(1.75), Inches(4.95)
BLANK = 6  # the empty layout of the library's own template
LATIN, CHINESE = "Arial", "Microsoft YaHei"  # what the readers' machines have
TILES_A_ROW, GAP = 4, Inches(0.18)
MOST_ROWS, MOST_COLUMNS = 12, 13
NARROW = 8  # letters that every column of a table has room for
BESIDE = 3  # letters as wide as the space at both sides of a cell
LETTER = 0.56  # width of a letter by its height
LEAST_SIZE = 8  # points


def deck(sight: Sight) -> bytes:
    """The slides as a PowerPoint file, 16:9."""
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = WIDTH, HEIGHT
    if sight.tiles:
        _figures(presentation, sight)
    for card in sight.cards:
        _card(presentation, card, sight)
    stream = io.BytesIO()
    presentation.save(stream)
    return stream.getvalue()


def _figures(presentation: Any, sight: Sight) -> None:
    """The page's sentence over its tiles."""
    slide = _slide(presentation, sight.sentence or sight.title, sight.title, sight)
    rows = -(-len(sight.tiles) // TILES_A_ROW)
    width, height = ACROSS // TILES_A_ROW, min(BODY_HEIGHT // rows, Inches(2.3))
    for place, reading in enumerate(sight.tiles):
        row, column = divmod(place, TILES_A_ROW)
        _tile(slide, reading, LEFT + column * width, BODY_TOP + row * height, width, height)
    _note(slide, [_meaning(reading) for reading in sight.tiles], sight)


def _tile(slide: Any, reading: Reading, left: Emu, top: Emu, width: Emu, height: Emu) -> None:
    panel = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, left, top, width - GAP, height - GAP)
    panel.shadow.inherit = False
    panel.fill.solid()
    panel.fill.fore_color.rgb, panel.line.color.rgb = _rgb(theme.LIGHT.panel), _rgb(theme.LIGHT.border)
    box = panel.text_frame
    box.word_wrap, box.vertical_anchor = True, MSO_ANCHOR.MIDDLE
    box.paragraphs[0].alignment = PP_ALIGN.LEFT
    _line(box.paragraphs[0], reading.label, 14, theme.LIGHT.meanings["baseline"])
    _line(_below(box), reading.short(reading.value), 28, theme.LIGHT.text, bold=True)
    if reading.change is not None:
        colour = {1: "good", -1: "bad", 0: "baseline"}[reading.verdict]
        change = _("{change} from {before}").format(
            change=reading.change_in_words(), before=reading.short(reading.before)
        )
        _line(_below(box), change, 14, theme.LIGHT.meanings[colour])
    if reading.target is not None:
        target = reading.target_in_words()
        _line(_below(box), target, 12, theme.LIGHT.meanings["baseline"])


def _below(box: Any) -> Any:
    paragraph = box.add_paragraph()
    paragraph.alignment = PP_ALIGN.LEFT
    return paragraph


def _card(presentation: Any, card: Card, sight: Sight) -> None:
    chart = None if card.figure is None else native(card.figure)
    table = written(card) if chart is None else None
    slide = _slide(
        presentation, card.title, card.what if table is None else _shown_of(table, card.what), sight
    )
    if chart is not None:
        chart.drawn_on(slide, (LEFT, BODY_TOP, ACROSS, BODY_HEIGHT))
    else:
        _table(slide, table)
    _note(slide, [card.what], sight)


def _shown_of(table: pd.DataFrame, what: str) -> str:
    """What the table is, and how many of its rows the slide has room for where these are not all."""
    if len(table) <= MOST_ROWS:
        return what
    return _("{what}; the first {shown} of {all}").format(what=what, shown=MOST_ROWS, all=len(table))


def _table(slide: Any, table: pd.DataFrame) -> None:
    """The first rows and columns, as many as can be read from the back of a room."""
    shown = table.iloc[:MOST_ROWS, :MOST_COLUMNS].fillna("")
    rows, columns = shown.shape[0] + 1, shown.shape[1]
    grid = slide.shapes.add_table(rows, columns, LEFT, BODY_TOP, ACROSS, Inches(0.33) * rows).table
    grid.horz_banding = False
    letters = _columns(shown)
    fitting = int(ACROSS.pt / (LETTER * sum(letters)))
    size = max(LEAST_SIZE, min(12 if columns <= 8 else 10, fitting))
    for place, name in enumerate(shown.columns):
        _cell(grid.cell(0, place), str(name), size, place, head=True)
        for row, value in enumerate(shown.iloc[:, place]):
            _cell(grid.cell(row + 1, place), str(value), size, place)
    for column, width in zip(grid.columns, letters, strict=True):
        column.width = Emu(int(ACROSS * width / sum(letters)))


def _columns(table: pd.DataFrame) -> list[int]:
    """The columns' widths in letters, each by its longest text."""
    return [
        BESIDE + max(NARROW, *(_letters(str(text)) for text in (name, *table.iloc[:, place])))
        for place, name in enumerate(table.columns)
    ]


def _letters(text: str) -> int:
    """How many Latin letters are as wide as the text."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def _cell(cell: Any, text: str, size: int, column: int, *, head: bool = False) -> None:
    cell.fill.solid()
    cell.fill.fore_color.rgb = _rgb(theme.LIGHT.panel if head else theme.LIGHT.background)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.LEFT if column == 0 else PP_ALIGN.RIGHT
    _line(paragraph, text, size, theme.LIGHT.text, bold=head)


def _slide(presentation: Any, title: str, what: str, sight: Sight) -> Any:
    """A slide with its headline, the line that says what is shown, and where it comes from at the foot."""
    slide = presentation.slides.add_slide(presentation.slide_layouts[BLANK])
    head = slide.shapes.add_textbox(LEFT, TOP, ACROSS, Inches(0.9)).text_frame
    head.word_wrap, head.vertical_anchor = True, MSO_ANCHOR.TOP
    _line(head.paragraphs[0], title, 24 if len(title) < 110 else 20, theme.LIGHT.text, bold=True)
    _box(slide, BODY_TOP - Inches(0.4), what, 13)
    _box(slide, HEIGHT - Inches(0.55), " · ".join(filter(None, (sight.provenance, sight.choices))), 10)
    return slide


def _box(slide: Any, top: Emu, text: str, size: int) -> None:
    frame = slide.shapes.add_textbox(LEFT, top, ACROSS, Inches(0.35)).text_frame
    frame.word_wrap = True
    _line(frame.paragraphs[0], text, size, theme.LIGHT.meanings["baseline"])


def _note(slide: Any, lines: Sequence[str], sight: Sight) -> None:
    told = [*lines, sight.choices, sight.provenance]
    slide.notes_slide.notes_text_frame.text = "\n".join(filter(None, told))


def _meaning(reading: Reading) -> str:
    meaning = words(reading.metric.meaning_for(reading.programme))
    return _("{name}: {labels}").format(name=reading.label, labels=meaning)


def _line(paragraph: Any, text: str, size: int, colour: str, *, bold: bool = False) -> None:
    run = paragraph.add_run()
    run.text = text
    run.font.size, run.font.bold, run.font.name = Pt(size), bold, LATIN
    run.font.color.rgb = _rgb(colour)
    run.font._element.append(run.font._element.makeelement(qn("a:ea"), {"typeface": CHINESE}))


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.lstrip("#"))
