"""What makes no sense to ask: refused in one line that names it, before a past is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from dashboard.jobs import calibrated
from loyalty_core.errors import InputError

Refused = Callable[..., str]
PRICE = "changes.rewards.voucher.points"


@pytest.fixture
def refused(demo_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Refused:
    """The one line with which a command is refused that must not begin to reckon."""

    def begun(*args: object, **options: object) -> None:
        raise AssertionError("the past was read")

    monkeypatch.setattr(calibrated, "told_past", begun)

    def said(*words: str) -> str:
        answer = CliRunner().invoke(app, [*words, "--workspace", str(demo_workspace)])
        assert isinstance(answer.exception, InputError), answer.output
        assert "\n" not in str(answer.exception) and answer.stdout == ""
        return str(answer.exception)

    return said


@pytest.mark.parametrize(
    ("lever", "said"),
    [
        ("voucher=1,2", "voucher: begin with changes., behaviour., effects. or campaigns."),
        (
            "effects.charm=0,1",
            "lever effects: charm.value: there is no 'charm' here; known: programme_dropout",
        ),
        ("changes.rewards.boat.points=1,2", "changes: rewards.boat.points: there is no 'boat' here; known: "),
        ("changes.rewards=1,2", "lever changes: rewards: this is a group of values; name one of them"),
        ("behaviour.redeeming.mood=0,1", "behaviour: redeeming.mood: there is no 'mood' here; known: status"),
        (f"{PRICE}=9,2", "the range from 9 to 2 is empty; give the lower end first"),
        (f"{PRICE}=-inf,inf", f"{PRICE}: the ends of a range are finite numbers, like 100,300"),
        (f"{PRICE}=nan,5", f"{PRICE}: the ends of a range are finite numbers, like 100,300"),
        (f"{PRICE}=1", f"lever {PRICE}=1: write it like changes.rewards.tea.points=100,300"),
    ],
)
def test_a_lever_that_cannot_be_turned_is_named(refused: Refused, lever: str, said: str) -> None:
    assert said in refused("optimise", "live", "--lever", lever)
    assert said in refused("sensitivity", "live", "--method", "morris", "--lever", lever)
    path, _, ends = lever.partition("=")
    if "," in ends:
        assert said in refused("break-even", "live", path, f"--between={ends}")


def test_a_lever_is_given_once(refused: Refused) -> None:
    twice = ["--lever", f"{PRICE}=100,200", "--lever", f"{PRICE}=300,400"]
    for command in (["optimise"], ["sensitivity", "--method", "sobol", "--draws", "2"]):
        assert (
            refused(*command, "live", *twice) == f"lever {PRICE}: this is given twice; give one range for it"
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected fields like name: …, changes: …, found nothing"),
        ("- a", "found a list"),
        ("months: 1\n\tseed: 2", "line 2: not readable as YAML; check indentation and colons"),
        ("months: 1\nmonths: 2", "line 1: months stands twice"),
        ("name: \x00", "not readable as YAML"),
        ("changes: {tiers: {gold: {threshold: 5}}}", "changes: tiers is a group: write each value"),
        ("changes: {tiers.gold.threshold: -5}", "tiers.gold.threshold: Input should be greater"),
        ("changes: {tiers.gold.threshold: .nan}", "tiers.gold.threshold: Input should be a finite number"),
        ("behaviour: {purchasing.level: 1.0e+300}", "purchasing.level: Input should be less"),
        ("behaviour: {redeeming.appeal: .inf}", "redeeming.appeal: Input should be less"),
        ("behaviour: {redeeming.eagerness: .nan}", "redeeming.eagerness: Input should be"),
        ("effects: {expiry_window: 1.0e+300}", "expiry_window: days must be from 0 to 1000"),
        ("effects: {goal_gradient: -50}", "goal_gradient: gradient must be from -1 to 1000"),
        ("months: 100000", "months: Input should be less than or equal to 120"),
        ("replications: 0", "replications: Input should be greater than or equal to 1"),
        ("shocks: [{name: s, first_day: 0001-01-01, last_day: 9999-12-31}]", "shocks.s.first_day: Input"),
        (
            "campaigns: [{name: c, kind: wake_up, first_day: 2027-01-01, last_day: 2027-02-01, "
            "response: {lift_range: [-.inf, .nan]}}]",
            "campaigns.c.response.lift_range.0: Input should be greater than or equal to -1",
        ),
    ],
)  # fmt: skip
def test_a_scenario_that_cannot_be_is_refused_by_the_place(
    refused: Refused, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(text, encoding="utf-8")
    assert said in refused("simulate", str(file)) and said in refused("sensitivity", str(file))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("winners live --from 2090-01-01", "--from 2090-01-01: the data reach until 20"),
        ("actions wake_up --lift nan", "lift nan: write a share from 0 to 1"),
        ("points adjust M0000001 --points 1e300 --reason odd", "--points 1e300: more than any account holds"),
        ("simulate live --ledger /dev/null/ledger", "no folder can be made here"),
        ("simulate nothing.yaml", "nothing.yaml: neither a file nor a saved scenario"),
        ("simulate live --months 99999999999999999999", "months: Input should be less than or equal to 120"),
    ],
)
def test_an_odd_option_is_refused(refused: Refused, words: str, said: str) -> None:
    assert said in refused(*words.split())


def test_a_digest_of_a_workspace_that_is_not_there_makes_none(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["digest", "--workspace", str(tmp_path / "typo")])
    assert "there is no workspace here" in str(answer.exception) and not (tmp_path / "typo").exists()
