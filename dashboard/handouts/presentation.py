"""A page in a meeting: its sentence and tiles, then each of its cards, one a slide, by the arrow keys.

The address says `present=1`; what is shown is what the page drew, so the figures are those that were just
seen. Whoever opens such an address first lets the page draw itself out of sight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import streamlit as st
from streamlit.components import v2 as components

from dashboard import address, charts, figures, page_record, tiles
from dashboard.handouts import stage
from dashboard.handouts.lettering import LETTER
from dashboard.handouts.native_tables import NativeTable, table_of
from dashboard.i18n import _
from dashboard.page_record import Card, PageRecord, Part

USUAL_HEIGHT = 900  # pixels of a window that has not said how high it is
LETTERS = 14.5 / 760  # how large letters are by the height of the window: to be read from the back of a room
ABOVE_BELOW = 7.4  # times the size of letters: what lies above and below a slide
WORDS = 15.2  # times the size of letters: what a chart leaves for the words around it on its slide
CHART_LETTERS = 1.8 / 560  # times the size on the page, by the height of the chart
# Of a table, in times the size of letters: what lies below its words and across it, what a row has beside its
# line, and how large its own letters may be.
ROWS, ACROSS, BESIDE_A_LINE, LINE = 28, 78, 0.56, 1.5
LEAST, MOST = 0.875, 1.5
_LARGE = """
h1 {
  font: 600 2.1rem var(--st-heading-font);
  line-height: 1.25;
  color: var(--st-heading-color);
  margin: 0;
}
ul { padding-left: 1.2em; font: 1.5rem var(--st-font); line-height: 2; color: var(--st-text-color); }
ul:empty { display: none; }
"""
# Letters grow with the window, whose height decides how high charts are.
_WRITTEN = """
export default ({ data, parentElement, setStateValue }) => {
  parentElement.querySelector("h1").textContent = data.text
  const items = data.lines.map((line) => {
    const item = document.createElement("li")
    item.textContent = line
    return item
  })
  parentElement.querySelector("ul").replaceChildren(...items)
  const root = document.documentElement
  const fit = () => {
    root.style.fontSize = `${Math.max(Math.min(innerHeight, innerWidth / 1.6) * data.letters, 14)}px`
    if (innerHeight !== data.height) setStateValue("height", innerHeight)
  }
  window.onresize = fit
  fit()
  return () => { window.onresize = null; root.style.fontSize = "" }
}
"""
_SIGHT, _SLIDE, _HEADLINE = "presented", "presented:slide", "slide_headline"


def is_on() -> bool:
    """Whether the reader is presenting."""
    return address.text("present") == "1"


def begin(record: PageRecord) -> None:
    """Present what was drawn, from its first slide: for a button's `on_click`."""
    st.session_state[_SIGHT], st.session_state[_SLIDE] = record, 0
    address.put("present", "1")


def run(page: Any) -> None:
    """The page as slides."""
    if _SIGHT not in st.session_state:
        with st.container(height=1, border=False), page_record.recording() as record:
            page.run()
        st.session_state[_SIGHT] = record
        st.rerun()  # so that the page is gone before its slides are drawn
    stage.held()
    _slides(st.session_state[_SIGHT])


def _end() -> None:
    st.session_state.pop(_SIGHT, None)
    address.forget("present")


def _turn(step: int, slides: int) -> None:
    st.session_state[_SLIDE] = min(max(st.session_state.get(_SLIDE, 0) + step, 0), slides - 1)


@st.fragment
def _slides(record: PageRecord) -> None:
    slides = list(_in_turn(record))
    number = min(st.session_state.get(_SLIDE, 0), max(len(slides) - 1, 0))
    part, card = slides[number] if slides else (record.parts()[0], None)
    # The keys stand in what scrolls on a small screen, so that the keyboard can reach all of it.
    height = _high(ABOVE_BELOW)
    with st.container(key="slide", height=height, border=False, vertical_alignment="distribute"):
        with st.container(gap="medium"):
            _slide(record, part, card)
        with st.container(gap="xxsmall"):
            _keys(" · ".join(filter(None, (record.title, part.provenance))), number, len(slides))
            st.space("xxsmall")  # captions hang below their line, and the slide would scroll


