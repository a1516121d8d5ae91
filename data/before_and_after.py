"""What the same members did before the rules changed and after: a comparison, since all else changes, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data.rollups import SnapshotFacts
from data.standing import LAST_KNOWN, Where, conditions
from loyalty_core.days import begin_of, to_date
from loyalty_core.paired import Paired, paired
from loyalty_core.periods import year_earlier

LONGEST_DAYS, SHORTEST_DAYS = 90, 28  # of the spans before and after
MEASURES = ("bought", "purchases", "revenue", "earned", "redeemed", "risen", "fallen")

# Of each measure the sums over members of what each did before and after, and of the squares of the changes.
_SUMS = f"""WITH there AS (SELECT member_id FROM ({LAST_KNOWN}) WHERE {{there}}),
    deeds AS (
        SELECT member_id, occurred_at, unnest(['purchases', 'revenue']) AS measure,
            unnest([(kind = 'sale')::BIGINT, amount]) AS value
        FROM purchases SEMI JOIN there USING (member_id)
        UNION ALL BY NAME
        SELECT member_id, occurred_at, CASE kind WHEN 'earn' THEN 'earned' ELSE 'redeemed' END AS measure,
            abs(amount) AS value
        FROM entries SEMI JOIN there USING (member_id)
        WHERE account = 'points' AND kind IN ('earn', 'redeem')
        UNION ALL BY NAME
        SELECT member_id, occurred_at, 1 AS value,
            CASE WHEN list_position($tiers::TEXT[], to_tier) > list_position($tiers::TEXT[], from_tier)
                THEN 'risen' ELSE 'fallen' END AS measure
        FROM tier_changes SEMI JOIN there USING (member_id)
        WHERE from_tier IS NOT NULL AND to_tier IS NOT NULL AND from_tier <> to_tier
    ), each AS (
        SELECT measure, member_id, coalesce(sum(value) FILTER (occurred_at < $change), 0)::BIGINT AS before,
            coalesce(sum(value) FILTER (occurred_at >= $change), 0)::BIGINT AS after
        FROM deeds WHERE occurred_at >= $first AND occurred_at < $end GROUP BY ALL
    ), shares AS (
        FROM each WHERE measure NOT IN ('risen', 'fallen')
        UNION ALL BY NAME
        SELECT CASE measure WHEN 'purchases' THEN 'bought' ELSE measure END AS measure, member_id,
            (before > 0)::BIGINT AS before, (after > 0)::BIGINT AS after
        FROM each WHERE measure IN ('purchases', 'risen', 'fallen')
    ) SELECT measure, sum(before)::DOUBLE AS before, sum(after)::DOUBLE AS after,
        sum((after - before)::DOUBLE ** 2) AS squares, (SELECT count(*) FROM there) AS members
    FROM shares GROUP BY measure"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the same members did in so many days before and after a day, by measure, in minor units of money
    and point units; and how the same days a year earlier compare, empty where nothing is known of them."""

    days: int
    members: int
    measures: Mapping[str, Paired]
    a_year_earlier: Mapping[str, Paired]


def compared_around(facts: SnapshotFacts, day: int, where: Where, changed_on: int) -> Comparison | None:
    """The comparison around `changed_on` as known at the close of `day`, of members who were enrolled on all
    of those days; None where fewer than 28 days are known before or after, or too few members."""
    assert facts.days is not None
    days = min(LONGEST_DAYS, changed_on - facts.days[0], day + 1 - changed_on)
    if days < SHORTEST_DAYS:
        return None
    members, found = _around(facts, where, changed_on, days)
    then = int(year_earlier(changed_on))
    earlier = _around(facts, where, then, days)[1] if then - days >= facts.days[0] else {}
    return Comparison(days=days, members=members, measures=found, a_year_earlier=earlier) if found else None


def _around(facts: SnapshotFacts, where: Where, middle: int, days: int) -> tuple[int, Mapping[str, Paired]]:
    """Members, and their means before and after a day by measure; nothing of too few members."""
    first, last = to_date(middle - days), to_date(middle + days - 1)
    there = " AND ".join(
        [
            f"joined_on <= DATE '{first}' AND coalesce(left_on > DATE '{last}', TRUE)",
            *conditions(where),
        ]
    )
    begin, change, end = (
        begin_of(one, facts.programme.zone) for one in (middle - days, middle, middle + days)
    )
    tiers = [tier.name for tier in facts.programme.tiers]
    given = {"first": begin, "change": change, "end": end, "tiers": tiers}
    rows = facts.snapshot.arrow(_SUMS.format(there=there), given).to_pylist()
    members = rows[0]["members"] if rows else 0
    sums = {row.pop("measure"): row for row in rows}
    told = {name: paired(**sums[name]) for name in MEASURES if name in sums}
    return members, {name: one for name, one in told.items() if one is not None}
