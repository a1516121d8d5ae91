"""`loyalty finance`: what points owe, how that is estimated, and what is settled with partners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dashboard.commands import WORKSPACE, JsonOption, LanguageOption, WorkspaceOption, print_json
from dashboard.commands.days import day_reached, refuse_before
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from data.rollups.snapshot_facts import SnapshotFacts
    from loyalty_core.finance.redemption_tables import RedemptionTables
    from loyalty_core.history import History
    from loyalty_core.rules.programme import Programme

AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="At the close of this day; the last by default.")
]
FIGURES = (
    "points_outstanding",
    "points_expected",
    "ultimate_redemption_rate",
    "breakage_rate",
    "points_liability",
    "cost_per_point",
    "deferred_balance",
    "break_even_lift",
)
DEFERRAL = ("revenue_deferred", "revenue_recognised", "deferred_balance")
SEED, RUNS = 1993, 1000  # of the band that is simulated: the same for the same facts


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("finance")(finance)


def finance(
    as_of: AsOfOption = None,
    language: LanguageOption = "en",
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Show the redemption triangle, liability, ageing, deferral, break-even lift, settlements and stock."""
    from dashboard.commands.kpi import published
    from data.rollups.snapshot_facts import SnapshotFacts

    snapshot, programme = published(workspace)
    facts = SnapshotFacts(snapshot, programme)
    if facts.days is None:
        raise InputError("the workspace holds no event yet; import purchases, entries or activities first")
    first, last = facts.days
    day = last if as_of is None else day_reached("--as-of", as_of, snapshot.as_of)
    refuse_before(day, first)
    told = document(facts, programme, first, day)
    if json:
        print_json({"snapshot": snapshot.id, **told})
    else:
        from dashboard.commands.finance_table import print_finance

        print_finance(told, programme, language, f"snapshot {snapshot.id}")


def document(facts: SnapshotFacts, programme: Programme, first: int, day: int) -> dict[str, Any]:
    """All that is shown, as plain values: points in points, money in currency units, shares as fractions."""
    import numpy as np

    from data.live import live_history
    from loyalty_core.days import to_date
    from loyalty_core.finance.redemption_tables import redemption_tables

    history = live_history(facts.snapshot, programme, until=day)
    tables = redemption_tables(history, programme, day, np.random.default_rng(SEED), RUNS)
    return {
        "as_of": to_date(day),
        "programme": programme.name,
        "figures": _figures(facts, programme, first, day),
        "simulated": _simulated(tables),
        "triangle": _triangle(tables),
        "factors": _rows(tables.factors.reset_index()),
        "cohorts": _rows(tables.cohorts.reset_index().astype({"earn_month": str})),
        "ageing": {
            by: _by(facts, programme, first, day, by, name)
            for by, name in (("lot_age", "points_ageing"), ("lot_expiry", "points_to_expiry"))
        },
        "deferral": _deferral(facts, programme, first, day),
        "settlements": settlements(history, programme),
        "stock": stock(history, programme),
    }


def _evaluated(
    facts: SnapshotFacts,
    programme: Programme,
    days: tuple[int, int],
    names: tuple[str, ...],
    by: tuple[str, ...] = (),
    step: Literal["month"] | None = None,
) -> pd.DataFrame:
    from loyalty_core.metrics.dictionary import columns_of, evaluate
    from loyalty_core.periods import periods

    return evaluate(facts.of(periods(*days, step), by, {}, columns_of(names)), names, programme)


def _figures(facts: SnapshotFacts, programme: Programme, first: int, day: int) -> dict[str, float | None]:
    from loyalty_core.metrics.dictionary import METRICS

    names = tuple(dict.fromkeys(end for name in FIGURES for end in (name, *METRICS[name].bounds)))
    (row,) = _rows(_evaluated(facts, programme, (first, day), names))
    return {name: row[name] for name in names}


def _by(facts: SnapshotFacts, programme: Programme, first: int, day: int, by: str, name: str) -> Any:
    found = _rows(_evaluated(facts, programme, (first, day), (name,), (by,)))
    return [{by: row[by], "points": row[name]} for row in found]


def _deferral(facts: SnapshotFacts, programme: Programme, first: int, day: int) -> list[dict[str, Any]]:
    found = _rows(_evaluated(facts, programme, (first, day), DEFERRAL, (), "month"))
    return [{name: row[name] for name in ("period_end", *DEFERRAL)} for row in found]


def _simulated(tables: RedemptionTables) -> dict[str, Any]:
    """The bands by a bootstrap of the triangle, beside the intervals in closed form."""
    bands = {name: getattr(tables, name) for name in ("ultimate_redemption_rate", "points_liability")}
    return {
        name: {"low": _plain(float(band.low)), "high": _plain(float(band.high)), "level": band.level}
        for name, band in bands.items()
    }


def _triangle(tables: RedemptionTables) -> list[dict[str, Any]]:
    shares = tables.triangle.to_numpy(float)
    return [
        {
            "earn_month": str(month),
            "redeemed_share": [_plain(float(share)) for share in row if share == share],
        }
        for month, row in zip(tables.triangle.index, shares, strict=True)
    ]


def settlements(history: History, programme: Programme) -> list[dict[str, Any]]:
    """What each partner is owed for the points that members spent with them, less those they gave."""
    from loyalty_core.rewards.catalogue import owed_to_partners
    from loyalty_core.rewards.taken import partner_behind

    behind, amount = partner_behind(history, programme), history.entries.amount
    owed = owed_to_partners(programme, behind, amount)
    points, money = 10**programme.point_decimals, 10**programme.currency_decimals
    return [
        {
            "partner": partner.name,
            "points_spent": -int(amount[(behind == place) & (amount < 0)].sum()) / points,
            "points_given": int(amount[(behind == place) & (amount > 0)].sum()) / points,
            "owed": int(owed[place]) / money,
        }
        for place, partner in enumerate(programme.partners)
    ]


def stock(history: History, programme: Programme) -> list[dict[str, Any]]:
    """What has been taken of each reward, and what is left of those that are limited."""
    import numpy as np

    from loyalty_core.rewards.catalogue import NO_LIMIT, stock_of
    from loyalty_core.rewards.taken import rewards_taken

    taken = rewards_taken(history, programme)
    pieces = np.zeros(len(programme.rewards), np.int64)
    np.add.at(pieces, taken.reward, taken.pieces)
    rows = zip(programme.rewards, stock_of(programme).tolist(), pieces.tolist(), strict=True)
    return [
        {
            "reward": reward.name,
            "stock": None if there == NO_LIMIT else there,
            "taken": gone,
            "left": None if there == NO_LIMIT else there - gone,
        }
        for reward, there, gone in rows
    ]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    records: list[Mapping[Any, Any]] = frame.to_dict("records")
    return [{str(name): _plain(value) for name, value in record.items()} for record in records]


def _plain(value: Any) -> Any:
    """A value for JSON; None for what is unknown or without end."""
    import pandas as pd

    if isinstance(value, pd.Timestamp):
        return value.date()
    if pd.isna(value) or value in (float("inf"), float("-inf")):
        return None
    return value.item() if hasattr(value, "item") else value
