"""Every word on screen in English and 简体中文.

English is the source: `_("Overview")` looks the words up in `locale/zh/LC_MESSAGES/loyalty.po`, which is
compiled in memory when it is first needed. `N_` marks words declared before anybody asks for them (page
titles, choices); `words` speaks a `Text` of the core. Placeholders are named: `_("{count} rows").format(…)`.

To bring the catalogue up to date after changing words, in the project's folder:

    .venv/bin/pybabel extract -k N_ --no-location --sort-output -o /tmp/loyalty.pot dashboard
    .venv/bin/pybabel update -D loyalty -d dashboard/locale -l zh -i /tmp/loyalty.pot \\
        --no-fuzzy-matching --ignore-obsolete

and fill in what is empty; a test fails while a word has no Chinese.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import cast

import streamlit as st
from babel import Locale
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import address
from loyalty_core.text import Language, Text
from loyalty_core.written import LOCALES

LANGUAGES: dict[Language, str] = {"en": "English", "zh": "简体中文"}
CATALOGUE = Path(__file__).parent / "locale" / "zh" / "LC_MESSAGES" / "loyalty.po"

_spoken: ContextVar[Language | None] = ContextVar("spoken", default=None)


def language() -> Language:
    """The reader's language: that of the address, English where nothing was chosen."""
    spoken = _spoken.get()
    if spoken is not None:
        return spoken
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    return cast(Language, address.value("lang", "en", valid=LANGUAGES))


def locale() -> Locale:
    """The reader's language as Babel names it."""
    return LOCALES[language()]


@contextmanager
def speaking(spoken: Language) -> Iterator[None]:
    """Another language within the block: for exports, the command line and tests."""
    token = _spoken.set(spoken)
    try:
        yield
    finally:
        _spoken.reset(token)


def _(message: str) -> str:
    """The message in the reader's language."""
    return _translations(language()).gettext(message)


def ngettext(one: str, many: str, count: float | None) -> str:
    """The form that fits the count, in the reader's language: `one` of exactly one."""
    return _translations(language()).ngettext(one, many, 1 if count == 1 else 2)


def N_(message: str) -> str:  # noqa: N802 – gettext's own name for it
    """The message itself, marked for translation later."""
    return message


def words(text: Text) -> str:
    """A text of the core in the reader's language."""
    return text(language())


def joined(sentences: Iterable[str]) -> str:
    """Sentences one after the other, empty ones left out; Chinese has no space between them."""
    return ("" if language() == "zh" else " ").join(sentence for sentence in sentences if sentence)


def listed(names: Iterable[str]) -> str:
    """Names as a list within a sentence: gold, silver and member."""
    return format_list(list(names), locale=locale())


def switch() -> None:
    """The choice of language, in the sidebar."""
    st.radio(
        "Language · 语言",
        tuple(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        horizontal=True,
        label_visibility="collapsed",
        **address.tied("lang", language(), default="en"),
    )


@cache
def _translations(spoken: Language) -> gettext.NullTranslations:
    if spoken == "en":
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with CATALOGUE.open("rb") as source:
        write_mo(compiled, read_po(source, locale="zh_Hans_CN"))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
