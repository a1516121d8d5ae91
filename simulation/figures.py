"""What is counted of a run, and the figures compared: metrics by month, for all members and by tier."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import chain, product

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.counting.period_facts import PERIOD
from loyalty_core.metrics.dictionary import METRICS, Kind, columns_of, evaluate
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import sells_tiers
from simulation.arm import Arm
from simulation.counts import Counts, added
from simulation.journal import Facts
from simulation.shard import Shard
from simulation.tally import tallied

TIER = "member_tier"
KEYS = ["period_end", "metric", TIER]  # the tier is missing for figures of the whole programme
# Each of these is counted by events or by members at a close, so that the tiers add up to the whole.
COMPARED = (
    "revenue",
    "reward_cost",
    "redemption_rate",
    "points_issued",
    "points_redeemed",
    "points_expired",
    "points_adjusted",
    "points_outstanding",
    "purchases",
    "members_enrolled",
    "members_active",
    "members_silent",
    "members_churned",
    "tier_upgrades",
    "tier_downgrades",
)
COMPARED_OF_WAITING = ("points_pending",)
COMPARED_OF_COUPONS = ("discounts_given",)
COMPARED_OF_CARDS = ("stored_value_bonus_given",)
COMPARED_OF_FEES = ("membership_fees", "paid_share", "renewal_rate")
COMPARED_OF_CAMPAIGNS = ("campaign_cost",)
COMPARED_BY_TIER = ("tier_members", "tier_share")
_SOMETIMES = (
    *COMPARED_OF_WAITING,
    *COMPARED_OF_COUPONS,
    *COMPARED_OF_CARDS,
    *COMPARED_OF_FEES,
    *COMPARED_OF_CAMPAIGNS,
)
NEEDED = columns_of((*COMPARED, *_SOMETIMES, *COMPARED_BY_TIER))  # of period facts
# What these tell of all members; those that are not compared anyway only where they are asked for.
TOLD = tuple(name for name, metric in METRICS.items() if metric.per is None and metric.columns <= NEEDED)


def counts_of(part: Shard, facts: Facts, arm: Arm, months: Periods) -> Counts:
    """What happened in each month to the members of a part, and to the friends they brought: whole numbers,
    which add up over parts."""
    met = arm.programme, months, arm.plan.campaigns
    found = tallied(facts.population, part.past, facts, *met)
    counts = {name: found[name] for name in sorted(NEEDED)}
    if facts.friends is None:
        return counts
    brought = facts.friends
    friends = tallied(brought.population, None, brought, *met)
    return added([counts, {name: friends[name] for name in counts}])


def compared(arms: Sequence[Arm], asked: Collection[str] = ()) -> tuple[str, ...]:
    """The metrics compared for all members: `COMPARED`, what waits, coupons take off, cards give on top,
    members pay for tiers and campaigns cost where there are any, and of those `TOLD` what is asked or a
    programme has targets for."""
    waits = any(document.pending.days for arm in arms for _, document in arm.programmes)
    waiting = COMPARED_OF_WAITING if waits else ()
    coupons = COMPARED_OF_COUPONS if any(arm.gives_coupons for arm in arms) else ()
    cards = () if all(arm.behaviour.storing.nothing for arm in arms) else COMPARED_OF_CARDS
    fees = COMPARED_OF_FEES if any(sells_tiers(arm.programme.tiers) for arm in arms) else ()
    costly = any(one.cost_minor for arm in arms for one in arm.plan.campaigns)
    always = (*COMPARED, *waiting, *coupons, *cards, *fees, *(COMPARED_OF_CAMPAIGNS if costly else ()))
    aimed_at = {name for arm in arms for name in arm.programme.targets}
    return (*always, *sorted({*asked, *aimed_at}.intersection(TOLD).difference(always)))


def figures(
    counts: Counts, programme: Programme, months: Periods, scale: float, metrics: Sequence[str] = COMPARED
) -> pd.Series[float]:
    """Those metrics and those of each tier by `KEYS`: currency units, points, shares, or counts (`scale`
    times as many)."""
    ends = {name: pd.to_datetime(days.astype("datetime64[D]")) for name, days in _days(months)}
    whole = pd.DataFrame(ends | {name: values.sum(axis=1) for name, values in counts.items()})
    tiers = [tier.name for tier in programme.tiers]
    by_tier = pd.DataFrame(
        {name: np.repeat(days, len(tiers)) for name, days in ends.items()}
        | {TIER: np.tile(np.array(tiers, object), len(months))}
        | {name: values[:, 1:].ravel() for name, values in counts.items()}
    )
    asked = (whole, tuple(metrics)), (by_tier, COMPARED_BY_TIER)
    tables = [(evaluate(facts, names, programme), names) for facts, names in asked]
    values = [
        table[name].to_numpy(np.float64) * (1.0 if METRICS[name].kind is Kind.RATIO else scale)
        for table, names in tables
        for name in names
    ]
    closes = np.datetime_as_string(months.last.astype("datetime64[D]")).tolist()
    return pd.Series(np.concatenate(values), _keys(tuple(closes), tuple(metrics), tuple(tiers)))


@lru_cache(maxsize=16)  # replications ask alike, and what is alike is put beside each other by place
def _keys(ends: tuple[str, ...], metrics: tuple[str, ...], tiers: tuple[str, ...]) -> pd.MultiIndex:
    """`KEYS` of figures: metric by metric, period by period, those of tiers at the end."""
    of_all = product(metrics, ends, [""])
    of_tiers = product(COMPARED_BY_TIER, ends, tiers)
    rows = [(end, metric, tier) for metric, end, tier in chain(of_all, of_tiers)]
    return pd.MultiIndex.from_frame(pd.DataFrame(rows, columns=KEYS))


def _days(months: Periods) -> Iterable[tuple[str, Ints]]:
    return zip(PERIOD, (months.first, months.last), strict=True)
