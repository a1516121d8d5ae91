"""The charts of a page as pictures, each under its sentence, drawn by the Chromium that is installed."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import textwrap
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import plotly.graph_objects as go

from dashboard import theme
from dashboard.handouts.files import file_name
from dashboard.handouts.lettering import LETTER, letters
from dashboard.i18n import _
from dashboard.page_record import Card, PageRecord
from loyalty_core.errors import InputError

WIDTH, HEIGHT, SCALE = 900, 440, 2
FOOT = 66  # pixels for what stands below a chart
TITLE_SIZE, FOOT_SIZE = 18, 11


@cache
def browser() -> str | None:
    """Path of a Chromium; none where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, names)), None)


def pictures(record: PageRecord) -> bytes:
    """A zip archive with a PNG of every chart of the page."""
    drawn = [(card, part) for part in record.parts() for card in part.cards if card.figure is not None]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        painted = rendered([_poster(card, part.provenance) for card, part in drawn])
        for number, ((card, _part), picture) in enumerate(zip(drawn, painted, strict=True), 1):
            archive.writestr(file_name(f"{number} {card.what}", "png"), picture)
    return stream.getvalue()


def rendered(figures: Sequence[go.Figure]) -> list[bytes]:
    """Each figure as a PNG; the browser is started once for all of them."""
    path = browser()
    if path is None:
        raise InputError("pictures need Chromium: install it, or set BROWSER_PATH to where it is")
    # In a thread of its own, which has no event loop yet.
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(lambda: asyncio.run(_rendered(figures, path))).result()


async def _rendered(figures: Sequence[go.Figure], path: str) -> list[bytes]:
    from kaleido import Kaleido

    async with Kaleido(n=1, path=path) as renderer:
        options = {"format": "png", "width": WIDTH, "height": HEIGHT, "scale": SCALE}
        return [await renderer.calc_fig(figure, opts=options) for figure in figures]


def _poster(card: Card, provenance: str) -> go.Figure:
    """The chart in the colours of print, with its sentence above and where it comes from below."""
    painted = go.Figure(json.loads(theme.painted(card.figure.checked.to_json(), "light")))
    lines = _wrapped(card.title, TITLE_SIZE) or [""]
    told = _("{what} · {provenance}").format(what=card.what, provenance=provenance)
    below = _wrapped(told, FOOT_SIZE)
    margin = painted.layout.margin
    painted.update_layout(
        template="plotly_white",
        width=WIDTH,
        height=HEIGHT,
        font={"family": theme.FONT, "color": theme.LIGHT.text},
        title={"text": "<br>".join(lines), "x": 0.02, "xanchor": "left", "font": {"size": TITLE_SIZE}},
        margin={"t": 46 + 24 * len(lines) + (margin.t or 0), "b": FOOT + (margin.b or 0), "l": 24},
    )
    painted.update_yaxes(ticklabelstandoff=6)
    painted.add_annotation(
        text="<br>".join(below),
        align="left",
        yanchor="bottom",
        x=0,
        xref="paper",
        y=0,
        yref="paper",
        yshift=-FOOT,
        xanchor="left",
        showarrow=False,
        font={"size": FOOT_SIZE, "color": theme.LIGHT.meanings["baseline"]},
    )
    return painted


def _wrapped(text: str, size: int) -> list[str]:
    """The text in lines that letters of that size have room for."""
    most = 0.95 * WIDTH / (LETTER * size)
    return textwrap.wrap(text, max(1, int(most * len(text) / max(1, letters(text)))))
