"""Trends small enough for a tile: a picture of the last months, told in words to those who cannot see it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import streamlit as st

from dashboard import theme

WIDTH, HEIGHT = 400, 76
_EDGE = 3  # room for the line's own width


def show(values: Sequence[float], meaning: str, told: str) -> None:
    """The values as a line over its pale area, in the colour of that meaning; `told` is the same in words."""
    palette = theme.PALETTES["dark" if st.context.theme.type == "dark" else "light"]
    drawing = _drawing(values, palette.meanings[meaning])
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
