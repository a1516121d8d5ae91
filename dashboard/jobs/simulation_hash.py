"""What decides the result of a simulation, as a name under which it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.jobs.kept_results import input_hash
from data.snapshots import Snapshot
from loyalty_core.rules.programme import Programme
from simulation import experiment
from simulation.behaviour import Behaviour
from simulation.effects import default_effects


def simulation_hash(kind: str, snapshot: Snapshot, programme: Programme, **asked: Any) -> str:
    """A name for what simulating a snapshot's members under a programme finds.

    A snapshot's number alone would not do: a restored backup may give it to other facts.
    """
    return input_hash(
        kind=kind,
        layout=experiment.LAYOUT,
        snapshot=[snapshot.id, snapshot.published_at, dict(snapshot.versions)],
        programme=programme.model_dump(mode="json"),
        behaviour=Behaviour().model_dump(mode="json"),
        effects=default_effects().model_dump(mode="json"),
        **asked,
    )


def asked_hash(kind: str, payload: Mapping[str, Any]) -> str:
    """A name for what a page asks of a job; what was found before answers tell more is asked anew."""
    return input_hash(kind=kind, layout=experiment.LAYOUT, **payload)


def written(programmes: Sequence[Programme]) -> list[dict[str, Any]]:
    """Programmes as they stand in a name."""
    return [one.model_dump(mode="json") for one in programmes]
