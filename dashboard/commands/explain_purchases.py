"""`loyalty explain --purchase`: what purchases of a member earned, rule by rule, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dashboard.commands import answers, print_json
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from data.snapshots import Snapshot
    from loyalty_core.history import History
    from loyalty_core.kernel.earning_explained import EarningExplained
    from loyalty_core.rules.programme import Programme


def explain_purchases(
    snapshot: Snapshot,
    programmes: Sequence[Programme],
    member: str,
    purchase: str | None,
    last: int | None,
    json: bool,
) -> None:
    """Say what one purchase earned, or the last so many of the member, the latest first; each by the rules
    of its day."""
    from data.one_member import member_history
    from loyalty_core.kernel.earning_explained import explain_earning
    from loyalty_core.rules.versions import Versions

    versions, programme = Versions.of(programmes), programmes[-1]
    read = [member_history(snapshot, one, member) for one in versions.programmes]
    history, ids = read[-1]
    asked = _sales(history, last) if purchase is None else [_named(history, ids, member, purchase)]
    found = explain_earning([one for one, _ in read], versions, asked)
    if purchase is not None and not found:
        raise InputError(f"{purchase} was bought before {member} joined or after leaving, and earned nothing")
    told = [(ids[row], found[row]) for row in asked if row in found]
    if json:
        documents = [_document(name, one, programme) for name, one in told]
        print_json({"snapshot": snapshot.id, "member": member, "purchases": documents})
        return
    for name, one in told:
        _print(name, one, programme)
    if not told:
        answers().print(f"{member} has bought nothing yet.")


def _sales(history: History, last: int | None) -> list[int]:
    """The places of the last sales, the latest first."""
    bought = history.purchases
    sales = [row for row in range(len(bought.member)) if not bought.refund[row]]
    return sales[::-1][:last]


def _named(history: History, ids: list[str], member: str, purchase: str) -> int:
    if purchase not in ids:
        raise InputError(f"{member} has no purchase {purchase}; write its number as the source does")
    row = ids.index(purchase)
    if history.purchases.refund[row]:
        raise InputError(f"{purchase} is a refund; ask for the sale that it takes back")
    return row


def _print(name: str, one: EarningExplained, programme: Programme) -> None:
    from loyalty_core.days import to_date

    tier = programme.tier_label(one.tier).en
    earned = ", ".join(
        f"{_units(points, programme.point_decimals)} {account}" for account, points in one.points.items()
    )
    amount = _units(one.amount_minor, programme.currency_decimals)
    head = f"{name} on {to_date(one.day)}, {amount} at tier {tier}: {earned or 'no rule gives points'}"
    answers().print(head, soft_wrap=True)
    for sentence in one.why:
        answers().print(f"  {sentence.en}", soft_wrap=True)


def _document(name: str, one: EarningExplained, programme: Programme) -> dict[str, Any]:
    from loyalty_core.days import to_date

    return {
        "purchase": name,
        "on": to_date(one.day),
        "amount": _units(one.amount_minor, programme.currency_decimals),
        "tier": one.tier,
        "points": {
            account: _units(points, programme.point_decimals) for account, points in one.points.items()
        },
        "why": [asdict(sentence) for sentence in one.why],
    }


def _units(units: int, decimals: int) -> Decimal:
    return Decimal(units).scaleb(-decimals)
