"""Reading a file in a process of its own, with bounds on memory and time.

A hostile or broken file may exhaust or crash its reader; that ends as one clear line, and the caller
lives on. What was read is handed over as Arrow files, mapped into memory and not copied.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread, Timer
from typing import Any, NoReturn

import pyarrow as pa

from data.intake.mapping import FileRule, Mapping
from data.intake.sources import SourceFile
from loyalty_core.errors import InputError

MEMORY_MIB = int(os.environ.get("LOYALTY_IMPORT_MEMORY_MIB", "6144"))
SECONDS = int(os.environ.get("LOYALTY_IMPORT_SECONDS", "900"))
FILE_MIB = int(os.environ.get("LOYALTY_IMPORT_FILE_MIB", "2048"))
_MENDABLE = 3


@dataclass(frozen=True, slots=True)
class BadLine:
    """A record that could not be split into columns."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A file as texts: `rows` has its columns and `_line` (for text files also `_start`, `_stop`)."""

    source: SourceFile
    rows: pa.Table
    bad: tuple[BadLine, ...]
    rows_read: int
    encoding: str
    typed: frozenset[str]
    text: pa.Buffer | None

    def original(self, start: int, stop: int) -> str:
        """The text between two bytes of a text file."""
        return bytes(self.text[start:stop]).decode("utf-8") if self.text is not None else ""


def read(
    sources: Sequence[SourceFile],
    mapping: Mapping,
    folder: Path,
    reached: Callable[[int], None] = lambda number: None,
) -> list[Stage]:
    """The files as texts, read in one child process and kept in `folder`, which exists.

    `reached` hears whose turn it is. InputError where one of them cannot be read.
    """
    requests = [
        {
            "path": source.path,
            "inner": source.inner,
            "name": source.name,
            "rule": mapping.files[source.kind].model_dump_json(by_alias=True),
            "folder": str(folder / str(number)),
        }
        for number, source in enumerate(sources)
    ]
    environment = os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"}
    command = [sys.executable, "-P", "-m", "data.intake.reading"]
    pipe = subprocess.PIPE
    reached(0)
    with (
        TemporaryFile() as complaints,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=complaints, env=environment) as child,
    ):
        bell = Timer(SECONDS * len(sources), child.kill)
        bell.start()
        try:
            done = _follow(child, requests, reached)
        finally:
            bell.cancel()
            child.kill()
        complaints.seek(0)
        _assert_read(child, sources[min(done, len(sources) - 1)], complaints.read())
    return [_stage(source, folder / str(number)) for number, source in enumerate(sources)]


def _follow(
    child: subprocess.Popen[bytes], requests: list[dict[str, Any]], reached: Callable[[int], None]
) -> int:
    """How many files the child had read when it ended."""
    assert child.stdin is not None and child.stdout is not None
    done = 0
    # The pipe stays open: its end tells the child that nobody waits for it any more.
    with suppress(BrokenPipeError):
        child.stdin.write(json.dumps(requests).encode() + b"\n")
        child.stdin.flush()
    for _ in child.stdout:
        done += 1
        reached(min(done, len(requests) - 1))
    child.wait()
    return done


def _assert_read(child: subprocess.Popen[bytes], at: SourceFile, complaint: bytes) -> None:
    if child.returncode == _MENDABLE:
        raise InputError(complaint.decode("utf-8").strip())
    if child.returncode:
        raise InputError(
            f"{at.name}: its reader ended early; the file is damaged, needs more than {MEMORY_MIB} MiB "
            f"or more than {SECONDS} s"
        )


def _stage(source: SourceFile, folder: Path) -> Stage:
    answer = json.loads((folder / "answer.json").read_text("utf-8"))
    rows = pa.ipc.open_file(pa.memory_map(str(folder / "rows.arrow"))).read_all()
    text = folder / "text"
    bad = tuple(BadLine(*line) for line in answer["bad"])
    return Stage(
        source=source,
        rows=rows,
        bad=bad,
        rows_read=answer["rows_read"],
        encoding=answer["encoding"],
        typed=frozenset(answer["typed"]),
        text=pa.memory_map(str(text)).read_buffer() if text.exists() and text.stat().st_size else None,
    )


class _NoPandas:
    """Hides pandas, which Arrow loads where it finds it: that takes longer than reading most files."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def main() -> None:
    """The child: reads the request from standard input, leaves the stage in its folder."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MIB << 20, MEMORY_MIB << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS * 2, SECONDS * 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.meta_path.insert(0, _NoPandas())  # type: ignore[arg-type]
    requests = json.loads(sys.stdin.readline())
    Thread(target=_end_with_the_parent, daemon=True).start()
    for request in requests:
        try:
            _write_stage(request)
        except (InputError, MemoryError, pa.ArrowMemoryError) as error:
            known = isinstance(error, InputError)
            reason = str(error) if known else f"{request['name']}: needs more than {MEMORY_MIB} MiB; split it"
            sys.stderr.write(reason)
            _end(_MENDABLE)
        sys.stdout.write("read\n")
        sys.stdout.flush()
    _end(0)


def _end(code: int) -> NoReturn:
    """End at once: all is written, and taking the libraries' threads down now and then aborts the process."""
    sys.stderr.flush()
    os._exit(code)


def _end_with_the_parent() -> None:
    """A killed import is started again at once; its reader must not write on beside the new one."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def _write_stage(request: dict[str, Any]) -> None:
    from data.intake.formats import read_sheet

    rule = FileRule.model_validate_json(request["rule"])
    sheet = read_sheet(request["path"], request["inner"], rule, request["name"], FILE_MIB << 20)
    folder = Path(request["folder"])
    folder.mkdir()
    with pa.ipc.new_file(str(folder / "rows.arrow"), sheet.rows.schema) as sink:
        sink.write_table(sheet.rows)
    if sheet.text is not None:
        (folder / "text").write_bytes(sheet.text)
    bad = list(zip(sheet.bad_line, sheet.bad_reason, sheet.bad_text, strict=True))
    answer = {"bad": bad, "rows_read": sheet.rows_read, "encoding": sheet.encoding, "typed": sheet.typed}
    (folder / "answer.json").write_text(json.dumps(answer, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
