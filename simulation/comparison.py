"""What an experiment found: figures of two programmes at each period end, and their paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from loyalty_core.arrays import Floats
from loyalty_core.days import to_date
from loyalty_core.rewards.coupon_gifts import gives_coupons
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import looked_at_on_own_days, sells_tiers
from loyalty_core.text import Text
from simulation.evidence import Status
from simulation.findings import money_json, targets_json
from simulation.goals import Goals
from simulation.money import money
from simulation.outset import Outset
from simulation.owed import owed_otherwise
from simulation.scenario import Scenario
from simulation.stopping import CONFIDENCE
from simulation.unseen import NOTHING

# Of tiers that are given, no run knows how members come to them.
_NO_INVITATIONS = {
    "name": "given_tiers",
    "status": Status.ASSUMPTION.value,
    "source": "nobody is invited to a tier in a run; who has been keeps it for its term",
}
# How a scenario is run, what is told of it beside, and what its programme tells.
_HOW = {"name", "months", "replications", "seed", "tolerance", "desks", "changes"}
_TO_A_REVIEW = 366  # days that members look ahead
Pairs = dict[int, tuple["pd.Series[float]", "pd.Series[float]"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The replications that are ready; `pairs` has the figures of baseline and scenario by replication.

    Each is indexed by `KEYS`, in currency units, points, counts or shares; NaN where unknown. `desk_pairs`
    are those of the desks that either side has, by `desk_figures.KEYS`.
    """

    against: Scenario
    scenario: Scenario
    programmes: tuple[Programme, Programme]
    start: Outset
    pairs: Pairs = field(default_factory=dict)
    desk_pairs: Pairs = field(default_factory=dict)
    of_members: float = 1.0  # below 1 the figures rest on a sample of the members
    unseen: Sequence[Text] = ()  # what differs between the two and the runs are too short to show

    @property
    def baseline_values(self) -> pd.DataFrame:
        """Mean over replications and the interval of the mean, by `KEYS`."""
        return _estimated([pair[0] for pair in _in_order(self.pairs)])

    @property
    def scenario_values(self) -> pd.DataFrame:
        """As `baseline_values`."""
        return _estimated([pair[1] for pair in _in_order(self.pairs)])

    @property
    def differences(self) -> pd.DataFrame:
        """Scenario minus baseline within each replication: their mean and its 95 % t interval."""
        return _estimated([scenario - baseline for baseline, scenario in _in_order(self.pairs)])

    def desks(self) -> list[dict[str, Any]]:
        """How the desks keep up: a row for each figure over the whole run (`period_end` is None) and by
        month, with what it is on both sides and the difference."""
        if not self.desk_pairs:
            return []
        sides = list(zip(*_in_order(self.desk_pairs), strict=True))
        differences = [other - base for base, other in zip(*sides, strict=True)]
        tables = [_estimated(list(one)) for one in (*sides, differences)]
        return [
            {"period_end": key[0] or None, "desk": key[1], "figure": key[2]}
            | {
                name: _estimate(table.loc[key])
                for name, table in zip(("baseline", "scenario", "difference"), tables, strict=True)
            }
            for key in tables[0].index
        ]

    @property
    def money(self) -> list[float]:
        """By how much each replication is worth more under the scenario, in currency units."""
        base, other = self.programmes
        return [
            money(scenario, other) - money(baseline, base) for baseline, scenario in _in_order(self.pairs)
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values for machines and for keeping; `low` and `high` are null with one replication."""
        first_day, last_day = self.start.days
        effects = self.scenario.effects_of(self.start.effects).assumptions()
        return {
            "baseline": _side(self.against, self.baseline_values),
            "scenario": _side(self.scenario, self.scenario_values),
            "differences": _rows(self.differences),
            "money": money_json(self.money, self.scenario.tolerance, self.programmes[0]),
            "targets": targets_json(_in_order(self.pairs), self.programmes),
            "desks": self.desks(),
            "unseen": [asdict(words) for words in (*self.unseen, *self._met, *self._owed)],
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
                *(one for one in self.start.assumptions() if one["name"] not in self._idle),
                *([_NO_INVITATIONS] if self._has_invitations else []),
                *(one for one in effects if one["name"] not in self._idle),
            ],
        }

    @property
    def _owed(self) -> list[Text]:
        paths = (path for one in (self.against, self.scenario) for path in one.changed_paths)
        return owed_otherwise(_in_order(self.pairs), paths, self.programmes[0])

    @property
    def _met(self) -> list[Text]:
        """That nothing differs, where something was to."""
        said, before = (one.model_dump(exclude=_HOW) for one in (self.scenario, self.against))
        changes = said != before or self.programmes[0] != self.programmes[1]
        equal = (base.equals(other) for base, other in self.pairs.values())
        return [NOTHING] if changes and not self.unseen and all(equal) else []

    @property
    def _idle(self) -> set[str]:
        """What the result does not rest on, as neither programme has it."""
        sold = any(sells_tiers(one.tiers) for one in self.programmes)
        idle = set() if self._has_coupons else {"couponing"}
        idle |= set() if sold else {"subscribing", "fee_buying", "fee_renewing"}
        return idle | self._unfelt

    @property
    def _unfelt(self) -> set[str]:
        """Effects of reviews where none comes; rules that change later may bring some."""
        scenarios = self.against, self.scenario
        paths = (path for one in scenarios for later in one.later for path in later.changes)
        if any(path.startswith("qualification.") for path in paths):
            return set()
        begin, end = self.start.days
        awaited = any(_has_reviews(one, begin, end + _TO_A_REVIEW) for one in self.programmes)
        missed = any(Goals(one).are_missed and _has_reviews(one, begin, end) for one in self.programmes)
        return (set() if awaited else {"review_push"}) | (set() if missed else {"missed_low", "missed_high"})

    @property
    def _has_coupons(self) -> bool:
        lines = (line for one in (self.against, self.scenario) for line in one.campaigns)
        return any(map(gives_coupons, self.programmes)) or any(line.coupon for line in lines)

    @property
    def _has_invitations(self) -> bool:
        return any(tier.entry == "invitation" for one in self.programmes for tier in one.tiers)


def _has_reviews(programme: Programme, first_day: int, last_day: int) -> bool:
    """Whether tiers are looked at between two days, or on days of members' own."""
    rule = programme.qualification
    own = looked_at_on_own_days(programme.tiers, rule)
    return len(programme.tiers) > 1 and (own or len(rule.review_days(first_day, last_day)) > 0)


def _in_order(pairs: Pairs) -> list[tuple[pd.Series[float], pd.Series[float]]]:
    # Sums of floats depend on order: replications are ready in any.
    return [pairs[number] for number in sorted(pairs)]


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
        rows.append(row | _estimate({"mean": mean, "low": low, "high": high}))
    return rows


def _estimate(known: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _known(float(known[name])) for name in ("mean", "low", "high")}


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
