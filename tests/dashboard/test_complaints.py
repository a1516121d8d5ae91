"""Every error that a person can mend has its Chinese sentence, found from the English one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from typer.testing import CliRunner

from dashboard import i18n
from dashboard.cli import app, main
from dashboard.commands import LANGUAGE
from dashboard.complaints import SENTENCES, VALUE, complaint
from dashboard.sentences import said
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import programme_from_dict
from simulation.effects import default_effects
from simulation.scenario import scenario_from_dict

ROOT = Path(__file__).parents[2]
RAISED = {"InputError", "ValueError"}
# Values that only the product's own code can get wrong.
OURS = {
    "data/rollups/rolled_crowds.py",
    "data/schema.py",
    "data/writer.py",
    "simulation/arm.py",
    "loyalty_core/rewards/catalogue.py",
    "loyalty_core/points/inactivity.py",
    "loyalty_core/periods.py",
}


def template(node: ast.expr) -> str:
    """The words of a text that is put together, its values numbered."""
    values = iter(range(100))

    def words(part: ast.expr) -> str:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            return part.value
        if isinstance(part, ast.JoinedStr):
            return "".join(map(words, part.values))
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add):
            return words(part.left) + words(part.right)
        return f"{{{next(values)}}}"

    return words(node)


def raised(path: Path) -> list[str]:
    """The sentences that a file raises, and those that it finds in a document."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISED:
            found += node.args[:1]
        elif isinstance(node, ast.Yield) and path.name == "cross_checks.py" and node.value is not None:
            found.append(node.value)
    sentences = map(template, found)
    return [sentence for sentence in sentences if re.search("[a-z]{3}", VALUE.sub("", sentence))]


FILES = [
    path
    for package in ("loyalty_core", "data", "simulation", "dashboard")
    for path in sorted((ROOT / package).rglob("*.py"))
    if str(path.relative_to(ROOT)) not in OURS
]


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    with SENTENCES.open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale="zh_Hans_CN") if one.id}


def test_what_is_raised_has_chinese_words(known: dict[str, str]) -> None:
    sentences = {str(path.relative_to(ROOT)): raised(path) for path in FILES}
    assert sum(map(bool, sentences.values())) > 20
    assert {path: unknown for path, found in sentences.items() if (unknown := {*found} - known.keys())} == {}


def test_the_finder_finds_what_is_raised() -> None:
    tree = ast.parse('f"{name}: has " + near(name) + " no header"', mode="eval")
    assert template(tree.body) == "{0}: has {1} no header"


def test_each_value_of_a_sentence_is_told_once_in_both_languages(known: dict[str, str]) -> None:
    for english, chinese in known.items():
        assert sorted(VALUE.findall(english)) == sorted(VALUE.findall(chinese)), english
        assert re.search("[\u4e00-\u9fff]", chinese), english


def said_in_chinese(text: str) -> str:
    with i18n.speaking("zh"):
        return complaint(InputError(text))


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("a.csv: has no header line", "a.csv：没有表头行"),
        ("数据 1.zip: the archive is damaged; pack it again", "数据 1.zip：压缩包已损坏；请重新打包"),
        ("visits is no metric; did you mean visits_per_day?", "visits 不是指标；是否想写 visits_per_day？"),
        (
            "x: not readable as declared (byte 3 is not ascii); declare the right encoding: in the mapping",
            "x：按声明（第 3 个字节不是 ascii）无法读取；请在映射中声明正确的 encoding:",
        ),
        ("nothing that anybody has ever said", "nothing that anybody has ever said"),
    ],
)
def test_a_sentence_is_found_with_its_values(english: str, chinese: str) -> None:
    assert said_in_chinese(english) == chinese


def test_the_faults_of_a_document_are_told_one_after_another() -> None:
    document = {"name": "x", "silent_days": -1, "tiers": [{"name": "a"}, {"name": "a", "thresold": 1}]}
    with pytest.raises(InputError) as error:
        programme_from_dict(document, "club.yaml")
    told = said_in_chinese(str(error.value))
    assert told.startswith("club.yaml：tiers.1.thresold：没有这个字段") and "；silent_days：" in told
    assert not re.search("[a-z]{3,} [a-z]{2,} ", told)


def test_a_change_that_names_nothing_is_told_in_chinese() -> None:
    live = programme_from_dict({"name": "club"})
    with pytest.raises(InputError) as error:
        scenario_from_dict({"name": "try", "changes": {"tiers.gold.threshold": 1}}).programme(live)
    assert said_in_chinese(str(error.value)).startswith("scenario try: tiers.gold.threshold：此处没有 'gold'")


@pytest.mark.parametrize("key", [key for key, _ in default_effects().items()])
def test_what_an_effect_rests_on_is_told_in_chinese(key: str) -> None:
    effect = getattr(default_effects(), key)
    with i18n.speaking("zh"):
        assert re.search("[\u4e00-\u9fff]", said(effect.source)), effect.source


def test_english_stays_as_it_is() -> None:
    assert complaint(InputError("a.csv: has no header line")) == "a.csv: has no header line"


def test_commands_say_what_is_wrong_in_the_language_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["loyalty", "simulate", "live", "--workspace", str(tmp_path)])
    Workspace.open(tmp_path)
    for asked, told in ((None, "no members yet"), ("en", "no members yet"), ("zh", "还没有会员")):
        monkeypatch.delenv(LANGUAGE, raising=False)
        if asked:
            monkeypatch.setenv(LANGUAGE, asked)
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 2 and told in capsys.readouterr().err


def test_answers_are_in_the_language_of_the_environment_where_no_option_names_one(
    demo_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = ["--workspace", str(demo_workspace)]
    monkeypatch.setenv(LANGUAGE, "zh")
    in_chinese, in_english = (
        CliRunner().invoke(app, ["digest", *there, *more], catch_exceptions=False).stdout
        for more in ([], ["--lang", "en"])
    )
    assert "会员" in in_chinese and "会员" not in in_english
