"""What a ledger says was taken of each reward, and which partner stands behind an entry.

The reason of an entry tells: the name of a reward or of a partner, or what people call it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.facts import EARN, ENTRY_KINDS, POINTS_ACCOUNT, REDEEM
from loyalty_core.history import History
from loyalty_core.rewards.catalogue import Catalogue
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.reward_rules import Partner, Reward
from loyalty_core.tiers.tiers_held import tiers_before


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardsTaken:
    """Entries that redeem points for a reward: places of the entry and of the reward, the tier that the
    member had, and how many pieces the points are the price of; those of several entries that paid for
    pieces together stand with the first."""

    entry: Ints
    reward: Ints
    tier: Ints
    pieces: Ints


def rewards_taken(history: History, programme: Programme) -> RewardsTaken:
    """All redemptions whose reason names a reward of the programme."""
    entries, named = history.entries, _named(history, programme.rewards)
    of_points = _of_points(history) & (entries.kind == ENTRY_KINDS.index(REDEEM))
    entry = np.flatnonzero(of_points & (named >= 0) & (entries.amount < 0))
    reward, day = named[entry], entries.day[entry]
    tier = tiers_before(history, programme, entries.member[entry], entries.at[entry])
    if not len(entry):
        return RewardsTaken(entry=entry, reward=reward, tier=tier, pieces=entry)
    price, points = np.maximum(Catalogue(programme).price(reward, tier, day), 1), -entries.amount[entry]
    part = np.flatnonzero(points % price)
    total, is_first = taken_together(history, entry[part], reward[part])
    points[part] = total
    pieces = np.maximum((2 * points + price) // (2 * price), 1)
    pieces[part[~is_first]] = 0
    return RewardsTaken(entry=entry, reward=reward, tier=tier, pieces=pieces)


def taken_together(history: History, entry: Ints, reward: Ints) -> tuple[Ints, Flags]:
    """Of entries that are no whole price: the points of all that their member paid for the same reward at
    the same instant (points at hand, and such as still waited), and which of these comes first."""
    entries = history.entries
    about = np.column_stack([entries.member[entry], entries.at[entry], reward])
    _, first, group = np.unique(about, axis=0, return_index=True, return_inverse=True)
    total = np.zeros(len(first), np.int64)
    np.add.at(total, group, -entries.amount[entry])
    return total[group], first[group] == np.arange(len(entry))


def partner_behind(history: History, programme: Programme) -> Ints:
    """The place of the partner behind each entry, -1 where there is none.

    Points redeemed for a partner's reward or with a partner who accepts them, and points that a partner
    who issues them gave.
    """
    entries, partners = history.entries, programme.partners
    place = {partner.name: number for number, partner in enumerate(partners)}
    by_reward = np.array([*(place.get(one.partner or "", -1) for one in programme.rewards), -1], np.int64)
    itself = _named(history, partners)
    accepts = np.array([*(partner.role != "issues" for partner in partners), False])
    issues = np.array([*(partner.role != "accepts" for partner in partners), False])
    spent = np.where(accepts[itself], itself, by_reward[_named(history, programme.rewards)])
    kinds = [entries.kind == ENTRY_KINDS.index(kind) for kind in (REDEEM, EARN)]
    behind: Ints = np.select(kinds, [spent, np.where(issues[itself], itself, -1)], -1)
    return np.where(_of_points(history), behind, -1)


def _of_points(history: History) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    accounts = history.labels.get("entries.account", ())
    code = accounts.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in accounts else -2
    return np.asarray(history.entries.codes["account"] == code)


def _named(history: History, known: Iterable[Reward | Partner]) -> Ints:
    """The place of the one that each entry's reason names in any language, -1 where it names none."""
    place_of = {text: n for n, one in enumerate(known) for text in (one.label.en, one.label.zh, one.name)}
    reasons = history.labels.get("entries.reason", ())
    places = np.array([*(place_of.get(text, -1) if text else -1 for text in reasons), -1], np.int64)
    return np.asarray(places[history.entries.codes["reason"]])
