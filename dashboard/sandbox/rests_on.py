"""What a finished what-if rests on, found out unasked.

Shares of its uncertainty, whether its sign holds, its verdict, and how far its levels may be off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import cards, figures
from dashboard.i18n import N_, _, joined, words
from dashboard.jobs.first_look import first_look, is_looked_at
from dashboard.jobs.questions import standing_passport
from dashboard.page_record import Column
from dashboard.sandbox import finding
from dashboard.sandbox.comparison import Estimate
from dashboard.sandbox.questions import answer
from data.formula_guard import guarded
from data.registry import DONE
from data.tables import Run
from data.workspace import Workspace
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme, programme_from_dict
from loyalty_core.text import Text
from simulation.answer_passport import of_answer
from simulation.ends import turning
from simulation.forecast import drawn_too, forecasts

REFRESH_SECONDS = 3.0
LEVELS = ("revenue", "purchases", "members_active", "points_issued", "points_redeemed", "points_outstanding",
          "reward_cost")  # fmt: skip
SUPPOSED = N_("{share} of the uncertainty is how members are supposed to respond (from {low} to {high}).")
HOLDS = N_("No supposition turns its sign, at either end of what is known of it.")
UNTESTED = N_("No backtest of these data stands yet: ask “{question}” for the verdict.")


def line(workspace: Workspace, run: Run) -> None:
    """Under the answers in short: what the gain rests on, as soon as that is known."""
    if run.status != DONE:
        return
    found = first_look(workspace, run)
    if found is not None:
        st.markdown(
            f":material/balance: {figures.unmarked(sentence(found, _past(workspace, run)))}",
            help=_help(found),
        )
    elif is_looked_at(workspace, run):
        st.fragment(_awaited, run_every=REFRESH_SECONDS)(workspace, run)


def drawn(workspace: Workspace, run: Run, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The result with chances that hold what is not known as well, as soon as that is drawn."""
    found = first_look(workspace, run) if run.status == DONE else None
    if found is None:
        return result
    past = _past(workspace, run)
    return drawn_too(result, found, past["widening"] if past else None)


def levels(workspace: Workspace, run: Run) -> None:
    """How far figures of the whole span may be off on both sides, as soon as that is known."""
    found = first_look(workspace, run) if run.status == DONE else None
    if found is None or run.result is None:
        return
    past, programme = _past(workspace, run), programme_from_dict(run.payload["programme"])
    widening = past["widening"] if past else None
    rows = forecasts(run.result["horizon"], run.result["replications"], found["levels"], widening)
    by_metric = {row["metric"]: row for row in rows if "member_tier" not in row}
    rows = [by_metric[metric] for metric in LEVELS if metric in by_metric]
    if not rows:
        return
    columns = [
        Column(_("Figure"), [guarded(words(METRICS[row["metric"]].label)) for row in rows]),
        Column(_("Programme in force"), [_between(row, "baseline", programme) for row in rows], str),
        Column(_("What-if"), [_between(row, "scenario", programme) for row in rows], str),
    ]
    cards.table(_("How far levels may be off"), columns, "forecasts", _told(widening))


def sentence(found: Mapping[str, Any], past: Mapping[str, Any] | None) -> str:
    """Shares, the sign, and the verdict where a backtest stands."""
    share = found.get("assumptions_share", 0.0)
    low, high = found["intervals"].get("assumptions_share", (0.0, 0.0))
    told = _(SUPPOSED).format(
        share=figures.share(share, 0), low=figures.share(low, 0), high=figures.share(high, 0)
    )
    if past is not None:
        whole = of_answer(past, found)
        reasons = joined(words(Text(**one)) for one in whole["reasons"])
        verdict = answer.begun(words(Text(**whole["verdict_words"])))
        return joined([_("{verdict}: {reasons}").format(verdict=verdict, reasons=reasons), told])
    turned = turning(found["ends"])
    sign = _(HOLDS) if turned is None else words(turned)
    return joined([told, sign, _(UNTESTED).format(question=_("Can it be trusted?"))])


def _help(found: Mapping[str, Any]) -> str:
    """How that was found out."""
    return _(
        "Found out unasked by runs of {members} members on the same luck: what is not known was drawn anew, "
        "and every supposition put at both ends of its range. The range is a 90% interval; “What makes it "
        "uncertain?” asks more closely."
    ).format(members=figures.count(found["members"]))


def _awaited(workspace: Workspace, run: Run) -> None:
    if first_look(workspace, run) is not None:
        st.rerun()
    st.caption(_("What this rests on is being looked into, when nothing else is to be done."))


def _past(workspace: Workspace, run: Run) -> dict[str, Any] | None:
    """What the latest backtest of the same data said."""
    snapshot = workspace.snapshot(run.payload["snapshot"])
    return standing_passport(workspace, snapshot, programme_from_dict(run.payload["programme"]))


def _told(widening: float | None) -> str:
    """Of what the intervals are made."""
    made = _(
        "90% intervals of what comes over the whole span (flows) or at its end: chance, and what is not known"
    )
    if widening is None:
        return _("{made}; not widened, as no backtest of these data stands").format(made=made)
    times = figures.decimal(widening, 2)
    return _("{made}; {times} times as wide as drawn, as the backtest found").format(made=made, times=times)


def _between(row: Mapping[str, Any], side: str, programme: Programme) -> str:
    metric, one = METRICS[row["metric"]], Estimate(**row[side])
    ends = finding.from_to(*(finding.level(metric, programme, end) for end in (one.low, one.high)))
    return _("{mean} ({interval})").format(mean=finding.level(metric, programme, one.mean), interval=ends)
