"""Mappings say what is wrong with them, where, and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.intake.mapping import list_mappings, load_mapping, mapping_from_yaml
from loyalty_core.errors import InputError
from loyalty_core.facts import TABLES
from tests.data.shop import MAPPING, imported, lines, sale, written

SOURCES = ["cdnow", "cdnow_sample", "complete_journey", "online_retail", "ta_feng", "x5_retailhero"]
SHIPPED = sorted([*SOURCES, "ledger"])  # that of simulated runs, whose programme is there already


def test_the_shipped_mappings_are_listed_with_what_they_are() -> None:
    assert [mapping.name for mapping in list_mappings()] == SHIPPED
    assert all(mapping.about for mapping in list_mappings())


@pytest.mark.parametrize("name", SOURCES)
def test_a_shipped_mapping_brings_a_programme_with_tiers_rewards_and_its_time_zone(name: str) -> None:
    programme = load_mapping(name).starting_programme()
    assert programme is not None
    assert programme.name == name
    assert len(programme.tiers) >= 3 and programme.rewards
    assert programme.expiry.months and programme.time_zone != "UTC"


@pytest.mark.parametrize("name", SHIPPED)
def test_every_column_that_a_shipped_mapping_fills_is_declared(name: str) -> None:
    for rule in load_mapping(name).files.values():
        for row in rule.rows:
            assert set(row.columns) <= {column.name for column in TABLES[row.table]}


WRONG = {
    "an unknown table": ("table: purchases", "table: sales", "there is no table sales"),
    "an unknown column": ("quantity: pieces", "pieces: pieces", "purchases has no column pieces"),
    "a missing required column": ("amount: amount\n", "discount: amount\n", "needs a rule for amount"),
    "a date without its form": (', format: "%Y-%m-%d %H:%M:%S"', "", "declare the form of the date"),
    "a typing error": ("time_zone:", "timezone:", "timezone"),
    "an unknown time zone": (
        "time_zone: Asia/Shanghai\nprogramme",
        "time_zone: Shanghai\nprogramme",
        "no time zone",
    ),
    "two origins of a column": ("kind: {value: sale}", "kind: {value: sale, from: id}", "exactly one of"),
    "fixed width without positions": ("READ", "format: fixed", "positions"),
    "no header and no names": ("READ", "header: false", "names"),
    "an unknown format": ("READ", "format: word", "csv"),
    "a lookup in an unknown file": (
        "READ",
        "lookups: {x: {file: y, by: {a: b}, take: {c: d}}}",
        "no file kind y",
    ),
    "broken YAML": ("files:", "files: [", "not readable as YAML"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_in_a_mapping_is_told_in_one_line(mistake: str) -> None:
    old, new, words = WRONG[mistake]
    text = MAPPING.replace(old, new, 1).replace("READ", "")
    with pytest.raises(InputError) as error:
        mapping_from_yaml(text, "shop.yaml")
    assert words in str(error.value) and "shop.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_mapping_is_told_with_the_known_names() -> None:
    with pytest.raises(InputError, match="neither a file nor one of cdnow"):
        load_mapping("cdnew")


def test_words_like_no_and_007_are_texts() -> None:
    text = MAPPING.replace("READ", "missing: [no, 007, 2026-01-01]")
    assert mapping_from_yaml(text).files["sales"].missing == ("no", "007", "2026-01-01")


@pytest.mark.parametrize(
    "expression",
    ["nonsense(amount)", "no_such_column", "amount ||", "(SELECT content FROM read_text('/etc/passwd'))"],
)
def test_an_expression_that_cannot_run_or_reaches_for_files_is_refused(
    expression: str, tmp_path: Path
) -> None:
    text = MAPPING.replace("READ", "").replace("amount: amount\n", f'amount: {{sql: "{expression}"}}\n')
    with pytest.raises(InputError, match=r"files\.sales"):
        imported(tmp_path / "w", written(tmp_path, lines([sale(1)])), mapping_from_yaml(text), dry_run=True)
