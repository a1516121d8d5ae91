"""A page as slides: a headline per slide written from the data, charts that can be edited, and in the notes
what each number means and on which day it stood.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from dashboard import theme
from dashboard.handouts.lettering import LETTER, letters, rgb, write
from dashboard.handouts.meanings import definition, definitions
from dashboard.handouts.native_charts import native_of
from dashboard.handouts.native_tables import table_of
from dashboard.i18n import _
from dashboard.page_record import Card, PageRecord, Part
from dashboard.readings import Reading
from loyalty_core.rules.programme import Programme

WIDTH, HEIGHT = Inches(13.333), Inches(7.5)
LEFT, TOP, ACROSS = Inches(0.6), Inches(0.45), Inches(12.13)
BODY_TOP, BODY_HEIGHT = Inches(1.75), Inches(4.95)
TITLE_ONLY = 5  # the layout of the library's own template that has a headline and nothing else
HEADLINES, CAPTIONS = (24, 22, 20, 18, 16), (13, 11, 10, 9)  # points
MOST_LINES, LINE = 2, 1.2  # of a headline or a caption, and how much higher a line is than its letters
INSET = Inches(0.1)  # between a box and its words, at both sides
TILES_A_ROW, GAP = 4, Inches(0.18)


def deck(record: PageRecord) -> bytes:
    """The slides as a PowerPoint file, 16:9."""
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = WIDTH, HEIGHT
    for part in record.parts():
        source = " · ".join(filter(None, (part.provenance, record.choices)))
        if record.tiles and part.sentence == record.sentence:
            _figures(presentation, record, source)
        elif part.sentence:
            _contents(presentation, part, record.title, source)
        for card in part.cards:
            _card(presentation, card, source, record.programme)
    stream = io.BytesIO()
    presentation.save(stream)
    return stream.getvalue()


def _figures(presentation: Any, record: PageRecord, source: str) -> None:
    """The page's sentence over its tiles."""
    slide = _slide(presentation, record.sentence or record.title, record.title, source)
    rows = -(-len(record.tiles) // TILES_A_ROW)
    width, height = ACROSS // TILES_A_ROW, min(BODY_HEIGHT // rows, Inches(2.3))
    for place, reading in enumerate(record.tiles):
        row, column = divmod(place, TILES_A_ROW)
        _tile(slide, reading, LEFT + column * width, BODY_TOP + row * height, width, height)
    _note(slide, [definition(reading.metric, reading.programme) for reading in record.tiles], source)


def _contents(presentation: Any, part: Part, title: str, source: str) -> None:
    """The sentence of a page without tiles, or of an answer on it, over those of its slides."""
    slide = _slide(presentation, part.sentence, title, source)
    top = max(BODY_TOP, _below_caption(part.sentence, title))
    box = slide.shapes.add_textbox(LEFT, top, ACROSS, BODY_TOP + BODY_HEIGHT - top).text_frame
    box.word_wrap = True
    for place, card in enumerate(part.cards):
        line = box.paragraphs[0] if place == 0 else _below(box)
        line.space_after = Pt(9)
        write(line, card.title, 18, theme.LIGHT.text)
    _note(slide, [], source)


def _tile(slide: Any, reading: Reading, left: Emu, top: Emu, width: Emu, height: Emu) -> None:
    panel = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, left, top, width - GAP, height - GAP)
    panel.shadow.inherit = False
    panel.fill.solid()
    panel.fill.fore_color.rgb, panel.line.color.rgb = rgb(theme.LIGHT.panel), rgb(theme.LIGHT.border)
    box = panel.text_frame
    box.word_wrap, box.vertical_anchor, box.margin_top = True, MSO_ANCHOR.TOP, Inches(0.2)
    box.paragraphs[0].alignment = PP_ALIGN.LEFT
    write(box.paragraphs[0], reading.label, 14, theme.LIGHT.meanings["baseline"])
    value = _below(box)
    write(value, reading.short(reading.value), 28, theme.LIGHT.text, bold=True)
    if reading.among:
        write(_below(box), reading.among, 13, theme.LIGHT.meanings["baseline"])
    if reading.change is not None:
        colour = theme.LIGHT.meanings[{1: "good", -1: "bad", 0: "baseline"}[reading.verdict]]
        change = _("{change} from {before}").format(
            change=reading.change_in_words(brief=True), before=reading.short(reading.before)
        )
        write(value, f"  {reading.verdict_in_words()}", 12, colour)
        write(_below(box), change, 13, colour)
    if reading.target is not None:
        colour = {True: "good", False: "bad", None: "baseline"}[reading.meets_target]
        told = " · ".join(filter(None, (reading.target_in_words(), reading.met_in_words())))
        write(_below(box), told, 12, theme.LIGHT.meanings[colour])


def _below(box: Any) -> Any:
    paragraph = box.add_paragraph()
    paragraph.alignment = PP_ALIGN.LEFT
    return paragraph


def _card(presentation: Any, card: Card, source: str, programme: Programme | None) -> None:
    drawn = native_of(card) or table_of(card)
    what = drawn.told(card.what)
    slide = _slide(presentation, card.title, what, source)
    top = max(BODY_TOP, _below_caption(card.title, what))
    drawn.drawn_on(slide, (LEFT, top, ACROSS, BODY_TOP + BODY_HEIGHT - top))
    _note(slide, [card.what, *(definitions(card, programme) if programme else ())], source)


def _slide(presentation: Any, title: str, what: str, source: str) -> Any:
    """A slide with its headline, the line that says what is shown, and where it comes from at the foot."""
    slide = presentation.slides.add_slide(presentation.slide_layouts[TITLE_ONLY])
    size, high = fitting(title, HEADLINES), _high(title, HEADLINES)
    head = slide.shapes.title
    head.left, head.top, head.width, head.height = LEFT, TOP, ACROSS, high
    _said(head.text_frame, title, size, theme.LIGHT.text, bold=True)
    _box(slide, TOP + high, what, fitting(what, CAPTIONS))
    _box(slide, HEIGHT - Inches(0.55), source, 10)
    return slide


def _below_caption(title: str, what: str) -> Emu:
    """Where the headline and the line below it end."""
    return TOP + _high(title, HEADLINES) + _high(what, CAPTIONS)


def _high(text: str, sizes: Sequence[int]) -> Emu:
    """How high a box is for the text in the size that fits."""
    size = fitting(text, sizes)
    return Emu(Pt(_lines(text, size) * LINE * size) + INSET)


def fitting(text: str, sizes: Sequence[int]) -> int:
    """The largest of the sizes in which the text needs two lines at most; the smallest where none will do."""
    return next((size for size in sizes if _lines(text, size) <= MOST_LINES), sizes[-1])


def _lines(text: str, size: int) -> int:
    """How many lines the text takes across a slide."""
    return max(1, math.ceil(letters(text) * LETTER * size / (ACROSS.pt - 2 * INSET.pt)))


def _said(frame: Any, text: str, size: int, colour: str, *, bold: bool = False) -> None:
    """The words of a box, from its upper left corner on."""
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    frame.paragraphs[0].alignment = PP_ALIGN.LEFT
    write(frame.paragraphs[0], text, size, colour, bold=bold)


def _box(slide: Any, top: Emu, text: str, size: int) -> None:
    box = slide.shapes.add_textbox(LEFT, top, ACROSS, Inches(0.35))
    _said(box.text_frame, text, size, theme.LIGHT.meanings["baseline"])


def _note(slide: Any, lines: Sequence[str], source: str) -> None:
    slide.notes_slide.notes_text_frame.text = "\n".join(filter(None, [*lines, source]))
