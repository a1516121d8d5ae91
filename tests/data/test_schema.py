from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from data.schema import ARROW_TYPES, declared, fact_schema, lake_schema, pandas_frame
from loyalty_core.facts import MEMBERS, PURCHASES, TABLES, Kind

SALE = {
    "purchase_id": ["a"],
    "kind": ["sale"],
    "occurred_at": pd.to_datetime(["2024-02-29T23:59:59.999999Z"]),
    "amount": [1],
}


def test_every_kind_of_column_has_a_storage_type():
    assert set(ARROW_TYPES) == set(Kind)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_declared_and_system_columns_never_share_a_name(table):
    names = lake_schema(table).names
    assert len(names) == len(set(names))


def test_columns_that_are_missing_or_all_null_keep_their_declared_type():
    rows = declared(pd.DataFrame(SALE | {"quantity": [None], "store": [None]}), PURCHASES)
    assert rows.schema == fact_schema(PURCHASES)
    assert rows.column("quantity").null_count == rows.column("channel").null_count == 1


def test_large_integers_beside_nulls_are_not_rounded():
    large = 2**53 + 1
    frame = pd.DataFrame(
        {
            "member_id": ["a", "b"],
            "valid_from": [date(2024, 1, 1)] * 2,
            "birth_year": pd.array([large, None], dtype="Int64"),
        }
    )
    back = pandas_frame(declared(frame, MEMBERS))
    assert back["birth_year"].dtype == "Int64"
    assert back["birth_year"][0] == large and back["birth_year"].isna()[1]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"amont": [1]}, "no column amont"),
        ({"amount": [None]}, "amount is required, 1 rows lack it"),
        ({"amount": [1.5]}, "amount does not fit int64"),
        ({"amount": ["many"]}, "amount does not fit int64"),
        ({"amount": [2**63]}, "amount does not fit int64"),
        ({"purchase_id": [7]}, None),
    ],
)
def test_rows_that_do_not_fit_the_declaration_are_refused(change, complaint):
    frame = pd.DataFrame(SALE | change)
    if complaint is None:  # a number is a fine text
        assert declared(frame, PURCHASES).column("purchase_id").to_pylist() == ["7"]
        return
    with pytest.raises(ValueError, match=complaint):
        declared(frame, PURCHASES)


def test_a_missing_required_column_is_refused():
    with pytest.raises(ValueError, match="occurred_at is required"):
        declared(pd.DataFrame({k: v for k, v in SALE.items() if k != "occurred_at"}), PURCHASES)


def test_every_way_of_writing_a_day_and_an_instant_gives_the_same_rows():
    instants = [
        pd.Series(pd.to_datetime(["2024-03-01T12:00:00.000001Z"])),
        pd.Series(pd.to_datetime(["2024-03-01T20:00:00.000001+08:00"])),
        pd.Series(pd.to_datetime(["2024-03-01T12:00:00.000001"])),  # naive is UTC
        pd.Series(pd.to_datetime(["2024-03-01T12:00:00.000001Z"]).to_pydatetime(), dtype=object),
    ]
    read = [
        declared(pd.DataFrame(SALE).assign(occurred_at=i.array), PURCHASES).column("occurred_at")
        for i in instants
    ]
    assert all(column.equals(read[0]) for column in read)
    days = [pd.Series([date(2024, 3, 1)], dtype=object), pd.Series(pd.to_datetime(["2024-03-01"]))]
    member = pd.DataFrame({"member_id": ["a"]})
    read = [declared(member.assign(valid_from=d.array), MEMBERS).column("valid_from") for d in days]
    assert read[0].equals(read[1]) and read[0].to_pylist() == [date(2024, 3, 1)]


def test_texts_come_from_plain_string_and_categorical_columns_alike():
    frames = [
        pd.DataFrame(SALE).assign(store=pd.Series(["东门", None], dtype=dtype).array[:1])
        for dtype in ("str", object, "category")
    ]
    assert [declared(f, PURCHASES).column("store").to_pylist() for f in frames] == [["东门"]] * 3


def test_lists_of_texts_survive():
    frame = pd.DataFrame(SALE | {"categories": [["fruit", "fish"]]})
    assert list(pandas_frame(declared(frame, PURCHASES))["categories"][0]) == ["fruit", "fish"]


def test_whole_decimals_become_integers_and_none_is_lost():
    sums = pa.table({"sum": pa.array([Decimal(2**62)], pa.decimal128(38, 0))})
    frame = pandas_frame(sums)
    assert frame["sum"].dtype == np.int64 and frame["sum"][0] == 2**62
