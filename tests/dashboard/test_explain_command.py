"""`loyalty explain`: sentences for people, parts for programs, and one line where it cannot answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from loyalty_core.errors import InputError

MEMBER = "M0000001"


def asked(workspace: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["explain", *words, "--workspace", str(workspace)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_member_is_explained_in_sentences_and_in_parts(demo_workspace: Path) -> None:
    told = json.loads(asked(demo_workspace, MEMBER, "--json"))
    said = asked(demo_workspace, MEMBER)
    assert said.startswith(f"{MEMBER} on {told['as_of']}: {told['why']['en']}")
    assert told["review"]["text"]["en"] in said and told["review"]["on"] > told["as_of"]
    assert told["next"]["text"]["en"] in said and told["next"]["missing"][0]["measure"] == "spend"
    tiers = [tier["name"] for tier in json.loads(_programme(demo_workspace))["tiers"]]
    assert tiers.index(told["next"]["tier"]) == tiers.index(told["tier"]) + 1


def test_an_unknown_member_or_day_is_answered_in_one_line(demo_workspace: Path) -> None:
    for words, problem in (
        (["nobody"], "nobody is no member; write the number as the source does"),
        ([MEMBER, "--as-of", "1999-01-01"], f"{MEMBER} is not enrolled on 1999-01-01; ask for another day"),
        ([MEMBER, "--as-of", "soon"], "--as-of soon: no date; write it like 2026-10-31"),
    ):
        with pytest.raises(InputError, match=problem):
            raise CliRunner().invoke(app, ["explain", *words, "--workspace", str(demo_workspace)]).exception


def _programme(workspace: Path) -> str:
    return CliRunner().invoke(app, ["programme", "show", "--json", "--workspace", str(workspace)]).stdout
