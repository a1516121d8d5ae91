"""`loyalty calibrate`: the acceptance figures through the command, both languages, clear refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from data.intake.importing import import_files
from data.intake.mapping import load_mapping
from loyalty_core.errors import InputError

# model.md, section 1
PUBLISHED = {
    "bg_nbd": ({"r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258}, -9582.426),
    "mbg_nbd": ({"r": 0.5248, "alpha": 6.183, "a": 0.8914, "b": 1.614}, -9582.133),
    "pareto_nbd": ({"r": 0.5533, "alpha": 10.578, "s": 0.6062, "beta": 11.668}, -9594.974),
    "gamma_gamma": ({"p": 6.249, "q": 3.745, "v": 15.448}, -4055.92),
}


@pytest.mark.shared
def test_the_sample_of_the_literature_gives_its_figures(shared: Path, workspace_path: Path) -> None:
    import_files(workspace_path, [shared / "cdnow"], load_mapping("cdnow_sample"))
    arguments = ["calibrate", "--until", "1997-09-30", "--json", "--workspace", str(workspace_path)]
    found = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    assert found["until"] == "1997-09-30" and found["members"] == 2357
    for key, (parameters, log_likelihood) in PUBLISHED.items():
        model = found["models"][key]
        assert model["parameters"] == pytest.approx(parameters, rel=0.005)
        assert model["log_likelihood"] == pytest.approx(log_likelihood, rel=0.0001)
    assert found["chosen"] in found["models"] and found["weeks_held_out"] == 9
    assert any("redemption" in one["en"] for one in found["refused"])


def test_the_figures_are_told_in_both_languages(demo_workspace: Path) -> None:
    runner, there = CliRunner(), ["--workspace", str(demo_workspace)]
    english = runner.invoke(app, ["calibrate", *there], catch_exceptions=False).stdout
    chinese = runner.invoke(app, ["calibrate", "--language", "zh", *there], catch_exceptions=False).stdout
    assert "Mean amount of a purchase day" in english and "90% range" in english
    assert "购买日平均消费" in chinese and "以本计划数据校准" in chinese
    assert "Mean amount" not in chinese


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--until", "yesterday"], "--until yesterday: no date; write it like 2026-10-31"),
        (["--until", "2020-01-01"], "no sale to a member in the data up to 2020-01-01"),
        (["--until", "2090-01-01"], "--until 2090-01-01: the data reach until 20"),
    ],
)
def test_what_cannot_be_answered_is_one_line(
    demo_workspace: Path, arguments: list[str], problem: str
) -> None:
    refused = CliRunner().invoke(app, ["calibrate", *arguments, "--workspace", str(demo_workspace)])
    assert isinstance(refused.exception, InputError)
    assert problem in str(refused.exception) and "\n" not in str(refused.exception)
