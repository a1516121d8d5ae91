"""What is asked further of a what-if, in the job process and on the command line; kept by its inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from typing import Any

from dashboard.jobs.calibrated import set_out, told_past, told_unless
from dashboard.jobs.kept_results import KeptResults
from dashboard.jobs.simulation_hash import simulation_hash, written
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.days import to_date
from loyalty_core.rules.programme import Programme
from simulation.answer_passport import of_answer, with_form
from simulation.backtest import backtest
from simulation.breakeven import BreakEven, break_even
from simulation.constraints import Constraint
from simulation.contest import Contest
from simulation.experiment import contest_of
from simulation.findings import so_far
from simulation.grounds import grounds
from simulation.levers import Lever, levers_of
from simulation.optimising import Proposal, optimise
from simulation.outset import Outset
from simulation.passport import passport
from simulation.scenario import Scenario
from simulation.sensitivity import Method, sensitivity
from simulation.stopping import Gain
from simulation.trade_offs import Aim, trade_offs

Answer = dict[str, Any]
EXPECTED_VALUES = 12  # that a break-even is looked for at


@dataclass(frozen=True, slots=True)
class Asked:
    """A what-if that is asked about: a scenario beside another one, from a snapshot's members on."""

    workspace: Workspace
    snapshot: Snapshot
    programme: Programme
    sides: tuple[Scenario, ...]  # the first is what it is held against; several others are ranked
    members: int | None  # simulated; None for all

    def start(self, cancelled: Callable[[], bool], *, drawn: bool = False) -> Outset:
        """Where its runs begin."""
        given = self.workspace, self.snapshot, self.programme, self.sides, self.members
        return set_out(*given, drawn=drawn, cancelled=cancelled)

    def kept(self, question: str, **about: Any) -> Answer | None:
        """The answer to a question `about` it, where the very same was asked before."""
        return KeptResults(self.workspace.folder).find(self._named(question, **about))

    def known(self, question: str, find: Callable[[], Answer], **about: Any) -> Answer:
        """The answer to a question `about` it, found now or when the very same was asked before."""
        known = self.kept(question, **about)
        if known is not None:
            return known
        sides = {"scenario": self.sides[1].name, "against": self.sides[0].name}
        found = {"snapshot": self.snapshot.id} | sides | find()
        return KeptResults(self.workspace.folder).keep(self._named(question, **about), found)

    def _named(self, question: str, **about: Any) -> str:
        return simulation_hash(
            question,
            self.snapshot,
            self.programme,
            earlier=written(self.workspace.registry.programmes_before(self.programme)),
            scenarios=[one.model_dump(mode="json") for one in self.sides],
            members=self.members,
            **about,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who works on a question, hears how far it is and what was found so far, and may no longer want it."""

    executor: Callable[[], Executor | None]
    progress: Callable[[float, Answer | None], None] = lambda share, partial: None
    cancelled: Callable[[], bool] = lambda: False


def resting_on(start: Outset) -> Answer:
    """Which members and days an answer rests on."""
    first, last = (to_date(day).isoformat() for day in start.days)
    about = {"from": first, "to": last, "data_to": to_date(start.days[0] - 1).isoformat()}
    return about | {"members": len(start.members), "scale": start.scale}


def break_even_of(asked: Asked, lever: Lever, asking: Asking) -> Answer:
    """The value of the lever at which the scenario just pays, and every gain that was tried."""

    def find() -> Answer:
        start = asked.start(asking.cancelled)

        def heard(so_far: BreakEven) -> None:
            share = min(len(so_far.gains) / EXPECTED_VALUES, 0.95)
            asking.progress(share, resting_on(start) | so_far.to_json())

        found = break_even(
            start,
            asked.programme,
            asked.sides,
            lever,
            executor=asking.executor(),
            progress=heard,
            cancelled=asking.cancelled,
        )
        return resting_on(start) | found.to_json()

    return asked.known("break-even", find, lever=[lever.path, lever.low, lever.high, lever.decimals])


def gain_of(answer: Mapping[str, Any]) -> Gain | None:
    """The gain of a what-if, as its answer tells it; None where one replication alone was run."""
    money = answer["money"]
    return Gain.told(money["mean"], money["half_width"], answer["replications"])


def grounds_of(
    asked: Asked,
    draws: int,
    gain: Gain | None,
    asking: Asking,
    *,
    with_ends: bool = True,
    keeping: bool = True,
) -> Answer:
    """What the gain rests on: shares of its variance, how far levels may be off, and `with_ends` what turns
    its sign.

    `gain` is that of the answer itself, where it is known. Unless `keeping`, what arms come to is not kept
    for others.
    """

    def find() -> Answer:
        start = asked.start(asking.cancelled, drawn=True)
        start = start if keeping else replace(start, kept={})
        design, nothing = contest_of(start, asked.programme, asked.sides)

        def heard(share: float, partial: Contest | None) -> None:
            asking.progress(share, partial and resting_on(start) | so_far(partial.beside(1).money))

        found = grounds(
            design,
            nothing,
            asked.programme,
            draws,
            gain,
            executor=asking.executor(),
            with_ends=with_ends,
            progress=heard,
            cancelled=asking.cancelled,
        )
        return resting_on(start) | found.to_json()

    found = asked.known("grounds", find, draws=draws, gain=gain and asdict(gain), with_ends=with_ends)
    return _beside_the_past(asked, found)


def grounds_known(asked: Asked, draws: int, gain: Gain | None) -> Answer | None:
    """The same with both ends of what is supposed, where it was found before."""
    found = asked.kept("grounds", draws=draws, gain=gain and asdict(gain), with_ends=True)
    return found and _beside_the_past(asked, found)


def _beside_the_past(asked: Asked, grounds: Answer) -> Answer:
    """What an answer rests on, with what the latest backtest missed, where one stands."""
    past = standing_passport(asked.workspace, asked.snapshot, asked.programme)
    return grounds if past is None else with_form(grounds, past["widening"])


def influences_of(asked: Asked, method: Method, size: int, levers: Sequence[Lever], asking: Asking) -> Answer:
    """The levers by what they do to the gain; without any, all effects and behaviour whose range is known."""

    def find() -> Answer:
        start = asked.start(asking.cancelled)

        def heard(share: float, gains: Sequence[float]) -> None:
            asking.progress(share, resting_on(start) | so_far(gains))

        found = sensitivity(
            start,
            asked.programme,
            asked.sides,
            levers or _known(asked, start),
            method,
            size,
            executor=asking.executor(),
            progress=heard,
            cancelled=asking.cancelled,
        )
        return resting_on(start) | found.to_json()

    given = [[one.path, one.low, one.high, one.decimals] for one in levers]
    return asked.known(method, find, size=size, levers=given)


def best_of(
    asked: Asked, levers: Sequence[Lever], constraints: Sequence[Constraint], trials: int, asking: Asking
) -> Answer:
    """The values of the levers that gain most and keep the constraints."""
    kept = [str(one) for one in constraints]

    def find() -> Answer:
        start = asked.start(asking.cancelled)

        def heard(share: float, best: Proposal | None) -> None:
            asking.progress(share, best and resting_on(start) | {"best_so_far": asdict(best)})

        found = optimise(
            start,
            asked.programme,
            asked.sides,
            levers,
            constraints,
            trials,
            executor=asking.executor(),
            progress=heard,
            cancelled=asking.cancelled,
        )
        return resting_on(start) | found.to_json() | {"constraints": kept}

    given = [[one.path, one.low, one.high, one.decimals] for one in levers]
    return asked.known("best", find, levers=given, constraints=kept, trials=trials)


def trade_offs_of(
    asked: Asked,
    levers: Sequence[Lever],
    aims: tuple[Aim, Aim],
    constraints: Sequence[Constraint],
    trials: int,
    asking: Asking,
) -> Answer:
    """Values of the levers of which none is better at both aims, within the constraints."""
    kept = [str(one) for one in constraints]

    def find() -> Answer:
        start = asked.start(asking.cancelled)
        found = trade_offs(
            start,
            asked.programme,
            asked.sides,
            levers,
            aims,
            constraints,
            trials,
            executor=asking.executor(),
            progress=lambda share: asking.progress(share, None),
            cancelled=asking.cancelled,
        )
        return resting_on(start) | found.to_json() | {"constraints": kept}

    given = [[one.path, one.low, one.high, one.decimals] for one in levers]
    about = {"levers": given, "aims": [str(one) for one in aims], "constraints": kept, "trials": trials}
    return asked.known("trade-offs", find, **about)


def passport_of(
    workspace: Workspace, snapshot: Snapshot, programme: Programme, about: Mapping[str, int], asking: Asking
) -> Answer:
    """What forecasts of the snapshot's own past were worth: origins, horizon_months, replications, seed."""
    kept, named = KeptResults(workspace.folder), simulation_hash("backtest", snapshot, programme, **about)
    known = kept.find(named)
    if known is not None:
        return known
    history, _ = told_unless(asking.cancelled, workspace, snapshot, programme)
    found = backtest(
        history,
        programme,
        **about,
        executor=asking.executor(),
        progress=lambda share: asking.progress(share, None),
        cancelled=asking.cancelled,
    )
    told = {"snapshot": snapshot.id, "as_of": snapshot.as_of} | passport(found, programme.point_decimals)
    kept.keep(_standing(snapshot, programme), told | {"asked": dict(about)})
    return kept.keep(named, told | {"asked": dict(about)})


def standing_passport(workspace: Workspace, snapshot: Snapshot, programme: Programme) -> Answer | None:
    """What the latest backtest of the snapshot said; None where nobody has asked for one."""
    return KeptResults(workspace.folder).find(_standing(snapshot, programme))


def _standing(snapshot: Snapshot, programme: Programme) -> str:
    return simulation_hash("standing backtest", snapshot, programme)


def trust_of(asked: Asked, about: Mapping[str, int], draws: int, gain: Gain | None, asking: Asking) -> Answer:
    """The passport of the answer: what it rests on, which brings gains to be looked at meanwhile, then
    forecasts of the past."""
    halves = [
        replace(
            asking, progress=lambda share, partial, begun=begun: asking.progress((begun + share) / 2, partial)
        )
        for begun in (0, 1)
    ]
    split = grounds_of(asked, draws, gain, halves[0])
    past = passport_of(asked.workspace, asked.snapshot, asked.programme, about, halves[1])
    return of_answer(past, split)


def _known(asked: Asked, start: Outset) -> Sequence[Lever]:
    """A lever for each effect, for all behaviour of which the snapshot's calibration gives a range, and for
    each response to a campaign with one."""
    _, calibration = told_past(asked.workspace, asked.snapshot, asked.programme)
    effects = asked.sides[1].effects_of(start.effects)
    told = calibration.quantities if calibration else ()
    return levers_of(effects, told, asked.sides[1].campaigns)
