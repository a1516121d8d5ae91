"""The bytes of a file: unpacked within bounds, and as UTF-8 whatever encoding they came in."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loyalty_core.errors import InputError

_EXPANSION_LIMIT, _SMALL_BYTES = 200, 100 << 20


def opened(path: str, inner: Sequence[str], limit_bytes: int) -> str | io.BytesIO:
    """What a library opens: the path, or the content where it lies in an archive."""
    return io.BytesIO(content(path, inner, limit_bytes)) if inner else path


def content(path: str, inner: Sequence[str], limit_bytes: int) -> bytes:
    """The content of a file, or of a member of an archive (of an archive …), within the limit."""
    if Path(path).stat().st_size > limit_bytes:
        raise InputError(f"{Path(path).name}: larger than {limit_bytes >> 20} MiB; split it into parts")
    data = Path(path).read_bytes()
    for member in inner:
        data = _unpacked(data, member, limit_bytes)
    if data[:2] == b"\x1f\x8b":
        return _expanded(gzip.GzipFile(fileobj=io.BytesIO(data)), len(data), path, limit_bytes)
    return data


def _unpacked(data: bytes, member: str, limit_bytes: int) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            info = archive.getinfo(member)
            with archive.open(info) as packed:
                return _expanded(packed, info.compress_size, member, limit_bytes)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError) as error:
        raise InputError(f"{member}: the archive is damaged or locked; pack it again") from error


def _expanded(packed: Any, packed_bytes: int, name: str, limit_bytes: int) -> bytes:
    bound = min(limit_bytes, max(_SMALL_BYTES, packed_bytes * _EXPANSION_LIMIT))
    try:
        data: bytes = packed.read(bound + 1)
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{Path(name).name}: the archive is damaged; pack it again") from error
    if len(data) > bound:
        raise InputError(f"{Path(name).name}: unpacks to more than {bound >> 20} MiB; split it into parts")
    return data


def decoded(data: bytes, declared: str | None, name: str) -> tuple[bytes, str]:
    """The text as UTF-8 and its encoding: as declared, else UTF-8, else GB18030, each strictly."""
    if declared is None and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{name}: looks like UTF-16; declare encoding: utf-16 in the mapping")
    for encoding in (declared,) if declared else ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except LookupError:
            raise InputError(f"{name}: there is no encoding {encoding}; write one like gb18030") from None
        except UnicodeDecodeError as error:
            problem = f"byte {error.start + 1} is not {encoding}"
            continue
        same = encoding.lower().replace("_", "-") in ("utf-8", "utf-8-sig")
        return (data if same else text.encode("utf-8")).removeprefix(b"\xef\xbb\xbf"), encoding
    tried = f"as declared ({problem})" if declared else "as UTF-8 or GB18030"
    raise InputError(f"{name}: not readable {tried}; declare the right encoding: in the mapping")
