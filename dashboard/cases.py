"""Cases of unusual activity: why a member is noticed, in words, and what somebody made of it.

A case is open until somebody says otherwise; what they said is kept in the registry under the case's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import cards, figures
from dashboard.i18n import N_, _
from dashboard.readings import short
from dashboard.seen import Column
from data.registry import Registry
from data.unusual import LOOKED_BACK_DAYS, Suspicion, Unusual
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme

KIND = "case"  # of what is saved
OPEN, CLEARED, CONFIRMED = "open", "cleared", "confirmed"
STATES = {OPEN: N_("open"), CLEARED: N_("cleared"), CONFIRMED: N_("confirmed")}
NAMES = {
    Suspicion.FARMING: N_("Farming by sign-in"),
    Suspicion.RING: N_("Ring of referrals"),
    Suspicion.SPIKE: N_("Many redemptions at once"),
    Suspicion.EMPTIED: N_("Quiet account emptied"),
    Suspicion.FAVOURED: N_("Points given by staff"),
}
_CHOSEN, _SAID = "case:chosen", "case:said"


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


def states(registry: Registry) -> dict[str, str]:
    """The state of each case about which somebody said something."""
    return {saved.name: saved.document["state"] for saved in registry.all_saved(KIND)}


def table(cases: Sequence[Unusual], said: dict[str, str], programme: Programme) -> None:
    """All cases, open ones first."""
    if not cases:
        looked_for = _(", ").join(_(name) for name in NAMES.values())
        with cards.card(
            _("No unusual activity was found"), _("Looked for: {what}").format(what=looked_for), "cases"
        ):
            return
    order = sorted(cases, key=lambda case: said.get(case.name, OPEN) != OPEN)
    waiting = sum(said.get(case.name, OPEN) == OPEN for case in cases)
    title = _("{waiting} of {cases} cases of unusual activity are open").format(
        waiting=figures.count(waiting), cases=figures.count(len(cases))
    )
    cards.table(
        title,
        [
            Column(_("Member"), [case.member_id for case in order], are_members=True),
            Column(_("Noticed for"), [_(NAMES[case.suspicion]) for case in order]),
            Column(_("Why"), [reason(case) for case in order]),
            Column(
                _("Points"),
                [case.points for case in order],
                partial(short, METRICS["points_redeemed"], programme),
            ),
            Column(_("Last"), [figures.moment(case.last_at, programme) for case in order]),
            Column(_("State"), [_(STATES[said.get(case.name, OPEN)]) for case in order]),
        ],
        "cases",
        _("Nothing here is proof: look at the member before anything is done"),
    )


def settle(cases: Sequence[Unusual], registry: Registry) -> None:
    """A form that says what became of a case."""
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
        st.form_submit_button(_("Save"), on_click=_keep, args=(registry,), key="case:keep")


def _keep(registry: Registry) -> None:
    registry.save(KIND, st.session_state[_CHOSEN], {"state": st.session_state[_SAID]})
