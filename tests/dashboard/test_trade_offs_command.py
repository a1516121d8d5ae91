"""Two aims on the command line: the front of proposals, in both languages, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from loyalty_core.errors import InputError

ASKED = [
    "optimise",
    "SCENARIO",
    "--lever",
    "changes.earning.points_per_unit=0.5,2",
    "--trials",
    "4",
    "--workers",
    "1",
]
AIMS = ["--aim", "money", "--aim", "points_issued:up"]


@pytest.fixture
def asked(demo: Path, tmp_path: Path) -> list[str]:
    file = tmp_path / "same.yaml"
    file.write_text("months: 1\nreplications: 1\n")
    return [str(file) if one == "SCENARIO" else one for one in ASKED] + [
        "--members",
        "60",
        "--workspace",
        str(demo),
    ]


def test_the_front_is_told_as_json_and_in_words(asked: list[str]) -> None:
    found = json.loads(CliRunner().invoke(app, [*asked, *AIMS, "--json"]).stdout)
    assert found["aims"] == ["money", "points_issued:up"] and found["trials"] == 4
    best = max(found["choices"], key=lambda one: one["changes"][0])
    assert best["on_front"] and found["choices"][0] == best
    said = CliRunner().invoke(app, [*asked, *AIMS, "--language", "zh"], env={"COLUMNS": "200"}).stdout
    assert "位于前沿" in said and found["meaning"]["zh"] in said.replace("\n", "")
    assert said.count("满足") >= len(found["choices"])


def test_one_aim_or_three_are_refused(asked: list[str]) -> None:
    for given in (["--aim", "money"], [*AIMS, "--aim", "revenue:up"]):
        refused = CliRunner().invoke(app, [*asked, *given]).exception
        assert isinstance(refused, InputError) and "give two to weigh up" in str(refused)
