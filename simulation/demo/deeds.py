"""What the demo's members do other than buying: sign-ins, answers, complaints, referrals, memberships."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.counting.membership_facts import BENEFIT, MEMBERSHIP_FEE
from loyalty_core.days import NEVER
from loyalty_core.kernel.walk import PAY_OUT, TOP_UP
from simulation.demo.cards import BEFORE_US
from simulation.demo.story import Part
from simulation.ledger_frames import Texts, instants, sale_ids
from simulation.streams import Purpose

SIGN_INS = ((0.24, 0.02), (0.03, 0.25), (0.006, 0.9))  # so many members sign in on so many of their days
STAYS_AROUND_DAYS = 60  # after the last purchase
HOUR_US = 3_600_000_000


@dataclass(frozen=True, kw_only=True)
class AfterSale:
    """What the share `chance` of sales brings about, so many hours later."""

    kind: str
    chance: float
    hours: float
    value: str = ""  # what it is worth: an answer of 1 to 5, of 0 to 10, or whether a field was right


AFTER_SALES = (
    AfterSale(kind="survey", chance=0.04, hours=2, value="stars"),
    AfterSale(kind="nps", chance=0.02, hours=26, value="recommends"),
    AfterSale(kind="review", chance=0.03, hours=30),
    AfterSale(kind="share", chance=0.012, hours=3),
    AfterSale(kind="complaint", chance=0.0033, hours=5),
    AfterSale(kind="suggestion", chance=0.002, hours=9),
    AfterSale(kind="task_offered", chance=0.04, hours=1),
    AfterSale(kind="quality_sample", chance=0.012, hours=1.5, value="right"),
    AfterSale(kind="contact", chance=0.012, hours=200),
)


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """What the share `chance` of activities of a kind leads to, up to so many hours later."""

    kind: str
    of: str
    chance: float
    hours: float


CONSEQUENCES = (
    Consequence(kind="complaint_closed", of="complaint", chance=0.93, hours=120),
    Consequence(kind="suggestion_adopted", of="suggestion", chance=0.2, hours=500),
    Consequence(kind="share_converted", of="share", chance=0.3, hours=70),
    Consequence(kind="task", of="task_offered", chance=0.55, hours=90),
)
RIGHT_FIELDS = 0.965
REFERRED, KNOWN_DAYS = 0.07, 30  # new members whom a member brought, who has been one for so long
REFERRERS_BUY_WITHIN_DAYS = 120
USES_BENEFIT = 0.09  # of the sales of members whose tier has any


def activities(part: Part, topped_up: Ints) -> pd.DataFrame:
    """All of them, as far as they fall into the demo and into their member's membership."""
    found = [_sign_ins(part), *_after_sales(part), _referrals(part), _top_ups(part, topped_up)]
    found += [_pay_outs(part, topped_up), _fees(part), _benefits(part)]
    return within(part, pd.concat(found, ignore_index=True))


def within(part: Part, frame: pd.DataFrame) -> pd.DataFrame:
    """The activities that fall into the demo and into the membership, in the declared columns."""
    at, who = frame["at"].to_numpy(np.int64), frame["member"].to_numpy(np.int64)
    there = (at <= part.demo.last_instant) & (part.demo.day_of(at) <= part.left_on[who])
    frame = frame.loc[there]
    return pd.DataFrame(
        {
            "activity_id": frame["activity_id"],
            "member_id": part.population.ids[frame["member"]],
            "occurred_at": instants(frame["at"].to_numpy(np.int64)).array,
            "kind": frame["kind"],
            "value": frame["value"],
            "reference": frame["reference"],
        }
    ).reset_index(drop=True)


def deeds(
    kind: str,
    ids: Texts,
    member: Ints,
    at: Ints,
    value: Ints | None = None,
    reference: Texts | str | None = None,
) -> pd.DataFrame:
    """Activities of one kind."""
    return pd.DataFrame(
        {
            "activity_id": ids,
            "member": member,
            "at": at,
            "kind": kind,
            "value": pd.array([pd.NA] * len(ids) if value is None else value, dtype="Int64"),
            "reference": np.broadcast_to(np.asarray(reference, object), len(ids)),
        }
    )


