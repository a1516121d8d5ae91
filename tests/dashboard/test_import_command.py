"""`loyalty import` as a person meets it: its sentences, its table, and one line for what cannot run."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from dashboard import cli
from dashboard.commands import import_report
from dashboard.i18n import speaking
from dashboard.sentences import said
from data.days_apart import DaysApart
from data.intake import text_files
from data.intake.accounts import FileAccount, ImportReport
from data.intake.casting import Units, _reasons
from data.intake.mapping import ColumnRule, load_mapping
from loyalty_core.facts import TABLES, Kind
from loyalty_core.text import Language
from tests.data import shop

LONG = "a shop's sales of the year as its till writes them, first half, corrected.parquet"


def _report(**changed: object) -> ImportReport:
    counts = {"rows_read": 4, "accepted": 1, "duplicate": 1, "conflict": 1, "rejected": 1}
    told = (
        {
            "blanked": {"age": 1},
            "tidied": {"age": 2},
            "united": {"age": 1},
            "reasons": {"amount is not a number": 1},
        }
        | counts
        | changed
    )
    file = FileAccount(file_name=LONG, kind="sales", sha256="", encoding="utf-8", **told)
    return ImportReport(
        mapping="shop", dry_run=False, files=(file,), rows_written={"purchases": 1}, snapshot=7
    )


def _printed(
    report: ImportReport,
    monkeypatch: pytest.MonkeyPatch,
    width: int | None = None,
    language: Language = "en",
) -> str:
    """What the report prints into a pipe, or on a terminal of that width."""
    out = io.StringIO()
    if width is None:
        monkeypatch.setattr(sys, "stdout", out)
    else:
        screen = Console(file=out, force_terminal=True, width=width, no_color=True, highlight=False)
        monkeypatch.setattr(import_report, "answers", lambda: screen)
    import_report.print_report(report, language)
    return out.getvalue()


def test_one_row_is_a_row_and_two_are_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    one = _printed(_report(), monkeypatch)
    assert f"{LONG}: 1 row rejected: amount is not a number" in one
    assert f"{LONG}: 1 invalid value of age left empty" in one
    assert f"{LONG}: 2 rows with age tidied (" in one
    assert f"{LONG}: 1 row with age taken as a member whom other rows write" in one
    many = _report(rejected=2, rows_read=5, reasons={"x": 2}, blanked={"age": 1200})
    assert "2 rows rejected: x" in _printed(many, monkeypatch)
    assert "1,200 invalid values of age left empty" in _printed(many, monkeypatch)


def test_days_that_stand_apart_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    late, end = date(2099, 1, 1), date(2026, 10, 31)
    printed = _printed(replace(_report(), apart=DaysApart(1, late, late, end)), monkeypatch)
    assert (
        "1 row is dated far from all others: Dated 1 Jan 2099; all other rows end on 31 Oct 2026." in printed
    )
    assert "far from" not in _printed(_report(), monkeypatch)


def test_the_report_is_told_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    late, end = date(2099, 1, 1), date(2026, 10, 31)
    found = _report(rejects_path=Path("r.csv"), conflicts_path=Path("c.csv"))
    told = replace(found, apart=DaysApart(1, late, late, end), rows_derived={"entries": 2})
    for report in (told, replace(told, dry_run=True), replace(told, rows_written={}, rows_derived={})):
        printed = _printed(report, monkeypatch, language="zh")
        assert not re.search(
            "[A-Za-z]{3}",
            printed.replace(LONG, "")
            .replace("shop", "")
            .replace("csv", "")
            .replace("amount", "")
            .replace("age", ""),
        )
    assert f"{LONG}：拒绝 1 行：amount 不是数字" in _printed(found, monkeypatch, language="zh")


REASONS = [
    *(problem.format(fields=3, expected=2) for problem in text_files._PROBLEMS.values()),
    "has 7 characters, 3 to 5 are expected",
]


def test_every_reason_for_a_row_that_is_rejected_has_chinese_words() -> None:
    units = Units("CNY", 2, 0, "Asia/Shanghai")
    rules = [
        ColumnRule(source="x"),
        ColumnRule(source="x", unit="minor"),
        ColumnRule(source="x", format=("%Y",)),
    ]
    found = {
        f"x {why}"
        for table in TABLES.values()
        for column in table
        if column.kind not in (Kind.TEXT, Kind.TEXTS) or column.choices or column.names_one
        for rule in rules
        for _, why in _reasons(column, rule, "x", units, False)
    }
    found |= {f"the line {problem}" for problem in REASONS}
    found |= {
        reject.reason
        for name in SHIPPED
        for file in load_mapping(name).files.values()
        for reject in file.rejects
    }
    found |= {"x is empty, and member_id is required", "another line of the same group is rejected"}
    found |= {"the lines of its group differ in amount"}
    with speaking("zh"):
        assert [why for why in sorted(found) if said(why) == why] == []


SHIPPED = ("cdnow", "complete_journey", "ledger", "online_retail", "ta_feng", "x5_retailhero")


def test_a_pipe_gets_every_name_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(line for line in _printed(_report(), monkeypatch).splitlines() if "│" in line)
    assert LONG in row and row.count("│") == 7


def test_a_narrow_terminal_cuts_neither_names_nor_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = _printed(_report(rows_read=1_000_003, accepted=1_000_000), monkeypatch, 100)
    names = "".join(line.split("│")[1] for line in printed.splitlines() if line.startswith("│"))
    assert LONG.replace(" ", "") in names.replace(" ", "")
    assert "1,000,003" in printed and "…" not in printed


MISTAKES: dict[str, tuple[list[str], str]] = {
    "no file": ([], "'SOURCE...'"),
    "no mapping": (["sales.csv"], "'--mapping'"),
    "an unknown mapping": (["sales.csv", "--mapping", "shopp"], "shopp"),
    "a missing file": (["none.csv", "--mapping", "shop.yaml"], "none.csv"),
    "a broken document": (["sales.csv", "--mapping", "broken.yaml"], "broken.yaml, line"),
    "a mapping of another table": (["sales.csv", "--mapping", "wrong.yaml"], "purchasez"),
    "a file that the mapping does not know": (["other.csv", "--mapping", "shop.yaml"], "other.csv"),
    "a file with other columns": (["sales other.csv", "--mapping", "shop.yaml"], "has no column"),
    "an unknown option": (["sales.csv", "--maping", "shop.yaml"], "--maping"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2(
    mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = shop.MAPPING.replace("READ", "")
    for name, content in {
        "shop.yaml": document,
        "broken.yaml": "files: [",
        "wrong.yaml": document.replace("table: purchases", "table: purchasez"),
        "sales.csv": f"{shop.HEADER}\n{shop.sale(1)}\n",
        "other.csv": "a,b\n1,2\n",
        "sales other.csv": "a,b\n1,2\n",
    }.items():
        (tmp_path / name).write_text(content, "utf-8")
    monkeypatch.chdir(tmp_path)
    words, said = MISTAKES[mistake]
    monkeypatch.setattr(sys, "argv", ["loyalty", "import", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    printed = capsys.readouterr()
    [line] = printed.err.splitlines()
    assert ended.value.code == 2 and not printed.out
    assert line.startswith("loyalty: ") and said in line
