"""All members of a run on one calendar: those given, and the friends whom they may bring.

Members live on their own, crowd by crowd. Where something is not enough for all (a campaign's budget, a
reward's stock), crowds are asked together, and nothing depends on how members are divided among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rounds import each_once
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.campaigns import Campaign, Wave
from simulation.crowd import Crowd
from simulation.journal import Facts, rewards_taken
from simulation.limits import Claims, Closing, Limits, Replenishment
from simulation.outreach import audience, contact, end
from simulation.population import Population
from simulation.referrals import Friends, friends_of
from simulation.season import Clock
from simulation.streams import Streams

Part = tuple[Population, Accounts | None]  # members, and where they stand at the start


@dataclass(frozen=True, slots=True)
class _Brought:
    """Friends that a part's members may bring: places of both crowds."""

    by: int
    place: int
    friends: Friends


class Everybody:
    """The crowds of a run, and what they share."""

    def __init__(
        self, parts: Sequence[Part], arm: Arm, days: tuple[int, int], clock: Clock, streams: Streams
    ) -> None:
        self.arm, self.days, self.clock, self.streams = arm, days, clock, streams
        self.crowds = [Crowd(members, arm, clock, streams, accounts) for members, accounts in parts]
        self.brought: list[_Brought] = []
        for by, (members, _) in enumerate(parts):
            friends = friends_of(members, arm.behaviour, days, streams)
            if friends is not None:
                self.brought.append(self._await(by, friends))
        self.active_days = arm.programme.lifecycle.active_days
        self.contacts: dict[int, int] = {}  # that a campaign's budget still pays for
        self.limits: Limits | None = None
        if arm.shares:
            plan = arm.plan
            self.limits = Limits(arm.programme, plan.budgets, plan.share, plan.taken)
            self._rank()

    def advance(self, to_day: int) -> None:
        """Let everything happen that happens before the start of a day."""
        for crowd in self.crowds:
            crowd.advance(to_day)

    def review(self, day: int) -> None:
        """The tier review at the start of a day."""
        for crowd in self.crowds:
            crowd.review(day)

    def push(self, review_on: int, day: int) -> None:
        """Let those hurry, from the start of a day, who are near to what a review will ask."""
        for crowd in self.crowds:
            crowd.push(day, review_on)

    def see_own_reviews(self, day: int) -> None:
        """Let members feel, from the start of a day, what reviews on days of their own do to them."""
        for crowd in self.crowds:
            crowd.see_own_reviews(day)

    def mind_expiry(self, day: int) -> None:
        """Let those hurry, from the start of a day, of whom points will soon be gone, and nobody else."""
        for crowd in self.crowds:
            crowd.mind_expiry(day)

    def change_rules(self, programme: Programme, day: int) -> None:
        """Let another document hold from the start of a day."""
        self.active_days = programme.lifecycle.active_days
        for crowd in self.crowds:
            crowd.change_rules(programme, day)
        if self.limits is not None:
            self.limits.change(programme)

    def begin_wave(self, campaign: Campaign, number: int, wave: Wave, day: int) -> None:
        """Let a campaign choose and contact members, as far as its budget goes: lower ids first."""
        chosen = [audience(crowd, campaign, number, day) for crowd in self.crowds]
        most = campaign.most_contacts
        if most is not None:
            left = self.contacts.setdefault(number, round(most * self.arm.plan.share))
            ranks = np.concatenate(
                [crowd.rank[who[told]] for crowd, (who, told) in zip(self.crowds, chosen, strict=True)]
            )
            bound = np.sort(ranks)[left] if len(ranks) > left else np.iinfo(np.int64).max
            self.contacts[number] -= int((ranks < bound).sum())
            chosen = [
                (who[kept], told[kept])
                for crowd, (who, told) in zip(self.crowds, chosen, strict=True)
                for kept in [~told | (crowd.rank[who] < bound)]
            ]
        for crowd, (who, told) in zip(self.crowds, chosen, strict=True):
            contact(crowd, campaign, number, wave, who, told)

    def end_wave(self, number: int, begun_on: int, day: int) -> None:
        """Those treated in the wave that began on `begun_on` buy as before from the start of a day."""
        for crowd in self.crowds:
            end(crowd, number, begun_on, day)

    def world_changes(self, number: int, factor: float | None, day: int) -> None:
        """A shock of some members begins (so many times as often as usual) or ends at the start of a day."""
        shock = self.arm.plan.shocks[number]
        for crowd in self.crowds:
            met = np.flatnonzero(shock.hits(crowd.population))
            crowd.bring_up_to(met, day)
            crowd.waiting.world_changes(crowd.accounts, number, met, factor, day)

    def replenish(self, more: Replenishment, day: int) -> None:
        """More of a reward from the start of a day."""
        assert self.limits is not None and day == more.day
        self.limits.replenish(more)

    def live_the_day(self, day: int) -> None:
        """Let a day pass on which something may run out.

        It is lived as if it could not; where a claim closes something, once more with that closed from
        there on, until nothing closes that was open. What is taken is then as if it had been handed out
        claim by claim in the order of the day.
        """
        assert self.limits is not None
        closing = self.limits.morning(day)
        self._close(closing)
        if not self.limits.may_run_out(day, closing):
            self.advance(day + 1)
            return
        morning, marks = [crowd.copy() for crowd in self.crowds], self._marks()
        while True:
            self.advance(day + 1)
            claims = self._claims(marks)
            later = self.limits.next_closed(claims, day, closing)
            if later is None:
                break
            closing = later
            self.crowds = [crowd.copy() for crowd in morning]
            for crowd, mark in zip(self.crowds, marks, strict=True):
                for name, block in mark.items():
                    crowd.journal.tables[name].back_to(block)
            self._close(closing)
        self.limits.grant(claims, day, closing)

    def meet_friends(self, day: int) -> None:
        """On the first of a month: thank those whose friends have joined, and let others bring theirs."""
        for one in self.brought:
            here = self.crowds[one.place].present
            self._thank(one, np.flatnonzero((one.friends.thanked_on == day) & here), day)
        for one in self.brought:
            joined_on = one.friends.population.joined_on
            turn = np.flatnonzero((one.friends.brought_on == day) & (joined_on <= self.days[1]))
            self._bring(one, turn[self._last_bought(one)[one.friends.by[turn]] >= day - self.active_days])

    def closed(self) -> list[Facts]:
        """The facts of each part of the members, and of the friends they brought."""
        facts = [crowd.closed() for crowd in self.crowds]
        for one in self.brought:
            facts[one.by].friends = facts[one.place]
        return facts[: len(facts) - len(self.brought)]

    def _await(self, by: int, friends: Friends) -> _Brought:
        """A crowd of friends none of whom has joined."""
        crowd = Crowd(friends.population, self.arm, self.clock, self.streams, None)
        crowd.leaving.later(self.arm.effects.referral_retention.size)
        crowd.await_joining()
        self.crowds.append(crowd)
        return _Brought(by, len(self.crowds) - 1, friends)

    def _last_bought(self, one: _Brought) -> Ints:
        """When everybody who may bring those friends bought last."""
        return np.concatenate([self.crowds[place].last_bought_on for place in (one.by, one.place)])

    def _bring(self, one: _Brought, friends: Ints) -> None:
        crowd = self.crowds[one.place]
        crowd.join(friends)
        crowd.act(friends, one.friends.population.joined_on[friends], "referred")

    def _thank(self, one: _Brought, friends: Ints, day: int) -> None:
        n = len(self.crowds[one.by].population)
        for place, first in ((one.by, 0), (one.place, n)):
            who = one.friends.by[friends] - first
            who = who[(who >= 0) & (who < len(self.crowds[place].population))]
            for turn in each_once(who):
                self.crowds[place].act(who[turn], np.full(len(who[turn]), day, np.int32), "referral")

    def _rank(self) -> None:
        """Places by id among all members."""
        ids = np.concatenate([crowd.population.ids for crowd in self.crowds])
        rank = np.empty(len(ids), np.int64)
        rank[np.argsort(ids)] = np.arange(len(ids))
        ends = np.cumsum([len(crowd.population) for crowd in self.crowds])
        for crowd, own in zip(self.crowds, np.split(rank, ends[:-1]), strict=True):
            crowd.rank = own

    def _close(self, closing: Closing) -> None:
        for crowd in self.crowds:
            crowd.counter.closing = closing

    def _marks(self) -> list[dict[str, int]]:
        return [{name: rows.blocks for name, rows in c.journal.tables.items()} for c in self.crowds]

    def _claims(self, marks: Sequence[dict[str, int]]) -> Claims:
        """The rewards taken since the marks, in order."""
        found = []
        for crowd, mark in zip(self.crowds, marks, strict=True):
            rows = crowd.journal.entries.since(mark["entries"], "member", "at", "ordinal", "reward", "kind")
            taken = rewards_taken(rows)
            found.append(
                Claims(
                    at=rows["at"][taken],
                    rank=crowd.rank[rows["member"][taken]],
                    ordinal=rows["ordinal"][taken].astype(np.int64),
                    reward=rows["reward"][taken].astype(np.int64),
                )
            )
        return Claims.together(found)
