"""Saved what-ifs: kept under a name, listed above the form, loaded by a click or by the address.

`loyalty simulate NAME` runs the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboard import runs
from dashboard.i18n import _, listed
from dashboard.jobs.proposed_run import MOST_MEMBERS
from dashboard.sandbox import scenario_form
from dashboard.sandbox.draft import Asked
from dashboard.sandbox.scenario_form import Use
from dashboard.sandbox.scenario_parts import PLAIN
from data.registry import SCENARIO, Registry
from data.tables import Saved
from simulation.scenario import LIVE, Scenario

NAME, RUN = "scenario", "run"
LONGEST = 80
_TYPED, _REPLACE = "sandbox:name", "sandbox:replace"


def opened(registry: Registry) -> Saved | None:
    """The saved what-if that the address names; None where it names none."""
    name = st.query_params.get(NAME, "")
    saved: Saved | None = registry.saved(SCENARIO, name) if name else None
    if name and saved is None:
        st.warning(_("No what-if is saved under the name {name}.").format(name=name))
    return saved


def start(saved: Saved) -> str:
    """What tells the form filled from this what-if from other starts. One that is saved anew elsewhere is the
    same start: what is being written here would be lost."""
    return f"{NAME}:{saved.id}"


def asked(saved: Saved) -> Asked:
    """What it asks, on as many members as the form proposes."""
    scenario = Scenario.model_validate({"name": saved.name, **saved.document})
    return Asked(scenario=scenario, members=MOST_MEMBERS)


def row(registry: Registry, now: Saved | None) -> None:
    """The saved ones by name; a click fills the form."""
    saved = registry.all_saved(SCENARIO)
    if not saved:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="saved"):
        st.caption(_("Saved what-ifs"), width="content")
        for one in saved:
            st.button(
                one.name.translate(PLAIN),
                icon=":material/bookmark:",
                type="secondary",
                disabled=now is not None and now.id == one.id,
                on_click=_load,
                args=(one.name,),
                key=f"saved:{one.id}",
                width="content",
            )


def saving(registry: Registry) -> Callable[[Callable[[Use], None]], None]:
    """Draws "Save as …" inside the form."""

    def draw(use: Callable[[Use], None]) -> None:
        with st.popover(_("Save as …"), icon=":material/bookmark_add:", key="sandbox:saving"):
            st.text_input(_("Name"), max_chars=LONGEST, key=_TYPED)
            st.checkbox(_("Replace what is saved under this name"), key=_REPLACE)
            st.form_submit_button(
                _("Save"), on_click=use, args=(lambda asked: _save(registry, asked),), key="sandbox:save"
            )

    return draw


def problem(name: str, taken: Mapping[str, Any], replace: bool) -> str:
    """What is wrong with a name for a what-if; nothing if it can be used on the command line too."""
    if not name:
        return _("A saved what-if needs a name.")
    if name == LIVE or name.startswith("-") or not name.isprintable() or any(sign in name for sign in "/\\"):
        return _("{name} cannot be a name: no slashes, no dash in front, and not the word live.").format(
            name=name
        )
    if name in taken and not replace:
        return _("{name} is taken. Tick “Replace” to save over it; taken: {names}.").format(
            name=name, names=listed(taken)
        )
    return ""


def _load(name: str) -> None:
    st.query_params.pop(RUN, None)
    runs.open_run(NAME, name)


def _save(registry: Registry, asked: Asked) -> str | None:
    """Keep what was asked under the name typed; the form then shows that one."""
    name = " ".join(str(st.session_state[_TYPED]).split())
    taken = {one.name: one for one in registry.all_saved(SCENARIO)}
    wrong = problem(name, taken, st.session_state[_REPLACE])
    if wrong:
        scenario_form.complain(wrong)
        return None
    named = asked.scenario.model_copy(update={"name": name})
    saved = registry.save(SCENARIO, name, named.model_dump(mode="json"))
    st.session_state[_TYPED], st.session_state[_REPLACE] = "", False
    st.toast(_("Saved as {name}").format(name=name), icon=":material/bookmark:")
    _load(name)
    return start(saved)
