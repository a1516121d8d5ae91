"""Whole programmes replayed: the arrays against one member after the other in plain Python."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import numpy as np
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from loyalty_core.days import to_day
from loyalty_core.histories import history_from_frames
from loyalty_core.kernel.derived_frames import derived_frames
from loyalty_core.kernel.replay import Replay, replay
from loyalty_core.kernel.standing import enrolled, standing
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.versions import Versions
from tests.core.drawn import FIRST
from tests.core.plain_membership import PlainMembership
from tests.core.whole_programmes import Lives, whole_programmes

LAST = FIRST + timedelta(days=900)
QUICKLY = [Phase.reuse, Phase.generate]  # lives are drawn by number, which shrinks to nothing simpler
seeds = st.integers(0, 10**6)


def derived_of(
    programme: Programme | tuple[Programme, ...], lives: Lives, which: tuple[int, ...] = (0, 1, 2)
) -> dict[str, pd.DataFrame]:
    """The derived tables of some of the members, as they would be stored."""
    frames = lives.history(programme, which)
    history = history_from_frames(frames, programme[0] if isinstance(programme, tuple) else programme)
    ids = []
    for name, column in (("purchases", "purchase_id"), ("activities", "activity_id")):
        in_order = frames[name].sort_values(["member_id", "occurred_at", column])
        ids.append(in_order[column].to_numpy(object))
    derived = replay(history, programme, to_day(LAST), with_decisions=True)
    return dict(derived_frames(derived, history.members, *ids))


def lines_of(entries: pd.DataFrame, member: str) -> list[tuple]:
    own = entries[entries.member_id == member]
    dates = [[None if pd.isna(d) else d.date() for d in own[name]] for name in ("available_on", "expires_on")]
    columns = [own[name].tolist() for name in ("account", "kind", "amount", "reason")]
    behind = [None if pd.isna(name) else name for name in own.reference]
    at = [stamp.to_pydatetime() for stamp in own.occurred_at]
    found = zip(at, *columns, behind, *dates, strict=True)
    return sorted(map(tuple, found), key=str)


def changes_of(changes: pd.DataFrame, member: str) -> list[tuple]:
    """What changed, without the microseconds that keep changes of one instant apart."""
    own = changes[changes.member_id == member]
    names = [
        [None if pd.isna(one) else one for one in own[name]] for name in ("reason", "from_tier", "to_tier")
    ]
    return list(zip(*names, strict=True))


def rows_of(table: pd.DataFrame) -> list[tuple]:
    return list(table.astype(object).where(table.notna(), None).itertuples(index=False, name=None))


def lived(
    programme: Programme, lives: Lives, number: int, later: dict[date, Programme] | None = None
) -> PlainMembership:
    member = PlainMembership(programme, *lives.members[number], later=later or {})
    member.live(lives.deeds[number], LAST)
    return member


@settings(max_examples=40, phases=QUICKLY)
@given(whole_programmes(), seeds)
def test_a_whole_programme_replayed_is_the_programme_lived_day_by_day(programme, seed) -> None:
    lives = Lives(seed, programme, decisions=8 * (seed % 2))
    tables = derived_of(programme, lives)
    assert not tables["entries"].entry_id.duplicated().any()
    for number in range(3):
        plain = lived(programme, lives, number)
        assert lines_of(tables["entries"], f"m{number}") == sorted(plain.lines, key=str)
        told = [(reason, before, after) for _, reason, before, after in plain.changes]
        assert changes_of(tables["tier_changes"], f"m{number}") == told


@settings(max_examples=10, phases=QUICKLY)
@given(whole_programmes(), seeds)
def test_members_of_a_whole_programme_are_replayed_apart_as_together(programme, seed) -> None:
    lives = Lives(seed, programme)
    together = derived_of(programme, lives)
    apart = [derived_of(programme, lives, (number,)) for number in range(3)]
    for name, table in together.items():
        found = pd.concat([tables[name] for tables in apart], ignore_index=True)
        assert rows_of(found) == rows_of(table)


@settings(max_examples=10, phases=QUICKLY)
@given(whole_programmes(), seeds)
def test_points_of_a_whole_programme_are_never_overdrawn_save_by_a_claw_back(programme, seed) -> None:
    entries = derived_of(programme, Lives(seed, programme))["entries"]
    for _, lines in entries.groupby(["member_id", "account"]):
        running = lines.amount.cumsum()
        in_debt = running < 0
        falling = in_debt & (lines.amount < 0)
        if programme.refunds.claw_back != "allow_negative":
            assert not in_debt.any()
        assert (lines.kind[falling] == "reverse").all()


@st.composite
def lives_under_versions(draw, decisions: Sequence[int] = (0, 6)) -> tuple[Lives, tuple[Programme, ...]]:
    """Lives, and a programme with one or two that follow it, often on a day on which somebody does something.

    The last one may be the first again.
    """
    first = draw(whole_programmes())
    lives, lot = Lives(draw(seeds), first, decisions=draw(st.sampled_from(decisions))), Random(draw(seeds))
    others = [draw(whole_programmes(first)) for _ in range(draw(st.integers(1, 2)))]
    if len(others) == 2 and lot.random() < 0.5:
        others[1] = first
    done = [deed.at.astimezone(first.zone).date() for deeds in lives.deeds for deed in deeds]
    some = {FIRST + timedelta(days=lot.randint(0, 760)), *lot.sample(done, min(len(done), 6))}
    begins = sorted(lot.sample(sorted(some), len(others))) if len(some) > 1 else [*some]
    later = (one.model_copy(update={"effective_on": on}) for one, on in zip(others, begins, strict=False))
    return lives, (first, *later)


@settings(max_examples=25, phases=QUICKLY)
@given(lives_under_versions())
def test_versions_that_follow_each_other_forget_nothing_that_members_did(drawn) -> None:
    lives, versions = drawn
    tables = derived_of(versions, lives)
    later = {one.effective_on: one for one in versions[1:]}
    for number in range(3):
        plain = lived(versions[0], lives, number, later)
        assert lines_of(tables["entries"], f"m{number}") == sorted(plain.lines, key=str)
        told = [(reason, before, after) for _, reason, before, after in plain.changes]
        assert changes_of(tables["tier_changes"], f"m{number}") == told


@settings(max_examples=15, phases=QUICKLY)
@given(whole_programmes(), seeds, st.integers(0, 800))
def test_a_version_that_changes_nothing_but_its_name_changes_nothing(programme, seed, after: int) -> None:
    on = FIRST + timedelta(days=after)
    later = programme.model_copy(update={"name": "later", "effective_on": on})
    lives = Lives(seed, programme)
    once, twice = derived_of(programme, lives), derived_of((programme, later), lives)
    for name in once:
        assert rows_of(once[name]) == rows_of(twice[name])


@settings(max_examples=25, phases=QUICKLY)
@given(lives_under_versions(decisions=[0]), st.integers(0, 800))
def test_who_goes_on_from_a_derived_ledger_stands_where_the_replay_stood(drawn, upto: int) -> None:
    """Tiers and when they are looked at next, points and what counts; sent to another process, too."""
    (lives, versions), day = drawn, to_day(FIRST) + upto
    *earlier, programme = held = Versions.of(versions).upto(day)
    facts = lives.history(programme)
    told = history_from_frames(facts | derived_of(versions, lives), programme)
    found = pickle.loads(pickle.dumps(standing(told, programme, day, earlier=earlier)))
    replayed = Replay(history_from_frames(facts, programme), held, day).run().accounts
    who, everybody = enrolled(told.members, day), np.arange(found.n)
    assert found.tier.tolist() == replayed.tier[who].tolist()
    assert found.standing.since.tolist() == replayed.standing.since[who].tolist()
    assert found.standing.due_on(everybody).tolist() == replayed.standing.due_on(who).tolist()
    assert found.balance.tolist() == replayed.balance[who].tolist()
    assert found.pending.tolist() == replayed.pending[who].tolist()
    cards, cards_replayed = found.open_cards(), replayed.open_cards()
    assert cards.principal.tolist() == cards_replayed.principal[who].tolist()
    assert cards.bonus.balance.tolist() == cards_replayed.bonus.balance[who].tolist()
    for account, wallet in found.others.items():
        assert wallet.balance.tolist() == replayed.others[account].balance[who].tolist()
    eve = np.full(replayed.n, day, np.int32)
    counted = replayed.standing.as_of(who, eve[who])
    for one, totals in found.standing.as_of(everybody, eve[everybody]).items():
        assert totals.tolist() == counted[one].tolist()
