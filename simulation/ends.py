"""Whether an answer keeps its sign where each effect that is no more than supposed is put at both its ends.

One at a time, all else as it is, on the same luck. By how much an end moves the gain is told by a few runs,
what it moves by the answer itself; a move that luck alone may bring turns nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from simulation.contest import Contest
from simulation.effects import default_effects
from simulation.evidence import Z_95, Status
from simulation.experiment import contest_of
from simulation.layers import Pair
from simulation.levers import CAMPAIGNS, OF_PAST, Lever, levers_of, with_values
from simulation.replications import Design
from simulation.stopping import Gain

ENDS = {"low": Text("low", "下限"), "high": Text("high", "上限")}
_RESPONSES = {
    "lift": Text("buying more often because of {name}", "因“{name}”而更常购买"),
    "returns": Text("coming back because of {name}", "因“{name}”而回来"),
}


def supposed_in(design: Design, found: Contest) -> list[Lever]:
    """The effects that are on, what else the library says of members, and the responses to campaigns: all
    that has a range and is not calibrated on this programme."""
    start, scenario = design.start, found.scenarios[-1]
    told = () if start.calibration is None else start.calibration.quantities
    known = levers_of(design.arms[-1].effects, told, scenario.campaigns, also_neutral=True)
    return [
        one for one in known if one.status is not Status.CALIBRATED and not _is_given(one, scenario.behaviour)
    ]


def _is_given(lever: Lever, behaviour: Mapping[str, Any]) -> bool:
    """Whether the scenario sets what the library would."""
    group, _, name = lever.path.partition(".")
    return group == "behaviour" and name in behaviour


def at_ends(levers: Sequence[Lever], design: Design, found: Contest, programme: Programme) -> list[Pair]:
    """Both sides with each lever at its low end and then at its high end."""
    values = ({one.path: end} for one in levers for end in (one.low, one.high))
    sides = (tuple(with_values(side, value) for side in found.scenarios) for value in values)
    return [contest_of(design.start, programme, pair)[0].arms for pair in sides]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """By lever (rows) and end by how much it moves the gain of the answer; what luck alone moves it by."""

    gain: Gain
    levers: tuple[Lever, ...]
    moves: Floats
    luck: float  # the half-width of the 95 % interval of a move

    @classmethod
    def of(cls, gain: Gain, levers: Sequence[Lever], central: Floats, gains: Floats) -> Ends:
        """From the gains on each luck as all is known, and at both ends of each lever in turn."""
        moved = gains - central
        some = moved[moved.any(axis=1)]
        error = float(np.sqrt(some.var(axis=1, ddof=1).mean() / len(central))) if len(some) else 0.0
        moves = moved.mean(axis=1).reshape(len(levers), 2)
        return cls(gain=gain, levers=tuple(levers), moves=moves, luck=Z_95 * error)

    def to_json(self) -> list[dict[str, Any]]:
        """A row for each lever that moves the gain, those that turn its sign and move it most first."""
        some = [one for one in zip(self.levers, self.moves.tolist(), strict=True) if any(one[1])]
        some.sort(key=lambda one: -max(map(abs, one[1])))
        rows = [self._row(*one) for one in some]
        return sorted(rows, key=lambda row: not row["turns"])

    def _row(self, lever: Lever, moves: Sequence[float]) -> dict[str, Any]:
        name, mean = named(lever.path), self.gain.mean
        ends = zip(ENDS, moves, strict=True)
        return {
            "path": lever.path,
            "name": {"en": name.en, "zh": name.zh},
            "low": lever.low,
            "high": lever.high,
            "gain_low": mean + moves[0],
            "gain_high": mean + moves[1],
            "half_width": self.luck,
            "turns": [
                end for end, one in ends if abs(one) > self.luck and np.sign(mean + one) != np.sign(mean)
            ],
        }


def named(path: str) -> Text:
    """What stands at the path of something that is supposed."""
    group, _, key = path.partition(".")
    if group == CAMPAIGNS:
        name, _, response = key.rpartition(".response.")
        words = _RESPONSES[response]
        return Text(words.en.format(name=name), words.zh.format(name=name))
    if group == "behaviour":
        key = next(one for one, place in OF_PAST.items() if place == key)
    return dict(default_effects().items())[key].name.text


def turning(rows: Sequence[Mapping[str, Any]]) -> Text | None:
    """Which of them turn the sign at which end; None where nothing does."""
    turned = [(row, end) for row in rows for end in row["turns"]]
    if not turned:
        return None
    en = ", ".join(f"{row['name']['en']} at its {ENDS[end].en} end ({row[end]:g})" for row, end in turned)
    zh = "、".join(f"{row['name']['zh']}取{ENDS[end].zh}（{row[end]:g}）" for row, end in turned)
    return Text(
        f"Whether it gains or loses turns with what is supposed: {en}.", f"收益的正负随假设而变：{zh}。"
    )
