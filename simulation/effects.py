"""The library of effects: how members respond to a programme, as data (effects.yaml), typed here.

Each number carries its 90 % range, source, status and a switch (model.md section 2). A scenario replaces
values or switches; calibration replaces what the programme's own history tells.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Self

from pydantic import Field, model_validator

from loyalty_core.documents import fields_of, validated
from loyalty_core.rules.document import Document
from simulation.evidence import Sourced, Status, Words

__all__ = ["Effect", "Effects", "Status", "Unit", "Words", "default_effects", "effects_from_yaml"]


_MOST = 1000


class Unit(StrEnum):
    """What an effect's number does."""

    MULTIPLIER = "multiplier"  # of a rate, an amount or a chance per purchase: 1 changes nothing
    ODDS = "odds"  # ratio of odds: 1 changes nothing
    GRADIENT = "gradient"  # of progress, added to 1 and multiplied with a rate: 0 changes nothing
    ELASTICITY = "elasticity"  # of a chance to a price, as the power of a ratio: 0 changes nothing
    SHARE = "share"  # of members, points or probability points: 0 changes nothing
    LIMIT = "limit"  # a bound up to which another effect reaches, as a share; has no neutral value
    MONTHS = "months"
    DAYS = "days"
    CYCLES = "cycles"  # a member's own usual gap between purchases

    @property
    def neutral(self) -> float | None:
        """The value that changes nothing; None for a setting of another effect."""
        if self in (Unit.MULTIPLIER, Unit.ODDS):
            return 1.0
        return 0.0 if self in (Unit.GRADIENT, Unit.ELASTICITY, Unit.SHARE) else None

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the most that it can be: no rate falls below 0, and none grows beyond measure."""
        if self is Unit.GRADIENT:
            return -1, _MOST
        if self is Unit.ELASTICITY:
            return 0, 20
        return 0, 1 if self in (Unit.SHARE, Unit.LIMIT) else _MOST


# Told of ledgers until the programme's own tell it: no run rests on them.
OF_LEDGERS = ("never_redeem", "breakage")


class Effect(Sourced):
    """One number of a response to the programme, the 90 % range of what is known, and a switch."""

    name: Words
    meaning: Words
    unit: Unit
    value: float = Field(allow_inf_nan=False)
    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)
    on: bool = True

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.high:
            raise ValueError("low must not be above high")
        if not self.on and self.unit.neutral is None:
            raise ValueError("a setting of another effect cannot be switched off; switch off that effect")
        least, most = self.unit.bounds
        if not least <= min(self.value, self.low) <= max(self.value, self.high) <= most:
            raise ValueError(f"{self.unit} must be from {least} to {most}")
        return self

    @property
    def size(self) -> float:
        """The value in force: the neutral one while switched off."""
        neutral = self.unit.neutral
        return self.value if self.on or neutral is None else neutral

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        return self.size != self.unit.neutral


class Effects(Document):
    """All of them, by key; words and evidence stand in effects.yaml."""

    programme_dropout: Effect
    programme_frequency: Effect
    programme_basket: Effect
    goal_gradient: Effect
    endowed_progress: Effect
    review_push: Effect
    review_push_gap: Effect
    review_push_window: Effect
    reached_low: Effect
    reached_high: Effect
    missed_low: Effect
    missed_high: Effect
    demotion: Effect
    demotion_high: Effect
    demotion_dropout: Effect
    response_heavy: Effect
    response_others: Effect
    response_half_life: Effect
    redemption_momentum: Effect
    momentum_cycles: Effect
    expiry_redemption: Effect
    expiry_window: Effect
    expiry_purchase: Effect
    saving_up: Effect
    tier_redemption: Effect
    wake_up: Effect
    win_back: Effect
    referral_retention: Effect
    never_redeem: Effect
    breakage: Effect
    fee_buying: Effect
    fee_renewing: Effect

    def items(self) -> list[tuple[str, Effect]]:
        """Key and effect, in the order of the library."""
        return [(key, getattr(self, key)) for key in type(self).model_fields]

    def assumptions(self) -> list[dict[str, object]]:
        """Those that change anything in a run, with range, status and source, for the reader of a result."""
        told = {"name", "value", "low", "high", "status", "source"}
        return [
            {
                **effect.model_dump(mode="json", include=told - {"name"}),
                "name": key,
                "label": effect.name.model_dump(),
            }
            for key, effect in self.items()
            if effect.active and effect.unit.neutral is not None and key not in OF_LEDGERS
        ]

    def with_values(self, **values: float) -> Effects:
        """These with other values; what they rest on stays said."""
        changed = {key: getattr(self, key).model_copy(update={"value": to}) for key, to in values.items()}
        return self.model_copy(update=changed)

    def only(self, *keys: str) -> Effects:
        """These with nothing on but those; who responds, and how long, stays as it is."""
        free = [
            key
            for key, effect in self.items()
            if effect.unit.neutral is not None and not key.startswith("response_")
        ]
        return self.switched(**{key: key in keys for key in free})

    def switched(self, **on: bool) -> Effects:
        """These with some switched on or off."""
        return self.model_copy(
            update={key: getattr(self, key).model_copy(update={"on": to}) for key, to in on.items()}
        )


def effects_from_yaml(text: str, where: str) -> Effects:
    """The effects that a document declares; InputError naming the field."""
    return validated(Effects, fields_of(text, where, "goal_gradient: …, expiry_redemption: …"), where)


@cache
def default_effects() -> Effects:
    """The library that comes with the product."""
    text = files("simulation").joinpath("effects.yaml").read_text(encoding="utf-8")
    return effects_from_yaml(text, "simulation/effects.yaml")
