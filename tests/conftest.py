"""What the tests stand on: real data, workspaces, PostgreSQL, a browser, a running dashboard.

A test that lacks something outside the project skips and names it; with LOYALTY_FORBID_SKIPS set
(as `.ci/run` does) every skip and every expected failure is a failure.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from tests.living import DEMO, Server, loyalty, running_dashboard, shared_between_workers
from tests.postgres import new_database

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
MAIN = sys.modules["__main__"]
# What a folder's name may hold: spaces, Chinese, brackets; file names are never parsed as globs or URLs.
AWKWARD_NAME = "my workspace [会员 2026] (copy)"

# Servers of tests open no pages and count nothing by themselves; runners and what they start inherit it.
os.environ.setdefault("LOYALTY_FIRST_VISITS", "no")
os.environ.setdefault("LOYALTY_WORK_AHEAD", "no")

# No example is timed, on no machine; the rest is as Hypothesis chooses it, in CI and elsewhere.
settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


# Files of few long tests come first and those of many short ones last, so that no worker waits for another.
LONG_FIRST = ("test_docs.py", "browser", "data", "simulation", "dashboard", "core")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which files are handed to workers."""

    def turn(item: pytest.Item) -> int:
        first = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        return LONG_FIRST.index(first) if first in LONG_FIRST else len(LONG_FIRST)

    items.sort(key=turn)


class ByFile(LoadFileScheduling):
    """Whole files to each worker; all those in a browser to one, with one server and one browser for them."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log) -> ByFile | None:
    """How `--dist loadfile` hands out work."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """What thousands of tests are made of stays to the end, and is not looked through with every search for
    garbage."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """The end, where libraries find out what was left alive."""
    gc.unfreeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """The test runner as `__main__`, before any fixture of any scope: AppTest leaves a page there, which
    spawned children would run again."""
    sys.modules["__main__"] = MAIN


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """A skipped or expected failure as a plain failure, where skips are forbidden."""
    report = yield
    return _without_excuse(report)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Iterator[None]:
    """As above, for a whole file that skips itself."""
    report = yield
    return _without_excuse(report)


def _without_excuse(report):
    excused = report.skipped or hasattr(report, "wasxfail")
    if excused and os.environ.get("LOYALTY_FORBID_SKIPS"):
        reason = (
            report.longrepr[-1] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
        )
        report.__dict__.pop("wasxfail", None)
        report.outcome = "failed"
        report.longrepr = f"LOYALTY_FORBID_SKIPS is set, and this excused itself: {reason}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the project (see its README.md for what lies there)."""
    folder = Path(os.environ.get("LOYALTY_SHARED", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is missing; set LOYALTY_SHARED to its place")
    return folder


@pytest.fixture
def workspace_path(tmp_path: Path) -> Path:
    """A folder for a workspace, not yet there, with a name that trips careless code."""
    return tmp_path / AWKWARD_NAME


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """URL of a database on the server on which tests make their own."""
    server = os.environ.get("LOYALTY_TEST_POSTGRES_URL")
    if not server:
        pytest.skip("no PostgreSQL: set LOYALTY_TEST_POSTGRES_URL (its role needs CREATEDB)")
    return server


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of a database of the test's own on that server; dropped afterwards."""
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the Chromium that is installed; tests never download one."""
    named = os.environ.get("LOYALTY_CHROMIUM")
    path = (
        named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    )
    if not path:
        pytest.skip("no browser: install Chromium or set LOYALTY_CHROMIUM to its path")
    return path


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Workspace of a small demo programme (1,500 members, 24 months); one for all tests: never change it."""

    def make(folder: Path) -> None:
        loyalty("demo", *DEMO, "--workspace", folder)

    return shared_between_workers(tmp_path_factory, worker_id, AWKWARD_NAME, make)


@pytest.fixture
def own_demo_workspace(demo_workspace: Path, tmp_path: Path) -> Path:
    """A copy of the demo workspace that the test may change."""
    return shutil.copytree(demo_workspace, tmp_path / demo_workspace.name)


@pytest.fixture(scope="session")
def live_server(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard running on a copy of the demo workspace, shared by the tests that change no fact."""
    copy = shutil.copytree(demo_workspace, tmp_path_factory.mktemp("live") / demo_workspace.name)
    with running_dashboard(copy) as server:
        yield server
    assert "leaked" not in server.log.read_text("utf-8"), "what libraries miss at the end is nobody's concern"
