"""The process that reads files for an import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from data.intake.mapping import FileRule
from tests.data.shop import shop_mapping


def test_a_reader_ends_with_the_import_that_waits_for_it(tmp_path: Path) -> None:
    endless = tmp_path / "sales.csv"
    os.mkfifo(endless)  # opening it waits for a writer that never comes
    rule: FileRule = next(iter(shop_mapping().files.values()))
    request = {
        "path": str(endless),
        "inner": None,
        "name": "sales.csv",
        "rule": rule.model_dump_json(by_alias=True),
        "folder": str(tmp_path / "0"),
    }
    command = [sys.executable, "-P", "-m", "data.intake.reading"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin is not None
        reader.stdin.write(json.dumps([request]).encode() + b"\n")
        reader.stdin.flush()
        try:
            reader.wait(2)
        except subprocess.TimeoutExpired:
            reader.stdin.close()  # as the end of the importing process does
        else:
            raise AssertionError("the reader did not wait for its file")
        assert reader.wait(20) == 1
    assert not (tmp_path / "0" / "answer.json").exists()
