"""Where members stand among the tiers of one programme, moved on by what they do and by time.

A call takes many members at once, each at most once; members never touch each other, and days only
go forward for a member. The order of a day: what falls due on it (reviews, the end of a tier's
time) happens at its start and looks at windows that end the day before; what members do comes after.

How a tier moves
- *Reached*: the highest open tier whose `reach` (`newcomer` in a member's first days) is met in
  windows up to and including the day, and whose `admission` holds of what the member was before the
  look. Deeds lift at once or a review does, as `upgrade` says; what time alone makes true shows at
  the next deed or review. Refunds lower measures and by themselves no tier.
- *Held*: `valid_months`, an offer, an invitation or a fee hold a tier until a day, and no review
  takes a member below a tier that is held. A tier that nothing reaches and for which no `keep` is
  declared is held for good where no time is set for it.
- *A look* is taken at members on the calendar's review days, on their anniversary, when the time of
  their tier is over, and when grace ends. Dates that fall on one day make one look. It lifts to
  what is reached, whatever `upgrade` says. Else, where the tier is not held and no grace runs, it
  asks for `keep` (without one for `reach`). What is kept is held again until `valid_months`,
  counted in whole periods from the day of entering, are over.
- *Falling*: who is not kept stays within `minimum_stay_months` and where `downgrade` is never, as
  if kept; else grace begins, and reviews of the calendar pass by until the one look at its end;
  without grace, or at its end, the member falls: to the nearest tier below that measures reach
  (`one_level`), or `to_earned`: the highest tier below that is met (its `keep` or its `reach`) or
  held. Being lifted or given a tier ends grace. A tier that nothing keeps (a paid one, an
  invitation for a time) ends with its time, whatever the rules for falling are: down to what is
  earned.
"""

from __future__ import annotations

from dataclasses import dataclass

from loyalty_core.history import Flags, Ints
from loyalty_core.programme import Programme
from loyalty_core.tier_rules import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class TierMoves:
    """Members whose tier changed, the day at whose start it did, and the tiers before and after.

    Sorted by day; a member who moved more than once is there in the order of the moves.
    """

    member: Ints
    day: Ints
    from_tier: Ints
    to_tier: Ints

    def __len__(self) -> int:
        return len(self.member)


class TierStanding:
    """Tier, and all that decides about it, of n members.

    `tier` and `since` (the day it was entered) are int32; everybody starts in the lowest tier on
    the day of joining. `left_on` (NEVER while enrolled) only limits who is looked at. `categories`
    are the labels of the codes that `direct` is given, "a|b" where a purchase holds several.
    """

    tier: Ints
    since: Ints
    measures: frozenset[Measure]  # those that the programme's tiers ask for; others need not be counted

    def __init__(
        self, programme: Programme, joined_on: Ints, left_on: Ints, categories: tuple[str, ...] = ()
    ) -> None: ...

    def count(self, who: Ints, day: Ints, measure: Measure, amount: Ints) -> None:
        """Count deeds: spend in minor units, status and redeemed points in point units, else counts.

        A refund takes its amount off the spend of its own day; the refund that completes the taking
        back of a whole sale takes 1 off the purchases of its day. Settle the members first.
        """

    def lift(self, who: Ints, day: Ints) -> Ints:
        """After deeds: the tier of each, raised to what is reached where the programme lifts at once."""
        raise NotImplementedError

    def direct(self, who: Ints, day: Ints, amount_minor: Ints, categories: Ints) -> Ints:
        """The tier of each after one purchase under the programme's dated offers of direct entry."""
        raise NotImplementedError

    def enter(self, who: Ints, day: Ints, tier: Ints, until: Ints | None = None) -> Ints:
        """The tier of each after a tier was given: by invitation, or by a fee paid.

        It holds until the start of `until`; left out, for the tier's `fee_months` after what is
        already paid for, or its `valid_months`. Who stands higher stays there, and the tier given
        holds below.
        """
        raise NotImplementedError

    def settle(self, who: Ints, day: Ints) -> TierMoves:
        """Everything of these members that fell due up to the start of each one's `day`, in order.

        To be called before deeds of a day; the calendar's reviews up to it must have been held.
        Cheap where nothing is due, and does nothing for programmes without personal dates.
        """
        raise NotImplementedError

    def review(self, day: int) -> TierMoves:
        """The calendar's review at the start of `day`: of all who joined before it and have not left.

        What fell due for them before is settled first, and is among the moves with its own day.
        """
        raise NotImplementedError

    def resume(self, who: Ints, day: Ints, tier: Ints, since: Ints, until: Ints | None = None) -> None:
        """Take over standings from elsewhere as of the close of `day`, before their deeds are counted.

        The tier is held until `until`, or as long as its `valid_months` since entering say.
        """

    def progress(self, who: Ints, day: Ints) -> Ints:
        """How much of what the next tier asks is there, in thousandths, 0 … 1000 (1000 at the top)."""
        raise NotImplementedError

    def enrolled(self, who: Ints, day: Ints) -> Flags:
        """True for those whom a look at the start of `day` concerns: joined before it, not left."""
        raise NotImplementedError
