"""The form of the sandbox: the programme in force, value by value, what else is tried, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboard import figures, number_fields
from dashboard.i18n import _
from dashboard.jobs.proposed_run import MOST_MEMBERS, USUAL
from dashboard.sandbox import desk_form, draft, levers, rare_levers, scenario_parts
from dashboard.sandbox.draft import Asked, field_key
from dashboard.sandbox.lever import Lever, Number
from dashboard.sandbox.part import Around, of_this_one
from dashboard.sandbox.run_fields import (
    CLOSENESS,
    NEVER,
    behaviour,
    closeness,
    closeness_field,
    never,
    never_field,
    run_fields,
    tolerance,
)
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme
from simulation.scenario import Scenario

_LOADED, _WRONG = "sandbox:loaded", "sandbox:wrong"

Use = Callable[[Asked], str | None]


def form(
    around: Around,
    enrolled: int,
    opened: Asked | None,
    name: str,
    run: Use,
    save: Callable[[Callable[[Use], None]], None],
) -> None:
    """The form; `run` is called with what was asked when it is sent and valid.

    `opened` is what the form starts from, the programme in force where it is None, and `name` tells one such
    start from another. What `run` returns is the name of the start that the fields then already show: they
    are not filled again, because the reader may be typing the next question by then. `save` draws what else
    the form can be used for, and is given the way to do so from an `on_click`.
    """
    programme = around.programme
    _start_from(programme, enrolled, opened, name)

    def use(what: Use) -> None:
        _used(programme, what)

    with st.form("scenario", enter_to_submit=False, border=False):
        with st.grid(4, min_column_width=190, gap="medium"):
            for column in levers.COLUMNS:
                with st.container(gap="medium"):
                    for group in column:
                        _fields(programme, group)
            with st.container(gap="small"):
                title = _("The run")
                st.markdown(f"**{title}**")
                run_fields(enrolled, field_key)
        _folded(programme)
        scenario_parts.rows(around, lambda: take_over(programme))
        for sentence in st.session_state.pop(_WRONG, []):
            st.error(sentence, icon=":material/error:")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="also"):
            st.caption(_("Also try"), width="content")
            scenario_parts.offers(around, lambda: take_over(programme))
            desk_form.fields(field_key)
            scenario_parts.document_offer(lambda: take_over(programme))
        with st.container(horizontal=True, vertical_alignment="center"):
            # In callbacks: they are done before the script runs, which the next click may interrupt.
            st.form_submit_button(
                _("Run the what-if"),
                type="primary",
                icon=":material/play_arrow:",
                on_click=use,
                args=(run,),
                key="sandbox:run",
            )
            st.form_submit_button(
                _("Back to the programme in force"),
                icon=":material/undo:",
                on_click=lambda: fill(programme, in_force(enrolled)),
                key="sandbox:reset",
            )
            save(use)
    scenario_parts.dialog(around, lambda asked: fill(programme, asked))


def in_force(enrolled: int) -> Asked:
    """The programme as it is, in the run that is proposed."""
    return Asked(scenario=Scenario(**USUAL), members=min(enrolled, MOST_MEMBERS))


def fill(programme: Programme, asked: Asked) -> None:
    """Let the form show that what-if: for an `on_click`."""
    draft.put(asked)
    for name, value in _values(programme, asked).items():
        st.session_state[field_key(name)] = value


def complain(sentence: str) -> None:
    """Say on the form what is wrong: for an `on_click`."""
    st.session_state[_WRONG] = [*st.session_state.get(_WRONG, []), sentence]


def take_over(programme: Programme) -> None:
    """What the fields show becomes part of the draft, right or wrong."""
    asked, fields = draft.now(), levers.levers(programme)
    shown = {name: st.session_state[field_key(name)] for name in _values(programme, asked)}
    entered = {lever.path: shown[lever.path] for lever in fields}
    kept = {
        path: value
        for path, value in asked.scenario.changes.items()
        if path not in entered or not _field(fields, path).shows(value)
    }
    parts = {
        "changes": kept | levers.changes(programme, entered),
        "behaviour": behaviour(asked.scenario, shown[NEVER]),
        "desks": desk_form.lines(shown, asked.scenario.desks),
        "tolerance": tolerance(asked.scenario, shown[CLOSENESS]),
        **{name: shown[name] for name in USUAL},
    }
    scenario = asked.scenario.model_copy(update=parts)
    draft.put(Asked(scenario=scenario, members=shown["members"]))


def _used(programme: Programme, what: Use) -> None:
    """Hand what was asked to `what` if it is valid; otherwise say what is wrong."""
    take_over(programme)
    st.session_state[_WRONG] = number_fields.wrong(field_key("")) or problems(programme, draft.now().scenario)
    if not st.session_state[_WRONG]:
        st.session_state[_LOADED] = what(draft.now()) or st.session_state[_LOADED]


def problems(programme: Programme, scenario: Scenario) -> list[str]:
    """What is wrong with a what-if, one sentence each."""
    found = [*levers.out_of_order(programme, scenario.changes), *desk_form.problems(scenario.desks)]
    if found:
        return found
    try:
        scenario.check(programme)
    except InputError as error:
        return [of_this_one(error)]
    return []


def _field(fields: list[Lever], path: str) -> Lever:
    return next(lever for lever in fields if lever.path == path)


def _fields(programme: Programme, group: str) -> None:
    fields = [lever for lever in levers.levers(programme) if lever.group == group]
    if not fields:
        return
    with st.container(gap="small"):
        money = figures.currency_sign(programme.currency)
        in_money = all(lever.in_money for lever in fields)
        unit = money if in_money else {levers.REWARDS: _("points")}.get(group)
        st.markdown(f"**{_(group)}**" + (f" · {unit}" if unit else ""))
        for lever in fields:
            levers.field(lever, field_key(lever.path))


def _folded(programme: Programme) -> None:
    """The rules that are changed less often, and how closely the answer is to be known."""
    with (
        st.expander(
            _("More rules, and how exact the answer is"), icon=":material/rule_settings:", key="sandbox:more"
        ),
        st.grid(4, min_column_width=190, gap="medium"),
    ):
        for group in rare_levers.GROUPS:
            _fields(programme, group)
        for title, field in ((_("Supposed"), never_field), (_("How closely"), closeness_field)):
            with st.container(gap="small"):
                st.markdown(f"**{title}**")
                field(field_key)


def _values(programme: Programme, asked: Asked) -> dict[str, Any]:
    """The form's fields by name, as that what-if has them."""
    scenario = asked.scenario
    given: Mapping[str, Any] = scenario.changes
    values = {lever.path: _shown(lever, given) for lever in levers.levers(programme)}
    run = {name: getattr(scenario, name) for name in USUAL}
    further = {CLOSENESS: closeness(scenario), NEVER: never(scenario)}
    return {**values, **run, **further, **desk_form.values(scenario.desks), "members": asked.members}


def _shown(lever: Lever, given: Mapping[str, Any]) -> Number:
    value: Number = given.get(lever.path, lever.now)
    return value if lever.shows(value) else lever.now


def _start_from(programme: Programme, enrolled: int, opened: Asked | None, name: str) -> None:
    """Fill the fields when another what-if was opened; otherwise leave what the reader typed."""
    another = st.session_state.get(_LOADED) != name
    st.session_state[_LOADED] = name
    if another:
        start = opened or in_force(enrolled)
        draft.put(Asked(scenario=start.scenario, members=min(start.members, max(enrolled, 1))))
    for field, value in _values(programme, draft.now()).items():
        if another or field_key(field) not in st.session_state:
            st.session_state[field_key(field)] = value
