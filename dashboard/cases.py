"""Cases of unusual activity: why a member is noticed, in words, and what somebody made of it.

A case is open until somebody says otherwise, and open again where it rests on what came later than they saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import streamlit as st

from dashboard import cards, figures
from dashboard.i18n import N_, _
from dashboard.page_record import Column
from dashboard.readings import short
from dashboard.told import told_moment
from data.cases_kept import Said, State, said_of, say
from data.registry import Registry
from data.unusual import LOOKED_BACK_DAYS, Suspicion, Unusual
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme

OPEN: State = "open"
CLEARED: State = "cleared"
CONFIRMED: State = "confirmed"
STATES: dict[State, str] = {OPEN: N_("open"), CLEARED: N_("cleared"), CONFIRMED: N_("confirmed")}
NAMES = {
    Suspicion.FARMING: N_("Farming by sign-in"),
    Suspicion.RING: N_("Ring of referrals"),
    Suspicion.SPIKE: N_("Many redemptions at once"),
    Suspicion.EMPTIED: N_("Quiet account emptied"),
    Suspicion.FAVOURED: N_("Points given by staff"),
}
_CHOSEN, _SAID, _WHO, _NOBODY = "case:chosen", "case:said", "case:who", "case:nobody"


def reason(case: Unusual) -> str:
    """What was seen, in a sentence."""
    told = {name: figures.count(value) for name, value in case.numbers.items() if isinstance(value, int)}
    sentence = {
        Suspicion.FARMING: _(
            "{sign_ins} sign-ins at {minute} in {days} days, no purchase; accounts alike: {accounts}"
        ),
        Suspicion.RING: _("Brought {brought} people in two weeks; of all brought, {bought} ever bought"),
        Suspicion.SPIKE: _("{times} redemptions within the hour"),
        Suspicion.EMPTIED: _("Nothing for {quiet_days} days, then {share} of the points taken in one day"),
        Suspicion.FAVOURED: _("{times} adjustments in {days} days, the last by {who}"),
    }[case.suspicion]
    share, who = case.numbers.get("share", 0), case.numbers.get("who") or _("nobody named")
    return sentence.format(
        **told | {"minute": case.numbers.get("minute"), "share": figures.share(min(float(share), 1), 0)},
        days=LOOKED_BACK_DAYS,
        who=who,
    )


def is_open(case: Unusual, said: Mapping[str, Said]) -> bool:
    """Whether the case waits for somebody to say what became of it."""
    return _state(said_of(case, said)) == OPEN


def _state(one: Said | None) -> State:
    return one.state if one else OPEN


def table(cases: Sequence[Unusual], said: Mapping[str, Said], programme: Programme) -> None:
    """All cases, open ones first."""
    if not cases:
        looked_for = _(", ").join(_(name) for name in NAMES.values())
        with cards.card(
            _("No unusual activity was found"), _("Looked for: {what}").format(what=looked_for), "cases"
        ):
            return
    order = sorted(cases, key=lambda case: not is_open(case, said))
    waiting = sum(is_open(case, said) for case in cases)
    made_of = [said_of(case, said) for case in order]
    title = _("{waiting} of {cases} cases of unusual activity are open").format(
        waiting=figures.count(waiting), cases=figures.count(len(cases))
    )
    cards.table(
        title,
        [
            Column(_("Member"), [case.member_id for case in order], are_members=True),
            Column(_("State"), [_(STATES[_state(one)]) for one in made_of]),
            Column(_("Noticed for"), [_(NAMES[case.suspicion]) for case in order]),
            Column(_("Why"), [reason(case) for case in order]),
            Column(
                _("Points"),
                [case.points for case in order],
                partial(short, METRICS["points_redeemed"], programme),
            ),
            Column(_("Last"), [told_moment(case.last_at, programme) for case in order]),
            *([Column(_("Said by"), [_by(one) for one in made_of])] if any(made_of) else []),
        ],
        "cases",
        _("Nothing here is proof: look at the member before anything is done"),
    )


def _by(one: Said | None) -> str:
    """Who said so, and when."""
    return " · ".join(filter(None, (one.who, figures.day(one.at.date())))) if one else ""


def settle(cases: Sequence[Unusual], registry: Registry, seen_until: date) -> None:
    """A form that says what became of a case, as it is seen at the close of a day."""
    if not cases:
        return
    known = {case.name: case for case in cases}
    with st.form("case", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            _("Case"),
            list(known),
            format_func=lambda name: _("{name} · {state}").format(
                name=known[name].member_id, state=_(NAMES[known[name].suspicion])
            ),
            key=_CHOSEN,
            width=360,
        )
        st.selectbox(_("State"), list(STATES), format_func=lambda one: _(STATES[one]), key=_SAID, width=160)
        st.text_input(_("Who says so"), max_chars=60, key=_WHO, width=160)
        st.form_submit_button(_("Save"), on_click=_keep, args=(registry, seen_until), key="case:keep")
    if st.session_state.pop(_NOBODY, False):
        st.error(_("Write who says so: it is kept with the case."), icon=":material/error:")


def _keep(registry: Registry, seen_until: date) -> None:
    if who := st.session_state[_WHO].strip():
        say(registry, st.session_state[_CHOSEN], st.session_state[_SAID], who, seen_until)
    else:
        st.session_state[_NOBODY] = True
