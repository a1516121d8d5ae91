"""`loyalty explain`: a member's tier, what is missing for the next, what the next review does, and why
purchases earned what they did."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, print_json
from dashboard.commands.days import day_named, tell_after
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from loyalty_core.rules.programme import Programme
    from loyalty_core.tiers.explanation import Explanation, Goal

AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="At the close of this day; the last by default.")
]
MemberArgument = Annotated[str, typer.Argument(help="The number of a member, as the source writes it.")]
PurchaseOption = Annotated[
    str | None,
    typer.Option("--purchase", metavar="ID", help="Why this purchase earned what it did."),
]
LastOption = Annotated[
    int | None,
    typer.Option("--last-purchases", metavar="N", min=1, help="Why the last N purchases did."),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("explain")(explain)


def explain(
    member: MemberArgument,
    as_of: AsOfOption = None,
    purchase: PurchaseOption = None,
    last_purchases: LastOption = None,
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Say why a member has a tier, what is missing for the next, and what the next review does.

    As the rules of that day have it. With --purchase or --last-purchases: what purchases earned, rule by
    rule, and why.
    """
    from dashboard.commands.explain_purchases import explain_purchases
    from data.live import live_history
    from data.workspace import Workspace
    from loyalty_core.days import to_date
    from loyalty_core.kernel.member_explained import explain_member
    from loyalty_core.rules.versions import Versions

    opened = Workspace.open(workspace, create=False)
    snapshot, programme = opened.latest(), opened.programme
    if snapshot is None or programme is None:
        raise InputError(f"{workspace}: no members yet; run loyalty import or loyalty demo first")
    if purchase is not None or last_purchases is not None:
        if as_of is not None or (purchase is not None and last_purchases is not None):
            raise InputError("give one of --as-of, --purchase and --last-purchases")
        programmes = opened.registry.programmes_in_turn()
        explain_purchases(snapshot, programmes, member, purchase, last_purchases, json)
        return
    day = _day(as_of, snapshot.as_of)
    tell_after(day, snapshot.as_of)
    *earlier, programme = Versions.of(opened.registry.programmes_in_turn()).upto(day)
    told = explain_member(live_history(snapshot, programme), programme, member, day, earlier)
    if json:
        print_json(
            {"snapshot": snapshot.id, "member": member, "as_of": to_date(day), **_document(told, programme)}
        )
        return
    answers().print(f"{member} on {to_date(day)}: {told.why.en}", soft_wrap=True)
    if told.goal:
        answers().print(f"For {_label(programme, told.goal)}: {told.goal.text.en}", soft_wrap=True)
    if told.outlook:
        answers().print(told.outlook.text.en, soft_wrap=True)


def _day(as_of: str | None, last_day: date | None) -> int:
    from loyalty_core.days import to_day

    if as_of is not None:
        return day_named("--as-of", as_of)
    if last_day is None:
        raise InputError("the workspace holds no event yet; name a day with --as-of")
    return to_day(last_day)


def _label(programme: Programme, goal: Goal) -> str:
    return programme.tier_label(programme.tiers[goal.tier].name).en


def _document(told: Explanation, programme: Programme) -> dict[str, Any]:
    outlook = told.outlook
    return {
        "tier": programme.tiers[told.tier].name,
        "why": asdict(told.why),
        "next": told.goal and _goal(told.goal, programme),
        "review": outlook
        and {
            "on": _date(outlook.day),
            "tier": programme.tiers[outlook.tier].name,
            "to_keep": outlook.to_keep and _goal(outlook.to_keep, programme),
            "text": asdict(outlook.text),
        },
    }


def _goal(goal: Goal, programme: Programme) -> dict[str, Any]:
    return {
        "tier": programme.tiers[goal.tier].name,
        "needed": goal.needed,
        "missing": [
            {
                "measure": one.counted.measure,
                "window": one.counted.window,
                "units": one.units,
                "from": _date(one.from_day),
                "until": _date(one.until),
            }
            for one in goal.missing
        ],
        "open_from": _date(goal.open_from),
        "text": asdict(goal.text),
    }


def _date(day: int) -> Any:
    from loyalty_core.days import NEVER, to_date

    return None if day == NEVER else to_date(day)
