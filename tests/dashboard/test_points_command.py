"""`loyalty points`: what people decide about points is booked, with a reason, and shows in one snapshot."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from data.derivation import derive
from data.quality import findings_of
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme

CLUB = Programme(name="club", point_decimals=1, expiry={"months": 12})


@pytest.fixture
def club(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Two members; ann has earned 30 points on each of two days, ben none."""
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    workspace = Workspace.open(tmp_path / "club")
    workspace.apply_programme(CLUB)
    sales = {
        "purchase_id": ["p1", "p2", "p3"],
        "member_id": ["ann", "ann", "ben"],
        "kind": "sale",
        "occurred_at": pd.to_datetime(["2025-01-05", "2025-03-05", "2025-03-06"], utc=True),
        "amount": [3_000, 3_000, 0],
    }
    with workspace.writer("facts") as writer:
        writer.append("purchases", pd.DataFrame(sales))
        derive(writer, [CLUB])
        writer.publish("facts")
    return workspace


def asked(workspace: Workspace, *words: str) -> dict:
    result = CliRunner().invoke(app, ["points", *words, "--workspace", str(workspace.folder), "--json"])
    if isinstance(result.exception, InputError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def held(told: dict) -> dict[str, tuple[Decimal, Decimal]]:
    """Points before and after, by member."""
    return {
        member: (Decimal(one["before"]), Decimal(one["after"])) for member, one in told["members"].items()
    }


def balances(workspace: Workspace) -> dict[str, int]:
    found = workspace.latest().query("SELECT member_id, sum(amount)::INT AS units FROM entries GROUP BY ALL")
    return dict(found.itertuples(index=False))


def test_points_are_taken_from_the_oldest_lots_and_the_rest_is_derived_around_it(club: Workspace) -> None:
    told = asked(club, "adjust", "ann", "--points", "-40.5", "--reason", "given twice")
    assert held(told) == {"ann": (60, Decimal("19.5"))}
    assert [(line["points"], line["expires_on"]) for line in told["entries"]] == [
        ("-30.0", "2026-01-05"),
        ("-10.5", "2026-03-05"),
    ]
    assert balances(club) == {"ann": 195}
    reasons = club.latest().query("SELECT DISTINCT reason FROM entries WHERE NOT derived")["reason"]
    assert reasons.tolist() == ["given twice"]
    assert [one.check.name for one in findings_of(club.latest(), CLUB) if one.breaks] == []


def test_points_move_with_their_dates_and_a_pool_empties_who_gives(club: Workspace) -> None:
    moved = asked(club, "transfer", "ann", "ben", "--points", "45", "--reason", "a present")
    assert moved["members"] == {
        "ann": {"before": "60.0", "after": "15.0"},
        "ben": {"before": "0.0", "after": "45.0"},
    }
    assert sum(Decimal(line["points"]) for line in moved["entries"]) == 0
    pooled = asked(club, "pool", "ann", "ben", "--reason", "one household")
    assert pooled["members"] == {
        "ann": {"before": "15.0", "after": "60.0"},
        "ben": {"before": "45.0", "after": "0.0"},
    }
    assert balances(club) == {"ann": 600, "ben": 0}
    assert [one.check.name for one in findings_of(club.latest(), CLUB) if one.breaks] == []


def test_what_cannot_be_decided_is_answered_in_a_line_and_changes_nothing(club: Workspace) -> None:
    for words, problem in (
        (["adjust", "ann", "--points", "-61", "--reason", "x"], "only 60.0 points are there"),
        (["adjust", "ann", "--points", "5", "--reason", " "], "--reason is empty"),
        (["adjust", "ann", "--points", "many", "--reason", "x"], "--points many: no number"),
        (["adjust", "ann", "--points", "0", "--reason", "x"], "nothing would change"),
        (["adjust", "ann", "--points", "0.25", "--reason", "x"], "at most 1 decimals"),
        (["adjust", "eve", "--points", "5", "--reason", "x"], "eve is no member"),
        (["transfer", "ann", "ben", "--points", "-5", "--reason", "x"], "only points above 0 can be moved"),
        (["pool", "ann", "ann", "--reason", "x"], "ann is named twice"),
    ):
        with pytest.raises(InputError, match=problem):
            asked(club, *words)
    assert club.latest().id == 1 and balances(club) == {"ann": 600}
