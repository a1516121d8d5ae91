"""The programme document: what it accepts, how it refuses, and that nothing is lost on the way."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from loyalty_core.errors import InputError
from loyalty_core.programme import programme_from_dict, programme_from_yaml, programme_to_yaml

CLUB = """
name: club
time_zone: Asia/Shanghai
point_decimals: 1
tiers:
  - {name: basic, label: {zh: 普通}}
  - {name: 金卡, threshold: 1999.99, earn_percent: 150}
earning: {points_per_unit: 0.05}
rewards: [{name: tea, points: 30.5, cost: 6}]
targets: {redemption_rate: 0.6}
"""


def test_a_document_read_written_and_read_again_is_the_same() -> None:
    club = programme_from_yaml(CLUB)
    assert programme_from_yaml(programme_to_yaml(club)) == club


def test_amounts_become_whole_numbers_of_their_units() -> None:
    club = programme_from_yaml(CLUB)
    assert club.thresholds_minor == (0, 199_999)
    assert club.cheapest_reward_units == 305
    assert club.point_units_per_minor == Fraction(5, 1000)
    assert club.minor(Decimal("0.07")) == 7


def test_a_label_in_one_language_stands_for_both() -> None:
    club = programme_from_yaml(CLUB)
    assert (club.tier_label("basic").en, club.tier_label("金卡").zh) == ("普通", "金卡")


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"tier": []}, "tier: Extra inputs are not permitted"),
        ({"time_zone": "Mars/Base"}, "time_zone: Mars/Base is no time zone"),
        ({"lifecycle": {"silent_days": 90}}, "lifecycle: silent_days must be greater"),
        ({"tiers": [{"name": "a", "threshold": 1}]}, "the first tier needs threshold 0"),
        ({"tiers": [{"name": "a"}, {"name": "b"}]}, "b needs a threshold above that of a"),
        ({"tiers": [{"name": "a"}, {"name": "a", "threshold": 1}]}, "the name a stands twice"),
        ({"rewards": [{"name": "tea", "points": 0}]}, "rewards.0.points: .*greater than 0 .found 0."),
        ({"expiry": {"months": 0}}, "expiry.months: "),
    ],
)
def test_what_contradicts_itself_is_refused_in_one_line_that_names_the_field(
    document: dict[str, object], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint) as refused:
        programme_from_dict({"name": "club", **document}, "club.yaml")
    assert str(refused.value).startswith("club.yaml: ") and "\n" not in str(refused.value)


def test_unreadable_text_is_refused_with_its_line() -> None:
    with pytest.raises(InputError, match=r"^club\.yaml, line 2: not readable as YAML"):
        programme_from_yaml("name: club\n\ttiers: x\n", "club.yaml")
    with pytest.raises(InputError, match="expected fields like name: and tiers:, found list"):
        programme_from_yaml("- 1", "club.yaml")


def test_finer_amounts_than_the_currency_has_are_refused() -> None:
    with pytest.raises(InputError, match=r"CNY amount 0\.005: at most 2 decimals"):
        programme_from_yaml(CLUB).minor("0.005")
