"""Proposals of values for rules and campaigns: what may change and must be kept, asked and told in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import figures, runs
from dashboard.complaints import complaint
from dashboard.i18n import N_, _, words
from dashboard.number_fields import number
from dashboard.page_record import Column
from dashboard.sandbox import sandbox_runs, scenario_words
from dashboard.sandbox.comparison import TABLED, Found
from dashboard.sandbox.questions.answer import Document
from dashboard.sandbox.questions.ranges import EMPTY, ends_of
from dashboard.sandbox.questions.turned import Turned
from dashboard.sandbox.questions.what_if import WhatIf
from dashboard.told import Told
from data.tables import Run
from loyalty_core.errors import InputError
from loyalty_core.metrics.metric import Unit
from simulation.constraints import Constraint, refuse_contradictions
from simulation.harm import FIGURES, HARMED
from simulation.levers import CAMPAIGNS, with_values

SIGNS = {"<=": N_("at most"), ">=": N_("at least")}
MOST_BOUNDS = 4


def form(what_if: WhatIf, key: Callable[[str], str], trials: int, nothing: str) -> dict[str, Any] | None:
    """Which rules and campaigns are set, between which ends, what must be kept, and how many proposals are
    tried; None where that cannot be asked. `nothing` says what counts where nothing must be kept."""
    known = {one.path: one for one in [*what_if.rules(), *what_if.of_campaigns()]}
    chosen = st.multiselect(
        _("What may change of rules and campaigns"),
        list(known),
        [one.path for one in what_if.changed()],
        format_func=lambda one: known[one].label,
        key=key("rules"),
    )
    levers = []
    for path in chosen:
        name, *places = st.columns([2, 1, 1], vertical_alignment="center")
        name.markdown(known[path].label)
        ends = ends_of(known[path], what_if.programme, places, key)
        levers.append(None if ends is None else known[path].asked_between(*ends))
    bounds = _bounds(what_if, key, nothing)
    with st.columns(2)[0]:
        tried = number(_("Proposals tried"), 2, 200, trials, step=10, key=key("trials"))
    wrong = [_(EMPTY)] if None in levers else _contradictions(bounds)
    for sentence in wrong:
        st.error(sentence, icon=":material/error:")
    if wrong or not levers:
        return None
    return {"levers": levers, "constraints": bounds, "trials": tried}


def asked(what_if: WhatIf, about: dict[str, Any]) -> str:
    """What may change and what must be kept."""
    named = what_if.by_path(about["levers"])
    kept = [_bound_in_words(Constraint.of(one)) for one in about["constraints"]]
    return _("; ").join([_(", ").join(one.label for one in named.values()), *kept])


def columns(what_if: WhatIf, run: Run, found: Sequence[Document]) -> list[Column]:
    """The rules' values of each proposal."""
    return [
        Column(
            lever.label,
            [
                Told(lever.written(what_if.programme, value), value)
                for value in (one["values"][path] for one in found)
            ],
            str,
        )
        for path, lever in what_if.by_path(run.payload["about"]["levers"]).items()
    ]


def to_try(what_if: WhatIf, run: Run, names: Sequence[str], found: Sequence[Document]) -> None:
    """A button for each proposal that runs it as a what-if."""
    with st.container(horizontal=True, gap="small"):
        for place, (name, one) in enumerate(zip(names, found, strict=True)):
            st.button(
                _("Try {candidate} as a what-if").format(candidate=name),
                icon=":material/tune:",
                type="primary" if place == 0 else "secondary",
                on_click=_try,
                args=(what_if, one["values"]),
                key=f"try:{run.id}:{place}",
                width="content",
            )


