"""`loyalty explain`: sentences for people, parts for programs, and one line where it cannot answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from data.workspace import Workspace
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


def test_purchases_are_explained_rule_by_rule_as_the_ledger_has_them(demo_workspace: Path) -> None:
    told = json.loads(asked(demo_workspace, MEMBER, "--last-purchases", "3", "--json"))["purchases"]
    snapshot = Workspace.open(demo_workspace, create=False).latest()
    sql = "SELECT reference, sum(amount) FROM entries WHERE member_id = $who AND kind = 'earn' GROUP BY ALL"
    ledger = dict(snapshot.query(sql, {"who": MEMBER}).itertuples(index=False))
    assert told and {one["purchase"]: int(one["points"]["points"]) for one in told} == {
        one["purchase"]: ledger[one["purchase"]] for one in told
    }
    said = asked(demo_workspace, MEMBER, "--last-purchases", "3")
    for one in told:
        assert f"{one['purchase']} on {one['on']}, {one['amount']} at tier" in said
        assert all(sentence["en"] in said and sentence["zh"] for sentence in one["why"])
    alone = json.loads(asked(demo_workspace, MEMBER, "--purchase", told[0]["purchase"], "--json"))
    assert alone["purchases"] == told[:1]


def test_an_unknown_member_or_day_is_answered_in_one_line(demo_workspace: Path) -> None:
    for words, problem in (
        (["nobody"], "nobody is no member; write the number as the source does"),
        ([MEMBER, "--as-of", "1999-01-01"], f"{MEMBER} is not enrolled on 1999-01-01; ask for another day"),
        (
            [MEMBER, "--purchase", "none"],
            f"{MEMBER} has no purchase none; write its number as the source does",
        ),
        (["nobody", "--last-purchases", "1"], "nobody is no member; write the number as the source does"),
        (
            [MEMBER, "--last-purchases", "1", "--as-of", "2026-01-01"],
            "give one of --as-of, --purchase and --last-purchases",
        ),
        ([MEMBER, "--as-of", "9999-12-31"], "--as-of 9999-12-31: no day of a programme"),
        ([MEMBER, "--as-of", "soon"], "--as-of soon: no date; write it like 2026-10-31"),
    ):
        with pytest.raises(InputError, match=problem):
            raise CliRunner().invoke(app, ["explain", *words, "--workspace", str(demo_workspace)]).exception


def _programme(workspace: Path) -> str:
    return CliRunner().invoke(app, ["programme", "show", "--json", "--workspace", str(workspace)]).stdout
