"""What members are worth: the cards of the Value page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from dashboard import cards, charts, figures, theme
from dashboard.cards import Column
from dashboard.cards.figures_beside import with_figures
from dashboard.cards.stored_value_cards import ON_CARDS
from dashboard.charts import Series
from dashboard.i18n import _, words
from dashboard.picks import ENROLLED, Crowds, of_slice
from dashboard.readings import Reading, closes, column, exact, plain, short
from dashboard.watch_page import WatchPage
from data.members_counted import members_spending_most
from loyalty_core.customers.rfm import TENTHS
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme

# How often members come back, with the slot of its colour.
COMING_BACK = {
    "repeat_rate": theme.slot("active"),
    "rebuy_rate": theme.accent_slot(9),  # the slot of scenarios is too close to that of the new
    "second_purchase_rate": theme.slot("new"),
    "return_visit_rate": theme.slot("never"),
}
LEADING = ("member_sales_share", "revenue_per_member")  # what the sentence of the page begins with
SALES = {"revenue": "active", "guest_revenue": "quiet"}
ORDERS = {"average_order_value": "scenario", "revenue_per_buyer": "active"}
PAYING = ("paid_share", "renewal_rate")
BESIDE_SALES = ("existing_customer_share", "visits_per_day")
BESIDE_ORDERS = ("arpu", "annual_buyer_share")
ALONG = (*SALES, *ORDERS, *PAYING, *ON_CARDS)
EXPECTED = [
    f"{name}{end}" for name in ("predicted_purchases", "lifetime_value") for end in ("", "_low", "_high")
]


def leading(wall: dict[str, Reading], monthly: pd.DataFrame) -> str:
    """What part of all sales members bring, where others are known, and what each brings."""
    share, each = wall.get("member_sales_share"), wall["revenue_per_member"]
    if share is None or share.value is None or not monthly["guest_revenue"].any():
        sentence = _("A member brings {money} in the period.")
        return sentence.format(money=each.short(each.value))
    return _("Members bring {share} of all sales, {money} each.").format(
        share=share.short(share.value), money=each.short(each.value)
    )


def sales(monthly: pd.DataFrame, now: pd.Series, programme: Programme) -> None:
    """Sales to members and, where they are known, to guests, month by month; beside it what part comes from
    those who bought before, and how many visits a day."""
    names = {name: slot for name, slot in SALES.items() if name in monthly and monthly[name].any()}
    if not names:
        return
    metric = METRICS["revenue"]
    series = cards.series(monthly, names)
    last = monthly.iloc[-1]
    title = _("Members bought for {money} in the last month").format(
        money=short(metric, programme, plain(last["revenue"]))
    )
    written = (partial(write, metric, programme) for write in (exact, short))
    figure = charts.stacked(closes(monthly), series, *written)
    both = len(names) > 1
    what = _("Net sales by month, to members and to guests") if both else _("Net sales to members by month")
    what = with_figures(what, now, BESIDE_SALES, programme)
    cards.chart(title, figure, "sales", what)


def coming_back(monthly: pd.DataFrame, wall: dict[str, Reading]) -> None:
    """The rates at which members come back, month by month."""
    rates = [wall[name] for name in COMING_BACK if name in wall and _is_known(wall[name].trend)]
    if not rates:
        return
    series = [cards.of_reading(one, COMING_BACK[one.metric.name]) for one in rates]
    figure = charts.lines(closes(monthly), series, figures.share, partial(figures.share, digits=0))
    cards.chart(_coming_back_lately(rates), figure, "coming_back", _("How many members come back, by month"))


def _coming_back_lately(rates: Sequence[Reading]) -> str:
    """The last month's rate of buying again; where nobody bought the month before, another that is known."""
    known = {one.metric.name: one for one in rates if figures.known(one.trend[-1])}
    if rebuy := known.get("rebuy_rate"):
        told = _("Of those who bought the month before, {share} bought again in the last month")
        return told.format(share=figures.share(rebuy.trend[-1]))
    other = next(iter(known.values()), rates[0])
    told = _("{metric} was {share} in the last month")
    return told.format(metric=other.label, share=figures.share(other.trend[-1]))


def order_value(monthly: pd.DataFrame, now: pd.Series, programme: Programme) -> None:
    """What a purchase and a buyer bring, month by month; beside it what an active member brings, and what
    part of the members bought in the last year."""
    metric = METRICS["average_order_value"]
    series = cards.series(monthly, ORDERS)
    last = {name: plain(monthly[name].iloc[-1]) for name in ORDERS}
    order, buyer = (short(metric, programme, value) for value in last.values())
    told = _("A purchase is worth {order}, a buyer {buyer} in the last month")
    title = (
        _("Nobody bought in the last month")
        if None in last.values()
        else told.format(order=order, buyer=buyer)
    )
    figure = charts.lines(
        closes(monthly), series, partial(exact, metric, programme), partial(short, metric, programme)
    )
    what = with_figures(_("Revenue per purchase and per buyer, by month"), now, BESIDE_ORDERS, programme)
    cards.chart(title, figure, "order_value", what)


def are_paying(monthly: pd.DataFrame) -> bool:
    """Whether anybody paid for membership in any of the months."""
    return any(column(monthly, "paid_share"))


