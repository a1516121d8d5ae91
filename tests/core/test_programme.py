"""The programme document: what it accepts, how it refuses, and that nothing is lost on the way."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loyalty_core.errors import InputError
from loyalty_core.rules.programme import programme_from_dict, programme_from_yaml, programme_to_yaml
from loyalty_core.validation.contradictions import findings

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

_DISCOUNT = {"first_day": "2026-01-01", "last_day": "2026-01-31", "percent": 50, "tiers": ["gold"]}


def test_a_document_read_written_and_read_again_is_the_same() -> None:
    club = programme_from_yaml(CLUB)
    assert programme_from_yaml(programme_to_yaml(club)) == club


def test_amounts_become_whole_numbers_of_their_units() -> None:
    club = programme_from_yaml(CLUB)
    assert club.thresholds_minor == (0, 199_999)
    assert club.cheapest_reward_units == 305
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
        (
            {"tiers": [{"name": "a", "benefits": [{"name": "lounge"}, {"name": "lounge"}]}]},
            "tiers.a.benefits: the name lounge stands twice",
        ),
        ({"rewards": [{"name": "tea", "points": 0}]}, "rewards.tea.points: .*greater than 0 .found 0."),
        ({"expiry": {"months": 0}}, "expiry.months: "),
        (
            {"earning": {"rules": [{"name": "r", "points": 1, "when": {"tiers": ["gould"]}}]}},
            "earning.rules.r.when.tiers: there is no tier gould; there are member",
        ),
        (
            {"earning": {"multipliers": [{"name": "m", "percent_by_tier": {"gold": 200}}]}},
            "earning.multipliers.m.percent_by_tier: there is no tier gold",
        ),
        (
            {"rewards": [{"name": "tea", "points": 1, "points_by_tier": {"gold": 2}}]},
            "rewards.tea.points_by_tier: there is no tier gold",
        ),
        (
            {"rewards": [{"name": "tea", "points": 1, "discounts": [_DISCOUNT]}]},
            "rewards.tea.discounts.0.tiers: there is no tier gold",
        ),
        (
            {"coupons": [{"name": "c", "face_value": 1, "tiers": ["gold"]}]},
            "coupons.c.tiers: there is no tier gold",
        ),
        (
            {"points_as_cash": {"value_per_point": 1, "value_by_tier": {"gold": 2}}},
            "points_as_cash.value_by_tier: there is no tier gold",
        ),
        (
            {"rewards": [{"name": "film", "points": 1, "partner": "cinema"}]},
            "rewards.film.partner: there is no partner cinema; there is none",
        ),
        (
            {
                "rewards": [{"name": "film", "points": 1, "partner": "cinema"}],
                "partners": [{"name": "cinema", "role": "issues", "settlement_per_point": 1}],
            },
            "rewards.film.partner: cinema issues points and accepts none",
        ),
        (
            {
                "coupons": [
                    {"name": "c", "face_value": 1, "first_day": "2026-02-01", "last_day": "2026-01-01"}
                ]
            },
            "coupons.c: last_day 2026-01-01 is before first_day 2026-02-01",
        ),
        (
            {"earning": {"rules": [{"name": "r", "points": 1, "account": "stored_value"}]}},
            "earning.rules.r.account: stored_value holds money",
        ),
        (
            {"tiers": [{"name": "a"}, {"name": "b", "threshold": "10.005"}]},
            r"tiers.b.threshold: 10.005 has more decimals than CNY \(2\)",
        ),
        (
            {"tiers": [{"name": "a"}, {"name": "b", "reach": {"at_least": {"purchases": "1.5"}}}]},
            r"tiers.b.reach.at_least.purchases: 1.5 has more decimals than a count \(0\)",
        ),
        (
            {"rewards": [{"name": "tea", "points": "0.5"}]},
            r"rewards.tea.points: 0.5 has more decimals than points \(0\)",
        ),
        (
            {"earning": {"rules": [{"name": "r", "points": "1", "caps": {"day": "9.9"}}]}},
            "earning.rules.r.caps.day: 9.9 has more decimals than points",
        ),
        (
            {"earning": {"rules": [{"name": "r", "points": 1, "when": {"at_least": "9.999"}}]}},
            "earning.rules.r.when.at_least: 9.999 has more decimals than CNY",
        ),
        ({"fixed_cost_per_month": "0.001"}, "fixed_cost_per_month: 0.001 has more decimals than CNY"),
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
    with pytest.raises(InputError, match="expected fields like name: …, tiers: …, found a list"):
        programme_from_yaml("- 1", "club.yaml")
    with pytest.raises(InputError, match=r"^club\.yaml, line 1: name stands twice$"):
        programme_from_yaml("name: club\nname: other\n", "club.yaml")
    with pytest.raises(InputError, match=r"^club\.yaml: a date that no calendar has"):
        programme_from_yaml("name: club\nfrom: 2026-02-30\n", "club.yaml")
    with pytest.raises(InputError, match=r"^club\.yaml: groups in groups, hundreds deep"):
        programme_from_yaml("name: " + 3000 * "[", "club.yaml")


def test_finer_amounts_than_the_currency_has_are_refused() -> None:
    with pytest.raises(InputError, match=r"CNY amount 0\.005: at most 2 decimals"):
        programme_from_yaml(CLUB).minor("0.005")


def test_what_the_data_call_something_has_words_in_both_languages() -> None:
    club = programme_from_dict({"name": "club", "labels": {"North": {"zh": "华北"}}})
    north, south = club.data_label("North"), club.data_label("South")
    assert [(one.en, one.zh) for one in (north, south)] == [("North", "华北"), ("South", "South")]


def test_rates_may_be_finer_than_the_currency_and_the_value_of_an_activity_has_no_currency() -> None:
    club = programme_from_dict(
        {
            "name": "club",
            "cost_per_point": "0.00333",
            "earning": {
                "points_per_unit": "0.0125",
                "rules": [
                    {
                        "name": "miles",
                        "when": {"event": "flight", "at_least": "500.125"},
                        "measure": "value",
                        "points_per_unit": "0.0005",
                    }
                ],
            },
        }
    )
    assert club.cost_per_point == Decimal("0.00333")


def test_multipliers_of_the_usual_rate_stay_idle_where_it_is_nought() -> None:
    double = {"name": "double", "percent": 200, "rules": ["base"]}
    none = programme_from_dict({"name": "club", "earning": {"points_per_unit": 0, "multipliers": [double]}})
    assert none.earning.all_rules == ()
    assert "earning.multipliers.double.when.event" in [one.field for one in findings(none)]
    with pytest.raises(InputError, match="double: there is no rule bonus"):
        programme_from_dict({"name": "club", "earning": {"multipliers": [double | {"rules": ["bonus"]}]}})
