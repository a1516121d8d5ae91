"""Results kept in the workspace by what decides them: identical inputs are not run again."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

FOLDER = "results"


def input_hash(**inputs: Any) -> str:
    """A name for everything that decides a run's result, the product's own version included."""
    document = {"version": version("loyalty-dashboard"), **inputs}
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class KeptResults:
    """The results of one workspace, each a JSON file under the hash of its inputs."""

    def __init__(self, workspace: Path, folder: str = FOLDER) -> None:
        self._folder = workspace / folder

    def find(self, named: str) -> dict[str, Any] | None:
        """The result for those inputs; None where there is none that can be read."""
        try:
            found = json.loads(self._file(named).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def keep(self, named: str, result: dict[str, Any]) -> dict[str, Any]:
        """The result as one that is found again reads; a workspace that cannot be written to keeps none."""
        text = json.dumps(result, ensure_ascii=False, allow_nan=False, default=str)
        draft = self._folder / f"{uuid4().hex}.draft"
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(text, encoding="utf-8")
            draft.replace(self._file(named))
        read: dict[str, Any] = json.loads(text)
        return read

    def forget_all_but(self, most: int) -> None:
        """Remove what was kept before the latest so many; whoever else does so meanwhile is no hindrance."""
        with suppress(OSError):
            files = sorted(self._folder.glob("*.json"), key=lambda one: -one.stat().st_mtime)
            for one in files[most:]:
                one.unlink(missing_ok=True)

    def _file(self, named: str) -> Path:
        return self._folder / f"{named}.json"
