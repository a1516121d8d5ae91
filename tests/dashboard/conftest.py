"""Workspaces that pages are opened on: a simulated programme, and one that has hardly begun."""

from __future__ import annotations

import shutil
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from streamlit import config
from streamlit.components.v2 import manifest_scanner

from dashboard.demo_workspace import published
from loyalty_core.rules.programme import Programme, Tier, programme_from_yaml
from simulation.demo import Demo
from tests.dashboard.three_members import three_members
from tests.living import shared_between_workers

CLUB = Programme(
    name="club",
    currency="GBP",
    tiers=(Tier(name="member"), Tier(name="gold", threshold=1000)),
    targets={"members_active": 2, "members_churned": 0},
)


@pytest.fixture(scope="session", autouse=True)
def _as_the_server_runs() -> None:
    """The server's setting that costs most where it is missing; tests of pages do not read its file. And
    what is installed is looked through for components once, not for each page."""
    config.set_option("runner.postScriptGC", False)
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A simulated programme of 400 members over 24 months, a copy for each test process."""

    def make(folder: Path) -> None:
        text = files("data").joinpath("programmes/demo.yaml").read_text("utf-8")
        published(folder, Demo(programme=programme_from_yaml(text), members=400))

    made = shared_between_workers(tmp_path_factory, worker_id, "demo 会员 [1]", make)
    return shutil.copytree(made, tmp_path_factory.mktemp("overview") / made.name)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return three_members(tmp_path_factory.mktemp("overview") / "small", CLUB)
