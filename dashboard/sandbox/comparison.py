"""A finished or partial what-if as its page reads it: estimates by metric and tier, over time and in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Side = Literal["baseline", "scenario", "differences"]
Row = Mapping[str, Any]

# The metrics that are told of every what-if, one below the other.
TABLED = (
    "revenue",
    "membership_fees",
    "reward_cost",
    "discounts_given",
    "stored_value_bonus_given",
    "campaign_cost",
    "redemption_rate",
    "points_issued",
    "points_redeemed",
    "points_expired",
    "points_adjusted",
    "points_outstanding",
    "points_pending",
    "purchases",
    "members_active",
    "members_silent",
    "members_churned",
    "paid_share",
    "renewal_rate",
    "tier_upgrades",
    "tier_downgrades",
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over replications and its 95 % interval; None where unknown."""

    mean: float | None
    low: float | None
    high: float | None

    @property
    def values(self) -> tuple[float | None, float | None, float | None]:
        """All that is said of it."""
        return self.mean, self.low, self.high

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves nought out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    @property
    def is_of_one_run(self) -> bool:
        """Whether nothing can be said yet of how sure the mean is."""
        return self.mean is not None and self.half_width is None

    @property
    def half_width(self) -> float | None:
        """What stands behind ±."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


UNKNOWN = Estimate(None, None, None)


@dataclass(frozen=True, slots=True)
class Found:
    """The document that a simulation leaves in its run."""

    document: Mapping[str, Any]

    @property
    def period_ends(self) -> list[date]:
        """The last day of each month simulated."""
        return [
            date.fromisoformat(day)
            for day in dict.fromkeys(r["period_end"] for r in self._monthly("differences"))
        ]

    @property
    def replications(self) -> int:
        """How many are behind the figures."""
        return int(self.document["replications"])

    @property
    def gain(self) -> Estimate:
        """What it is worth over the whole span beside what is in force, in currency units."""
        return _estimate(self.document["money"])

    @property
    def changes_nothing(self) -> bool:
        """Whether every difference is exactly nought."""
        rows = [*self._monthly("differences"), *self.document["horizon"]["differences"]]
        return all(row["mean"] in (None, 0) for row in rows)

    def has(self, metric: str) -> bool:
        """Whether the metric is known for both sides at all."""
        return self.in_all("differences", metric).mean is not None

    def by_month(self, side: Side, metric: str, tier: str | None = None) -> list[Estimate]:
        """An estimate per month."""
        found = {row["period_end"]: _estimate(row) for row in _of(self._monthly(side), metric, tier)}
        return [found.get(day.isoformat(), UNKNOWN) for day in self.period_ends]

    def in_all(self, side: Side, metric: str, tier: str | None = None) -> Estimate:
        """Flows over the whole horizon, stocks and shares at its close."""
        return next((_estimate(row) for row in _of(self.document["horizon"][side], metric, tier)), UNKNOWN)

    def _monthly(self, side: Side) -> Sequence[Row]:
        rows = self.document[side]
        return rows if side == "differences" else rows["values"]


def _of(rows: Sequence[Row], metric: str, tier: str | None) -> list[Row]:
    return [row for row in rows if row["metric"] == metric and row.get("member_tier") == tier]


def _estimate(row: Row) -> Estimate:
    return Estimate(row["mean"], row["low"], row["high"])
