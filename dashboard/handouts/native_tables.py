"""A table or a field of the page as a table of PowerPoint, its letters as large as there is room for."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches

from dashboard import figures, theme
from dashboard.handouts.lettering import LETTER, letters, rgb, write
from dashboard.handouts.tables import written
from dashboard.i18n import _
from dashboard.page_record import Card

MOST_ROWS, MOST_COLUMNS = 12, 13
MOST_OF_TWO_LINES = 8  # rows, where a sentence needs two lines to be read from the back of a room
LOWEST, HIGHEST = Inches(0.33), Inches(0.5)  # of a row
NARROW = 8  # letters that every column of a table has room for
LONGEST = 90  # letters of a line, where few rows have room for several
LONG = 60  # letters of a sentence that takes two lines where rows are more
BROKEN = 6  # letters that a line is short of because words are not broken
BESIDE = 4  # letters as wide as the space at both sides of a cell
LEAST_SIZE, USUAL_SIZE, LARGEST_SIZE = 8, 12, 16  # points
STEPS = 9  # of the colours of a field, and from which on its words are light
LIGHT_FROM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeTable:
    """The rows and columns that can be read from the back of a room."""

    texts: pd.DataFrame
    rows: int  # of the page, of which the first are shown
    left: Collection[int]  # columns of words; numbers stand at the right
    steps: Sequence[Sequence[int | None]] | None = (
        None  # how dark each field is, 0 to 9; the first column apart
    )

    def told(self, what: str) -> str:
        """What the table is, and how many of its rows the slide has room for where these are not all."""
        if self.rows == len(self.texts):
            return what
        shown = len(self.texts)
        sentence = _("{what}; the first {shown} of {all}")
        return sentence.format(what=what.rstrip(".。"), shown=shown, all=self.rows)

    def drawn_on(self, slide: Any, place: tuple[Emu, Emu, Emu, Emu]) -> None:
        """The table on the slide, at left, top, width and greatest height."""
        left, top, across, height = place
        rows, columns = self.texts.shape[0] + 1, self.texts.shape[1]
        high = min(HIGHEST, max(LOWEST, height // rows))
        grid = slide.shapes.add_table(rows, columns, left, top, across, high * rows).table
        grid.horz_banding = False
        widths = self.widths()
        size = self._size(across.pt / (LETTER * sum(widths)), columns)
        for column, name in enumerate(self.texts.columns):
            self._cell(grid.cell(0, column), str(name), size, column)
            for row, value in enumerate(self.texts.iloc[:, column]):
                self._cell(grid.cell(row + 1, column), str(value), size, column, row)
        for column, width in zip(grid.columns, widths, strict=True):
            column.width = Emu(int(across * width / sum(widths)))

    def _size(self, fitting: float, columns: int) -> int:
        """Points: what fits across, and larger than usual where the rows are few."""
        most = LARGEST_SIZE if self._are_few else USUAL_SIZE if columns <= 8 else 10
        return max(LEAST_SIZE, min(most, int(fitting)))

    def widths(self) -> list[int]:
        """The columns' widths in letters, each by its longest text; its name may take two lines, and long
        sentences two as well, as many as they need where rows are few."""
        longest = {name: max(map(letters, texts.map(str)), default=0) for name, texts in self.texts.items()}
        lines = {name: self._line(length) for name, length in longest.items()}
        return [BESIDE + max(NARROW, _half(str(name)), line) for name, line in lines.items()]

    def _line(self, length: int) -> int:
        """Letters of a line of a text so long."""
        if self._are_few:
            return min(length, LONGEST)
        return length if length <= LONG else max(LONG, math.ceil(length / 2) + BROKEN)

    @property
    def _are_few(self) -> bool:
        """Whether there is room for rows that are higher, and for larger letters."""
        return len(self.texts) <= MOST_ROWS // 2

    def _cell(self, cell: Any, text: str, size: int, column: int, row: int | None = None) -> None:
        """A cell of that row; of the head where there is none."""
        ground, ink = self._colours(column, row)
        cell.fill.solid()
        cell.fill.fore_color.rgb = rgb(ground)
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        paragraph = cell.text_frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.LEFT if column in self.left else PP_ALIGN.RIGHT
        write(paragraph, text, size, ink, bold=row is None)

    def _colours(self, column: int, row: int | None) -> tuple[str, str]:
        """Of a cell and of its words."""
        step = None if self.steps is None or row is None or column == 0 else self.steps[row][column - 1]
        if step is None:
            return (theme.LIGHT.panel if row is None else theme.LIGHT.background), theme.LIGHT.text
        return theme.accent_slot(step), theme.LIGHT.background if step >= LIGHT_FROM else theme.LIGHT.text


def _half(name: str) -> int:
    """Letters of the longer of two lines that the name takes, broken between words; one line of Chinese."""
    spaces = [place for place, letter in enumerate(name) if letter == " "]
    halves = ((name[:place], name[place:]) for place in spaces)
    return min((max(map(letters, lines)) for lines in halves), default=letters(name))


def table_of(card: Card) -> NativeTable:
    """The card's table, or the table that its chart draws."""
    texts = written(card)
    is_long = texts.head(MOST_ROWS).map(lambda text: letters(str(text)) > LONG).any(axis=None)
    left = {0, *(place for place, one in enumerate(card.columns) if one.written is None)}
    shown = texts.iloc[: MOST_OF_TWO_LINES if is_long else MOST_ROWS, :MOST_COLUMNS].fillna("")
    return NativeTable(texts=shown, rows=len(texts), left=left, steps=_steps(card))


def _steps(card: Card) -> list[list[int | None]] | None:
    """How dark each field of a card is, from the least to the most; none where it has no fields."""
    first = None if card.figure is None else card.figure.checked.data[0]
    if first is None or first.type != "heatmap":
        return None
    known = [value for row in first.z for value in row if figures.known(value)]
    least, reach = min(known, default=0.0), (max(known, default=0.0) - min(known, default=0.0)) or 1.0
    return [
        [round(STEPS * (value - least) / reach) if figures.known(value) else None for value in row]
        for row in first.z
    ]
