"""`loyalty finance`: its tables add up to the metrics of the same names, and say what partners are owed."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from dashboard.cli import app
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme, programme_from_dict

PARTNERED = {
    "name": "partnered",
    "cost_per_point": "0.01",
    "partners": [
        {"name": "cinema", "settlement_per_point": "0.02"},
        {"name": "bank", "role": "issues", "settlement_per_point": "0.01"},
    ],
    "rewards": [
        {"name": "ticket", "label": {"en": "Ticket", "zh": "电影票"}, "points": 100, "partner": "cinema"},
        {"name": "cup", "points": 30, "stock": 4},
    ],
}


def run(folder: Path, *flags: str) -> Result:
    result = CliRunner().invoke(app, ["finance", "--workspace", str(folder), *flags])
    assert result.exit_code == 0, result.output
    return result


def answer(folder: Path, *flags: str) -> dict:
    return json.loads(run(folder, "--json", *flags).stdout)


def booked(folder: Path, programme: Programme, *entries: tuple[str, str, int]) -> Path:
    """A workspace with one member's entries: kind, reason, points; a day each."""
    workspace = Workspace.open(folder)
    workspace.apply_programme(programme)
    ledger = pd.DataFrame(entries, columns=["kind", "reason", "amount"]).assign(
        entry_id=[f"e{number}" for number in range(len(entries))],
        member_id="ann",
        account="points",
        occurred_at=pd.date_range("2026-01-01T12:00", periods=len(entries), freq="D", tz="UTC"),
    )
    with workspace.writer("test") as writer:
        writer.append("entries", ledger)
        writer.publish("test")
    return folder


def test_the_tables_add_up_to_the_metrics(demo_workspace: Path) -> None:
    told = answer(demo_workspace)
    names = list(told["figures"])
    asked = ["kpi", "--workspace", str(demo_workspace), "--json", "--metrics", ",".join(names)]
    (row,) = json.loads(CliRunner().invoke(app, asked).stdout)["rows"]
    assert told["figures"] == {name: row[name] for name in names}
    figures, cohorts = told["figures"], told["cohorts"]
    for low, value, high in (
        [figures[f"{name}{end}"] for end in ("_low", "", "_high")]
        for name in ("ultimate_redemption_rate", "breakage_rate", "points_expected", "points_liability")
    ):
        assert low < value < high
    owed = sum(row["points_liability"] for row in cohorts)
    assert owed == pytest.approx(figures["points_liability"], abs=0.02)
    left = sum(row["open"] for row in cohorts)
    assert left == sum(row["points"] for row in told["ageing"]["lot_age"])
    assert left == sum(row["points"] for row in told["ageing"]["lot_expiry"])
    for shares, row in zip((one["redeemed_share"] for one in told["triangle"]), cohorts, strict=True):
        assert shares == sorted(shares) and len(shares) == row["age"] + 1
        assert row["ultimate_redemption_rate_low"] <= row["ultimate_redemption_rate"]
    assert told["deferral"][-1]["deferred_balance"] == figures["deferred_balance"]
    kept = sum(row["revenue_deferred"] - row["revenue_recognised"] for row in told["deferral"])
    assert kept == pytest.approx(figures["deferred_balance"], abs=0.01)
    band = told["simulated"]["ultimate_redemption_rate"]
    assert band["low"] < figures["ultimate_redemption_rate"] < band["high"]
    assert answer(demo_workspace) == told


def test_partners_are_owed_for_what_was_spent_with_them_and_stock_goes_down(workspace_path: Path) -> None:
    folder = booked(
        workspace_path,
        programme_from_dict(PARTNERED),
        ("earn", "base", 900),
        ("earn", "bank", 50),
        ("redeem", "电影票", -200),
        ("redeem", "cinema", -25),
        ("redeem", "cup", -90),
        ("redeem", "bank", -5),  # a bank that only issues accepts none
    )
    told = answer(folder)
    assert told["settlements"] == [
        {"partner": "cinema", "points_spent": 225, "points_given": 0, "owed": 4.5},
        {"partner": "bank", "points_spent": 0, "points_given": 50, "owed": -0.5},
    ]
    assert told["stock"] == [
        {"reward": "ticket", "stock": None, "taken": 2, "left": None},
        {"reward": "cup", "stock": 4, "taken": 3, "left": 1},
    ]
    earlier = answer(folder, "--as-of", "2026-01-04")
    assert (earlier["as_of"], earlier["stock"][1]["taken"]) == ("2026-01-04", 0)


@pytest.mark.parametrize(("language", "word"), [("en", "Share redeemed"), ("zh", "兑换三角形")])
def test_the_tables_speak_either_language(demo_workspace: Path, language: str, word: str) -> None:
    assert word in run(demo_workspace, "--language", language).stdout


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("soon", "no date"),
        ("1999-01-01", "before the first day"),
        ("2090-01-01", "the data reach until 20"),
        ("9999-12-31", "no day of a programme"),
    ],
)
def test_a_day_that_is_none_is_refused(demo_workspace: Path, day: str, said: str) -> None:
    flags = ["finance", "--workspace", str(demo_workspace), "--as-of", day]
    result = CliRunner().invoke(app, flags)
    assert isinstance(result.exception, InputError) and said in str(result.exception)
