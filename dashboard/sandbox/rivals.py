"""Those that a contest ranks: several what-ifs and the programme in force, and what each is worth."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from dashboard.i18n import _, words
from dashboard.sandbox import scenario_words
from dashboard.sandbox.comparison import Estimate, Found
from data.tables import Run
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from simulation.scenario import Scenario

LINE = 22  # letters of a name beside a chart
_LAST_GAP = re.compile(r" (?=\S{1,4}$)")  # before a word too short for a line of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """One of those that are ranked, the programme in force among them."""

    name: str  # in the document
    label: str
    letter: str  # what stands for it where there is no room for its name; none for the programme in force
    gain: Estimate  # over the programme in force, in currency units
    best: float  # how likely it is worth most: by the replications, or with what is not known as well
    likely: str  # the same in words
    regret: float  # what choosing it costs on average against whatever turns out best
    found: Found | None  # None of the programme in force
    best_by_chance: float | None = None  # by the replications alone, where `best` holds what is not known
    regret_by_chance: float | None = None  # the same of `regret`

    @property
    def named(self) -> str:
        """What it is called within a sentence."""
        return _("“{words}”").format(words=self.label) if self.found else _("the programme in force")

    @property
    def lettered(self) -> str:
        """Its label, which says what its letter stands for."""
        return f"{self.letter} · {self.label}" if self.letter else self.label

    @property
    def broken(self) -> str:
        """Its label in lines, beside a chart: all of it, as what tells it from another one may stand last."""
        return "<br>".join(textwrap.wrap(_LAST_GAP.sub("\u00a0", self.lettered), LINE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """One what-if beside another, so that it is worth as much or more on average."""

    better: Rival
    other: Rival
    gain: Estimate
    chance: float  # that it is worth more
    likely: str  # the same in words
    by_chance: float | None = None  # by the replications alone, where `chance` holds what is not known


def label(programme: Programme, scenario: Scenario) -> str:
    """What a what-if is called: its saved name, or what it changes and the number of its run."""
    if not scenario.name.startswith("#"):
        return scenario.name
    changes = scenario_words.cause(programme, scenario.model_dump(mode="json"))
    return _("{changes} (run {number})").format(changes=changes, number=scenario.name[1:])


def ranked(programme: Programme, run: Run, document: Mapping[str, Any]) -> list[Rival]:
    """All of them, the best first."""
    asked = [Scenario.model_validate(one) for one in run.payload["scenarios"]]
    labels = [_("Programme in force"), *(label(programme, one) for one in asked)]
    sides = [None, *map(Found, document["comparisons"])]
    letters = ["", *ascii_uppercase[: len(asked)]]
    rivals = [
        Rival(
            name=row["name"],
            label=name,
            letter=letter,
            gain=_gain(found),
            best=row["probability_best"],
            likely=words(Text(**row["likely_best"])),
            regret=row["expected_regret"],
            found=found,
            best_by_chance=row.get("by_chance", {}).get("probability_best"),
            regret_by_chance=row.get("by_chance", {}).get("expected_regret"),
        )
        for letter, name, row, found in zip(letters, labels, document["ranking"], sides, strict=True)
    ]
    return sorted(rivals, key=lambda one: (-one.best, one.regret))


def by_letter(rivals: Sequence[Rival]) -> list[Rival]:
    """The what-ifs in the order in which they were asked."""
    return sorted((one for one in rivals if one.letter), key=lambda one: one.letter)


def legend(rivals: Sequence[Rival]) -> str:
    """What each letter stands for."""
    return _("; ").join(one.lettered for one in by_letter(rivals))


def duelled(document: Mapping[str, Any], rivals: Sequence[Rival]) -> list[Duel]:
    """Each what-if beside each, the largest difference first."""
    by_name = {one.name: one for one in rivals}
    duels = [
        Duel(
            better=by_name[row["scenario"]],
            other=by_name[row["over"]],
            gain=Estimate(row["mean"], row["low"], row["high"]),
            chance=row["probability_better"],
            likely=words(Text(**row["likely_better"])),
            by_chance=row.get("by_chance"),
        )
        for row in document.get("pairs", [])  # a contest that was run before they were told has none
    ]
    return sorted(duels, key=lambda duel: -(duel.gain.mean or 0.0))


def _gain(found: Found | None) -> Estimate:
    if found is None:
        return Estimate(0.0, None, None)
    return found.gain
