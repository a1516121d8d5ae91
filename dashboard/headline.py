"""The sentence above the page, written from the data: where the programme stands, and what moved most."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from dashboard import figures
from dashboard.i18n import N_, _, joined, listed, ngettext
from dashboard.readings import Reading
from dashboard.spans import AGAINST, TARGET

LEADING = "members_active"
CHANCE = 2  # deviations: 19 times in 20 it moves a number less
# What is told of a movement, by whether it is good and where it went.
NEWS = {
    (1, 1): N_("The best news is {metric}: up {change} to {value}."),
    (1, -1): N_("The best news is {metric}: down {change} to {value}."),
    (-1, 1): N_("Watch {metric}: up {change} to {value}."),
    (-1, -1): N_("Watch {metric}: down {change} to {value}."),
}
OFF_TARGET = {
    1: N_("Watch {metric}: up {change} to {value}, off target."),
    -1: N_("Watch {metric}: down {change} to {value}, off target."),
}
BESIDE_TARGET = {
    (1, 1): N_("The best news is {metric}: {change} above target, at {value}."),
    (1, -1): N_("The best news is {metric}: {change} below target, at {value}."),
    (-1, 1): N_("Watch {metric}: {change} above target, at {value}."),
    (-1, -1): N_("Watch {metric}: {change} below target, at {value}."),
}


def headline(
    readings: Mapping[str, Reading], leading: str | None = None, told: Collection[str] = (LEADING,)
) -> str:
    """Short sentences: the leading one (how many are active, unless told otherwise), the best and the worst
    movement if more than chance, the targets; of the metrics that the leading one has `told` no more."""
    first = _leading(readings[LEADING]) if leading is None else leading
    judged = [one for name, one in readings.items() if one.verdict and name not in told]
    telling = [one for one in judged if _telling(one)]
    best, worst = (_most([one for one in telling if one.verdict == verdict]) for verdict in (1, -1))
    quiet = _("All else moved no further than usual.") if judged and not telling else ""
    return joined([first, _news(best), _news(worst), quiet, _targets(readings, worst)])


def _leading(reading: Reading) -> str:
    if reading.value is None:
        return ""
    active = ngettext("{members} member is active", "{members} members are active", reading.value)
    active = active.format(members=figures.count(reading.value))
    if reading.change is None:
        return _("{active}.").format(active=active)
    sentence = {
        1: _("{active}, {change} more than {other}."),
        -1: _("{active}, {change} fewer than {other}."),
        0: _("{active}, as many as {other}."),
    }[reading.moved]
    return sentence.format(
        active=active, change=figures.share(abs(reading.change)), other=_(AGAINST[reading.against][1])
    )


def _most(judged: Sequence[Reading]) -> Reading | None:
    """The one that moved furthest."""
    return max(judged, key=lambda reading: abs(reading.change or 0), default=None)


def _news(reading: Reading | None) -> str:
    """A movement in words, and whether one that is bad leads off the target."""
    if reading is None:
        return ""
    if reading.against == TARGET:
        sentence = BESIDE_TARGET[reading.verdict, reading.moved]
    elif reading.verdict < 0 and reading.meets_target is False:
        sentence = OFF_TARGET[reading.moved]
    else:
        sentence = NEWS[reading.verdict, reading.moved]
    change = reading.change_in_words().lstrip("+-−")
    return _(sentence).format(
        metric=in_sentence(reading.label), change=change, value=reading.short(reading.value)
    )


def _telling(reading: Reading) -> bool:
    """Whether a number moved further than chance alone moves it (two deviations), and than it moves as a
    rule (one)."""
    if reading.value is None or reading.before is None:
        return False
    moved = abs(reading.value - reading.before)
    return moved > CHANCE * reading.by_chance and moved > reading.as_usual


def _targets(readings: Mapping[str, Reading], worst: Reading | None) -> str:
    """Whether targets are met; of what moved worst that is said already."""
    aimed = [reading for reading in readings.values() if reading.meets_target is not None]
    if not aimed:
        return ""
    met = sum(bool(reading.meets_target) for reading in aimed)
    if met == len(aimed):
        return ngettext("The target is met.", "{count} of {count} targets are met.", met).format(count=met)
    missed = [one for one in aimed if not one.meets_target and one is not worst]
    if not missed:
        return ""
    return _("Off target: {metrics}.").format(metrics=listed([in_sentence(one.label) for one in missed]))


def in_sentence(label: str) -> str:
    """A label as it stands within a sentence."""
    return label[:1].lower() + label[1:]
