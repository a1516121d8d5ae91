"""How long, how often, on how many members and with which luck something is simulated."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.i18n import _

MOST_SEED = 2**53 - 1  # that browsers count exactly


def run_fields(enrolled: int, key: Callable[[str], str]) -> None:
    """The four fields; `key` is the key of a field of that name."""
    st.number_input(_("Months ahead"), 1, 120, step=1, key=key("months"))
    st.number_input(
        _("Replications"),
        1,
        1000,
        step=1,
        key=key("replications"),
        help=_("Each replication is another possible future; more of them make the intervals narrower."),
    )
    st.number_input(
        _("Members simulated"),
        1,
        max(enrolled, 1),
        step=1000,
        key=key("members"),
        help=_("Fewer members are a random sample: faster, with wider intervals."),
    )
    st.number_input(
        _("Seed"),
        0,
        MOST_SEED,
        step=1,
        key=key("seed"),
        help=_("The same seed meets the same luck: a run can be repeated exactly."),
    )
