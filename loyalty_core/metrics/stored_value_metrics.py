"""What prepaid cards owe, with the ends of its interval: told of the whole programme on a day.

They belong to the section Coupons and stored value of the dictionary, but no period facts hold them:
`loyalty_core/counting/card_outlook.py` counts their columns, from the ledger of the cards alone.
"""

from __future__ import annotations

from loyalty_core.metrics.metric import Kind, Metric, Section, Term, Unit, times
from loyalty_core.text import Text

_ENDS = {"low": ("low end", "下限"), "high": ("high end", "上限")}


def _metric(name: str, label: Text, meaning: Text, formula: Text, end: str = "") -> Metric:
    """What will be used of the principal, or what is left without that; or an end of either's interval."""
    breaks = name.startswith("stored_value_breakage")
    other = {"": "", "low": "_high", "high": "_low"} if breaks else {"": "", "low": "_low", "high": "_high"}
    expected = f"stored_value_expected{other[end]}"
    return Metric(
        name=name,
        section=Section.STORED_VALUE,
        slices=frozenset(),
        kind=Kind.STOCK,
        unit=Unit.MONEY,
        direction=0 if breaks else -1,
        label=label,
        meaning=meaning,
        formula=formula,
        top=(Term("stored_value_left", times(1)), Term(expected, times(-1))) if breaks else expected,
        bounds=() if end else (f"{name}_low", f"{name}_high"),
        known_by="stored_value_in_interval" if end else None,
    )


def _end(name: str, label: Text, end: str) -> Metric:
    en, zh = _ENDS[end]
    return _metric(
        f"{name}_{end}",
        Text(f"{label.en}, {en}", f"{label.zh}（{zh}）"),
        Text(
            f"{en.capitalize()} of the 95% interval of {label.en.lower()}; unknown where too few months of "
            "topping up are over to show how they differ.",
            f"{label.zh}的 95% 区间{zh}；可供比较的充值月份太少时为未知。",
        ),
        Text(
            "by how far the months of topping up scatter around their development",
            "由各充值月份围绕其进展的离散程度得出",
        ),
        end,
    )


_LIABILITY, _BREAKAGE = (
    Text("Stored-value liability", "储值负债"),
    Text("Stored-value breakage", "储值预计失效"),
)
CARDS_OWE: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _metric(
            "stored_value_liability",
            _LIABILITY,
            Text(
                "Of the principal that stands on prepaid cards what will still be used, by how the money of "
                "each month of topping up was used up so far; all of it while nobody has used any. Bonus is "
                "a discount to come and no part of it.",
                "储值卡现有本金中预计仍将消费的部分，按各充值月份至今的消费进展推算；"
                "尚无任何消费时为全部本金。赠送金额属于未来折扣，不计入。",
            ),
            Text(
                "Σ over months of topping up: principal left × expected share of it that will be used",
                "Σ 各充值月份：剩余本金 × 预计将消费的比例",
            ),
        ),
        _metric(
            "stored_value_breakage",
            _BREAKAGE,
            Text(
                "Of the principal that stands on prepaid cards what will never be used.",
                "储值卡现有本金中预计永不消费的部分。",
            ),
            Text("principal left − stored_value_liability", "剩余本金 − stored_value_liability"),
        ),
        *(_end("stored_value_liability", _LIABILITY, end) for end in _ENDS),
        *(_end("stored_value_breakage", _BREAKAGE, end) for end in _ENDS),
    )
}
