"""Merging on plain frames: members matched whatever their order, points and lots kept to the unit."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.errors import InputError
from loyalty_core.facts import TABLES
from loyalty_core.merge.matching import matches, origin
from loyalty_core.merge.merged_profiles import joined_versions
from loyalty_core.merge.merging import merged
from loyalty_core.rules.programme import Programme

FIRST = date(2025, 1, 1)
PROGRAMME = Programme(name="here")
AT_US = 1_800_000_000_000_000


def frame(table: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows in the declared columns, what is left out unknown."""
    columns = [column.name for column in TABLES[table]]
    return pd.DataFrame(
        [{name: row.get(name) for name in columns} for row in rows], columns=columns, dtype=object
    )


# Matching

phones = st.sampled_from(["1", "2", "3"])
members = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.lists(st.builds("{}={}".format, st.sampled_from(["phone", "card"]), phones), max_size=2, unique=True),
)


def plain_partners(here, there, keys) -> dict[str, str]:
    """Those with exactly one partner that some value of a key gives to the two of them alone."""

    def having(side, key, value):
        return [
            m
            for m, told in side.items()
            if (m if key == "member_id" else None) == value or f"{key}={value}" in told
        ]

    edges = set()
    for key in keys:
        for value in "123abcd":
            ours, theirs = having(here, key, value), having(there, key, value)
            if len(ours) == 1 and len(theirs) == 1:
                edges.add((theirs[0], ours[0]))
    return {
        theirs: ours
        for theirs, ours in edges
        if len({o for t, o in edges if t == theirs}) == 1 and len({t for t, o in edges if o == ours}) == 1
    }


@given(members, members, st.lists(st.sampled_from(["member_id", "phone", "card"]), min_size=1, unique=True))
def test_members_are_matched_as_read_word_by_word_in_any_order(here, there, keys) -> None:
    def reversed_sides(side):
        return dict(reversed(side.items()))

    try:
        found = matches(here, there, keys, "other")
    except InputError:
        lacks = [
            any(any(a.startswith(f"{k}=") for a in told) for told in side.values())
            for side in (here, there)
            for k in keys
            if k != "member_id" and side
        ]
        assert not all(lacks)
        return
    assert dict(found.found) == plain_partners(here, there, keys)
    assert sorted([*found.found, *found.alone, *found.doubtful]) == sorted(there)
    assert matches(reversed_sides(here), reversed_sides(there), keys[::-1], "other").found == found.found


def test_spelling_is_no_matter_and_a_member_merged_before_is_known() -> None:
    here = {"c1": ["phone=138 0000-0001"], "x": [origin("other", "p9")]}
    there = {"p1": ["phone=(138)00000001"], "p9": ["phone=13800000001"], "P2": []}
    assert dict(matches(here, {"p1": there["p1"]}, ["phone"], "other").found) == {"p1": "c1"}
    found = matches(here, there, ["phone"], "other")
    assert (dict(found.found), dict(found.known)) == ({}, {"p9": "x"})
    assert [(one.here, one.there) for one in found.doubts] == [(("c1",), ("p1", "p9"))]


def test_keys_that_point_at_two_members_match_neither() -> None:
    here = {"a": ["phone=1"], "b": ["card=7"]}
    found = matches(here, {"p": ["phone=1", "card=7"]}, ["phone", "card"], "other")
    assert (dict(found.found), found.doubtful) == ({}, ("p",))
    assert [(one.here, one.there) for one in found.doubts] == [(("a", "b"), ("p",))]


def test_a_key_that_one_side_lacks_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        InputError, match="--keys mobile: no member of other has it; there are member_id, phone"
    ):
        matches({"a": ["mobile=1"]}, {"b": ["phone=1"]}, ["mobile"], "other")


# Profiles


def version(day: str, **told: object) -> dict[str, object]:
    return {c.name: None for c in TABLES["members"]} | {"member_id": "m", "valid_from": day} | told


def test_each_day_tells_what_stands_here_and_what_is_known_only_there() -> None:
    here = [
        version("05", region="N", joined_on="05", consent=True),
        version("09", region="S", joined_on="05"),
    ]
    there = [version("03", region="E", gender="female", joined_on="03"), version("07", consent=False)]
    rows = joined_versions(here, there, "merged_from=o:m")
    assert [(r["valid_from"], r["region"], r["gender"], r["consent"]) for r in rows] == [
        ("03", "E", "female", None),
        ("05", "N", "female", True),
        ("07", "N", None, False),
        ("09", "S", None, False),
    ]
    assert {r["joined_on"] for r in rows} == {"03"}


def test_who_left_one_of_two_programmes_has_not_left() -> None:
    (row,) = joined_versions([version("05", left_on="07")], [version("05")], "merged_from=o:m")
    assert row["left_on"] is None
    (row,) = joined_versions([version("05", left_on="07")], [version("05", left_on="08")], "merged_from=o:m")
    assert row["left_on"] == "08"


# Points

lots = st.lists(st.tuples(st.integers(1, 20), st.sampled_from([None, 400, 500, 600])), max_size=4)
ledgers = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.tuples(lots, st.integers(0, 30)))


def entries(ledger, side: str) -> list[dict[str, object]]:
    """Each member's lots, one a day, then what is spent of them."""
    rows = []
    for member, (earned, spent) in ledger.items():
        told = [("earn", points, gone) for points, gone in earned]
        told += (
            [("redeem", -min(spent, sum(points for points, _ in earned)), None)] if spent and earned else []
        )
        rows += [
            {
                "entry_id": f"{side}{member}{n}",
                "member_id": member,
                "account": "points",
                "kind": kind,
                "amount": amount,
                "occurred_at": pd.Timestamp(FIRST + timedelta(days=n), tz="UTC"),
                "expires_on": None if gone is None else pd.Timestamp(FIRST + timedelta(days=gone)),
            }
            for n, (kind, amount, gone) in enumerate(told)
        ]
    return rows


