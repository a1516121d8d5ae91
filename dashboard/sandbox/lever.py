"""One value of a programme that a strategist can change, as a field of the form shows it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dashboard import figures

Number = int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """One value of the programme: its path in a scenario, what it is now, and the steps of its field."""

    path: str
    group: str
    label: str
    now: Number
    written: str  # the value in force, for people
    least: int | float
    step: int | float
    most: int | float
    decimals: int = 0
    empty: str = ""  # what it means that there is no value, for people, where there may be none
    in_money: bool = False

    def shows(self, value: object) -> bool:
        """Whether its field can show that value: a document may give finer ones, or other kinds."""
        if value is None:
            return bool(self.empty)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.least <= value <= self.most and round(value, self.decimals) == value


def whole(path: str, group: str, label: str, now: int, least: int, most: int, step: int = 1) -> Lever:
    """A lever in whole numbers."""
    written = figures.count(now)
    return Lever(
        path=path, group=group, label=label, now=now, written=written, least=least, step=step, most=most
    )


def amount(
    path: str,
    group: str,
    label: str,
    value: Decimal,
    decimals: int,
    *,
    least: int = 1,
    fine: bool = False,
    in_money: bool = False,
) -> Lever:
    """A lever whose field moves in round steps; with decimals where it is `fine`, or the value has some.

    With decimals it may be as little as one of the last of them, unless `least` is 0.
    """
    digits = decimals if fine or value != value.to_integral_value() else 0
    now = float(value) if digits else int(value)
    finest = 10.0**-digits if digits else 1
    return Lever(
        path=path,
        group=group,
        label=label,
        now=now,
        written=figures.decimal(now, digits) if digits else figures.count(now),
        least=finest if digits and least else least,
        most=1e9 if digits else 10**9,
        step=finest if digits else _round_step(now),
        decimals=digits,
        in_money=in_money,
    )


def _round_step(value: float) -> int:
    """A tenth of the value's size: 100 for 4,000; at least 1."""
    return max(10 ** (len(str(int(value))) - 2), 1)
