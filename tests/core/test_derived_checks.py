"""What is derived passes every check, and is stale where the programme implies something else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from loyalty_core.checks.all_checks import CHECKS, findings
from loyalty_core.checks.evidence import Evidence
from loyalty_core.kernel.derived_frames import derived_frames
from loyalty_core.kernel.implied import implied
from loyalty_core.kernel.replay import replay
from loyalty_core.rules.programme import Earning, Expiry, Programme, Tier
from tests.core.checked_facts import PROGRAMME, Frames, clean, rows
from tests.core.drawn import FIRST, history_of, lives, programmes
from tests.core.test_replay import LAST, to_number

IMPLIED = "derived_rows_are_those_that_the_programme_implies"
IMPLYING = PROGRAMME.model_copy(update={"expiry": Expiry(months=2)})


def derived_facts(programme: Programme = IMPLYING) -> Frames:
    """Purchases of two members with the ledger and the tiers that the programme implies."""
    frames = {name: clean()[name] for name in ("members", "purchases", "activities")}
    derived, history = implied(frames, [programme])
    # Guests come first in a history, then each member's by time.
    ids = frames["purchases"].sort_values(["member_id", "occurred_at"], na_position="first")["purchase_id"]
    rows = derived_frames(derived, history.members, ids.to_numpy(object))
    return frames | {name: frame.assign(derived=True) for name, frame in rows.items()}


def stale(frames: Frames, programme: Programme = IMPLYING) -> list[list[str]]:
    check = next(check for check in CHECKS if check.name == IMPLIED)
    rows = check.offending(Evidence(frames, programme))
    return sorted(rows[["table", "member_id", "row"]].to_numpy().tolist()) if len(rows) else []


def test_what_the_programme_implies_is_not_stale() -> None:
    frames = derived_facts()
    assert set(frames["entries"]["kind"]) == {"earn", "expire"}
    assert stale(frames) == []
    shuffled = {name: frame.sample(frac=1, random_state=7) for name, frame in frames.items()}
    assert stale(shuffled) == []


def test_what_cards_took_and_gave_back_is_implied_around_what_was_adjusted() -> None:
    """1,000 put on, 300 paid, 50 taken by hand, the rest paid out."""
    facts = {
        "purchases": rows(
            "purchase_id member_id kind occurred_at amount paid_stored_value",
            ("p", "ann", "sale", "2022-03-02T12:00", 300, 300),
        ),
        "activities": rows(
            "activity_id member_id kind occurred_at value",
            ("in", "ann", "top_up", "2022-03-02T11:00", 1000),
            ("out", "ann", "pay_out", "2022-03-04T12:00", None),
        ),
        "entries": rows(
            "entry_id member_id account kind amount occurred_at",
            ("by hand", "ann", "stored_value", "adjust", -50, "2022-03-03T12:00"),
        ),
    }
    derived, history = implied(facts, [IMPLYING])
    ids = (np.array(names, object) for names in (["p"], ["in", "out"]))
    made = derived_frames(derived, history.members, *ids)
    card = made["entries"].query("account == 'stored_value'")
    assert card[["kind", "amount", "reference"]].to_numpy().tolist() == [
        ["earn", 1000, "in"],
        ["redeem", -300, "p"],
        ["adjust", -650, "out"],
    ]
    told = {name: frame.assign(derived=True) for name, frame in made.items()}
    told["entries"] = pd.concat([facts["entries"].assign(derived=False), told["entries"]], ignore_index=True)
    assert stale(facts | told) == []
    assert [row[2] for row in stale(facts | told | {"entries": told["entries"].iloc[:-1]})] == ["missing"]


def test_rows_of_another_programme_are_stale() -> None:
    earlier = IMPLYING.model_copy(update={"tiers": (Tier(name="member"), Tier(name="gold", threshold=60))})
    assert stale(derived_facts(), earlier) == []  # nobody spent between 60 and 100
    higher = IMPLYING.model_copy(update={"tiers": (Tier(name="member"), Tier(name="gold", threshold=101))})
    assert ["tier_changes", "ann", "not implied"] in stale(derived_facts(), higher)
    renamed = IMPLYING.model_copy(update={"tiers": (Tier(name="member"), Tier(name="star", threshold=100))})
    both = [row for row in stale(derived_facts(), renamed) if row[0] == "tier_changes"]
    assert {row for _, _, row in both} == {"missing", "not implied"}
    generous = IMPLYING.model_copy(update={"earning": Earning(points_per_unit=2)})
    assert {table for table, *_ in stale(derived_facts(), generous)} == {"entries"}


@pytest.mark.parametrize("column", ["occurred_at", "amount", "kind", "expires_on"])
def test_each_part_of_a_derived_entry_counts(column: str) -> None:
    frames = derived_facts()
    other = {"occurred_at": pd.Timestamp("2022-01-02", tz="UTC"), "amount": 1, "kind": "adjust"}
    row = frames["entries"].index[frames["entries"]["kind"] == "earn"][0]
    frames["entries"].loc[row, column] = other.get(column, pd.Timestamp("2030-01-01"))
    assert [found[2] for found in stale(frames)] == ["missing", "not implied"]


def test_a_derived_row_that_is_missing_or_there_twice_is_found() -> None:
    frames = derived_facts()
    gone = frames | {"entries": frames["entries"].iloc[1:]}
    assert [row[2] for row in stale(gone)] == ["missing"]
    twice = frames | {"entries": pd.concat([frames["entries"], frames["entries"].iloc[:1]])}
    assert [row[2] for row in stale(twice)] == ["not implied"]
    none = frames | {"entries": frames["entries"].iloc[:0]}
    assert {(table, row) for table, _, row in stale(none)} == {("entries", "missing")}


def test_a_ledger_of_the_source_is_not_held_against_the_programme() -> None:
    frames = derived_facts()
    own = frames["entries"].assign(derived=[False] + [True] * (len(frames["entries"]) - 1), amount=7)
    assert stale(frames | {"entries": own}) == []
    assert stale({name: frame.assign(derived=False) for name, frame in frames.items()}) == []


@settings(max_examples=10, phases=[Phase.generate])
@given(st.data())
def test_what_is_derived_passes_every_check_of_ledger_and_tiers(data) -> None:
    programme = data.draw(programmes())
    members, purchases = data.draw(lives(programme))
    history = history_of(members, purchases, programme.time_zone)
    derived = replay(history, programme, to_number(LAST))
    ids = [f"p{place}" for place in range(len(purchases))]
    frames = dict(derived_frames(derived, history.members, ids))
    frames["members"] = pd.DataFrame(
        {
            "member_id": history.members.ids,
            "valid_from": pd.Timestamp(FIRST),
            "joined_on": [pd.Timestamp(joined) for joined, _ in members],
            "left_on": [pd.Timestamp(left) if left else pd.NaT for _, left in members],
        }
    )
    for finding in findings(frames, programme):
        assert finding.rows.empty, finding.check.name
