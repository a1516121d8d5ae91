"""Random numbers with an address: the draw for (seed, replication, purpose, member, ordinal).

A draw is a hash of its address (the SplitMix64 finaliser, Steele, Lea, Flood 2014), not the next value
of a generator. So two scenarios meet the same luck, and no result depends on the order in which
members are advanced, on shards, on workers, or on who else is in the programme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, betaln, gammaincinv, gammaln, ndtri

from loyalty_core.arrays import Floats, Ints

Keys = npt.NDArray[np.uint64]
Cubics = tuple[Floats, Floats, Floats, Floats]  # coefficients of each cell, of the highest power first

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: neighbouring ordinals land far apart
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_CELLS, _TAIL = 8192, 2.0**-9  # of the table of Gamma quantiles; what lies in a tail is inverted exactly


class Purpose(IntEnum):
    """What a draw decides. A number once given is never given to another purpose: results would change."""

    RATE = 1
    DROPOUT_RATE = 2
    SPEND_LEVEL = 3
    ALIVE = 4
    GAP = 5
    DROPOUT = 6
    AMOUNT = 7
    REDEMPTION = 8
    REFUND = 9
    REFUND_DELAY = 10
    NEVER_REDEEMS = 11
    JOINING = 12
    FIRST_PURCHASE = 13
    ARM = 14
    ATTRIBUTE = 20
    CHANNEL = 21
    STORE = 22
    CONTACT = 23
    GUEST = 24
    ACTIVITY = 25
    QUANTITY = 26
    JOINS_BUYING = 27
    LEAVING = 28
    CONFIRMING = 29
    CATEGORY = 30
    DISCOUNT = 31
    COUPON = 32
    TOP_UP = 33
    POINTS_AS_CASH = 34
    SIGN_IN = 35
    BRINGS_FRIEND = 36
    BENEFIT = 37
    SUSPECT = 39
    COMMON_SHOCK = 40
    CAMPAIGN_RETURN = 41
    RETURN_TIME = 42
    REFERRAL = 43
    SERVICE_TIME = 44
    ASKS_FOR_HELP = 45
    ASKS_AFTER = 46
    JOINS_AT_LEVEL = 47
    DEED_RATE = 48
    DEED_GAP = 49
    PAYS_WITH_POINTS = 50
    USES_COUPON = 51
    HOLDS_CARD = 52
    TOPS_UP = 53
    TOP_UP_SIZE = 54
    PAYS_BY_CARD = 55
    STANDS_FOR = 56
    SETTLES = 57
    LEFT_AT = 60
    LIFETIME = 61
    BUYS_TIER = 62
    RENEWS = 63
    RENEWS_ON = 64
    REFUNDED_PART = 65


@dataclass(frozen=True, slots=True)
class Streams:
    """All draws of one replication of a run; replication 0 also settles what is the same in all of them."""

    seed: int
    replication: int = 0

    def uniform(self, purpose: Purpose, keys: Keys, ordinal: Ints | int = 0) -> Floats:
        """A number strictly between 0 and 1 for each key; `ordinal` counts a member's draws of a purpose."""
        with np.errstate(over="ignore"):
            return _share(self.begun(purpose, keys) + _steps(ordinal))

    def begun(self, purpose: Purpose, keys: Keys) -> Keys:
        """The part of the hash that is the same for all draws of a purpose."""
        return _mixed(keys ^ _root(self.seed, self.replication, purpose))

    def exponential(self, purpose: Purpose, keys: Keys, ordinal: Ints | int = 0) -> Floats:
        """Exponential with mean 1."""
        return -np.log1p(-self.uniform(purpose, keys, ordinal))

    def gamma(
        self,
        purpose: Purpose,
        keys: Keys,
        shape: Floats | float,
        ordinal: Ints | int = 0,
        usual: float | None = None,
    ) -> Floats:
        """Gamma with scale 1; the `usual` shape of many is drawn faster."""
        return gamma_quantile(shape, self.uniform(purpose, keys, ordinal), usual)

    def beta(
        self, purpose: Purpose, keys: Keys, a: Floats, b: Floats, usual: tuple[float, float] | None = None
    ) -> Floats:
        """Beta, one draw for each key; the `usual` parameters of many are drawn faster."""
        return beta_quantile(a, b, self.uniform(purpose, keys), usual)

    def normal(self, purpose: Purpose, keys: Keys, ordinal: Ints | int = 0) -> Floats:
        """Standard normal."""
        return np.asarray(ndtri(self.uniform(purpose, keys, ordinal)), dtype=np.float64)

    def choice(self, purpose: Purpose, keys: Keys, shares: Floats, ordinal: Ints | int = 0) -> Ints:
        """The index of one of `shares` (which add up to 1) for each key."""
        steps = np.cumsum(shares)[:-1]
        return np.searchsorted(steps, self.uniform(purpose, keys, ordinal), side="right")


class Draws:
    """What several purposes draw for n members, time and again: what their addresses share is hashed once.

    The draws are those of `Streams.uniform`, each purpose at an ordinal so many ahead of the one asked for.
    """

    def __init__(self, streams: Streams, keys: Keys, purposes: Mapping[Purpose, int]) -> None:
        with np.errstate(over="ignore"):
            self._begun = [
                streams.begun(purpose, keys) + np.uint64(ahead) * _STEP for purpose, ahead in purposes.items()
            ]

    def uniform(self, who: Ints, ordinal: Ints) -> Floats:
        """For each purpose (rows) the draw of each member's `ordinal`."""
        hashed, nth = np.empty((len(self._begun), len(who)), np.uint64), _steps(ordinal)
        for row, begun in zip(hashed, self._begun, strict=True):
            np.add(begun[who], nth, out=row)
        return _share(hashed)


