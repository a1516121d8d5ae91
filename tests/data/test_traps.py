"""Bad files, each with the trap that it sets: every one ends in a complete account of its rows."""

from __future__ import annotations

import csv
import gzip
import io
import os
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from itertools import permutations
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from data.intake import reading
from data.intake.accounts import FileAccount
from data.intake.mapping import mapping_from_yaml
from data.intake.parquet_files import counted_rows, parquet_sheet
from data.workspace import Workspace
from loyalty_core.errors import InputError
from tests.conftest import AWKWARD_NAME
from tests.data.shop import HEADER, counts, imported, lines, sale, shop_mapping, written

GOOD = [sale(1), sale(2), sale(3)]


def _odd(value: str, column: str) -> list[str]:
    """Two good lines and between them one with that text in that column."""
    cells = dict(zip(HEADER.split(","), sale(2).split(","), strict=True)) | {column: value}
    return [sale(1), ",".join(cells.values()), sale(3)]


# name: (content, (read, accepted, duplicate, conflict, rejected), words of the reason or None)
FILES: dict[str, tuple[bytes, tuple[int, int, int, int, int], str | None]] = {
    "a quote that never closes in the first line": (
        lines([sale(1).replace("m1", '"m1'), *GOOD[1:]]),
        (3, 2, 0, 0, 1),
        "never closed",
    ),
    "a quote that never closes in the last line": (
        lines([*GOOD[:2], sale(3).replace("m3", '"m3')]),
        (3, 2, 0, 0, 1),
        "never closed",
    ),
    "two quotes that never close": (
        lines([sale(1).replace("m1", '"m1'), sale(2), sale(3).replace("m3", '"m3'), sale(4)]),
        (4, 2, 0, 0, 2),
        "never closed",
    ),
    "a quote inside a value": (lines(_odd('m"2"x', "member")), (3, 2, 0, 0, 1), "quote inside"),
    "a value of two lines in quotes": (lines(_odd('"m\n2"', "member")), (3, 3, 0, 0, 0), None),
    "a doubled quote": (lines(_odd('"m ""2"""', "member")), (3, 3, 0, 0, 0), None),
    "a delimiter in quotes": (lines(_odd('"m,2"', "member")), (3, 3, 0, 0, 0), None),
    "a line with a field too many": (lines([*GOOD, sale(4) + ",more"]), (4, 3, 0, 0, 1), "6 fields"),
    "a line with a field too few": (lines([*GOOD, "s4,m4"]), (4, 3, 0, 0, 1), "2 fields"),
    "a file cut off in the middle of a line": (lines(GOOD)[:-12], (3, 2, 0, 0, 1), "3 fields"),
    "no line ending at the end": (lines(GOOD)[:-2], (3, 3, 0, 0, 0), None),
    "blank lines": (lines(["", GOOD[0], "", "", GOOD[1], GOOD[2], ""]), (3, 3, 0, 0, 0), None),
    "unix line endings": (lines(GOOD, end="\n"), (3, 3, 0, 0, 0), None),
    "old line endings": (lines(GOOD, end="\r"), (3, 3, 0, 0, 0), None),
    "a header and nothing else": (lines([]), (0, 0, 0, 0, 0), None),
    "a byte-order mark": (b"\xef\xbb\xbf" + lines(GOOD), (3, 3, 0, 0, 0), None),
    "GB18030": (lines(_odd("会员二", "member")).decode().encode("gb18030"), (3, 3, 0, 0, 0), None),
    "a NUL byte": (lines(_odd("m\x002", "member")), (3, 2, 0, 0, 1), "NUL"),
    "an exponent in an integer": (lines(_odd("1e3", "pieces")), (3, 2, 0, 0, 1), "exponent"),
    "an exponent in a member's number": (
        lines(_odd("1.38E+10", "member")),
        (3, 2, 0, 0, 1),
        "exponent",
    ),
    "an apostrophe before a member's number": (lines(_odd("'00123", "member")), (3, 3, 0, 0, 0), None),
    "an exponent in full-width digits": (lines(_odd("１.38E+10", "member")), (3, 2, 0, 0, 1), "exponent"),
    "a member's number of zero-width characters alone": (
        lines(_odd("\u200b\ufeff", "member")),
        (3, 3, 0, 0, 0),
        None,
    ),
    "an exponent in an amount": (lines(_odd("1E3", "amount")), (3, 2, 0, 0, 1), "exponent"),
    "a fraction in an integer": (lines(_odd("12.7", "pieces")), (3, 2, 0, 0, 1), "not a whole number"),
    "more decimals than the currency": (lines(_odd("12.345", "amount")), (3, 2, 0, 0, 1), "more decimals"),
    "decimals that are zeros": (lines(_odd("12.3400", "amount")), (3, 3, 0, 0, 0), None),
    "a decimal comma": (lines(_odd('"12,34"', "amount")), (3, 2, 0, 0, 1), "decimal comma"),
    "thousands separators": (lines(_odd('"1,234.50"', "amount")), (3, 2, 0, 0, 1), "thousands"),
    "an amount in parentheses": (lines(_odd("(12.00)", "amount")), (3, 2, 0, 0, 1), "parentheses"),
    "a currency sign": (lines(_odd("¥12.00", "amount")), (3, 2, 0, 0, 1), "not a number"),
    "full-width digits": (lines(_odd("１２", "amount")), (3, 2, 0, 0, 1), "not a number"),
    "infinity": (lines(_odd("inf", "amount")), (3, 2, 0, 0, 1), "not a number"),
    "not a number": (lines(_odd("NaN", "amount")), (3, 2, 0, 0, 1), "not a number"),
    "hexadecimal": (lines(_odd("0x1F", "pieces")), (3, 2, 0, 0, 1), "not a number"),
    "underscores in a number": (lines(_odd("1_000", "pieces")), (3, 2, 0, 0, 1), "not a number"),
    "a number too large": (lines(_odd("9" * 19, "pieces")), (3, 2, 0, 0, 1), "too large"),
    "an amount too large": (lines(_odd("99999999999999999.99", "amount")), (3, 2, 0, 0, 1), ""),
    "an empty amount": (lines(_odd("", "amount")), (3, 2, 0, 0, 1), "empty"),
    "an empty id": (lines(_odd("  ", "id")), (3, 2, 0, 0, 1), "empty"),
    "30 February": (lines(_odd("2026-02-30 10:00:00", "when")), (3, 2, 0, 0, 1), "no date"),
    "day and month exchanged": (lines(_odd("31-03-2026 10:00:00", "when")), (3, 2, 0, 0, 1), "no date"),
    "a year of two digits": (lines(_odd("26-03-31 10:00:00", "when")), (3, 2, 0, 0, 1), ""),
    "an Excel day number": (lines(_odd("46112", "when")), (3, 2, 0, 0, 1), "Excel day number"),
    "a date without its time": (lines(_odd("2026-03-31", "when")), (3, 2, 0, 0, 1), "no date"),
    "a day of the year 3026": (lines(_odd("3026-03-01 10:00:00", "when")), (3, 2, 0, 0, 1), "between"),
    "the same line twice": (lines([*GOOD, GOOD[0]]), (4, 3, 1, 0, 0), None),
    "the same id with another amount": (lines([*GOOD, sale(1, "99.00")]), (4, 3, 0, 1, 0), None),
    "a formula as a name": (lines(_odd("=cmd|' /C calc'!A0", "member")), (3, 3, 0, 0, 0), None),
    "spaces around values": (lines(_odd("  12.00  ", "amount")), (3, 3, 0, 0, 0), None),
}


