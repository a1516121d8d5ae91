"""How members respond to what befalls them: factors of how fast they buy, and of leaving and redeeming.

Sizes are those of the library (`Effects`); what is switched off, or neutral, is nowhere asked for and
changes not a bit. Factors hold for a whole wait between two purchases: they are looked at when it
begins, and when something happens to a member who waits. Times are in weeks of average demand.

Light and moderate buyers respond, heavy ones hardly (`share`), and what a change does fades (`left`): news
of tiers, joining a programme, a campaign, goals that other rules set. What has an end of its own does not
fade: the pull of one goal, the push before a review, the momentum of a redemption.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammainc, gammaincinv

from loyalty_core.arrays import Flags, Floats, Ints
from simulation.behaviour import Behaviour
from simulation.effects import Effect, Effects
from simulation.pace import HARDLY_EVER
from simulation.population import Temper

WEEKS_PER_MONTH = 365.25 / 12 / 7
HEAVY = 0.2  # of all buyers, by their own rate
_MOODS = ("reached_low", "reached_high", "missed_low", "missed_high", "demotion", "demotion_high")
_AT_ONCE = 1e-9  # weeks: the half-life of what is over as soon as it has begun


class Responses:
    """What n members feel of the programme beyond its goals. Members never touch each other."""

    def __init__(
        self,
        effects: Effects,
        behaviour: Behaviour,
        temper: Temper,
        top: int,
        redeemed_weeks_ago: Floats | None = None,
        begun_weeks: Floats | None = None,
    ) -> None:
        """`begun_weeks` is when each member's programme begins for the run: with it, or on joining."""
        self.effects, self._top = effects, top
        n = len(temper.rate)
        self._half_life_weeks = max(effects.response_half_life.size * WEEKS_PER_MONTH, _AT_ONCE)
        self._begun = np.zeros(n) if begun_weeks is None else begun_weeks
        self._dropout = effects.programme_dropout.size if effects.programme_dropout.active else None
        tiers = any(getattr(effects, name).active for name in (*_MOODS, "demotion_dropout"))
        self._mood = Fading(n, self._half_life_weeks) if tiers else None
        self._doubt = Fading(n, self._half_life_weeks) if effects.demotion_dropout.active else None
        self._elated_until = None
        if effects.redemption_momentum.active:
            ago = np.full(n, np.inf) if redeemed_weeks_ago is None else redeemed_weeks_ago
            self._elated_weeks = effects.momentum_cycles.size / temper.rate
            self._elated_until = self._elated_weeks - ago
        self._pushed_until = np.full(n, -np.inf) if effects.review_push.active else None
        self.felt = np.ones(n)  # the factor of each one's present wait
        heavy, others = effects.response_heavy.size, effects.response_others.size
        self.share = np.where(temper.rate >= heavy_from(behaviour), heavy, others)
        # The same beside the average member's, for what is told of all members together.
        self.of_all = self.share / ((HEAVY * heavy + (1 - HEAVY) * others) or 1.0)
        self._of_push = 1 + (effects.review_push.size - 1) * self.share
        # Rates fitted to a running programme already contain the usual momentum: it is neutral.
        more = (effects.redemption_momentum.size - 1) * self.share
        usual = 1 + more * behaviour.usual_momentum
        self._elated, self._calm = (1 + more) / usual, 1 / usual

    @property
    def told_of_tiers(self) -> bool:
        """True where moves between tiers matter to anybody."""
        return self._mood is not None

    @property
    def told_of_misses(self) -> bool:
        """True where it matters to anybody that a goal was just missed."""
        return self.effects.missed_low.active or self.effects.missed_high.active

    @property
    def pushes(self) -> bool:
        """True where anybody hurries before a review."""
        return self._pushed_until is not None

    def left(self, passed_weeks: Floats) -> Floats:
        """What is left of the effect of a change after so long; all of it before."""
        return _left(passed_weeks, self._half_life_weeks)

    def pace(self, who: Ints, weeks: Floats) -> Floats | None:
        """The factor of each one's rate in a wait that begins then; None where it is 1 for all."""
        factor = self._of_programme(self.effects.programme_frequency, who, weeks)
        if self._mood is not None:
            factor = _times(factor, self._mood.factor(who, weeks))
        if self._pushed_until is not None:
            factor = np.ones(len(who)) if factor is None else factor
            hurried = (self._pushed_until[who] > weeks).nonzero()[0]
            factor[hurried] *= self._of_push[who[hurried]]
        if self._elated_until is not None:
            elation = self._calm[who]
            elated = (self._elated_until[who] > weeks).nonzero()[0]
            elation[elated] = self._elated[who[elated]]
            factor = _times(factor, elation)
        return None if factor is None else np.maximum(factor, HARDLY_EVER)

    def change(self, who: Ints, weeks: Floats) -> Floats | None:
        """How many times as fast those go on waiting who feel otherwise from now on; None if nobody does."""
        now = self.pace(who, weeks)
        if now is None:
            now = np.ones(len(who))
        factor = now / self.felt[who]
        self.felt[who] = now
        return factor if (factor != 1).any() else None

    def amount(self, who: Ints, weeks: Floats) -> Floats | None:
        """The factor of what each one's purchase then comes to; None where it is 1 for all."""
        return self._of_programme(self.effects.programme_basket, who, weeks)

    def leaving(self, who: Ints, weeks: Floats) -> Floats | None:
        """The factor of each one's chance to leave after a purchase; None where it is 1 for all."""
        factor = None if self._dropout is None else np.full(len(who), self._dropout)
        return factor if self._doubt is None else _times(factor, self._doubt.factor(who, weeks))

    def moved(self, who: Ints, weeks: Floats, from_tier: Ints, to_tier: Ints) -> None:
        """Members were lifted or lowered; of several moves of one member the last counts."""
        if self._mood is None or not len(who):
            return
        effects = self.effects
        reached = np.where(to_tier >= self._top, effects.reached_high.size, effects.reached_low.size)
        lost = np.where(from_tier >= self._top, effects.demotion_high.size, effects.demotion.size)
        size = np.where(to_tier > from_tier, reached, lost)
        self._mood.begin(who, weeks, (size - 1) * self.share[who])
        if self._doubt is not None:
            lowered = np.where(to_tier < from_tier, effects.demotion_dropout.size - 1, 0.0)
            self._doubt.begin(who, weeks, lowered * self.share[who])

    def missed(self, who: Ints, weeks: Floats, tier: Ints) -> None:
        """Members of these tiers just missed the next one at a review."""
        if self._mood is not None:
            high = tier + 1 >= self._top
            size = np.where(high, self.effects.missed_high.size, self.effects.missed_low.size)
            self._mood.begin(who, weeks, (size - 1) * self.share[who])

    def redeemed(self, who: Ints, weeks: Floats) -> None:
        """Members took a reward: for some of their own purchase cycles they buy faster."""
        if self._elated_until is not None:
            self._elated_until[who] = weeks + self._elated_weeks[who]

    def push(self, who: Ints, until_weeks: Floats | float) -> None:
        """Members see that they are near to a tier before a review, and hurry until it is held."""
        if self._pushed_until is not None:
            self._pushed_until[who] = until_weeks

    def is_pushed(self, who: Ints, weeks: Floats | float) -> Flags:
        """Whether each member hurries before a review at that time."""
        return np.zeros(len(who), bool) if self._pushed_until is None else self._pushed_until[who] > weeks

    def hurries_until(self, who: Ints) -> Floats:
        """When the review is held before which each member hurries; infinite for those who do not."""
        if self._pushed_until is None:
            return np.full(len(who), np.inf)
        until = self._pushed_until[who]
        return np.where(np.isfinite(until), until, np.inf)

    def no_longer_pushed(self, who: Ints, weeks: Floats | float) -> Flags:
        """Which of the members hurried before a review that has been held by then; they are told once."""
        over: Flags = self.hurries_until(who) <= weeks
        if self._pushed_until is not None:
            self._pushed_until[who[over]] = -np.inf
        return over

    def _of_programme(self, effect: Effect, who: Ints, weeks: Floats) -> Floats | None:
        """What coming under a programme does, which fades as from then; None where that is nothing."""
        if not effect.active:
            return None
        factor: Floats = 1 + (effect.size - 1) * self.share[who] * self.left(weeks - self._begun[who])
        return factor


