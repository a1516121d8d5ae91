"""What metrics say of themselves in both languages, and the targets that they are held against."""

from __future__ import annotations

import re

import pytest

from loyalty_core.metrics.dictionary import METRICS, Kind, target_of
from loyalty_core.rules.programme import Lifecycle, Programme, programme_from_dict
from tests.core.generated import generated


def test_every_metric_is_named_and_explained_in_both_languages():
    for name, metric in METRICS.items():
        assert metric.name == name
        texts = [metric.label, metric.meaning, metric.formula]
        assert all(text.en and text.zh for text in texts)
        assert metric.meaning.en.endswith(".") and metric.meaning.zh.endswith("。")
        assert not re.search("[一-鿿]", metric.formula.en)
        assert re.search("[一-鿿]", metric.formula.zh) or metric.formula.zh == metric.formula.en
        assert metric.direction in (-1, 0, 1)
        quotient = bool(metric.bottom) or metric.a_day
        assert metric.worked_out is not None or (metric.kind is Kind.RATIO) == quotient


def test_a_chinese_formula_names_nothing_in_latin_letters_but_metrics_and_the_day():
    programme = Programme(name="any")
    for metric in METRICS.values():
        named = re.findall(r"[A-Za-z]\w*", metric.formula_for(programme).zh, re.ASCII)
        assert set(named) <= {"D", *METRICS}, metric.name


def test_texts_name_the_windows_by_which_the_programme_counts():
    programme = Programme(name="slow", lifecycle=Lifecycle(active_days=200, silent_days=400, new_days=50))
    said = {
        "members_new_inactive": ("at most 50 days", "50 天", "≤ 50 days", "≤ 50 天"),
        "members_never_active": ("more than 50 days", "50 天", "> 50 days", "> 50 天"),
        "members_active": ("at most 200 days", "200 天", "≤ 200", "≤ 200"),
        "members_engaged": ("last 200 days", "200 天", "≤ 200", "≤ 200"),
        "members_silent": ("201 to 400 days", "201 至 400 天", "201 … 400", "201 … 400"),
        "members_churned": ("more than 400 days", "400 天", "> 400", "> 400"),
        "members_silenced": ("became silent", "转为沉默", "is 201 days after", "第 201 天"),
        "members_lapsed": ("became churned", "转为流失", "is 401 days after", "第 401 天"),
    }
    for name, parts in said.items():
        meaning, formula = METRICS[name].meaning_for(programme), METRICS[name].formula_for(programme)
        for part, text in zip(parts, (meaning.en, meaning.zh, formula.en, formula.zh), strict=True):
            assert part in text, name


@pytest.mark.parametrize("days", [(90, 180, 90), (7, 30, 14)])
def test_no_text_is_left_with_a_brace_or_names_a_window_of_its_own(days: tuple[int, int, int]):
    names = ("active_days", "silent_days", "new_days")
    programme = Programme(name="any", lifecycle=dict(zip(names, days, strict=True)))
    for metric in METRICS.values():
        for text in (metric.meaning_for(programme), metric.formula_for(programme)):
            for words in (text.en, text.zh):
                assert not re.search("[{}]", words), metric.name
    # The cohort of second purchases has windows of its own, whatever the programme's are.
    fixed = {"second_purchase_rate", "near_upgrade"}
    literal = re.compile(r"\b(90|91|180|181)\b")
    assert not [m.name for m in METRICS.values() if m.name not in fixed and literal.search(m.formula.en)]
    assert not [m.name for m in METRICS.values() if m.name not in fixed and literal.search(m.meaning.en)]


def test_a_target_of_the_programme_goes_before_the_default():
    case = generated(0)
    stated = programme_from_dict(case.document | {"targets": {"active_rate": "0.4"}})
    assert target_of(METRICS["active_rate"], stated) == 0.4
    assert target_of(METRICS["annual_buyer_share"], stated) == 0.8
    assert target_of(METRICS["revenue"], stated) is None


def test_a_target_of_a_count_is_for_everybody_and_one_of_a_flow_is_due_month_by_month():
    wanted = {"active_rate": 0.4, "members_active": 900, "revenue": 5000}
    stated = programme_from_dict(generated(0).document | {"targets": wanted})

    def told(**how):
        return [target_of(METRICS[name], stated, **how) for name in wanted]

    assert told() == [0.4, 900, 5000]
    assert told(months=3) == [0.4, 900, 15000]
    assert told(months=0.5) == [0.4, 900, 2500]
    assert told(whole=False) == [0.4, None, None]