@pytest.fixture(scope="module")
def bad_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, FileAccount]]:
    """A workspace into which all bad files were imported, and the account of each."""
    folder = tmp_path_factory.mktemp("bad files")
    for number, (content, _, _) in enumerate(FILES.values()):
        for line in (1, 2, 3, 4):  # ids of their own, so that each file's account is as if alone
            content = content.replace(f"s{line},".encode(), f"f{number}-{line},".encode())
        written(folder / "sources", content, f"sales {number:02d}.csv")
    report = imported(folder / AWKWARD_NAME, folder / "sources")
    return folder / AWKWARD_NAME, dict(zip(FILES, report.files, strict=True))


@pytest.mark.parametrize("trap", FILES)
def test_every_row_of_a_bad_file_is_accounted_for(
    trap: str, bad_files: tuple[Path, dict[str, FileAccount]]
) -> None:
    _, expected, words = FILES[trap]
    account = bad_files[1][trap]
    assert counts(account) == expected
    if words is not None:
        assert any(words in reason for reason in account.reasons), account.reasons


@pytest.mark.parametrize("trap", FILES)
def test_every_rejected_row_of_a_bad_file_is_listed(
    trap: str, bad_files: tuple[Path, dict[str, FileAccount]]
) -> None:
    account = bad_files[1][trap]
    assert (account.rejects_path is not None) == (account.rejected > 0)
    assert (account.conflicts_path is not None) == (account.conflict > 0)
    if account.rejects_path:
        with account.rejects_path.open(encoding="utf-8-sig", newline="") as file:
            listed = list(csv.DictReader(file))
        assert len(listed) == account.rejected
        assert all(int(row["rejected_line"]) > 1 and row["original_text"] for row in listed)


