"""How the desks keep up, on screen: every figure over the whole span, beside the programme in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import figures
from dashboard.i18n import _, words
from dashboard.sandbox import difference_table, finding, scenario_words
from dashboard.told import Told
from data.formula_guard import guarded
from simulation.desk_figures import FIGURES
from simulation.forecast import SIDES

_SHARES = ("within_promise",)


def table(document: Mapping[str, Any]) -> None:
    """A row for each desk and figure; nothing where the what-if has no desk."""
    rows = [_row(one) for one in document.get("desks", ()) if one["period_end"] is None]
    if not rows:
        return
    difference_table.show(
        _("At the desks"),
        _("Over the whole span, members waiting as they come; intervals at 95%"),
        rows,
        "desks",
    )


def _row(one: Mapping[str, Any]) -> difference_table.Row:
    figure, difference = one["figure"], one["difference"]
    ends = [_signed(figure, difference[end]) for end in ("low", "high")]
    about = {_("Desk"): guarded(scenario_words.desk_name(one["desk"])), _("Figure"): words(FIGURES[figure])}
    return about | difference_table.sides(
        *(Told(_level(figure, one[side]["mean"]), one[side]["mean"]) for side in SIDES),
        Told(_signed(figure, difference["mean"]), difference["mean"]),
        finding.from_to(*ends),
    )


def _level(figure: str, value: float | None) -> str:
    return figures.share(value) if figure in _SHARES else figures.count(value)


def _signed(figure: str, value: float | None) -> str:
    if value is None:
        return figures.UNKNOWN
    if figure in _SHARES:
        return figures.sign(value) + _("{points} pp").format(points=figures.decimal(abs(value) * 100, 1))
    return figures.sign(value) + figures.decimal(abs(value), 1)
