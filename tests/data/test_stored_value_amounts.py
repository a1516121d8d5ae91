"""In the accounts of stored value an entry's amount is money; everywhere else it is points."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.mapping import Mapping, mapping_from_yaml
from data.workspace import Workspace
from tests.data.shop import counts, imported, lines, written

MAPPING = """
name: cards
programme: {name: cards, currency: CNY, currency_decimals: 2, point_decimals: 1}
files:
  ledger:
    match: "*.csv"
    rows:
      - table: entries
        columns:
          entry_id: id
          member_id: {value: m1}
          account: ACCOUNT
          kind: {value: adjust}
          amount: AMOUNT
          occurred_at: {value: "2026-03-01"}
"""


def mapping(account: str = "account", amount: str = "amount") -> Mapping:
    return mapping_from_yaml(MAPPING.replace("ACCOUNT", account).replace("AMOUNT", amount))


def ledger(*rows: str) -> bytes:
    return lines(rows, "id,account,amount")


def amounts(workspace: Path) -> dict[str, int]:
    """What each entry holds in the lake, by id."""
    snapshot = Workspace.open(workspace).latest()
    rows = snapshot.query("SELECT entry_id, amount FROM entries ORDER BY entry_id")
    return dict(zip(rows["entry_id"], rows["amount"].tolist(), strict=True))


MIXED = ("a,points,12.5", "b,stored_value,12.5", "c,stored_value_bonus,0.05", "d,status,12.5", "e,points,1")


def test_the_account_of_each_line_decides_what_its_amount_counts(
    tmp_path: Path, workspace_path: Path
) -> None:
    imported(workspace_path, written(tmp_path, ledger(*MIXED)), mapping())
    assert amounts(workspace_path) == {"a": 125, "b": 1250, "c": 5, "d": 125, "e": 10}


@pytest.mark.parametrize(
    ("account", "rows"),
    [
        ("{from: account, values: {card: stored_value, P: points}}", ("a,card,1.25", "b,P,1.2")),
        ("{sql: \"'stored_' || account\"}", ("a,value,1.25", "b,points,1.2")),
    ],
)
def test_the_account_may_be_a_translation_or_an_expression(
    tmp_path: Path, workspace_path: Path, account: str, rows: tuple[str, ...]
) -> None:
    imported(workspace_path, written(tmp_path, ledger(*rows)), mapping(account))
    assert amounts(workspace_path) == {"a": 125, "b": 12}


def test_the_account_may_be_a_constant(tmp_path: Path, workspace_path: Path) -> None:
    imported(workspace_path, written(tmp_path, ledger("a,x,1.25")), mapping("{value: stored_value}"))
    assert amounts(workspace_path) == {"a": 125}


@pytest.mark.parametrize("amount", ['{value: "0.5"}', '{sql: "0.25 + 0.25"}'])
def test_one_amount_for_all_is_still_read_by_account(
    tmp_path: Path, workspace_path: Path, amount: str
) -> None:
    rows = ("a,stored_value,-", "b,points,-")
    imported(workspace_path, written(tmp_path, ledger(*rows)), mapping(amount=amount))
    assert amounts(workspace_path) == {"a": 50, "b": 5}


def test_an_amount_finer_than_its_unit_is_told_by_the_unit_of_its_account(
    tmp_path: Path, workspace_path: Path
) -> None:
    rows = ("a,points,1.25", "b,stored_value,1.255", "c,stored_value,1.25", "d,points,1.2")
    report = imported(workspace_path, written(tmp_path, ledger(*rows)), mapping())
    assert counts(report.files[0]) == (4, 2, 0, 0, 2)
    listed = report.files[0].rejects_path.read_text("utf-8-sig").replace('""', '"').splitlines()
    assert any('"1.25" has more decimals than the programme\'s points (1)' in line for line in listed)
    assert any('"1.255" has more decimals than CNY (2)' in line for line in listed)


def test_declared_rounding_rounds_to_the_unit_of_the_account(tmp_path: Path, workspace_path: Path) -> None:
    rows = ("a,points,1.25", "b,stored_value,1.255")
    imported(
        workspace_path, written(tmp_path, ledger(*rows)), mapping(amount="{from: amount, round: half_up}")
    )
    assert amounts(workspace_path) == {"a": 13, "b": 126}