def member_keys(ids: Iterable[str]) -> Keys:
    """The 64-bit key of each member id, the same in every process, version and year (BLAKE2b)."""
    digests = b"".join(blake2b(str(one).encode(), digest_size=8).digest() for one in ids)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def gamma_quantile(shape: Floats | float, luck: Floats, usual: float | None = None) -> Floats:
    """Gamma with scale 1, by inversion: of one shape, or of one for each draw.

    Of one shape, and in an array where it is the `usual` one, from a table: rising as the quantile does,
    and off by less than 1e-7 of mean and value together.
    """
    if isinstance(shape, np.ndarray):
        quantile = np.empty(len(luck)) if usual is None else gamma_quantile(usual, luck)
        others = np.arange(len(luck)) if usual is None else np.flatnonzero(shape != usual)
        quantile[others] = gammaincinv(shape[others], luck[others])
        return quantile
    return _looked_up(
        _gamma_cubics(float(shape)), luck, lambda tails: np.asarray(gammaincinv(shape, tails), np.float64)
    )


def beta_quantile(a: Floats, b: Floats, luck: Floats, usual: tuple[float, float] | None = None) -> Floats:
    """Beta by inversion, one for each draw; where its parameters are the `usual` ones from a table."""
    if usual is None:
        return np.asarray(betaincinv(a, b, luck), np.float64)
    quantile = _looked_up(
        _beta_cubics(*usual), luck, lambda tails: np.asarray(betaincinv(*usual, tails), np.float64)
    )
    others = np.flatnonzero((a != usual[0]) | (b != usual[1]))
    quantile[others] = betaincinv(a[others], b[others], luck[others])
    return quantile


def _looked_up(cubics: Cubics, luck: Floats, exact: Callable[[Floats], Floats]) -> Floats:
    """The quantile at each luck, exact in the tails."""
    place = (luck - _TAIL) * (_CELLS / (1 - 2 * _TAIL))
    cell = np.minimum(place.astype(np.int64), _CELLS - 1)
    place -= cell
    cubed, squared, straight, begin = (row.take(cell, mode="clip") for row in cubics)
    quantile: Floats = cubed  # the sum begins with it, and grows where it stands
    for coefficient in (squared, straight, begin):
        quantile *= place
        quantile += coefficient
    if len(tails := (np.abs(luck - 0.5) >= 0.5 - _TAIL).nonzero()[0]):
        quantile[tails] = exact(luck[tails])
    return quantile


@lru_cache(maxsize=64)
def _gamma_cubics(shape: float) -> Cubics:
    luck = np.linspace(_TAIL, 1 - _TAIL, _CELLS + 1)
    quantile = np.asarray(gammaincinv(shape, luck), dtype=np.float64)
    return _cubics(quantile, np.exp(quantile - (shape - 1) * np.log(quantile) + gammaln(shape)))


@lru_cache(maxsize=16)
def _beta_cubics(a: float, b: float) -> Cubics:
    luck = np.linspace(_TAIL, 1 - _TAIL, _CELLS + 1)
    quantile = np.asarray(betaincinv(a, b, luck), dtype=np.float64)
    with np.errstate(divide="ignore"):  # where nearly nobody leaves the lowest quantiles are 0
        slope = np.exp(betaln(a, b) - (a - 1) * np.log(quantile) - (b - 1) * np.log1p(-quantile))
    return _cubics(quantile, slope)


def _cubics(quantile: Floats, slope: Floats) -> Cubics:
    """Coefficients of the cubics between the tails that have a quantile's values and slopes at each end."""
    slope = slope * ((1 - 2 * _TAIL) / _CELLS)
    rise, first, last = np.diff(quantile), slope[:-1], slope[1:]
    return first + last - 2 * rise, 3 * rise - 2 * first - last, first, quantile[:-1]


@lru_cache(maxsize=256)
def _root(seed: int, replication: int, purpose: Purpose) -> np.uint64:
    """What the addresses of all draws of a purpose have in common."""
    address = f"{seed}/{replication}/{purpose.value}"
    return np.uint64(int.from_bytes(blake2b(address.encode(), digest_size=8).digest(), "little"))


def _steps(ordinal: Ints | int) -> Keys:
    """How far a draw of that ordinal lies from where a member's draws of a purpose begin."""
    steps: Keys = (np.asarray(ordinal).astype(np.uint64) + np.uint64(1)) * _STEP
    return steps


def _share(place: Keys) -> Floats:
    """The number between 0 and 1 that is drawn at a place.

    52 bits and a half keep both ends out: 53 bits and a half would round up to 1.
    """
    share = (_mixed(place) >> np.uint64(12)).astype(np.float64)
    share += 0.5
    share *= 2.0**-52
    return share


def _mixed(state: Keys) -> Keys:
    state = state ^ (state >> np.uint64(30))
    state *= _FIRST
    state ^= state >> np.uint64(27)
    state *= _SECOND
    state ^= state >> np.uint64(31)
    return state
