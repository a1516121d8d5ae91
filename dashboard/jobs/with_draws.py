"""An answer of the command line with what is not known drawn as well, where that is or was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.jobs import contest_draws
from dashboard.jobs.questions import (
    Answer,
    Asked,
    Asking,
    gain_of,
    grounds_known,
    grounds_of,
    standing_passport,
)
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme
from simulation.forecast import drawn_too
from simulation.scenario import Scenario


def with_draws(
    workspace: Workspace,
    snapshot: Snapshot,
    programme: Programme,
    scenarios: Sequence[Scenario],
    document: Answer,
    draws: int | None,
    sample: int | None,
    asking: Asking,
) -> Answer:
    """What a comparison or a contest of those scenarios told, with chances and regret that hold `draws` of
    each layer by runs of `sample` members; without draws, those of a first look where one stands.

    InputError where draws are asked for beside one replication, which tells nothing of chance.
    """
    first = document.get("comparisons", [document])[0]
    if first["replications"] < 2:
        if draws is not None:
            raise InputError(
                "--draws: one replication tells nothing of chance; give --replications 2 or more"
            )
        return document
    members = min(sample or contest_draws.MEMBERS, first["members"])
    asked = contest_draws.asked_of(workspace, snapshot, programme, scenarios, members)
    if "ranking" not in document:
        return _compared(asked, document, draws, asking)
    found = (
        contest_draws.draws_known(asked, contest_draws.DRAWS)
        if draws is None
        else contest_draws.draws_of(asked, draws, asking)
    )
    return document if found is None else contest_draws.with_draws(asked, document, found)


def _compared(asked: Asked, document: Answer, draws: int | None, asking: Asking) -> Answer:
    gain = gain_of(document)
    found = (
        grounds_known(asked, contest_draws.DRAWS, gain)
        if draws is None
        else grounds_of(asked, draws, gain, asking, with_ends=False)
    )
    if found is None or not found["draws"]:
        return document
    past = standing_passport(asked.workspace, asked.snapshot, asked.programme)
    widening = past["widening"] if past else None
    about = {"draws": found["draws"], "drawn_of": found["members"], "widening": widening}
    return drawn_too(document, found, widening) | about
