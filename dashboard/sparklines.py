"""Pictures small enough for a tile, told in words to those who cannot see them: the trend of the last months,
and how far a target is reached.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import streamlit as st

from dashboard import theme

WIDTH, HEIGHT = 400, 76
BAR, THIN, TICK = 20, 10, 4  # pixels of a bar with its tick, of the bar itself, and of the tick
_EDGE = 3  # room for the line's own width


def show(values: Sequence[float], meaning: str, told: str) -> None:
    """The values as a line over its pale area, in the colour of that meaning; `told` is the same in words."""
    _shown(_drawing(values, _palette().meanings[meaning]), told)


def progress(reached: float, gone: float, meaning: str, told: str) -> None:
    """How much of something is reached, as a bar, with a tick for how much of the time is gone."""
    palette = _palette()
    bar = f'<rect y="{(BAR - THIN) / 2}" height="{THIN}" rx="{THIN / 2}"'
    long = WIDTH * min(max(reached, 0.0), 1.0)
    tick = min(max(WIDTH * gone, TICK), WIDTH - TICK)
    _shown(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{BAR}">'
        f'{bar} width="{WIDTH}" fill="{palette.border}"/>'
        f'{bar} width="{long:.1f}" fill="{palette.meanings[meaning]}"/>'
        f'<rect x="{tick - TICK / 2:.1f}" width="{TICK}" height="{BAR}" fill="{palette.text}"/></svg>',
        told,
    )


def _palette() -> theme.Palette:
    """That of the reader's mode."""
    return theme.PALETTES["dark" if st.context.theme.type == "dark" else "light"]


def _shown(drawing: str, told: str) -> None:
    picture = f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}"
    st.markdown(f"![{told}]({picture})")


def _drawing(values: Sequence[float], colour: str) -> str:
    """The picture as SVG, from the least value at the bottom to the greatest at the top."""
    low, reach = min(values), (max(values) - min(values)) or 1.0
    across = WIDTH / max(len(values) - 1, 1)
    line = " ".join(
        f"{place * across:.1f},{_EDGE + (HEIGHT - 2 * _EDGE) * (1 - (value - low) / reach):.1f}"
        for place, value in enumerate(values)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" fill="none">'
        f'<polygon points="0,{HEIGHT} {line} {WIDTH},{HEIGHT}" fill="{colour}" fill-opacity="0.12"/>'
        f'<polyline points="{line}" stroke="{colour}" stroke-width="2.6" stroke-linejoin="round"/></svg>'
    )
