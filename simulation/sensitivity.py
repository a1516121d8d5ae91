"""Which of many suppositions an answer turns on: Morris to screen them, Sobol for what remains (SALib).

Every point is a whole comparison, and all of them meet the same luck: what differs between two points is due
to the levers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from simulation.evidence import Status
from simulation.levers import Lever, compared, with_values
from simulation.outset import Outset
from simulation.scenario import Scenario
from simulation.unchangeable import OF_BOTH

Method = Literal["morris", "sobol"]
CONFIDENCE = 0.9
MEANINGS: dict[Method, Text] = {
    "morris": Text(
        "How far the gain moves, on average, when the lever crosses its range: first whichever way, then "
        "with its sign; the spread tells of bends and of levers that depend on each other.",
        "杠杆走完其区间时收益平均变动多少：先不计方向，再计方向；离散度反映非线性以及杠杆之间的相互影响。",
    ),
    "sobol": Text(
        "The share of the variance of the gain that is due to the lever: by itself, and with all in which it "
        "takes part.",
        "收益方差中归于该杠杆的份额：单独作用，以及连同其参与的全部交互作用。",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """What one lever does to the gain, with the half-width of the 90 % interval.

    Morris: `size` is the mean absolute effect of its whole range in currency units, `part` the mean effect,
    `spread` the standard deviation of the effects. Sobol: `size` is the total share of the variance, `part`
    the share by itself, `spread` the half-width of that one. `status` is what the range rests on, None where
    somebody asked for it.
    """

    path: str
    low: float
    high: float
    status: Status | None
    size: float
    size_half_width: float
    part: float
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The levers, the most influential first, and how many comparisons they rest on."""

    method: Method
    influences: tuple[Influence, ...]
    runs: int
    gain_low: float
    gain_high: float

    def to_json(self) -> dict[str, Any]:
        """Plain values, with what they mean in both languages."""
        return asdict(self) | {"meaning": asdict(MEANINGS[self.method])}


def sensitivity(
    start: Outset,
    programme: Programme,
    sides: tuple[Scenario, Scenario],
    levers: Sequence[Lever],
    method: Method,
    size: int,
    *,
    executor: Executor | None = None,
    progress: Callable[[float, Sequence[float]], None] = lambda share, gains: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Sensitivity:
    """How the gain of the second side over the first moves with the levers.

    `size` is the number of Morris' trajectories (each one comparison more than there are levers), or of
    Sobol's base points (a power of 2; each two more). Effects, behaviour and responses to a campaign hold for
    both sides, rules for the second. InputError where a lever's value makes no valid scenario.
    """
    problem = {
        "num_vars": len(levers),
        "names": [one.path for one in levers],
        "bounds": [[one.low, one.high] for one in levers],
    }
    points = _points(problem, method, size, sides[1].seed)
    known: dict[tuple[float, ...], float] = {}
    gains = np.empty(len(points))
    for number, point in enumerate(points):
        values = {one.path: one.written(float(at)) for one, at in zip(levers, point, strict=True)}
        key = tuple(values.values())
        if key not in known:
            alike = {path: value for path, value in values.items() if _of_both(path)}
            first = with_values(sides[0], alike)
            second = with_values(sides[1], values)
            found = compared(start, programme, (first, second), executor, cancelled)
            known[key] = float(np.mean(found.money))
        gains[number] = known[key]
        progress((number + 1) / len(points), [*known.values()])
    influences = _influences(problem, levers, method, points, gains, sides[1].seed)
    return Sensitivity(
        method=method,
        influences=tuple(sorted(influences, key=lambda one: -one.size)),
        runs=len(known),
        gain_low=float(gains.min()),
        gain_high=float(gains.max()),
    )


def _of_both(path: str) -> bool:
    """Whether it is true or not for both sides alike."""
    group, _, name = path.partition(".")
    return group in ("effects", "behaviour") or name in OF_BOTH or ".response." in name


def _points(problem: dict[str, Any], method: Method, size: int, seed: int) -> Floats:
    if method == "morris":
        from SALib.sample.morris import sample as trajectories

        return np.asarray(trajectories(problem, size, seed=seed), np.float64)
    from SALib.sample.sobol import sample as sequence

    return np.asarray(sequence(problem, size, calc_second_order=False, seed=seed), np.float64)


def _influences(
    problem: dict[str, Any], levers: Sequence[Lever], method: Method, points: Floats, gains: Floats, seed: int
) -> list[Influence]:
    if np.ptp(gains) == 0:  # nothing moves the gain: SALib would divide by its variance
        columns = [np.zeros(len(levers))] * 4
    elif method == "morris":
        from SALib.analyze.morris import analyze as effects

        found = effects(problem, points, gains, conf_level=CONFIDENCE, seed=seed)
        columns = [found[name] for name in ("mu_star", "mu_star_conf", "mu", "sigma")]
    else:
        from SALib.analyze.sobol import analyze as shares

        found = shares(problem, gains, calc_second_order=False, conf_level=CONFIDENCE, seed=seed)
        columns = [found[name] for name in ("ST", "ST_conf", "S1", "S1_conf")]
    rows = np.nan_to_num(np.array(columns, np.float64)).T.tolist()
    return [
        Influence(
            path=lever.path,
            low=lever.low,
            high=lever.high,
            status=lever.status,
            size=row[0],
            size_half_width=row[1],
            part=row[2],
            spread=row[3],
        )
        for lever, row in zip(levers, rows, strict=True)
    ]
