"""The form of the sandbox: the programme in force, value by value, and how the what-if is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import figures
from dashboard.i18n import _
from dashboard.sandbox import desk_form, levers
from dashboard.sandbox.usual import MOST_MEMBERS, USUAL
from loyalty_core.rules.programme import Programme
from simulation.scenario import Scenario
from simulation.scenario_calendar import DeskLine

_LOADED, _WRONG = "sandbox:loaded", "sandbox:wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A valid what-if: changed values by path, desks, horizon, replications, seed and members sampled."""

    changes: dict[str, levers.Number]
    desks: tuple[DeskLine, ...]
    months: int
    replications: int
    seed: int
    members: int

    def scenario(self, name: str) -> Scenario:
        """What is asked, under a name; how many members are sampled is said beside it."""
        return Scenario(
            name=name,
            changes=self.changes,
            desks=self.desks,
            months=self.months,
            replications=self.replications,
            seed=self.seed,
        )


Use = Callable[[Asked], str | None]


def form(
    programme: Programme,
    enrolled: int,
    opened: Mapping[str, Any] | None,
    name: str,
    run: Use,
    save: Callable[[Callable[[Use], None]], None],
) -> None:
    """The form; `run` is called with what was asked when it is sent and valid.

    `opened` holds the values that the form starts from, by name, and `name` tells one such start from
    another. What `run` returns is the name of the start that the fields then already show: they are not
    filled again, because the reader may be typing the next question by then. `save` draws what else the
    form can be used for, and is given the way to do so from an `on_click`.
    """
    _start_from(programme, enrolled, opened, name)

    def use(what: Use) -> None:
        _used(programme, what)

    with st.form("scenario", enter_to_submit=False, border=False):
        with st.grid(4, min_column_width=190, gap="medium"):
            for column in levers.COLUMNS:
                with st.container(gap="medium"):
                    for group in column:
                        _fields(programme, group)
            _run_fields(enrolled)
        for sentence in st.session_state.pop(_WRONG, []):
            st.error(sentence, icon=":material/error:")
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
                on_click=_reset,
                args=(programme, enrolled),
                key="sandbox:reset",
            )
            desk_form.fields(_key)
            save(use)


def values(scenario: Scenario) -> dict[str, Any]:
    """A scenario as the form's values by name, as far as the form has fields for it."""
    run = {name: getattr(scenario, name) for name in USUAL}
    return {**scenario.changes, **run, **desk_form.values(scenario.desks)}


def complain(sentence: str) -> None:
    """Say on the form what is wrong: for an `on_click`."""
    st.session_state[_WRONG] = [*st.session_state.get(_WRONG, []), sentence]


def _used(programme: Programme, what: Use) -> None:
    """Hand what was asked to `what` if it is valid; otherwise say what is wrong."""
    wrong = [*levers.problems(programme, _entered(programme)), *desk_form.problems(_at_desks())]
    st.session_state[_WRONG] = wrong
    if not wrong:
        st.session_state[_LOADED] = what(_asked(programme)) or st.session_state[_LOADED]


def _fields(programme: Programme, group: str) -> None:
    fields = [lever for lever in levers.levers(programme) if lever.group == group]
    if not fields:
        return
    with st.container(gap="small"):
        money = dict.fromkeys(levers.IN_MONEY, figures.currency_sign(programme.currency))
        unit = {**money, levers.REWARDS: _("points")}.get(group)
        st.markdown(f"**{_(group)}**" + (f" · {unit}" if unit else ""))
        for lever in fields:
            st.number_input(
                _("{name} (now {value})").format(name=lever.label, value=lever.written),
                min_value=lever.least,
                max_value=lever.most,
                value=None if lever.path == levers.EXPIRY else "min",
                step=lever.step,
                format=f"%.{lever.decimals}f" if lever.decimals else "%d",
                placeholder=_("never") if lever.path == levers.EXPIRY else "",
                key=_key(lever.path),
            )


def _run_fields(enrolled: int) -> None:
    with st.container(gap="small"):
        title = _("The run")
        st.markdown(f"**{title}**")
        st.number_input(_("Months ahead"), 1, 60, step=1, key=_key("months"))
        st.number_input(
            _("Replications"),
            2,
            200,
            step=1,
            key=_key("replications"),
            help=_("Each replication is another possible future; more of them make the intervals narrower."),
        )
        st.number_input(
            _("Members simulated"),
            1,
            max(enrolled, 1),
            step=1000,
            key=_key("members"),
            help=_("Fewer members are a random sample: faster, with wider intervals."),
        )
        st.number_input(
            _("Seed"),
            0,
            2**31,
            step=1,
            key=_key("seed"),
            help=_("The same seed meets the same luck: a run can be repeated exactly."),
        )


def _key(name: str) -> str:
    return f"sandbox:{name}"


def _in_force(programme: Programme, enrolled: int) -> dict[str, Any]:
    now = {lever.path: lever.now for lever in levers.levers(programme)}
    return {**now, **USUAL, **desk_form.values(()), "members": min(enrolled, MOST_MEMBERS)}


def _start_from(programme: Programme, enrolled: int, opened: Mapping[str, Any] | None, name: str) -> None:
    """Fill the fields when another run was opened; otherwise leave what the reader typed."""
    start = _in_force(programme, enrolled)
    if opened is not None:
        known = {path: value for path, value in opened.items() if path in start}
        start = {**start, **known, "members": min(known.get("members", enrolled), max(enrolled, 1))}
    another = st.session_state.get(_LOADED) != name
    st.session_state[_LOADED] = name
    for path, value in start.items():
        if another or _key(path) not in st.session_state:
            st.session_state[_key(path)] = value


def _reset(programme: Programme, enrolled: int) -> None:
    for path, value in _in_force(programme, enrolled).items():
        st.session_state[_key(path)] = value


def _entered(programme: Programme) -> dict[str, levers.Number]:
    return {lever.path: st.session_state[_key(lever.path)] for lever in levers.levers(programme)}


def _at_desks() -> dict[str, Any]:
    return {name: st.session_state[_key(name)] for name in desk_form.values(())}


def _asked(programme: Programme) -> Asked:
    run = {name: int(st.session_state[_key(name)]) for name in (*USUAL, "members")}
    changes = levers.changes(programme, _entered(programme))
    return Asked(changes=changes, desks=desk_form.lines(_at_desks()), **run)
