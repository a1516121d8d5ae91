"""The programme as it stands: workspace, snapshot and rules behind every figure, read once and kept.

What is kept is keyed by workspace, snapshot and programme version, so that a newly published snapshot or
programme shows at the next click and nothing older is ever mixed in. Counting is the core's work; this
module only asks for it and remembers the answer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from loyalty_core.history import History
from loyalty_core.programme import Programme

if TYPE_CHECKING:
    from data.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One published state of one workspace, under one programme."""

    workspace: str
    snapshot_id: int
    as_of: date
    programme: Programme

    @property
    def key(self) -> str:
        """What tells this state from every other."""
        return f"{self.workspace}:{self.snapshot_id}:{self.programme.model_dump_json()}"


def path() -> Path:
    """The workspace's folder, as the command `loyalty dashboard` was told."""
    return Path(os.environ.get("LOYALTY_WORKSPACE", "workspace"))


def now() -> Live | None:
    """The latest published state; none while nothing is published."""
    workspace = opened(str(path()))
    snapshot, programme = workspace.latest(), workspace.programme
    if snapshot is None or programme is None or snapshot.as_of is None:
        return None
    return Live(workspace=str(path()), snapshot_id=snapshot.id, as_of=snapshot.as_of, programme=programme)


@st.cache_resource(max_entries=4, show_spinner=False)
def opened(folder: str) -> Workspace:
    """The workspace in that folder."""
    from data.workspace import Workspace

    return Workspace.open(Path(folder))


def history(live: Live) -> History:
    """What happened to the members, as arrays; read from the lake once per snapshot."""
    return _history(live.key, live)


@st.cache_resource(max_entries=2, show_spinner=False)
def _history(key: str, _live: Live) -> History:
    from data.live import live_history

    return live_history(opened(_live.workspace).snapshot(_live.snapshot_id), _live.programme)
