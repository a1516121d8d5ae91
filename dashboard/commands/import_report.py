"""The answer of `loyalty import` for people: the account of every file, and what the workspace gained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from dashboard import days_apart, figures, sentences
from dashboard.commands import answers
from dashboard.i18n import _, ngettext, speaking
from dashboard.importing.import_words import FATES, NUMBERS, of_numbers, table_name
from data.intake.accounts import FileAccount, ImportReport
from loyalty_core.text import Language


def print_report(report: ImportReport, language: Language = "en") -> None:
    """What became of every row, what is wrong with some of them and where they are listed, what was
    written, and what readers see now."""
    console = answers()
    with speaking(language):
        console.print(_accounts(report))
        for file in report.files:
            for sentence in _remarks(file):
                _say(console, sentence)
        if report.rows_written or report.rows_derived:
            console.print(_gains(report))
        if (far := report.apart) is not None:
            _say(console, ": ".join(days_apart.said(far.rows, far.first, far.last, far.before)))
        _say(console, _outcome(report))


def _say(console: Console, sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)


def _accounts(report: ImportReport) -> Table:
    done = (
        _("Would be imported with mapping {mapping}")
        if report.dry_run
        else _("Imported with mapping {mapping}")
    )
    title = done.format(mapping=report.mapping)
    table = _table(title, _("File"), [_(label) for label in FATES.values()])
    for file in report.files:
        table.add_row(file.file_name, *(figures.count(getattr(file, name)) for name in FATES))
    return table


def _gains(report: ImportReport) -> Table:
    heading = _("Rows to be written") if report.dry_run else _("Rows written")
    names = dict.fromkeys([*report.rows_written, *report.rows_derived])
    kinds = {_("From the files"): report.rows_written}
    if report.rows_derived:
        kinds[_("Derived from them")] = report.rows_derived
    table = _table(heading, _("Table"), list(kinds))
    for name in names:
        table.add_row(table_name(name), *(figures.count(rows.get(name, 0)) for rows in kinds.values()))
    return table


def _table(title: str, first: str, others: Sequence[str]) -> Table:
    """Names on the left, never cut, and numbers on the right."""
    table = Table(title=title, title_justify="left")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _remarks(file: FileAccount) -> Iterator[str]:
    """What is wrong with rows of the file, how often, and where they are listed."""
    for reason, count in file.reasons.items():
        about = ngettext(
            "{file}: {count} row rejected: {reason}", "{file}: {count} rows rejected: {reason}", count
        )
        yield _filled(about, file, count, reason=sentences.said(reason))
    for column, count in file.blanked.items():
        about = ngettext(
            "{file}: {count} invalid value of {column} left empty",
            "{file}: {count} invalid values of {column} left empty",
            count,
        )
        yield _filled(about, file, count, column=column)
    for name in NUMBERS:
        for column, count in getattr(file, name).items():
            about = ngettext("{file}: {count} row with {what}", "{file}: {count} rows with {what}", count)
            yield _filled(about, file, count, what=of_numbers(name, column))
    if file.rejects_path:
        yield _("Rejected rows, to be corrected and imported again: {path}").format(path=file.rejects_path)
    if file.conflict:
        about = ngettext(
            "{file}: {count} row not taken: the same key is there with other content",
            "{file}: {count} rows not taken: the same key is there with other content",
            file.conflict,
        )
        yield _filled(about, file, file.conflict)
    if file.conflicts_path:
        yield _("Rows in conflict, with both values: {path}").format(path=file.conflicts_path)


def _filled(about: str, file: FileAccount, count: int, **more: str) -> str:
    return about.format(file=file.file_name, count=figures.count(count), **more)


def _outcome(report: ImportReport) -> str:
    if report.dry_run:
        return _("A dry run: nothing was written.")
    if not (report.rows_written or report.rows_derived):
        return _("Nothing new; snapshot {snapshot} stays as it is.").format(snapshot=report.snapshot)
    return _("Published as snapshot {snapshot}.").format(snapshot=report.snapshot)
