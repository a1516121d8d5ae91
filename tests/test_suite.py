"""The suite itself: where skips are forbidden, nothing excuses itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXCUSED = """
import pytest

def test_plain(): pass

@pytest.mark.skip(reason="no need")
def test_marked(): pass

def test_skips_itself(): pytest.skip("nothing here")

@pytest.mark.xfail
def test_expected_to_fail(): assert False

@pytest.mark.xfail
def test_expected_to_fail_but_passes(): pass
"""


def _closing_line(folder: Path, **environment: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    free = {name: value for name, value in os.environ.items() if not name.startswith(("LOYALTY_", "PYTEST_"))}
    result = subprocess.run(
        [*command, "--continue-on-collection-errors", "-c", folder / "pytest.ini", folder],
        cwd=ROOT,
        env={**free, **environment},
        capture_output=True,
        text=True,
    )
    return result.stdout.splitlines()[-1]


def test_where_skips_are_forbidden_every_excuse_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_excused.py").write_text(EXCUSED)
    (tmp_path / "test_skips_its_file.py").write_text(
        "import pytest\npytest.importorskip('no_such_package')\n"
    )
    assert "1 passed, 3 skipped, 1 xfailed, 1 xpassed" in _closing_line(tmp_path)
    assert "3 failed, 1 passed, 2 errors" in _closing_line(tmp_path, LOYALTY_FORBID_SKIPS="1")
