"""Programmes that follow each other, and the days on which one of them does something to everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import to_day
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme

_EVER = -(2**31)


class Mark(NamedTuple):
    """The start of a day on which another programme comes into force, or (without one) tiers are reviewed."""

    day: int
    programme: Programme | None


@dataclass(frozen=True, slots=True)
class Versions:
    """Programmes in the order in which they come into force; the first holds from the beginning."""

    programmes: tuple[Programme, ...]

    @classmethod
    def of(cls, programme: Programme | Sequence[Programme]) -> Versions:
        """One programme, or several, each from its `effective_on`; of those of one day the last holds.

        InputError where there is none, or where they count in different units or time zones.
        """
        given = [programme] if isinstance(programme, Programme) else list(programme)
        if not given:
            raise InputError("programme: there is no version to replay under")
        for name in ("time_zone", "currency_decimals", "point_decimals"):
            if len({getattr(one, name) for one in given}) > 1:
                raise InputError(f"programme: versions with different {name} cannot follow each other")
        by_day = {_begin(one): one for one in sorted(given, key=_begin)}
        return cls(tuple(by_day.values()))

    def upto(self, day: int) -> tuple[Programme, ...]:
        """The programmes that hold up to a day, the last of them on it."""
        return tuple(one for one in self.programmes if _begin(one) <= day) or self.programmes[:1]

    def at(self, day: int) -> Programme:
        """The programme in force on a day."""
        return self.upto(day)[-1]

    def places_at(self, day: Ints) -> Ints:
        """The place of the programme in force on each day."""
        begins = [_begin(one) for one in self.programmes[1:]]
        return np.searchsorted(np.array(begins, np.int64), day, side="right").astype(np.int64)

    def first_day(self, place: int) -> int:
        """The first day of the programme at that place, which is not the first."""
        return _begin(self.programmes[place])

    def calendar(self, first: int, last: int) -> list[Mark]:
        """All that happens from `first` to `last`, both included; a new programme holds its day's review."""
        marks: list[Mark] = []
        begins = [first, *(max(_begin(one), first) for one in self.programmes[1:]), last + 1]
        for number, programme in enumerate(self.programmes):
            since, until = begins[number], begins[number + 1] - 1
            if number and first <= _begin(programme) <= last:
                marks.append(Mark(since, programme))
            reviews = programme.qualification.review_days(since, min(until, last))
            marks += [Mark(int(day), None) for day in reviews]
        return marks


def _begin(programme: Programme) -> int:
    return _EVER if programme.effective_on is None else to_day(programme.effective_on)
