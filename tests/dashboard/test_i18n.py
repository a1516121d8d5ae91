"""Every word exists in both languages, and the catalogue is what the code asks for."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import dashboard
from dashboard import i18n, sentences

FOLDER = Path(dashboard.__file__).parent
COUNTED = (  # what pages count, and a verb of several
    "adjustments birthdays buyers campaigns cases contacts coupons days events files lists members months "
    "people points purchases redemptions rows segments sign-ins tasks times weeks years are were have"
)
# Said of what is never one, or stands beside a whole of which it is a part.
NEVER_ONE = {
    "Brought {brought} people in two weeks; of all brought, {bought} ever bought",
    "Most members are {group} years old: {members}",
    "Nothing for {quiet_days} days, then {share} of the points taken in one day",
    "Of each 100 points issued, {redeemed} were redeemed in the last month",
    "Those who bought {times} times or more bring {share} of the revenue",
    "last purchase {fewest} to {most} days ago",
    "{days} days after the purchase before",
    "{days} days before and after, {members} members: a comparison and no effect, since season and campaigns "
    "changed too",
    "{metric} in the last {count} months: from {first} to {last}",
    "{sign_ins} sign-ins at {minute} in {days} days, no purchase; accounts alike: {accounts}",
    "{last} of the members are active",
    "{last} of the members are active; on {day} it was {first}",
    "{span} months",
    "{times} adjustments in {days} days, the last by {who}",
    "{times} redemptions within the hour",
}
WATCHING = ("", "cards", "handouts")  # folders of the pages that are watched

KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}

# What a reader sees of a Streamlit call: its first words, and these arguments.
SHOWN_ARGUMENTS = {"label", "help", "placeholder", "text", "caption", "delta_description", "alt", "title"}
SHOWING = {
    "badge", "button", "caption", "checkbox", "code", "date_input", "dialog", "download_button", "error",
    "expander", "file_uploader", "form_submit_button", "header", "info", "link_button", "markdown", "metric",
    "multiselect", "number_input", "page_link", "pills", "popover", "progress", "radio", "segmented_control",
    "selectbox", "slider", "spinner", "status", "subheader", "success", "text", "text_area", "text_input",
    "title", "toast", "toggle", "warning", "write",
}  # fmt: skip


def asked_for() -> set[str | tuple[str, str]]:
    found = extract_from_dir(str(FOLDER), method_map=[("**.py", "python")], keywords=KEYWORDS)
    return {message if isinstance(message, str) else tuple(message) for _, _, message, _, _ in found}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with i18n.CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def words_in(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def test_every_message_the_code_asks_for_has_chinese_words(catalogue: Catalog) -> None:
    known = {message.id for message in catalogue if message.id and all(words_in(message))}
    assert asked_for() - known == set()


def test_the_catalogue_holds_nothing_that_the_code_no_longer_asks_for(catalogue: Catalog) -> None:
    assert {message.id for message in catalogue if message.id} - asked_for() == set()


def test_placeholders_are_the_same_in_both_languages(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.id:
            english = [message.id] if isinstance(message.id, str) else list(message.id)
            allowed = {frozenset(re.findall(r"{(\w*)}", text)) for text in english}
            assert {frozenset(re.findall(r"{(\w*)}", text)) for text in words_in(message)} <= allowed


def test_chinese_words_are_not_the_english_ones_left_standing(catalogue: Catalog) -> None:
    for message in catalogue:
        if (
            message.id
            and isinstance(message.id, str)
            and len(re.findall("[a-z]{4,}", re.sub(r"{\w*}", "", message.id))) >= 2
        ):
            assert re.search("[\u4e00-\u9fff]", str(message.string)), message.id


def bare_words(tree: ast.AST) -> list[str]:
    """Letters that a Streamlit call would show without asking for their translation."""
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if not (isinstance(call.func, ast.Attribute) and call.func.attr in SHOWING):
            continue
        if ast.unparse(call.func.value) in NOT_SCREENS:
            continue
        shown = call.args[:1] + [k.value for k in call.keywords if k.arg in SHOWN_ARGUMENTS]
        for value in shown:
            parts = value.values if isinstance(value, ast.JoinedStr) else [value]
            texts = [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]
            found += [text for text in texts if re.search(r"[A-Za-z]{2,}", re.sub(r":[a-z_/]+:", "", text))]
    return found


NOT_SCREENS = {"address", "_log", "sys.stderr", "sys.stdout"}
# A command to type and the names of the languages themselves are the same in every language.
SAME_EVERYWHERE = {"loyalty demo --workspace ", "Language · 语言"}


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_streamlit_call_shows_words_that_were_not_translated(file: Path) -> None:
    if "commands" in file.parts:
        return
    assert set(bare_words(ast.parse(file.read_text("utf-8")))) <= SAME_EVERYWHERE


def test_the_bare_word_finder_finds_bare_words() -> None:
    tree = ast.parse('st.button("Save"); st.title(_("Fine")); x.metric(_("a"), help=f"Only {n} left")')
    assert bare_words(tree) == ["Save", "Only ", " left"]


def test_a_language_holds_within_its_block_only() -> None:
    with i18n.speaking("zh"):
        assert i18n._("Overview") == "概览"
        assert i18n.language() == "zh"
    assert i18n._("Overview") == "Overview"


def test_what_may_be_one_has_words_of_its_own() -> None:
    """Of pages that are watched: a count beside a word for several is asked for with `ngettext`."""
    several = re.compile(rf"(?<!of ){{(?!share)\w+}} (?:more |other )?(?:{COUNTED.replace(' ', '|')})\b")
    files = [file for name in WATCHING for file in (FOLDER / name).glob("*.py")]
    asked = {
        text.value
        for file in files
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("_", "N_")
        for text in call.args
        if isinstance(text, ast.Constant)
    }
    quoted = {*sentences.SOURCES, *sentences.EVIDENCE, *sentences.REASONS}
    assert {text for text in asked if several.search(text)} - NEVER_ONE - quoted == set()


def test_english_counts_one_and_many() -> None:
    assert i18n.ngettext("{n} row", "{n} rows", 1) == "{n} row"
    assert i18n.ngettext("{n} row", "{n} rows", 2) == "{n} rows"
