"""Segments of one's own: by conditions on what members are and do, all or any of which must hold, or a list
of members that somebody found."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator, model_validator

from loyalty_core.arrays import Flags
from loyalty_core.counting.lifecycle import ENROLLED, LABELS
from loyalty_core.documents import validated
from loyalty_core.names import near
from loyalty_core.rules.document import Document
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from loyalty_core.written import money_text

Comparison = Literal["at_least", "at_most", "is", "is_not"]
COMPARISONS: dict[Comparison, Text] = {
    "at_least": Text("at least", "不少于"),
    "at_most": Text("at most", "不多于"),
    "is": Text("is", "是"),
    "is_not": Text("is not", "不是"),
}
AMOUNTS: tuple[Comparison, ...] = ("at_least", "at_most")
WORDS: tuple[Comparison, ...] = ("is", "is_not")
LONGEST_LIST = 100_000  # members of one segment by name


@dataclass(frozen=True, slots=True)
class Trait:
    """What a condition may be about: a column of the portraits; `unit` is that of its values."""

    column: str
    label: Text
    unit: Literal["number", "money", "points", "label"]

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        return WORDS if self.unit == "label" else AMOUNTS


TRAITS: dict[str, Trait] = {
    one.column: one
    for one in (
        Trait("state", Text("Lifecycle", "生命周期"), "label"),
        Trait("tier", Text("Tier", "等级"), "label"),
        Trait("region", Text("Region", "地区"), "label"),
        Trait("channel", Text("Joining channel", "入会渠道"), "label"),
        Trait("store", Text("Home store", "所属门店"), "label"),
        Trait("gender", Text("Gender", "性别"), "label"),
        Trait("age", Text("Age", "年龄"), "number"),
        Trait("days_since_joining", Text("Days since joining", "入会天数"), "number"),
        Trait("days_since_purchase", Text("Days since the last purchase", "距上次消费天数"), "number"),
        Trait("purchases", Text("Purchases in 365 days", "近 365 天消费笔数"), "number"),
        Trait("revenue", Text("Spent in 365 days", "近 365 天消费额"), "money"),
        Trait("balance", Text("Points balance", "积分余额"), "points"),
        Trait("points_due", Text("Points gone within 60 days", "60 天内过期积分"), "points"),
        Trait("redeemed", Text("Points redeemed in 365 days", "近 365 天兑换积分"), "points"),
        Trait("stored_value", Text("Stored value", "储值余额"), "money"),
        Trait("activities", Text("Activities in 90 days", "近 90 天行为次数"), "number"),
        Trait("contacts", Text("Contacts in 30 days", "近 30 天触达次数"), "number"),
    )
}
_NAME = re.compile(r"[^.\s]([^.]*[^.\s])?")  # a full stop parts a segment's division from its name
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,4})?")
_BELOW_IS_UNKNOWN = frozenset({"age", "days_since_purchase"})


class Condition(Document):
    """One comparison; amounts in currency units and points, as shown."""

    trait: str
    comparison: Comparison
    value: str

    @field_validator("value", mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> str:
        return str(value)

    @model_validator(mode="after")
    def _fits(self) -> Condition:
        if self.trait not in TRAITS:
            raise ValueError(f"{self.trait} is nothing to compare; {near(self.trait, TRAITS)}")
        if self.comparison not in TRAITS[self.trait].comparisons:
            asked = " or ".join(TRAITS[self.trait].comparisons)
            raise ValueError(f"{self.trait} cannot be compared by {self.comparison}; use {asked}")
        if TRAITS[self.trait].unit != "label" and not _NUMBER.fullmatch(self.value):
            raise ValueError(f"{self.trait}: {self.value} is no number")
        return self


class OwnSegment(Document):
    """A segment as somebody wrote it: `all` of the conditions must hold, or `any`; or just these members."""

    name: str = Field(max_length=60)
    match: Literal["all", "any"] = "all"
    conditions: tuple[Condition, ...] = Field((), max_length=12)
    members: tuple[str, ...] = Field((), max_length=LONGEST_LIST)

    @field_validator("name")
    @classmethod
    def _nameable(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("give it a name without a full stop")
        return name

    @model_validator(mode="after")
    def _one_way(self) -> OwnSegment:
        if bool(self.conditions) == bool(self.members):
            raise ValueError("name conditions, or the members themselves")
        return self


def own_segment(document: dict[str, Any], where: str = "segment") -> OwnSegment:
    """The segment that the fields declare; InputError naming the field otherwise."""
    return validated(OwnSegment, document, where)


def members_of(one: OwnSegment, found: pd.DataFrame, programme: Programme) -> Flags:
    """Whose portraits the conditions hold of; what is unknown of a member meets none."""
    if one.members:
        return found["member_id"].isin(one.members).to_numpy(bool)
    met = [_met(condition, found, programme) for condition in one.conditions]
    held: Flags = np.all(met, axis=0) if one.match == "all" else np.any(met, axis=0)
    return held


def _met(condition: Condition, found: pd.DataFrame, programme: Programme) -> Flags:
    trait, column = TRAITS[condition.trait], found[condition.trait]
    if trait.unit == "label":
        same = (column == condition.value).to_numpy(bool)
        known: Flags = column.notna().to_numpy(bool)
        return known & (same if condition.comparison == "is" else ~same)
    values = column.fillna(-1).to_numpy(np.int64)
    known = values >= 0 if condition.trait in _BELOW_IS_UNKNOWN else np.ones(len(values), bool)
    least = _units(trait, programme)(Decimal(condition.value))
    held = values >= least if condition.comparison == "at_least" else values <= least
    return known & held


def _units(trait: Trait, programme: Programme) -> Callable[[Decimal], int | Decimal]:
    if trait.unit == "money":
        return programme.minor
    if trait.unit == "points":
        return programme.point_units
    return lambda value: value


def in_words(one: OwnSegment, programme: Programme) -> Text:
    """The rule as a sentence."""
    if one.members:
        listed = f"{len(one.members):,}"
        return Text(f"{listed} members, put on a list.", f"名单内 {listed} 名会员。")
    parts = [_said(condition, programme) for condition in one.conditions]
    english, chinese = (" and ", "，且") if one.match == "all" else (" or ", "，或")
    return Text(english.join(part.en for part in parts) + ".", chinese.join(part.zh for part in parts) + "。")


def _said(condition: Condition, programme: Programme) -> Text:
    trait, comparison = TRAITS[condition.trait], COMPARISONS[condition.comparison]
    value = _value_text(trait, condition.value, programme)
    return Text(f"{trait.label.en} {comparison.en} {value.en}", f"{trait.label.zh}{comparison.zh}{value.zh}")


def _value_text(trait: Trait, value: str, programme: Programme) -> Text:
    if trait.unit == "label":
        label = value_label(trait.column, value, programme)
        return Text(f"“{label.en}”", f"“{label.zh}”")
    if trait.unit == "money":
        amount = money_text(programme, programme.minor(value))
        return Text(amount.en, f" {amount.zh}")
    return Text(f"{Decimal(value):,}", f" {Decimal(value):,}")


def value_label(trait: str, value: str, programme: Programme) -> Text:
    """A value of a trait as people say it."""
    if trait == "tier":
        return programme.tier_label(value)
    if trait == "state":
        return next((LABELS[one] for one in ENROLLED if one.name.lower() == value), Text.same(value))
    return programme.data_label(value)
