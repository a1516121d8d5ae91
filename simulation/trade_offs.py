"""What has to be given up of one aim for more of another: proposals of which none is better at both.

Optuna's NSGA-II (Deb et al. 2002) looks for them on fixed luck within the constraints; those it ends with are
run once more on luck that it never met, and only that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import partial
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_core.arrays import Flags, Floats
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from simulation.comparison import Comparison
from simulation.constraints import Constraint
from simulation.harm import FIGURES, HARMED
from simulation.horizon import over_horizon
from simulation.levers import Lever
from simulation.optimising import Search, harm_of, judged
from simulation.outset import Outset
from simulation.scenario import Scenario
from simulation.stopping import half_width

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

MONEY = "money"
FINALISTS = 6  # run again, spread over the front
GENERATIONS = 4  # that the proposals make, or more
MEANING = Text(
    "What each changes beside the programme in force, on keys that the search never met; of those on the "
    "front none is better at both aims.",
    "均为相对现行规则的变化，以搜索时未用过的随机数重新检验；前沿上的方案中没有一个在两个目标上都更优。",
)
_SIGNS = {"up": 1.0, "down": -1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The gain in money, or a figure of the whole span that is to rise or to fall, or members harmed."""

    metric: str
    sign: float = 1.0

    @classmethod
    def of(cls, text: str) -> Aim:
        """From `money`, `members_active:up` or `reward_cost:down`; InputError for anything else."""
        metric, _, way = text.strip().partition(":")
        if metric == MONEY and way in ("", "up"):
            return cls(metric=MONEY)
        if way not in _SIGNS or metric == MONEY:
            raise InputError(f"aim {text}: write it like money, members_active:up or reward_cost:down")
        if metric not in FIGURES:
            raise InputError(f"aim {text}: no comparison tells this metric; known: {', '.join(FIGURES)}")
        return cls(metric=metric, sign=_SIGNS[way])

    def __str__(self) -> str:
        return MONEY if self.metric == MONEY else f"{self.metric}:{'up' if self.sign > 0 else 'down'}"

    def changes(self, found: Comparison, search: Search) -> list[float]:
        """By how much each replication changes it; InputError for a figure that a side does not have."""
        if self.metric == MONEY:
            return found.money
        if self.metric == HARMED.name:
            return [search.harmed(found)] * len(found.pairs)
        pairs = over_horizon(found).pairs
        changed = [
            float((other - base).xs((self.metric, ""), level=("metric", "member_tier")).iloc[0])
            for _, (base, other) in sorted(pairs.items())
        ]
        if any(map(isnan, changed)):
            raise InputError(f"aim {self}: there is no {self.metric} here; choose another one")
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Values of the levers; the changes of both aims on the keys searched, and on fresh ones with their
    half-widths (95 %); whether it keeps the constraints there, and lies on the front of those that do."""

    values: Mapping[str, float]
    searched: tuple[float, ...]
    changes: tuple[float, ...]
    half_widths: tuple[float | None, ...]
    holds: bool
    on_front: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeOffs:
    """The choices by the first aim, the best of it first."""

    aims: tuple[Aim, Aim]
    choices: tuple[Choice, ...]
    trials: int
    feasible: int

    def to_json(self) -> dict[str, Any]:
        """Plain values, with what they mean in both languages."""
        return {
            "aims": [str(one) for one in self.aims],
            "choices": [asdict(one) for one in self.choices],
            "trials": self.trials,
            "feasible": self.feasible,
            "meaning": asdict(MEANING),
        }


def trade_offs(
    start: Outset,
    programme: Programme,
    sides: tuple[Scenario, Scenario],
    levers: Sequence[Lever],
    aims: tuple[Aim, Aim],
    constraints: Sequence[Constraint] = (),
    trials: int = 60,
    *,
    executor: Executor | None = None,
    progress: Callable[[float], None] = lambda share: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> TradeOffs:
    """What the levers can bring of both aims within the constraints; InputError where nothing keeps these."""
    import optuna

    if aims[0].metric == aims[1].metric:
        raise InputError(f"aims {aims[0]} and {aims[1]}: these are one figure; give two")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    told = tuple(one.metric for one in aims if one.metric != MONEY)
    harm = harm_of(start, programme, sides, [*told, *(one.metric for one in constraints)])
    search = Search(
        start, programme, sides, tuple(levers), tuple(constraints), executor, cancelled, harm, told
    )
    sampler = optuna.samplers.NSGAIISampler(population_size=max(trials // GENERATIONS, 2), seed=sides[1].seed)
    study = optuna.create_study(directions=["maximize"] * 2, sampler=sampler)

    def worth(trial: Trial) -> tuple[float, ...]:
        found = search.proposed(trial)
        return tuple(one.sign * float(np.mean(one.changes(found, search))) for one in aims)

    share = partial(search.share_done, trials, FINALISTS)
    study.optimize(worth, trials, callbacks=[lambda study, trial: progress(share(trial.number + 1))])
    kept = judged(study.trials, constraints)
    finalists, again = _spread(kept), []
    for left, one in zip(range(len(finalists))[::-1], finalists, strict=True):
        again.append(search.again(one))
        progress(share(trials, FINALISTS - left))
    choices = _held_to_account(search, finalists, again, aims)
    return TradeOffs(aims=aims, choices=choices, trials=trials, feasible=len(kept))


def _held_to_account(
    search: Search,
    finalists: Sequence[FrozenTrial],
    again: Sequence[tuple[Comparison, bool]],
    aims: tuple[Aim, Aim],
) -> tuple[Choice, ...]:
    """The finalists as they were found `again` on keys that the search never met, the best of the first aim
    first."""
    changes = [[one.changes(found, search) for one in aims] for found, _ in again]
    means = np.array([[float(np.mean(one)) for one in both] for both in changes])
    signs, holds = np.array([one.sign for one in aims]), np.array([one for _, one in again])
    best = on_front(np.where(holds[:, None], means * signs, -np.inf)) & holds
    choices = [
        Choice(
            values=trial.user_attrs["values"],
            searched=tuple((np.array(trial.values) * signs).tolist()),
            changes=tuple(means[place].tolist()),
            half_widths=tuple(_known(half_width(one)) for one in changes[place]),
            holds=bool(holds[place]),
            on_front=bool(best[place]),
        )
        for place, trial in enumerate(finalists)
    ]
    return tuple(sorted(choices, key=lambda one: -one.changes[0] * aims[0].sign))


def on_front(worth: Floats) -> Flags:
    """Which of the rows no other one beats: none is as good at every aim and better at one."""
    beaten = [(np.all(worth >= one, axis=1) & np.any(worth > one, axis=1)).any() for one in worth]
    return ~np.array(beaten, bool)


def _spread(kept: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Different proposals on the front of those searched, at even steps along it, both ends among them."""
    front = on_front(np.array([one.values for one in kept]))
    some = {
        tuple(one.user_attrs["values"].values()): one for one, best in zip(kept, front, strict=True) if best
    }
    ordered = sorted(some.values(), key=lambda one: -one.values[0])
    steps = np.unique(np.linspace(0, len(ordered) - 1, min(FINALISTS, len(ordered))).round().astype(int))
    return [ordered[one] for one in steps]


def _known(half: float) -> float | None:
    return half if isfinite(half) else None
