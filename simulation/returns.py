"""Sales that members bring back: whole or in part, each once, and of one member one at a time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.kernel.outcomes import Outcome, Sale
from simulation.behaviour import Refunding
from simulation.season import Clock
from simulation.streams import Keys, Purpose, Streams


class Returns:
    """What n members have to bring back, `due` in weeks of operational time; infinite where nothing."""

    def __init__(self, refunding: Refunding, keys: Keys, clock: Clock, streams: Streams) -> None:
        self._refunding, self._keys, self._clock, self._streams = refunding, keys, clock, streams
        n = len(keys)
        self.due = np.full(n, np.inf)
        self.amount, self.back = np.zeros((2, n), np.int64)  # what the sale came to, what of it comes back
        self.ordinal = np.zeros(n, np.int32)
        self._earned = {POINTS_ACCOUNT: np.zeros(n, np.int64)}
        self._dates = np.zeros((2, n), np.int32)  # of what it earned: available_on, expires_on

    def know(self, accounts: Iterable[str]) -> None:
        """Sales may earn in these accounts beside that of points."""
        for name in accounts:
            self._earned.setdefault(name, np.zeros(len(self.due), np.int64))

    def plan(self, who: Ints, day: Ints, amount: Ints, nth: Ints, bought: Outcome, luck: Floats) -> Ints:
        """Some of the members will bring back what they have just bought; those who do before the end."""
        back: Ints = (luck < self._refunding.share).nonzero()[0]
        back = back[np.isinf(self.due[who[back]])]
        if not len(back):
            return back
        members, day, nth = who[back], day[back], nth[back]
        delay = self._streams.uniform(Purpose.REFUND_DELAY, self._keys[members], nth)
        wait = delay * self._refunding.within_days
        later = day + 1 + wait.astype(np.int32)
        within = later <= self._clock.last_day
        self.due[members] = np.where(within, self._clock.some_time(later, wait % 1), np.inf)
        self.amount[members], self.back[members] = amount[back], self._part(members, nth, amount[back])
        self.ordinal[members] = nth
        for name, earned in self._earned.items():
            earned[members] = bought.by_rule.total(name)[back]
        self._dates[0, members], self._dates[1, members] = bought.available_on[back], bought.expires_on[back]
        returning: Ints = members[within]
        return returning

    def _part(self, who: Ints, nth: Ints, amount: Ints) -> Ints:
        """What comes back of each sale, in minor units: all, or else at least one."""
        rule = self._refunding
        if not rule.partial:
            return amount
        odds = np.append(np.full(len(rule.parts), rule.partial / len(rule.parts)), 1 - rule.partial)
        drawn = self._streams.choice(Purpose.REFUNDED_PART, self._keys[who], odds, nth)
        part = np.array([*rule.parts, 1.0])[drawn]
        rounded = np.floor(amount * part + 0.5).astype(np.int64)
        return np.where(part < 1, np.minimum(np.maximum(rounded, 1), amount), amount)

    def sale(self, who: Ints) -> Sale:
        """The sale that each member brings back."""
        available_on, expires_on = self._dates[:, who]
        return Sale(
            amount_minor=self.amount[who],
            refunded_minor=np.zeros(len(who), np.int64),
            earned={name: earned[who] for name, earned in self._earned.items()},
            available_on=available_on,
            expires_on=expires_on,
        )

    def over(self, who: Ints) -> None:
        """It has been brought back."""
        self.due[who] = np.inf
