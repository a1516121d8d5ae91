"""`loyalty points`: points of members adjusted, moved or pooled by people, each with a reason.

The entries are booked right after the last event that the workspace knows. Points that are moved keep
their dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, counted, print_json
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from data.booking import Booking
    from loyalty_core.kernel.decisions import Decision
    from loyalty_core.rules.programme import Programme

MemberArgument = Annotated[str, typer.Argument(help="The number of a member, as the source writes it.")]
GiverArgument = Annotated[str, typer.Argument(help="Who gives the points.")]
TakerArgument = Annotated[str, typer.Argument(help="Who gets the points.")]
GiversArgument = Annotated[list[str], typer.Argument(help="Who give all that they have.")]
PointsOption = Annotated[str, typer.Option("--points", help="How many; with a minus they are taken.")]
MovedOption = Annotated[str, typer.Option("--points", help="How many.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it stands with the entries.")]
MOST_UNITS = 10**15  # as many digits as documents take


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    points = typer.Typer(help="Adjust, move or pool points of members, each with a reason.")
    for command in (adjust, transfer, pool):
        points.command(command.__name__)(command)
    app.add_typer(points, name="points", no_args_is_help=True)


def adjust(
    member: MemberArgument,
    points: PointsOption,
    reason: ReasonOption,
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Give a member points, gone when those earned that day are, or take some, the oldest first."""
    from loyalty_core.kernel.decisions import adjusted

    units = _units(points, workspace)
    _book(
        [member], lambda accounts, day, who: adjusted(accounts, day, who[0], units), reason, workspace, json
    )


def transfer(
    giver: GiverArgument,
    taker: TakerArgument,
    points: MovedOption,
    reason: ReasonOption,
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Move points from one member to another, the oldest first; they keep their dates."""
    from loyalty_core.kernel.decisions import moved

    units = _units(points, workspace)
    if units < 0:
        raise InputError(f"--points {points}: only points above 0 can be moved; exchange the two members")
    _book(
        [giver, taker], lambda accounts, day, who: moved(accounts, day, *who, units), reason, workspace, json
    )


def pool(
    taker: TakerArgument,
    givers: GiversArgument,
    reason: ReasonOption,
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Bring all that members have to one of them: what is there, what waits, and what is owed."""
    from loyalty_core.kernel.decisions import pooled

    _book(
        [taker, *givers],
        lambda accounts, day, who: pooled(accounts, day, who[1:], who[0]),
        reason,
        workspace,
        json,
    )


def _units(points: str, workspace: Any) -> int:
    from dashboard.commands.documents import in_force

    try:
        units = in_force(workspace).point_units(points)
    except ArithmeticError:
        raise InputError(f"--points {points}: no number; write it like 50 or -12.5") from None
    if abs(units) > MOST_UNITS:
        raise InputError(f"--points {points}: more than any account holds; write it like 50 or -12.5")
    if not units:
        raise InputError("--points 0: nothing would change; say how many")
    return units


def _book(members: Sequence[str], decision: Decision, reason: str, workspace: Any, json: bool) -> None:
    from data.booking import book
    from data.workspace import Workspace

    opened = Workspace.open(workspace, create=False)
    booking = book(opened, members, decision, reason)
    programme = opened.programme
    assert programme is not None  # else nothing was booked
    if json:
        print_json(_document(booking, programme))
        return
    for member, (before, after) in booking.balances.items():
        answers().print(
            f"{member}: {_points(before, programme)} points before, {_points(after, programme)} now"
        )
    lines = len(booking.entries)
    answers().print(f"{counted(lines, 'entries')} in snapshot {booking.snapshot}: {reason}")


def _document(booking: Booking, programme: Programme) -> dict[str, Any]:
    return {
        "snapshot": booking.snapshot,
        "members": {
            member: {"before": _points(before, programme), "after": _points(after, programme)}
            for member, (before, after) in booking.balances.items()
        },
        "entries": [
            {
                "entry_id": line.entry_id,
                "member_id": line.member_id,
                "kind": line.kind,
                "points": _points(line.amount, programme),
                "available_on": _date(line.available_on),
                "expires_on": _date(line.expires_on),
                "reason": line.reason,
            }
            for line in booking.entries.itertuples()
        ],
    }


def _date(stamp: Any) -> Any:
    return None if stamp != stamp else stamp.date()  # NaT is not even itself


def _points(units: int, programme: Programme) -> Decimal:
    return Decimal(int(units)).scaleb(-programme.point_decimals)