def paid(monthly: pd.DataFrame) -> None:
    """Who pays for membership, month by month; nothing where nobody pays."""
    if not are_paying(monthly):
        return
    series = cards.series(monthly, {"paid_share": "scenario"})
    share = figures.share(plain(monthly["paid_share"].iloc[-1]))
    title = _("{share} of the members pay for their tier").format(share=share)
    figure = charts.lines(closes(monthly), series, figures.share, figures.share)
    cards.chart(title, figure, "paid", _("Share of members who pay for their tier, by month"))


def are_renewed(monthly: pd.DataFrame) -> bool:
    """Whether memberships that were paid for ended in two months or more."""
    return sum(rate is not None for rate in column(monthly, "renewal_rate")) > 1


def renewals(monthly: pd.DataFrame) -> None:
    """How many memberships were renewed, by the month in which they ended or could last be renewed; apart
    from who pays, as their rate is far above that."""
    if not are_renewed(monthly):
        return
    series = cards.series(monthly, {"renewal_rate": "active"})
    last = plain(monthly["renewal_rate"].iloc[-1])
    title = _("{share} of the memberships that ended in the last month were renewed")
    if last is None:
        title = _("No membership came to its end in the last month")
    figure = charts.lines(closes(monthly), series, figures.share, partial(figures.share, digits=0))
    what = _("Share of paid memberships that were renewed, by month")
    cards.chart(title.format(share=figures.share(last)), figure, "renewals", what)


def is_expected(whole: pd.DataFrame) -> bool:
    """Whether the models tell what members will buy."""
    return plain(whole["predicted_purchases"].iloc[0]) is not None


def expected(whole: pd.DataFrame, by_tier: pd.DataFrame, page: WatchPage) -> None:
    """What members will buy in the coming year and be worth in three, by tier, with 95 % intervals; below
    them all whom the reader looks at."""
    if not is_expected(whole):
        return
    programme, all_of_them = page.programme, whole.iloc[0]
    names = [tier.name for tier in programme.tiers][::-1]
    rows = pd.concat([by_tier.set_index("member_tier").reindex(names), whole], ignore_index=True)
    labels = [words(programme.tier_label(name)) for name in names]
    everybody = _("All members") if page.view.is_whole else _("Those chosen")
    known = rows["predicted_purchases"].notna().to_numpy()
    rows, labels = rows[known], np.array([*labels, everybody], object)[known].tolist()
    money = partial(figures.whole_money, currency=programme.currency)
    sign = figures.currency_sign(programme.currency)
    worth, low, high = (money(plain(all_of_them[f"lifetime_value{end}"])) for end in ("", "_low", "_high"))
    title = _("A member is expected to spend {worth} in three years, between {low} and {high}")
    columns = [
        Column(_("Tier"), labels),
        Column(_("Worth, {currency}").format(currency=sign), column(rows, "lifetime_value"), figures.count),
        Column(_("Worth, range"), _intervals(rows, "lifetime_value", figures.short), str),
        Column(_("Days, all"), column(rows, "predicted_purchases"), figures.count),
        Column(_("Days, all, range"), _intervals(rows, "predicted_purchases", figures.short), str),
    ]
    what = _(
        "Worth: what each member spends in three years. Days, all: on how many days of the coming 365 all of "
        "them together buy. Ranges are 95% intervals"
    )
    pick = of_slice(programme, "member_tier", names, ENROLLED)
    title = title.format(worth=worth, low=low, high=high)
    told = ("lifetime_value", "predicted_purchases")
    cards.table(title, columns, "expected", what, pick, beside=True, metrics=told)


def _intervals(rows: pd.DataFrame, name: str, write: charts.Written) -> list[str]:
    ends = zip(column(rows, f"{name}_low"), column(rows, f"{name}_high"), strict=True)
    return [
        figures.UNKNOWN if low is None else _("{low}–{high}").format(low=write(low), high=write(high))
        for low, high in ends
    ]


def concentrated(shares: tuple[float, ...], page: WatchPage) -> None:
    """Which share of the revenue of a year the members bring who spend most."""
    parts = [figures.share(part / TENTHS, 0) for part in range(TENTHS + 1)]
    even = [part / TENTHS for part in range(TENTHS + 1)]
    series = [
        Series(label=_("Revenue"), values=[0.0, *shares], colour=theme.slot("scenario")),
        Series(label=_("If all spent alike"), values=even, colour=theme.slot("baseline"), dashed=True),
    ]
    title = _("The fifth of the buyers who spend most bring {share} of the revenue").format(
        share=figures.share(shares[1])
    )
    figure = charts.lines(parts, series, figures.share, partial(figures.share, digits=0))
    what = _("Buyers of the last 365 days, those who spend most first, and their share of the revenue")
    said = _("the {share} of the buyers of 365 days who spend most")
    behind = {
        part: page.counted("revenue", said.format(share=part), members_spending_most, tenths)
        for tenths, part in enumerate(parts)
        if tenths
    }
    cards.chart(title, figure, "concentration", what, Crowds(behind))


def _is_known(values: object) -> bool:
    return any(figures.known(value) for value in values)
