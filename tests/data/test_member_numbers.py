"""Members' numbers as spreadsheets leave them: one number is one member, and nothing is tidied unsaid."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.intake.mapping import mapping_from_yaml
from data.intake.staging_database import staging_database
from data.workspace import Workspace
from tests.data.shop import MAPPING, imported, lines, sale, written

UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
FORMS = {
    "'00123": "00123",
    "００１２３": "00123",
    "\u200b00123\ufeff": "00123",
    "\u00a000123\u3000": "00123",
    "\u200b '００123": "00123",
    "ＶＩＰ-7": "VIP-7",
    "00123": "00123",
    "123": "123",  # another member: a nought that a spreadsheet took off is not guessed
    "'00123'": "'00123'",
    "'abc": "'abc",
    "张三": "张三",
    "a b": "a b",
    "12\u200b3": "12\u200b3",  # within a number nothing is taken out
    "é1": "é1",
}


def tidied(*texts: str) -> list[str | None]:
    with staging_database() as duck:
        return [duck.execute("SELECT tidied(?)", [text]).fetchall()[0][0] for text in texts]


def test_a_number_is_what_it_was_meant_to_be() -> None:
    assert tidied(*FORMS) == list(FORMS.values())
    assert tidied("\u200b", "\u200b \ufeff") == [None, None]


@given(st.text("0123456789AZaz０９ＡＺａｚ'-_ é张" + UNSEEN, min_size=1, max_size=8))
def test_tidying_agrees_with_plain_python_and_is_done_once(text: str) -> None:
    wide = {one: unicodedata.normalize("NFKC", one) for one in text if "\uff10" <= one <= "\uff5a"}
    plain = "".join(wide.get(one, one) for one in text).strip(UNSEEN + " \u00a0\u3000")
    if plain.startswith("'") and plain[1:2].isdecimal() and "'" not in plain[1:]:
        plain = plain[1:]
    assert tidied(text) == [plain or None]
    if plain:
        assert tidied(plain) == [plain]


def _bought(number: int, member: str) -> str:
    return sale(number).replace(f"m{number % 7}", member)


@pytest.mark.parametrize("grouped", [False, True])
def test_each_row_with_a_tidied_number_is_told_and_one_number_is_one_member(
    tmp_path: Path, grouped: bool
) -> None:
    members = ["00123", "'00123", "７", "'9", "8", "\u200b8"]
    rows = [_bought(number, member) for number, member in enumerate(members)]
    path = written(tmp_path, lines(rows))
    by = "\n        group_by: [id, member]" if grouped else ""
    text = MAPPING.replace("READ", "").replace("table: purchases", f"table: purchases{by}")
    [account] = imported(tmp_path / "shop", path, mapping=mapping_from_yaml(text)).files
    assert (account.accepted, account.rejected) == (6, 0)
    assert (account.tidied, account.united) == ({"member": 4}, {"member": 2})
    snapshot = Workspace.open(tmp_path / "shop").latest()
    assert snapshot is not None
    found = snapshot.query("SELECT member_id, count(*) AS n FROM purchases GROUP BY ALL ORDER BY ALL")
    assert dict(zip(found["member_id"], found["n"], strict=True)) == {"00123": 2, "7": 1, "8": 2, "9": 1}


def test_plain_numbers_are_told_nothing_of(tmp_path: Path) -> None:
    path = written(tmp_path, lines([_bought(1, "00123"), _bought(2, "张三"), _bought(3, "")]))
    [account] = imported(tmp_path / "shop", path).files
    assert (account.accepted, account.tidied, account.united) == (3, {}, {})
