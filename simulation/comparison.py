"""What an experiment found: figures of two programmes at each period end, and their paired differences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from loyalty_core.days import to_date
from loyalty_core.rewards.coupon_gifts import gives_coupons
from loyalty_core.rules.programme import Programme
from simulation.effects import default_effects
from simulation.findings import money_json, targets_json
from simulation.money import money
from simulation.outset import Outset
from simulation.scenario import Scenario
from simulation.stopping import CONFIDENCE
from simulation.streams import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The replications that are ready; `pairs` has the figures of baseline and scenario by replication.

    Each is indexed by `KEYS`, in currency units, points, counts or shares; NaN where unknown.
    """

    against: Scenario
    scenario: Scenario
    programmes: tuple[Programme, Programme]
    start: Outset
    pairs: dict[int, tuple[pd.Series[float], pd.Series[float]]] = field(default_factory=dict)
    of_members: float = 1.0  # below 1 the figures rest on a sample of the members

    @property
    def baseline_values(self) -> pd.DataFrame:
        """Mean over replications and the interval of the mean, by `KEYS`."""
        return _estimated([pair[0] for pair in self._in_order()])

    @property
    def scenario_values(self) -> pd.DataFrame:
        """As `baseline_values`."""
        return _estimated([pair[1] for pair in self._in_order()])

    @property
    def differences(self) -> pd.DataFrame:
        """Scenario minus baseline within each replication: their mean and its 95 % t interval."""
        return _estimated([scenario - baseline for baseline, scenario in self._in_order()])

    @property
    def money(self) -> list[float]:
        """By how much each replication is worth more under the scenario, in currency units."""
        base, other = self.programmes
        return [money(scenario, other) - money(baseline, base) for baseline, scenario in self._in_order()]

    def to_json(self) -> dict[str, Any]:
        """Plain values for machines and for keeping; `low` and `high` are null with one replication."""
        first_day, last_day = self.start.days
        return {
            "baseline": _side(self.against, self.baseline_values),
            "scenario": _side(self.scenario, self.scenario_values),
            "differences": _rows(self.differences),
            "money": money_json(self.money, self.scenario.tolerance, self.programmes[0]),
            "targets": targets_json(self._in_order(), self.programmes),
            "seed": self.scenario.seed,
            "replications": len(self.pairs),
            "months": self.scenario.months,
            "from": to_date(first_day).isoformat(),
            "to": to_date(last_day).isoformat(),
            "data_to": to_date(first_day - 1).isoformat(),
            "members": len(self.start.members),
            "members_joining": len(self.start.joining),
            "scale": self.start.scale,
            "of_members": self.of_members,
            "assumptions": [
                *(one for one in self.start.assumptions() if one["name"] != "couponing" or self._has_coupons),
                *self.scenario.effects_of(default_effects()).assumptions(),
            ],
        }

    @property
    def _has_coupons(self) -> bool:
        lines = (line for one in (self.against, self.scenario) for line in one.campaigns)
        return any(map(gives_coupons, self.programmes)) or any(line.coupon for line in lines)

    def _in_order(self) -> list[tuple[pd.Series[float], pd.Series[float]]]:
        # Sums of floats depend on order: replications are ready in any.
        return [self.pairs[number] for number in sorted(self.pairs)]


def _estimated(samples: list[pd.Series[float]]) -> pd.DataFrame:
    """Mean, low and high for each figure, from the replications in which it is known."""
    table = pd.concat(samples, axis=1)
    values: Floats = table.to_numpy(np.float64)
    known = (~np.isnan(values)).sum(axis=1)
    mean = np.divide(np.nansum(values, axis=1), known, out=np.full(len(values), np.nan), where=known > 0)
    squares = np.nansum((values - mean[:, None]) ** 2, axis=1)
    half = np.full(len(values), np.nan)
    several = known > 1
    n = known[several]
    half[several] = stdtrit(n - 1, 0.5 + CONFIDENCE / 2) * np.sqrt(squares[several] / (n - 1) / n)
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half}, index=table.index)


def _side(scenario: Scenario, values: pd.DataFrame) -> dict[str, Any]:
    named = scenario.model_dump(mode="json", exclude={"months", "replications", "seed", "tolerance"})
    return {**named, "values": _rows(values)}


def _rows(estimates: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for (period_end, metric, tier), mean, low, high in estimates.itertuples(name=None):
        row: dict[str, Any] = {"period_end": period_end, "metric": metric}
        if tier:
            row["member_tier"] = tier
        rows.append(row | {"mean": _known(mean), "low": _known(low), "high": _known(high)})
    return rows


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
