"""What there is not enough of, as a scenario document writes it: budgets of rewards, and more in stock."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from loyalty_core.days import month_starts, to_date, to_day
from loyalty_core.errors import InputError
from loyalty_core.rules.document import Document
from loyalty_core.rules.programme import Programme
from simulation.limits import Replenishment, RewardBudget
from simulation.scenario_calendar import Day, Money, Named, Period


class BudgetLine(Period):
    """The most that rewards may cost in a time; of all of them or of some."""

    name: Named
    amount: Money
    rewards: tuple[Named, ...] = ()

    def budget(self, programme: Programme, where: str) -> RewardBudget:
        for reward in self.rewards:
            known_reward(programme, reward, where)
        first_day, last_day = self.days
        return RewardBudget(
            name=self.name,
            first_day=first_day,
            last_day=last_day,
            amount_minor=programme.minor(self.amount),
            rewards=self.rewards,
        )


class ReplenishmentLine(Document):
    """More pieces of a reward in stock, on a day or, with `repeat`, again and again up to the last day."""

    reward: Named
    pieces: int = Field(ge=1, le=10**9)
    first_day: Day
    last_day: Day | None = None
    repeat: Literal["once", "weekly", "monthly"] = "once"

    @model_validator(mode="after")
    def _until_when(self) -> Self:
        if (self.repeat == "once") != (self.last_day is None):
            raise ValueError("repeat: weekly or monthly goes with a last_day, and once without")
        if self.last_day is not None and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        return self

    def deliveries(self, programme: Programme, where: str) -> list[Replenishment]:
        """Each of them."""
        if known_reward(programme, self.reward, where).stock is None:
            raise InputError(f"{where}: {self.reward} is not limited: give rewards.{self.reward}.stock first")
        first_day = to_day(self.first_day)
        if self.repeat == "once" or self.last_day is None:
            days = [first_day]
        elif self.repeat == "weekly":
            days = list(range(first_day, to_day(self.last_day) + 1, 7))
        else:
            starts = month_starts(first_day - 31, to_day(self.last_day))
            days = [int(one) + self.first_day.day - 1 for one in starts]
            days = [one for one in days if to_date(one).day == self.first_day.day]
            days = [one for one in days if first_day <= one <= to_day(self.last_day)]
        return [Replenishment(reward=self.reward, day=day, pieces=self.pieces) for day in days]


def known_reward(programme: Programme, name: str, where: str) -> Any:
    """The reward of that name; InputError naming those there are."""
    found = next((reward for reward in programme.rewards if reward.name == name), None)
    if found is None:
        known = ", ".join(reward.name for reward in programme.rewards) or "none"
        raise InputError(f"{where}: there is no reward {name!r}; known: {known}")
    return found