def day_ids(part: Part, letter: str, member: Ints, day: Ints) -> Texts:
    """Ids of what a member does at most once a day."""
    names = zip(part.population.ids[member].tolist(), day.tolist(), strict=True)
    return np.array([f"{letter}{name}-{number}" for name, number in names], dtype=object)


def _sign_ins(part: Part) -> pd.DataFrame:
    """Once a day at most, from joining until a while after the last purchase; some hardly ever miss a day."""
    streams, (first, last) = part.demo.streams, part.demo.days
    habit = streams.uniform(Purpose.SIGN_IN, part.keys, 0)
    bounds = np.cumsum([share for share, _ in SIGN_INS])
    until = np.minimum(part.last_bought_on + STAYS_AROUND_DAYS, last)
    members, days = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for begin, end, (_, rate) in zip(np.append(0, bounds), bounds, SIGN_INS, strict=False):
        keen = np.flatnonzero((habit >= begin) & (habit < end))
        since = part.population.joined_on[keen].astype(np.int64) + 1
        length = np.maximum(until[keen] - since + 1, 0)
        who = np.repeat(keen, length)
        day = np.repeat(since, length) + np.arange(len(who)) - np.repeat(np.cumsum(length) - length, length)
        does = streams.uniform(Purpose.SIGN_IN, part.keys[who], 1 + day - first) < rate
        members.append(who[does])
        days.append(day[does])
    who, day = np.concatenate(members), np.concatenate(days)
    hour = 7 + 16 * streams.uniform(Purpose.SIGN_IN, part.keys[who], 100_000 + day - first)
    at = part.demo.midnight(day) + (hour * HOUR_US).astype(np.int64)
    return deeds("sign_in", day_ids(part, "S", who, day), who, at)


def _after_sales(part: Part) -> Iterator[pd.DataFrame]:
    """What follows on sales, and what follows on that."""
    rows, streams = part.facts.purchases, part.demo.streams
    sales = np.flatnonzero(~rows["refund"])
    member, nth = rows["member"][sales], rows["ordinal"][sales]
    keys = part.keys[member]
    for turn, one in enumerate(AFTER_SALES):
        luck = streams.uniform(Purpose.ACTIVITY, keys, 40 * nth + turn)
        some = np.flatnonzero(luck < one.chance)
        who, key = member[some], keys[some]
        mood = streams.exponential(Purpose.ACTIVITY, key, 40 * nth[some] + 20 + turn)
        values = {
            "stars": 5 - np.minimum(0.7 * mood, 4).astype(np.int64),
            "recommends": 10 - np.minimum(2.5 * mood, 10).astype(np.int64),
            "right": (luck[some] < RIGHT_FIELDS * one.chance).astype(np.int64),
        }
        sale = sale_ids(part.facts, who, nth[some])
        at = rows["at"][sales[some]] + int(one.hours * HOUR_US)
        ids = f"{one.kind}-" + sale
        yield deeds(one.kind, ids, who, at, values.get(one.value), sale)
        for place, then in enumerate(CONSEQUENCES):
            if then.of == one.kind:
                led = streams.uniform(Purpose.ACTIVITY, key, 40 * nth[some] + 30 + place) / then.chance
                yes = led < 1
                later = at[yes] + ((0.1 + 0.9 * led[yes]) * then.hours * HOUR_US).astype(np.int64)
                behind = (
                    sale[yes] if then.kind == "task" else ids[yes]
                )  # a task done names what it was offered for
                yield deeds(then.kind, f"{then.kind}-" + sale[yes], who[yes], later, None, behind)


