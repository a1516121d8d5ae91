"""The morning's news: alerts as sentences, for the Overview's inbox, the command line, mail and webhooks."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard import figures
from dashboard.i18n import _
from dashboard.readings import Reading
from loyalty_core.metrics.alerts import Alert, Ground, alerts


def raised(readings: Mapping[str, Reading]) -> list[Alert]:
    """The alerts of what was read, bad news first."""
    trends = {reading.metric: reading.trend for reading in readings.values()}
    targets = {name: reading.target for name, reading in readings.items() if reading.target is not None}
    return alerts(trends, targets)


def told(alert: Alert, reading: Reading) -> str:
    """One alert as a sentence."""
    sentence = {
        Ground.TARGET: _("{metric} is {value}; the target is {expected}."),
        Ground.MOVEMENT: _(
            "{metric} moved unlike before: {value}, where about {expected} was to be expected."
        ),
    }[alert.ground]
    return sentence.format(
        metric=reading.label, value=reading.exact(alert.value), expected=reading.exact(alert.expected)
    )


def digest(readings: Mapping[str, Reading], provenance: str) -> str:
    """The whole digest: where it comes from, every figure with its change, and the alerts."""
    lines = [provenance, ""]
    for reading in readings.values():
        change = "" if reading.change is None else f" ({reading.change_in_words()})"
        lines.append(f"  {reading.label}: {reading.exact(reading.value)}{change}")
    found = raised(readings)
    lines += ["", _("Worth a look:") if found else _("Nothing unusual.")]
    lines += [f"  {told(alert, readings[alert.metric.name])}" for alert in found]
    return "\n".join(lines)


def count(found: list[Alert]) -> str:
    """How many alerts there are, in words."""
    bad = sum(alert.verdict < 0 for alert in found)
    return _("{alerts} alerts, {bad} of them bad news").format(
        alerts=figures.count(len(found)), bad=figures.count(bad)
    )
