"""The answer of `loyalty finance` as tables for people, in either language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from dashboard.commands import answers
from dashboard.commands.kpi_table import UNKNOWN, told
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

Form = Callable[[Any], str]
TITLES = {
    "figures": Text("What points owe, with 95% intervals", "积分负债（含 95% 区间）"),
    "triangle": Text(
        "Share redeemed, by months since the points were earned", "兑换三角形：获得后各月累计兑换比例"
    ),
    "factors": Text("Development from one age to the next", "兑换进展系数"),
    "cohorts": Text("By the month in which points were earned", "按获得月份"),
    "lot_age": Text("Points by age", "积分账龄"),
    "lot_expiry": Text("Points by time to expiry", "积分距失效时间"),
    "deferral": Text("Revenue deferred and recognised", "收入递延与确认"),
    "settlements": Text("Owed to partners", "应付合作方"),
    "stock": Text("Rewards taken and left", "奖品兑换与库存"),
}
WORDS = {
    "earn_month": Text("earned in", "获得月份"),
    "age": Text("age in months", "月龄"),
    "factor": Text("factor to the next", "至下一月系数"),
    "developed": Text("developed", "进展比例"),
    "issued": Text("issued", "发放"),
    "redeemed": Text("redeemed", "已兑换"),
    "expired": Text("expired", "已过期"),
    "open": Text("open", "未用"),
    "ultimate_redemption_rate": Text("ultimate rate", "最终兑换率"),
    "ultimate_redemption_rate_low": Text("low", "下限"),
    "ultimate_redemption_rate_high": Text("high", "上限"),
    "points_liability": Text("liability", "负债"),
    "lot_age": Text("months", "月数"),
    "lot_expiry": Text("months", "月数"),
    "points": Text("points", "积分"),
    "period_end": Text("period end", "期末"),
    "revenue_deferred": Text("deferred", "当期递延"),
    "revenue_recognised": Text("recognised", "当期确认"),
    "deferred_balance": Text("balance", "递延余额"),
    "partner": Text("partner", "合作方"),
    "points_spent": Text("points spent there", "在其处消费积分"),
    "points_given": Text("points given", "其发放积分"),
    "owed": Text("owed", "应付"),
    "reward": Text("reward", "奖品"),
    "stock": Text("stock", "库存"),
    "taken": Text("taken", "已兑"),
    "left": Text("left", "剩余"),
}
SIMULATED = Text("simulated {level:.0%} band: {low} … {high}", "模拟 {level:.0%} 区间：{low} … {high}")


def print_finance(found: Mapping[str, Any], programme: Programme, language: str, snapshot: str) -> None:
    """Every table that has a row."""
    console = answers()
    console.print(f"{programme.name} · {found['as_of']} · {snapshot}", style="italic", markup=False)
    console.print(_figures(found, programme, language))
    forms = _forms(programme)
    parts = {name: found[name] for name in ("factors", "cohorts", "deferral", "settlements", "stock")}
    if found["triangle"]:
        console.print(_triangle(found["triangle"], language))
    for name, rows in (parts | found["ageing"]).items():
        if rows:
            console.print(_table(rows, name, language, forms))


def _forms(programme: Programme) -> dict[str, Form]:
    """How the values of a column are written; whole numbers and texts as they are."""
    money, points = programme.currency_decimals, programme.point_decimals
    found: dict[str, Form] = dict.fromkeys(
        ("developed", *(f"ultimate_redemption_rate{end}" for end in ("", "_low", "_high"))), "{:.1%}".format
    )
    amounts = ("points_liability", "revenue_deferred", "revenue_recognised", "deferred_balance", "owed")
    found |= dict.fromkeys(amounts, f"{{:,.{money}f}}".format)
    of_points = ("issued", "redeemed", "expired", "open", "points", "points_spent", "points_given")
    found |= dict.fromkeys(of_points, f"{{:,.{points}f}}".format)
    return found | {"factor": "{:.3f}".format}


def _figures(found: Mapping[str, Any], programme: Programme, language: str) -> Table:
    table = _headed("figures", language)
    table.add_column("")
    table.add_column("", justify="right")
    table.add_column("")
    for name in (name for name in found["figures"] if not name.endswith(("_low", "_high"))):
        row = {key: float("nan") if value is None else value for key, value in found["figures"].items()}
        band = found["simulated"].get(name)
        known = band is not None and band["low"] is not None and found["figures"][name] is not None
        said = _band(name, band, programme, language) if known else ""
        label = getattr(METRICS[name].label, language)
        table.add_row(escape(label), told(row, METRICS[name], programme), said)
    return table


def _band(name: str, band: Mapping[str, Any], programme: Programme, language: str) -> str:
    ends = {end: told({name: band[end]}, METRICS[name], programme) for end in ("low", "high")}
    return str(getattr(SIMULATED, language)).format(level=band["level"], **ends)


def _triangle(rows: Sequence[Mapping[str, Any]], language: str) -> Table:
    table = _headed("triangle", language)
    ages = max(len(row["redeemed_share"]) for row in rows)
    table.add_column(getattr(WORDS["earn_month"], language), no_wrap=True)
    for age in range(ages):
        table.add_column(str(age), justify="right")
    for row in rows:
        shares = [f"{share:.1%}" for share in row["redeemed_share"]]
        table.add_row(row["earn_month"], *shares, *[""] * (ages - len(shares)))
    return table


def _table(rows: Sequence[Mapping[str, Any]], name: str, language: str, forms: Mapping[str, Form]) -> Table:
    table, shown = _headed(name, language), [column for column in rows[0] if column in WORDS]
    for place, column in enumerate(shown):
        table.add_column(getattr(WORDS[column], language), justify="right" if place else "left")
    for row in rows:
        cells = (UNKNOWN if row[c] is None else forms.get(c, str)(row[c]) for c in shown)
        table.add_row(*map(escape, cells))
    return table


def _headed(name: str, language: str) -> Table:
    return Table(title=getattr(TITLES[name], language), title_justify="left")
