"""The library of effects: model.md's table as data, in both languages, valid and switchable."""

from __future__ import annotations

import pytest

from loyalty_core.errors import InputError
from simulation.effects import Unit, default_effects, effects_from_yaml
from simulation.evidence import Status

# Value, low and high end as model.md, section 2, has them; sizes it leaves open are not here.
TABLE = {
    "programme_dropout": (0.90, 0.75, 1.0),
    "programme_frequency": (1.02, 1.00, 1.06),
    "programme_basket": (1.00, 1.00, 1.00),
    "goal_gradient": (0.25, 0.0, 0.45),
    "endowed_progress": (1.6, 1.3, 2.2),
    "redemption_momentum": (1.10, 1.05, 1.15),
    "wake_up": (0.02, 0.01, 0.03),
    "win_back": (0.02, 0.01, 0.03),
    "referral_retention": (1.10, 1.05, 1.18),
}
VALUES = {
    "review_push_gap": 0.15,
    "review_push_window": 0.10,
    "reached_low": 1.05,
    "reached_high": 1.02,
    "missed_low": 0.95,
    "missed_high": 0.90,
    "demotion_dropout": 1.2,
    "response_heavy": 0.0,
    "response_others": 1.0,
    "response_half_life": 7.0,
    "momentum_cycles": 2.0,
    "expiry_purchase": 1.0,
}
ASSUMED = {"reached_low", "reached_high", "missed_low", "missed_high", "demotion", "demotion_high",
           "demotion_dropout", "redemption_momentum", "wake_up", "win_back"}  # fmt: skip


def test_the_library_is_the_table_of_the_model() -> None:
    effects = default_effects()
    for key, three in TABLE.items():
        effect = getattr(effects, key)
        assert (effect.value, effect.low, effect.high) == three, key
    for key, value in VALUES.items():
        assert getattr(effects, key).value == value, key
    for key in ASSUMED:
        assert getattr(effects, key).status is Status.ASSUMPTION, key
    # A demotion takes back twice what an upgrade gives.
    for lost, reached in (
        (effects.demotion, effects.reached_low),
        (effects.demotion_high, effects.reached_high),
    ):
        assert lost.value == pytest.approx(1 - 2 * (reached.value - 1))


def test_every_effect_has_its_words_and_lies_in_its_range() -> None:
    for key, effect in default_effects().items():
        assert effect.low <= effect.value <= effect.high, key
        assert effect.status is not Status.CALIBRATED  # of whose programme?
        for words in (effect.name, effect.meaning):
            assert words.en != words.zh and any("一" <= letter <= "鿿" for letter in words.zh)


def test_what_is_switched_off_changes_nothing() -> None:
    effects = default_effects()
    switchable = [key for key, effect in effects.items() if effect.unit.neutral is not None]
    off = effects.switched(**dict.fromkeys(switchable, False))
    for key in switchable:
        effect = getattr(off, key)
        assert effect.size == (1.0 if effect.unit in (Unit.MULTIPLIER, Unit.ODDS) else 0.0)
        assert not effect.active
    assert off.switched(goal_gradient=True).goal_gradient.size == 0.25
    assert effects.with_values(goal_gradient=0.4).goal_gradient.size == 0.4


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("low: 0.75", "low: 1.75", "programme_dropout: low must not be above high"),
        ("high: 0.03", "high: 1.03", "share must be from 0 to 1"),
        ("value: 1.6", "value: -1.6", "endowed_progress: odds must be from 0 to 1000"),
        ("unit: months", 'unit: months\n  "on": false', "cannot be switched off"),
        ("goal_gradient:", "gaol_gradient:", "gaol_gradient"),
        ("status: published", "status: rumour", "status"),
    ],
)
def test_a_library_that_is_wrong_is_refused_by_its_field(old: str, new: str, problem: str) -> None:
    from importlib.resources import files

    text = files("simulation").joinpath("effects.yaml").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=problem):
        effects_from_yaml(text.replace(old, new), "effects.yaml")
