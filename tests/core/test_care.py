"""Care: habits that generated programmes hardly ever show."""

from __future__ import annotations

import numpy as np
import pandas as pd

from loyalty_core.counting.period_facts import period_facts
from loyalty_core.days import to_day
from loyalty_core.histories import history_from_frames
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

ANY = Programme(name="any")


def counted(days: dict[str, list[str]], *closes: str, left: dict[str, str] | None = None) -> pd.DataFrame:
    """The facts of one-day periods, where members signed in on those days of June 2026, twice a day."""
    members = [{"member_id": name, "valid_from": pd.Timestamp("2026-01-01"), "region": name} for name in days]
    for row in members:
        row["left_on"] = pd.Timestamp((left or {}).get(row["member_id"]))
    instants = [
        (name, pd.Timestamp(f"2026-06-{day}T{hour}:00Z"))
        for name, each in days.items()
        for day in each
        for hour in ("09", "12")
    ]
    activities = [{"member_id": name, "occurred_at": at, "kind": "sign_in"} for name, at in instants]
    frames = {"members": pd.DataFrame(members), "activities": pd.DataFrame(activities)}
    last = np.array([to_day(pd.Timestamp(f"2026-06-{day}").date()) for day in closes])
    return period_facts(history_from_frames(frames, ANY), ANY, Periods(last, last, int(last[0]) - 1))


def test_a_streak_is_seven_days_in_a_row_up_to_the_close():
    whole, late = [f"{day:02}" for day in range(1, 9)], [f"{day:02}" for day in range(3, 9)]
    days = {"a": whole, "b": late, "c": ["01", *late], "d": whole[:7]}
    facts = counted(days, "06", "07", "08", "09")
    assert facts["members_on_streak"].tolist() == [0, 2, 1, 0]
    assert facts["sign_in_days"].tolist() == [4, 4, 3, 0]


def test_two_members_days_make_no_streak_and_who_has_left_is_on_none():
    halves = {
        "a": ["01", "02", "03"],
        "b": ["04", "05", "06", "07"],
        "c": [f"{day:02}" for day in range(1, 8)],
    }
    assert counted(halves, "07")["members_on_streak"].tolist() == [1]
    assert counted(halves, "07", left={"c": "2026-06-07"})["members_on_streak"].tolist() == [0]
