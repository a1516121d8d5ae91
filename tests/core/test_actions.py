"""Lists of actions against plain counts over the rows of small generated programmes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from loyalty_core.actions.action_lists import LISTS
from loyalty_core.actions.hold_out import held_out
from loyalty_core.actions.listing import Terms, expected_gain, listing, promised_together
from loyalty_core.actions.pooled_lift import pooled_lift
from loyalty_core.actions.sight import Sight
from loyalty_core.days import to_day
from loyalty_core.errors import InputError
from loyalty_core.histories import history_from_frames
from loyalty_core.portraits import portraits
from loyalty_core.rules.programme import Programme
from tests.core.generated import BEGIN, Case, generated
from tests.core.oracle import Programme as Oracle

SEEDS = range(4)
ON = BEGIN + timedelta(days=430)


def sight_of(case: Case) -> Sight:
    return Sight(portraits(case.history, case.programme, to_day(ON)), case.programme, to_day(ON))


def local_day(case: Case, instant) -> date:
    return instant.astimezone(case.programme.zone).date()


@pytest.mark.parametrize("seed", SEEDS)
def test_portraits_tell_what_plain_counting_finds(seed: int) -> None:
    case = generated(seed, members=16)
    plain, found = Oracle(case.rows, case.document), sight_of(case).portraits
    everybody = sorted(member for member in plain.members if plain.enrolled(member, ON))
    assert found["member_id"].astype(str).tolist() == everybody
    begin = ON - timedelta(days=364)
    for row in found.to_dict("records"):
        member = str(row["member_id"])
        bought = [one for one in case.rows["purchases"] if one["member_id"] == member]
        bought = [one for one in bought if begin <= local_day(case, one["occurred_at"]) <= ON]
        version = plain.version(member, ON)
        consent = version["consent"] if version else None
        assert row["revenue"] == sum(one["amount"] for one in bought)
        assert row["purchases"] == sum(one["kind"] == "sale" for one in bought)
        assert "members_" + row["state"] == plain.state(member, ON) or row["state"] == plain.state(member, ON)
        assert row["balance"] == plain.balance(member, ON)
        assert row["consent"] == {True: 1, False: 0, None: -1}[consent]
        planned = [one for one in case.rows["contacts"] if one["member_id"] == member]
        recent = [
            one
            for one in planned
            if one["arm"] == "treated" and local_day(case, one["planned_at"]) > ON - timedelta(days=30)
        ]
        assert row["contacts"] == len({one["contact_id"] for one in recent})


@pytest.mark.parametrize("seed", SEEDS)
def test_a_list_is_ranked_by_gain_and_holds_only_who_may_be_contacted(seed: int) -> None:
    sight, terms = sight_of(generated(seed, members=40)), Terms(lift=Decimal("0.035"), most_contacts=1)
    rows = sight.portraits.to_dict("records")
    for name, one in LISTS.items():
        concerned = np.flatnonzero(one.members(sight)).tolist()
        stake = one.stake(sight)
        may = [at for at in concerned if rows[at]["consent"] == 1 and rows[at]["contacts"] < 1]
        margin = Fraction(sight.programme.margin_share or 1)
        gain = {at: int(Fraction(int(stake[at])) * Fraction("0.035") * margin + Fraction(1, 2)) for at in may}
        found = listing(name, sight, terms)
        order = sorted(may, key=lambda at: (-gain[at], -int(stake[at]), str(rows[at]["member_id"])))
        assert found.rows.tolist() == order
        assert found.gain.tolist() == [gain[at] for at in found.rows.tolist()]
        assert found.concerned == len(concerned)


@pytest.mark.parametrize("seed", SEEDS)
def test_together_lists_promise_each_member_once_at_the_largest_gain(seed: int) -> None:
    sight, terms = sight_of(generated(seed, members=40)), Terms(lift=Decimal("0.035"))
    found = [listing(name, sight, terms) for name in LISTS]
    pairs = [pair for one in found for pair in zip(one.rows.tolist(), one.gain.tolist(), strict=True)]
    best = {member: max(gain for one, gain in pairs if one == member) for member, _gain in pairs}
    assert promised_together(found) == promised_together(found * 2) == sum(best.values()) > 0
    assert promised_together([one.first(0) for one in found]) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_on_a_list_is_whom_its_words_say(seed: int) -> None:
    case = generated(seed, members=40)
    sight, windows = sight_of(case), case.programme.lifecycle
    rows = sight.portraits.to_dict("records")

    def on(name: str) -> set[int]:
        return set(np.flatnonzero(LISTS[name].members(sight)).tolist())

    silent = {at for at, row in enumerate(rows) if row["state"] == "silent"}
    late = {at for at in silent if rows[at]["days_since_purchase"] + 30 > windows.silent_days}
    assert on("about_to_churn") == late and on("wake_up") == silent - late
    assert on("points_expiring") == {at for at, row in enumerate(rows) if row["points_due"] > 0}
    for name in ("wake_up", "about_to_churn", "points_expiring", "birthday", "near_upgrade", "about_to_drop"):
        for at in on(name):
            said = LISTS[name].reason(sight, at)
            assert "{" not in said.en + said.zh and "nan" not in said.en


def test_who_churns_within_thirty_days_is_no_longer_among_those_to_wake_up() -> None:
    sight = sight_of(generated(1, members=4))
    last = sight.programme.lifecycle.silent_days  # of being silent; churned from the next day on
    for since, name in ((last - 30, "wake_up"), (last - 29, "about_to_churn"), (last, "about_to_churn")):
        people = sight.portraits.assign(state="silent", days_since_purchase=since)
        silent = Sight(people, sight.programme, sight.day)
        for one in ("wake_up", "about_to_churn"):
            assert LISTS[one].members(silent).tolist() == [one == name] * len(people)


def test_points_are_due_that_are_gone_within_sixty_days() -> None:
    programme, today, joined = Programme(name="c"), pd.Timestamp(ON), pd.Timestamp(BEGIN)
    ahead = {"a": 0, "b": 1, "c": 60, "d": 61}
    earned = {"kind": "earn", "account": "points", "amount": 10, "occurred_at": today.tz_localize("UTC")}
    entries = pd.DataFrame({"member_id": list(ahead)}).assign(**earned)
    entries["expires_on"] = [today + pd.Timedelta(days=days) for days in ahead.values()]
    members = entries[["member_id"]].assign(valid_from=joined, joined_on=joined)
    history = history_from_frames({"members": members, "entries": entries}, programme)
    found = portraits(history, programme, to_day(ON))
    assert found["points_due"].tolist() == [0, 10, 10, 0]
    assert found["due_on"].tolist()[1:3] == [to_day(ON) + 1, to_day(ON) + 60]


def test_contacts_count_of_the_last_thirty_days_and_ahead_unless_held_out() -> None:
    programme, today, joined = Programme(name="c"), pd.Timestamp(ON), pd.Timestamp(BEGIN)
    ago = {"a": 30, "b": 29, "c": -1, "d": 1}
    contacts = pd.DataFrame({"contact_id": list(ago), "member_id": list(ago), "campaign_id": "k"})
    contacts["planned_at"] = [(today - pd.Timedelta(days=days)).tz_localize("UTC") for days in ago.values()]
    contacts["arm"] = ["treated", "treated", "treated", "held_out"]
    members = contacts[["member_id"]].assign(valid_from=joined, joined_on=joined)
    campaigns = pd.DataFrame({"campaign_id": ["k"], "kind": ["wake_up"], "starts_on": [joined]})
    told = {"members": members, "contacts": contacts, "campaigns": campaigns}
    found = portraits(history_from_frames(told, programme), programme, to_day(ON))
    assert found["contacts"].tolist() == [0, 1, 1, 0]


def test_a_birthday_is_met_within_thirty_days_whatever_the_year() -> None:
    sight = sight_of(generated(1, members=4))
    days = {1231: date(2024, 12, 31), 101: date(2025, 1, 1), 229: date(2025, 2, 28)}
    for written, birthday in days.items():
        for ahead in (0, 1, 30, 31):
            today = to_day(birthday - timedelta(days=ahead))
            people = sight.portraits.assign(birthday=written)
            expected = ahead if 1 <= ahead <= 30 else -1
            assert set(Sight(people, sight.programme, today).days_to_birthday.tolist()) <= {expected}


def test_a_gain_is_a_share_of_the_stake_rounded_once() -> None:
    stake = np.array([0, 1, 999, 12_345, 10**9])
    for lift, margin in (("0.02", "0.38"), ("0.0822", None), ("1", "1")):
        share = Fraction(lift) * Fraction(margin or 1)
        plain = [int(one * share + Fraction(1, 2)) for one in stake.tolist()]
        assert expected_gain(stake, Decimal(lift), Decimal(margin) if margin else None).tolist() == plain


def test_who_is_held_out_follows_from_list_and_member_alone() -> None:
    ids = [f"M{number:06d}" for number in range(20_000)]
    drawn = held_out(ids, "wake_up", 10)
    assert abs(drawn.mean() - 0.1) < 4 * (0.09 / len(ids)) ** 0.5
    assert held_out(ids[::-7], "wake_up", 10).tolist() == drawn[::-7].tolist()
    assert not (drawn & ~held_out(ids, "wake_up", 25)).any()
    other = held_out(ids, "birthday", 10)
    assert abs((drawn & other).mean() - 0.01) < 4 * (0.0099 / len(ids)) ** 0.5
    assert not held_out(ids, "wake_up", 0).any()


def test_campaigns_are_held_each_against_its_own_hold_out() -> None:
    alone = pooled_lift(*(np.array([one]) for one in (30, 200, 10, 100)))
    assert alone is not None and alone[0] == pytest.approx(30 / 200 - 10 / 100)
    spread = (0.15 * 0.85 / 200 + 0.1 * 0.9 / 100) ** 0.5  # of two independent shares
    assert alone[2] - alone[0] == pytest.approx(1.959964 * spread, rel=1e-6)
    # Two campaigns of equal lift and unequal rates: the pooled rates would say something else.
    both = pooled_lift(*(np.array(one) for one in ([60, 90], [100, 900], [50, 0], [100, 10])))
    assert both is not None and both[0] == pytest.approx(0.1)
    assert pooled_lift(*(np.array([one]) for one in (3, 10, 0, 0))) is None


def test_a_mistyped_list_or_term_is_one_clear_line() -> None:
    sight = sight_of(generated(1, members=4))
    with pytest.raises(InputError, match="wake_ip is no list; did you mean wake_up"):
        listing("wake_ip", sight, Terms(lift=Decimal(0)))
    with pytest.raises(InputError, match=r"lift 2: write a share from 0 to 1"):
        Terms(lift=Decimal(2))
    with pytest.raises(InputError, match="cap 0"):
        Terms(lift=Decimal(0), most_contacts=0)
