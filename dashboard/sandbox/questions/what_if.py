"""The finished what-if that is asked about, and what may be turned in it: levers in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import inf
from operator import attrgetter
from typing import Any

from dashboard.i18n import N_, _, words
from dashboard.jobs.calibrated import kept_calibration
from dashboard.jobs.questions import gain_of
from dashboard.sandbox import lever
from dashboard.sandbox import levers as rules
from dashboard.sandbox.questions.turned import Turned
from data.tables import Run
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.calibration import Calibration
from simulation.effects import Effects, Unit, default_effects
from simulation.levers import CAMPAIGNS, OF_PAST, Lever, levers_of
from simulation.scenario import Scenario
from simulation.scenario_campaigns import CampaignLine
from simulation.unchangeable import OF_BOTH

RESPONSES, BEHAVIOUR, PROGRAMME = N_("How members respond"), N_("What members do"), N_("The programme")
OF_PROGRAMME = {"margin_share": N_("Margin on sales"), "cost_per_point": N_("Cost of a point")}
OF_CAMPAIGN = {
    "response.lift": N_("Buying more often because of it"),
    "response.returns": N_("Share who come back because of it"),
    "points_percent": N_("Points on its days, of the usual"),
    "cost_per_contact": N_("Cost of a contact"),
    "budget": N_("Budget of contacts"),
}
SHARES = (Unit.SHARE, Unit.LIMIT)
TIMES = (Unit.MULTIPLIER, Unit.ODDS)
REACHES = (0.5, 0.2, 0.05, 0.01)  # of a rule's value, to both sides


@dataclass(frozen=True)
class WhatIf:
    """A what-if that was run, as its run tells it."""

    workspace: Workspace
    run: Run

    @cached_property
    def programme(self) -> Programme:
        """What was in force."""
        return programme_from_dict(self.run.payload["programme"])

    @cached_property
    def scenario(self) -> Scenario:
        """What was tried."""
        return Scenario.model_validate(self.run.payload["scenario"])

    @property
    def members(self) -> int:
        """How many were simulated."""
        return int((self.run.result or {}).get("members", self.run.payload["members"]))

    @property
    def gain(self) -> dict[str, Any] | None:
        """What it gains, as its own members and replications tell it; None where one alone was run."""
        found = gain_of(self.run.result) if self.run.result else None
        return found and asdict(found)

    @cached_property
    def calibration(self) -> Calibration | None:
        """What the programme's past told of its members."""
        snapshot = self.workspace.snapshot(self.run.payload["snapshot"])
        return kept_calibration(self.workspace, snapshot, self.programme)

    @cached_property
    def effects(self) -> Effects:
        """How members are supposed to respond in it."""
        return self.scenario.effects_of(self.calibration.effects if self.calibration else default_effects())

    def payload(
        self, question: str, about: dict[str, Any], members: int, replications: int
    ) -> dict[str, Any]:
        """What the job process is asked."""
        scenario = self.scenario.model_copy(update={"replications": replications, "tolerance": None})
        same = {name: self.run.payload[name] for name in ("programme", "snapshot")}
        asked = {"scenario": scenario.model_dump(mode="json"), "members": members}
        return same | asked | {"question": question, "about": about}

    def is_asked_by(self, question: Run) -> bool:
        """Whether a question is about this one, however many runs and members it took."""
        mine, theirs = (_without_size(one.payload) for one in (self.run, question))
        return mine == theirs

    def turned(self) -> list[Turned]:
        """All that has a range: the rules that were changed, the campaigns, the programme's margin and costs,
        how members respond and what they do."""
        known = [*self.changed(), *self.of_campaigns(), *self._of_programme(), *self.suppositions()]
        return list({one.path: one for one in known}.values())  # the range that is known of one, if any

    def suppositions(self) -> list[Turned]:
        """How members respond and what they do, over the ranges of what is known of it."""
        return [self.named(lever) for lever in self.supposed()]

    def supposed(self) -> tuple[Lever, ...]:
        """The same as a question names them, with what each range rests on."""
        told = self.calibration.quantities if self.calibration else ()
        return levers_of(self.effects, told, self.scenario.campaigns)

    def changed(self) -> list[Turned]:
        """The rules that were changed to another number."""
        return [self._rule(one) for one in self._numbers() if one.path in self.scenario.changes]

    def rules(self) -> list[Turned]:
        """Every rule whose value is a number, over a range about it, those that were changed first."""
        others = [self._rule(one) for one in self._numbers() if one.path not in self.scenario.changes]
        return [*self.changed(), *others]

    def of_campaigns(self) -> list[Turned]:
        """What campaigns say of themselves, from nothing to twice as much."""
        return [self.named(lever) for line in self.scenario.campaigns for lever in _levers_of(line)]

    def by_path(self, levers: Sequence[Mapping[str, Any]]) -> dict[str, Turned]:
        """The levers that a question is about, in words."""
        return {one["path"]: self.named(Lever(**one)) for one in levers}

    def named(self, lever: Lever) -> Turned:
        """A lever by its path, in words."""
        group, _dot, key = lever.path.partition(".")
        ends = {"path": lever.path, "low": lever.low, "high": lever.high}
        if group == "effects":
            effect = dict(self.effects.items())[key]
            kinds = {"is_share": effect.unit in SHARES, "is_multiplier": effect.unit in TIMES}
            named = {"group": _(RESPONSES), "name": words(effect.name.text)}
            return Turned(now=effect.size, **named, **ends, **kinds)
        if group == "behaviour":
            return self._behaviour(key, ends)
        if group == CAMPAIGNS:
            return self._campaign(key, ends)
        rule = next((one for one in rules.levers(self.programme) if one.path == key), None)
        if rule is not None:
            given = self.scenario.changes.get(key)
            tried = float(given) if isinstance(given, int | float) else None
            named = {"group": _(rule.group), "name": rule.label}
            return Turned(now=float(rule.now or 0), tried=tried, rule=rule, **named, **ends)
        now = float(getattr(self.programme, key, None) or 0)
        named = {"group": _(PROGRAMME), "name": _(OF_PROGRAMME.get(key, key))}
        kinds = {"is_share": key == "margin_share", "is_money": key == "cost_per_point"}
        return Turned(now=now, **named, **kinds, **ends)

    def _behaviour(self, key: str, ends: dict[str, Any]) -> Turned:
        quantities = self.calibration.quantities if self.calibration else ()
        told = next((one for one in quantities if OF_PAST.get(one.key) == key), None)
        if told is None:  # what the past told is not kept any more
            now = float(self.scenario.behaviour.get(key, 0))
            return Turned(group=_(BEHAVIOUR), name=key, now=now, **ends)
        now = float(self.scenario.behaviour.get(key, told.value) or 0)
        kinds = {"is_share": told.unit == "share", "is_multiplier": told.unit == "factor"}
        return Turned(group=_(BEHAVIOUR), name=words(told.name.text), now=now, **ends, **kinds)

    def _campaign(self, key: str, ends: dict[str, Any]) -> Turned:
        name, _dot, field = key.partition(".")
        line = next(one for one in self.scenario.campaigns if one.name == name)
        kinds = {
            "is_share": field.startswith("response."),
            "is_money": field in ("cost_per_contact", "budget"),
            "is_whole": field == "points_percent",
        }
        label = _(OF_CAMPAIGN[field]) if field in OF_CAMPAIGN else field
        return Turned(group=name, name=label, now=_of_line(line, field), **kinds, **ends)

    def _numbers(self) -> list[lever.Lever]:
        return [one for one in rules.levers(self.programme) if isinstance(one.now, int | float)]

    def _of_programme(self) -> Iterator[Turned]:
        for key in OF_BOTH:
            now = float(getattr(self.programme, key) or 0)
            if now:
                most = 1.0 if key == "margin_share" else 2 * now
                yield self.named(Lever(path=f"changes.{key}", low=round(now / 2, 4), high=min(most, 2 * now)))

    def _rule(self, rule: lever.Lever) -> Turned:
        """A rule over the widest range about what it is and was that makes a programme at both ends."""
        now, given = float(rule.now or 0), self.scenario.changes.get(rule.path)
        other = float(given) if isinstance(given, int | float) else now
        low, high = sorted((now, other))
        ranges = [
            (low - reach * (high - low or low), high + reach * (high - low or low)) for reach in REACHES
        ]
        whole = [tuple(round(end, rule.decimals) for end in one) for one in ranges]
        inside = (one for one in whole if rule.least <= one[0] < one[1] <= rule.most)
        valid = next((one for one in inside if all(self._is_valid(rule.path, end) for end in one)), None)
        ends = valid or ((low, high) if low < high else (low, low + rule.step))
        return self.named(Lever(path=f"changes.{rule.path}", low=ends[0], high=ends[1]))

    def _is_valid(self, path: str, value: float) -> bool:
        changes = {**self.scenario.changes, path: value}
        try:
            self.scenario.model_copy(update={"changes": changes}).programme(self.programme)
        except InputError:
            return False
        return True


def _of_line(line: CampaignLine, field: str) -> float:
    """What a campaign says of itself, 0 where it says nothing."""
    return float(attrgetter(field)(line) or 0)


def _levers_of(line: CampaignLine) -> Iterator[Lever]:
    for field in OF_CAMPAIGN:
        if now := _of_line(line, field):
            most = 1.0 if field == "response.returns" else inf
            low, high = sorted((0.0, min(max(2 * now, -1.0), most)))
            yield Lever(path=f"{CAMPAIGNS}.{line.name}.{field}", low=low, high=high)


def _without_size(payload: dict[str, Any]) -> Sequence[Any]:
    scenario = {**payload["scenario"], "replications": None, "tolerance": None}
    return payload["programme"], payload["snapshot"], scenario
