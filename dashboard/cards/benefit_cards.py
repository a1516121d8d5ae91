"""What tiers give beside points: the card of benefits on the Tiers page."""

from __future__ import annotations

from functools import partial

import pandas as pd

from dashboard import cards, figures
from dashboard.cards import Column
from dashboard.i18n import _, ngettext, words
from dashboard.picks import Crowds
from dashboard.readings import Reading, exact
from dashboard.watch_page import WatchPage
from data.members_counted import members_using
from loyalty_core.days import to_day
from loyalty_core.metrics.dictionary import METRICS


def benefits(uses: pd.DataFrame, cost: Reading, page: WatchPage) -> None:
    """Each benefit with who has it, who used it and what that cost; nothing where there are none."""
    if uses.empty:
        return
    programme = page.programme
    scale = 10**programme.currency_decimals
    money = partial(exact, METRICS["tier_benefit_cost"], programme)
    times = int(uses["uses"].sum())
    title = ngettext(
        "Benefits were used {uses} time and cost {money}, those paid by the month included",
        "Benefits were used {uses} times and cost {money}, those paid by the month included",
        times,
    ).format(uses=figures.count(times), money=cost.short(cost.value))
    names = [words(programme.benefit_label(name)) for name in uses["benefit"]]
    columns = [
        Column(_("Benefit"), names),
        Column(_("Have it"), uses["members"].to_list(), figures.count),
        Column(_("Used it"), uses["users"].to_list(), figures.count),
        Column(_("Uses"), uses["uses"].to_list(), figures.count),
        Column(_("Cost"), [minor / scale for minor in uses["cost"]], money),
    ]
    what = _("Members who have each benefit, who used it in the period, and what the uses cost")
    first = to_day(page.view.span.first)
    behind = {
        said: page.counted("tier_benefit_cost", said, members_using, first, name)
        for said, name in zip(names, uses["benefit"], strict=True)
    }
    cards.table(title, columns, "benefits", what, Crowds(behind), beside=True)
