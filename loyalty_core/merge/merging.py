"""Two programmes made one: the facts of the other under the members of this one, nothing lost or doubled.

`here` is the workspace that stays, `there` the one that is brought over, called by its programme's
name. What the other's ledger holds is kept as it is, on an account of its own (`points@name`); at
the merge every lot of it moves to this ledger's account with its dates, so that the old account is
closed at nothing and each member has one account. To merge again changes nothing, and brings over
what has come since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from loyalty_core.facts import TABLES
from loyalty_core.merge.carried_lots import carried
from loyalty_core.merge.matching import Matches, matches, origin
from loyalty_core.merge.merged_profiles import Difference, differences, joined_versions
from loyalty_core.rules.programme import Programme

Frames = Mapping[str, pd.DataFrame]
# Columns that name a row of another table, and that table.
REFERENCES: dict[str, dict[str, str]] = {
    "purchases": {"coupon_id": "coupons", "refund_of": "purchases"},
    "entries": {"reference": "purchases"},
    "contacts": {"campaign_id": "campaigns"},
    "coupons": {"campaign_id": "campaigns", "purchase_id": "purchases"},
}
# What tells two rows of one key in a versioned table apart: another thing, not a later state of it.
SAME_THING = {
    "campaigns": ("name", "starts_on"),
    "contacts": ("member_id", "planned_at"),
    "coupons": ("member_id", "offered_at"),
}
CARRIED = ("campaigns", "coupons", "purchases", "activities", "contacts", "entries", "tier_changes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """What a merge adds, in frames by table, and what there is to say of it.

    `renamed` counts rows whose key this side uses for something else: they get the key@name.
    `same` counts rows that are here already. `tier_changes_left` are those of members who have a
    standing here: it stays theirs.
    """

    name: str
    rows: dict[str, pd.DataFrame]
    matches: Matches
    member_of: dict[str, str]
    only_here: int
    differing: tuple[Difference, ...]
    renamed: dict[str, int]
    same: dict[str, int]
    tier_changes_left: int


def closed_account(account: str, name: str) -> str:
    """The account that keeps the other programme's ledger."""
    return f"{account}@{name}"


def renamed_key(key: str, name: str) -> str:
    """The key of a row brought over, where its own is taken."""
    return f"{key}@{name}"


def merged(
    here: Frames,
    there: Frames,
    keys: Sequence[str],
    name: str,
    programme: Programme,
    at_us: int,
    without_profile: Iterable[str] = (),
) -> Merge:
    """What bringing `there` over adds to `here`.

    `here` holds all members, and of the other tables at least the rows whose keys, plain or renamed,
    are among those of `there`, and all entries of closed accounts. `there` holds what is to be
    brought over: a table left out is not. `programme` is the one that stays; its units are those of
    both sides. Points move at `at_us`, microseconds in UTC, after all that happened on either side.
    `without_profile` are members here of whom there is no more than facts.
    """
    profiles_here, profiles_there = (_profiles(side["members"]) for side in (here, there))
    people, others = _people(profiles_here, without_profile), _people(profiles_there, _occurring(there))
    found = matches(people, others, keys, name)
    member_of = _new_ids(found, people.keys(), name)
    profiles, differing = _members(profiles_here, profiles_there, member_of, name)
    there, left = _without_standing(there, found)
    facts, renamed, same = _brought(here, there, member_of, name)
    if "entries" in facts:
        facts["entries"] = _with_lots(facts["entries"], here.get("entries"), programme, name, at_us)
    return Merge(
        name=name,
        rows={table: frame for table, frame in ({"members": profiles} | facts).items() if len(frame)},
        matches=found,
        member_of=member_of,
        only_here=len(people.keys() - set(member_of.values())),
        differing=differing,
        renamed={table: count for table, count in renamed.items() if count},
        same={table: count for table, count in same.items() if count},
        tier_changes_left=left,
    )


def _occurring(facts: Frames) -> Iterable[str]:
    """The members that occur in facts."""
    for table in CARRIED:
        if table in facts and table != "campaigns":
            yield from map(str, facts[table]["member_id"].dropna().unique())


def _brought(
    here: Frames, there: Frames, member_of: Mapping[str, str], name: str
) -> tuple[dict[str, pd.DataFrame], dict[str, int], dict[str, int]]:
    """The facts that are not here yet, under the names that they have here, by table; how many of them were
    given another key, and how many are here already."""
    rows, names, same = dict[str, pd.DataFrame](), dict[str, dict[str, str]](), dict[str, int]()
    for table in CARRIED:
        if table in there:
            moved = _under_new_ids(table, there[table], member_of, name)
            rows[table], names[table], same[table] = _told_apart(table, moved, here.get(table), name)
    renamed = {table: len(others) for table, others in names.items()}
    return {table: _renamed(table, frame, names) for table, frame in rows.items()}, renamed, same


def _without_standing(there: Frames, found: Matches) -> tuple[dict[str, pd.DataFrame], int]:
    """The frames with the tier changes of those members alone who come over as members of their own."""
    if "tier_changes" not in there:
        return dict(there), 0
    own = there["tier_changes"]["member_id"].isin([*found.alone, *found.doubtful])
    return {**there, "tier_changes": there["tier_changes"][own]}, int((~own).sum())


