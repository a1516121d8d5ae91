"""What is supposed of members and the tiers that are bought: who pays the first fee, and who the next."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from loyalty_core.rules.document import Document, Name
from simulation.evidence import Sourced

Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1000)]
DaysFromEnd = Annotated[int, Field(ge=-365, le=365)]


class PaidTier(Document):
    """One of the tiers that are bought: how often beside the others, and what a month of it cost (currency
    units) when the rates were seen, None where nobody knows: then its price moves nothing."""

    name: Name
    weight: Weight = 1.0
    usual_price: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class Subscribing(Sourced):
    """Tiers that are bought.

    With a sale a member below them all buys one with the chance `buys`. Who stands below some, or has a term
    of a lower one to renew, buys one of these as often as others do, and then has that one's term to renew.
    About the end of the term, on one of `renewal_days` (from its first day that is not paid for, each as
    likely), the fee is paid again with the chance `renews` by who has bought within the programme's
    `active_days`, by others with `renews_silent`. Of tiers that are not among `tiers` each weighs 1.
    """

    buys: Share = 0.003
    renews: Share = 0.75
    renews_silent: Share = 0.25
    renewal_days: tuple[DaysFromEnd, ...] = Field((-1,), min_length=1)
    tiers: tuple[PaidTier, ...] = ()
    source: str = (
        "no trustworthy figure seen for programmes that are free to join; of a warehouse club's members "
        "86 to 89% renew (Costco, annual report 2011), taken as an upper end"
    )

    @property
    def nothing(self) -> bool:
        """Whether nobody ever pays a fee."""
        return self.buys + self.renews + self.renews_silent == 0

    def tier(self, name: str) -> PaidTier:
        """What is known of one tier."""
        return next((one for one in self.tiers if one.name == name), PaidTier(name=name))
