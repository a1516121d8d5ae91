"""The pull of near goals and the momentum of a redemption: what members lived with is found again."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from loyalty_core.days import to_day
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.behaviour import Behaviour, Purchasing, Season
from simulation.calibration_findings import Findings
from simulation.continuation import continued
from simulation.effects import OF_LEDGERS, default_effects
from simulation.pulls import pulls
from simulation.untold import say_untold
from simulation.waits import waits_of
from tests.simulation.crowds import BEHAVIOUR, LAST, PROGRAMME, crowd, run
from tests.simulation.test_calibration import history_of

WITHIN = 0.1  # of the truth; the tables are in DECISIONS.md
OF_ITSELF = {"name": "test", "time_zone": "Asia/Shanghai"}
STAMPS = programme_from_dict(
    OF_ITSELF
    | {
        "earning": {"points_per_unit": 0, "rules": [{"name": "stamp", "points": 1}]},
        "rewards": [{"name": "coffee", "points": 10, "cost": 3}],
    }
)
TIERS = programme_from_dict(
    OF_ITSELF
    | {
        "tiers": [
            {"name": "basic"},
            {"name": "silver", "threshold": 600},
            {"name": "gold", "threshold": 1500},
        ],
        "qualification": {"months": 12, "reviews": "monthly"},
    }
)


def lived(programme: Programme, behaviour: Behaviour = BEHAVIOUR, **effects: float) -> History:
    """4,000 members who live with those effects, beside the library's."""
    people, felt = crowd(4000), default_effects().with_values(**effects)
    return continued(people, run(people, programme, behaviour, effects=felt), programme)


@pytest.mark.parametrize("truth", [0.0, 0.45])
@pytest.mark.parametrize("programme", [STAMPS, TIERS], ids=["stamps", "tiers"])
def test_the_pull_comes_back(programme: Programme, truth: float) -> None:
    history = lived(programme, goal_gradient=truth)
    found = pulls(history, programme, Season(), default_effects(), LAST + 1)["goal_gradient"]
    assert found.value == pytest.approx(truth, abs=WITHIN)
    assert found.ends[0] < truth < found.ends[1]


def test_the_pull_comes_back_where_members_leave_at_any_time() -> None:
    """Taken for members who leave after a purchase, as by default, they seem to be pulled by 0.2 more."""
    leaving = Purchasing(model="pareto_nbd", r=0.7, alpha=3.0, a=0.7, b=15.0)
    history = lived(STAMPS, BEHAVIOUR.model_copy(update={"purchasing": leaving}), goal_gradient=0.0)
    found = pulls(history, STAMPS, Season(), default_effects(), LAST + 1)["goal_gradient"]
    assert found.value == pytest.approx(0.0, abs=WITHIN)


@pytest.mark.parametrize("truth", [1.0, 1.3])
def test_the_momentum_of_a_redemption_comes_back(truth: float) -> None:
    history = lived(PROGRAMME, redemption_momentum=truth)
    found = pulls(history, PROGRAMME, Season(), default_effects(), LAST + 1)["redemption_momentum"]
    assert found.value == pytest.approx(truth, abs=WITHIN)
    assert found.ends[0] < truth < found.ends[1]


def test_the_pull_is_that_of_whom_it_moves() -> None:
    """Heavy buyers do not respond: were all taken together, they would hide a part of it."""
    history = lived(STAMPS, goal_gradient=0.45)
    all_alike = default_effects().with_values(response_heavy=1.0)
    together = pulls(history, STAMPS, Season(), all_alike, LAST + 1)["goal_gradient"]
    assert together.value < 0.45 - 2 * WITHIN


def test_a_wait_lasts_from_the_end_of_its_day_to_the_middle_of_the_next_or_to_the_end_of_the_data() -> None:
    history = history_of([("a", 0, 100), ("a", 0, 300), ("a", 10, 100), ("b", 4, 100)])
    first_day = to_day(date(2025, 1, 1)) + 14
    waits = waits_of(history, TIERS, Season(), 2.0, first_day)
    assert waits.weeks * 7 == pytest.approx([9.5, 3.0, 9.0])
    assert waits.last.tolist() == [False, True, True] and waits.repeats.tolist() == [1, 0]
    busy = Season(weekdays=(7.0, *(1e-9,) * 6))  # 6 and 13 January are Mondays
    assert waits_of(history, TIERS, busy, 2.0, first_day).weeks == pytest.approx([1, 1, 2], abs=1e-6)


@pytest.mark.parametrize(("window", "spent"), [("rolling", 500), ("calendar", 100), ("since_joining", 600)])
def test_progress_is_that_of_the_window_at_the_close_of_the_day(window: str, spent: int) -> None:
    """Bought on 1 January and 1 December 2025, and on 15 January 2026; with 600 the first tier is reached."""
    counted = TIERS.qualification.model_copy(update={"window": window})
    tiers = TIERS.model_copy(update={"qualification": counted})
    history = history_of([("a", 0, 10_000), ("a", 334, 40_000), ("a", 379, 10_000)])
    waits = waits_of(history, tiers, Season(), 2.0, LAST + 1)
    assert waits.progress == pytest.approx([100 / 600, 500 / 600, spent / 600 % 1])


def test_a_wait_is_elated_by_its_chance_to_begin_within_the_momentum() -> None:
    def at(*days: int) -> pd.DatetimeIndex:
        noon = pd.Timestamp("2025-03-01 12:00") + pd.to_timedelta(days, unit="D")
        return noon.tz_localize("Asia/Shanghai")

    of_points = {"kind": ["earn", "redeem"], "amount": [12, -10], "account": "points"}
    frames = {
        "purchases": pd.DataFrame(
            {"member_id": "a", "occurred_at": at(0, 5, 9, 30), "amount": 100, "kind": "sale"}
        ),
        "entries": pd.DataFrame({"member_id": "a", "occurred_at": at(0, 5), **of_points}),
    }
    waits = waits_of(history_from_frames(frames, STAMPS), STAMPS, Season(), 2.0, LAST + 1)
    # Of purchases that come by a Poisson process of 2 at least none, one, two.
    assert waits.elated == pytest.approx([0, 1, 1 - np.exp(-2), 1 - 3 * np.exp(-2)])
    assert waits.progress == pytest.approx([0, 0.2, 0.2, 0.2])


def test_too_few_waits_tell_nothing() -> None:
    history = history_of([("a", 0, 100), ("a", 9, 100)])
    assert pulls(history, STAMPS, Season(), default_effects(), LAST) == {}


def test_every_effect_is_looked_for_in_the_past_or_said_not_to_be() -> None:
    """Settings of other effects have no value that changes nothing, and are neither."""
    found = Findings(Behaviour(), default_effects())
    say_untold(found)
    told = " ".join(one.en for one in found.refused)
    looked_for = (
        "goal_gradient",
        "redemption_momentum",
        "expiry_redemption",
        "wake_up",
        "win_back",
        *OF_LEDGERS,
    )
    for key, effect in default_effects().items():
        if effect.unit.neutral is not None:
            assert (key in looked_for) != (effect.name.en in told), key
