"""How several what-ifs rank beside the programme in force: sentence, provenance, charts and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from dashboard import cards, charts, figures, frame, page_record, theme
from dashboard.i18n import _, joined, listed, ngettext
from dashboard.sandbox import (
    comparison_charts,
    contest_rests_on,
    contest_tables,
    finding,
    suppositions,
    targets_table,
)
from dashboard.sandbox.comparison import Estimate, Found
from dashboard.sandbox.questions import answer
from dashboard.sandbox.rivals import Duel, Rival, by_letter, duelled, legend, ranked
from data.tables import Run
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.scenario import Scenario

LIKELY = 0.66  # from which chance on one is said to be worth most


def result(run: Run, document: Mapping[str, Any], below: Callable[[], None] = lambda: None) -> None:
    """Everything that a finished contest, or one on its way, has found; `below` draws under the sentence what
    that rests on."""
    programme = programme_from_dict(run.payload["programme"])
    rivals = ranked(programme, run, document)
    duels = duelled(document, rivals)
    found = Found(document["comparisons"][0])
    frame.sentence(joined([headline(programme, rivals), lead(programme, rivals, duels)]))
    page_record.now().programme = programme
    page_record.now().provenance = " · ".join([provenance(run, found), contest_rests_on.in_short(document)])
    st.caption(provenance(run, found))
    below()
    with st.grid(2, min_column_width=frame.NARROWEST):
        _gains(programme, rivals)
        _chances(rivals)
    contest_tables.ranking(programme, rivals, found)
    if duels:
        contest_tables.each_beside_each(programme, duels, legend(rivals))
    others = [(one.letter, one.found) for one in by_letter(rivals) if one.found is not None]
    targets_table.show(programme, others, legend(rivals))
    contest_tables.metrics(programme, rivals)


def headline(programme: Programme, rivals: Sequence[Rival]) -> str:
    """Which is worth most, how sure that is, and what choosing it gains."""
    if any(one.gain.is_of_one_run for one in rivals if one.found):
        return _("After one replication alone they cannot be ranked.")
    first = rivals[0]
    if first.best < LIKELY:
        return _undecided(rivals)
    holds = first.best_by_chance is not None
    told = {"name": first.named, "likely": first.likely, "share": _share(first), "alone": _alone(first)}
    if first.found is None:
        sentence = (
            _("{name} is {likely} to be worth most ({share}; of the replications alone {alone}).")
            if holds
            else _("{name} is {likely} to be worth most: it is so in {share} of the replications.")
        )
        return joined([_begun(sentence.format(**told)), _("No what-if pays.")])
    told["gain"] = _told(programme, first.gain)
    return _of_what_if(holds, first.gain.is_clear).format(**told)


def _undecided(rivals: Sequence[Rival]) -> str:
    """Where none is likely to be worth most: how likely each is."""
    known = [one for one in rivals if one.best or one.best_by_chance]
    if rivals[0].best_by_chance is None:
        told = [_("{name} in {share}").format(name=one.named, share=_share(one)) for one in known]
        return _("None is clearly worth most; of the replications, {names}.").format(names=listed(told))
    told = [_("{name} {share}").format(name=one.named, share=_share(one)) for one in known]
    sentence = _("None is clearly worth most: {names} (of the replications alone {alone}).")
    return sentence.format(names=listed(told), alone=listed([_alone(one) for one in known]))


def _of_what_if(holds: bool, is_clear: bool) -> str:
    """What is said of a what-if that is likely to be worth most, by whether that `holds` what is not known
    and its gain is clear."""
    if holds and is_clear:
        return _(
            "{name} is {likely} to be worth most ({share}; of the replications alone {alone}), and gains "
            "{gain} over the programme in force."
        )
    if holds:
        return _(
            "{name} is {likely} to be worth most ({share}; of the replications alone {alone}), but its gain "
            "over the programme in force may be chance: {gain}."
        )
    if is_clear:
        return _(
            "{name} is {likely} to be worth most: it is so in {share} of the replications, and gains {gain} "
            "over the programme in force."
        )
    return _(
        "{name} is worth most in {share} of the replications, but its gain over the programme in force "
        "may be chance: {gain}."
    )


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


def _alone(rival: Rival) -> str:
    """How often it is worth most by the replications alone, beside a chance that holds more."""
    return figures.share(rival.best_by_chance, 0)


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
        columns=contest_tables.columns(programme, others),
    )


def _chances(rivals: Sequence[Rival]) -> None:
    figure = charts.ranks(
        [one.broken for one in rivals],
        [one.best for one in rivals],
        [theme.slot("scenario" if one.found else "baseline") for one in rivals],
        [_share(one) for one in rivals],
        [""] * len(rivals),
    )
    if rivals[0].best_by_chance is None:
        what = _("Share of the replications in which it is worth more than all others; who ties shares one")
        title = _("{name}: worth most in {share}")
    else:
        what = _(
            "How likely it is worth more than all others: chance, and what is not known of members; who ties "
            "shares it"
        )
        title = _("{name}: worth most with a chance of {share}")
    title = title.format(name=rivals[0].label, share=_share(rivals[0]))
    cards.chart(title, figure, "contest_chances", what)
