"""Purchases explained rule by rule, held against the ledger that a replay of the same lives writes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from loyalty_core.facts import EARN, ENTRY_KINDS
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.kernel.derived_frames import derived_frames
from loyalty_core.kernel.earning_explained import explain_earning
from loyalty_core.kernel.replay import replay
from loyalty_core.rules.programme import Programme, programme_from_dict
from loyalty_core.rules.versions import Versions
from tests.core.whole_programmes import Lives, whole_programmes


def with_tiers(facts: dict[str, pd.DataFrame], *versions: Programme) -> list[History]:
    """The facts as each version reads them, with the tiers that all of them imply."""
    history = history_from_frames(facts, versions[-1])
    ids = [np.full(len(table.member), "", object) for table in (history.purchases, history.activities)]
    tiers = derived_frames(replay(history, versions), history.members, *ids)["tier_changes"]
    return [history_from_frames(facts | {"tier_changes": tiers}, one) for one in versions]


@settings(max_examples=15, phases=[Phase.generate])
@given(whole_programmes(), st.integers(0, 10**6))
def test_what_is_explained_is_what_was_earned_and_names_every_rule(programme, seed) -> None:
    lives = Lives(seed, programme)
    facts = lives.history(programme, (0,))
    history = history_from_frames(facts, programme)
    entries, labels = (derived := replay(history, programme)).entries, derived.labels
    rows = range(len(history.purchases.member))
    found = explain_earning(with_tiers(facts, programme), Versions.of(programme), rows)
    rules = [rule for rule in programme.earning.all_rules if rule.when.event == "purchase"]
    earned: dict[tuple[int, str], int] = {}
    for n in range(len(entries.member)):
        if entries.kind[n] == ENTRY_KINDS.index(EARN) and entries.purchase[n] >= 0:
            account = labels["entries.account"][entries.codes["account"][n]]
            key = int(entries.purchase[n]), account
            earned[key] = earned.get(key, 0) + int(entries.amount[n])
    told = {(row, name): points for row, one in found.items() for name, points in one.points.items()}
    assert {key: points for key, points in told.items() if points} == earned
    refunds = {row for row in rows if history.purchases.refund[row]}
    assert not refunds & set(found)
    for row, one in found.items():
        assert one.day == history.purchases.day[row]
        names = [programme.rule_label(rule.name).en for rule in rules]
        assert [sentence.en.split(":")[0] for sentence in one.why] == names


def test_an_explanation_knows_what_caps_have_used_up_before() -> None:
    rule = {"name": "visit", "points": 5, "caps": {"month": 8}}
    programme = programme_from_dict({"name": "c", "earning": {"points_per_unit": 0, "rules": [rule]}})
    members = [{"member_id": "a", "valid_from": date(2024, 1, 1), "joined_on": date(2024, 1, 1)}]
    noons = pd.to_datetime(["2024-01-02 12:00", "2024-01-03 12:00", "2024-02-01 12:00"], utc=True)
    sales = {"purchase_id": ["p0", "p1", "p2"], "member_id": "a", "kind": "sale", "amount": 1}
    frames = {"members": pd.DataFrame(members), "purchases": pd.DataFrame({"occurred_at": noons, **sales})}
    found = explain_earning([history_from_frames(frames, programme)], Versions.of(programme), [0, 1, 2])
    assert [one.points["points"] for one in found.values()] == [5, 3, 5]
    assert "Its caps leave 3." in found[1].why[0].en and "计 3 分" in found[1].why[0].zh


def test_purchases_are_explained_by_the_rules_of_their_day() -> None:
    """Two points each and silver at 100; from February one point, but three for the star that 100 makes."""
    first, then = (
        programme_from_dict(
            {
                "name": "c",
                "tiers": [{"name": "member"}, {"name": top, "threshold": 100, "earn_percent": percent}],
                "earning": {"points_per_unit": rate},
            }
            | dated
        )
        for top, percent, rate, dated in (
            ("silver", 200, 2, {}),
            ("star", 300, 1, {"effective_on": date(2024, 2, 1)}),
        )
    )
    noons = pd.to_datetime(["2024-01-02 12:00", "2024-01-03 12:00", "2024-02-01 12:00", "2024-02-02 12:00"])
    sales = {"purchase_id": ["p0", "p1", "p2", "p3"], "member_id": "a", "kind": "sale", "amount": 10_000}
    facts = {"purchases": pd.DataFrame({"occurred_at": noons.tz_localize("UTC"), **sales})}
    found = explain_earning(with_tiers(facts, first, then), Versions.of([first, then]), range(4))
    assert [(one.tier, one.points["points"]) for one in found.values()] == [
        ("member", 200),
        ("silver", 400),
        ("member", 100),
        ("star", 300),
    ]
