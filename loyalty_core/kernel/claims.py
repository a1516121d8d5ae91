"""What members may have of the catalogue, seen with what they spend and earn on the day."""

from __future__ import annotations

from loyalty_core.arrays import Flags, Ints
from loyalty_core.kernel.point_accounts import PointAccounts
from loyalty_core.rewards.catalogue import Catalogue, Refusal
from loyalty_core.rules.programme import Programme
from loyalty_core.running_total import RunningTotal, same_day


class Claims:
    """The catalogue of a programme before n members and, where a reward asks it, their spend of the day."""

    def __init__(self, programme: Programme, n: int):
        self.catalogue = Catalogue(programme)
        self._spent_today = RunningTotal(n, same_day) if self.catalogue.any_same_day else None

    def spend(self, who: Ints, day: Ints, amount_minor: Ints) -> None:
        """What was bought on the day, or (negative) came back on it."""
        if self._spent_today is not None:
            self._spent_today.count(who, day, amount_minor)

    def refusals(self, who: Ints, day: Ints, reward: Ints, tier: Ints, held: PointAccounts) -> Ints:
        """A `Refusal` per member and reward, but for the stock; points of the day count where they may."""
        asked = reward, tier, day, held.points.balance[who]
        if self._spent_today is None:
            return self.catalogue.refusal(*asked)
        return self.catalogue.refusal(*asked, self._spent_today.so_far(who, day), held.waiting_of(who, day))

    def prices(
        self, who: Ints, day: Ints, reward: Ints, tier: Ints, held: PointAccounts
    ) -> tuple[Ints, Flags]:
        """What the rewards cost those who may have them, 0 for others, and which take points of the day."""
        may = self.refusals(who, day, reward, tier, held) == Refusal.NONE
        return self.catalogue.price(reward, tier, day) * may, self.catalogue.same_day(reward)
