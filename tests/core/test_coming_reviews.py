"""What the next reviews will bring, counted member by member."""

from __future__ import annotations

from collections import Counter

from loyalty_core.history_parts import as_of
from loyalty_core.portraits import portraits
from loyalty_core.tiers.coming_reviews import SOON_DAYS, coming_reviews
from tests.core.generated import generated


def test_members_about_to_be_reviewed_stay_or_fall() -> None:
    told = Counter[str]()
    for seed in range(3, 9):
        case = generated(seed, members=20)
        day = as_of(case.history)
        assert day is not None
        found = portraits(case.history, case.programme, day)
        rows = coming_reviews(found, case.programme, day).set_index("tier")
        assert list(rows.index) == [tier.name for tier in case.programme.tiers]
        for name, row in rows.iterrows():
            mine = [one for one in found.itertuples() if one.tier == name]
            soon = [one for one in mine if day < one.review_on <= day + SOON_DAYS]
            falling = sum(bool(one.near_downgrade) for one in soon)
            rising = sum(bool(one.near_upgrade) for one in mine)
            expected = (len(mine), len(soon), falling, len(soon) - falling, rising)
            assert tuple(row[["members", "reviewed", "falling", "staying", "rising"]]) == expected
            told.update({"reviewed": len(soon), "falling": falling, "rising": rising})
    assert min(told.values()) > 0 and len(told) == 3
