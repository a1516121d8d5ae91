"""How the desks keep up, on screen: every figure over the whole span, beside the programme in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import figures
from dashboard.i18n import _, words
from data.reject_lists import guarded
from simulation.desk_figures import FIGURES

_SHARES = ("within_promise",)


def table(document: Mapping[str, Any]) -> None:
    """A row for each desk and figure; nothing where the what-if has no desk."""
    rows = [_row(one) for one in document.get("desks", ()) if one["period_end"] is None]
    if not rows:
        return
    title = _("At the desks")
    st.markdown(f"**{title}**")
    st.caption(_("Over the whole span, members waiting as they come; intervals at 95%"))
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        alt=_("How the desks keep up, with intervals"),
        column_config={
            name: st.column_config.TextColumn(name, alignment="right") for name in list(rows[0])[2:]
        },
    )


def _row(one: Mapping[str, Any]) -> dict[str, str]:
    figure, difference = one["figure"], one["difference"]
    ends = [_signed(figure, difference[end]) for end in ("low", "high")]
    between = _("{low} to {high}").format(low=ends[0], high=ends[1])
    return {
        _("Desk"): guarded(one["desk"]),
        _("Figure"): words(FIGURES[figure]),
        _("Programme in force"): _level(figure, one["baseline"]["mean"]),
        _("What-if"): _level(figure, one["scenario"]["mean"]),
        _("Difference"): _signed(figure, difference["mean"]),
        _("95% interval"): figures.UNKNOWN if figures.UNKNOWN in ends else between,
    }


def _level(figure: str, value: float | None) -> str:
    return figures.share(value) if figure in _SHARES else figures.count(value)


def _signed(figure: str, value: float | None) -> str:
    if value is None:
        return figures.UNKNOWN
    if figure in _SHARES:
        return figures.sign(value) + _("{points} pp").format(points=figures.decimal(abs(value) * 100, 1))
    return figures.sign(value) + figures.decimal(abs(value), 1)
