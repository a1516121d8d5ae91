"""A few members of the demo who play the programme, planted so that there is something to find."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.facts import ADJUST, POINTS_ACCOUNT, REDEEM
from loyalty_core.rules.programme import Programme
from simulation.demo.deeds import HOUR_US, brought, day_ids, deeds
from simulation.demo.spare import Spare
from simulation.demo.story import Part
from simulation.ledger_frames import Texts, dates, instants
from simulation.streams import Purpose

RING, FARMING_DAYS, FARMING_AT = 6, 75, 3 * 60 + 17  # accounts that sign in every night in one minute
BROUGHT, BROUGHT_H = 12, 22  # accounts that one member brings within days
SPIKES, DORMANT, FAVOURED = 2, 2, 1
MOST_AT_ONCE = 15
QUIET_DAYS, FARMERS_QUIET_DAYS = 170, 150
FAVOURS = (300, 500, 450, 800, 600, 900)  # points
GOODWILL, GOODWILL_POINTS, GOODWILL_H = 0.35, (50, 100), 3  # of the complaints closed
MINUTE_US = 60_000_000


def odd_activities(part: Part, known: pd.DataFrame) -> pd.DataFrame:
    """Nights of signing in by a ring of accounts, and a ring of accounts that one member brought."""
    found = [_farming(part), _ring(part, known)]
    return pd.concat([one for one in found if len(one)] or found, ignore_index=True)


def decisions(part: Part, known: pd.DataFrame, spare: Spare, busy: Flags) -> pd.DataFrame:
    """What members redeem beyond their run, and points given by staff; `busy` have none to spare."""
    found = [*_goodwill(part, known), *_favours(part)]
    if part.number == 0 and part.demo.declared.rewards:
        found += [*_spikes(part, spare, busy), *_emptied(part, spare, busy)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def lines(
    part: Part,
    kind: str,
    ids: Texts,
    member: Ints,
    at: Ints,
    amount: Ints,
    reason: Texts | str,
    reference: Texts | str,
) -> pd.DataFrame:
    """Lines of the points ledger; what is given lasts as long as what is earned on that day."""
    expires_on = part.demo.gone_on(part.demo.day_of(at))
    lasts = (amount < 0) | (expires_on >= NEVER)
    return pd.DataFrame(
        {
            "entry_id": ids,
            "member_id": part.population.ids[member],
            "account": POINTS_ACCOUNT,
            "kind": kind,
            "amount": amount,
            "occurred_at": instants(at),
            "available_on": dates(np.zeros(len(at), np.int64)).where(np.zeros(len(at), bool)),
            "expires_on": dates(np.where(lasts, 0, expires_on)).where(~lasts),
            "reason": reason,
            "reference": reference,
        }
    )


def _quiet(part: Part, since_days: int, until_days: int = 400) -> Ints:
    """Members of standing who have not bought for so long, in an order of their own."""
    ago = part.demo.days[1] - part.last_bought_on
    bought = np.zeros(len(part), bool)
    bought[part.facts.purchases["member"]] = True
    some = np.flatnonzero((ago >= since_days) & (ago <= until_days) & (part.left_on == NEVER) & bought)
    return some[np.argsort(part.demo.streams.uniform(Purpose.SUSPECT, part.keys[some], 0), kind="stable")]


def _farming(part: Part) -> pd.DataFrame:
    who = np.sort(_quiet(part, FARMERS_QUIET_DAYS)[:RING]) if part.number == 0 else np.zeros(0, np.int64)
    nights = np.arange(part.demo.days[1] - FARMING_DAYS + 1, part.demo.days[1] + 1)
    member, day = np.repeat(who, FARMING_DAYS), np.tile(nights, len(who))
    turn = np.repeat(np.arange(len(who)), FARMING_DAYS)
    at = part.demo.midnight(day) + FARMING_AT * MINUTE_US + turn * 4_000_000
    return deeds("sign_in", day_ids(part, "S", member, day), member, at)


def _ring(part: Part, known: pd.DataFrame) -> pd.DataFrame:
    """One member brings accounts that joined one after the other, late in the evening."""
    people, n = part.population, len(part)
    there = known.loc[known["kind"] == "referred", "member_id"]
    free = np.flatnonzero(~pd.Index(people.ids).isin(there) & (part.left_on == NEVER))
    late = free[free >= int(0.92 * n)][:BROUGHT]
    older = free[people.joined_on[free] < part.demo.days[1] - 300]
    if part.number or not len(late) or not len(older):
        return deeds("referral", np.zeros(0, object), np.zeros(0, np.int64), np.zeros(0, np.int64))
    by = older[np.argmin(part.demo.streams.uniform(Purpose.SUSPECT, part.keys[older], 1))]
    at = (
        part.demo.midnight(people.joined_on[late])
        + BROUGHT_H * HOUR_US
        + np.arange(len(late)) * 3 * MINUTE_US
    )
    return brought(part, late, np.full(len(late), by), at)


def _spikes(part: Part, spare: Spare, busy: Flags) -> Iterator[pd.DataFrame]:
    """Many of the cheapest reward within the hour."""
    programme, day = part.demo.declared, part.demo.days[1] - 12
    at = int(part.demo.midnight(np.array([day]))[0]) + 20 * HOUR_US
    buys = np.flatnonzero(~busy & (part.last_bought_on > day - 60) & (part.left_on == NEVER))
    points = spare.of(buys, np.full(len(buys), at))
    cheapest = min(programme.rewards, key=lambda reward: reward.points)
    price = programme.point_units(cheapest.points)
    for place in np.argsort(-points, kind="stable")[:SPIKES]:
        times = min(int(points[place]) // price, MOST_AT_ONCE)
        yield _redeemed(part, int(buys[place]), at, [cheapest.name] * times, 2 * MINUTE_US, "spike")


def _emptied(part: Part, spare: Spare, busy: Flags) -> Iterator[pd.DataFrame]:
    """An account that has long been quiet is emptied in the night."""
    day = part.demo.days[1] - 5
    at = int(part.demo.midnight(np.array([day]))[0]) + 2 * HOUR_US + 40 * MINUTE_US
    quiet = _quiet(part, QUIET_DAYS, 330)
    quiet = quiet[~busy[quiet]]
    points = spare.of(quiet, np.full(len(quiet), at))
    for place in np.argsort(-points, kind="stable")[:DORMANT]:
        taken = list(_as_much_as(part.demo.declared, int(points[place])))
        yield _redeemed(part, int(quiet[place]), at, taken, MINUTE_US // 2, "emptied")


def _as_much_as(programme: Programme, points: int) -> Iterator[str]:
    """The dearest rewards that so many points buy, one after the other."""
    for reward in sorted(programme.rewards, key=lambda one: -one.points):
        price = programme.point_units(reward.points)
        while points >= price:
            points -= price
            yield reward.name


def _redeemed(part: Part, who: int, at: int, rewards: list[str], apart_us: int, mark: str) -> pd.DataFrame:
    prices = {one.name: part.demo.declared.point_units(one.points) for one in part.demo.declared.rewards}
    ids = [f"{part.population.ids[who]}-{mark}-{number:02d}" for number in range(len(rewards))]
    amount = np.array([-prices[name] for name in rewards], np.int64)
    moments = at + np.arange(len(rewards)) * apart_us
    member = np.full(len(rewards), who)
    reason = np.array(rewards, object)
    return lines(
        part, REDEEM, np.array(ids, object), member, moments, amount, reason, np.full(len(ids), None)
    )


def _favours(part: Part) -> Iterator[pd.DataFrame]:
    """Points that one of the staff gives to one member, time and again."""
    joined = np.flatnonzero((part.population.joined_on < part.demo.days[1] - 90) & (part.left_on == NEVER))
    if part.number or not len(joined):
        return
    luck = part.demo.streams.uniform(Purpose.SUSPECT, part.keys[joined], 2)
    for who in joined[np.argsort(luck)[:FAVOURED]]:
        days = part.demo.days[1] - 9 * np.arange(len(FAVOURS), 0, -1)
        at = part.demo.midnight(days) + 21 * HOUR_US
        ids = np.array([f"{part.population.ids[who]}-favour-{nth}" for nth in range(len(days))], object)
        points = np.array([part.demo.declared.point_units(one) for one in FAVOURS])
        yield lines(part, ADJUST, ids, np.full(len(days), who), at, points, "goodwill", "staff N13")


def _goodwill(part: Part, known: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """A few points after a complaint."""
    closed = known.loc[known["kind"] == "complaint_closed"]
    if closed.empty:
        return
    who = pd.Index(part.population.ids).get_indexer(pd.Index(closed["member_id"]))
    at = closed["occurred_at"].dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64)
    luck = part.demo.streams.uniform(Purpose.SUSPECT, part.keys[who] ^ at.astype(np.uint64), 3)
    some = np.flatnonzero((luck < GOODWILL) & (at + GOODWILL_H * HOUR_US <= part.demo.last_instant))
    if not len(some):
        return
    few, more = (part.demo.declared.point_units(one) for one in GOODWILL_POINTS)
    points = np.where(luck[some] < GOODWILL / 2, few, more)
    complaint = closed["reference"].to_numpy(object)[some]
    at = at[some] + GOODWILL_H * HOUR_US
    there = part.demo.day_of(at) <= part.left_on[who[some]]
    yield lines(
        part,
        ADJUST,
        np.array([f"goodwill-{one}" for one in complaint[there]], object),
        who[some][there],
        at[there],
        points[there],
        "goodwill",
        complaint[there],
    )
