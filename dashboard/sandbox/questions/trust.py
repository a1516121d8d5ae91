"""How far an answer can be trusted: forecasts of the programme's own past, and what the answer rests on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from dashboard import cards, figures
from dashboard.charts import Figure
from dashboard.i18n import N_, _, joined, ngettext, words
from dashboard.number_fields import number
from dashboard.page_record import Column
from dashboard.sandbox.questions import answer
from dashboard.sandbox.questions.answer import Document
from dashboard.sandbox.questions.dots import Marks, dots
from dashboard.sandbox.questions.what_if import WhatIf
from data.tables import Run
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.text import Text

ORIGINS, LONGEST, REPLICATIONS, DRAWS = 2, 3, 16, 6  # proposed, so that an answer takes a few minutes
LEVELS = ("50", "80", "90")
PLAIN = {
    "naive": N_("as of late"),
    "last_year": N_("as a year ago"),
    "hiatus": N_("recent buyers go on buying"),
}


def form(what_if: WhatIf, key: Callable[[str], str]) -> dict[str, Any]:
    """How often the past is cut off, how far ahead each time, and how closely."""
    fields = {
        "origins": (_("Times the past is cut off"), 1, 24, ORIGINS),
        "horizon_months": (_("Months forecast each time"), 1, 24, min(what_if.scenario.months, LONGEST)),
        "replications": (_("Runs at each"), 10, 200, REPLICATIONS),
        "draws": (_("Draws of each layer"), 2, 100, DRAWS),
    }
    with st.grid(4, min_column_width=190, gap="medium"):
        given = {
            name: number(label, least, most, usual, key=key(name))
            for name, (label, least, most, usual) in fields.items()
        }
    return given | {"gain": what_if.gain}


def asked(what_if: WhatIf, about: dict[str, Any]) -> str:
    """The question in words."""
    tests = ngettext("{count} test of the past", "{count} tests of the past", about["origins"])
    ahead = ngettext("{months} month ahead", "{months} months ahead", about["horizon_months"])
    told = [tests.format(count=about["origins"]), ahead.format(months=about["horizon_months"])]
    return _(", ").join(told)


def show(what_if: WhatIf, run: Run, found: Document) -> None:
    """The verdict with its reasons, how often intervals held, and how near forecasts of each figure came."""
    if "coverage_whole" not in found:  # still worked on, or told before the whole span was counted
        answer.so_far(what_if.programme, run, found)
        return
    days = [
        figures.span(*(date.fromisoformat(one[end]) for end in ("from", "to"))) for one in found["origins"]
    ]
    more = [_("tested on {days}").format(days=_(", ").join(days))]
    if (ends := found["intervals"].get("assumptions_share")) is not None:
        supposed = _("{share} of the variance rests on how members are supposed to respond ({low} to {high})")
        low, high = (figures.share(end, 0) for end in ends)
        more.append(supposed.format(share=figures.share(found["assumptions_share"], 0), low=low, high=high))
    answer.head(sentence(found), answer.provenance(run, found, *more))
    what = _(
        "Share that intervals held of figures over the whole span forecast (sum, or last close) and of "
        "single weeks, beside what they promise and chance allows"
    )
    cards.chart(_coverage_title(found), _coverage(found), "coverage", what, columns=_held_columns(found))
    cards.table(
        _("How near forecasts of the past came"),
        _columns(found),
        "passport",
        _("Over all weeks tested; WAPE is the sum of misses over the sum of what came"),
    )
    _ends(what_if, found)


def _ends(what_if: WhatIf, found: Document) -> None:
    """What the gain becomes with each supposition at both ends of its range."""
    rows = found["ends"]
    if not rows:
        return
    ends = {"gain_low": (_("Low end"), "low"), "gain_high": (_("High end"), "high")}
    columns = [Column(_("Supposition"), [words(Text(**row["name"])) for row in rows])]
    for gain, (label, end) in ends.items():
        columns += [
            Column(label, [row[end] for row in rows], lambda value: f"{value:g}"),
            Column(
                _("{end}: gain").format(end=label),
                [row[gain] for row in rows],
                partial(answer.gain, what_if.programme),
            ),
        ]
    title = _("No supposition turns the sign")
    if turned := [row for row in rows if row["turns"]]:
        title = _("{supposition} turns the sign").format(supposition=words(Text(**turned[0]["name"])))
    luck = answer.gain(what_if.programme, rows[0]["half_width"])
    what = _(
        "One at a time at both ends of what is known of it, on the same luck; chance moves a gain by {luck}"
    )
    cards.table(title, columns, "ends", what.format(luck=luck))


def sentence(found: Document) -> str:
    """The verdict, and why."""
    reasons = joined(words(Text(**one)) for one in found["reasons"])
    verdict = answer.begun(words(Text(**found["verdict_words"])))
    return _("{verdict}: {reasons}").format(verdict=verdict, reasons=reasons)


def _coverage_title(found: Document) -> str:
    whole, weekly = (row for level, _of_what, row in _hits(found) if level == LEVELS[-1])
    told = _("Intervals of {level}% held {held} of {trials} totals, and {share} of weeks")
    counts = {name: figures.count(whole[name]) for name in ("held", "trials")}
    return told.format(level=LEVELS[-1], share=figures.share(weekly["share"], 0), **counts)


def _hits(found: Document) -> list[tuple[str, str, Document]]:
    """Level, what was forecast in words, and the hits: of the whole span before those of weeks."""
    kinds = {"coverage_whole": _("whole span"), "coverage": _("week by week")}
    return [(level, of_what, found[name][level]) for level in LEVELS for name, of_what in kinds.items()]


def _names(found: Document) -> list[str]:
    named = _("{level}%, {of_what}")
    return [named.format(level=level, of_what=of_what) for level, of_what, _row in _hits(found)]


def _held_columns(found: Document) -> list[Column]:
    """What the chart shows."""
    rows = [row for _level, _of_what, row in _hits(found)]
    return [
        Column(_("Intervals"), _names(found)),
        Column(_("Held"), [row["share"] for row in rows], figures.share),
        Column(_("Trials"), [row["trials"] for row in rows], figures.count),
        Column(_("Chance, from"), [row["low_together"] for row in rows], figures.share),
        Column(_("Chance, to"), [row["high_together"] for row in rows], figures.share),
    ]


def _coverage(found: Document) -> Figure:
    rows = [row for _level, _of_what, row in _hits(found)]
    promised = [int(level) / 100 for level, _of_what, _row in _hits(found)]
    chance = Marks(
        label=_("Promised, and where chance may put it"),
        values=promised,
        below=[max(value - row["low_together"], 0.0) for value, row in zip(promised, rows, strict=True)],
        above=[max(row["high_together"] - value, 0.0) for value, row in zip(promised, rows, strict=True)],
        slot="baseline",
        hollow=True,
    )
    nothing = [0.0] * len(rows)
    held = Marks(
        label=_("Held"), values=[row["share"] for row in rows], below=nothing, above=nothing, slot="scenario"
    )
    return dots(
        _names(found), [chance, held], figures.share, lambda value: figures.share(value, 0), line=None
    )


def _columns(found: Document) -> list[Column]:
    rows = found["metrics"]
    known = [METRICS[row["metric"]] for row in rows]
    return [
        Column(_("Figure"), [words(metric.label) for metric in known]),
        Column(_("WAPE"), [row["wape"] for row in rows], figures.share),
        Column(_("Best plain forecast"), [_plain(row) for row in rows]),
        Column(_("Total error"), [row["total_error"] for row in rows], _signed),
        *(
            Column(_("In {level}%").format(level=level), [row["coverage"][level] for row in rows], _held)
            for level in LEVELS
        ),
    ]


def _plain(row: Document) -> str:
    """The plain forecast that came nearest, with its WAPE."""
    best = row["best_plain"]
    if best is None:
        return figures.UNKNOWN
    wape = figures.share(row["plain"][best]["wape"])
    return _("{name}: {wape}").format(name=_(PLAIN[best]), wape=wape)


def _signed(value: float | None) -> str:
    return figures.UNKNOWN if value is None else figures.signed_share(value)


def _held(value: float | None) -> str:
    return figures.share(value, 0)