def _referrals(part: Part) -> pd.DataFrame:
    """Some of those who join were brought by a member of longer standing who buys; both are thanked."""
    people, streams = part.population, part.demo.streams
    friend = np.flatnonzero(streams.uniform(Purpose.BRINGS_FRIEND, part.keys, 0) < REFERRED)
    known = np.searchsorted(people.joined_on, people.joined_on[friend] - KNOWN_DAYS)
    by = (streams.uniform(Purpose.BRINGS_FRIEND, part.keys[friend], 1) * known).astype(np.int64)
    joined = people.joined_on[friend].astype(np.int64)
    buys = (known > 0) & (joined <= part.last_bought_on[by] + REFERRERS_BUY_WITHIN_DAYS)
    friend, by, joined = friend[buys], by[buys], joined[buys]
    return brought(part, friend, by, part.demo.midnight(joined) + 10 * HOUR_US)


def brought(part: Part, friend: Ints, by: Ints, at: Ints) -> pd.DataFrame:
    """A referral given by one member and taken by another."""
    ids = part.population.ids
    return pd.concat(
        [
            deeds("referral", "referral-" + ids[friend], by, at, None, ids[friend]),
            deeds("referred", "referred-" + ids[friend], friend, at + 1_000_000, None, ids[by]),
        ],
        ignore_index=True,
    )


def _top_ups(part: Part, topped_up: Ints) -> pd.DataFrame:
    rows = part.facts.purchases
    some = np.flatnonzero(topped_up)
    sale = sale_ids(part.facts, rows["member"][some], rows["ordinal"][some])
    return deeds(
        TOP_UP, "top-up-" + sale, rows["member"][some], rows["at"][some] - BEFORE_US, topped_up[some]
    )


def _pay_outs(part: Part, topped_up: Ints) -> pd.DataFrame:
    """Who leaves is given back what is left of the money on the card."""
    who = np.unique(part.facts.purchases["member"][topped_up > 0])
    who = who[part.left_on[who] < NEVER]
    at = part.demo.midnight(part.left_on[who]) + 11 * HOUR_US
    return deeds(PAY_OUT, "pay-out-" + part.population.ids[who], who, at)


def _fees(part: Part) -> pd.DataFrame:
    """Fees of paid tiers, as the run has them."""
    rows = part.facts.activities
    fees = {name: column[rows["tier"] >= 0] for name, column in rows.items()}
    names = np.array([tier.name for tier in part.demo.declared.tiers], object)
    ids = day_ids(part, "fee-", fees["member"], fees["day"])
    return deeds(MEMBERSHIP_FEE, ids, fees["member"], fees["at"], fees["value"], names[fees["tier"]])


def tiers_at(part: Part, who: Ints, at: Ints) -> Ints:
    """The tier of members at an instant, as the run has it."""
    moves = part.facts.tier_changes
    begin = int(part.demo.midnight(np.array([part.demo.days[0]]))[0])
    asked, known = (
        (member.astype(np.int64) << 32) + (when - begin) // 1_000_000
        for member, when in ((who, at), (moves["member"], moves["at"]))
    )
    place = np.searchsorted(known, asked, side="right") - 1
    same = (place >= 0) & (moves["member"][place] == who) if len(known) else np.zeros(len(who), bool)
    found: Ints = np.where(same, moves["to_tier"][place] if len(known) else 0, 0)
    return found


def _benefits(part: Part) -> pd.DataFrame:
    """Uses of what a tier gives, with a sale."""
    rows, tiers = part.facts.purchases, part.demo.declared.tiers
    luck = (
        part.demo.streams.uniform(Purpose.BENEFIT, part.keys[rows["member"]], rows["ordinal"]) / USES_BENEFIT
    )
    some = np.flatnonzero(~rows["refund"] & (luck < 1))
    who, at = rows["member"][some], rows["at"][some]
    tier = tiers_at(part, who, at)
    names = [[benefit.name for benefit in one.benefits] for one in tiers]
    used = [
        names[n][int(x * len(names[n]))] if names[n] else None for n, x in zip(tier, luck[some], strict=True)
    ]
    given = np.array([one is not None for one in used], bool)
    sale = sale_ids(part.facts, who, rows["ordinal"][some])
    name = np.array(used, object)
    return deeds(BENEFIT, "benefit-" + sale[given], who[given], at[given] + 60_000_000, None, name[given])
