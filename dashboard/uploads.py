"""Files brought to the server: what was uploaded, kept in the workspace, and what lies in a folder there."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import uuid4

from dashboard.i18n import _
from loyalty_core.errors import InputError

MOST_LISTED = 500


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


def files_in(folder: str) -> list[Path]:
    """The files in a folder on the server, by name; InputError where it cannot be read."""
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
