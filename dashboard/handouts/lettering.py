"""Words on a slide: their letters and colours."""

from __future__ import annotations

import re
from typing import Any

from pptx.dml.color import RGBColor
from pptx.oxml.ns import qn
from pptx.util import Pt

from dashboard import theme

LATIN, CHINESE = "Arial", "Microsoft YaHei"  # what the readers' machines have
LETTER = 0.56  # width of a letter by its height
_MEETING = re.compile(r"[\u4e00-\u9fff](?=[^\s\u2e80-\uffff])|[^\s\u2e80-\uffff](?=[\u4e00-\u9fff])")


def write(paragraph: Any, text: str, size: int, colour: str, *, bold: bool = False) -> None:
    """Add words of that size (points) and colour to a paragraph."""
    run = paragraph.add_run()
    run.text = text
    run.font.size, run.font.bold, run.font.name = Pt(size), bold, LATIN
    run.font.color.rgb = rgb(colour)
    run.font._element.append(run.font._element.makeelement(qn("a:ea"), {"typeface": CHINESE}))


def letters(text: str) -> int:
    """How many Latin letters are as wide as the text; programs part Chinese from Latin by half a letter."""
    wide = sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
    return wide + len(_MEETING.findall(text)) // 2


def rgb(colour: str) -> RGBColor:
    """A colour, or what a slot of the theme is in light, as PowerPoint has it."""
    return RGBColor.from_string(theme.painted(colour, "light").lstrip("#"))
