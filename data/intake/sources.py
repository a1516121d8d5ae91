"""What SOURCE names: files, folders, archives, a database, or the sample that a mapping's package brings."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from data.intake.mapping import Mapping
from loyalty_core.errors import InputError

ARCHIVES = (".zip", ".whl")
_REJECTS = re.compile(r"(\.[0-9a-f]{8})?\.rejects\.csv$")
_CONFLICTS = re.compile(r"\.conflicts\.csv$")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: its path (or a database's address), the way into archives, and its kind."""

    path: str
    inner: tuple[str, ...]
    name: str
    kind: str

    def sha256(self) -> str:
        """The digest of what lies on disk; of the address and the name within for what does not."""
        digest = hashlib.sha256("/".join(self.inner).encode())
        if "://" in self.path:
            digest.update(f"{self.path}#{self.kind}".encode())
        else:
            with Path(self.path).open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()


def source_files(sources: Sequence[str | Path], mapping: Mapping) -> list[SourceFile]:
    """The files that the mapping reads among the sources, by name; InputError where there are none."""
    files: list[SourceFile] = []
    for source in sources:
        found = _files(str(source), mapping)
        if not found:
            wanted = ", ".join(pattern for rule in mapping.files.values() for pattern in rule.match)
            raise InputError(
                f"{_shown(str(source))}: nothing in it that mapping {mapping.name} reads ({wanted})"
            )
        files += found
    return sorted(dict.fromkeys(files), key=lambda file: (file.name, file.path, file.inner))


def _files(source: str, mapping: Mapping) -> list[SourceFile]:
    if source == "sample":
        return _folder(_sample_folder(mapping), mapping)
    if "://" in source:
        return _database(source, mapping)
    path = Path(source).expanduser()
    if path.is_dir():
        return _folder(path, mapping)
    if not path.is_file():
        raise InputError(f"{source}: there is no such file or folder")
    return _one(path, mapping)


def _folder(folder: Path, mapping: Mapping) -> list[SourceFile]:
    # A workspace in the folder holds lists of rejects, which are no source unless they are named.
    workspaces = {identity.parent.parent for identity in folder.rglob("lake/workspace-id")}
    return [
        file
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and workspaces.isdisjoint(path.parents)
        for file in _one(path, mapping)
    ]


def _one(path: Path, mapping: Mapping) -> list[SourceFile]:
    if path.suffix.lower() in ARCHIVES:
        return _members(path, mapping)
    kind = None if _CONFLICTS.search(path.name) else mapping.kind_of(_own_name(path.name))
    return [SourceFile(str(path), (), path.name, kind)] if kind else []


def _own_name(name: str) -> str:
    """The name of the file that rejects came from, so that they are read by its rule; no packing."""
    return _REJECTS.sub("", name).removesuffix(".gz")


def _members(path: Path, mapping: Mapping) -> list[SourceFile]:
    """Files in an archive, and in an archive in it that is named for the file it holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            found: list[SourceFile] = []
            for member in archive.namelist():
                name = PurePosixPath(member).name
                kind = mapping.kind_of(name.removesuffix(".zip"))
                if kind and name.endswith(".zip"):
                    inner = _only_member(archive, member, mapping)
                    found += [SourceFile(str(path), (member, inner), PurePosixPath(inner).name, kind)]
                elif kind:
                    found += [SourceFile(str(path), (member,), name, kind)]
            return found
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"{path.name}: the archive is damaged or locked; pack it again") from error


def _only_member(outer: zipfile.ZipFile, member: str, mapping: Mapping) -> str:
    with outer.open(member) as packed, zipfile.ZipFile(packed) as archive:
        names = [name for name in archive.namelist() if mapping.kind_of(PurePosixPath(name).name)]
    if len(names) != 1:
        raise InputError(
            f"{member}: holds {len(names)} files that mapping {mapping.name} reads; unpack it first"
        )
    return names[0]


def _sample_folder(mapping: Mapping) -> Path:
    """The folder of the package that brings the sample; the package itself is not run."""
    sample = mapping.sample
    if sample is None:
        raise InputError(f"mapping {mapping.name}: brings no sample; name a file or folder")
    spec = find_spec(sample.package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"sample of {mapping.name}: not installed; run {sample.install}")
    return Path(next(iter(spec.submodule_search_locations))) / sample.folder


def _database(url: str, mapping: Mapping) -> list[SourceFile]:
    queries = [kind for kind, rule in mapping.files.items() if rule.query]
    if not queries:
        raise InputError(f"{_shown(url)}: mapping {mapping.name} declares no query: for a database")
    return [SourceFile(url, (), f"{_shown(url)} {kind}", kind) for kind in queries]


def _shown(source: str) -> str:
    """A database's address without its password."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", source)
