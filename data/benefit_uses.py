"""The benefits of tiers: who has them, who used them, and what those uses cost."""

from __future__ import annotations

import pandas as pd

from data.rollups.snapshot_facts import SnapshotFacts
from data.standing import OF_CROWD, STANDING, Where, asked, by_crowd
from loyalty_core.counting.membership_facts import BENEFIT
from loyalty_core.days import begin_of
from loyalty_core.rules.programme import Programme

# What tiers grant, and the uses by those whose tier of the day granted it.
_USED = f"""granted AS (
        SELECT unnest($tiers::TEXT[]) AS tier, unnest($benefits::TEXT[]) AS benefit,
            unnest($costs::BIGINT[]) AS cost
    ), acts AS (
        SELECT member_id, reference AS benefit,
            (date_trunc('day', occurred_at AT TIME ZONE $zone) + INTERVAL 1 DAY) AT TIME ZONE $zone
                AS closes_at
        FROM activities WHERE kind = '{BENEFIT}' AND occurred_at >= $begin AND occurred_at < $end
    ), used AS (
        SELECT acts.member_id, granted.benefit, count(*) AS uses, sum(cost)::BIGINT AS cost
        FROM acts ASOF JOIN tier_changes AS moves
            ON acts.member_id = moves.member_id AND moves.occurred_at < acts.closes_at
        JOIN granted ON granted.tier = moves.to_tier AND granted.benefit = acts.benefit GROUP BY ALL
    )"""
# Who has a benefit and who used it; `stands` is whether these are enrolled at the close.
_SQL = f""", {_USED} SELECT benefit, {OF_CROWD}, TRUE AS stands, count(*) AS members, 0 AS users, 0 AS uses,
        0 AS cost
    FROM {STANDING} JOIN granted USING (tier) GROUP BY ALL
    UNION ALL
    SELECT benefit, {OF_CROWD}, state IS NOT NULL AS stands, 0 AS members, count(*) AS users,
        sum(uses)::BIGINT AS uses, sum(cost)::BIGINT AS cost
    FROM used LEFT JOIN {STANDING} USING (member_id) GROUP BY ALL"""
_COUNTS = ["members", "users", "uses", "cost"]


def benefit_uses(facts: SnapshotFacts, day: int, where: Where, first: int) -> pd.DataFrame:
    """Each benefit, those used most first: benefit, members who have it at the close of `day`, and from day
    `first` to then its users, uses and what these cost (minor units).

    A use counts where the tier that the member has at the close of its day grants the benefit.
    """
    uses = by_crowd(facts, where, _by_benefit, day, first)
    sums = (uses[uses["stands"]] if where else uses).groupby("benefit")[_COUNTS].sum()
    granted = sorted(set(_granted(facts.programme)["benefits"]))
    rows = sums.reindex(pd.Index(granted, name="benefit", dtype="str"), fill_value=0).reset_index()
    return rows.sort_values(["uses", "benefit"], ascending=[False, True], ignore_index=True)


def _by_benefit(facts: SnapshotFacts, day: int, first: int) -> pd.DataFrame:
    return asked(facts, day, {}, _SQL, _given(facts.programme, day, first))


def uses_by_member(facts: SnapshotFacts, day: int, first: int) -> pd.DataFrame:
    """The uses of which `benefit_uses` tells: member_id, benefit, uses and what these cost (minor units)."""
    given = _given(facts.programme, day, first)
    return asked(facts, day, {}, f", {_USED} FROM used", given)


def _given(programme: Programme, day: int, first: int) -> dict[str, object]:
    zone = programme.zone
    days = {"begin": begin_of(first, zone), "end": begin_of(day + 1, zone), "zone": zone.key}
    return days | _granted(programme)


def _granted(programme: Programme) -> dict[str, list[object]]:
    """Tiers, the benefits that each grants, and what a use costs in minor units: as many of each."""
    rows = [
        (tier.name, benefit.name, programme.minor(benefit.cost_per_use))
        for tier in programme.tiers
        for benefit in tier.benefits
    ]
    tiers, benefits, costs = ([row[place] for row in rows] for place in range(3))
    return {"tiers": tiers, "benefits": benefits, "costs": costs}
