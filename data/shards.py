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
    coded = owners.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    shards = np.array([shard_of(owner) for owner in coded.dictionary.to_pylist()], dtype=np.int32)
    return shards[coded.indices.to_numpy(zero_copy_only=False)] if len(rows) else shards
