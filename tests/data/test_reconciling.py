"""Real ledgers held against the rules that are declared for them."""

from __future__ import annotations

import csv
import json
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from data.intake.importing import import_files
from data.intake.mapping import load_mapping
from data.own_ledger import reconciled
from data.workspace import Workspace
from loyalty_core.rules.programme import programme_to_yaml

CENT, TENTH = Decimal("0.01"), Decimal("0.1")


def plainly_rewarded(transactions: Path) -> tuple[int, int]:
    """Purchases with points and no redemption, and how many of them have the points of the declared rule.

    0.5 % below 555, 1.0 % from 555, rounded down to a tenth; plain Python over the source.
    """
    with transactions.open(encoding="utf-8", newline="") as file:
        rows = [{name: _number(value) for name, value in row.items()} for row in csv.DictReader(file)]
    found = [
        (row["regular_points_received"], row["purchase_sum"].quantize(CENT, ROUND_HALF_UP))
        for row in rows
        if row["regular_points_received"] or row["express_points_received"]
        if not row["regular_points_spent"] and not row["express_points_spent"]
    ]
    shares = [(points, amount, "0.005" if amount < 555 else "0.010") for points, amount in found]
    same = [
        points == (amount * Decimal(share)).quantize(TENTH, ROUND_FLOOR) for points, amount, share in shares
    ]
    return len(found), sum(same)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal(0)


@pytest.mark.shared
def test_x5_rules_explain_what_they_explain_by_hand(
    shared: Path, workspace_path: Path, tmp_path: Path
) -> None:
    import_files(workspace_path, [shared / "x5_retailhero"], load_mapping("x5_retailhero"))
    by_hand = plainly_rewarded(shared / "x5_retailhero" / "transactions.csv")
    assert by_hand == (1623, 1288)
    asked = ["programme", "reconcile", "--workspace", str(workspace_path)]
    said = CliRunner().invoke(app, asked)
    assert said.exit_code == 0 and "1,288 of 1,623" in said.stdout
    found = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert (found["purchases_rewarded"], found["purchases_explained"]) == by_hand
    # Opening balances were derived and are not the source's; of the rest every entry is accounted for.
    assert found["entries"] == 1880 and found["decisions"] == 0
    assert sum(group["entries"] for group in found["unexplained"]) == 1880 - found["explained"]
    assert sum(month["explained"] for month in found["by_month"]) == found["explained"]
    # What points paid earns nothing: 85 of the 103 purchases that redeemed and still received points.
    earned = sum(month["explained"] for month in found["by_month"] if month["kind"] == "earn")
    assert earned == 1288 + 85
    workspace = Workspace.open(workspace_path)
    snapshot, programme = workspace.latest(), workspace.programme
    assert snapshot is not None and programme is not None
    whole, in_parts = (reconciled(snapshot, programme, at_once) for at_once in (10**6, 700))
    pd.testing.assert_frame_equal(whole.by_month, in_parts.by_month)
    assert (whole.rewarded, whole.groups) == (in_parts.rewarded, in_parts.groups)
    other = programme.model_copy(update={"earning": programme.earning.model_copy(update={"multipliers": ()})})
    file = tmp_path / "half.yaml"
    file.write_text(programme_to_yaml(other), encoding="utf-8")
    below = json.loads(CliRunner().invoke(app, [*asked, str(file), "--json"]).stdout)
    assert below["purchases_explained"] < by_hand[1] and below["purchases_rewarded"] == by_hand[0]
