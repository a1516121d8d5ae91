"""The demo's members as the table `members` tells them: where they come from, what they confirm, who left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.days import NEVER
from simulation.demo.leaving import chosen, reasons
from simulation.demo.story import Part
from simulation.ledger_frames import Texts, dates, only, pick
from simulation.streams import Purpose

REGIONS, REGION_SHARES = ("East", "South", "North", "West"), (0.34, 0.27, 0.22, 0.17)
CHANNELS, CHANNEL_SHARES = ("store", "app", "web"), (0.50, 0.35, 0.15)
CATEGORIES = ("Books", "Children", "Stationery", "Gifts", "Tea room")
FAVOURITE_SHARES = (0.42, 0.22, 0.13, 0.08, 0.15)
STORES_PER_REGION = 3
GENDERS, GENDER_SHARES = ("female", "male", "other", None), (0.52, 0.41, 0.01, 0.06)
MOVED = 0.04  # of the members move to another region once
CONSENTS = 0.82
KNOWN_BIRTH_YEARS, MADE_UP_BIRTH_YEARS = 0.93, 0.006  # some are what a form was filled with: 1900
JOINED_TWICE, NO_COUNTRY = 0.02, "+999"
CONFIRMATIONS, CONFIRMING = 3, 0.45  # at most so many, each by so many of those who made the one before
_PLACES = ("region", "channel", "store", "gender", "birth", "birthday", "consent", "moved", "moved_on")


@dataclass(frozen=True)
class People:
    """What is known of the members of a part, as arrays in their order."""

    part: Part

    def luck(self, name: str) -> Floats:
        """The draw that decides about an attribute."""
        return self.part.demo.streams.uniform(Purpose.ATTRIBUTE, self.part.keys, _PLACES.index(name))

    @cached_property
    def region(self) -> Ints:
        """The first one, a place in REGIONS."""
        return chosen(REGION_SHARES, self.luck("region"))

    @cached_property
    def channel(self) -> Ints:
        """Of joining, a place in CHANNELS."""
        return chosen(CHANNEL_SHARES, self.luck("channel"))

    @cached_property
    def store(self) -> Ints:
        """The number of the home store in its region."""
        return (self.luck("store") * STORES_PER_REGION).astype(np.int64)

    @cached_property
    def favourite(self) -> Ints:
        """The category that they buy most, a place in CATEGORIES."""
        return chosen(FAVOURITE_SHARES, self.part.demo.streams.uniform(Purpose.ATTRIBUTE, self.part.keys, 21))

    @cached_property
    def consents(self) -> Flags:
        """Whether they may be contacted."""
        return self.luck("consent") < CONSENTS

    @cached_property
    def moved_on(self) -> Ints:
        """The day of moving to the next region, NEVER for most."""
        joined, last_day = self.part.population.joined_on.astype(np.int64), self.part.demo.days[1]
        day = joined + 1 + (self.luck("moved_on") * np.maximum(last_day - joined, 1)).astype(np.int64)
        moves = (self.luck("moved") < MOVED) & (day <= last_day)
        return np.where(moves, day, NEVER).astype(np.int64)

    def stores_at(self, who: Ints, day: Ints) -> Texts:
        """The home store of members on a day."""
        return store_names(self.region_at(who, day), self.store[who])

    def rows(self, who: Ints, day: Ints) -> pd.DataFrame:
        """Members as they are known from a day on."""
        part, region = self.part, self.region_at(who, day)
        in_store = self.channel[who] == CHANNELS.index("store")
        left, years = part.left_on[who], self._birth_years()
        gone = left <= day
        return pd.DataFrame(
            {
                "member_id": part.population.ids[who],
                "valid_from": dates(day),
                "joined_on": dates(part.population.joined_on[who]),
                "left_on": dates(np.where(gone, left, 0)).where(gone),
                "left_reason": only(gone, reasons(part.demo.streams, part.keys)[who]),
                "birth_year": years.take(who),
                "birthday": _month_days(part.birthdays[who]),
                "gender": pick(GENDERS, chosen(GENDER_SHARES, self.luck("gender"))[who]),
                "region": pick(REGIONS, region),
                "channel": pick(CHANNELS, self.channel[who]),
                "store": store_names(region, self.store[who]),
                "staff": only(in_store, staff_names(region, self.store[who], self.luck("birth")[who])),
                "consent": self.consents[who],
                "attributes": self._attributes[who],
            }
        )

    @cached_property
    def _attributes(self) -> Texts:
        """Their favourite category, and of those who joined in the app an invented phone number, under a
        country code that nobody has; a few joined twice."""
        twice = self.part.demo.streams.uniform(Purpose.ATTRIBUTE, self.part.keys, 22) < JOINED_TWICE
        whose = np.arange(len(self.part)) - (twice & np.append(False, ~twice[:-1])[: len(twice)])
        phones = [f"phone={NO_COUNTRY} {id.removeprefix('M')}" for id in self.part.population.ids[whose]]
        told = _FAVOURITES[self.favourite]
        for place in np.flatnonzero(self.channel[whose] == CHANNELS.index("app")).tolist():
            told[place] = [*told[place], phones[place]]
        return told

    def region_at(self, who: Ints, day: Ints) -> Ints:
        return (self.region[who] + (self.moved_on[who] <= day)) % len(REGIONS)

    def _birth_years(self) -> pd.arrays.IntegerArray:
        luck = self.luck("birth")
        born = np.clip(
            1987 + 11 * self.part.demo.streams.normal(Purpose.ATTRIBUTE, self.part.keys, 20), 1940, 2008
        )
        born = np.where(luck < MADE_UP_BIRTH_YEARS, 1900.0, born.round())
        return pd.array(np.where(luck < KNOWN_BIRTH_YEARS, born, np.nan), dtype="Int64")


def members(people: People) -> pd.DataFrame:
    """A row for each member on joining, and one for each move, confirmation of the profile and leaving."""
    part, n = people.part, len(people.part)
    everybody = np.arange(n)
    joined = part.population.joined_on.astype(np.int64)
    moves, leaves = (np.flatnonzero(days < NEVER) for days in (people.moved_on, part.left_on))
    confirmed = _confirmations(part)
    who = np.concatenate([everybody, moves, leaves, confirmed // _SPAN])
    day = np.concatenate([joined, people.moved_on[moves], part.left_on[leaves], confirmed % _SPAN])
    seen = np.unique(who * _SPAN + day)
    who, day = seen // _SPAN, seen % _SPAN
    there = day <= np.minimum(part.left_on[who], part.demo.days[1])
    return people.rows(who[there], day[there])


def _confirmations(part: Part) -> Ints:
    """Members (times _SPAN) and days on which they confirm what is known of them, while they are around."""
    streams, joined = part.demo.streams, part.population.joined_on.astype(np.int64)
    around = np.minimum(part.last_bought_on + 30, part.demo.days[1])
    willing, found = np.arange(len(part)), [np.zeros(0, np.int64)]
    for nth in range(CONFIRMATIONS):
        willing = willing[streams.uniform(Purpose.CONFIRMING, part.keys[willing], 2 * nth) < CONFIRMING]
        share = streams.uniform(Purpose.CONFIRMING, part.keys[willing], 2 * nth + 1)
        span = np.maximum(around - joined, 0)[willing]
        found.append(willing * _SPAN + joined[willing] + (share * span).astype(np.int64))
    return np.concatenate(found)


def store_names(region: Ints, number: Ints) -> Texts:
    """The stores of a region."""
    names: Texts = pick(REGIONS, region) + " " + (number + 1).astype(str).astype(object)
    return names


def staff_names(region: Ints, number: Ints, luck: Floats) -> Texts:
    """One of the six who work in a store."""
    seat = (luck * 1000).astype(int) % 6 + 1
    initials = pick(REGIONS, region).astype("U1").astype(object)
    names: Texts = initials + (10 * number + seat).astype(str).astype(object)
    return names


_SPAN = 1 << 24  # more than there are days
_FAVOURITES = np.empty(len(CATEGORIES), object)
_FAVOURITES[:] = [[f"favourite={name}"] for name in CATEGORIES]


def _month_days(birthday: Ints) -> Texts:
    written = [f"{one // 100:02d}-{one % 100:02d}" if one else None for one in birthday.tolist()]
    return np.array(written, dtype=object)
