"""The account of an import on screen: what became of every row, why, and the lists to download."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import days_apart, figures, sentences, table_columns
from dashboard.i18n import N_, _, joined, ngettext
from dashboard.importing.import_words import FATES, NUMBERS, counted, of_numbers
from dashboard.told import Told
from data.formula_guard import guarded
from data.workspace import Workspace

LISTS = {"rejects_path": N_("Rejected rows of {file}"), "conflicts_path": N_("Conflicts of {file}")}
REMARKS: dict[str, Callable[[str], str]] = {"reasons": sentences.said, "blanked": str}
REMARKS |= {name: partial(of_numbers, name) for name in NUMBERS}

File = Mapping[str, Any]


def account(workspace: Workspace, report: Mapping[str, Any], key: str) -> None:
    """What an import did, or a dry run would do."""
    files: Sequence[File] = report["files"]
    _sentence(report)
    if apart := report.get("apart"):
        days_apart.warn(
            apart["rows"], *(date.fromisoformat(apart[day]) for day in ("first", "last", "before"))
        )
    files_table(files)
    _reasons(files)
    lists(workspace, files, key)


def lists(workspace: Workspace, files: Sequence[File], key: str) -> None:
    """Buttons for the lists of rejected and conflicting rows."""
    with st.container(horizontal=True, gap="small"):
        for number, file in enumerate(files):
            for name, label in LISTS.items():
                if file.get(name):
                    _download(
                        workspace,
                        Path(file[name]),
                        _(label).format(file=file["file_name"]),
                        f"{key}:{number}:{name}",
                    )


def _sentence(report: Mapping[str, Any]) -> None:
    left_out = sum(file["conflict"] + file["rejected"] for file in report["files"])
    written = _(", ").join(counted(name, rows) for name, rows in report["rows_written"].items())
    if report["dry_run"]:
        about = _("Nothing was written. An import would add {rows}.")
    else:
        about = _("Published as snapshot {snapshot}. New: {rows}.")
    sentence = about.format(rows=written or _("nothing"), snapshot=report["snapshot"])
    derived = _(", ").join(counted(name, rows) for name, rows in report["rows_derived"].items())
    if derived:
        sentence = joined([sentence, _("Derived under the programme: {rows}.").format(rows=derived)])
    if left_out:
        st.warning(
            sentence,
            title=ngettext("{count} row needs attention", "{count} rows need attention", left_out).format(
                count=figures.count(left_out)
            ),
            icon=":material/rule:",
        )
    else:
        st.success(sentence, title=_("Every row is accounted for"), icon=":material/check_circle:")


def files_table(files: Sequence[File]) -> None:
    """Rows read and their fates, a line per file."""
    _table(
        [_row(file) for file in files], [_(label) for label in FATES.values()], _("Account of rows per file")
    )
    st.caption(_("Rows read = accepted + duplicates + conflicts + rejected, in every file."))


def _row(file: File) -> dict[str, str]:
    fates = {_(label): Told(figures.count(file[name]), file[name]) for name, label in FATES.items()}
    return {_("File"): guarded(file["file_name"]), **fates}


def _reasons(files: Sequence[File]) -> None:
    found = [
        {
            _("File"): guarded(file["file_name"]),
            _("Reason"): guarded(words(reason)),
            _("Rows"): Told(figures.count(rows), rows),
        }
        for file in files
        for what, words in REMARKS.items()
        for reason, rows in (file.get(what) or {}).items()
    ]
    if found:
        title = _("Why rows were rejected, or values left out or tidied")
        st.markdown(f"**{title}**")
        _table(found, [_("Rows")], _("Reasons with their number of rows"))


def _table(rows: Sequence[Mapping[str, str]], of_rows: Sequence[str], alt: str) -> None:
    """The rows as the browser's table, whose columns of those names hold numbers of rows."""
    cells = {name: table_columns.cells([row[name] for row in rows]) for name in rows[0]}
    st.dataframe(
        table_columns.written(cells),
        hide_index=True,
        height="content",
        alt=alt,
        column_config={
            name: table_columns.column(name, column, is_figure=name in of_rows)
            for name, column in cells.items()
        },
    )


def _download(workspace: Workspace, path: Path, label: str, key: str) -> None:
    """A list as a file; only what lies among the workspace's imports is handed out."""
    whole = path if path.is_absolute() else workspace.folder / path
    if not whole.resolve().is_relative_to(workspace.imports.resolve()) or not whole.is_file():
        return
    st.download_button(
        label,
        data=whole.read_bytes,
        file_name=whole.name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=key,
    )
