"""The library of effects in a what-if: value, range, source and status of each, switched or changed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import sentences
from dashboard.i18n import N_, _, words
from dashboard.sandbox import scenario_words
from dashboard.sandbox.grounds import STATUS
from dashboard.sandbox.part import Around, Sheet, Values, key, number
from simulation.effects import Effect, Unit
from simulation.scenario import Scenario

GROUPS = {
    N_("On the way to a goal"): (
        "goal_gradient", "endowed_progress", "review_push", "review_push_gap", "review_push_window",
    ),
    N_("After a tier is reached, missed or lost"): (
        "reached_low", "reached_high", "missed_low", "missed_high", "demotion", "demotion_high",
        "demotion_dropout",
    ),
    N_("Redeeming and expiry"): (
        "redemption_momentum", "momentum_cycles", "expiry_redemption", "expiry_window", "expiry_purchase",
        "saving_up", "tier_redemption",
    ),
    N_("Campaigns and friends"): ("wake_up", "win_back", "referral_retention"),
    N_("Membership fees"): ("fee_buying", "fee_renewing"),
    N_("Who responds, and how long"): ("response_heavy", "response_others", "response_half_life"),
    N_("Having a programme at all"): ("programme_dropout", "programme_frequency", "programme_basket"),
}  # fmt: skip
UNITS = {
    Unit.MULTIPLIER: N_("{value} times"),
    Unit.ODDS: N_("{value} times the odds"),
    Unit.GRADIENT: N_("{value} more at the goal"),
    Unit.ELASTICITY: N_("{value}% for each %"),
    Unit.SHARE: "{value}",
    Unit.LIMIT: "{value}",
    Unit.MONTHS: N_("{value} months"),
    Unit.DAYS: N_("{value} days"),
    Unit.CYCLES: N_("{value} purchase cycles"),
}
IN_PERCENT = (Unit.SHARE, Unit.LIMIT)
WHOLE_STEPS = (*IN_PERCENT, Unit.MONTHS, Unit.DAYS)


def _told(around: Around, scenario: Scenario) -> str:
    return _(", ").join(scenario_words.effect(name, given) for name, given in scenario.effects.items())


def _values(around: Around, scenario: Scenario) -> dict[str, Any]:
    effects = dict(scenario.effects_of(around.effects).items())
    offered = {name: effects[name] for names in GROUPS.values() for name in names}
    known = dict(around.effects.items())
    return {f"{name}.on": effect.on for name, effect in offered.items()} | {
        f"{name}.value": _in_force(known[name])
        if effect.value == known[name].value
        else _shown(effect, effect.value)
        for name, effect in offered.items()
    }


def _fields(around: Around) -> None:
    st.caption(
        _(
            "How members respond to the programme. Where its own past tells a value, that one is in force, "
            "else the library's. What is changed here holds for this what-if alone, and its answer says so."
        )
    )
    st.caption(
        _(
            "A programme's past can tell the pull of near goals, the momentum of a redemption, redeeming "
            "before expiry and, where members were held out, what waking up and winning back add. The others "
            "it cannot: whoever reaches a tier bought more to get there, everybody is in the programme, fees "
            "stood still. They rest on studies and assumptions."
        )
    )
    effects = dict(around.effects.items())
    for place, (title, names) in enumerate(GROUPS.items()):
        with st.expander(_(title), expanded=place == 0):
            for name in names:
                with st.container(gap="xxsmall"):
                    _effect(name, effects[name])


def _effect(name: str, effect: Effect) -> None:
    """One effect: name and switch, value, and what is known of it."""
    left, right = st.columns([3, 2], vertical_alignment="center")
    label, meaning = words(effect.name.text), words(effect.meaning.text)
    as_large_as_others = f":small[{label}]"
    with left:
        if effect.unit.neutral is None:
            st.markdown(as_large_as_others, help=meaning)
        else:
            st.toggle(label, key=key(f"{name}.on"), help=meaning)
    least, most = (float(_shown(effect, end)) for end in effect.unit.bounds)
    with right:
        number(
            f"{name}.value",
            label,
            least,
            most,
            step=1.0 if effect.unit in WHOLE_STEPS else 0.05,
            label_visibility="collapsed",
        )
    value, low, high = (_number(effect, one) for one in (effect.value, effect.low, effect.high))
    told = _("In force {value}").format(value=_(UNITS[effect.unit]).format(value=value))
    known = _("{value}, 90% range {low} to {high}").format(value=told, low=low, high=high)
    st.caption(" · ".join([known, _(STATUS[effect.status.value]), sentences.said(effect.source)]))


def _number(effect: Effect, value: float) -> str:
    written = scenario_words.written(_rounded(_shown(effect, value)))
    return f"{written}%" if effect.unit in IN_PERCENT else written


def _in_force(effect: Effect) -> float:
    """What is known of it as its field shows it: a calibration gives more digits than mean anything."""
    return _rounded(_shown(effect, effect.value))


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def _shown(effect: Effect, value: float) -> float:
    return round(100.0 * value, 6) if effect.unit in IN_PERCENT else float(value)


def _entered(around: Around, shown: Values) -> dict[str, bool | float]:
    """What differs from what is known, by key."""
    found: dict[str, bool | float] = {}
    known = dict(around.effects.items())
    for name, effect in ((name, known[name]) for names in GROUPS.values() for name in names):
        value = shown[f"{name}.value"]
        if not shown.get(f"{name}.on", True):
            found |= {name: False} if effect.on else {}
        elif value is not None and value != _in_force(effect):
            found[name] = round(value / 100, 8) if effect.unit in IN_PERCENT else value
        elif not effect.on:
            found[name] = True
    return found


SHEET = Sheet(
    name="effects",
    of="effects",
    title=N_("Effects"),
    icon=":material/psychology:",
    told=_told,
    values=_values,
    fields=_fields,
    entered=_entered,
    without=lambda scenario: {},
)
