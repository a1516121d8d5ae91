"""`loyalty winners`: who would have gained and who would have lost under the rules of a scenario."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, print_json
from dashboard.commands.days import day_reached
from dashboard.commands.simulate import found_scenario, published

if TYPE_CHECKING:
    from loyalty_core.kernel.winners import Winners
    from loyalty_core.rules.programme import Programme

ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A YAML file, a saved name, or the word live.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="Earnings from this day on; else a year.")
]
ListOption = Annotated[
    int, typer.Option("--list", min=0, metavar="N", help="Members listed, the most affected first.")
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("winners")(winners)


def winners(
    scenario: ScenarioArgument,
    since: FromOption = None,
    listed: ListOption = 20,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Replay what members did under the programme in force and under a scenario: who wins, who loses."""
    from data.live import live_history
    from data.workspace import Workspace
    from loyalty_core.kernel.winners import winners as compared

    opened = Workspace.open(workspace, create=False)
    snapshot, programme = published(opened, workspace)
    asked = found_scenario(scenario, opened)
    other = asked.programme(programme)
    first = None if since is None else day_reached("--from", since, snapshot.as_of)
    found = compared(live_history(snapshot, programme), programme, other, first)
    about = {"snapshot": snapshot.id, "scenario": asked.name}
    told = about | document(found, programme, other, listed)
    if as_json:
        print_json(told)
    else:
        _print(told)


def document(found: Winners, before: Programme, after: Programme, listed: int) -> dict[str, Any]:
    """Plain values: all members, each tier and value group, and those who are affected most."""
    import numpy as np

    from loyalty_core.days import to_date
    from loyalty_core.kernel.winners import VALUE_GROUPS, ValueGroup

    change = found.after.worth_minor - found.before.worth_minor
    moved = np.flatnonzero(found.outcome)
    order = moved[np.lexsort((moved, -np.abs(change[moved])))][:listed]
    names = {
        "tier": [tier.name for tier in before.tiers],
        "value": [asdict(VALUE_GROUPS[group]) for group in ValueGroup],
    }
    return {
        "from": to_date(found.days[0]),
        "to": to_date(found.days[1]),
        "all": _summary(found, np.ones(len(found), bool), before),
        "groups": [
            {"by": by, "group": names[by][number]} | _summary(found, who, before)
            for by, number, who in found.groups()
        ],
        "members": [_member(found, int(who), before, after) for who in order],
    }


def _summary(found: Winners, who: Any, programme: Programme) -> dict[str, Any]:
    import numpy as np

    from loyalty_core.kernel.winners import OUTCOMES

    counts = np.bincount(found.outcome[who], minlength=len(OUTCOMES))
    change = int((found.after.worth_minor - found.before.worth_minor)[who].sum())
    return {
        "members": int(who.sum()),
        **{words.en: int(counts[outcome]) for outcome, words in OUTCOMES.items()},
        "worth_change": change / 10**programme.currency_decimals,
    }


def _member(found: Winners, who: int, before: Programme, after: Programme) -> dict[str, Any]:
    from loyalty_core.kernel.winners import OUTCOMES, VALUE_GROUPS, Outcome, ValueGroup

    sides = {
        name: {
            "tier": programme.tiers[side.tier[who]].name if side.tier[who] >= 0 else None,
            "points": int(side.points[who]) / 10**programme.point_decimals,
            "worth": int(side.worth_minor[who]) / 10**programme.currency_decimals,
        }
        for name, side, programme in (("before", found.before, before), ("after", found.after, after))
    }
    outcome, group = Outcome(found.outcome[who]), ValueGroup(found.value_group[who])
    about = {"member": str(found.ids[who]), "outcome": OUTCOMES[outcome].en}
    return about | {"value": VALUE_GROUPS[group].en} | sides


def _print(told: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    heads = ("", "members", "won", "lost", "mixed", "same", "worth of points earned")
    table = Table(*heads, title=Text(f"{told['scenario']}, {told['from']} to {told['to']}"))
    for row in ({"by": "", "group": "all"} | told["all"], *told["groups"]):
        name = row["group"] if isinstance(row["group"], str) else row["group"]["en"]
        counts = (f"{row[key]:,}" for key in ("members", "won", "lost", "mixed", "same"))
        table.add_row(Text(f"{row['by']} {name}".strip()), *counts, f"{row['worth_change']:+z,.2f}")
    answers().print(table, markup=False)
    for one in told["members"]:
        before, after = one["before"], one["after"]
        moved = f"{before['tier']} → {after['tier']}" if before["tier"] != after["tier"] else before["tier"]
        points = f"{before['points']:,g} → {after['points']:,g} points"
        answers().print(f"{one['member']} {one['outcome']}: {moved}, {points}", markup=False)
