"""The inbox of the Overview: what deserves a look this morning, folded until somebody looks."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import digest
from dashboard.definitions import plain as unmarked
from dashboard.readings import Reading

SIGNS = {-1: "▼", 0: "▬", 1: "▲"}  # bad, neither, good


def inbox(wall: Mapping[str, Reading]) -> None:
    """The alerts, bad news first; nothing where there are none."""
    found = digest.raised(wall)
    if not found:
        return
    with st.expander(digest.count(found), icon=":material/notifications:", key="inbox"):
        for alert in found:
            st.markdown(f"{SIGNS[alert.verdict]} {unmarked(digest.told(alert, wall[alert.metric.name]))}")
