"""The measured parts: intake, publishing, questions and replay on the programme that was brought in,
a simulated year, and the pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from math import nan
from pathlib import Path
from typing import Any

from dashboard.benchmark.aside import aside
from dashboard.benchmark.pages import pages_watched
from dashboard.benchmark.questions import IN_SQL, Question, kpis, questions
from dashboard.benchmark.rivals import asked_of, pandas_into_sqlite, raw_tables
from dashboard.benchmark.serving import demo_made
from dashboard.benchmark.simulated import simulated
from dashboard.benchmark.watching import Peak, significant
from dashboard.benchmark.world import MAPPING, OTHERWISE, PROGRAMME, World, made
from dashboard.jobs.workers import spawned_pool, warm_pool
from data.intake.importing import import_files
from data.intake.mapping import Mapping
from data.replaying import replayed
from data.rollup_tables import ROLLED_SLICES
from data.rollups.snapshot_facts import SnapshotFacts, are_rolled_up
from data.shards import SHARDS
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.metrics.dictionary import columns_of, evaluate
from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme, programme_from_dict

PARTS = ("intake", "publish", "kpi", "replay", "simulate", "pages")
ON_ITS_OWN = frozenset({"simulate", "pages"})  # parts that need no files
WORKERS = 2
QUESTIONS, QUESTIONS_IN_SQL = 200, 30
ROWS_BY_PANDAS = 4_000_000  # more take as long each
PURCHASES_AT_ONCE = 500_000  # replayed together


@dataclass
class Bench:
    """One run in a folder of its own; figures are None for what was not asked for or cannot be had."""

    folder: Path
    members: int
    only: Collection[str] = PARTS
    postgres_url: str | None = None
    files: Path | None = None
    say: Callable[[str], None] = lambda stage: None
    found: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def world(self) -> World:
        """The generated files; made in a process of their own, whose memory is not the product's, where
        `files` does not hold them already."""
        self.say(f"Making files of {self.members:,} members")
        with aside() as elsewhere:
            return elsewhere.submit(made, self.members, self.files or self.folder / "files").result()

    def run(self) -> dict[str, Any]:
        """All parts asked for, as the answer of `loyalty bench`."""
        self.found = {
            "intake": {"rows_per_s": None, "ratio_to_pandas_sqlite": None},
            "publish": {"s": None},
            "kpi": {"p50_ms": None, "p95_ms": None, "ratio_to_postgresql": None, "rolled_up": None},
            "replay": {"s": None},
            "simulate": None,
            "pages": None,
            "peak_mib": None,
        }
        if not ON_ITS_OWN.issuperset(self.only):
            self._brought_in()
        if "intake" in self.only:
            self._compared_with_pandas()
        if "kpi" in self.only:
            self._asked()
        if "replay" in self.only:
            self._replayed()
        if "simulate" in self.only:
            self.say("Simulating a year")
            self.found["simulate"] = simulated(self.members, WORKERS)
        if "pages" in self.only:
            self._opened()
        peaks = [part["peak_mib"] for part in self.found.values() if part and "peak_mib" in part]
        self.found["peak_mib"] = max(peaks, default=None)
        return self.found

    @contextmanager
    def _watched(self, part: str) -> Iterator[None]:
        """While this is held, the most memory that the product holds goes on the account of the part."""
        peak = Peak()
        with peak.watched():
            yield
        self.found[part]["peak_mib"] = peak.mib

    def _brought_in(self) -> None:
        stages: dict[str, float] = {}
        peak = Peak()

        def reached(share: float, message: str) -> None:
            stages[message] = time.perf_counter()
            self.say(message)
            if message == "Publishing":
                self.found["intake"]["peak_mib"], peak.mib = peak.mib, 0

        files = [str(file) for file in self.world.files]
        with peak.watched(), spawned_pool(WORKERS) as executor:
            started = time.perf_counter()
            import_files(
                self.folder / "workspace",
                files,
                Mapping.model_validate(MAPPING),
                programme=programme_from_dict(PROGRAMME),
                progress=reached,
                executor=executor,
            )
        self.found["intake"]["rows_per_s"] = round(self.world.size / (stages["Publishing"] - started))
        self.found["publish"] = {"s": round(stages["Done"] - stages["Publishing"], 2), "peak_mib": peak.mib}

    def _compared_with_pandas(self) -> None:
        self.say("The same files by pandas into SQLite")
        some = self.world.some(ROWS_BY_PANDAS)
        with aside() as elsewhere:
            seconds = elsewhere.submit(pandas_into_sqlite, some, self.folder / "pandas.sqlite").result()
        theirs = sum(some.values()) / seconds
        self.found["intake"]["ratio_to_pandas_sqlite"] = significant(
            self.found["intake"]["rows_per_s"] / theirs
        )

    @cached_property
    def facts(self) -> SnapshotFacts:
        workspace = Workspace.open(self.folder / "workspace")
        snapshot, programme = workspace.latest(), workspace.programme
        assert snapshot is not None and programme is not None
        return SnapshotFacts(snapshot, programme)

    def _asked(self) -> None:
        self.say("Asking the roll-ups")
        labels = {name: self.facts.labels(name) for name in ROLLED_SLICES}
        known = [name for name in kpis(labels) if are_rolled_up(columns_of([name]))]
        days = self.facts.days
        assert days is not None
        with self._watched("kpi"):
            self._answer(questions(1, known, days, labels)[0])  # roll-ups and libraries opened
            spent = sorted(self._answer(one)[1] for one in questions(QUESTIONS, known, days, labels))
        for share in (50, 95):
            at = int(share / 100 * (len(spent) - 1))
            self.found["kpi"][f"p{share}_ms"] = round(1000 * spent[at], 1)
        self.found["kpi"]["rolled_up"] = f"{len(known)} of {len(kpis(labels))} KPIs that two filters can have"
        if self.postgres_url is not None:
            raw = {name: labels[name] for name in labels if name.startswith(("member_", "purchase_"))}
            alike = questions(QUESTIONS_IN_SQL, list(IN_SQL), days, raw, seed=2)
            self.found["kpi"]["ratio_to_postgresql"] = self._ratio(alike)

    def _answer(self, question: Question) -> tuple[float, float]:
        """The answer from the product, and the seconds it took."""
        started = time.perf_counter()
        period = periods(question.first, question.last, question.step)
        found = self.facts.of(period, question.by, question.where, columns_of(question.metrics))
        values = evaluate(found, question.metrics, self.facts.programme)[question.metric]
        return float(values.iloc[0]) if len(values) else nan, time.perf_counter() - started

    def _ratio(self, alike: list[Question]) -> float:
        """How many times longer the same answers take in SQL; AssertionError where they differ."""
        self.say("Asking PostgreSQL")
        with raw_tables(self.postgres_url or "", self.world.files) as connection:
            theirs = [asked_of(connection, question) for question in alike]
        ours = [self._answer(question) for question in alike]
        for question, (here, _), (there, _) in zip(alike, ours, theirs, strict=True):
            assert abs(here - there) < 1e-6 * max(1.0, abs(there)), (question, here, there)
        return significant(sum(seconds for _, seconds in theirs) / sum(seconds for _, seconds in ours))

    def _opened(self) -> None:
        self.say("Opening the pages of a demo")
        workspace = (self.files or self.folder) / "demo"
        if not workspace.exists():
            with aside() as elsewhere:
                elsewhere.submit(demo_made, workspace, self.members).result()
        self.say("People at the pages")
        self.found["pages"] = pages_watched(workspace)

    def _replayed(self) -> None:
        self.say("Replaying under another programme")
        programme = programme_from_dict(OTHERWISE)
        with self._watched("replay"), warm_pool(WORKERS, __name__) as executor:
            started = time.perf_counter()
            parts = min(SHARDS, max(WORKERS, self.world.rows["purchases"] // PURCHASES_AT_ONCE))
            work = [(self.facts.snapshot, programme, tuple(range(n, SHARDS, parts))) for n in range(parts)]
            rows = sum(executor.map(_replayed_rows, *zip(*work, strict=True)))
            self.found["replay"]["s"] = round(time.perf_counter() - started, 2)
        assert rows > 0


def _replayed_rows(snapshot: Snapshot, programme: Programme, shards: tuple[int, ...]) -> int:
    """How many entries the purchases of those shards bring about under the programme."""
    return len(replayed(snapshot, programme, shards).entries.member)
