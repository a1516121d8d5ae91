"""The whole what-if as a document: shown, written, taken along and brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from dashboard.complaints import complaint
from dashboard.i18n import N_, _
from dashboard.sandbox import draft, levers, limit_parts, open_dialog, scenario_words
from dashboard.sandbox.draft import Asked
from dashboard.sandbox.part import Around, of_this_one
from dashboard.sandbox.run_fields import MOST_SEED, behaviour, closeness, never
from dashboard.upload_words import in_the_readers_language
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme
from simulation.scenario import Scenario, scenario_from_yaml, scenario_to_yaml

NAME, TITLE, ICON = "document", N_("As a document"), ":material/code:"
LONGEST = 200_000  # letters
LARGEST_MB = 1  # of a file
_TEXT, _FILE = "sandbox:document", "sandbox:document file"

Fill = Callable[[Asked], None]


def begin() -> None:
    """Open the dialog with the draft as it is: for an `on_click`."""
    st.session_state[_TEXT] = scenario_to_yaml(draft.now().scenario)
    open_dialog.begin(NAME)


def dialog(around: Around, fill: Fill) -> None:
    """The document in its dialog; `fill` lets the form show another what-if."""
    st.dialog(_(TITLE), width="large", icon=ICON, on_dismiss=open_dialog.close)(_written)(around, fill)


def further(programme: Programme, scenario: Scenario) -> list[str]:
    """What the what-if says for which the form has no field."""
    told = [
        scenario_words.changed(programme, path, value)
        for path, value in scenario.changes.items()
        if not _has_field(programme, path, value)
    ]
    told += [scenario_words.value_at(path, value) for path, value in behaviour(scenario, None).items()]
    if scenario.tolerance is not None and closeness(scenario) is None:
        told.append(_("known to within {tolerance}").format(tolerance=scenario.tolerance))
    return told


def forget_further(programme: Programme) -> None:
    """Take that away: for an `on_click`."""
    changes = draft.now().scenario.changes.items()
    kept = {path: value for path, value in changes if _has_field(programme, path, value)}
    scenario = draft.now().scenario
    supposed = behaviour(Scenario(), never(scenario))
    draft.change(
        changes=kept, behaviour=supposed, tolerance=scenario.tolerance if closeness(scenario) else None
    )


def _has_field(programme: Programme, path: str, value: object) -> bool:
    """Whether a field shows it, if only because it was entered there: a wrong one is told of the field."""
    lever = next((one for one in levers.levers(programme) if one.path == path), None)
    stands_there = st.session_state.get(draft.field_key(path)) == value
    return limit_parts.is_stock(path) or (lever is not None and (lever.shows(value) or stands_there))


def _written(around: Around, fill: Fill) -> None:
    open_dialog.end_if_closed()
    st.caption(
        _(
            "All that this what-if says; what is left out is as usual. More can be said here than the form "
            "has fields for: the page “The scenario document” of the documentation tells every one."
        )
    )
    st.text_area(_(TITLE), height=380, max_chars=LONGEST, label_visibility="collapsed", key=_TEXT)
    in_the_readers_language(f"{LARGEST_MB} MB")
    st.file_uploader(
        _("Bring a document from a file"),
        type=["yaml", "yml"],
        max_upload_size=LARGEST_MB,
        key=_FILE,
        on_change=_brought,
    )
    open_dialog.complaint_so_far()
    with st.container(horizontal=True):
        st.button(
            _("Use it in the form"),
            type="primary",
            on_click=_use,
            args=(around, fill),
            key="sandbox:document use",
        )
        st.download_button(
            _("Take it along"),
            st.session_state[_TEXT],
            file_name="scenario.yaml",
            mime="application/yaml",
            icon=":material/download:",
            on_click="ignore",
            key="sandbox:document download",
        )


def _brought() -> None:
    """The text of the file stands in the field, to be read before it is used."""
    file = st.session_state[_FILE]
    open_dialog.nothing_is_wrong()
    if file is None:
        return
    try:
        st.session_state[_TEXT] = file.getvalue().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        open_dialog.complain(complaint(f"{file.name}: cannot be read as UTF-8 text ({error})"))


def _use(around: Around, fill: Fill) -> None:
    """Let the form show what the document says, if it can be."""
    try:
        scenario = read(around.programme, st.session_state[_TEXT])
    except InputError as error:
        open_dialog.complain(of_this_one(error))
        return
    fill(replace(draft.now(), scenario=scenario))
    open_dialog.close()


def read(programme: Programme, text: str) -> Scenario:
    """The scenario that a document tells; InputError where it tells none that can be run."""
    where = _("document")
    before = draft.now().scenario.name
    scenario = scenario_from_yaml(text, where, before)
    if scenario.seed > MOST_SEED:
        raise InputError(_("{where}: seed: at most {most}").format(where=where, most=MOST_SEED))
    scenario.check(programme)
    return scenario
