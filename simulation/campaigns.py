"""Campaigns of the calendar: whom they choose and when, who is held out, and what the treated do.

Points that a campaign gives are a matter of the programme's own earning rules: a multiplier with dates in
the document (`simulation.scenario`). Here is what members are told, and how they respond to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from simulation.effects import Effects
from simulation.streams import Keys, Purpose, Streams

Wave = tuple[int, int]  # first and last day
Rhythm = Literal["once", "daily", "weekly", "monthly"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Members in reach at the start of a wave are chosen; of them the share `held_out` is left alone.

    In reach is who is a member, whose last purchase lies `after_days` to `until_days` before the wave's
    first day (None: no bound, and never having bought is in reach), who is in one of the `tiers` (places;
    all where none is named) and, where `birthday` says so, has it on that day or in that month.

    Waves begin on `starts_on` and then in the `rhythm`, up to `ends_on`; each goes on for `lasts_days`
    (None: until `ends_on`), never beyond it. Through a wave the rate of the treated is multiplied by
    1 + `lift`, as far as they respond and as it has not faded since the campaign first reached them. Beside
    it, the share `returns` of the treated buys once in the wave who would not have done so by then, those who
    had left for good, too (None: as the library of effects says for the kind): of members of all groups
    together so many, of each group as it responds.
    Each of those contacted is given a `coupon` of the kind named, if one is. A contact costs
    `cost_minor`; once `budget_minor` is spent nobody else is chosen, first comes who has
    the lower id. Who is held out is so in all waves, and in any plan that gives the campaign the same
    `draw`, which is its place in the plan by default.
    """

    campaign_id: str
    kind: str
    starts_on: int
    ends_on: int
    after_days: int = 0
    until_days: int | None = None
    tiers: tuple[int, ...] = ()
    birthday: Literal["day", "month"] | None = None
    rhythm: Rhythm = "once"
    lasts_days: int | None = None
    lift: float = 0.0
    returns: float | None = 0.0
    held_out: float = 0.2
    channel: str = ""
    coupon: str = ""
    cost_minor: int = 0
    budget_minor: int | None = None
    draw: int | None = None

    @property
    def waves(self) -> list[Wave]:
        """First and last day of each wave; a day that a month does not have is left out."""
        days = np.arange(self.starts_on, self.ends_on + 1)
        dates = days.astype("datetime64[D]")
        in_month = (dates - dates.astype("datetime64[M]")).astype(np.int64)
        begins = {
            "once": days == self.starts_on,
            "daily": days >= self.starts_on,
            "weekly": (days - self.starts_on) % 7 == 0,
            "monthly": in_month == in_month[:1],
        }[self.rhythm]
        last = self.ends_on - self.starts_on if self.lasts_days is None else self.lasts_days - 1
        return [(int(day), min(int(day) + last, self.ends_on)) for day in days[begins]]

    @property
    def most_contacts(self) -> int | None:
        """How many contacts the budget pays for; None where it pays for all."""
        if self.budget_minor is None or not self.cost_minor:
            return None
        return self.budget_minor // self.cost_minor

    def chosen(self, day: int, last_bought_on: Ints, joined_on: Ints, tier: Ints, birthday: Ints) -> Ints:
        """The members in reach at the start of a wave's first day."""
        since = day - np.asarray(last_bought_on, np.int64)
        reached = (joined_on < day) & (since >= self.after_days)
        if self.until_days is not None:
            reached &= since <= self.until_days
        if self.tiers:
            reached &= np.isin(tier, self.tiers)
        if self.birthday is not None:
            reached &= _has_birthday(birthday, day, self.birthday == "month")
        return np.flatnonzero(reached)

    def treated(self, keys: Keys, streams: Streams, number: int) -> Flags:
        """Which of the chosen are contacted."""
        return streams.uniform(Purpose.ARM, keys, self._draw(number)) >= self.held_out

    def returning(
        self, keys: Keys, streams: Streams, number: int, day: int, effects: Effects, response: Floats
    ) -> Flags:
        """Which of those contacted in the wave that begins on `day` buy because of it; each responds so many
        times as readily as the average member."""
        share = self.returns
        if share is None:
            share = {"wake_up": effects.wake_up, "win_back": effects.win_back}[self.kind].size
        return streams.uniform(Purpose.CAMPAIGN_RETURN, keys, self._wave(number, day)) < share * response

    def return_time(self, keys: Keys, streams: Streams, number: int, day: int) -> Floats:
        """The share of that wave's demand that has passed when they do."""
        return streams.uniform(Purpose.RETURN_TIME, keys, self._wave(number, day))

    def _draw(self, number: int) -> int:
        return number if self.draw is None else self.draw

    def _wave(self, number: int, day: int) -> int:
        return (self._draw(number) << 20) + day


def _has_birthday(birthday: Ints, day: int, anywhere_in_month: bool) -> Flags:
    """Whose birthday (month × 100 + day, 0 unknown) is on a day, or in its month; 29 February is the 28th
    in common years."""
    date = np.datetime64(int(day), "D")
    month = int(date.astype("datetime64[M]").astype(np.int64) % 12) + 1
    of_month = int((date - date.astype("datetime64[M]")).astype(np.int64)) + 1
    found: Flags = birthday // 100 == month if anywhere_in_month else birthday == month * 100 + of_month
    last_of_february = month == 2 and (date + 1).astype("datetime64[M]") != date.astype("datetime64[M]")
    if last_of_february and of_month == 28:
        found |= birthday == 229
    return found