def _profiles(members: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """The versions of each member, plain values."""
    profiles: dict[str, list[dict[str, Any]]] = {}
    for row in _plain(members).to_dict("records"):
        profiles.setdefault(row["member_id"], []).append(
            {str(column): value for column, value in row.items()}
        )
    return profiles


def _people(
    profiles: Mapping[str, Sequence[Mapping[str, Any]]], without_profile: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """The attributes of each member; none of those without a profile."""
    found = {member: _attributes(versions) for member, versions in profiles.items()}
    return found | {member: () for member in without_profile if member not in found}


def _attributes(versions: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    latest = max(versions, key=lambda version: version["valid_from"])
    return tuple(latest["attributes"] or ())


def _new_ids(found: Matches, taken: Iterable[str], name: str) -> dict[str, str]:
    """The id here of every member there; those who come over keep theirs where it is free."""
    ids, used = {**found.known, **found.found}, set(taken)
    for member in (*found.alone, *found.doubtful):
        free = member
        while free in used:
            free = renamed_key(free, name)
        ids[member] = free
        used.add(free)
    return ids


def _members(
    here: Mapping[str, list[dict[str, Any]]],
    there: Mapping[str, list[dict[str, Any]]],
    member_of: Mapping[str, str],
    name: str,
) -> tuple[pd.DataFrame, tuple[Difference, ...]]:
    """The versions that are new or told anew, and what the two sides tell differently."""
    columns = [column.name for column in TABLES["members"]]
    rows, told = [], list[Difference]()
    for theirs, ours in sorted(member_of.items()):
        own, other = here.get(ours, []), there.get(theirs, [])
        known = {version["valid_from"]: version for version in own}
        for row in joined_versions(own, other, origin(name, theirs)):
            row = {column: row[column] for column in columns} | {"member_id": ours}
            if known.get(row["valid_from"]) != row:
                rows.append(row)
        if own and other:
            latest = [max(side, key=lambda version: version["valid_from"]) for side in (own, other)]
            told += differences(ours, *latest)
    return pd.DataFrame(rows, columns=columns, dtype=object), tuple(told)


def _under_new_ids(table: str, rows: pd.DataFrame, member_of: Mapping[str, str], name: str) -> pd.DataFrame:
    """The rows of their members here, the ledger on accounts of its own."""
    rows = _plain(rows)
    if "member_id" in rows:
        ids = [None if member is None else member_of[member] for member in rows["member_id"]]
        rows["member_id"] = pd.Series(ids, rows.index, dtype=object)
    if table == "entries":
        rows["account"] = [closed_account(account, name) for account in rows["account"]]
    return rows


def _told_apart(
    table: str, rows: pd.DataFrame, here: pd.DataFrame | None, name: str
) -> tuple[pd.DataFrame, dict[str, str], int]:
    """The rows that are not here yet, the keys that had to change, and how many are here already."""
    declared = TABLES[table]
    if here is None or not len(here) or not len(rows):
        return rows, {}, 0
    key = list(declared.key)
    compared = list(SAME_THING.get(table) or _content(table))
    existing = {tuple(row[column] for column in key): row for row in _plain(here).to_dict("records")}
    keep, names, same = [], dict[str, str](), 0
    for place, row in enumerate(rows.to_dict("records")):
        own = tuple(row[column] for column in key)
        other = existing.get(own)
        if other is not None and any(other[column] != row[column] for column in compared):
            names[str(own[0])] = renamed_key(str(own[0]), name)
            other = existing.get((names[str(own[0])],))
        if other is None or any(other[column] != row[column] for column in _content(table)):
            keep.append(place)
        else:
            same += 1
    return rows.iloc[keep], names, same


def _content(table: str) -> list[str]:
    """The columns that tell what a row says, but for its key and the rows it refers to."""
    declared, references = TABLES[table], REFERENCES.get(table, {})
    return [c.name for c in declared if c.name not in references and c.name not in declared.key]


def _renamed(table: str, rows: pd.DataFrame, names: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """The rows with the keys that had to change, and what refers to them."""
    changed = {TABLES[table].key[0]: table} if table in names and len(TABLES[table].key) == 1 else {}
    for column, other in (changed | REFERENCES.get(table, {})).items():
        new = names.get(other, {})
        if new and len(rows):
            keys = [new.get(value, value) for value in rows[column]]
            rows = rows.assign(**{column: pd.Series(keys, rows.index, dtype=object)})
    return rows


def _with_lots(
    new: pd.DataFrame, here: pd.DataFrame | None, programme: Programme, name: str, at_us: int
) -> pd.DataFrame:
    """The other's entries and the transfers that carry over what its accounts still hold."""
    before = new.iloc[:0] if here is None else _plain(here)
    ledger = pd.concat([before, new], ignore_index=True)
    mark = closed_account("", name)
    closed = sorted(account for account in ledger["account"].unique() if account.endswith(mark))
    moves = [
        carried(
            ledger[ledger["account"] == account],
            programme,
            account,
            account.removesuffix(mark),
            at_us,
            f"merged from {name}",
        )
        for account in closed
    ]
    return pd.concat([new, *moves], ignore_index=True) if moves else new


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as plain values: None where nothing is known, lists as tuples."""
    plain = rows.astype(object).where(rows.notna(), None)
    for column in plain.columns.intersection(["attributes", "categories"]):
        told = [None if value is None else tuple(value) for value in plain[column]]
        plain[column] = pd.Series(told, plain.index, dtype=object)
    return plain