def test_the_good_rows_of_bad_files_are_all_there(bad_files: tuple[Path, dict[str, FileAccount]]) -> None:
    snapshot = Workspace.open(bad_files[0]).latest()
    assert snapshot is not None
    assert snapshot.count("purchases") == sum(expected[1] for _, expected, _ in FILES.values())


def test_rows_read_equals_what_the_csv_module_reads_from_well_formed_files(tmp_path: Path) -> None:
    names = ['plain, "quoted"', "two\nlines", "", "a'b", "，", 'quote " alone', "end\r\n"]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER.split(","))
    for number in range(500):
        writer.writerow([f"s{number}", names[number % len(names)], "2026-03-01 10:00:00", "1.00", "1"])
    path = written(tmp_path, text.getvalue().encode("utf-8"))
    with path.open(encoding="utf-8", newline="") as file:
        oracle = list(csv.DictReader(file))
    stage = reading.read([_source(path)], shop_mapping(), tmp_path)[0]
    assert stage.rows_read == len(oracle) == 500
    read = [(text or "").strip() for text in stage.rows.column("member").to_pylist()]
    assert read == [row["member"].strip() for row in oracle]


def _source(path: Path):  # type: ignore[no-untyped-def]
    from data.intake.sources import SourceFile

    return SourceFile(str(path), (), path.name, "sales")


# Files that cannot be read as a whole: one clear line, and nothing changed -------------------------------


