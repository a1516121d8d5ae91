"""What the chances and regrets of a contest rest on: what is drawn for all of its rivals at once, found out
unasked, and the way to have it drawn where it was not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import figures, runs
from dashboard.i18n import N_, _, joined, listed, ngettext, words
from dashboard.jobs import contest_draws
from dashboard.jobs.first_look import first_look, is_looked_at
from dashboard.jobs.job_process import ensure_job_process, queued
from dashboard.jobs.simulation_hash import asked_hash
from data.registry import DONE
from data.tables import Run
from data.workspace import Workspace
from simulation.layers import PARTS

NAME = "chances"  # in the address
REFRESH_SECONDS = 3.0
STAGES = {"reading": N_("Reading the members and their history"), "working": N_("Drawing what is not known")}
CHANCE_ALONE = N_("Chances and regret count chance alone, as the replications tell it.")


def drawn(workspace: Workspace, contest: Run, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The contest with chances and regret that hold what is not known, as soon as that is drawn."""
    found = first_look(workspace, contest) if contest.status == DONE else None
    asked = found and contest_draws.of_run(workspace, contest.payload, document)
    return contest_draws.with_draws(asked, document, found) if found and asked else document


def line(workspace: Workspace, contest: Run, document: Mapping[str, Any]) -> None:
    """Under the sentence: what was drawn; else that it is being drawn, or the way to ask for it."""
    if contest.status != DONE or len(document.get("worths", ())) == 1:
        return  # what there is so far says itself of how few runs it is
    if "draws" in document:
        st.markdown(f":material/balance: {sentence(document)}", help=_help(document))
        return
    asked = contest_draws.of_run(workspace, contest.payload, document)
    if asked is None:
        _not_asked(document)
    elif is_looked_at(workspace, contest):
        st.fragment(_awaited, run_every=REFRESH_SECONDS)(workspace, contest)
    else:
        _asking(workspace, contest, {"members": asked.members})


def in_short(document: Mapping[str, Any]) -> str:
    """What chances and regret hold."""
    if "draws" not in document:
        return _(CHANCE_ALONE)
    parts = [
        ngettext("{what} ({count} draw)", "{what} ({count} draws)", count).format(
            what=words(PARTS[f"{layer}_share"]), count=count
        )
        for layer, count in document["draws"].items()
    ]
    return _("Chances and regret hold chance and what is not known: {parts}.").format(parts=listed(parts))


def sentence(document: Mapping[str, Any]) -> str:
    """What chances and regret hold beside chance, and whether what forecasts missed is in them."""
    if document["widening"] is None:
        past = _("What forecasts of the past missed is not in them, as no backtest of these data stands.")
    else:
        past = _("What forecasts of the past missed is in them, too.")
    return joined([in_short(document), past])


def _help(document: Mapping[str, Any]) -> str:
    return _(
        "Found out by runs of {members} members in which all what-ifs and the programme in force meet the "
        "same draws and the same luck. What each is worth is taken for normal. Beside each figure stands "
        "what the replications alone say, which count chance."
    ).format(members=figures.count(document["drawn_of"]))


def _awaited(workspace: Workspace, contest: Run) -> None:
    if first_look(workspace, contest) is not None:
        st.rerun()
    being = _("What is not known of members is being drawn, when nothing else is to be done.")
    st.caption(joined([_(CHANCE_ALONE), being]))


def _not_asked(document: Mapping[str, Any]) -> None:
    """Where nothing can be drawn, as the run is too old or its data are not kept; all alike need no draws."""
    if "worths" not in document or any(len({*row}) > 1 for row in document["worths"]):
        again = _("Run them side by side again to have drawn what is not known of members, too.")
        st.caption(joined([_(CHANCE_ALONE), again]))


def _asking(workspace: Workspace, contest: Run, about: Mapping[str, Any]) -> None:
    """The way to have drawn what nobody draws unasked; then how far that is, and how it ended."""
    payload = {**contest.payload, **about, "draws": contest_draws.DRAWS}
    asked = runs.opened(workspace, contest_draws.KIND, NAME)
    if asked is not None and asked.payload == payload:
        if not runs.is_over(asked):
            runs.follow(workspace, asked, NAME, STAGES)
            return
        runs.outcome(asked)
    st.caption(_(CHANCE_ALONE))
    st.button(
        _("Draw what is not known of members, too"),
        icon=":material/balance:",
        type="tertiary",
        on_click=_ask,
        args=(workspace, payload),
        help=_("All what-ifs meet the same draws; it takes about a minute."),
        key="contest:draw",
    )


def _ask(workspace: Workspace, payload: dict[str, Any]) -> None:
    run = queued(workspace.registry, contest_draws.KIND, payload, asked_hash(contest_draws.KIND, payload))
    ensure_job_process(workspace.folder)
    runs.open_run(NAME, run.id)
