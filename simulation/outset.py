"""Where a simulation starts: today's members with their past and standing, and those who will join."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.days import add_months
from loyalty_core.errors import InputError
from loyalty_core.histories import as_of, select
from loyalty_core.history import Flags, History, Ints
from loyalty_core.kernel.standing import enrolled, standing
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Behaviour, progress_between
from simulation.calibration import calibrated
from simulation.evidence import Status
from simulation.habits import A_YEAR, redeeming_of, refunding_of, season_of
from simulation.population import Population, newcomers, probability_alive, todays_members
from simulation.streams import Purpose, Streams, member_keys

_FROM_SEED_ALONE = 0  # the replication whose draws are the same in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Outset:
    """The members enrolled at the close of the day before `first_day`, and how members behave.

    `past` holds them alone, in the order of `members`; `joining` have no past. Figures stand for a
    programme `scale` times as large, where only some of the members are simulated.
    """

    days: tuple[int, int]
    past: History
    members: Population
    joining: Population
    joining_source: str
    behaviour: Behaviour
    scale: float

    def assumptions(self) -> list[dict[str, object]]:
        """What the simulation supposes, group by group, with status and source."""
        joining: dict[str, object] = {"name": "joining", "status": Status.CALIBRATED.value}
        joining["source"] = self.joining_source
        return [*self.behaviour.assumptions(), joining]


def outset(
    history: History,
    programme: Programme,
    months: int,
    seed: int,
    default: Behaviour,
    members: int | None = None,
    first_day: int | None = None,
) -> Outset:
    """Today's members of a history, the day after its last event unless told otherwise.

    `members` limits how many are simulated: those chosen do not depend on the others.
    """
    begin = _day_after(history) if first_day is None else first_day
    who = enrolled(history.members, begin - 1)
    if not len(who):
        raise InputError("nobody is enrolled on the last day of the data: import members or purchases first")
    everybody = select(history, _mask(history, who))
    known = todays_members(everybody, begin, 10**programme.currency_decimals)
    behaviour = calibrated(known, default).model_copy(
        update={
            "season": season_of(everybody, begin),
            "redeeming": redeeming_of(everybody, programme, begin, default.redeeming),
            "refunding": refunding_of(everybody, begin, default.refunding),
        }
    )
    usual = _usual_progress(everybody, programme, known, behaviour, begin)
    chosen = _chosen(known, members)
    days = (begin, int(add_months(np.array([begin]), months)[0]) - 1)
    scale = len(known) / int(chosen.sum())
    recent, past_days = _recently_joined(history, begin)
    return Outset(
        days=days,
        past=select(everybody, chosen),
        members=known.part(chosen),
        joining=_joining(history, days, seed, scale),
        joining_source=f"{recent.sum():,} members joined in the last {past_days:,} days",
        behaviour=behaviour.model_copy(update={"usual_progress": usual}),
        scale=scale,
    )


def _day_after(history: History) -> int:
    last = as_of(history)
    if last is None:
        raise InputError("the workspace holds no purchase yet: run `loyalty demo` or `loyalty import` first")
    return last + 1


def _mask(history: History, who: Ints) -> Flags:
    mask: Flags = np.zeros(len(history.members), bool)
    mask[who] = True
    return mask


def _chosen(known: Population, members: int | None) -> Flags:
    """Those with the lowest keys, which is as good as by lot."""
    if members is None or members >= len(known):
        return np.ones(len(known), bool)
    rank: Ints = np.argsort(np.argsort(known.keys))
    return rank < members


def _usual_progress(
    history: History, programme: Programme, known: Population, behaviour: Behaviour, first_day: int
) -> float:
    """How far the average purchase is made from its goal: today's progress, weighted by expected rates."""
    accounts = standing(history, programme, first_day - 1)
    prices = np.unique(np.array([programme.point_units(r.points) for r in programme.rewards], np.int64))
    goals = np.array(programme.thresholds_minor[1:], np.int64)
    spend = accounts.qualifying(np.arange(accounts.n), first_day - 1)
    progress = np.maximum(progress_between(accounts.balance, prices), progress_between(spend, goals))
    bg = behaviour.purchasing
    rate = probability_alive(known, behaviour) * (bg.r + known.repeats) / (bg.alpha + known.age)
    return round(float(np.average(progress, weights=rate)), 6)


def _recently_joined(history: History, first_day: int) -> tuple[Flags, int]:
    """Who joined lately, and in how many days: a year, or the later half of a shorter past.

    Where the first purchase stands for joining, everybody seems to join when the records begin.
    """
    joined = history.members.joined_on
    days = max(1, min(A_YEAR, (first_day - int(joined.min())) // 2))
    return (joined < first_day) & (joined >= first_day - days), days


def _joining(history: History, days: tuple[int, int], seed: int, scale: float) -> Population:
    """New members at the rate of late, each day alike; as many of them buy on the day as did then."""
    first_day, last_day = days
    recent, past_days = _recently_joined(history, first_day)
    span = last_day - first_day + 1
    count = int(recent.sum() / past_days * span / scale + 0.5)
    ids = [f"joining-{number:07d}" for number in range(1, count + 1)]
    streams, keys = Streams(seed, _FROM_SEED_ALONE), member_keys(ids)
    day = first_day + (streams.uniform(Purpose.JOINING, keys) * span).astype(np.int32)
    share = _buying_at_once(history, recent)
    return newcomers(ids, day, streams.uniform(Purpose.JOINS_BUYING, keys) < share)


def _buying_at_once(history: History, members: Flags) -> float:
    bought, joined = history.purchases, history.members.joined_on
    sale = (bought.member >= 0) & ~bought.refund
    at_once = np.unique(bought.member[sale][bought.day[sale] == joined[bought.member[sale]]])
    return float(members[at_once].sum() / max(members.sum(), 1))
