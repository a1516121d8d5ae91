"""`loyalty check` on published facts: what it prints, and with which exit code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from typer.testing import CliRunner, Result

from dashboard.cli import app
from data.workspace import Workspace
from loyalty_core.checks.all_checks import CHECKS
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme

EARNED = ("e1", "earn", 100)


def published(folder: Path, *entries: tuple[str, str, int]) -> Path:
    """A workspace with one member and those entries, each a minute after the one before."""
    workspace = Workspace.open(folder)
    workspace.apply_programme(Programme(name="checked"))
    noon = pd.Timestamp("2026-01-01T12:00", tz="UTC")
    ledger = pd.DataFrame(entries, columns=["entry_id", "kind", "amount"]).assign(
        member_id="ann",
        account="points",
        occurred_at=[noon + pd.Timedelta(minutes=minute) for minute in range(len(entries))],
    )
    with workspace.writer("test") as writer:
        writer.append("entries", ledger)
        writer.publish("test")
    return folder


def check(folder: Path, *flags: str) -> Result:
    return CliRunner().invoke(app, ["check", "--workspace", str(folder), *flags])


def test_facts_in_order_end_with_0_and_a_line_for_every_check(workspace_path: Path) -> None:
    result = check(published(workspace_path, EARNED, ("e2", "redeem", -40)), "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert not answer["broken"]
    assert answer["as_of"] == "2026-01-01"
    assert [found["name"] for found in answer["checks"]] == [known.name for known in CHECKS]
    assert {found["rows"] for found in answer["checks"]} == {0}


def test_an_overdrawn_account_ends_with_1_and_shows_the_entry(workspace_path: Path) -> None:
    folder = published(workspace_path, EARNED, ("e2", "redeem", -140))
    answer = json.loads(check(folder, "--json").stdout)
    overdrawn = next(found for found in answer["checks"] if found["name"] == "no_account_is_ever_overdrawn")
    assert answer["broken"]
    assert overdrawn["rows"] == 1
    assert overdrawn["examples"][0]["entry_id"] == "e2"
    assert overdrawn["examples"][0]["balance"] == -40
    printed = check(folder)
    assert printed.exit_code == 1
    assert "broken" in printed.stdout


def test_a_workspace_without_facts_cannot_be_checked(workspace_path: Path) -> None:
    Workspace.open(workspace_path)
    result = check(workspace_path)
    assert isinstance(result.exception, InputError)
    assert "nothing to check" in str(result.exception)


def test_a_folder_that_is_no_workspace_is_said_so(tmp_path: Path) -> None:
    result = check(tmp_path / "nothing here")
    assert isinstance(result.exception, InputError)
    assert not (tmp_path / "nothing here").exists()
