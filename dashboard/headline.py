"""The sentence above the page, written from the data: where the programme stands, and what moved most."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dashboard import figures
from dashboard.i18n import _, joined, listed, ngettext
from dashboard.readings import Reading
from dashboard.spans import AGAINST
from loyalty_core.metrics.metric import Unit

LEADING = "members_active"


def headline(readings: Mapping[str, Reading], leading: str | None = None) -> str:
    """Two or three short sentences: the leading one (how many are active, unless told otherwise), the
    movement that matters most, the targets."""
    first = _leading(readings[LEADING]) if leading is None else leading
    return joined([first, _notable(readings), _targets(readings)])


def _leading(reading: Reading) -> str:
    if reading.value is None:
        return ""
    members = figures.count(reading.value)
    if reading.change is None:
        return _("{members} members are active.").format(members=members)
    sentence = {
        1: _("{members} members are active, {change} more than {other}."),
        -1: _("{members} members are active, {change} fewer than {other}."),
        0: _("{members} members are active, as many as {other}."),
    }[reading.moved]
    return sentence.format(
        members=members, change=figures.share(abs(reading.change)), other=_(AGAINST[reading.against][1])
    )


def _notable(readings: Mapping[str, Reading]) -> str:
    """The judged movement that is largest; bad news first where two are as large."""
    judged = [r for r in readings.values() if r.verdict and r.metric.name != LEADING and _telling(r)]
    if not judged:
        return ""
    most = max(judged, key=lambda reading: (abs(reading.change or 0), -reading.verdict))
    sentence = {
        (1, 1): _("The best news is {metric}: up {change} to {value}."),
        (-1, 1): _("The best news is {metric}: down {change} to {value}."),
        (1, -1): _("Watch {metric}: up {change} to {value}."),
        (-1, -1): _("Watch {metric}: down {change} to {value}."),
    }[most.moved, most.verdict]
    change = most.change_in_words().lstrip("+-−")
    return sentence.format(metric=_in_sentence(most.label), change=change, value=most.short(most.value))


def _telling(reading: Reading) -> bool:
    """Whether a number of members moved further than such numbers do by chance (two Poisson deviations)."""
    if reading.metric.unit is not Unit.MEMBERS or reading.value is None or reading.before is None:
        return True
    return abs(reading.value - reading.before) > 2 * math.sqrt(reading.before)


def _targets(readings: Mapping[str, Reading]) -> str:
    aimed = [reading for reading in readings.values() if reading.meets_target is not None]
    if not aimed:
        return ""
    met = sum(bool(reading.meets_target) for reading in aimed)
    if met == len(aimed):
        return ngettext("The target is met.", "{count} of {count} targets are met.", met).format(count=met)
    missed = [_in_sentence(reading.label) for reading in aimed if not reading.meets_target]
    return _("Off target: {metrics}.").format(metrics=listed(missed))


def _in_sentence(label: str) -> str:
    return label[:1].lower() + label[1:]
