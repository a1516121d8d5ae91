"""What is asked first of a what-if: what it is worth, whether it pays, whom it moves, what that rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import figures, page_record, tiles
from dashboard.i18n import N_, _, joined, ngettext, words
from dashboard.page_record import Card, Column
from dashboard.sandbox import finding
from dashboard.sandbox.comparison import Found
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from simulation.evidence import Status

TITLE = N_("In short")
_MONEY = METRICS["revenue"]  # how amounts of money are written


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One answer: what it is about, the figure, and what is to be known beside it."""

    label: str
    value: str
    beside: str
    help: str = ""


def answered(
    found: Found, programme: Programme, changed: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]
) -> list[Tile]:
    """The four answers, where those values of the programme were changed; `parts` are what the result rests
    on."""
    money = found.document["money"]
    moved = _moved(found, programme, finding.changed_tiers(programme, changed))
    return [_gain(found, programme, money), _chance(found, money), moved, _rests(parts)]


def show(answers: Sequence[Tile]) -> None:
    """The answers side by side, and as a table to take along."""
    columns = [
        Column(_("Question"), [one.label for one in answers]),
        Column(_("Answer"), [one.value for one in answers], str),
        Column(_("Beside it"), [one.beside for one in answers]),
    ]
    note = answers[0].help
    page_record.now().cards.append(Card(key="verdict", title=_(TITLE), what=note, columns=columns))
    with st.grid(4, min_column_width=tiles.MIN_WIDTH, gap="small"):
        for place, one in enumerate(answers):
            with st.container(border=True, height="stretch", gap="xsmall", key=f"verdict_{place}"):
                st.caption(one.label, help=one.help or None)
                st.metric(one.label, figures.as_tall(one.value), label_visibility="collapsed")
                st.caption(one.beside)


def _gain(found: Found, programme: Programme, money: Mapping[str, Any]) -> Tile:
    gain = found.gain
    interval = finding.between(_MONEY, programme, gain)
    beside = _("95% interval {interval}").format(interval=interval)
    meaning = [words(Text(**one)) for one in (money["meaning"], *money["notes"])]
    return Tile(
        label=_("Gain over the programme in force"),
        value=finding.signed(_MONEY, programme, gain.mean, gain.values),
        beside=_(finding.ONE_RUN) if gain.is_of_one_run else beside,
        help=joined(meaning),
    )


def _chance(found: Found, money: Mapping[str, Any]) -> Tile:
    label = _("Chance that it pays")
    if found.gain.is_of_one_run:
        return Tile(label=label, value=figures.UNKNOWN, beside=_(finding.ONE_RUN))
    if not any(found.gain.values):  # half of what is neither better nor worse is a number, and no answer
        return Tile(label=label, value=figures.UNKNOWN, beside=_("no difference"))
    runs = ngettext(
        "{likely}; of {count} replication", "{likely}; of {count} replications", found.replications
    )
    likely, share = words(Text(**money["likely_better"])), figures.share(money["probability_better"], 0)
    if "by_chance" in money:
        beside = _("{likely}; of the replications alone {share}")
        return Tile(
            label=label,
            value=share,
            beside=beside.format(likely=likely, share=figures.share(money["by_chance"], 0)),
            help=_(
                "How likely it is worth more than the programme in force: chance, and what is not known of "
                "members, were gains normal. The replications alone count chance."
            ),
        )
    return Tile(
        label=label,
        value=share,
        beside=runs.format(likely=likely, count=found.replications),
        help=_("The share of the replications in which it is worth more than the programme in force."),
    )


def _moved(found: Found, programme: Programme, changed: Sequence[str]) -> Tile:
    """The tier that was changed, as in the sentence above; else the one whose members change most."""
    changes = {one.name: found.in_all("differences", "tier_members", one.name) for one in programme.tiers}
    known = {name: one for name, one in changes.items() if one.mean is not None}
    metric = METRICS["tier_members"]
    if not any(one.mean for one in known.values()):
        return Tile(label=_("Members in another tier"), value="0", beside=_("no difference"))
    most_first = sorted(known, key=lambda one: -abs(known[one].mean or 0.0))
    name = next(one for one in (*changed, *most_first) if one in known)
    most = known[name]
    tier = words(programme.tier_label(name))
    interval = finding.between(metric, programme, most)
    beside = _("95% interval {interval}").format(interval=interval)
    return Tile(
        label=_("Members in {tier}").format(tier=tier),
        value=finding.signed(metric, programme, most.mean, most.values),
        beside=_(finding.ONE_RUN) if most.is_of_one_run else beside,
        help=_("On the last day, of the tier that was changed or differs most; all of them stand below."),
    )


def _rests(parts: Sequence[Mapping[str, Any]]) -> Tile:
    supposed = sum(one["status"] == Status.ASSUMPTION.value for one in parts)
    told = _("{supposed} of {all}").format(supposed=supposed, all=len(parts))
    return Tile(
        label=_("Assumed numbers"),
        value=told,
        beside=_("the others are calibrated on this programme or published"),
        help=_("Every one stands at the end of this page with its value, its range and its source."),
    )
