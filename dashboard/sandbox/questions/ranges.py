"""The fields in which the two ends of a lever's range are entered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streamlit.delta_generator import DeltaGenerator

from dashboard.i18n import N_, _
from dashboard.sandbox.questions.turned import Turned
from loyalty_core.rules.programme import Programme

EMPTY = N_("The range ends where it begins or before: give the lower end first.")


def ends_of(
    lever: Turned, programme: Programme, places: Sequence[DeltaGenerator], key: Callable[[str], str]
) -> tuple[float, float] | None:
    """The range that is entered for a lever, in its own unit, at two places; None where it is empty."""
    now, unit = lever.written(programme, lever.now), " (%)" if lever.is_share else ""
    labels = (_("From{unit} (now {value})").format(unit=unit, value=now), _("To{unit}").format(unit=unit))
    low, high = (
        place.number_input(
            label,
            value=round(end * lever.factor, lever.decimals) * 1.0,
            step=10.0**-lever.decimals,
            format=f"%.{lever.decimals}f",
            key=key(f"{lever.path}:{number}"),
        )
        for number, (place, label, end) in enumerate(
            zip(places, labels, (lever.low, lever.high), strict=True)
        )
    )
    return (low / lever.factor, high / lever.factor) if low < high else None
