"""A page in a meeting: its sentence and tiles, then each of its cards, one a slide, by the arrow keys.

The address says `present=1`; what is shown is what the page drew, so the figures are those that were just
seen. Whoever opens such an address first lets the page draw itself out of sight.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.components import v2 as components

from dashboard import address, cards, charts, seen, tiles
from dashboard.i18n import _
from dashboard.seen import Card, Sight

HEIGHT = 560
LARGER = 1.5  # times the size on the page: to be read from the back of a room
_LARGE = """
h1 {
  font: 600 2.2rem var(--st-heading-font);
  line-height: 1.25;
  color: var(--st-heading-color);
  margin: 0;
}
"""
_WRITTEN = """
export default ({ data, parentElement }) => { parentElement.querySelector("h1").textContent = data }
"""
_SIGHT, _SLIDE = "presented", "presented:slide"


def is_on() -> bool:
    """Whether the reader is presenting."""
    return address.text("present") == "1"


def begin(sight: Sight) -> None:
    """Present what was drawn, from its first slide: for a button's `on_click`."""
    st.session_state[_SIGHT], st.session_state[_SLIDE] = sight, 0
    address.put("present", "1")


def run(page: Any) -> None:
    """The page as slides."""
    if _SIGHT not in st.session_state:
        with st.container(height=1, border=False), seen.watching() as sight:
            page.run()
        st.session_state[_SIGHT] = sight
        st.rerun()  # so that the page is gone before its slides are drawn
    _slides(st.session_state[_SIGHT])


def _end() -> None:
    st.session_state.pop(_SIGHT, None)
    address.forget("present")


def _turn(step: int, slides: int) -> None:
    st.session_state[_SLIDE] = min(max(st.session_state.get(_SLIDE, 0) + step, 0), slides - 1)


@st.fragment
def _slides(sight: Sight) -> None:
    slides: list[Card | None] = [*([None] if sight.tiles else []), *sight.cards]
    number = min(st.session_state.get(_SLIDE, 0), max(len(slides) - 1, 0))
    # The keys stand in what scrolls on a small screen, so that the keyboard can reach all of it.
    with st.container(key="slide", height=860, border=False, vertical_alignment="distribute"):
        with st.container(gap="medium"):
            _slide(sight, slides[number] if slides else None)
        _keys(sight, number, len(slides))


def _slide(sight: Sight, card: Card | None) -> None:
    """The card, or the page's sentence over its tiles."""
    if card is not None:
        _card(card)
        return
    _headline(sight.sentence or sight.title)
    if sight.tiles:
        tiles.grid(sight.tiles)


def _keys(sight: Sight, number: int, slides: int) -> None:
    """Where the slide comes from, which it is, and the keys that turn."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(" · ".join(filter(None, (sight.title, sight.provenance))), width="content")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
            _key("previous", ":material/chevron_left:", "Left", _("Slide before"), _turn, (-1, slides))
            st.caption(f"{number + 1} / {max(slides, 1)}", width="content")
            _key("next", ":material/chevron_right:", "Right", _("Next slide"), _turn, (1, slides))
            if _key("end", ":material/close:", "Esc", _("End the presentation"), _end, ()):
                st.rerun()


def _key(name: str, icon: str, shortcut: str, what: str, then: Any, args: tuple[int, ...]) -> bool:
    """A button that is nothing but its sign and its key."""
    return st.button(
        "",
        key=f"slide_{name}",
        icon=icon,
        shortcut=shortcut,
        help=what,
        type="tertiary",
        on_click=then,
        args=args,
    )


def _headline(text: str) -> None:
    """The slide's sentence, larger than any heading of a page."""
    headline = components.component("headline", html="<h1></h1>", css=_LARGE, js=_WRITTEN)
    headline(data=text, key="slide_headline")


def _card(card: Card) -> None:
    _headline(card.title)
    st.markdown(card.what)
    if card.figure is None:
        cards.grid(card.columns, key=f"slide_{card.key}")
        return
    figure = charts.enlarged(card.figure, HEIGHT, LARGER)
    charts.show(figure, alt=f"{card.what}. {card.title}.", key=f"slide_{card.key}")
