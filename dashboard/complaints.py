"""What is wrong and how to mend it, in the reader's language.

An `InputError` is one line of English: it crosses processes, is kept with the run that it ended, and is what
commands and logs show. A page looks its sentence up by the words that stand fast in it; what stands between
them is put into the Chinese sentence, and may be a sentence itself. `errors.po` holds the sentences, their
values numbered; a test finds those that are raised anywhere and have no Chinese.
"""

from __future__ import annotations

import re
from functools import cache

from babel.messages.pofile import read_po

from dashboard.i18n import CATALOGUE, language

SENTENCES = CATALOGUE.with_name("errors.po")
VALUE = re.compile(r"{\d}")


def complaint(error: Exception | str) -> str:
    """The error in the reader's language; in English what is in no catalogue."""
    return str(error) if language() == "en" else _in_chinese(str(error))


def _in_chinese(text: str) -> str:
    for pattern, chinese in _sentences():
        if found := pattern.fullmatch(text):
            return chinese.format(*map(_in_chinese, found.groups()))
    return _one_after_another(text) or _under_its_place(text) or text


def _one_after_another(text: str) -> str | None:
    """Several sentences in a row, where the first of them is known."""
    for gap in re.finditer("; ", text):
        first = text[: gap.start()]
        if (said := _in_chinese(first)) != first:
            return f"{said}；{_in_chinese(text[gap.end() :])}"
    return None


def _under_its_place(text: str) -> str | None:
    """The field or file that a sentence is about, and the sentence."""
    place, colon, rest = text.partition(": ")
    said = _in_chinese(rest) if colon else rest
    return f"{place}：{said}" if said != rest else None


@cache
def _sentences() -> list[tuple[re.Pattern[str], str]]:
    """The known sentences, those with the most words of their own first."""
    with SENTENCES.open("rb") as file:
        known = [(str(one.id), str(one.string)) for one in read_po(file, locale="zh_Hans_CN") if one.id]
    known.sort(key=lambda pair: -len(VALUE.sub("", pair[0])))
    return [(_pattern(english), chinese) for english, chinese in known]


def _pattern(english: str) -> re.Pattern[str]:
    """Matches the sentence with any values in it; "; " is what parts sentences."""
    return re.compile("((?:(?!; ).)+?)".join(map(re.escape, VALUE.split(english))), re.DOTALL)
