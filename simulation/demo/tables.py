"""The demo's facts as frames in the declared columns, table by table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.facts import TREATED
from simulation.demo import cards, contacts, coupons, deeds, ledger, people, sales, spare, suspects
from simulation.demo.coupons import NO_SALE, Coupons
from simulation.demo.people import People
from simulation.demo.spare import Spare
from simulation.demo.story import Demo, Part

Stage = tuple[str, Callable[[], pd.DataFrame]]


class Tables:
    """All that happened to the members of a part, each table made when it is asked for."""

    def __init__(self, part: Part) -> None:
        self.part = part

    @cached_property
    def people(self) -> People:
        return People(self.part)

    @cached_property
    def members(self) -> pd.DataFrame:
        return people.members(self.people)

    @cached_property
    def contacts(self) -> pd.DataFrame:
        return contacts.contacts(self.part, self.people)

    @cached_property
    def purchases(self) -> pd.DataFrame:
        """With what took something off their price, and what paid for them."""
        bought, paid, _ = self._bought
        used = np.flatnonzero(self._coupons.sale != NO_SALE)
        sale = self._coupons.sale[used]
        discount = bought["discount"].to_numpy(np.int64, copy=True)
        coupon = np.full(len(bought), None, object)
        discount[sale] += self._coupons.face[used]
        coupon[sale] = self.coupons["coupon_id"].to_numpy(object)[used]
        return bought.assign(
            discount=discount,
            coupon_id=coupon,
            paid_points=spare.paid_with_points(self.part, self.spare, paid),
            paid_stored_value=paid,
        )

    @cached_property
    def guests(self) -> pd.DataFrame:
        return sales.guests(self.part)

    @cached_property
    def coupons(self) -> pd.DataFrame:
        return self._coupons.frame()

    @cached_property
    def activities(self) -> pd.DataFrame:
        known = deeds.activities(self.part, self._bought[2])
        odd = deeds.within(self.part, suspects.odd_activities(self.part, known))
        return pd.concat([known, odd], ignore_index=True)

    @property
    def entries(self) -> pd.DataFrame:
        return self._ledger[0]

    @property
    def tier_changes(self) -> pd.DataFrame:
        return self._ledger[1]

    @cached_property
    def spare(self) -> Spare:
        return Spare(self.part)

    @cached_property
    def _bought(self) -> tuple[pd.DataFrame, Ints, Ints]:
        return sales.purchases(self.part, self.people), *cards.paid_by_card(self.part)

    @cached_property
    def _coupons(self) -> Coupons:
        return coupons.coupons(self.part, self.contacts, self._bought[0])

    @cached_property
    def _ledger(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        taken = ledger.rewards_taken(self.part)
        busy = pd.Index(self.part.population.ids).isin(
            self.purchases.loc[self.purchases["paid_points"] > 0, "member_id"]
        )
        odd = suspects.decisions(self.part, self.activities, self.spare, busy)
        frames = {name: getattr(self, name) for name in ("members", "purchases", "activities")}
        return ledger.ledger(self.part, frames, pd.concat([taken, odd], ignore_index=True))


OF_A_PART = ("members", "purchases", "guests", "entries", "tier_changes", "contacts", "coupons", "activities")


def stages(demo: Demo) -> list[Stage]:
    """Each table's rows, made when their turn comes, part by part; campaigns come last, with their costs."""
    told: list[pd.DataFrame] = []
    found: list[Stage] = []
    for part in demo.parts:
        found += _stages(Tables(part), told)
    found.append(("campaigns", lambda: contacts.campaigns(demo, pd.concat(told))))
    return found


def _stages(tables: Tables, told: list[pd.DataFrame]) -> Iterator[Stage]:
    """The tables of a part, which is forgotten after its last one."""
    held = [tables]

    def made(name: str) -> pd.DataFrame:
        frame: pd.DataFrame = getattr(held[0], name)
        if name == "contacts":
            told.append(frame.loc[frame["arm"] == TREATED, ["campaign_id", "channel"]])
        if name == OF_A_PART[-1]:
            held.clear()
        return frame

    for name in OF_A_PART:
        yield "purchases" if name == "guests" else name, partial(made, name)
