"""Steps of a calibration: how many sales come back, after how long, and how much of each."""

from __future__ import annotations

from loyalty_core.history import History
from simulation.behaviour import Refunding
from simulation.calibration_findings import Findings
from simulation.evidence import Status, words
from simulation.habit_rates import Rate
from simulation.refunds import FEWEST_NAMED, FEWEST_PARTS, FEWEST_SALES, Refunded, refunds_of_late

_FEW_SALES = words(
    f"default: fewer than {FEWEST_SALES} sales last year", f"默认值：去年销售不足 {FEWEST_SALES} 笔"
)
_FEW_NAMED = words(
    f"default: fewer than {FEWEST_NAMED} refunds of last year name a sale that came to anything",
    f"默认值：去年注明原销售且原销售金额大于零的退货不足 {FEWEST_NAMED} 笔",
)
_FEW_PARTS = words(
    f"default: fewer than {FEWEST_PARTS} refunds of last year are of a part of their sale",
    f"默认值：去年部分退货不足 {FEWEST_PARTS} 笔",
)


def say_refunds(found: Findings, history: History, first_day: int) -> None:
    """The share of sales that come back, after how long, and how much of each."""
    seen = refunds_of_late(history, first_day)
    default = found.behaviour.refunding
    found.behave(refunding=refunding_of(seen, default))
    name = words("Share of sales that come back", "销售退货率")
    if not seen.enough:
        figure = default.share, None, None
        found.tell("refund_share", name, "share", figure, Status.ASSUMPTION, _FEW_SALES)
        found.refuse(f"Refunds keep the {_FEW_SALES.en}.", f"退货沿用{_FEW_SALES.zh}。")
        return
    source = words(
        f"{seen.refunds:,} refunds of {seen.sales:,} sales of the last year",
        f"去年 {seen.sales:,} 笔销售中退货 {seen.refunds:,} 笔",
    )
    found.tell("refund_share", name, "share", (seen.share, *seen.range), Status.CALIBRATED, source)
    delay = words("Mean days until a refund", "退货平均天数")
    if seen.within_days() is None:
        guess = (default.within_days + 1) / 2
        why = words("default: too few refunds name their sale", "默认值：注明原销售的退货太少")
        found.tell("refund_delay", delay, "days", (guess, None, None), Status.ASSUMPTION, why)
    else:
        found.tell("refund_delay", delay, "days", seen.mean_delay, Status.CALIBRATED, source)
    _say_partial(found, seen, default)


def _say_partial(found: Findings, seen: Refunded, default: Refunding) -> None:
    name, rate = words("Refunds of a part of their sale only", "部分退货占比"), seen.partial
    if rate is None:
        guess = default.partial, None, None
        found.tell("refund_partial", name, "share", guess, Status.ASSUMPTION, _FEW_NAMED)
        if seen.refunds:
            found.refuse(
                f"How much of a sale a refund takes stays the {_FEW_NAMED.en}.",
                f"每笔退货退回多少沿用{_FEW_NAMED.zh}。",
            )
        return
    source = words(
        f"{rate.times:,} of {rate.chances:,.0f} refunds that name their sale",
        f"{rate.chances:,.0f} 笔注明原销售的退货中的 {rate.times:,} 笔",
    )
    figure = rate.value, *rate.share_range
    found.tell("refund_partial", name, "share", figure, Status.CALIBRATED, source)
    if rate.times:
        _say_parts(found, seen, default, rate)


def _say_parts(found: Findings, seen: Refunded, default: Refunding, rate: Rate) -> None:
    name = words("Part of the sale that those take, on average", "部分退货平均退回原销售的比例")
    if seen.usual_parts() is None:
        guess = sum(default.parts) / len(default.parts)
        found.tell("refund_part", name, "share", (guess, None, None), Status.ASSUMPTION, _FEW_PARTS)
        found.refuse(
            f"The part that those refunds take stays the {_FEW_PARTS.en}.",
            f"部分退货的比例沿用{_FEW_PARTS.zh}。",
        )
        return
    source = words(f"{rate.times:,} refunds of a part of their sale", f"{rate.times:,} 笔部分退货")
    found.tell("refund_part", name, "share", seen.mean_part, Status.CALIBRATED, source)


def refunding_of(seen: Refunded, default: Refunding) -> Refunding:
    """The share of last year's sales that came back, and what those that name their sale tell of the rest:
    their delay, and how many are of a part and of which."""
    if not seen.enough:
        return default.model_copy(update={"source": _FEW_SALES.en})
    source = f"{seen.refunds:,} refunds of {seen.sales:,} sales of the last year"
    found: dict[str, object] = {"share": min(round(seen.share, 6), 1.0)}
    within, rate, parts = seen.within_days(), seen.partial, seen.usual_parts()
    if within is None:
        told = {"status": Status.ASSUMPTION, "source": f"{source}; their delay is an assumption"}
        return default.model_copy(update=found | told)
    found |= {"within_days": within, "status": Status.CALIBRATED, "source": f"{source}, with their delay"}
    if rate is not None:
        found["partial"] = round(rate.value, 6)
    if parts is not None:
        found |= {"parts": parts, "source": f"{source}, with their delay and parts"}
    elif rate is not None and rate.times:
        found["status"] = Status.ASSUMPTION
        found["source"] = f"{source}, with their delay; the parts that they take are an assumption"
    return default.model_copy(update=found)
