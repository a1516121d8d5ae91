"""The layout that the project promises, as tests."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("loyalty_core", "simulation", "data", "dashboard")
LONG_FILE_LINES = 400
# Pictographs and the selector that turns a plain sign into one; arrows and mathematics are no emoji.
EMOJI = re.compile("[\U0001f000-\U0001faff☀-⛿️]|(?<![\\w:]):[a-z]+_[a-z_]+:(?!\\w)")
REGISTRY = re.compile(
    r"(index[-_]url|find[-_]links|trusted[-_]host|pypi\.org|pythonhosted|artifactory|/simple/?\b)"
    r"|file:/{2}|registry=",
    re.IGNORECASE,
)
# What makes one number of many. Pages say which numbers they show: these are made in the core or by `data`.
AGGREGATES = {
    *("agg", "aggregate", "average", "bincount", "crosstab", "cumprod", "cumsum", "groupby", "histogram"),
    *("mean", "median", "nanmean", "nansum", "nunique", "percentile", "pivot_table", "quantile", "resample"),
    *("rolling", "std", "sum", "value_counts", "var"),
}
# The files of the dashboard that may, and what for: totals of what stands in one card, in the reader's words.
MAY_AGGREGATE = {
    "dashboard/app.py": "pages by the section of the menu they stand in",
    "dashboard/cards/benefit_cards.py": "the total of the rows of its table, in the title",
    "dashboard/cards/care_cards.py": "reasons that the reader's language calls alike are one bar",
    "dashboard/cards/habit_cards.py": "each row of its table as a share of them all",
    "dashboard/cards/stored_value_cards.py": "what is stacked at the last close, in the title",
    "dashboard/cards/tier_cards.py": "the totals of the rows of its table, in the title",
    "dashboard/cards/why_cards.py": "parts too small to be drawn are drawn together",
    "dashboard/commands/finance.py": "what points of partners came to, for a file",
    "dashboard/commands/kpi_table.py": "how many closes a table has decides on its form",
    "dashboard/jobs/winners_found.py": "how many gain and lose, of a run's answer",
}
CLOCK = {("datetime", "now"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def _python_files(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


def _committed_files() -> list[Path]:
    """Every file that is or would be committed; outside a checkout, all but what `make` makes."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if found.returncode:
        made = {".venv", "workspace", "__pycache__", "loyalty_dashboard.egg-info"}
        return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.parts)]
    return [ROOT / name for name in found.stdout.split("\0") if name and (ROOT / name).is_file()]


def _calls(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, owner and name of each call `owner.name(…)` of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield node.lineno, getattr(owner, "attr", getattr(owner, "id", "")), node.func.attr


def test_imports_point_only_in_the_declared_direction() -> None:
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_core_reads_no_clock_and_draws_no_random_number() -> None:
    found = []
    for path in _python_files("loyalty_core"):
        for line, owner, name in _calls(path):
            if (owner, name) in CLOCK or owner == "random" or name == "default_rng":
                found.append(f"{path.relative_to(ROOT)}:{line} {owner}.{name}")
    assert not found


def test_no_file_of_the_dashboard_takes_the_name_of_a_package() -> None:
    # Streamlit puts dashboard/ first on sys.path: a file numbers.py there would replace Python's.
    installed = set(packages_distributions()) | set(PACKAGES)
    names = {path.stem for path in (ROOT / "dashboard").glob("*.py")} - {"__init__"}
    names |= {path.parent.name for path in (ROOT / "dashboard").glob("*/__init__.py")}
    assert not names & (installed | set(sys.stdlib_module_names))


def _aggregating(path: Path) -> set[str]:
    return {f"line {line}: {name}" for line, _, name in _calls(path) if name in AGGREGATES}


def test_the_dashboard_adds_nothing_up_but_what_a_card_tells_of_itself() -> None:
    own = [path for path in _python_files("dashboard") if path.parent.name != "benchmark"]  # measures itself
    found = {str(path.relative_to(ROOT)): calls for path in own if (calls := _aggregating(path))}
    assert {name: calls for name, calls in found.items() if name not in MAY_AGGREGATE} == {}
    assert MAY_AGGREGATE.keys() == found.keys(), "a file of the list adds nothing up any more"


def test_the_search_for_aggregation_finds_it(tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text("total = rows.groupby('tier')['members'].sum()\nshare = np.mean(x)\ncount = len(rows)\n")
    assert _aggregating(page) == {"line 1: groupby", "line 1: sum", "line 2: mean"}


def test_no_page_takes_html_or_script_from_data() -> None:
    banned = re.compile(r"unsafe_allow_html|unsafe_allow_javascript|components\.(v1\.)?html|st\.html\(")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in _python_files("dashboard")
        if (match := banned.search(path.read_text(encoding="utf-8")))
    ]
    assert not found


def test_no_emoji_on_screen() -> None:
    suffixes = {".py", ".po", ".toml", ".yaml", ".md"}
    found = [
        f"{path.relative_to(ROOT)}: {match[0]!r}"
        for path in sorted((ROOT / "dashboard").rglob("*"))
        if path.suffix in suffixes and (match := EMOJI.search(path.read_text(encoding="utf-8")))
    ]
    assert not found


@pytest.mark.parametrize("text", ["\U0001f600", "☀", "❤️", "say :thumbs_up:"])
def test_the_search_for_emoji_finds_them(text: str) -> None:
    assert EMOJI.search(text)


@pytest.mark.parametrize("text", ["→ ≥ × – …", "沉默会员", ":material/groups:", "a:b_c:d", "✓"])
def test_the_search_for_emoji_leaves_plain_signs(text: str) -> None:
    assert not EMOJI.search(text)


def test_no_committed_file_names_a_package_registry() -> None:
    found = []
    for path in _committed_files():
        if path == Path(__file__) or path.suffix in {".woff2", ".png", ".ico", ".parquet", ".xlsx", ".mo"}:
            continue
        if match := REGISTRY.search(path.read_text(encoding="utf-8", errors="replace")):
            found.append(f"{path.relative_to(ROOT)}: {match[0]}")
    assert not found


def test_constraints_pin_every_declared_package_and_nothing_but_versions() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+-]+", pin) for pin in pins)
    pinned = {re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins}
    named = {re.sub(r"[-_.]+", "-", name).lower() for name in _declared_packages()}
    assert named <= pinned, f"not pinned: {named - pinned}"


def _declared_packages() -> set[str]:
    """Names of the packages that `make setup` asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dev"], *extras["postgres"], *extras["samples"]]
    return {re.split(r"[^\w.-]", requirement)[0] for requirement in wanted}


def test_files_stay_short() -> None:
    for path in _python_files(*PACKAGES, "tests"):
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > LONG_FILE_LINES:
            warnings.warn(f"{path.relative_to(ROOT)} has {lines} lines; one subject each?", stacklevel=1)
        assert lines < 3 * LONG_FILE_LINES, f"{path.relative_to(ROOT)} has {lines} lines"
