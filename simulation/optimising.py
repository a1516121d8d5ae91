"""The best thresholds, rates and prices within limits: looked for on fixed luck, held to account on fresh.

Optuna's TPE proposes values of the levers; each proposal is a comparison on the same keys. An optimiser also
picks what was lucky, so the best proposals are run once more on keys that it never saw, and only that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import partial
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from simulation.comparison import Comparison
from simulation.constraints import Constraint, refuse_contradictions
from simulation.harm import HARMED, Harm
from simulation.horizon import over_horizon
from simulation.levers import Lever, compared, with_values
from simulation.outset import Outset
from simulation.scenario import Scenario
from simulation.stopping import half_width
from simulation.unchangeable import refuse_of_both

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

FRESH = 1_000_003  # added to the seed: keys that no proposal has met
FINALISTS, FRESH_RUNS = 3, 5
MEANING = Text(
    "Gains and constraints are those on keys that the search never met; what was found on the keys searched "
    "stands beside, and is usually too good.",
    "收益与约束以搜索时未用过的随机数重新检验；搜索时所得结果列于旁边，通常偏乐观。",
)
SURE = Text("gains", "确有收益")
LOSS = Text("loses", "确有损失")
UNSURE = Text("may be chance", "可能只是偶然")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Values of the levers and the gain on the keys searched, which is usually too good."""

    values: Mapping[str, float]
    searched: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Values of the levers, the gain on the keys searched, and on fresh ones with its half-width (95 %).

    `holds` says whether every constraint is kept on fresh keys, and nothing of the gain: that is `sure` where
    its whole interval lies above 0, and may be chance where 0 lies in it.
    """

    values: Mapping[str, float]
    searched: float
    gain: float
    half_width: float | None
    holds: bool

    @property
    def sure(self) -> bool:
        """Whether the gain is more than chance may bring."""
        return self.half_width is not None and self.gain > self.half_width

    @property
    def gain_in_words(self) -> Text:
        """Whether it gains, loses, or neither is sure."""
        if self.half_width is None or abs(self.gain) <= self.half_width:
            return UNSURE
        return SURE if self.sure else LOSS

    def to_json(self) -> dict[str, Any]:
        """Plain values, what is to be thought of the gain in both languages."""
        return asdict(self) | {"sure": self.sure, "gain_in_words": asdict(self.gain_in_words)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimised:
    """The finalists, the best on fresh keys first, those before all others that keep the constraints."""

    candidates: tuple[Candidate, ...]
    trials: int
    feasible: int

    def to_json(self) -> dict[str, Any]:
        """Plain values, with what they mean in both languages."""
        candidates = [one.to_json() for one in self.candidates]
        return asdict(self) | {"candidates": candidates, "meaning": asdict(MEANING)}


def optimise(
    start: Outset,
    programme: Programme,
    sides: tuple[Scenario, Scenario],
    levers: Sequence[Lever],
    constraints: Sequence[Constraint] = (),
    trials: int = 30,
    *,
    executor: Executor | None = None,
    progress: Callable[[float, Proposal | None], None] = lambda share, best: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Optimised:
    """The values of the levers at which the second side gains most over the first and keeps the constraints.

    `progress` hears with each proposal and each finalist how much is done, and which proposal is the best so
    far of those that keep the constraints.
    InputError where constraints exclude each other, or no proposal kept them all.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    harm = harm_of(start, programme, sides, [one.metric for one in constraints])
    search = Search(start, programme, sides, tuple(levers), tuple(constraints), executor, cancelled, harm)
    sampler = optuna.samplers.TPESampler(seed=sides[1].seed, n_startup_trials=max(trials // 3, 2))
    study = optuna.create_study(direction="maximize", sampler=sampler)
    share = partial(search.share_done, trials, FINALISTS)
    told = [lambda study, trial: progress(share(trial.number + 1), _best(study.trials))]
    study.optimize(search.gain, trials, callbacks=told)
    kept = judged(study.trials, constraints)
    different = {tuple(one.user_attrs["values"].values()): one for one in kept}
    finalists = sorted(different.values(), key=lambda one: -(one.value or 0.0))[:FINALISTS]
    found = []
    for left, one in zip(range(len(finalists))[::-1], finalists, strict=True):
        found.append(search.held_to_account(one))
        progress(share(trials, FINALISTS - left), _best(study.trials))
    found.sort(key=lambda one: (not one.holds, -one.gain))
    return Optimised(candidates=tuple(found), trials=trials, feasible=len(kept))


def judged(trials: Sequence[FrozenTrial], constraints: Sequence[Constraint]) -> list[FrozenTrial]:
    """The proposals that keep the constraints; InputError for what stands in the way where none does."""
    kept = _kept(trials)
    if not kept:
        done = [one for one in trials if one.values is not None]
        raise _unmet(constraints, done) if done else _refused(trials)
    return kept


@dataclass(frozen=True, slots=True)
class Search:
    """Proposals of values for the levers, each a comparison on the same keys, and tried again on fresh ones;
    figures of `told` metrics are compared beside those that are bounded."""

    start: Outset
    programme: Programme
    sides: tuple[Scenario, Scenario]
    levers: tuple[Lever, ...]
    constraints: tuple[Constraint, ...]
    executor: Executor | None
    cancelled: Callable[[], bool]
    harm: Harm | None = None  # where it is bounded or aimed at
    told: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        refuse_contradictions(self.constraints)
        refuse_of_both((one.path.partition(".")[2] for one in self.levers), "lever")

    def share_done(self, trials: int, finalists: int, tried: int, again: int = 0) -> float:
        """How much of the work is done after some of the proposals, and finalists tried again; there may be
        fewer of these than `finalists`."""
        once = self.sides[1].replications
        fresh = max(once, FRESH_RUNS)
        return (tried * once + again * fresh) / (trials * once + finalists * fresh)

    def gain(self, trial: Trial) -> float:
        """The mean gain of a proposal."""
        return float(np.mean(self.proposed(trial).money))

    def proposed(self, trial: Trial) -> Comparison:
        """What a proposal comes to; pruned where its values make no valid programme."""
        import optuna

        values = {
            one.path: one.written(trial.suggest_float(one.path, one.low, one.high)) for one in self.levers
        }
        try:
            found = self._compared(values)
            excesses = self._excesses(found)
        except InputError as error:
            trial.set_user_attr("refused", str(error))
            raise optuna.TrialPruned from None
        trial.set_user_attr("values", values)
        for one, excess in zip(self.constraints, excesses, strict=True):
            trial.set_constraint(str(one), excess)
        return found

    def again(self, trial: FrozenTrial) -> tuple[Comparison, bool]:
        """A proposal on keys that the search never met, and whether it keeps the constraints on them."""
        found = self._compared(trial.user_attrs["values"], FRESH, FRESH_RUNS)
        return found, max(self._excesses(found), default=0.0) <= 0

    def held_to_account(self, trial: FrozenTrial) -> Candidate:
        """A proposal on keys that the search never met."""
        found, holds = self.again(trial)
        half = half_width(found.money)
        return Candidate(
            values=trial.user_attrs["values"],
            searched=float(trial.value or 0.0),
            gain=float(np.mean(found.money)),
            half_width=half if isfinite(half) else None,
            holds=holds,
        )

    def _compared(self, values: Mapping[str, float], fresh: int = 0, most: int = 0) -> Comparison:
        asked = with_values(self.sides[1], values)
        more = {"seed": asked.seed + fresh, "replications": max(asked.replications, most)}
        sides = self.sides[0], asked.model_copy(update=more)
        asked_of = [*(one.metric for one in self.constraints), *self.told]
        return compared(self.start, self.programme, sides, self.executor, self.cancelled, asked_of)

    def harmed(self, found: Comparison) -> float:
        """The share of members who lose by the second side's rules."""
        assert self.harm is not None
        return self.harm.share(found.programmes[1])

    def _excesses(self, found: Comparison) -> list[float]:
        """How far beyond each bound; InputError for a figure that a side does not have."""
        whole = over_horizon(found)
        base, other = (
            side["mean"].droplevel("period_end").xs("", level="member_tier")
            for side in (whole.baseline_values, whole.scenario_values)
        )
        excesses = [
            one.excess(0.0, self.harmed(found))
            if one.metric == HARMED.name
            else one.excess(float(base[one.metric]), float(other[one.metric]))
            for one in self.constraints
        ]
        for one, excess in zip(self.constraints, excesses, strict=True):
            if isnan(excess):
                raise InputError(f"constraint {one}: there is no {one.metric} here; leave it out")
        return excesses


def harm_of(
    start: Outset, programme: Programme, sides: tuple[Scenario, Scenario], asked: Collection[str]
) -> Harm | None:
    """Whom other rules than those of the first side harm, if that is asked."""
    return Harm.of(start.past, sides[0].programme(programme)) if HARMED.name in asked else None


def _kept(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Those that could be judged and keep every constraint."""
    done = (one for one in trials if one.values is not None)
    return [one for one in done if max(_excesses(one), default=0.0) <= 0]


def _best(trials: Sequence[FrozenTrial]) -> Proposal | None:
    best = max(_kept(trials), key=lambda one: one.value or 0.0, default=None)
    if best is None:
        return None
    return Proposal(values=best.user_attrs["values"], searched=float(best.value or 0.0))


def _excesses(trial: FrozenTrial) -> list[float]:
    return list(trial.constraints.values())


def _refused(trials: Sequence[FrozenTrial]) -> InputError:
    """What was wrong with the first proposal, where something is with each."""
    why = trials[0].user_attrs["refused"]
    return InputError(
        f"none of {len(trials)} proposals can be judged: change the levers' ranges or what is kept; {why}"
    )


def _unmet(constraints: Sequence[Constraint], done: Sequence[FrozenTrial]) -> InputError:
    """Which constraint stood furthest in the way of the proposal that came nearest."""
    nearest = min(done, key=lambda one: max(_excesses(one)))
    worst = int(np.argmax(_excesses(nearest)))
    return InputError(
        f"no proposal of {len(done)} keeps {', '.join(map(str, constraints))}: the nearest is beyond "
        f"{constraints[worst]} by {_excesses(nearest)[worst]:,.6g}; loosen it or widen the levers' ranges"
    )