class Fading:
    """A factor that is 1 for each of n members until something happens, and goes back to it: half of the way
    in so many weeks."""

    def __init__(self, n: int, half_life_weeks: float) -> None:
        self._half_life_weeks = half_life_weeks
        self._size, self._since = np.zeros(n), np.zeros(n)

    def begin(self, who: Ints, weeks: Floats, size: Floats) -> None:
        """Start at 1 + size; what was left of an earlier response is over."""
        self._size[who], self._since[who] = size, weeks

    def factor(self, who: Ints, weeks: Floats) -> Floats | None:
        """What is left of it at those times; None where all are at 1."""
        size = self._size[who]
        felt = size.nonzero()[0]
        if not len(felt):
            return None
        factor = np.ones(len(who))
        passed = weeks[felt] - self._since[who[felt]]
        factor[felt] += size[felt] * _left(passed, self._half_life_weeks)
        return factor


def _left(passed_weeks: Floats, half_life_weeks: float) -> Floats:
    return np.exp2(np.maximum(passed_weeks, 0.0) / -half_life_weeks)


def feels_own_reviews(effects: Effects) -> bool:
    """Whether looks at tiers on days of members' own move anybody: before them, or by what comes of them."""
    return any(getattr(effects, name).active for name in ("review_push", *_MOODS, "demotion_dropout"))


