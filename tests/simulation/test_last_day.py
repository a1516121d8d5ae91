"""A clock that runs ahead is not the programme's today; a quiet time that members came out of is none."""

from __future__ import annotations

import pytest

from loyalty_core.errors import InputError
from loyalty_core.history_parts import as_of
from simulation.backtest import backtest
from simulation.behaviour import Behaviour
from simulation.calibration import calibrate
from simulation.last_day import day_after
from simulation.outset import outset
from tests.simulation.crowds import PROGRAMME
from tests.simulation.test_calibration import history_of

USUAL = [(f"m{number % 60}", number, 500) for number in range(300)]


@pytest.mark.parametrize(
    ("late", "refused"),
    [
        ([], False),
        ([("m1", 300 + 364, 500)], False),  # not so long that it cannot be
        ([("m1", 300 + 30_000, 500)], True),
        ([("m1", 300 + 800, 500), ("m2", 300 + 1600, 500)], True),
        ([(f"m{number}", 300 + 800, 500) for number in range(4)], False),  # several came back
    ],
)
def test_a_clock_that_ran_ahead_is_refused_as_the_last_day(
    late: list[tuple[str, int, int]], refused: bool
) -> None:
    history = history_of(USUAL + late)
    if not refused:
        assert day_after(history) == as_of(history) + 1
        return
    said = rf"{len(late)} of {300 + len(late)} deeds.*calibrate --until 20\d\d-\d\d-\d\d`"
    for ask in (
        lambda: calibrate(history, PROGRAMME),
        lambda: outset(history, PROGRAMME, 1, 1, Behaviour()),
        lambda: backtest(history, PROGRAMME, 1, 1, replications=10),
    ):
        with pytest.raises(InputError, match=said):
            ask()
    before = calibrate(history, PROGRAMME, int(history.purchases.day.min()) + 300)
    assert before.purchases == 300


def test_few_deeds_are_all_believed() -> None:
    history = history_of([("m1", 0, 500), ("m2", 3, 500), ("m1", 2000, 500)])
    assert day_after(history) == as_of(history) + 1
