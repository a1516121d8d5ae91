"""Counts at the finest cut, added up as far as certain slices allow; members who are alike in them as one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.finest import MEMBER
from loyalty_core.counting.recombined import MEMBERS, CodedFacts, CodedRows
from loyalty_core.timeline import distinct, numbered, repeated


def condensed(facts: CodedFacts, by: Collection[str], filters: Collection[str]) -> CodedFacts:
    """The same facts for cuts by those slices under any filters by these.

    What adds up is added up. Of members who are counted once though they are in several cells of a period,
    those who are in the same ones are one row for each, which says how many they are.
    """
    slices = {*by, *filters}
    found = CodedFacts(facts.labels)
    for of_family, rows in facts.rows.items():
        found.rows[of_family] = _added_up(_told_by(rows, slices))
        found.kept[of_family] = {
            column: _as_one(_told_by(kept, slices), by) for column, kept in facts.kept[of_family].items()
        }
    return found


def united(parts: Sequence[CodedFacts]) -> CodedFacts:
    """The facts of all members from those of parts of them."""
    found = CodedFacts(parts[0].labels)
    for slices in parts[0].rows:
        kept = [part.kept[slices] for part in parts]
        found.rows[slices] = _joined([part.rows[slices] for part in parts])
        found.kept[slices] = {
            column: _joined([one[column] for one in kept if column in one])
            for column in sorted(set().union(*kept))
        }
    return found


def _told_by(rows: CodedRows, slices: Collection[str]) -> CodedRows:
    codes = {name: code for name, code in rows.codes.items() if name in slices}
    return CodedRows(rows.end, codes, rows.numbers)


def _cells(rows: CodedRows, slices: Collection[str]) -> tuple[Ints, int]:
    """The number of each row's period and labels of the slices among those that occur, and how many do."""
    cell: Ints = numbered(rows.end.astype(np.int64))[1]
    for name in slices:
        code = rows.codes[name]
        cell = numbered(cell * (int(code.max(initial=-1)) + 2) + code + 1)[1]
    return cell, int(cell.max(initial=-1)) + 1


def _added_up(rows: CodedRows) -> CodedRows:
    cell, count = _cells(rows, rows.codes)
    sums = {name: np.zeros(count, np.int64) for name in rows.numbers}
    for name, numbers in rows.numbers.items():
        np.add.at(sums[name], cell, numbers)
    return _rows(rows, _examples(cell, count), sums)


def _as_one(rows: CodedRows, by: Collection[str]) -> CodedRows:
    """A row for each cell of members who are in the same cells of a period and cut, numbered together."""
    cell, count = _cells(rows, rows.codes)
    apart, _ = _cells(rows, rows.codes.keys() & set(by))
    who, whose = numbered(rows.numbers[MEMBER])
    weight = np.ones(len(who), np.int64)
    weight[whose] = rows.numbers.get(MEMBERS, 1)
    member, inside = np.divmod(distinct((apart * len(who) + whose) * count + cell), max(count, 1))
    begins = np.flatnonzero(np.append(True, member[1:] != member[:-1])[: len(member)])
    many = np.diff(np.append(begins, len(member)))
    alike, of = numbered(alike_runs(inside, begins, many, count))
    members = np.zeros(len(alike), np.int64)
    np.add.at(members, of, weight[member[begins] % max(len(who), 1)])
    one = _examples(of, len(alike))
    group, nth = repeated(many[one])
    at = _examples(cell, count)[inside[begins[one][group] + nth]]
    return _rows(rows, at, {MEMBER: group, MEMBERS: members[group]})


def _examples(number: Ints, count: int) -> Ints:
    """A row of each number."""
    found = np.zeros(count, np.int64)
    found[number] = np.arange(len(number))
    return found


def alike_runs(cell: Ints, begins: Ints, many: Ints, count: int) -> Ints:
    """A number for each run of so many ascending cells, the same for runs of the same cells."""
    found: Ints = np.zeros(len(begins), np.int64)
    for nth in range(int(many.max(initial=0))):
        longer = np.flatnonzero(many > nth)
        further = numbered(found[longer] * count + cell[begins[longer] + nth])[1]
        found[longer] = int(found.max()) + 1 + further
    return found


def _rows(rows: CodedRows, at: Ints, numbers: Mapping[str, Ints]) -> CodedRows:
    codes = {name: code[at] for name, code in rows.codes.items()}
    return CodedRows(rows.end[at], codes, numbers)


def _joined(parts: Sequence[CodedRows]) -> CodedRows:
    """The rows of parts; what is numbered in each of them is numbered on from one to the next."""

    def whole(columns: Sequence[Mapping[str, Ints]]) -> dict[str, Ints]:
        return {name: np.concatenate([one[name] for one in columns]) for name in columns[0]}

    numbers = whole([part.numbers for part in parts])
    if MEMBER in numbers:
        sizes = [int(part.numbers[MEMBER].max(initial=-1)) + 1 for part in parts]
        numbers[MEMBER] += np.repeat(np.cumsum([0, *sizes[:-1]]), [len(part.end) for part in parts])
    return CodedRows(
        np.concatenate([part.end for part in parts]), whole([part.codes for part in parts]), numbers
    )
