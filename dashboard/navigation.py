"""The way to every page, at the left: links by section, which keep what is chosen in the address.

Streamlit's own list of pages is no list to a screen reader (sections stand between its items); links are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import address


def links(sections: Mapping[str, Sequence[st.Page]], abouts: Mapping[str, str]) -> None:
    """The pages of each section as links, by their url path what each is about on hover."""
    with st.sidebar:
        for section, pages in sections.items():
            with st.container(gap="xxsmall"):
                st.caption(section)
                for page in pages:
                    st.page_link(
                        page, help=abouts[page.url_path], width="stretch", query_params=address.query()
                    )
