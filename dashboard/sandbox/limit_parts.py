"""What there is not enough of in a what-if: budgets of rewards, stocks of them, and more in stock."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import figures
from dashboard.i18n import N_, _, words
from dashboard.sandbox import draft, part, scenario_words
from dashboard.sandbox.part import Around, Part, Sheet, Values, entered, key, number
from loyalty_core.rules.programme import Programme
from simulation.scenario import Scenario
from simulation.scenario_limits import BudgetLine, ReplenishmentLine

BUDGET_LABELS = {
    "name": N_("Name"),
    **part.DAYS,
    "amount": N_("Rewards may cost at most"),
    "rewards": N_("Only these rewards"),
}
DELIVERY_LABELS = {
    "reward": N_("Reward"),
    "pieces": N_("Pieces"),
    "first_day": N_("First day"),
    "repeat": N_("How often it comes"),
    "last_day": N_("Last day"),
}
RHYTHMS = {"once": N_("Once"), "weekly": N_("Weekly"), "monthly": N_("Monthly")}


def is_stock(path: str) -> bool:
    """Whether a change of the programme is that of a reward's stock."""
    return path.startswith("rewards.") and path.endswith(".stock")


def _reward(programme: Programme, name: str) -> str:
    return words(programme.reward_label(name))


# Budgets


def _budget_told(around: Around, line: BudgetLine) -> str:
    amount = figures.money(float(line.amount), around.programme.currency)
    told = [part.span(around, line), _("rewards for at most {amount}").format(amount=amount)]
    told.append(_(", ").join(_reward(around.programme, one) for one in line.rewards))
    return _("{name}: {what}").format(name=line.name, what=" · ".join(one for one in told if one))


def _budget_values(around: Around, line: BudgetLine | None) -> dict[str, Any]:
    if line is None:
        first, last = around.a_month
        return {"name": "", "first_day": first, "last_day": last, "amount": None, "rewards": []}
    plain = {name: getattr(line, name) for name in ("name", "first_day", "last_day")}
    return plain | {"amount": float(line.amount), "rewards": list(line.rewards)}


def _budget_fields(around: Around) -> None:
    name, amount, rewards = (BUDGET_LABELS[one] for one in ("name", "amount", "rewards"))
    st.text_input(_(name), max_chars=120, key=key("name"))
    with st.grid(2, min_column_width=240):
        part.days()
        sign = figures.currency_sign(around.programme.currency)
        number("amount", _("{field}, {unit}").format(field=_(amount), unit=sign), 0.0, 1e12, 1000.0)
        known = dict.fromkeys([one.name for one in around.programme.rewards] + (entered("rewards") or []))
        st.multiselect(
            _(rewards),
            tuple(known),
            format_func=lambda one: _reward(around.programme, one),
            placeholder=_("All"),
            key=key("rewards"),
        )


def _budget_document(around: Around, shown: Values) -> dict[str, Any]:
    name = " ".join(shown["name"].split())
    return part.given({one: shown[one] for one in BUDGET_LABELS} | {"name": name})


# More in stock


def _delivery_told(around: Around, line: ReplenishmentLine) -> str:
    told = _("{count} more of {reward}").format(
        count=figures.count(line.pieces), reward=_reward(around.programme, line.reward)
    )
    days = figures.span(line.first_day, line.last_day or line.first_day)
    rhythm = "" if line.repeat == "once" else _(RHYTHMS[line.repeat])
    return " · ".join(one for one in (told, days, rhythm) if one)


def _delivery_values(around: Around, line: ReplenishmentLine | None) -> dict[str, Any]:
    if line is None:
        rewards = _limited(around)
        first, _last = around.a_month
        usual = {"reward": rewards[0] if rewards else None, "pieces": None, "first_day": first}
        return usual | {"repeat": "once", "last_day": None}
    return {name: getattr(line, name) for name in DELIVERY_LABELS}


