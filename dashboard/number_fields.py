"""Fields for numbers that say in the reader's language what is wrong with what was entered.

Bounds that Streamlit knows of turn a field red and keep its form's button from doing anything, with a
sentence that only screen readers tell, in English. So what was entered always arrives here, and `wrong` says
what lies outside. An emptied field shows its first value again, or 0, unless it may be empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import figures
from dashboard.i18n import _

Number = int | float
_DRAWN = "number fields"


@dataclass(frozen=True, slots=True)
class _Field:
    """What a field is called, and which numbers it takes."""

    called: str
    least: Number
    most: Number

    def complaint(self, entered: Number | None) -> str:
        """What is wrong with what was entered; nothing where it is right, or nothing was."""
        if entered is None or self.least <= entered <= self.most:
            return ""
        least, most, shown = (_written(one) for one in (self.least, self.most, entered))
        told = _("“{field}” cannot be {entered}: enter {least} to {most}.")
        return told.format(field=self.called, entered=shown, least=least, most=most)


def number(
    label: str,
    least: Number,
    most: Number,
    value: Number | None = None,
    *,
    key: str,
    step: Number = 1,
    called: str | None = None,
    may_be_empty: bool = False,
    **more: Any,
) -> Number | None:
    """What was entered in the field, whole where bounds and step are; None where nothing was and may be.

    `value` stands in it at first where the session holds nothing yet, and `called` is its name where the
    label alone does not tell it from others.
    """
    fields: dict[str, _Field] = st.session_state.setdefault(_DRAWN, {})
    fields[key] = _Field(called or label, least, most)
    whole = all(isinstance(one, int) for one in (least, most, step))
    form = more.pop("format", "%d" if whole else "%g")
    first = "min" if value is None and not may_be_empty else value
    return st.number_input(label, value=first, step=step, format=form, key=key, **more)


def wrong(prefix: str) -> list[str]:
    """What is wrong with the fields on screen whose keys begin so, one sentence each."""
    fields: dict[str, _Field] = st.session_state.get(_DRAWN, {})
    drawn = (key for key in fields if key.startswith(prefix) and key in st.session_state)
    return list(filter(None, (fields[key].complaint(st.session_state[key]) for key in drawn)))


def _written(value: Number) -> str:
    """A bound or what was entered, with the digits that it has."""
    return figures.count(value) if value == int(value) else f"{value:g}".replace("-", "−")
