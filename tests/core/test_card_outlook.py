"""What prepaid cards owe, held against a chain ladder worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from loyalty_core.counting.card_outlook import card_outlook
from loyalty_core.days import to_day
from loyalty_core.histories import history_from_frames
from loyalty_core.metrics.stored_value_metrics import CARDS_OWE
from loyalty_core.rules.programme import Programme

PROGRAMME = Programme(name="club", time_zone="Asia/Shanghai")
DAY = to_day(pd.Timestamp("2026-04-30").date())


def told(*entries: tuple[str, str, str, int], account: str = "stored_value", day: int = DAY) -> pd.DataFrame:
    """Of members, days, kinds and amounts in the account, beside bonus that is none of it."""
    rows = [("m", "2026-01-02", "earn", 7_000, "stored_value_bonus"), *((*one, account) for one in entries)]
    frame = pd.DataFrame(rows, columns=["member_id", "occurred_at", "kind", "amount", "account"])
    frame["occurred_at"] = pd.to_datetime(frame["occurred_at"] + " 04:00", utc=True)
    return card_outlook(history_from_frames({"entries": frame}, PROGRAMME), day)


def value(name: str, row: pd.DataFrame) -> float:
    return float(CARDS_OWE[name].value(row, PROGRAMME)[0])


# Each month another member tops up; half is used in that month and half of the rest in the next, so that
# the factors are 1.5 and, but for the last months' member who used a little more, 1.
USED_UP = [
    ("a", "2026-01-05", "earn", 10_000),
    ("a", "2026-01-20", "redeem", -5_000),
    ("a", "2026-02-10", "redeem", -2_500),
    ("b", "2026-02-05", "earn", 10_000),
    ("b", "2026-02-20", "redeem", -5_000),
    ("b", "2026-03-10", "redeem", -2_500),
    ("c", "2026-03-05", "earn", 10_000),
    ("c", "2026-03-20", "redeem", -5_000),
    ("c", "2026-04-10", "redeem", -2_500),
    ("d", "2026-04-05", "earn", 8_000),
    ("d", "2026-04-20", "redeem", -4_000),
]


def test_what_is_used_develops_by_month_of_topping_up() -> None:
    row = told(*USED_UP)
    # January's 7,500 stood still for two months and has no trend of factors to follow: the tail may take
    # all that is left of it, so that 7,500 ÷ 10,000 are developed at the last age seen.
    tail = 10_000 / 7_500
    expected = [2_500, *[7_500 * (tail - 1)] * 2, 4_000 * (1.5 * tail - 1)]
    assert value("stored_value_liability", row) == pytest.approx(sum(expected) / 100)
    left = (3 * 2_500 + 4_000) / 100
    assert value("stored_value_liability", row) + value("stored_value_breakage", row) == pytest.approx(left)


def test_cards_that_lie_idle_after_years_are_not_expected_to_be_used() -> None:
    months = pd.date_range("2023-01-05", "2026-03-05", freq="MS") + pd.Timedelta(days=4)
    rows = []
    for nth, month in enumerate(months):
        member = f"m{nth}"
        rows.append((member, f"{month:%Y-%m-%d}", "earn", 10_000))
        for age, part in enumerate((4_000, 2_000, 1_000, 500, 250, 125)):
            at = month + pd.DateOffset(months=age) + pd.Timedelta(days=10)
            if at <= pd.Timestamp("2026-04-30"):
                rows.append((member, f"{at:%Y-%m-%d}", "redeem", -(part + 7 * (nth % 3))))
    row = told(*rows)
    low, middle, high = (value(f"stored_value_liability{end}", row) for end in ("_low", "", "_high"))
    left = row["stored_value_left"].iloc[0] / 100
    assert 0 <= low <= middle <= high < left / 5
    assert value("stored_value_breakage", row) == pytest.approx(left - middle)
    assert value("stored_value_breakage_low", row) == pytest.approx(left - high)
    assert value("stored_value_breakage_high", row) == pytest.approx(left - low)


def test_all_is_owed_while_nobody_has_used_any() -> None:
    row = told(("a", "2026-01-05", "earn", 10_000), ("b", "2026-02-05", "earn", 500))
    assert value("stored_value_liability", row) == 105 and value("stored_value_breakage", row) == 0
    assert pd.isna(value("stored_value_liability_low", row))


def test_what_comes_later_is_not_known_yet() -> None:
    row = told(*USED_UP, day=to_day(pd.Timestamp("2026-01-31").date()))
    assert row["stored_value_left"].iloc[0] == 5_000


def test_without_cards_nothing_is_owed() -> None:
    row = told(("a", "2026-01-05", "earn", 10_000), account="points")
    assert value("stored_value_liability", row) == value("stored_value_breakage", row) == 0
