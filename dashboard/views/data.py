"""Data: what came in, how good it is, whether the ledger adds up, and who plays the programme.

The checks and the reconciliation read everything: they run when the reader asks (`checks=1` in the address).
Cards have keys of their own: `card_cases`, `card_completeness`, `card_tables`, `card_validity`,
`card_duplicates`, `card_imports`, `card_checks`, `card_reconciliation`, `card_revealed`.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime

import streamlit as st

from dashboard import address, cases, frame, live, page_header, tiles
from dashboard.cards import audit_cards, quality_cards, quality_figures
from dashboard.days_apart import warn
from dashboard.i18n import _
from data.audit import REVEAL, edited, trail
from data.cases_kept import all_said
from data.days_apart import days_apart
from data.duplicates import members_alike
from data.quality import checked, known_shares, reconciled_under, tables_held
from data.unusual import unusual
from data.validity import values_checked
from loyalty_core.days import to_day

WALL = ("data_accuracy", "data_accuracy_low", "profile_freshness", "reachable_rate")
COUNTS = ("values_outside", "likely_duplicates")  # of the data itself, where anything is known
IMPORTS = 8

page = page_header.opened_on_a_day(_("Data"))
registry = live.opened(page.shown.workspace).registry
documents = tuple(one.model_dump(mode="json") for one in registry.programmes_in_turn())
with frame.loading():
    wall = page.readings(WALL)
    held = live.asked(page.shown.whole, tables_held)
    known = live.asked(page.shown.whole, known_shares)
    today = datetime.now(page.programme.zone).date()
    apart = live.asked(page.shown.whole, days_apart, today)
    valid = live.asked(page.shown.whole, values_checked, today)
    alike = live.asked(page.shown.whole, members_alike)
    found = live.asked(page.shown.whole, unusual, to_day(page.view.as_of))
said = all_said(registry, page.programme.zone)
waiting = sum(cases.is_open(case, said) for case in found)
wanted = address.text("checks") == "1"
with st.spinner(_("Checking the ledger and holding it against the rules")) if wanted else nullcontext():
    checks = live.asked(page.shown.whole, checked, documents) if wanted else ()
    explained = live.asked(page.shown.whole, reconciled_under, documents) if wanted else None

frame.sentence(quality_cards.leading(held, checks, waiting))
if apart is not None:
    warn(apart.rows, apart.first, apart.last, apart.before)
told = quality_figures.readings(valid, alike, page.programme)
counts = [told[name] for name in COUNTS if name in told]
known_of_members = any(reading.value is not None for reading in wall.values())
tiles.wall([*(wall.values() if known_of_members else ()), *counts], page.view)
cases.table(found, said, page.programme)
cases.settle(found, registry, page.view.as_of)
left, right = frame.pair(both=bool(known))
with left:
    if known:
        quality_cards.completeness(known)
with right:
    quality_cards.tables(held, page.shown.as_of)
left, right = frame.pair(both=bool(valid and alike))
with left:
    quality_figures.validity(valid, told, page, today)
with right:
    quality_figures.duplicates(alike, told, page)
quality_cards.imports(registry.imports(IMPORTS), page.programme)
audit_cards.revealed(trail(registry, REVEAL, audit_cards.MOST), edited(registry), page.programme)
if explained is not None:
    quality_cards.checks(checks)
    quality_cards.reconciliation(explained)
else:
    st.button(
        _("Check the ledger and hold it against the rules"),
        icon=":material/rule:",
        key="run_checks",
        on_click=address.put,
        args=("checks", "1"),
    )
