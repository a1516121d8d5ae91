"""Every contradiction in a document that has it, and none in one that differs by the remedy alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from loyalty_core.rules.programme import Programme, programme_from_yaml
from loyalty_core.validation.contradictions import CHECKS, Finding, findings
from tests.core import earning_cases, exploit_cases, idle_cases, reward_cases, tier_cases
from tests.core.programme_parts import SOUND

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "data" / "programmes").glob("*.yaml"))
CASES = [
    *tier_cases.CASES,
    *earning_cases.CASES,
    *reward_cases.CASES,
    *exploit_cases.CASES,
    *idle_cases.CASES,
]


def found(parts: Mapping[str, Any]) -> dict[tuple[str, str], Finding]:
    programme = Programme.model_validate(SOUND | dict(parts))
    return {(one.check, one.field): one for one in findings(programme)}


@pytest.mark.parametrize(
    ("check", "field", "with_it", "without"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)]
)
def test_a_finding_is_there_with_its_cause_and_gone_with_the_remedy(
    check: str, field: str, with_it: dict[str, Any], without: dict[str, Any]
) -> None:
    assert (check, field) in found(with_it)
    assert (check, field) not in found(without)


def test_every_check_has_a_case() -> None:
    assert {case[0] for case in CASES} == {check.__name__ for check in CHECKS}


def test_a_sound_programme_has_nothing_to_find() -> None:
    assert not found({})


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_every_explanation_says_in_both_languages_what_is_the_matter(case: Any) -> None:
    one = found(case[2])[case[0], case[1]]
    for language in ("en", "zh"):
        text = one.explanation(language)
        assert text and "{" not in text and "\n" not in text
    assert re.search(r"[一-鿿]", one.explanation.zh)
    assert not re.search(r"[一-鿿]", one.explanation.en)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_programmes_have_no_contradiction(path: Path) -> None:
    programme = programme_from_yaml(path.read_text(encoding="utf-8"))
    assert [one.field for one in findings(programme) if one.severity == "contradiction"] == []


def test_the_examples_of_the_guide_have_no_contradiction_and_the_rich_one_no_warning() -> None:
    page = (ROOT / "docs" / "programme-document.md").read_text(encoding="utf-8")
    short, rich = (
        findings(programme_from_yaml(text))
        for text in re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    )
    assert {one.severity for one in short} == {"warning"}
    assert rich == ()
