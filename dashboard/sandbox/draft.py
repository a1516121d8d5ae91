"""The what-if that is being written: what its form shows stands in the fields, and all of it here.

The fields are taken over with every button of the form, so that what only a document can say, and what other
pages made the browser forget, stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from simulation.scenario import Scenario

_DRAFT = "sandbox:draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A what-if, and on how many members it is simulated."""

    scenario: Scenario
    members: int


def field_key(name: str) -> str:
    """The key of a field of the form."""
    return f"sandbox:{name}"


def now() -> Asked:
    """What is being written."""
    asked: Asked = st.session_state[_DRAFT]
    return asked


def put(asked: Asked) -> None:
    """Go on with that."""
    st.session_state[_DRAFT] = asked


def change(**parts: Any) -> None:
    """Go on with other parts of the scenario, valid ones."""
    asked = now()
    put(replace(asked, scenario=asked.scenario.model_copy(update=parts)))
