"""The answer of `loyalty import` for people: the account of every file, and what the workspace gained."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from dashboard.commands import answers
from data.days_apart import DaysApart
from data.intake.accounts import FileAccount, ImportReport

ROWS = ("rows_read", "accepted", "duplicate", "conflict", "rejected")


def print_report(report: ImportReport) -> None:
    """What became of every row, what is wrong with some of them and where they are listed, what was
    written, and what readers see now."""
    console = answers()
    console.print(_accounts(report))
    for file in report.files:
        for sentence in _remarks(file):
            _say(console, sentence)
    if report.rows_written or report.rows_derived:
        console.print(_gains(report))
    if report.apart is not None:
        _say(console, _apart(report.apart))
    _say(console, _outcome(report))


def _say(console: Console, sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)


def _accounts(report: ImportReport) -> Table:
    done = "Would be imported" if report.dry_run else "Imported"
    table = _table(f"{done} with mapping {report.mapping}", "File", [_words(name) for name in ROWS])
    for file in report.files:
        table.add_row(file.file_name, *(f"{getattr(file, name):,}" for name in ROWS))
    return table


def _gains(report: ImportReport) -> Table:
    heading = "Rows to be written" if report.dry_run else "Rows written"
    names = dict.fromkeys([*report.rows_written, *report.rows_derived])
    kinds = {"From the files": report.rows_written}
    if report.rows_derived:
        kinds["Derived from them"] = report.rows_derived
    table = _table(heading, "Table", list(kinds))
    for name in names:
        table.add_row(name, *(f"{rows.get(name, 0):,}" for rows in kinds.values()))
    return table


def _table(title: str, first: str, others: list[str]) -> Table:
    """Names on the left, never cut, and numbers on the right."""
    table = Table(title=title, title_justify="left")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _remarks(file: FileAccount) -> Iterator[str]:
    """What is wrong with rows of the file, how often, and where they are listed."""
    for reason, count in file.reasons.items():
        yield f"{file.file_name}: {_counted(count, 'row')} rejected: {reason}"
    for column, count in file.blanked.items():
        yield f"{file.file_name}: {_counted(count, 'invalid value')} of {column} left empty"
    if file.rejects_path:
        yield f"Rejected rows, to be corrected and imported again: {file.rejects_path}"
    if file.conflict:
        count = _counted(file.conflict, "row")
        yield f"{file.file_name}: {count} not taken: the same key is there with other content"
    if file.conflicts_path:
        yield f"Rows in conflict, with both values: {file.conflicts_path}"


def _apart(found: DaysApart) -> str:
    """What stands behind days on which nothing happened, or is still to come."""
    days = f"from {found.first} to {found.last}" if found.last > found.first else f"{found.first}"
    return (
        f"Dated far from all others, which end on {found.before}: {_counted(found.rows, 'row')} of events, "
        f"{days}. Figures are told as of {found.last}; are these dates right?"
    )


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _outcome(report: ImportReport) -> str:
    if report.dry_run:
        return "A dry run: nothing was written."
    if not (report.rows_written or report.rows_derived):
        return f"Nothing new; snapshot {report.snapshot} stays as it is."
    return f"Published as snapshot {report.snapshot}."
