"""The guide "Import your own data" does what it says: its files are written, its commands run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from data.workspace import Workspace
from tests.living import asked

GUIDE = Path(__file__).parents[2] / "docs" / "import-your-own-data.md"


def _run(command: str, folder: Path) -> str:
    """What one line of the guide prints; `loyalty` is that of this installation."""
    program, *words = shlex.split(command)
    assert program == "loyalty"
    found = [
        name for word in words for name in (sorted(map(str, folder.glob(word))) if "*" in word else [word])
    ]
    answer = asked(*found, folder=folder)
    assert answer.status == 0, f"{command}: {answer.output}{answer.complaint}"
    return answer.output


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], str]:
    """The folder with the guide's files, its commands in order, and the guide."""
    folder, text = tmp_path_factory.mktemp("guide"), GUIDE.read_text("utf-8")
    for name, content in re.findall(r"^`([\w.-]+)`:\n\n```\w*\n(.*?)^```$", text, re.S | re.M):
        (folder / name).write_text(content, "utf-8")
    return folder, re.findall(r"^\$ (.+)$", text, re.M), text


def test_the_guide_can_be_followed_to_the_letter(told: tuple[Path, list[str], str]) -> None:
    folder, commands, _ = told
    assert len(commands) == 5
    printed = _run(commands[0], folder)
    assert not (folder / "my-shop").exists()
    printed = _run(commands[1], folder)
    assert "31.02.2026" not in printed and "1 row rejected: when is no date" in printed
    for command in commands[2:4]:
        _run(command, folder)
    [rejects] = (folder / "my-shop" / "imports").glob("*/*.rejects.csv")
    rejects.write_text(
        rejects.read_text("utf-8-sig").replace("R4,1,0001,31.02.2026", "R4,1,0001,28.02.2026"), "utf-8"
    )
    _run(commands[4], folder)
    snapshot = Workspace.open(folder / "my-shop").latest()
    assert snapshot is not None
    found = snapshot.query("SELECT purchase_id, member_id, kind, amount FROM purchases ORDER BY 1")
    rows = found.astype(object).where(found.notna(), None).to_numpy().tolist()
    assert rows == [
        ["R1", "0001", "sale", 5500],
        ["R2", "0002", "sale", 1250],
        ["R3", None, "sale", 3750],
        ["R4", "0001", "sale", 3000],
        ["R5", "0002", "refund", -3000],
    ]
    assert snapshot.count("members") == 3


def test_the_guide_names_every_field_of_a_mapping(told: tuple[Path, list[str], str]) -> None:
    from data.intake.mapping import ColumnRule, FileRule, Mapping, RowRule

    fields = [field for model in (Mapping, FileRule, RowRule, ColumnRule) for field in model.model_fields]
    missing = {field for field in fields if not re.search(rf"\b{field}\b", told[2])} - {"source"}
    assert not missing
