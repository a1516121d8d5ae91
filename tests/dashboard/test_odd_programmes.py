"""Programmes with next to nothing, and next to nothing known: every answer is usable, or a clear line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from dashboard.cli import app
from data.intake.importing import import_files
from data.intake.mapping import load_mapping
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import programme_from_dict

BARE = {  # no tier to reach, nothing to have for points, and no end of theirs
    "name": "bare",
    "time_zone": "America/New_York",
    "currency": "USD",
    "tiers": [{"name": "member", "threshold": 0}],
    "earning": {"points_per_unit": 1},
}
TIERS = {
    "tiers": [{"name": "member", "threshold": 0}, {"name": "gold", "threshold": 60}],
    "qualification": {"window": "rolling", "months": 12},
}
PROGRAMMES = {
    "bare": BARE,
    "no points": BARE | {"earning": {"points_per_unit": 0}},
    "tiers and rewards": BARE | TIERS | {"rewards": [{"name": "tea", "points": 50, "cost": 2}]},
}
RUN = ("--workers", "1")
LEVER = "changes.earning.points_per_unit"
QUESTIONS = {
    "simulate": ("simulate", "SCENARIO", *RUN),
    "break-even": ("break-even", "SCENARIO", LEVER, "--between", "1,3", *RUN),
    "layers": ("sensitivity", "SCENARIO", "--draws", "2", *RUN),
    "optimise": ("optimise", "SCENARIO", "--lever", f"{LEVER}=1,3", "--trials", "2", *RUN),
    "winners": ("winners", "SCENARIO"),
    "calibrate": ("calibrate",),
    "finance": ("finance",),
    "digest": ("digest",),
    "explain": ("explain", "00001"),
    "actions": ("actions", "near_upgrade"),
    "kpi": ("kpi",),
}

SAID = {
    "simulate": "the programme states no cost of a point",
    "break-even": "1: +0.00 ± 0.00 usd",
    "calibrate": "fewer than 50 members have bought again",
}


@pytest.fixture(scope="module", params=PROGRAMMES)
def odd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of one member with one purchase, and a scenario that doubles what is earned."""
    name, folder = request.param, tmp_path_factory.mktemp("odd")
    (folder / "CDNOW_sample.txt").write_text(" 00001 0001 19970105  1   50.00\r\n", encoding="ascii")
    (folder / "more.yaml").write_text(
        yaml.safe_dump({"months": 1, "replications": 2, "changes": {"earning.points_per_unit": 2}}),
        encoding="utf-8",
    )
    source, mapping = folder / "CDNOW_sample.txt", load_mapping("cdnow_sample")
    import_files(folder / "workspace", [source], mapping, programme=programme_from_dict(PROGRAMMES[name]))
    return folder


def answer(odd: Path, *words: str) -> str:
    """What a command says of the workspace; a refusal is one line."""
    given = [str(odd / "more.yaml") if word == "SCENARIO" else word for word in words]
    done = CliRunner().invoke(app, [*given, "--workspace", str(odd / "workspace")])
    if isinstance(done.exception, InputError):
        assert "\n" not in str(done.exception)
    else:
        assert done.exit_code == 0, done.exception
    return done.stdout


@pytest.mark.parametrize("asked", QUESTIONS)
def test_every_question_has_an_answer_without_holes(odd: Path, asked: str) -> None:
    found = json.loads(answer(odd, *QUESTIONS[asked], "--json"))
    assert found and all(math.isfinite(number) for number in numbers(found))
    said = answer(odd, *QUESTIONS[asked]).lower().split()
    assert said and not {"nan", "inf", "none"} & set(said)
    assert SAID.get(asked, "") in " ".join(said)


def numbers(found: object) -> Iterator[float]:
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list):
        for one in found:
            yield from numbers(one)
    elif isinstance(found, float):
        yield found


def test_what_is_not_known_of_points_has_no_band(odd: Path) -> None:
    found = json.loads(answer(odd, "finance", "--json"))["figures"]
    lines = answer(odd, "finance").splitlines()
    liability = next(line for line in lines if "Points liability" in line)
    assert found["points_liability"] is None and "band" not in liability


def test_a_backtest_says_what_it_takes(odd: Path) -> None:
    done = CliRunner().invoke(app, ["backtest", "--horizon", "1", "--workspace", str(odd / "workspace")])
    assert isinstance(done.exception, InputError)
    assert "a backtest takes three months at least; import more" in str(done.exception)


def test_what_makes_no_difference_is_not_said_to_pay(odd: Path) -> None:
    found = json.loads(answer(odd, "break-even", "SCENARIO", "effects.wake_up", "--between", "0,1", "--json"))
    gains = [one["money"] for one in found["tried"]]
    said = answer(odd, "break-even", "SCENARIO", "effects.wake_up", "--between", "0,1")
    assert found["break_even"] is None and len(set(gains)) == 1  # nobody is woken up in the scenario
    assert ("neither gains nor loses at 0 and at 1" in said) == (gains[0] == 0)
    layers = QUESTIONS["layers"]
    found, said = json.loads(answer(odd, *layers, "--json")), answer(odd, *layers)
    assert ("no run gains or loses anything" in said) == (found["low"] == found["high"] == 0)