def redeeming_odds(effects: Effects, soon: Flags | None, ahead: Floats | None, tier: Ints) -> Floats | None:
    """The factor of each one's odds to redeem; None where it is 1 for all.

    `soon` says whose points will be gone, `ahead` how far each is on the way from the price behind to that of
    the next, dearer reward; None where that moves nobody.
    """
    factor = None if soon is None else np.where(soon, effects.expiry_redemption.size, 1.0)
    if ahead is not None:
        factor = _times(factor, 1 + (effects.saving_up.size - 1) * ahead)
    if effects.tier_redemption.active:
        factor = _times(factor, effects.tier_redemption.size ** tier.astype(np.float64))
    return factor


def most_redeeming_odds(effects: Effects, top: int) -> float:
    """No member's odds to redeem are multiplied by more, `top` being the highest tier."""
    of_tier = effects.tier_redemption.size**top
    return max(1.0, effects.expiry_redemption.size) * max(1.0, effects.saving_up.size) * max(1.0, of_tier)


def heavy_from(behaviour: Behaviour) -> float:
    """The rate from which a member belongs to the heaviest buyers; fixed, so that nobody's group depends
    on who else is there."""
    rates = behaviour.purchasing
    fitted = np.array([gammaincinv(rates.r, 1 - HEAVY) / rates.alpha])
    return float(rates.sales(fitted)[0] * rates.level)


def expected_share(effects: Effects, behaviour: Behaviour, x: Floats, age: Floats) -> Floats:
    """The share of response in the purchases that are expected of members of x repeats in so many weeks.

    Their rates are Gamma(r + x, α + T); of the purchases those count that come at a rate below the bound.
    """
    rates = behaviour.purchasing
    bound = gammaincinv(rates.r, 1 - HEAVY) / rates.alpha
    light = gammainc(rates.r + x + 1, bound * (rates.alpha + age))
    share: Floats = effects.response_others.size * light + effects.response_heavy.size * (1 - light)
    return share


def _times(factor: Floats | None, other: Floats | None) -> Floats | None:
    if factor is None or other is None:
        return other if factor is None else factor
    return factor * other
