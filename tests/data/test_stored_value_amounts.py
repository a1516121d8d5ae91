"""In the accounts of stored value an entry's amount is money; everywhere else it is points."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from data.intake.accounts import FileAccount
from data.intake.mapping import mapping_from_yaml
from data.workspace import Workspace
from tests.data.shop import counts, imported, lines, written

PROGRAMME = {"name": "cards", "currency": "CNY", "currency_decimals": 2, "point_decimals": 1}
# What each file says its account and its amount are, and its lines as id, account, amount.
FILES = {
    "mixed": (
        "account",
        "amount",
        ("a,points,12.5", "b,stored_value,12.5", "c,stored_value_bonus,0.05", "d,status,12.5", "e,points,1"),
    ),
    "translated": (
        {"from": "account", "values": {"card": "stored_value", "P": "points"}},
        "amount",
        ("f,card,1.25", "g,P,1.2"),
    ),
    "expression": ({"sql": "'stored_' || account"}, "amount", ("h,value,1.25", "i,points,1.2")),
    "constant": ({"value": "stored_value"}, "amount", ("j,x,1.25",)),
    "one_amount": ("account", {"value": "0.5"}, ("k,stored_value,-", "l,points,-")),
    "reckoned": ("account", {"sql": "0.25 + 0.25"}, ("m,stored_value,-", "n,points,-")),
    "rounded": ("account", {"from": "amount", "round": "half_up"}, ("o,points,1.25", "p,stored_value,1.255")),
    "minor": ("account", {"from": "amount", "unit": "minor"}, ("q,points,125", "r,stored_value,125")),
    "too_fine": (
        "account",
        "amount",
        ("s,points,1.25", "t,stored_value,1.255", "u,stored_value,1.25", "v,points,1.2"),
    ),
}


def _rule(name: str, account: object, amount: object) -> dict:
    columns = {
        "entry_id": "id",
        "member_id": {"value": "m1"},
        "account": account,
        "kind": {"value": "adjust"},
        "amount": amount,
        "occurred_at": {"value": "2026-03-01"},
    }
    return {"match": f"{name}.csv", "rows": [{"table": "entries", "columns": columns}]}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, int], dict[str, FileAccount]]:
    """What each entry holds in the lake, by id, and the account of each file."""
    folder = tmp_path_factory.mktemp("cards")
    files = {name: _rule(name, account, amount) for name, (account, amount, _) in FILES.items()}
    mapping = mapping_from_yaml(yaml.safe_dump({"name": "cards", "programme": PROGRAMME, "files": files}))
    paths = [
        written(folder, lines(rows, "id,account,amount"), f"{name}.csv") for name, (*_, rows) in FILES.items()
    ]
    report = imported(folder / "w", paths, mapping)
    rows = Workspace.open(folder / "w").latest().query("SELECT entry_id, amount FROM entries")
    accounts = {Path(account.file_name).stem: account for account in report.files}
    return dict(zip(rows["entry_id"], rows["amount"].tolist(), strict=True)), accounts


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("mixed", {"a": 125, "b": 1250, "c": 5, "d": 125, "e": 10}),
        ("translated", {"f": 125, "g": 12}),
        ("expression", {"h": 125, "i": 12}),
        ("constant", {"j": 125}),
        ("one_amount", {"k": 50, "l": 5}),
        ("reckoned", {"m": 50, "n": 5}),
        ("rounded", {"o": 13, "p": 126}),
        ("minor", {"q": 125, "r": 125}),
    ],
)
def test_the_account_of_each_line_decides_what_its_amount_counts(ledger, name: str, held: dict) -> None:
    amounts, accounts = ledger
    assert {entry: amounts[entry] for entry in held} == held
    assert accounts[name].accepted == len(held)


def test_an_amount_finer_than_its_unit_is_told_by_the_unit_of_its_account(ledger) -> None:
    amounts, accounts = ledger
    assert counts(accounts["too_fine"]) == (4, 2, 0, 0, 2)
    assert {entry: amounts.get(entry) for entry in "stuv"} == {"s": None, "t": None, "u": 125, "v": 12}
    listed = accounts["too_fine"].rejects_path.read_text("utf-8-sig").replace('""', '"').splitlines()
    assert any('"1.25" has more decimals than the programme\'s points (1)' in line for line in listed)
    assert any('"1.255" has more decimals than CNY (2)' in line for line in listed)
