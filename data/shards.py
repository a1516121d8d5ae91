"""Which of the lake's shards a row lies in.

The rule is fixed for good, since the files of every workspace follow it: CRC-32 (IEEE 802.3, the one
of zlib) of the UTF-8 bytes of the row's owner, modulo 16. The owner is the member; for a row without
a member (a guest's purchase, an open coupon, a campaign) it is the row's own key.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loyalty_core.facts import Table

SHARDS = 16


def shard_of(owner: str) -> int:
    """The shard, 0 … 15, of whatever belongs to `owner`."""
    return crc32(owner.encode("utf-8")) % SHARDS


def shards_of(rows: pa.Table, table: Table) -> npt.NDArray[np.int32]:
    """The shard of each row."""
    owners = rows.column(table.key[0])
    if "member_id" in rows.schema.names:
        owners = pc.coalesce(rows.column("member_id"), owners)
    if isinstance(owners, pa.ChunkedArray):
        owners = owners.combine_chunks()
    return (_crc32(owners) % SHARDS).astype(np.int32) if len(rows) else np.zeros(0, np.int32)


def _crc32(texts: pa.StringArray) -> npt.NDArray[np.uint32]:
    """The CRC-32 of each text's bytes, byte by byte over all texts that have so many."""
    _, places, data = texts.buffers()
    ends = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    content = np.frombuffer(data or b"", np.uint8)
    start, length = ends[:-1].astype(np.int64), np.diff(ends)
    value = np.full(len(texts), 0xFFFFFFFF, np.uint32)
    alike = length.min() == length.max()
    going = np.arange(len(texts))
    for byte in range(int(length.max())):
        if alike:
            value = _TABLE[(value ^ content[start + byte]) & 0xFF] ^ (value >> 8)
            continue
        going = going[length[going] > byte]
        before = value[going]
        value[going] = _TABLE[(before ^ content[start[going] + byte]) & 0xFF] ^ (before >> 8)
    return ~value


def _steps() -> npt.NDArray[np.uint32]:
    """What each byte does to a CRC-32, by eight steps of its polynomial (reflected)."""
    value = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        value = (value >> 1) ^ np.where(value & 1, np.uint32(0xEDB88320), np.uint32(0))
    return value


_TABLE = _steps()
