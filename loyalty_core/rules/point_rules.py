"""Points in the programme document: when they may be spent, when they are gone, what a refund does."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from loyalty_core.rules.document import Amount, Document, MonthDay, Months, Share


class Expiry(Document):
    """When points are gone; never where nothing is set.

    By age: `months` after the day they were earned, and with `rounded_to` at the end of that month,
    quarter or year. By date: at the start of the first `on` (MM-DD) that comes at least `months`
    after earning (or after the day itself, where months is left out). By `inactivity_months`: all
    of a member's points at once, so long after the last purchase or redemption; what comes first.
    """

    months: Months | None = None
    rounded_to: Literal["month", "quarter", "year"] | None = None
    on: MonthDay | None = None
    inactivity_months: Months | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Expiry:
        if self.rounded_to and self.on:
            raise ValueError(
                "points are gone on a date or at the end of a period; give one of on, rounded_to"
            )
        if self.rounded_to and self.months is None:
            raise ValueError("rounded_to needs months")
        return self


class Pending(Document):
    """Earned points may be spent from so many days after the purchase on; at once where 0."""

    days: Annotated[int, Field(ge=0, le=366)] = 0


class Refunds(Document):
    """What a refund does to points.

    It takes back what the purchase earned, in proportion: `within_balance` as far as points are
    there, `pending_only` as far as they are not yet available, or `allow_negative` in full, and the
    next points earned fill the gap. Points that paid for the purchase come back, in proportion,
    with the expiry they had (`as_before`), with a new one (`as_new`), or not (`no`). Without a
    reference to the purchase, the points that the amount would earn now are taken back.
    """

    claw_back: Literal["within_balance", "pending_only", "allow_negative"] = "within_balance"
    restore: Literal["as_before", "as_new", "no"] = "as_before"


class TopUpBonus(Document):
    """The bonus of a top-up from an amount on: a fixed one and a share of it, in currency units."""

    from_amount: Amount
    bonus: Amount = Decimal(0)
    bonus_share: Share = Decimal(0)


class StoredValue(Document):
    """A prepaid card: money put in (principal) and given on top (bonus) are kept apart.

    The largest `from_amount` that a top-up reaches decides its bonus. Payments take the principal
    first, the bonus first, or both in proportion. `low_balance` is the mark below which members are
    reminded. The bonus alone may expire.
    """

    bonuses: tuple[TopUpBonus, ...] = ()
    consumption: Literal["principal_first", "bonus_first", "in_proportion"] = "principal_first"
    low_balance: Amount = Decimal(0)
    bonus_expiry: Expiry = Expiry()
