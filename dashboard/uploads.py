"""Files brought to the server: what was uploaded, kept in the workspace, and what lies in a folder there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Protocol
from uuid import uuid4

from loyalty_core.errors import InputError

MOST_LISTED = 500
BEGINNING_BYTES = 4 * 2**20
PACKED = {".gz", ".zip", ".xlsx", ".xlsm", ".xls", ".parquet"}  # cannot be cut
KEPT_SECONDS = 7 * 24 * 3600


class Uploaded(Protocol):
    """An uploaded file as the browser sent it."""

    @property
    def name(self) -> str: ...

    @property
    def file_id(self) -> str: ...


def kept(workspace: Path, uploaded: Iterable[Uploaded], already: dict[str, str]) -> list[str]:
    """Paths of the uploads, written to the workspace once; `already` remembers which are.

    Each file keeps its name, because mappings go by names, in a folder of its own.
    """
    files = list(uploaded)
    for file in files:
        if file.file_id not in already or not Path(already[file.file_id]).is_file():
            already[file.file_id] = str(_written(workspace, file))
    return [already[file.file_id] for file in files]


def remove_old(workspace: Path, wanted: Iterable[str]) -> int:
    """Remove uploads older than a week but the files `wanted` by runs to come; how many folders went."""
    needed = {Path(source).parent for source in wanted}
    old = [
        folder
        for folder in (workspace / "uploads").glob("*/")
        if folder not in needed and folder.stat().st_mtime < time.time() - KEPT_SECONDS
    ]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def files_in(folder: str) -> list[Path]:
    """The files in a folder on the server, by name; InputError where it cannot be read."""
    from dashboard.i18n import _  # brings Streamlit, which the job process does without

    path = Path(folder).expanduser()
    if not path.is_dir():
        raise InputError(_("{folder}: there is no such folder on the server.").format(folder=folder))
    try:
        found = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    except OSError as error:
        raise InputError(
            _("{folder}: cannot be read ({reason}).").format(folder=folder, reason=error.strerror)
        ) from error
    if not found:
        raise InputError(_("{folder}: there are no files in this folder.").format(folder=folder))
    return found[:MOST_LISTED]


@contextmanager
def beginning(source: str) -> Iterator[tuple[str, bool]]:
    """A file to look at in place of a large text, under its name, and whether it is the whole."""
    path = Path(source)
    if path.suffix.lower() in PACKED or not path.is_file() or path.stat().st_size <= BEGINNING_BYTES:
        yield source, True
        return
    with TemporaryDirectory(prefix="loyalty-") as folder, path.open("rb") as whole:
        (Path(folder) / path.name).write_bytes(_whole_records(whole.read(BEGINNING_BYTES)))
        yield str(Path(folder) / path.name), False


def _whole_records(text: bytes) -> bytes:
    """The text up to the last line end that lies outside quotes; all of it if there is none."""
    end = text.rfind(b"\n") + 1
    open_quotes = text.count(b'"', 0, end) % 2
    while end and open_quotes:
        before = text.rfind(b"\n", 0, end - 1) + 1
        open_quotes ^= text.count(b'"', before, end) % 2
        end = before
    return text[:end] or text


def without_folders(message: str, sources: Iterable[str]) -> str:
    """The message with each file's bare name in place of its path on the server."""
    for source in sources:
        message = message.replace(source, Path(source).name)
    return message


def _written(workspace: Path, file: Uploaded) -> Path:
    # A browser sends a bare name; anyone else may send a path.
    name = Path(file.name.replace("\\", "/")).name.lstrip(".") or "upload"
    path = workspace / "uploads" / f"{datetime.now(UTC):%Y-%m-%d}-{uuid4().hex[:8]}" / name
    path.parent.mkdir(parents=True)
    source: BinaryIO = file  # type: ignore[assignment]
    source.seek(0)
    with path.open("wb") as target:
        shutil.copyfileobj(source, target)
    return path
