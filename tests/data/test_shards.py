import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from data.schema import declared
from data.shards import SHARDS, shard_of, shards_of
from loyalty_core.facts import CAMPAIGNS, MEMBERS, PURCHASES
from tests.data.facts_at_hand import members, purchases


def crc32_by_hand(data: bytes) -> int:
    """CRC-32 bit by bit, from its definition (reflected polynomial 0xEDB88320)."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


@given(st.text())
def test_the_shard_is_the_documented_hash(owner):
    assert shard_of(owner) == crc32_by_hand(owner.encode()) % 16


@given(st.lists(st.text(), min_size=1, max_size=30), st.integers(0, 5))
def test_many_owners_at_once_have_the_shards_of_each(owners, before):
    rows = pa.table({"campaign_id": pa.array(["?"] * before + owners, pa.string())}).slice(before)
    assert shards_of(rows, CAMPAIGNS).tolist() == [shard_of(owner) for owner in owners]


def test_the_shards_of_written_workspaces_never_change():
    assert SHARDS == 16
    assert [shard_of(owner) for owner in ("", "m1", "000012768d", "会员1")] == [0, 15, 13, 0]


def test_a_member_lies_in_one_shard_and_a_guest_purchase_goes_by_its_own_key():
    sales = purchases(0, 300)
    shards = shards_of(declared(sales, PURCHASES), PURCHASES)
    owners = sales["member_id"].fillna(sales["purchase_id"])
    assert shards.tolist() == [shard_of(owner) for owner in owners]


def test_a_campaign_goes_by_its_own_key():
    rows = pa.table({"campaign_id": ["c1", "c2"], "starts_on": pa.array([0, 1], pa.date32())})
    assert shards_of(declared(rows, CAMPAIGNS), CAMPAIGNS).tolist() == [shard_of("c1"), shard_of("c2")]


def test_rows_in_several_pieces_and_no_rows_have_shards():
    rows = declared(members(("a", "x"), ("b", "y")), MEMBERS)
    assert shards_of(pa.concat_tables([rows, rows]), MEMBERS).tolist() == [shard_of(m) for m in "abab"]
    assert shards_of(rows.slice(0, 0), MEMBERS).tolist() == []


def test_members_spread_evenly():
    counts = [0] * SHARDS
    for number in range(16_000):
        counts[shard_of(f"m{number:06d}")] += 1
    assert max(counts) < 1200 and min(counts) > 800
