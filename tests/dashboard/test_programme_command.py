"""`loyalty programme`: a document is read, checked, compared and put in force."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from dashboard.commands import programme as command
from dashboard.commands.documents import in_force, read
from data.intake.importing import import_files
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import programme_from_yaml
from tests.data.shop import lines, sale, shop_mapping, written

SILVER = """
name: Club
currency: GBP
tiers:
  - {name: member, threshold: 0}
  - {name: silver, threshold: 500, earn_percent: 110}
rewards:
  - {name: voucher, points: 800, cost: 5}
"""
GOLD = SILVER.replace("threshold: 500", "threshold: 600").replace(
    "rewards:", "  - {name: gold, threshold: 2000, earn_percent: 150}\nrewards:"
)


@pytest.fixture
def documents(tmp_path: Path) -> tuple[Path, Path]:
    files = tmp_path / "silver.yaml", tmp_path / "gold.yaml"
    for file, text in zip(files, (SILVER, GOLD), strict=True):
        file.write_text(text)
    return files


def loyalty(*words: str | Path) -> Result:
    app = Typer()
    command.register(app)
    return CliRunner().invoke(app, ["programme", *map(str, words)])


def test_what_was_applied_is_what_is_shown(documents: tuple[Path, Path], workspace_path: Path) -> None:
    silver, gold = documents
    assert loyalty("apply", silver, "--workspace", workspace_path).exit_code == 0
    applied = loyalty("apply", gold, "--workspace", workspace_path, "--note", "more gold", "--json")
    assert json.loads(applied.output)["name"] == "Club"
    shown = loyalty("show", "--workspace", workspace_path).output
    assert programme_from_yaml(shown) == programme_from_yaml(GOLD)
    as_json = json.loads(loyalty("show", "--workspace", workspace_path, "--json").output)
    assert [tier["name"] for tier in as_json["tiers"]] == ["member", "silver", "gold"]


def test_applying_derives_again_and_says_how_many_rows(tmp_path: Path, workspace_path: Path) -> None:
    sales = written(tmp_path, lines(sale(number) for number in range(10)))
    import_files(workspace_path, [sales], shop_mapping())
    shown = loyalty("show", "--workspace", workspace_path).output
    document = tmp_path / "programme.yaml"
    document.write_text(shown.replace("points_per_unit: '1'", "points_per_unit: '3'"))
    assert document.read_text() != shown
    answer = json.loads(loyalty("apply", document, "--workspace", workspace_path, "--json").output)
    assert answer["rows_derived"] == {"entries": 10}
    assert answer["snapshot"] == 2
    again = json.loads(loyalty("apply", document, "--workspace", workspace_path, "--json").output)
    assert (again["changes"], again["rows_derived"], again["snapshot"]) == (0, {}, None)


def test_a_difference_names_the_tier_and_both_values(documents: tuple[Path, Path]) -> None:
    changes = json.loads(loyalty("diff", *documents, "--json").output)["changes"]
    assert {one["field"]: (one["from"], one["to"]) for one in changes} == {
        "tiers.silver.threshold": ("500", "600"),
        "tiers.gold.threshold": (None, "2000"),
        "tiers.gold.earn_percent": (None, 150),
    }
    assert "tiers.silver.threshold: 500 -> 600" in loyalty("diff", *documents).output


def test_a_document_differs_from_the_one_in_force(documents: tuple[Path, Path], workspace_path: Path) -> None:
    silver, gold = documents
    loyalty("apply", silver, "--workspace", workspace_path)
    assert loyalty("diff", silver, "--workspace", workspace_path).output == "no differences\n"
    assert "silver" in loyalty("diff", gold, "--workspace", workspace_path).output


def test_a_valid_document_is_said_to_be_valid_whatever_there_is_to_warn_of(
    documents: tuple[Path, Path],
) -> None:
    answered = loyalty("validate", documents[1], "--json")
    told = json.loads(answered.output)
    assert answered.exit_code == 0
    assert (told["valid"], told["name"], told["tiers"], told["contradictions"]) == (True, "Club", 3, 0)
    (warning,) = told["findings"]
    assert (warning["severity"], warning["field"]) == ("warning", "refunds.claw_back")
    assert warning["explanation"].keys() == {"en", "zh"}
    shown = loyalty("validate", documents[1]).output.splitlines()
    assert shown[0].endswith("gold.yaml: valid; Club, 3 tiers")
    assert shown[1].startswith("warning: refunds.claw_back: points can be spent before the return")


def test_a_document_that_contradicts_itself_ends_with_exit_code_1(tmp_path: Path) -> None:
    file = tmp_path / "loop.yaml"
    file.write_text(SILVER + "refunds: {claw_back: pending_only}\n")
    answered = loyalty("validate", file)
    assert answered.exit_code == 1
    assert "loop.yaml: contradicts itself; Club, 2 tiers" in answered.output
    assert "contradiction: refunds.claw_back: no points are ever pending" in answered.output
    assert json.loads(loyalty("validate", file, "--json").output)["valid"] is False
    applied = loyalty("apply", file, "--workspace", tmp_path / "workspace")
    assert applied.exit_code == 0 and "1 contradiction: see" in applied.output


def test_each_version_can_be_shown_and_compared_by_its_number(
    documents: tuple[Path, Path], workspace_path: Path
) -> None:
    silver, gold = documents
    for file, note in ((silver, "start"), (gold, "more gold")):
        loyalty("apply", file, "--workspace", workspace_path, "--note", note)
    gold.write_text(GOLD + "effective_on: 2999-01-01\n")
    loyalty("apply", gold, "--workspace", workspace_path)
    at = ("--workspace", workspace_path)
    assert programme_from_yaml(loyalty("show", "--version", 1, *at).output) == programme_from_yaml(SILVER)
    assert loyalty("diff", 1, silver, *at).output == "no differences\n"
    assert "tiers.silver.threshold: 500 -> 600" in loyalty("diff", 1, 2, *at).output
    assert loyalty("diff", 3, *at).output == "effective_on: (none) -> 2999-01-01\n"
    assert loyalty("show", "--versions", *at).output.splitlines() == [
        "3  Club, from 2999-01-01 on",
        "2  Club, from the beginning to 2998-12-31, in force: more gold",
        "1  Club, corrected by a later one of the same day: start",
    ]
    rows = json.loads(loyalty("show", "--versions", "--json", *at).output)["versions"]
    assert [(row["version"], row["first_day"], row["last_day"], row["in_force"]) for row in rows] == [
        (3, "2999-01-01", None, False),
        (2, None, "2998-12-31", True),
        (1, None, None, False),
    ]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (SILVER.replace("threshold: 500", "threshold: -1"), "tiers.silver.threshold"),
        (SILVER.replace("name: Club", "nmae: Club"), "nmae"),
        ("- just a list", "bad.yaml"),
        ("name: [", "line"),
    ],
)
def test_a_document_with_a_fault_is_refused_by_field(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=named):
        read(file)


def test_a_missing_file_and_an_empty_workspace_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="check the path"):
        read(tmp_path / "nowhere.yaml")
    with pytest.raises(InputError, match="check --workspace"):
        in_force(tmp_path / "nowhere")


def test_two_workspaces_are_merged_and_the_report_adds_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, name in ((here, "own"), (there, "other")):
        (tmp_path / name).mkdir()
        mine = written(tmp_path / name, lines(sale(number) for number in range(4)))
        import_files(folder, [mine], shop_mapping())
    at = ("--workspace", here, "--json")
    told = json.loads(loyalty("merge", there, "--dry-run", *at).output)
    assert (told["dry_run"], told["conflicts"], told["unmatched_there"]) == (True, [], [])
    done = json.loads(loyalty("merge", there, "--keys", "member_id", *at).output)
    assert done["matched"] == told["matched"] > 0 and done["already_here"] == {"purchases": 4}
    assert loyalty("merge", there, *at[:2]).output.startswith("shop: 0 rows brought over")
