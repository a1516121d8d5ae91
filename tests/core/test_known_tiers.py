"""Tiers that were renamed, replaced or given up: on the days before, members have them as they were."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from loyalty_core.counting.period_facts import period_facts
from loyalty_core.days import to_day
from loyalty_core.histories import history_from_frames
from loyalty_core.kernel.derived_frames import derived_frames
from loyalty_core.kernel.replay import replay
from loyalty_core.kernel.standing import standing
from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme, programme_from_dict
from loyalty_core.tiers.known_tiers import with_own_tiers

FIRST, LAST = date(2024, 1, 1), date(2024, 6, 30)
LOUNGE = {"benefits": [{"name": "lounge", "cost_per_month": 3}]}
SILVER, GOLD = {"name": "silver", "threshold": 100} | LOUNGE, {"name": "gold", "threshold": 300}
TOP = {"name": "top", "threshold": 900}
STAR, CLUB = {"name": "star", "threshold": 150}, {"name": "basic"}
# Silver makes way for star, top for nothing; then member is called basic.
VERSIONS = (
    {"tiers": [{"name": "member"}, SILVER, GOLD, TOP]},
    {"tiers": [{"name": "member"}, STAR, GOLD], "effective_on": "2024-03-10"},
    {"tiers": [CLUB, STAR, GOLD], "effective_on": "2024-05-20"},
)
LADDER = [["basic", "member"], ["silver"], ["star"], ["gold"], ["top"]]
MONTHS = [(date(2024, n, 1), date(2024, n + 1, 1) - timedelta(days=1)) for n in range(1, 7)]
MEMBERS = 30


def documents() -> list[Programme]:
    more = {"name": "club", "qualification": {"reviews": "monthly", "months": 2}}
    return [programme_from_dict(more | one) for one in VERSIONS]


@pytest.fixture(scope="module")
def told() -> tuple[Programme, dict[str, pd.DataFrame]]:
    """The latest programme, and the facts of members who buy as it comes, with the tiers that followed."""
    *earlier, programme = documents()
    random = np.random.default_rng(7)
    days = pd.Timestamp(FIRST, tz="UTC") + pd.to_timedelta(random.integers(0, 170, 200), unit="D")
    frames = {
        "members": pd.DataFrame(
            {"member_id": [f"m{n:02}" for n in range(MEMBERS)], "valid_from": FIRST, "joined_on": FIRST}
        ),
        "purchases": pd.DataFrame(
            {
                "purchase_id": [f"p{n}" for n in range(200)],
                "member_id": [f"m{n:02}" for n in random.integers(0, MEMBERS, 200)],
                "kind": "sale",
                "amount": random.choice([20_00, 110_00, 160_00, 900_00], 200),
                "occurred_at": days,
            }
        ),
    }
    history = history_from_frames(frames, programme)
    derived = replay(history, [*earlier, programme], to_day(LAST))
    changes = derived_frames(derived, history.members, frames["purchases"]["purchase_id"].to_numpy(object))
    frames["tier_changes"] = changes["tier_changes"]
    return programme.after(reversed(earlier)), frames


def tiers_of_members(frames) -> dict[str, list[tuple[date, str]]]:
    """The days on which each member moved, and where to, one after the other."""
    found: dict[str, list[tuple[date, str]]] = {}
    for row in frames["tier_changes"].sort_values("occurred_at").itertuples():
        found.setdefault(row.member_id, []).append((row.occurred_at.date(), row.to_tier))
    return found


def tier_at(moved: list[tuple[date, str]], day: date) -> str:
    return [tier for on, tier in moved if on <= day][-1]


def rung(tier: str) -> int:
    return next(n for n, names in enumerate(LADDER) if tier in names)


def counted(programme: Programme, frames, by: list[str], column: str) -> dict[tuple, int]:
    months = periods(to_day(FIRST), to_day(LAST), "month")
    facts = period_facts(history_from_frames(frames, programme), programme, months, by, columns=[column])
    keys = zip(facts["period_end"].dt.date, *(facts[name] for name in by), strict=True)
    return {key: int(value) for key, value in zip(keys, facts[column], strict=True) if value}


def test_tiers_keep_the_names_of_the_version_of_their_day_in_stocks_and_moves(told) -> None:
    programme, frames = told
    stocks, moves = Counter(), Counter()
    for first, last in MONTHS:
        eve = first - timedelta(days=1)
        for moved in tiers_of_members(frames).values():
            tier = tier_at(moved, last)
            stocks[last, tier] += 1
            before = tier_at(moved, eve) if eve >= FIRST else np.nan
            moves[last, before, tier] += 1
    assert counted(programme, frames, ["member_tier"], "members_enrolled") == stocks
    by = ["opening_tier", "member_tier"]
    found = counted(programme, frames, by, "members_by_tiers")
    assert {key: n for key, n in found.items() if key[0] != MONTHS[0][1]} == {
        key: n for key, n in moves.items() if key[0] != MONTHS[0][1]
    }
    assert {tier for _, tier in stocks} == {name for names in LADDER for name in names}


def test_higher_and_lower_are_told_across_versions_and_what_was_granted_still_costs(told) -> None:
    programme, frames = told
    ups, downs, cost = Counter(), Counter(), Counter()
    for first, last in MONTHS:
        up, down = set(), set()
        for row in frames["tier_changes"].itertuples():
            if first <= row.occurred_at.date() <= last and isinstance(row.from_tier, str):
                rise = rung(row.to_tier) - rung(row.from_tier)
                moved = up if rise > 0 else down if rise < 0 else set()
                moved.add(row.member_id)
        ups[last,], downs[last,] = len(up), len(down)
        held = [tier_at(moved, first) for moved in tiers_of_members(frames).values()]
        cost[last,] = 300 * held.count("silver")
    assert counted(programme, frames, [], "tier_upgrades") == +ups
    assert counted(programme, frames, [], "tier_downgrades") == +downs
    assert counted(programme, frames, [], "tier_benefit_cost") == +cost
    assert len(+ups) > 3 and len(+downs) > 1 and len(+cost) == 2


def test_each_tier_that_is_gone_stands_next_above_the_one_it_followed_and_the_lowest_are_alike(told) -> None:
    programme, _ = told
    assert [[tier.name for tier in rung] for rung in programme.rungs] == LADDER
    assert [tier.name for tier in programme.known_tiers] == [
        "basic",
        "star",
        "gold",
        "member",
        "silver",
        "top",
    ]
    assert programme.tier_ranks == (0, 2, 3, 0, 1, 4)
    renamed = programme_from_dict(
        {"name": "club", "tiers": [CLUB, STAR | {"formerly": ["silver"]}, GOLD]}
    ).after(reversed(documents()[:2]))
    assert [[tier.name for tier in rung] for rung in renamed.rungs] == [
        ["basic", "member"],
        ["star", "silver"],
        ["gold"],
        ["top"],
    ]
    alone = documents()[-1]
    assert alone.after([alone]) is alone and alone.known_tiers == alone.tiers


def test_standing_goes_on_from_tiers_that_are_gone_as_from_none(told) -> None:
    """A source that was never told of the new names: nobody may stand where there is no rule."""
    programme, frames = told
    old = frames["tier_changes"]
    frames = frames | {"tier_changes": old[old["occurred_at"] < "2024-03-10"]}
    history = history_from_frames(frames, programme)
    known = with_own_tiers(history, programme)
    assert (history.tier_changes.to_tier >= 3).any() and known.tier_changes.to_tier.max() == 2
    accounts = standing(history, programme, to_day(LAST))
    assert accounts.tier.max() <= 2
    now = {"tiers": [CLUB, STAR, GOLD | {"formerly": ["silver"]}]}
    renamed = programme_from_dict({"name": "club"} | now).after(reversed(documents()[:2]))
    silver = [tier.name for tier in renamed.known_tiers].index("silver")
    history = history_from_frames(frames, renamed)
    had = history.tier_changes.to_tier == silver
    assert had.any() and (with_own_tiers(history, renamed).tier_changes.to_tier[had] == 2).all()