def open_lots(rows: list[dict[str, object]]) -> Counter[tuple[object, object]]:
    """Points by member and expiry, spent oldest expiry first; a plain walk through the rows."""
    held: dict[object, list[list[object]]] = {}
    for row in sorted(rows, key=lambda row: (row["occurred_at"], row["amount"] < 0)):
        own = held.setdefault(row["member_id"], [])
        if row["amount"] > 0:
            own.append([row["expires_on"], row["amount"]])
            own.sort(key=lambda lot: (lot[0] is None, lot[0] or 0))
            continue
        wanted = -row["amount"]
        for lot in own:
            taken = min(lot[1], wanted)
            lot[1] -= taken
            wanted -= taken
        assert wanted == 0
    return Counter(
        {
            key: n
            for key, n in _summed((member, lot) for member, own in held.items() for lot in own).items()
            if n
        }
    )


def _summed(lots) -> Counter[tuple[object, object]]:
    total = Counter()
    for member, (gone, points) in lots:
        total[member, gone] += points
    return total


def sides(ours, theirs) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    return tuple(
        {
            "members": frame("members", [{"member_id": m, "valid_from": pd.Timestamp(FIRST)} for m in "abc"]),
            "entries": frame("entries", entries(ledger, side)),
        }
        for ledger, side in ((ours, "h"), (theirs, "t"))
    )


@settings(max_examples=25)
@given(ledgers, ledgers, st.randoms())
def test_every_lot_is_there_afterwards_to_the_unit_and_the_old_account_is_empty(ours, theirs, random) -> None:
    here, there = sides(ours, theirs)
    merge = merged(here, there, ["member_id"], "other", PROGRAMME, AT_US)
    after = [*entries(ours, "h"), *merge.rows.get("entries", frame("entries", [])).to_dict("records")]
    for row in after:
        row["expires_on"] = None if pd.isna(row["expires_on"]) else pd.Timestamp(row["expires_on"])
    living = [row for row in after if row["account"] == "points"]
    assert open_lots(living) == open_lots(entries(ours, "h")) + open_lots(entries(theirs, "t"))
    closed = [row for row in after if row["account"] == "points@other"]
    assert sum(row["amount"] for row in closed) == 0
    assert sum(row["amount"] > 0 for row in closed) == sum(len(earned) for earned, _ in theirs.values())
    shuffled = {
        name: rows.sample(frac=1, random_state=random.randrange(1000)) for name, rows in there.items()
    }
    again = merged(here, shuffled, ["member_id"], "other", PROGRAMME, AT_US)
    assert _told(again) == _told(merge)


@settings(max_examples=10)
@given(ledgers, ledgers, st.lists(st.tuples(st.integers(1, 20), st.none()), max_size=2))
def test_merging_again_moves_only_what_came_since(ours, theirs, since) -> None:
    here, there = sides(ours, theirs)
    first = merged(here, there, ["member_id"], "other", PROGRAMME, AT_US)
    here = {name: pd.concat([rows, first.rows.get(name, rows.iloc[:0])]) for name, rows in here.items()}
    here["members"] = here["members"].drop_duplicates(["member_id", "valid_from"], keep="last")
    assert merged(here, there, ["member_id"], "other", PROGRAMME, AT_US + 1).rows == {}
    there["entries"] = pd.concat([there["entries"], frame("entries", entries({"b": (since, 0)}, "since"))])
    later = merged(here, there, ["member_id"], "other", PROGRAMME, AT_US + 1)
    moved = later.rows.get("entries", frame("entries", []))
    assert moved.loc[moved["account"] == "points", "amount"].sum() == sum(points for points, _ in since)


def _told(merge) -> set[tuple[object, ...]]:
    rows = merge.rows.get("entries", frame("entries", []))
    return set(rows.astype(str).itertuples(index=False, name=None))


def test_points_that_wait_stay_away_until_their_day() -> None:
    earned = entries({"a": ([(10, 600)], 0)}, "t")
    day = pd.Timestamp(AT_US, unit="us", tz="UTC").tz_localize(None).normalize() + pd.Timedelta(days=9)
    here, there = sides({}, {})
    there["entries"] = frame("entries", [row | {"available_on": day} for row in earned])
    rows = merged(here, there, ["member_id"], "other", PROGRAMME, AT_US).rows["entries"]
    moved = rows[rows["kind"] == "transfer"]
    assert sorted(zip(moved["account"], moved["amount"], strict=True)) == [
        ("points", 10),
        ("points@other", -10),
    ]
    assert {pd.Timestamp(one) for one in moved["available_on"]} == {day}


def test_what_a_member_owes_there_is_owed_here() -> None:
    here, there = sides({"a": ([(10, None)], 0)}, {"a": ([(10, None)], 10)})
    clawed = entries({"a": ([(4, None)], 0)}, "r")[0] | {"kind": "reverse", "amount": -4}
    clawed["occurred_at"] = pd.Timestamp(FIRST + timedelta(days=9), tz="UTC")
    there["entries"] = pd.concat([there["entries"], frame("entries", [clawed])])
    rows = merged(here, there, ["member_id"], "other", PROGRAMME, AT_US).rows["entries"]
    came = rows[rows["account"] == "points"]
    assert came[["kind", "amount"]].to_numpy().tolist() == [["reverse", -4]]
    assert rows.loc[rows["account"] == "points@other", "amount"].sum() == 0
