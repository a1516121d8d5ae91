"""The till: what a member's sale comes to, and how it is paid."""

from __future__ import annotations

from loyalty_core.history import Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Outcome
from loyalty_core.kernel.walk import details_asked
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.journal import Journal
from simulation.paying import Purse
from simulation.population import HABITS, Population, Temper
from simulation.streams import Streams


class Till:
    """Sales to n members and what comes back of them, written down in the journal."""

    def __init__(
        self, population: Population, arm: Arm, temper: Temper, journal: Journal, streams: Streams
    ) -> None:
        self._population, self._journal = population, journal
        self._purse = Purse(arm.behaviour.paying, temper.redeems, population.keys, streams)

    def read(self, programme: Programme) -> None:
        """What the rules of a document look at in a sale."""
        self._details = [name for name in details_asked(programme) if name in HABITS]

    def sell(
        self, accounts: Accounts, who: Ints, day: Ints, at: Ints, nth: Ints, amount: Ints
    ) -> tuple[Ints, Outcome]:
        """A sale of each member, the `nth`, at that price; what it came to, and what followed from it."""
        usual = {name: getattr(self._population, name)[who] for name in self._details}
        paid_minor = self._purse.points_minor(accounts, who, day, nth, amount)
        bought = accounts.buy(who, day, amount, paid_minor, **usual)
        self._journal.sold(who, day, at, nth, amount, paid_minor, bought.paid)
        return amount, bought

    def keep(self, bought: Outcome, returning: Ints) -> None:
        """These members will bring back what they have just bought."""
        self._purse.keep(bought.paid, returning)

    def give_back(self, accounts: Accounts, who: Ints, day: Ints, at: Ints, nth: Ints) -> None:
        """What had paid for the sales that members bring back."""
        self._journal.restored(day, at, nth, self._purse.brought_back(accounts, who, day))