def _bounds(what_if: WhatIf, key: Callable[[str], str], nothing: str) -> list[str]:
    """The constraints entered, as the optimiser reads them."""
    compared = Found(what_if.run.result or {})
    known = [HARMED.name, *(name for name in TABLED if name in FIGURES and compared.has(name))]
    chosen = st.multiselect(
        _("What must be kept over the whole span"),
        known,
        format_func=lambda name: words(FIGURES[name].label),
        max_selections=MOST_BOUNDS,
        key=key("bounds"),
        placeholder=nothing,
    )
    return [_bound(what_if, name, key) for name in chosen]


def _bound(what_if: WhatIf, name: str, key: Callable[[str], str]) -> str:
    """One constraint: at most or at least so much, or such a share of what it is in force."""
    label, sign, amount, unit = st.columns([2, 1, 1, 1], vertical_alignment="center")
    label.markdown(words(FIGURES[name].label))
    signs = list(SIGNS) if FIGURES[name].direction <= 0 else [*SIGNS][::-1]
    is_harm = name == HARMED.name  # nobody is harmed by what is in force
    units = {"": _unit(what_if, name)}
    units = units if is_harm else {"%": _("% of what is in force")} | units
    hidden = {"label_visibility": "collapsed"}
    side = sign.selectbox(
        _("Bound"), signs, format_func=lambda one: _(SIGNS[one]), key=key(f"{name}:sign"), **hidden
    )
    value = amount.number_input(
        _("Amount"), value=10.0 if is_harm else 100.0, step=1.0, key=key(f"{name}:amount"), **hidden
    )
    of = unit.selectbox(
        _("Unit"), list(units), format_func=units.__getitem__, key=key(f"{name}:unit"), **hidden
    )
    if not of and FIGURES[name].unit is Unit.SHARE:
        value /= 100
    return f"{name}{side}{value:.12g}{of}"


def _unit(what_if: WhatIf, name: str) -> str:
    """What an amount of a metric is counted in."""
    unit = FIGURES[name].unit
    if unit is Unit.MONEY:
        return figures.currency_sign(what_if.programme.currency)
    return "%" if unit is Unit.SHARE else _("in number")


def _contradictions(bounds: list[str]) -> list[str]:
    try:
        refuse_contradictions([Constraint.of(one) for one in bounds])
    except InputError as error:
        return [complaint(error)]
    return []


def _bound_in_words(bound: Constraint) -> str:
    is_share = bound.relative or FIGURES[bound.metric].unit is Unit.SHARE
    amount = f"{bound.bound * 100:.6g}%" if is_share else figures.decimal(bound.bound, 0)
    told = {"metric": words(FIGURES[bound.metric].label), "bound": _(SIGNS[bound.sign]), "amount": amount}
    if bound.relative:
        return _("{metric} {bound} {amount} of what is in force").format(**told)
    return _("{metric} {bound} {amount}").format(**told)


def in_words(what_if: WhatIf, run: Run, values: Mapping[str, float]) -> str:
    """The values of a proposal."""
    levers = what_if.by_path(run.payload["about"]["levers"])
    return _(", ").join(_value_in_words(what_if, levers[path], value) for path, value in values.items())


def _value_in_words(what_if: WhatIf, lever: Turned, value: float) -> str:
    """A rule as what-ifs name their changes, what a campaign says of itself by its label."""
    group, _dot, name = lever.path.partition(".")
    if group == CAMPAIGNS:
        return _("{name} at {value}").format(name=lever.label, value=lever.written(what_if.programme, value))
    return scenario_words.changed(what_if.programme, name, _plain(value))


def _plain(value: float) -> float:
    """A whole number as such, as documents have it."""
    return int(value) if float(value).is_integer() else value


def _try(what_if: WhatIf, values: Mapping[str, float]) -> None:
    """Run the what-if with those values and open it, which fills the form: for an `on_click`."""
    scenario = with_values(what_if.scenario, {path: _plain(value) for path, value in values.items()})
    run = sandbox_runs.queue_beside(what_if.workspace, what_if.run, scenario)
    runs.open_run(sandbox_runs.NAME, run.id)
