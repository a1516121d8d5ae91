"""Workspaces that pages are opened on: a simulated programme, and one that has hardly begun."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.proto.Dataframe_pb2 import Dataframe as Drawn
from streamlit.testing.v1.element_tree import Dataframe

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


@pytest.fixture(scope="session", autouse=True)
def _tables_as_they_are_read() -> Iterator[None]:
    """Tables of a page tell what stands in their cells; AppTest by itself tells the numbers below."""
    unread = Dataframe.value.fget
    with patch.object(Dataframe, "value", property(lambda table: _read(table.proto, unread(table)))):
        yield


def _read(drawn: Drawn, below: pd.DataFrame) -> pd.DataFrame:
    said = drawn.arrow_data.styler.display_values
    shown = convert_arrow_bytes_to_pandas_df(said) if said else below.astype(object)
    shown.columns = below.columns
    return shown.mask(below.isna() & (shown != ""), drawn.placeholder)


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
