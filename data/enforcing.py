"""A programme put in force, with all that it implies for a source that has no ledger or no tiers."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

from data.derivation import derive, has_derived
from data.registry import new_version
from data.rollup_tables import BASIS
from data.tables import ProgrammeVersion
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme

UNITS = ("currency", "currency_decimals", "point_decimals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforced:
    """The version, the rows of each table that were derived anew, and the snapshot that shows them.

    `snapshot` is None where what was derived before stays, or nothing was, and nothing is rolled up.
    """

    version: ProgrammeVersion
    rows_derived: dict[str, int]
    snapshot: int | None


def put_in_force(
    workspace: Workspace, programme: Programme, note: str = "", executor: Executor | None = None
) -> Enforced:
    """Make the document the newest version, and derive again what is derived, each day by its version.

    Both show at once or not at all; applying the same document once more derives again, too. InputError
    while an import runs, or where facts are there in other units.
    """
    with workspace.writer(f"programme {programme.name}") as writer:
        in_force = workspace.programme
        if writer.before is not None and in_force is not None:
            _assert_same_units(in_force, programme)
        rows: dict[str, int] = {}
        if has_derived(writer.pending()):
            rows = derive(writer, workspace.registry.programmes_in_turn(programme), executor=executor)
        if not rows and not writer.pending().files(BASIS.name):  # roll-ups follow from the programme, too
            return Enforced(
                version=workspace.apply_programme(programme, note), rows_derived={}, snapshot=None
            )
        published = writer.publish(
            f"derived by {programme.name}", version=new_version(programme, note), executor=executor
        )
        version = workspace.registry.programme_versions()[0]
        return Enforced(version=version, rows_derived=rows, snapshot=published.id)


def _assert_same_units(in_force: Programme, programme: Programme) -> None:
    """Amounts are stored in whole minor units: another number of decimals would change them all."""
    for name in UNITS:
        if getattr(in_force, name) != getattr(programme, name):
            raise InputError(
                f"programme: {name} is {getattr(programme, name)}, but the workspace's facts are in "
                f"{getattr(in_force, name)}; use a workspace of its own"
            )
