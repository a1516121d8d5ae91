"""Values that are mostly arrays, laid down in files and mapped into memory.

Whoever reads them shares the system's pages, which it takes back when it needs them, and nothing is copied.
Mapped arrays are read-only.
"""

from __future__ import annotations

import ctypes
import mmap
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Lock
from typing import IO, Any, TypeVar
from uuid import uuid4
from weakref import WeakSet

import numpy.typing as npt

Value = TypeVar("Value")

Array = npt.NDArray[Any]

LARGE_BYTES = 2**20
WRITTEN_AT_ONCE = 2**28  # bytes; of mapped ones that are written the pages would stay in memory meanwhile
_ALIGNED = 64  # bytes, as processors read arrays best
_LARGE_APART, _MOST_ARENAS = -3, -8  # M_MMAP_THRESHOLD and M_ARENA_MAX of glibc
_LENGTH = 8  # bytes that tell how long the head is
_maps: WeakSet[mmap.mmap] = WeakSet()
_mapping = Lock()


def on_disk(value: Value) -> Value:
    """The same value, its arrays in a file without a name that goes when the last of them does."""
    with TemporaryFile(prefix="loyalty-") as file:
        _lay_down(file, value)
        file.flush()
        found: Value = _mapped(file)
    return found


def written_by(lay_down: Callable[[Path], object]) -> Any:
    """What `lay_down` writes, as `write` does, to the file that it is given; that goes as one `on_disk`."""
    with TemporaryDirectory(prefix="loyalty-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "value"
        lay_down(file)
        return read(file)


def large_on_disk(column: Array) -> Array:
    """The array itself, or where it is large the same `on_disk`."""
    return on_disk(column) if column.nbytes > LARGE_BYTES else column


def give_back() -> None:
    """Let the system have the pages that were freed and are kept for the next array where there is glibc, and
    those of mapped files, which are read again when they are needed."""
    _leave_to_files()
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _leave_to_files() -> None:
    with _mapping:
        maps = list(_maps)
    for one in maps:
        with suppress(AttributeError, OSError, ValueError):  # another system, or just closed
            one.madvise(mmap.MADV_DONTNEED)


def keep_little() -> None:
    """From now on large arrays go back to the system as they are freed, and threads share what is kept for
    small ones: of a server with many readers that is hundreds of MB less, for no more time."""
    with suppress(AttributeError, OSError, TypeError):
        allocator = ctypes.CDLL(None)
        allocator.mallopt(_LARGE_APART, LARGE_BYTES)
        allocator.mallopt(_MOST_ARENAS, 2)


def write(path: Path, value: object) -> None:
    """The value as a file: whole or not at all, whoever else is writing or reading it."""
    draft = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        with draft.open("wb") as file:
            _lay_down(file, value)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def read(path: Path) -> Any:
    """What `write` wrote there."""
    with path.open("rb") as file:
        return _mapped(file)


def _lay_down(file: IO[bytes], value: object) -> None:
    """The value without its arrays first, with the size of each, then they."""
    buffers: list[pickle.PickleBuffer] = []
    bare = pickle.dumps(value, 5, buffer_callback=buffers.append)
    arrays = [buffer.raw() for buffer in buffers]
    head = pickle.dumps((bare, [array.nbytes for array in arrays]), 5)
    end = file.write(len(head).to_bytes(_LENGTH)) + file.write(head)
    left = end
    for array in arrays:
        end += file.write(bytes(-end % _ALIGNED))
        end += file.write(array)
        if end - left > WRITTEN_AT_ONCE:
            _leave_to_files()
            left = end


def _mapped(file: IO[bytes]) -> Any:
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with _mapping:
        _maps.add(mapped)
    whole = memoryview(mapped)
    end = _LENGTH + int.from_bytes(whole[:_LENGTH])
    bare, sizes = pickle.loads(whole[_LENGTH:end])
    arrays = []
    for size in sizes:
        begin = end + -end % _ALIGNED
        end = begin + size
        arrays.append(whole[begin:end])
    return pickle.loads(bare, buffers=arrays)
