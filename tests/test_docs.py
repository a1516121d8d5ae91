"""What the documentation says is so: commands run, options exist, pages are fresh, links lead somewhere."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import subprocess
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from loyalty_core.rules.programme import Programme, programme_from_yaml
from simulation import drawn_runs
from tests.living import LOYALTY, Answer, asked

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_FILE = re.compile(r"^`([\w.-]+)`:\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND_SECONDS = 120


def _named(documents: list[Path]) -> list:
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in documents]


def _blocks(path: Path, *languages: str) -> list[str]:
    """The fenced blocks of a document in these languages, "" for a plain fence."""
    return [
        body for language, body in FENCE.findall(path.read_text(encoding="utf-8")) if language in languages
    ]


def _reference() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["docs/facts.md", "docs/metrics.md", "docs/effects.md", "GLOSSARY.md"])
def test_generated_pages_say_what_the_code_declares(page: str) -> None:
    assert (ROOT / page).read_text(encoding="utf-8") == _reference().PAGES[page](), "run `make docs`"


# Commands


def _session(path: Path) -> Iterator[tuple[str, str]]:
    """Each command after `$ ` of a document's console blocks, with the output shown below it."""
    for block in _blocks(path, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                more, _, output = output.partition("\n")
                command = command[:-1] + more.strip()
            yield command, output.strip()


def _matches(shown: str, output: str) -> bool:
    """Whether the output is as shown; … stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in shown.split("…"))
    return re.fullmatch(pattern, output.strip(), re.DOTALL) is not None


# The guide to importing has a test of its own (tests/data/test_guide.py), which looks at what it wrote.
GUIDE = ROOT / "docs" / "import-your-own-data.md"
WITH_CONSOLE = [path for path in DOCUMENTS if _blocks(path, "console") and path != GUIDE]


@pytest.mark.parametrize("path", _named(WITH_CONSOLE))
def test_commands_shown_in_a_document_run_and_answer_as_shown(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, workspace = tmp_path / "here", tmp_path / "workspace"
    here.mkdir()
    monkeypatch.setenv("PATH", f"{LOYALTY.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("LOYALTY_WORKSPACE", str(workspace))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LOYALTY_WORKERS", "1")  # answers are the same, and no pools are started
    monkeypatch.setattr(drawn_runs, "LUCKS", 2)  # as few as tell of their scatter
    asked("demo", "--members", "400", "--months", "24", "--seed", "7")
    for name, content in SHOWN_FILE.findall(path.read_text(encoding="utf-8")):
        (here / name).write_text(content, encoding="utf-8")
    for command, shown in _session(path):
        answer = _typed(command, here)
        said = f"$ {command}\n{answer.output}{answer.complaint}"
        assert answer.status == 0, said
        assert not shown or _matches(shown, answer.output), said


def _typed(command: str, folder: Path) -> Answer:
    """What comes of a line that somebody types; what only a shell understands is given to one."""
    program, *words = shlex.split(command)
    if program == "loyalty" and not {">", "|"} & set(words):
        return asked(*words, folder=folder)
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=COMMAND_SECONDS
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def _options() -> dict[str, set[str]]:
    """Every command of `loyalty`, subcommands as "programme show", with its options."""
    from dashboard.cli import app

    def walk(command, name: str) -> Iterator[tuple[str, set[str]]]:
        yield name, {option for parameter in command.params for option in parameter.opts}
        for word, child in getattr(command, "commands", {}).items():
            yield from walk(child, f"{name} {word}".strip())

    return dict(walk(typer.main.get_command(app), ""))


SHOWN = re.compile(r"\bloyalty((?: [a-z-]+)+)([^\n`|;&#]*)")


@pytest.mark.parametrize("path", _named(DOCUMENTS))
def test_commands_and_options_named_in_a_document_exist(path: Path) -> None:
    known = _options()
    text = path.read_text(encoding="utf-8")
    quoted = "\n".join([*re.findall(r"`([^`\n]+)`", text), *_blocks(path, "", "sh", "bash", "console")])
    for words, rest in SHOWN.findall(quoted.replace("\\\n", " ")):
        parts = words.split()
        name = next((n for n in (" ".join(parts[:2]), parts[0]) if n in known), None)
        assert name, f"there is no command loyalty{words}"
        used = set(re.findall(r"(?<!\S)--[a-z-]+", f"{words} {rest}"))
        assert used <= known[name] | {"--help"}, f"loyalty {name} has no {used - known[name]}"


def test_the_readme_starts_with_exactly_two_commands() -> None:
    assert [block.strip() for block in _blocks(ROOT / "README.md", "", "sh", "bash", "console")] == [
        "make dashboard",
        "make test",
    ]


@pytest.mark.parametrize("path", _named(DOCUMENTS))
def test_make_targets_named_in_a_document_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)`", path.read_text(encoding="utf-8")))
    assert named <= targets


@pytest.mark.parametrize("path", _named(DOCUMENTS))
def test_links_of_a_document_lead_to_files(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    missing = [t for t in targets if "://" not in t and not (path.parent / t).exists()]
    assert not missing


# The programme document


def _fields(
    model: type[BaseModel], before: str = "", told: set[type[BaseModel]] | None = None
) -> Iterator[tuple[str, object]]:
    """Dotted path and default of every field; those of a part that several fields share, at the first."""
    told = set() if told is None else told
    for name, field in model.model_fields.items():
        inner, path = _part(field.annotation), f"{before}{name}"
        if inner is not field.annotation or inner in told:
            yield path, field.default
        if inner is not None and inner not in told:
            told.add(inner)
            listed = typing.get_origin(field.annotation) is tuple
            yield from _fields(inner, f"{path}{'[]' if listed else ''}.", told)


def _part(annotation: object) -> type[BaseModel] | None:
    candidates = [annotation, *typing.get_args(annotation)]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def _shown_default(default: object) -> str:
    """A default as the page writes it."""
    from pydantic_core import PydanticUndefined

    if default is PydanticUndefined:
        return "needed"
    if default == () or default == {} or (isinstance(default, BaseModel) and default == type(default)()):
        return "none"
    if isinstance(default, tuple) and isinstance(default[0], BaseModel):
        return f"one tier, `{default[0].name}`"
    if isinstance(default, tuple):
        return "`[" + ", ".join(f'"{item}"' for item in default) + "]`"
    if isinstance(default, str):
        return f'`"{default}"`'
    if default is None or isinstance(default, bool):
        return f"`{json.dumps(default)}`"
    return f"`{default}`"


def test_the_page_on_the_programme_document_names_every_field_and_its_default() -> None:
    text = (ROOT / "docs" / "programme-document.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", text, re.MULTILINE))
    assert shown == {path: _shown_default(default) for path, default in _fields(Programme)}


def test_the_examples_of_a_programme_document_are_valid() -> None:
    short, rich = _blocks(ROOT / "docs" / "programme-document.md", "yaml")
    assert [tier.name for tier in programme_from_yaml(short).tiers] == ["member", "silver", "gold"]
    said = programme_from_yaml(rich).model_dump(exclude_unset=True)
    assert said.keys() == Programme.model_fields.keys() - {"currency", "currency_decimals", "point_decimals"}


def test_the_page_on_the_scenario_document_names_every_field_and_its_default() -> None:
    from simulation.scenario import Scenario

    text = (ROOT / "docs" / "scenario-document.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", text, re.MULTILINE))
    declared = {path: _shown_default(default) for path, default in _fields(Scenario)}
    assert shown == declared | dict.fromkeys(("changes", "behaviour", "effects"), "none")


def test_examples_of_scenarios_are_read_and_tried_on_the_demo_programme() -> None:
    from simulation.behaviour import Behaviour
    from simulation.effects import default_effects
    from simulation.scenario import scenario_from_yaml, scenario_to_yaml

    path = ROOT / "docs" / "examples" / "spring.scenario.yaml"
    page = (ROOT / "docs" / "scenario-document.md").read_text(encoding="utf-8")
    programme = programme_from_yaml((ROOT / "data" / "programmes" / "demo.yaml").read_text(encoding="utf-8"))
    for text in (path.read_text(encoding="utf-8"), *re.findall(r"^```yaml\n(.*?)^```", page, re.S | re.M)):
        scenario = scenario_from_yaml(text, path.name)
        assert scenario_from_yaml(scenario_to_yaml(scenario)) == scenario
        scenario.arm(programme, Behaviour(), default_effects(), 20_758)
