"""How several what-ifs rank beside the programme in force: sentence, provenance, charts and tables."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from dashboard import cards, charts, figures, frame, seen, theme
from dashboard.i18n import _, joined, listed, ngettext, words
from dashboard.sandbox import (
    comparison_charts,
    comparison_page,
    finding,
    scenario_words,
    suppositions,
    targets_table,
)
from dashboard.sandbox.comparison import Estimate, Found
from dashboard.sandbox.questions import answer
from dashboard.seen import Column
from data.reject_lists import guarded
from data.tables import Run
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme, programme_from_dict
from loyalty_core.text import Text
from simulation.scenario import Scenario

LIKELY = 0.66  # from which chance on one is said to be worth most
LINE = 22  # letters of a name beside a chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """One of those that are ranked, the programme in force among them."""

    name: str  # in the document
    label: str
    gain: Estimate  # over the programme in force, in currency units
    best: float  # how often it is worth most, as a share
    likely: str  # the same in words
    regret: float  # what choosing it costs on average against whatever turns out best
    found: Found | None  # None of the programme in force

    @property
    def named(self) -> str:
        """What it is called within a sentence."""
        return _("“{words}”").format(words=self.label) if self.found else _("the programme in force")

    @property
    def broken(self) -> str:
        """Its label in lines, beside a chart: all of it, as what tells it from another one may stand last."""
        return "<br>".join(textwrap.wrap(self.label, LINE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """One what-if beside another, so that it is worth as much or more on average."""

    better: Rival
    other: Rival
    gain: Estimate
    chance: float  # that it is worth more
    likely: str  # the same in words


def label(programme: Programme, scenario: Scenario) -> str:
    """What a what-if is called: its saved name, or what it changes and the number of its run."""
    if not scenario.name.startswith("#"):
        return scenario.name
    changes = scenario_words.cause(programme, scenario.model_dump(mode="json"))
    return _("{changes} (run {number})").format(changes=changes, number=scenario.name[1:])


def result(run: Run, document: Mapping[str, Any]) -> None:
    """Everything that a finished contest, or one on its way, has found."""
    programme = programme_from_dict(run.payload["programme"])
    rivals = ranked(programme, run, document)
    duels = duelled(document, rivals)
    found = Found(document["comparisons"][0])
    frame.sentence(joined([headline(programme, rivals), lead(programme, rivals, duels)]))
    seen.now().provenance = provenance(run, found)
    st.caption(provenance(run, found))
    with st.grid(2, min_column_width=frame.NARROWEST):
        _gains(programme, rivals)
        _chances(rivals)
    _ranking(programme, rivals, found)
    if duels:
        _each_beside_each(programme, duels)
    others = [(guarded(one.label), one.found) for one in rivals if one.found is not None]
    targets_table.show(programme, others)
    _metrics(programme, rivals)


def ranked(programme: Programme, run: Run, document: Mapping[str, Any]) -> list[Rival]:
    """All of them, the best first."""
    asked = [Scenario.model_validate(one) for one in run.payload["scenarios"]]
    labels = [_("Programme in force"), *(label(programme, one) for one in asked)]
    sides = [None, *map(Found, document["comparisons"])]
    rivals = [
        Rival(
            name=row["name"],
            label=name,
            gain=_gain(found),
            best=row["probability_best"],
            likely=words(Text(**row["likely_best"])),
            regret=row["expected_regret"],
            found=found,
        )
        for name, row, found in zip(labels, document["ranking"], sides, strict=True)
    ]
    return sorted(rivals, key=lambda one: (-one.best, one.regret))


def headline(programme: Programme, rivals: Sequence[Rival]) -> str:
    """Which is worth most, how sure that is, and what choosing it gains."""
    if any(one.gain.is_of_one_run for one in rivals if one.found):
        return _("After one replication alone they cannot be ranked.")
    first = rivals[0]
    if first.best < LIKELY:
        told = [
            _("{name} in {share}").format(name=one.named, share=_share(one)) for one in rivals if one.best
        ]
        return _("None is clearly worth most; of the replications, {names}.").format(names=listed(told))
    if first.found is None:
        sentence = _("{name} is {likely} to be worth most: it is so in {share} of the replications.")
        worth = sentence.format(name=first.named, likely=first.likely, share=_share(first))
        return joined([_begun(worth), _("No what-if pays.")])
    if first.gain.is_clear:
        sentence = _(
            "{name} is {likely} to be worth most: it is so in {share} of the replications, and gains {gain} "
            "over the programme in force."
        )
    else:
        sentence = _(
            "{name} is worth most in {share} of the replications, but its gain over the programme in force "
            "may be chance: {gain}."
        )
    gain = _told(programme, first.gain)
    return sentence.format(name=first.named, likely=first.likely, share=_share(first), gain=gain)


def duelled(document: Mapping[str, Any], rivals: Sequence[Rival]) -> list[Duel]:
    """Each what-if beside each, the largest difference first."""
    by_name = {one.name: one for one in rivals}
    duels = [
        Duel(
            better=by_name[row["scenario"]],
            other=by_name[row["over"]],
            gain=Estimate(row["mean"], row["low"], row["high"]),
            chance=row["probability_better"],
            likely=words(Text(**row["likely_better"])),
        )
        for row in document.get("pairs", [])  # a contest that was run before they were told has none
    ]
    return sorted(duels, key=lambda duel: -(duel.gain.mean or 0.0))


def lead(programme: Programme, rivals: Sequence[Rival], duels: Sequence[Duel]) -> str:
    """Whether the first is worth more than the what-if that comes nearest to it; nothing where no what-if is
    first, or where one run alone tells."""
    mine = [duel for duel in duels if rivals[0] in (duel.better, duel.other)]
    nearest = min(mine, key=lambda duel: duel.gain.mean or 0.0, default=None)
    if nearest is None or nearest.gain.is_of_one_run:
        return ""
    sure = _("{better} is worth more than {other}: {gain}.")
    unsure = _("That {better} is worth more than {other} may be chance: {gain}.")
    said = (sure if nearest.gain.is_clear else unsure).format(
        better=nearest.better.named, other=nearest.other.named, gain=_told(programme, nearest.gain)
    )
    return _begun(said)


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _share(rival: Rival) -> str:
    return figures.share(rival.best, 0)


def provenance(run: Run, found: Found) -> str:
    """What every figure below was computed from."""
    asked = [Scenario.model_validate(one) for one in run.payload["scenarios"]]
    first, last, known = (
        figures.day(date.fromisoformat(found.document[end])) for end in ("from", "to", "data_to")
    )
    done, wanted = found.replications, asked[-1].replications
    parts = [
        _("{first} – {last}, against the programme in force").format(first=first, last=last),
        ngettext("{count} replication", "{count} replications", done).format(count=done)
        if done == wanted
        else _("only {done} of {wanted} replications so far").format(done=done, wanted=wanted),
        _("seed {seed}").format(seed=asked[-1].seed),
        answer.members_simulated(found.document),
        _("data to {day} · snapshot {snapshot}").format(day=known, snapshot=run.payload["snapshot"]),
        *suppositions.counted(asked),
    ]
    return " · ".join(parts)


def _gain(found: Found | None) -> Estimate:
    if found is None:
        return Estimate(0.0, None, None)
    return found.gain


def _told(programme: Programme, gain: Estimate) -> str:
    """A gain with its interval, in a sentence."""
    amount, low, high = (answer.gain(programme, value) for value in gain.values)
    return _("{amount} (95% interval {interval})").format(amount=amount, interval=finding.from_to(low, high))


def _gains(programme: Programme, rivals: Sequence[Rival]) -> None:
    others = sorted((one for one in rivals if one.found), key=lambda one: -(one.gain.mean or 0.0))
    figure = comparison_charts.gains(
        [one.broken for one in others],
        [one.gain for one in others],
        lambda value: answer.gain(programme, value),
        lambda value: answer.short_gain(programme, value),
    )
    best = others[0]
    if not best.gain.is_clear:
        title = _("{name}: no clear gain")
    elif (best.gain.mean or 0.0) > 0:
        title = _("{name} gains most: {amount}")
    else:
        title = _("{name} loses least: {amount}")
    cards.chart(
        title.format(name=best.label, amount=answer.gain(programme, best.gain.mean)),
        figure,
        "contest_gains",
        _("Gain over the programme in force on the same members and luck, with its 95% interval"),
        columns=_columns(programme, others),
    )


def _chances(rivals: Sequence[Rival]) -> None:
    figure = charts.ranks(
        [one.broken for one in rivals],
        [one.best for one in rivals],
        [theme.slot("scenario" if one.found else "baseline") for one in rivals],
        [_share(one) for one in rivals],
        [""] * len(rivals),
    )
    what = _("Share of the replications in which it is worth more than all others; who ties shares one")
    title = _("{name}: worth most in {share}").format(name=rivals[0].label, share=_share(rivals[0]))
    cards.chart(title, figure, "contest_chances", what)


def _ranking(programme: Programme, rivals: Sequence[Rival], found: Found) -> None:
    money = found.document["money"]
    notes = [words(Text(**one)) for one in (money["meaning"], *money["notes"])]
    cards.table(_("How they rank"), _columns(programme, rivals), "contest", joined(notes))


def _columns(programme: Programme, rivals: Sequence[Rival]) -> list[Column]:
    def money(value: float | None) -> str:
        return answer.gain(programme, value)

    return [
        Column(_("What-if"), [guarded(one.label) for one in rivals]),
        Column(_("Gain"), [one.gain.mean for one in rivals], money),
        Column(
            _("95% interval"),
            [finding.from_to(money(one.gain.low), money(one.gain.high)) for one in rivals],
            str,
        ),
        Column(_("Worth most in"), [one.best for one in rivals], lambda value: figures.share(value, 0)),
        Column(
            _("Expected regret"),
            [one.regret for one in rivals],
            lambda value: finding.level(METRICS["revenue"], programme, value),
        ),
    ]


def _each_beside_each(programme: Programme, duels: Sequence[Duel]) -> None:
    def money(value: float | None) -> str:
        return answer.gain(programme, value)

    columns = [
        Column(_("What-if"), [guarded(one.better.label) for one in duels]),
        Column(_("Beside"), [guarded(one.other.label) for one in duels]),
        Column(_("Worth more by"), [one.gain.mean for one in duels], money),
        Column(
            _("95% interval"),
            [finding.from_to(money(one.gain.low), money(one.gain.high)) for one in duels],
            str,
        ),
        Column(_("Chance"), [_in_words(one) for one in duels], str),
    ]
    what = _("The difference between two what-ifs in the same replications, with an interval of its own")
    cards.table(_("Each beside each"), columns, "contest_pairs", what)


def _in_words(duel: Duel) -> str:
    share = figures.share(duel.chance, 0)
    return _("{share}, {likely}").format(share=share, likely=duel.likely)


def _metrics(programme: Programme, rivals: Sequence[Rival]) -> None:
    """What each changes of every figure."""
    others = [one for one in rivals if one.found is not None]
    base = others[0].found
    assert base is not None
    names = [name for name in comparison_page.TABLED if base.has(name)]
    columns = [
        Column(_("Figure"), [words(METRICS[name].label) for name in names]),
        Column(_("Programme in force"), [_level(base, programme, name) for name in names], str),
        *(
            Column(
                guarded(one.label), [_change(one.found, programme, name) for name in names if one.found], str
            )
            for one in others
        ),
    ]
    what = _("Difference from the programme in force over the whole span, with its 95% interval")
    cards.table(_("What each of them changes"), columns, "contest_metrics", what)


def _level(found: Found, programme: Programme, name: str) -> str:
    return finding.level(METRICS[name], programme, found.in_all("baseline", name).mean)


def _change(found: Found | None, programme: Programme, name: str) -> str:
    if found is None:
        return figures.UNKNOWN
    metric, difference = METRICS[name], found.in_all("differences", name)
    told = finding.signed(metric, programme, difference.mean, difference.values)
    interval = finding.between(metric, programme, difference)
    return f"{told} ({interval})" if difference.half_width else told
