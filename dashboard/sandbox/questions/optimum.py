"""What would be best: values of rules and campaigns that gain most within constraints, on fresh luck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboard import cards, charts, figures, runs
from dashboard.complaints import complaint
from dashboard.i18n import N_, _, joined, words
from dashboard.number_fields import number
from dashboard.sandbox import sandbox_runs, scenario_words
from dashboard.sandbox.comparison import Found
from dashboard.sandbox.comparison_page import TABLED
from dashboard.sandbox.questions import answer
from dashboard.sandbox.questions.answer import Document
from dashboard.sandbox.questions.dots import Marks, dots
from dashboard.sandbox.questions.ranges import EMPTY, ends_of
from dashboard.sandbox.questions.turned import Turned
from dashboard.sandbox.questions.what_if import WhatIf
from dashboard.seen import Column
from data.tables import Run
from loyalty_core.errors import InputError
from loyalty_core.metrics.dictionary import METRICS, Unit
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from simulation.levers import CAMPAIGNS, with_values
from simulation.optimising import Constraint, refuse_contradictions

SIGNS = {"<=": N_("at most"), ">=": N_("at least")}
MOST_BOUNDS = 4
TRIALS = 20


def form(what_if: WhatIf, key: Callable[[str], str]) -> dict[str, Any] | None:
    """Which rules and campaigns are set, between which ends, and what must be kept; None where that cannot be
    asked."""
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
    bounds = _bounds(what_if, key)
    with st.columns(2)[0]:
        trials = number(_("Proposals tried"), 2, 200, TRIALS, step=10, key=key("trials"))
    wrong = [_(EMPTY)] if None in levers else _contradictions(bounds)
    for sentence in wrong:
        st.error(sentence, icon=":material/error:")
    if wrong or not levers:
        return None
    return {"levers": levers, "constraints": bounds, "trials": trials}


def asked(what_if: WhatIf, about: dict[str, Any]) -> str:
    """The question in words: what may change and what must be kept."""
    named = what_if.by_path(about["levers"])
    kept = [_bound_in_words(Constraint.of(one)) for one in about["constraints"]]
    return _("; ").join([_(", ").join(one.label for one in named.values()), *kept])


def show(what_if: WhatIf, run: Run, found: Document) -> None:
    """The candidates on fresh luck, and the way to try one."""
    if "candidates" not in found:
        if "best_so_far" in found:
            _so_far(what_if, run, found)
        return
    trials = _("{feasible} of {trials} proposals kept the constraints").format(**found)
    answer.head(
        sentence(what_if, run, found), answer.provenance(run, found, trials, answer.replications(run))
    )
    what = _("Tried again on luck that the search never met; what the search found is usually too good")
    names = [_("Candidate {number}").format(number=one + 1) for one in range(len(found["candidates"]))]
    title = _("Gains of the candidates on fresh luck, with 95% intervals")
    gains = _gains(what_if.programme, names, found["candidates"])
    cards.chart(title, _chart(what_if, names, found["candidates"]), "optimum", what, columns=gains)
    columns = _columns(what_if, run, names, found["candidates"])
    cards.table(_("The best candidates"), columns, "optimum_table", what)
    with st.container(horizontal=True, gap="small"):
        for number, (name, one) in enumerate(zip(names, found["candidates"], strict=True)):
            st.button(
                _("Try {candidate} as a what-if").format(candidate=name),
                icon=":material/tune:",
                type="primary" if number == 0 else "secondary",
                on_click=_try,
                args=(what_if, one["values"]),
                key=f"try:{run.id}:{number}",
                width="content",
            )


def _so_far(what_if: WhatIf, run: Run, found: Document) -> None:
    """The best proposal of a search that is not over, or was not to be."""
    best = found["best_so_far"]
    told = _("Best so far in the search: {values}; gain {gain}, usually too good.").format(
        values=_in_words(what_if, run, best["values"]), gain=answer.gain(what_if.programme, best["searched"])
    )
    answer.head(told, answer.provenance(run, found, answer.replications(run)))


def sentence(what_if: WhatIf, run: Run, found: Document) -> str:
    """The best candidate, what is to be thought of its gain, and whether the constraints hold."""
    best, programme = found["candidates"][0], what_if.programme
    sure = _("Best found: {values}; gain {gain} (95% interval {interval}).")
    unsure = _("Best found: {values}; gain {gain} (95% interval {interval}): {reading}.")
    told = (sure if answer.is_clear(best["gain"], best["half_width"]) else unsure).format(
        values=_in_words(what_if, run, best["values"]),
        gain=answer.gain(programme, best["gain"]),
        interval=answer.interval(programme, best["gain"], best["half_width"]),
        reading=words(Text(**best["gain_in_words"])),
    )
    if not run.payload["about"]["constraints"]:
        return told
    kept, broken = _("Every constraint is kept."), _("On fresh luck not every constraint is kept.")
    return joined([told, kept if best["holds"] else broken])


def _bounds(what_if: WhatIf, key: Callable[[str], str]) -> list[str]:
    """The constraints entered, as the optimiser reads them."""
    compared = Found(what_if.run.result or {})
    known = [name for name in TABLED if compared.has(name)]
    chosen = st.multiselect(
        _("What must be kept over the whole span"),
        known,
        format_func=lambda name: words(METRICS[name].label),
        max_selections=MOST_BOUNDS,
        key=key("bounds"),
        placeholder=_("Nothing: only the gain counts"),
    )
    return [_bound(what_if, name, key) for name in chosen]


def _bound(what_if: WhatIf, name: str, key: Callable[[str], str]) -> str:
    """One constraint: at most or at least so much, or such a share of what it is in force."""
    label, sign, amount, unit = st.columns([2, 1, 1, 1], vertical_alignment="center")
    label.markdown(words(METRICS[name].label))
    signs = list(SIGNS) if METRICS[name].direction <= 0 else [*SIGNS][::-1]
    units = {"%": _("% of what is in force"), "": _unit(what_if, name)}
    hidden = {"label_visibility": "collapsed"}
    side = sign.selectbox(
        _("Bound"), signs, format_func=lambda one: _(SIGNS[one]), key=key(f"{name}:sign"), **hidden
    )
    value = amount.number_input(_("Amount"), value=100.0, step=1.0, key=key(f"{name}:amount"), **hidden)
    of = unit.selectbox(
        _("Unit"), list(units), format_func=units.__getitem__, key=key(f"{name}:unit"), **hidden
    )
    if not of and METRICS[name].unit is Unit.SHARE:
        value /= 100
    return f"{name}{side}{value:.12g}{of}"


def _unit(what_if: WhatIf, name: str) -> str:
    """What an amount of a metric is counted in."""
    unit = METRICS[name].unit
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
    is_share = bound.relative or METRICS[bound.metric].unit is Unit.SHARE
    amount = f"{bound.bound * 100:.6g}%" if is_share else figures.decimal(bound.bound, 0)
    told = {"metric": words(METRICS[bound.metric].label), "bound": _(SIGNS[bound.sign]), "amount": amount}
    if bound.relative:
        return _("{metric} {bound} {amount} of what is in force").format(**told)
    return _("{metric} {bound} {amount}").format(**told)


def _in_words(what_if: WhatIf, run: Run, values: Mapping[str, float]) -> str:
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


def _gains(programme: Programme, names: list[str], candidates: list[Document]) -> list[Column]:
    """What the chart shows."""
    return [
        Column(_("Candidate"), names),
        Column(_("Gain"), [one["gain"] for one in candidates], lambda value: answer.gain(programme, value)),
        Column(
            _("95% interval"),
            [answer.interval(programme, one["gain"], one["half_width"]) for one in candidates],
            str,
        ),
        Column(_("Reading"), [words(Text(**one["gain_in_words"])) for one in candidates]),
        Column(
            _("Gain in the search"),
            [one["searched"] for one in candidates],
            lambda value: answer.gain(programme, value),
        ),
    ]


def _columns(what_if: WhatIf, run: Run, names: list[str], candidates: list[Document]) -> list[Column]:
    """The rules' values of each candidate between its name and what it gains, then what is kept."""
    name, *gains = _gains(what_if.programme, names, candidates)
    rules = [
        Column(
            lever.label, [lever.written(what_if.programme, one["values"][path]) for one in candidates], str
        )
        for path, lever in what_if.by_path(run.payload["about"]["levers"]).items()
    ]
    kept = [_("kept") if one["holds"] else _("not kept") for one in candidates]
    bounds = [Column(_("Constraints"), kept)] if run.payload["about"]["constraints"] else []
    return [name, *rules, *gains, *bounds]


def _chart(what_if: WhatIf, names: list[str], candidates: list[Document]) -> charts.Figure:
    """A mark with its interval for each candidate, and pale the gain that the search promised."""
    programme = what_if.programme
    halves, nothing = [one["half_width"] or 0.0 for one in candidates], [0.0] * len(candidates)
    promised = Marks(
        label=_("In the search"),
        values=[one["searched"] for one in candidates],
        below=nothing,
        above=nothing,
        slot="baseline",
        hollow=True,
    )
    fresh = Marks(
        label=_("On fresh luck"),
        values=[one["gain"] for one in candidates],
        below=halves,
        above=halves,
        slot="scenario",
    )
    return dots(
        names,
        [promised, fresh],
        lambda value: answer.gain(programme, value),
        lambda value: answer.short_gain(programme, value),
    )
