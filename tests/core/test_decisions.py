"""Points adjusted, moved and pooled: the lines told are what was done, and nothing comes from nowhere."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from loyalty_core.days import NEVER, to_date, to_day
from loyalty_core.errors import InputError
from loyalty_core.histories import history_from_frames
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.decisions import Line, adjusted, moved, pooled
from loyalty_core.kernel.standing import enrolled, standing
from loyalty_core.points.wallet import Wallet
from loyalty_core.rules.programme import Programme
from tests.core.test_whole_programme import LAST, derived_of
from tests.core.whole_programmes import Lives, whole_programmes

DAY = to_day(LAST)
LOTS = ((40, 5), (60, 3), (int(NEVER), 9))  # the day they are gone, points


def decided(accounts: Accounts, lot: Random) -> list[Line]:
    """One decision by lot, about as many points as there are."""
    giver, taker = lot.sample(range(accounts.n), 2)
    there = max(int(accounts.balance[giver]), 0)
    kind = lot.choice(["give", "take", "move", "pool"])
    if kind == "give":
        return adjusted(accounts, DAY, giver, lot.choice([1, 70]))
    if kind == "take":
        return adjusted(accounts, DAY, giver, -lot.randint(1, there)) if there else []
    if kind == "move":
        return moved(accounts, DAY, giver, taker, lot.randint(1, there)) if there else []
    others = [member for member in range(accounts.n) if member != taker]
    return pooled(accounts, DAY, others, taker)


def held(wallet: Wallet) -> tuple:
    """What a ledger has to tell again: balances, what waits and is owed, and the lots by their expiry."""
    lots: Counter = Counter()
    open_lots = wallet.open(np.arange(len(wallet.balance)))
    for member, gone, points in zip(open_lots.member, open_lots.day, open_lots.points, strict=True):
        lots[int(member), int(gone)] += int(points)
    return wallet.balance.tolist(), wallet.pending.tolist(), wallet.owed.tolist(), lots


@settings(max_examples=12, phases=[Phase.generate])
@given(whole_programmes(), st.integers(0, 10**6))
def test_a_ledger_with_the_lines_tells_what_was_decided(programme: Programme, seed: int) -> None:
    lives, lot = Lives(seed, programme), Random(seed)
    facts = lives.history(programme)
    facts |= derived_of(programme, lives)
    history = history_from_frames(facts, programme)
    who = enrolled(history.members, DAY)
    if len(who) < 2:
        return
    accounts = standing(history, programme, DAY)
    total = int((accounts.balance + accounts.pending).sum())
    lines = decided(accounts, lot)
    given_or_taken = sum(line.points for line in lines if line.kind == "adjust")
    assert int((accounts.balance + accounts.pending).sum()) == total + given_or_taken
    assert sum(line.points for line in lines if line.kind == "transfer") == 0
    night = datetime(LAST.year, LAST.month, LAST.day, tzinfo=programme.zone) + timedelta(days=1)
    told = pd.DataFrame(
        {
            "entry_id": [f"by hand {number}" for number in range(len(lines))],
            "member_id": [history.members.ids[who[line.member]] for line in lines],
            "account": "points",
            "kind": [line.kind for line in lines],
            "amount": [line.points for line in lines],
            "occurred_at": pd.Timestamp(night.astimezone(UTC)) - pd.Timedelta(microseconds=1),
            "available_on": [line.available_on and to_date(line.available_on) for line in lines],
            "expires_on": [None if line.expires_on == NEVER else to_date(line.expires_on) for line in lines],
        }
    )
    entries = pd.concat([facts["entries"], told], ignore_index=True)
    again = standing(history_from_frames(facts | {"entries": entries}, programme), programme, DAY)
    assert held(again.points) == held(accounts.points)


@pytest.fixture
def two() -> Accounts:
    """Two members, of whom the first holds the lots."""
    accounts = Accounts(Programme(name="c", expiry={"months": 1}), np.zeros(2, np.int32))
    for gone, points in LOTS:
        accounts.points.credit(
            np.array([0]), np.array([1], np.int32), np.array([points]), np.array([gone], np.int32)
        )
    return accounts


def lots_of(lines: list[Line], member: int) -> list[tuple[int, int]]:
    return [(line.expires_on, line.points) for line in lines if line.member == member]


def test_what_is_moved_leaves_the_oldest_lots_and_keeps_their_dates(two: Accounts) -> None:
    lines = moved(two, 10, 0, 1, 6)
    assert lots_of(lines, 0) == [(40, -5), (60, -1)]
    assert lots_of(lines, 1) == [(40, 5), (60, 1)]
    assert two.balance.tolist() == [11, 6]


def test_what_is_given_expires_as_if_earned_and_what_is_taken_names_its_lots(two: Accounts) -> None:
    assert lots_of(adjusted(two, 10, 1, 4), 1) == [(41, 4)]  # on 11 February 1970
    assert lots_of(adjusted(two, 10, 0, -10), 0) == [(40, -5), (60, -3), (int(NEVER), -2)]


def test_no_more_is_taken_or_moved_than_there_is(two: Accounts) -> None:
    for deciding in (lambda: adjusted(two, 10, 0, -18), lambda: moved(two, 10, 0, 1, 18)):
        with pytest.raises(InputError, match="only 17 points are there; take no more than these"):
            deciding()
    assert two.balance.tolist() == [17, 0]


def test_pooling_brings_what_waits_and_what_is_owed(two: Accounts) -> None:
    who, on = np.array([1]), np.array([1], np.int32)
    two.points.take_back(who, np.array([4]), np.array([-1], np.int32), claw_back="allow_negative")
    two.points.credit(who, on, np.array([8]), np.array([90], np.int32), np.array([20], np.int32))
    lines = pooled(two, 10, [1], 0)
    assert [(line.member, line.points, line.expires_on, line.available_on) for line in lines] == [
        (1, -8, 90, 20),
        (0, 8, 90, 20),
        (0, -4, int(NEVER), None),
        (1, 4, int(NEVER), None),
    ]
    assert (two.balance.tolist(), two.pending.tolist()) == ([13, 0], [8, 0])


def test_status_points_that_are_decided_count_up_to_the_day_of_leaving() -> None:
    tiers = ({"name": "member"}, {"name": "silver", "reach": {"at_least": {"status_points": 10}}})
    joined_on, left_on = np.zeros(2, np.int32), np.full(2, 50, np.int32)
    accounts = Accounts(Programme(name="c", tiers=tiers), joined_on, left_on)
    day, never, points = np.array([50, 51], np.int32), np.full(2, NEVER), np.array([10, 10])
    assert accounts.decide(np.arange(2), day, points, "status", never, day).tolist() == [1, 0]