def _in_turn(record: PageRecord) -> Iterator[tuple[Part, Card | None]]:
    """The slides: for each sentence itself (no card), then its cards."""
    for place, part in enumerate(record.parts()):
        if part.sentence or (place == 0 and record.tiles):
            yield part, None
        for card in part.cards:
            yield part, card


def _slide(record: PageRecord, part: Part, card: Card | None) -> None:
    """The card, or the sentence over the page's tiles, over those of its slides where it has none."""
    if card is not None:
        _card(card)
        return
    over_tiles = bool(record.tiles) and part.sentence == record.sentence
    _headline(part.sentence or record.title, [] if over_tiles else [one.title for one in part.cards])
    if over_tiles:
        tiles.grid(record.tiles)


def _keys(source: str, number: int, slides: int) -> None:
    """Where the slide comes from, which it is, and the keys that turn."""
    told, turning = st.columns([4, 1], vertical_alignment="center")
    told.caption(source)
    with turning.container(
        key=stage.KEYS,
        horizontal=True,
        horizontal_alignment="right",
        vertical_alignment="center",
        gap="xsmall",
    ):
        _key("slide_previous", ":material/chevron_left:", "Left", _("Slide before"), _turn, (-1, slides))
        st.caption(f"{number + 1} / {max(slides, 1)}", width="content")
        _key("slide_next", ":material/chevron_right:", "Right", _("Next slide"), _turn, (1, slides))
        if _key(stage.END, ":material/close:", "Esc", _("End the presentation"), _end, ()):
            st.rerun()


def _key(name: str, icon: str, shortcut: str, what: str, then: Any, args: tuple[int, ...]) -> bool:
    """A button that is nothing but its sign and its key."""
    return st.button(
        "",
        key=name,
        icon=icon,
        shortcut=shortcut,
        help=what,
        type="tertiary",
        on_click=then,
        args=args,
    )


def _headline(text: str, lines: Sequence[str] = ()) -> None:
    """The slide's sentence, larger than any heading of a page, and lines below it."""
    headline = components.component("headline", html="<h1></h1><ul></ul>", css=_LARGE, js=_WRITTEN)
    told = {"text": text, "lines": list(lines), "letters": LETTERS, "height": _window()}
    headline(data=told, key=_HEADLINE, on_height_change=lambda: None)


def _window() -> int:
    """How high the reader's window is, in pixels."""
    return int(st.session_state.get(_HEADLINE, {}).get("height") or USUAL_HEIGHT)


def _high(without: float) -> int:
    """What is left of the window's height without so many times the size of letters."""
    return int(_window() * (1 - without * LETTERS))


def _card(card: Card) -> None:
    _headline(card.title)
    if card.figure is None:
        _table(card)
        return
    st.markdown(card.what)
    height = _high(ABOVE_BELOW + WORDS)
    figure = charts.enlarged(card.figure, height, CHART_LETTERS * height)
    charts.show(figure, alt=f"{card.what}. {card.title}.", key=f"slide_{card.key}")


def _table(card: Card) -> None:
    """As many of its rows as can be read from the back of a room."""
    drawn = table_of(card)
    st.markdown(drawn.told(card.what))
    texts = drawn.texts.map(lambda text: figures.unmarked(str(text)))
    size, across = _size(drawn)
    letters = [("font-size", f"{size:.2f}rem !important")]
    if across <= ACROSS:  # what lies in a cell breaks its lines at a width of its own, earlier than it must
        letters += [("white-space", "nowrap !important"), ("max-width", "none !important")]
    numbers = [
        {"selector": f".col{place}", "props": [("text-align", "right !important")]}
        for place in range(len(texts.columns))
        if place not in drawn.left
    ]
    styled = texts.style.set_table_styles([{"selector": "td, th, td *", "props": letters}, *numbers])
    st.table(styled, border="horizontal", hide_index=True, alt=f"{card.what}. {card.title}.")


def _size(drawn: NativeTable) -> tuple[float, float]:
    """How large a table's letters are, so that its rows and columns take the room there is, and how wide the
    table is with them; in times the size of letters."""
    high = (ROWS / (len(drawn.texts) + 1) - BESIDE_A_LINE) / LINE
    wide = LETTER * sum(drawn.widths())
    size = min(max(min(high, ACROSS / wide), LEAST), MOST)
    return size, wide * size
