"""`loyalty programme reconcile` on a programme that keeps its own rules, and under other rules."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Earning, Programme, programme_from_yaml, programme_to_yaml

ASK = ["programme", "reconcile", "--workspace"]


def asked(*words: str) -> dict:
    result = CliRunner().invoke(app, [*ASK, *words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def in_force(workspace: Path) -> Programme:
    return programme_from_yaml(
        CliRunner().invoke(app, ["programme", "show", "--workspace", str(workspace)]).stdout
    )


def test_a_ledger_that_followed_the_programme_is_explained_entry_by_entry(demo_workspace: Path) -> None:
    found = asked(str(demo_workspace))
    assert found["entries"] == found["explained"] + found["decisions"] > 10_000 > 100 * found["decisions"]
    assert {group["mismatch"] for group in found["unexplained"]} == {"decision"}
    assert {row["kind"] for row in found["by_month"]} == {"earn", "redeem", "expire", "reverse", "adjust"}
    assert found["purchases_rewarded"] == found["purchases_explained"] > 0 == found["without_entry"]


def test_under_another_expiry_the_same_points_are_said_to_expire_on_another_day(
    demo_workspace: Path, tmp_path: Path
) -> None:
    programme = in_force(demo_workspace)
    later = programme.model_copy(update={"expiry": programme.expiry.model_copy(update={"months": 13})})
    file, present = tmp_path / "later [更晚].yaml", tmp_path / "present.yaml"
    file.write_text(programme_to_yaml(later), encoding="utf-8")
    present.write_text(programme_to_yaml(programme), encoding="utf-8")
    before, found = (asked(str(demo_workspace), str(one)) for one in (present, file))
    were, explained = _explained_by_kind(before), _explained_by_kind(found)
    assert explained["expire"] < were["expire"] / 10
    assert (explained["earn"], explained["redeem"]) == (were["earn"], were["redeem"])
    group = next(one for one in found["unexplained"] if one["kind"] == "expire")
    assert (group["kind"], group["mismatch"]) == ("expire", "other_day")
    assert group["what"]["zh"] == "这些积分应在另一天失效" and len(group["examples"]) == 3
    said = CliRunner().invoke(app, [*ASK, str(demo_workspace), str(file)]).stdout
    assert "these points expire on another day" in said and group["examples"][0]["entry_id"] in said


def _explained_by_kind(found: dict) -> dict[str, int]:
    kinds = {row["kind"] for row in found["by_month"]}
    return {kind: sum(row["explained"] for row in found["by_month"] if row["kind"] == kind) for kind in kinds}


def test_entries_are_held_against_the_versions_of_their_days(workspace_path: Path, tmp_path: Path) -> None:
    workspace = Workspace.open(workspace_path)
    before = Programme(name="club", earning=Earning(points_per_unit=1))
    after = Programme(name="club", earning=Earning(points_per_unit=2), effective_on=date(2026, 3, 1))
    for programme in (before, after):
        workspace.apply_programme(programme)
    days = [pd.Timestamp("2026-02-28T12:00", tz="UTC"), pd.Timestamp("2026-03-01T12:00", tz="UTC")]
    ids = {"member_id": "ann", "occurred_at": days}
    sales = pd.DataFrame({"purchase_id": ["p1", "p2"], "kind": "sale", "amount": 1000} | ids)
    booked = {"entry_id": ["e1", "e2"], "account": "points", "kind": "earn", "amount": [10, 20]}
    with workspace.writer("test") as writer:
        writer.append("purchases", sales)
        writer.append("entries", pd.DataFrame(booked | {"reference": ["p1", "p2"]} | ids))
        writer.publish("test")
    found = asked(str(workspace_path))
    assert (found["entries"], found["explained"], found["versions"]) == (2, 2, [None, "2026-03-01"])
    file = tmp_path / "after.yaml"
    file.write_text(programme_to_yaml(after), encoding="utf-8")
    assert asked(str(workspace_path), str(file))["explained"] == 1
    said = CliRunner().invoke(app, [*ASK, str(workspace_path)]).stdout
    assert "club, 2 versions, against the ledger of snapshot 1" in said


def test_without_facts_it_says_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*ASK, str(tmp_path / "nowhere")])
    assert isinstance(result.exception, InputError)


@pytest.mark.parametrize("text", ["name: x\ntiers: []\n", "earning: ["])
def test_a_document_that_is_none_is_refused_by_name(demo_workspace: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, [*ASK, str(demo_workspace), str(file)])
    assert isinstance(result.exception, InputError) and "broken.yaml" in str(result.exception)