def _zip(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


REFUSED: dict[str, tuple[str, bytes, str]] = {
    "an empty file": ("sales.csv", b"", "header"),
    "UTF-16": ("sales.csv", lines(GOOD).decode().encode("utf-16"), "UTF-16"),
    "Latin-1": ("sales.csv", lines(_odd("Zo\xeb", "member")).decode().encode("latin-1"), "encoding"),
    "another delimiter": ("sales.csv", lines(GOOD).replace(b",", b";"), "parted by ;"),
    "a column that is missing": ("sales.csv", lines([], header="id,member,when,amount"), "no column pieces"),
    "a column that stands twice": ("sales.csv", lines([], header=HEADER + ",id"), "twice"),
    "a forged Parquet file": ("sales.parquet", b"PAR1" + os.urandom(2000) + b"PAR1", "Parquet"),
    "text named Parquet": ("sales.parquet", lines(GOOD), "Parquet"),
    "text named Excel": ("sales.xlsx", lines(GOOD), "Excel"),
    "an old Excel file": ("sales.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "xlsx"),
    "a damaged archive": ("sales.zip", _zip("sales.csv", lines(GOOD))[:-30], "archive"),
    "a gzip file cut off": ("sales.csv.gz", gzip.compress(lines(GOOD))[:-10], "archive"),
}
BOMBS: dict[str, Callable[[bytes], bytes]] = {
    "sales.zip": partial(_zip, "sales.csv"),
    "sales.csv.gz": partial(gzip.compress, compresslevel=1),
}


@pytest.mark.parametrize("trap", REFUSED)
def test_a_file_that_cannot_be_read_ends_in_one_clear_line(trap: str, tmp_path: Path) -> None:
    name, content, words = REFUSED[trap]
    _check_refusal(written(tmp_path, content, name), words)


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_archive_of_a_huge_file_ends_in_one_clear_line(name: str, tmp_path: Path) -> None:
    _check_refusal(written(tmp_path, BOMBS[name](b"0" * (150 << 20)), name), "unpacks to more")


def _check_refusal(path: Path, words: str) -> None:
    with pytest.raises(InputError) as error:
        imported(path.parent / "workspace", path, dry_run=True)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert "sales" in str(error.value)


def test_a_file_that_needs_more_memory_than_allowed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_IMPORT_MEMORY_MIB", "600")
    monkeypatch.setattr(reading, "MEMORY_MIB", 600)
    path = written(tmp_path, lines(sale(number) for number in range(1_500_000)))
    with pytest.raises(InputError, match="600 MiB"):
        imported(tmp_path / "workspace", path, dry_run=True)


def test_a_refused_file_leaves_the_workspace_as_it_was(tmp_path: Path, workspace_path: Path) -> None:
    imported(workspace_path, written(tmp_path, lines(GOOD)))
    before = Workspace.open(workspace_path).latest()
    with pytest.raises(InputError):
        imported(workspace_path, [written(tmp_path, lines([sale(9)]), "sales9.csv"), _bad(tmp_path)])
    after = Workspace.open(workspace_path).latest()
    assert before is not None and after is not None and before.versions == after.versions


def _bad(folder: Path) -> Path:
    return written(folder, b"PAR1 no", "sales bad.parquet")


# The same rows in other formats ---------------------------------------------------------------------------


def test_a_declared_number_form_is_read(tmp_path: Path) -> None:
    rows = [sale(1).replace("10.00", '"1.234,50"'), sale(2).replace("10.00", '"7,5"'), sale(3, "1.5")]
    mapping = shop_mapping("decimal: ','", "thousands: '.'")
    [account] = imported(tmp_path / "w", written(tmp_path, lines(rows)), mapping, dry_run=True).files
    assert counts(account) == (3, 2, 0, 0, 1)


def test_other_delimiters_encodings_and_leading_lines_are_read_when_declared(tmp_path: Path) -> None:
    text = b"Export of 2026-03-31\nnobody knows why\n" + lines(_odd("Zo\xeb", "member")).replace(b",", b";")
    path = written(tmp_path, text.decode().encode("latin-1"))
    mapping = shop_mapping("delimiter: ;", "encoding: latin-1", "skip_lines: 2")
    [account] = imported(tmp_path / "w", path, mapping, dry_run=True).files
    assert counts(account) == (3, 3, 0, 0, 0)


def test_an_excel_sheet_gives_the_rows_of_its_csv(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER.split(","))
    sheet.append(["s1", "m1", datetime(2026, 3, 2, 10, 0, 0), 10.1, 1])
    sheet.append([None] * 5)
    sheet.append([2, "m2", "2026-03-03 10:00:00", "1e3", 1.5])
    sheet.append(["s3", "m3", date(2026, 3, 4), 0.1 + 0.2, 3])
    book.save(tmp_path / "sales.xlsx")
    report = imported(tmp_path / "w", tmp_path / "sales.xlsx")
    assert counts(report.files[0]) == (3, 2, 0, 0, 1)
    snapshot = Workspace.open(tmp_path / "w").latest()
    assert snapshot is not None
    found = snapshot.query(
        "SELECT purchase_id, amount, CAST(occurred_at AS TEXT) AS at FROM purchases ORDER BY 1"
    )
    assert found.to_numpy().tolist() == [
        ["s1", 1010, "2026-03-02 02:00:00+00"],
        ["s3", 30, "2026-03-03 16:00:00+00"],
    ]


BESIDE = [["Sales of March"], [None], ["drawn up by", "the till"]]


def _workbook(path: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    """A workbook of those sheets, in that order."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def _rows_of(texts: list[str], header: str = HEADER) -> list[list[object]]:
    return [line.split(",") for line in (header, *texts)]


def test_of_several_sheets_the_one_with_the_columns_is_read_whichever_place_it_has(tmp_path: Path) -> None:
    other = _rows_of(["s1,2"], "id,amount")
    for place, sheets in enumerate(
        permutations([("Cover", BESIDE), ("三月", _rows_of(GOOD)), ("Sums", other)])
    ):
        path = _workbook(tmp_path / f"sales {place}.xlsx", *sheets)
        [account] = imported(tmp_path / "w", path, dry_run=True).files
        assert counts(account) == (3, 3, 0, 0, 0)


UNCLEAR = {
    "none with all columns": (
        [("Cover", BESIDE), ("Data", _rows_of(["s1,m1,2"], "id,member,amount"))],
        r"sheets \(Cover, Data\) has all columns .*; Data comes nearest and has no when, pieces; it has",
    ),
    "none with any column": (
        [("Cover", BESIDE), ("Data", _rows_of(["1,2"], "a,b"))],
        r"none of its sheets \(Cover, Data\) has a column that the mapping reads \(id, member, when",
    ),
    "several with all columns": (
        [("Cover", BESIDE), ("Jan", _rows_of(GOOD)), ("Feb", _rows_of([sale(9)]))],
        r"several sheets have the columns that the mapping reads \(Jan, Feb\); name one with sheet: in",
    ),
}


@pytest.mark.parametrize("case", UNCLEAR)
def test_where_no_one_sheet_is_meant_the_sheets_are_named(case: str, tmp_path: Path) -> None:
    sheets, words = UNCLEAR[case]
    path = _workbook(tmp_path / "sales.xlsx", *sheets)
    with pytest.raises(InputError, match=words):
        imported(tmp_path / "w", path)
    if case.startswith("several"):
        [account] = imported(tmp_path / "w", path, shop_mapping("sheet: Feb")).files
        assert counts(account) == (1, 1, 0, 0, 0)


def test_parquet_numbers_and_dates_are_the_texts_that_people_would_write(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1.0, 2.0, 3.0]),
            "member": pa.array(["a", "b", None]).dictionary_encode(),
            "when": pa.array([datetime(2026, 3, day) for day in (1, 2, 3)], pa.timestamp("ns")),
            "amount": pa.array([0.1, 1e-7, 12.5]),
            "pieces": pa.array([1, 2, 3], pa.int32()),
            "nested": pa.array([[1], [2], [3]]),
        }
    )
    parquet.write_table(table, tmp_path / "sales.parquet")
    report = imported(tmp_path / "w", tmp_path / "sales.parquet")
    assert counts(report.files[0]) == (3, 2, 0, 0, 1)
    snapshot = Workspace.open(tmp_path / "w").latest()
    assert snapshot is not None
    found = snapshot.query("SELECT purchase_id, member_id, amount FROM purchases ORDER BY 1")
    assert found["purchase_id"].tolist() == ["1", "3"]
    assert found["amount"].tolist() == [10, 1250]
    assert found["member_id"].isna().tolist() == [False, True]


def test_fixed_width_lines_too_short_or_too_long_are_rejected(tmp_path: Path) -> None:
    mapping = mapping_from_yaml(
        """
name: fixed
programme: {name: fixed}
files:
  sales:
    match: "sales*"
    format: fixed
    header: false
    positions: {id: [1, 3], day: [5, 12], amount: [14, 20]}
    rows:
      - table: purchases
        columns:
          purchase_id: id
          kind: {value: sale}
          occurred_at: {from: day, format: "%Y%m%d"}
          amount: amount
"""
    )
    content = b"001 20260301   1.00\n002 20260301\n003 20260301   1.00 and more\n004 20260301 3\n"
    [account] = imported(tmp_path / "w", written(tmp_path, content), mapping, dry_run=True).files
    assert counts(account) == (4, 2, 0, 0, 2)
    assert {"the line has 12 characters, 14 to 20 are expected"} < set(account.reasons)


def test_an_hour_that_the_clocks_skipped_is_rejected_and_a_day_that_begins_late_is_not(
    tmp_path: Path,
) -> None:
    skipped = shop_mapping().model_copy(update={"time_zone": "America/New_York"})
    rows = _odd("2026-03-08 02:30:00", "when")
    [account] = imported(tmp_path / "w", written(tmp_path, lines(rows)), skipped, dry_run=True).files
    assert counts(account) == (3, 2, 0, 0, 1)
    assert any("clock change" in reason for reason in account.reasons)


def test_rows_of_a_parquet_file_are_counted_by_another_library(tmp_path: Path) -> None:
    """Nulls and row groups included, in a file whose name is a pattern and in an archive."""
    table = pa.table({"id": [None, "a", None, "b", "c"], "n": [1, 2, None, 4, 5]})
    path = tmp_path / "sales [1]*.parquet"
    parquet.write_table(table, path, row_group_size=2)
    for source in (str(path), io.BytesIO(path.read_bytes())):
        assert counted_rows(source) == parquet_sheet(source, path.name).rows_read == 5
