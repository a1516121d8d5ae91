"""The programme documents that a command is about: in a file, in force in a workspace, or a version of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme, programme_from_yaml

if TYPE_CHECKING:
    from data.tables import ProgrammeVersion


def read_or_version(word: Path, workspace: Path) -> Programme:
    """The programme of a file, or of the version with that number where there is no such file."""
    if str(word).isdecimal() and not word.exists():
        return version_of(workspace, int(str(word)))
    return read(word)


def read(file: Path) -> Programme:
    """The programme that a file declares; InputError naming file and field otherwise."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: is not UTF-8 text; save it as UTF-8") from error
    return programme_from_yaml(text, str(file))


def in_force(workspace: Path) -> Programme:
    """The workspace's programme; InputError where none was applied."""
    from data.workspace import Workspace

    programme = Workspace.open(workspace, create=False).programme
    if programme is None:
        raise InputError(f"{workspace}: no programme yet; try `loyalty programme apply FILE`")
    return programme


def versions_in_turn(workspace: Path) -> list[Programme]:
    """The versions in the order in which they hold, each from its `effective_on`; InputError without one."""
    from data.workspace import Workspace

    in_force(workspace)
    return Workspace.open(workspace, create=False).registry.programmes_in_turn()


def version_of(workspace: Path, number: int) -> Programme:
    """The document of that version; InputError if there is none."""
    from data.registry import programme_of
    from data.workspace import Workspace

    return programme_of(Workspace.open(workspace, create=False).registry.programme_version(number))


def versions_of(workspace: Path) -> list[dict[str, Any]]:
    """All versions, newest first, with the days on which they hold; `in_force` marks that of today."""
    from data.versions import reigns
    from data.workspace import Workspace

    registry = Workspace.open(workspace, create=False).registry
    versions = registry.programme_versions()
    days = {one.version.id: one for one in reigns(versions)}
    present = registry.version_in_force()

    def row(version: ProgrammeVersion) -> dict[str, Any]:
        reign = days.get(version.id)
        return {
            "version": version.id,
            "name": version.name,
            "effective_on": version.effective_on,
            "holds": reign is not None,
            "first_day": reign.first_day if reign else None,
            "last_day": reign.last_day if reign else None,
            "in_force": present is not None and version.id == present.id,
            "applied_at": version.applied_at.isoformat(timespec="seconds"),
            "note": version.note,
        }

    return [row(version) for version in versions]
