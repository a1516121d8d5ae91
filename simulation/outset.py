"""Where a simulation starts: today's members with their past and standing, and those who will join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.days import add_months
from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.history_parts import select
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.standing import enrolled, standing
from loyalty_core.rewards.taken import rewards_taken
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.known_tiers import with_own_tiers
from simulation.arm import Arm
from simulation.behaviour import Behaviour
from simulation.calibration import Calibration, behaviour_of
from simulation.effects import Effects, default_effects
from simulation.goals import Goals
from simulation.head_start import gives_head_start
from simulation.kept_counts import Kept, KeptCounts
from simulation.last_day import day_after
from simulation.level import put_right
from simulation.mapped import give_back, large_on_disk
from simulation.model_choice import Choice
from simulation.newcomers import candidates, joining_of
from simulation.population import Population, probability_alive, settled, todays_members
from simulation.responses import expected_share
from simulation.scenario import Scenario
from simulation.shocks import check_places
from simulation.uncertainty import Unsure, unsure_of

# Members whose accounts are opened to tell how far a purchase is made from its goal: enough for three digits.
FOR_USUAL_PROGRESS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outset:
    """The members enrolled at the close of the day before `first_day`, and how members behave and respond.

    `past` holds them alone, in the order of `members`; `joining` are all who may join (see `newcomers`).
    Figures stand for a programme `scale` times as large, where only some of the members are simulated.
    """

    days: tuple[int, int]
    past: History
    members: Population
    joining: Population
    behaviour: Behaviour
    scale: float
    effects: Effects = field(default_factory=default_effects)
    unsure: Unsure = field(default_factory=Unsure)
    earlier: tuple[Programme, ...] = ()  # documents that held before the one in force, in turn
    kept: KeptCounts = field(default_factory=dict[str, Kept])  # what arms came to from here
    taken: Mapping[str, int] = field(default_factory=dict[str, int])  # pieces, of rewards with a stock
    calibration: Calibration | None = None  # where behaviour and effects come from one

    def arm(self, scenario: Scenario, programme: Programme) -> Arm:
        """All that members meet under a scenario from here on; InputError for places where nobody is."""
        # Limits are for all members, of whom perhaps only some are simulated.
        arm = scenario.arm(programme, self.behaviour, self.effects, self.days[0], 1 / self.scale)
        check_places(arm.plan.shocks, self.past.labels, f"scenario {scenario.name}")
        return replace(arm, plan=replace(arm.plan, taken=self.taken))

    def assumptions(self) -> list[dict[str, object]]:
        """What the simulation supposes, group by group, with status and source."""
        return self.behaviour.assumptions()


def outset(
    history: History,
    programme: Programme,
    months: int,
    seed: int,
    default: Behaviour,
    members: int | None = None,
    first_day: int | None = None,
    most_joining: float = 1.0,
    choice: Choice | None = None,
    earlier: Sequence[Programme] = (),
    calibration: Calibration | None = None,
) -> Outset:
    """Today's members of a history, the day after its last event unless told otherwise.

    `members` limits how many are simulated: those chosen do not depend on the others. `most_joining` is
    how many times as many as usual may join under any of the arms. `earlier` are the documents that held
    before `programme`: by them members have come to where they stand. A `calibration` of this history up to
    that day says how members behave and respond, instead of `default` and what is found here.
    """
    history = with_own_tiers(history, programme)
    begin = day_after(history) if first_day is None else first_day
    days = begin, int(add_months(np.array([begin]), months)[0]) - 1
    everybody = _enrolled(history, begin)
    known = todays_members(everybody, begin, 10**programme.currency_decimals)
    found = (
        behaviour_of(everybody, programme, known, begin, default)
        if calibration is None
        else calibration.behaviour
    )
    behaviour = _of_late(found, history, known, days)
    effects = default_effects() if calibration is None else calibration.effects
    usual = _usual(everybody, programme, known, behaviour, effects, begin, earlier)
    chosen = _chosen(known, members)
    scale = len(known) / int(chosen.sum())
    joining = candidates(behaviour.joining, days, seed, scale, most_joining)
    give_back()
    return Outset(
        days=days,
        past=select(everybody, chosen, large_on_disk),
        members=known.part(chosen),
        joining=settled(joining, known, seed),
        behaviour=behaviour.model_copy(update=usual),
        scale=scale,
        effects=effects,
        earlier=tuple(earlier),
        unsure=unsure_of(history, choice, behaviour, known, days),
        taken=_taken(history, programme),
        calibration=calibration,
    )


def _enrolled(history: History, first_day: int) -> History:
    """The history of those who are members when a day begins; InputError where nobody is."""
    who = enrolled(history.members, first_day - 1)
    if not len(who):
        raise InputError(
            "nobody is enrolled on the last day of the data: import members, or purchases that name their "
            "members"
        )
    mask = np.zeros(len(history.members), bool)
    mask[who] = True
    return select(history, mask, large_on_disk)


def _of_late(found: Behaviour, history: History, known: Population, days: tuple[int, int]) -> Behaviour:
    """The behaviour put right by how many joined and how much was bought of late."""
    joining = joining_of(history, days[0])
    return put_right(found.model_copy(update={"joining": joining}), history, known, days)


def _usual(
    everybody: History,
    programme: Programme,
    known: Population,
    behaviour: Behaviour,
    effects: Effects,
    first_day: int,
    earlier: Sequence[Programme],
) -> dict[str, float]:
    """What the rates that were found already contain of pulls: as much as is usual where members stand, of
    those whom pulls move."""
    asked = _chosen(known, FOR_USUAL_PROGRESS)
    accounts = standing(select(everybody, asked), programme, first_day - 1, earlier=earlier)
    return {
        "usual_progress": _usual_progress(accounts, known.part(asked), behaviour, effects, first_day),
        "usual_momentum": _usual_momentum(known, behaviour, effects, first_day),
        "usual_head_start": float(gives_head_start(programme)),
    }


def _taken(history: History, programme: Programme) -> dict[str, int]:
    """How many pieces members ever took of each reward of which there is a stock."""
    if all(one.stock is None for one in programme.rewards):
        return {}
    taken = rewards_taken(history, programme)
    pieces = np.bincount(taken.reward, taken.pieces, len(programme.rewards)).astype(np.int64).tolist()
    return {
        one.name: count
        for one, count in zip(programme.rewards, pieces, strict=True)
        if one.stock is not None and count
    }


def _chosen(known: Population, members: int | None) -> Flags:
    """Those with the lowest keys, which is as good as by lot."""
    if members is None or members >= len(known):
        return np.ones(len(known), bool)
    rank: Ints = np.argsort(np.argsort(known.keys))
    return rank < members


def _usual_progress(
    accounts: Accounts, known: Population, behaviour: Behaviour, effects: Effects, first_day: int
) -> float:
    """How far the average purchase is made from its goal: today's progress, by purchases expected."""
    progress = Goals(accounts.programme).progress(accounts, np.arange(accounts.n), first_day - 1)
    return _of_purchases(progress, known, behaviour, effects)


def _usual_momentum(known: Population, behaviour: Behaviour, effects: Effects, first_day: int) -> float:
    """The share of today's purchases that members make in the momentum of a redemption."""
    rate, cycles = _expected_rate(known, behaviour), effects.momentum_cycles.size
    elated = (first_day - known.redeemed_on) / 7 < cycles / rate
    return _of_purchases(elated, known, behaviour, effects)


def _of_purchases(
    of_member: Floats | Flags, known: Population, behaviour: Behaviour, effects: Effects
) -> float:
    """The average, over purchases expected of those who respond, of what is known of members; 0 where none
    is expected."""
    expected = probability_alive(known, behaviour) * _expected_rate(known, behaviour)
    expected = expected * expected_share(effects, behaviour, known.repeats, known.age)
    return round(float(np.average(of_member, weights=expected)), 6) if expected.any() else 0.0


def _expected_rate(known: Population, behaviour: Behaviour) -> Floats:
    """Purchases a week of each member, if still a customer."""
    bg = behaviour.purchasing
    rate: Floats = (bg.r + known.repeats) / (bg.alpha + known.age)
    return rate
