"""`loyalty actions`: whom to turn to next, why, and what it may bring; recorded as a campaign on request."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, counted, print_json
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from data.acting import Lift
    from loyalty_core.actions.listing import Listing

ListArgument = Annotated[
    str | None, typer.Argument(metavar="LIST", help="The name of a list; without it all are named.")
]
CapOption = Annotated[
    int, typer.Option("--cap", metavar="N", help="At most N contacts of a member within 30 days.")
]
LiftOption = Annotated[
    str | None,
    typer.Option(
        "--lift", metavar="SHARE", help="Share supposed to respond because of it; measured by default."
    ),
]
HoldOutOption = Annotated[
    int, typer.Option("--hold-out", metavar="PERCENT", help="Share held out when the list is recorded.")
]
RecordOption = Annotated[
    bool, typer.Option("--record", help="Record the list as a campaign; prints whom to contact.")
]
ChannelOption = Annotated[str, typer.Option("--channel", help="Channel of the campaign.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="The whole list as CSV.")]
SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("actions")(actions)


def actions(
    list_name: ListArgument = None,
    cap: CapOption = 4,
    lift: LiftOption = None,
    record: RecordOption = False,
    hold_out: HoldOutOption = 10,
    channel: ChannelOption = "",
    workspace: WorkspaceOption = WORKSPACE,
    csv: CsvOption = False,
    json: JsonOption = False,
) -> None:
    """List members to turn to: wake_up, about_to_churn, near_upgrade, about_to_drop, points_expiring,
    low_stored_value or birthday.

    Without those who have not consented, and those contacted often enough; the largest expected gain first.
    """
    from data.acting import past_lifts, recorded, rows_of
    from data.portrayed import portrayed
    from data.rollups.snapshot_facts import SnapshotFacts
    from data.workspace import Workspace
    from loyalty_core.actions.action_lists import LISTS
    from loyalty_core.actions.listing import Terms, listing
    from loyalty_core.actions.sight import Sight
    from loyalty_core.days import to_day

    if list_name is None:
        for one in LISTS.values():
            answers().print(f"{one.name}: {one.meaning.en}", soft_wrap=True)
        return
    opened = Workspace.open(workspace, create=False)
    snapshot, programme = opened.latest(), opened.programme
    if snapshot is None or programme is None or snapshot.as_of is None:
        raise InputError(f"{workspace}: nothing has happened yet; run loyalty import or loyalty demo first")
    day = to_day(snapshot.as_of)
    sight = Sight(portrayed(snapshot, programme, day), programme, day)
    asked = None if lift is None else Terms(lift=_share(lift), most_contacts=cap)
    listing(list_name, sight, asked or Terms(lift=Decimal(0), most_contacts=cap))  # the name is known
    past = past_lifts(SnapshotFacts(snapshot, programme), day)[list_name]
    found = listing(list_name, sight, asked or Terms(lift=past.share, most_contacts=cap))
    rows = rows_of(list_name, found, sight, "en")
    if record:
        told = recorded(opened, list_name, rows, hold_out, channel, datetime.now(UTC))
        rows = told.treated
        sys.stderr.write(f"recorded as {told.campaign_id}; {told.held_out} held out\n")
    _print(rows, found, past if asked is None else None, programme.currency, csv=csv, json=json)


def _share(text: str) -> Decimal:
    try:
        share = Decimal(text)
    except InvalidOperation:
        share = Decimal("NaN")
    if share.is_nan():
        raise InputError(f"lift {text}: write a share from 0 to 1, such as 0.02")
    return share


def _print(
    rows: pd.DataFrame, found: Listing, past: Lift | None, currency: str, *, csv: bool, json: bool
) -> None:
    from data.formula_guard import guarded

    if json:
        left_out = {
            "without_consent": found.without_consent,
            "consent_unknown": found.unasked,
            "contacted_enough": found.contacted_enough,
        }
        basis = {"lift": float(past.share), "basis": past.basis} if past else None
        print_json({"left_out": left_out, "supposed": basis, "rows": rows.to_dict("records")})
    elif csv:
        sys.stdout.write(rows.map(guarded).to_csv(index=False))
    else:
        for row in rows.head(SHOWN).to_dict("records"):
            gain = f"{currency} {row['expected_gain']:.2f}"
            line = f"{row['rank']:>4}  {row['member_id']}  {gain}  {row['reason']}"
            answers().print(line, soft_wrap=True)
        kept_back = found.concerned - len(found)
        answers().print(
            f"{counted(len(rows), 'members')}; {kept_back:,} more may not be contacted.", soft_wrap=True
        )
