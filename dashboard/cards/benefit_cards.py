"""What tiers give beside points: the card of benefits on the Tiers page."""

from __future__ import annotations

from functools import partial

import pandas as pd

from dashboard import cards, figures
from dashboard.cards import Column
from dashboard.i18n import _, words
from dashboard.readings import Reading, exact
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme


def benefits(uses: pd.DataFrame, cost: Reading, programme: Programme) -> None:
    """Each benefit with who has it, who used it and what that cost; nothing where there are none."""
    if uses.empty:
        return
    scale = 10**programme.currency_decimals
    money = partial(exact, METRICS["tier_benefit_cost"], programme)
    title = _("Benefits were used {uses} times and cost {money}, those paid by the month included").format(
        uses=figures.count(int(uses["uses"].sum())), money=cost.short(cost.value)
    )
    columns = [
        Column(_("Benefit"), [words(programme.benefit_label(name)) for name in uses["benefit"]]),
        Column(_("Have it"), uses["members"].to_list(), figures.count),
        Column(_("Used it"), uses["users"].to_list(), figures.count),
        Column(_("Uses"), uses["uses"].to_list(), figures.count),
        Column(_("Cost"), [minor / scale for minor in uses["cost"]], money),
    ]
    what = _("Members who have each benefit, who used it in the period, and what the uses cost")
    cards.table(title, columns, "benefits", what, beside=True)
