"""Below a finished what-if: choose a question, ask it, and read its answer, which stands in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard import figures, number_fields, runs
from dashboard.i18n import N_, _
from dashboard.jobs.job_process import ensure_job_process, queued
from dashboard.jobs.simulation_hash import asked_hash
from dashboard.sandbox.questions import winning
from dashboard.sandbox.questions.kinds import QUESTIONS, Question
from dashboard.sandbox.questions.what_if import WhatIf
from data.registry import DONE
from data.tables import Run
from data.workspace import Workspace
from loyalty_core.errors import InputError

KIND, NAME = "question", "ask"
WINNERS = "winners"
MEMBERS = 10_000  # proposed, so that an answer takes about a minute
LOOKED_THROUGH, LISTED = 100, 5  # of earlier questions
STAGES = {"reading": N_("Reading the members and their history"), "working": N_("Simulating")}
_CHOSEN, _SEEN = "ask:question", "ask:seen"


def below(workspace: Workspace, run: Run) -> None:
    """The section below a what-if; nothing while that is not finished."""
    if run.status != DONE:
        return
    title = _("Ask further")
    st.header(title, anchor=False)
    try:
        workspace.registry.snapshot(run.payload["snapshot"])
    except InputError:
        st.caption(_("The data of this what-if are not kept any more: run it again to ask further of it."))
        return
    what_if = WhatIf(workspace, run)
    answer = runs.opened(workspace, KIND, NAME)
    answer = answer if answer is not None and what_if.is_asked_by(answer) else None
    if answer is not None and st.session_state.get(_SEEN) != answer.id:
        st.session_state[_SEEN], st.session_state[_CHOSEN] = answer.id, answer.payload["question"]
    chosen = st.segmented_control(
        title,
        list(QUESTIONS),
        format_func=lambda name: _(QUESTIONS[name].words),
        key=_CHOSEN,
        label_visibility="collapsed",
    )
    if chosen is None:
        st.caption(_("Questions about this what-if, answered from the same members, data and luck."))
        return
    with st.container(border=True, key="asking"):
        st.fragment(_form)(what_if, chosen)
        _earlier(what_if, chosen, answer)
    if answer is not None and answer.payload["question"] == chosen:
        _answer(what_if, answer)


def members_line(workspace: Workspace, run: Run) -> None:
    """Under the answers in short of a finished what-if: who wins and loses by what members did, or the way to
    find out."""
    if run.status != DONE:
        return
    what_if = WhatIf(workspace, run)
    payload = what_if.payload(WINNERS, winning.ABOUT, what_if.members, 1)
    known = workspace.registry.run_with_input(KIND, asked_hash(KIND, payload))
    if known is not None and known.result:
        said, what = winning.sentence(what_if.programme, known.result), _(QUESTIONS[WINNERS].what)
        st.markdown(f":material/groups: {figures.unmarked(said)}", help=what)
        return
    st.button(
        _(QUESTIONS[WINNERS].words),
        icon=":material/groups:",
        type="tertiary",
        on_click=_ask,
        args=(what_if, payload),
        help=_(QUESTIONS[WINNERS].what),
        key="ask:winners",
    )


def _form(what_if: WhatIf, chosen: str) -> None:
    """What the question is about and how closely it is answered; drawn anew by itself."""
    question = QUESTIONS[chosen]

    def key(name: str) -> str:
        return f"ask:{what_if.run.id}:{chosen}:{name}"

    st.caption(_(question.what))
    about = question.form(what_if, key)
    members, replications = _size(what_if, question, key) if question.simulates else (what_if.members, 1)
    wrong = number_fields.wrong(key(""))
    for sentence in wrong:
        st.error(sentence, icon=":material/error:")
    if st.button(_(question.button), key="ask:run", type="primary", icon=":material/play_arrow:",
                 disabled=about is None or bool(wrong)) and about is not None:  # fmt: skip
        _ask(what_if, what_if.payload(chosen, about, members, replications))
        st.rerun()


def _size(what_if: WhatIf, question: Question, key: Callable[[str], str]) -> tuple[int, int]:
    """How many members are simulated, and how often."""
    runs = question.replications
    with st.grid(2, min_column_width=190, gap="medium"):
        members = number_fields.number(
            _("Members simulated"),
            1,
            what_if.members,
            min(what_if.members, MEMBERS),
            step=1000,
            key=key("members"),
            help=_("Fewer members are a random sample: faster, with wider intervals."),
        )
        if runs is not None:
            runs = number_fields.number(
                _("Replications of each comparison"), 1, 200, runs, key=key("replications")
            )
    fewer_runs = runs is not None and runs < what_if.scenario.replications
    if members < what_if.members or fewer_runs:
        told = _(
            "The what-if itself took {members} members and {runs} replications; with fewer, an answer comes "
            "sooner and is less exact."
        )
        st.caption(told.format(members=figures.count(what_if.members), runs=what_if.scenario.replications))
    return members, runs or 1


def _ask(what_if: WhatIf, payload: dict[str, Any]) -> None:
    """Queue the question, or find the run that answered it, and open that."""
    run = queued(what_if.workspace.registry, KIND, payload, asked_hash(KIND, payload))
    ensure_job_process(what_if.workspace.folder)
    runs.open_run(NAME, run.id)


def _earlier(what_if: WhatIf, chosen: str, opened: Run | None) -> None:
    """What was asked before of this what-if; a click opens its answer."""
    known = what_if.workspace.registry.runs(kind=KIND, limit=LOOKED_THROUGH)
    mine = [one for one in known if one.payload["question"] == chosen and what_if.is_asked_by(one)]
    for one in mine[:LISTED]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            runs.badge(one)
            st.button(
                QUESTIONS[chosen].asked(what_if, one.payload["about"]),
                type="tertiary",
                disabled=opened is not None and one.id == opened.id,
                on_click=runs.open_run,
                args=(NAME, one.id),
                key=f"asked:{one.id}",
                width="content",
            )


def _answer(what_if: WhatIf, run: Run) -> None:
    """Progress and what was found so far, then the answer or why there is none."""
    show = QUESTIONS[run.payload["question"]].show
    if not runs.is_over(run):
        runs.follow(what_if.workspace, run, NAME, STAGES, lambda now: show(what_if, now, now.partial or {}))
        return
    runs.outcome(run)
    if document := run.result or run.partial:
        show(what_if, run, document)
