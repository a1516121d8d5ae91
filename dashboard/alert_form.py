"""Alert rules that people write: what each looks at, how often it would have told, and a form for more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

from dashboard import digest, figures, live
from dashboard.complaints import complaint
from dashboard.figures import unmarked
from dashboard.filters import CUTS, spoken
from dashboard.i18n import _, ngettext, words
from dashboard.live import Live
from dashboard.spans import NAMES
from data.alerts_kept import RULE, alert_rules, keep_rule
from data.registry import Registry
from loyalty_core.counting.cuts import SLICES
from loyalty_core.errors import InputError
from loyalty_core.metrics.alert_rules import COMPARISONS, LOOKS, AlertRule, alert_rule
from loyalty_core.metrics.dictionary import METRICS

FIELDS = ("name", "metric", "whose", "comparison", "threshold", "period")
Whose = tuple[str, str]  # a slice and a label; ("", "") is everybody


def rules(shown: Live, as_of: date) -> None:
    """The rules that somebody wrote, each with what it would have told, and the form."""
    registry = live.opened(shown.workspace).registry
    for rule in alert_rules(registry):
        _rule(rule, shown, as_of, registry)
    with st.popover(_("Write an alert"), icon=":material/add_alert:", key="alert_form", width="content"):
        _form(shown, registry)


def _rule(rule: AlertRule, shown: Live, as_of: date, registry: Registry) -> None:
    """A rule in words, and in how many periods of a year it would have told."""
    times = rule.times_met(digest.past(shown, as_of, rule))
    whose = [spoken(shown.programme, name, label) for name, labels in rule.where.items() for label in labels]
    told = " · ".join([rule.name, *whose, digest.condition(rule, shown.programme), _(NAMES[rule.period])])
    fired = ngettext(
        "would have told {count} time in 12 months", "would have told {count} times in 12 months", times
    ).format(count=figures.count(times))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"rule:{rule.name}"):
        st.caption(f"{unmarked(told)} ({fired})", width="stretch")
        st.button(
            _("Remove"),
            key=f"alert:remove:{rule.name}",
            type="tertiary",
            on_click=registry.forget,
            args=(RULE, rule.name),
        )


def _form(shown: Live, registry: Registry) -> None:
    names = [name for name, metric in METRICS.items() if metric.per is None]
    with st.form("alert", border=False):
        st.text_input(_("Name"), max_chars=60, key="alert:name")
        st.selectbox(
            _("Figure"), names, format_func=lambda name: words(METRICS[name].label), key="alert:metric"
        )
        st.selectbox(_("Whose"), _whose(shown), format_func=lambda one: _said(one, shown), key="alert:whose")
        left, right = st.columns(2, vertical_alignment="bottom")
        left.selectbox(
            _("Tell when it"),
            list(COMPARISONS),
            format_func=lambda one: words(COMPARISONS[one]),
            key="alert:comparison",
        )
        right.text_input(_("Threshold (shares and changes in %)"), max_chars=16, key="alert:threshold")
        st.selectbox(_("Period"), list(LOOKS), format_func=lambda one: _(NAMES[one]), key="alert:period")
        wrong = st.container()  # above the button, below which a small window ends
        if st.form_submit_button(_("Keep the alert"), key="alert:keep", type="primary"):
            with wrong:
                _keep(registry, {name: st.session_state[f"alert:{name}"] for name in FIELDS})


def _whose(shown: Live) -> list[Whose]:
    labels = ((name, label) for name in CUTS.values() for label in live.labels(shown, name))
    return [("", ""), *labels]


def _said(whose: Whose, shown: Live) -> str:
    name, label = whose
    if not name:
        return _("All members")
    return _("{name}: {labels}").format(name=words(SLICES[name]), labels=spoken(shown.programme, name, label))


def _keep(registry: Registry, written: Mapping[str, Any]) -> None:
    name, label = written["whose"]
    document = {key: value for key, value in written.items() if key != "whose"}
    document["name"] = written["name"].strip()
    try:
        rule = alert_rule(document | {"where": {name: [label]} if name else {}})
    except InputError as error:
        st.error(complaint(error), icon=":material/error:")
        return
    keep_rule(registry, rule)
    st.rerun()