def _limited(around: Around) -> list[str]:
    """The rewards of which there is a stock in this what-if."""
    changes = draft.now().scenario.changes
    stocks = {
        one.name: changes.get(f"rewards.{one.name}.stock", one.stock) for one in around.programme.rewards
    }
    return [name for name, stock in stocks.items() if stock is not None]


def _delivery_fields(around: Around) -> None:
    known = dict.fromkeys(_limited(around) + ([entered("reward")] if entered("reward") else []))
    if not known:
        st.info(_("No reward is limited: give one a stock first."), icon=":material/inventory_2:")
        return
    reward, pieces, first, repeat, last = DELIVERY_LABELS.values()
    with st.grid(2, min_column_width=240):
        st.selectbox(
            _(reward), tuple(known), format_func=lambda one: _reward(around.programme, one), key=key("reward")
        )
        number("pieces", _(pieces), 1, 10**9, 10)
        st.date_input(_(first), None, part.FIRST, part.LAST, format="YYYY-MM-DD", key=key("first_day"))
        st.selectbox(
            _(repeat), RHYTHMS, format_func=lambda one: _(RHYTHMS[one]), key=key("repeat"), filter_mode=None
        )
        if entered("repeat") != "once":
            st.date_input(_(last), None, part.FIRST, part.LAST, format="YYYY-MM-DD", key=key("last_day"))


def _delivery_document(around: Around, shown: Values) -> dict[str, Any]:
    document = {name: shown.get(name) for name in DELIVERY_LABELS}
    if document["repeat"] == "once":
        document["last_day"] = None
    return part.given(document)


# Stocks


def _stock_told(around: Around, scenario: Scenario) -> str:
    told = []
    for path, value in scenario.changes.items():
        if is_stock(path):
            reward = _reward(around.programme, path.split(".")[1])
            amount = _("without limit") if value is None else scenario_words.written(value)
            told.append(_("{reward}: {amount} in stock").format(reward=reward, amount=amount))
    return _(", ").join(told)


def _stock_values(around: Around, scenario: Scenario) -> dict[str, Any]:
    paths = {f"rewards.{one.name}.stock": one.stock for one in around.programme.rewards}
    return {path: scenario.changes.get(path, stock) for path, stock in paths.items()}


def _stock_fields(around: Around) -> None:
    st.caption(_("Pieces that there are when the run begins; of a reward left empty there are enough."))
    with st.grid(2, min_column_width=240):
        for one in around.programme.rewards:
            label = _reward(around.programme, one.name)
            number(f"rewards.{one.name}.stock", label, 0, 10**9, 10, placeholder=_("without limit"))


def _stock_entered(around: Around, shown: Values) -> dict[str, Any]:
    changed = {
        path: shown.get(path)
        for path, stock in _stock_values(around, Scenario()).items()
        if shown.get(path) != stock
    }
    return _without_stock(draft.now().scenario) | changed


def _without_stock(scenario: Scenario) -> dict[str, Any]:
    return {path: value for path, value in scenario.changes.items() if not is_stock(path)}


BUDGET = Part(
    name="budgets",
    title=N_("Budget of rewards"),
    icon=":material/savings:",
    model=BudgetLine,
    labels=BUDGET_LABELS,
    told=_budget_told,
    values=_budget_values,
    fields=_budget_fields,
    document=_budget_document,
)
STOCK = Sheet(
    name="stock",
    of="changes",
    title=N_("Stock of rewards"),
    icon=":material/inventory_2:",
    told=_stock_told,
    values=_stock_values,
    fields=_stock_fields,
    entered=_stock_entered,
    without=_without_stock,
)
DELIVERY = Part(
    name="replenishment",
    title=N_("More in stock"),
    icon=":material/local_shipping:",
    model=ReplenishmentLine,
    labels=DELIVERY_LABELS,
    told=_delivery_told,
    values=_delivery_values,
    fields=_delivery_fields,
    document=_delivery_document,
)
