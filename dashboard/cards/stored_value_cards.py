"""Prepaid cards: what stands on them, and what of that is owed; cards of the Value page."""

from __future__ import annotations

from functools import partial

import pandas as pd

from dashboard import cards, charts, theme
from dashboard.cards.figures_beside import listed
from dashboard.cards.finance_cards import with_ends
from dashboard.charts import Series
from dashboard.i18n import _
from dashboard.readings import closes, exact, plain, short
from dashboard.reasons import CARD_ACCOUNTS, account
from loyalty_core.counting.cuts import ACCOUNT
from loyalty_core.facts import STORED_VALUE_ACCOUNT, STORED_VALUE_BONUS_ACCOUNT
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.metrics.stored_value_metrics import CARDS_OWE
from loyalty_core.rules.programme import Programme

ON_CARDS = ("stored_value_use_rate", "top_up_rate", "prepaid_share")
OWED = ("stored_value_liability", "stored_value_breakage")


def hold_cards(balances: pd.DataFrame) -> bool:
    """Whether anybody held prepaid cards in any of the months."""
    held = balances[balances["stored_value_balance"].fillna(0) != 0]
    return bool(held["account"].isin(CARD_ACCOUNTS).any())


def stored_value(balances: pd.DataFrame, monthly: pd.DataFrame, programme: Programme) -> None:
    """What stands on prepaid cards, principal and bonus, month by month; nothing where there are none."""
    metric = METRICS["stored_value_balance"]
    table = balances.pivot(index="period_end", columns="account", values=metric.name)
    names = [name for name in CARD_ACCOUNTS if name in table]
    if not hold_cards(balances):
        return
    table = table[names].fillna(0)
    slots = {STORED_VALUE_ACCOUNT: "scenario", STORED_VALUE_BONUS_ACCOUNT: "quiet"}
    series = [
        Series(
            label=account(name),
            values=list(table[name]),
            colour=theme.slot(slot),
            metric=metric.name,
            where={ACCOUNT: [name]},
        )
        for name, slot in slots.items()
        if name in names
    ]
    held = short(metric, programme, float(table.iloc[-1].sum()))
    title = _("Prepaid cards hold {money}").format(money=held)
    what = " · ".join([_("Stored value by month"), *listed(monthly.iloc[-1], ON_CARDS, programme)])
    written = (partial(write, metric, programme) for write in (exact, short))
    figure = charts.stacked(closes(table.reset_index()), series, *written)
    cards.chart(title, figure, "stored_value", what)


def owed(row: pd.DataFrame, programme: Programme) -> None:
    """What will still be used of the principal and what never will, each between the ends of its interval;
    nothing where no principal stands on any card."""
    if not row["stored_value_left"].iloc[0] > 0:
        return
    now = pd.Series({name: metric.value(row, programme)[0] for name, metric in CARDS_OWE.items()})
    money = partial(short, CARDS_OWE["stored_value_liability"], programme)
    title = _("Of the principal on prepaid cards, {used} is expected to be used and {lost} never").format(
        used=money(plain(now["stored_value_liability"])), lost=money(plain(now["stored_value_breakage"]))
    )
    what = _("By how the money of each month of topping up was used up; low and high end 95% intervals")
    if plain(now["stored_value_liability_low"]) is None:
        what = _("{what}, which too few months tell yet").format(what=what)
    cards.table(title, with_ends(OWED, now, programme), "cards_owe", what)
