"""The coupons of one member, written for reading; see `plain_member`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from loyalty_core.earning.earning_conditions import Events
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rewards.coupon_gifts import CouponGifts
from loyalty_core.rewards.coupons import Candidates, CouponRules
from loyalty_core.rewards.held_coupons import HeldCoupons
from loyalty_core.rules.programme import Programme

ONE = np.zeros(1, np.int64)


@dataclass
class Coupon:
    kind: int
    number: int
    issued_on: int
    expires_on: int
    used: bool = False


class PlainCoupons:
    """All that the member was ever given. `thinks_of` tells whether of a kind at a sale."""

    def __init__(self, write: Callable[..., None], thinks_of: Callable[[int, int], bool]) -> None:
        self.write, self.thinks_of = write, thinks_of
        self.given: list[Coupon] = []
        self.used_before: dict[int, int] = {}

    def hold(self, kinds: list[str], held: dict[str, HeldCoupons]) -> None:
        """What the only member of those brings along."""
        for kind, name in enumerate(kinds):
            if name in held:
                self.used_before[kind] = int(held[name].used[0])
                for number, (since, until) in enumerate(held[name].of(0)):
                    self.given.append(Coupon(kind, number, since, until))

    def read(self, programme: Programme, accounts: Accounts) -> None:
        self.kinds = [rule.name for rule in programme.coupons]
        self.gifts = CouponGifts(programme, accounts.labels)
        self.rules = CouponRules(programme, accounts.labels)

    def give(self, kind: int, day: int, at: int, campaign: int = -1) -> None:
        gone = int(self.gifts.expires_on(kind, np.array([day]))[0])
        coupon = Coupon(kind, len(self.of(kind)), int(day), gone)
        self.given.append(coupon)
        self.write("coupons", day, at, rule=kind, number=coupon.number, campaign=campaign, expires_on=gone)

    def of(self, kind: int) -> list[Coupon]:
        return [one for one in self.given if one.kind == kind]

    def enter(self, day: int, at: int, before: int, after: int) -> None:
        """Into a tier from another one, -1 on joining."""
        for kind, some in self.gifts.on_entering(ONE + before, ONE + after):
            for _ in some:
                self.give(kind, day, at)

    def deed(self, kind_of_deed: str, deed: Events, at: int, tier: np.ndarray, birthday: np.ndarray) -> None:
        for kind, some in self.gifts.for_deeds(kind_of_deed, deed, tier, birthday):
            for _ in some:
                self.give(kind, int(deed.day[0]), at)

    def off_minor(self, sale: Events, tier: np.ndarray, at: int, nth: int) -> int:
        """What the coupons that the member thinks of take off, the oldest of each kind; they are used."""
        day, brought = int(sale.day[0]), []
        for kind in range(len(self.kinds)):
            open_now = self._open(kind, day)
            if open_now and self.thinks_of(kind, nth):
                brought.append(open_now[0])
        if not brought:
            return 0
        choice = self.rules.choose(
            sale,
            tier,
            Candidates(
                purchase=np.zeros(len(brought), np.int64),
                rule=np.array([one.kind for one in brought]),
                issued_on=np.array([one.issued_on for one in brought]),
                used_before=np.array([self._used(one.kind) for one in brought]),
            ),
        )
        for coupon, off in zip(brought, choice.off_minor.tolist(), strict=True):
            if off:
                coupon.used = True
                self.write(
                    "coupon_uses", day, at, rule=coupon.kind, number=coupon.number, ordinal=nth, off=off
                )
        return int(choice.off_minor.sum())

    def _used(self, kind: int) -> int:
        return self.used_before.get(kind, 0) + sum(one.used for one in self.of(kind))

    def _open(self, kind: int, day: int) -> list[Coupon]:
        """In the order in which they were given; what stands behind one that lasts is looked at after it."""
        left = [one for one in self.of(kind) if not one.used]
        while left and left[0].expires_on <= day:
            left.pop(0)
        return left
