"""Values whose arrays lie in mapped files are the same values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulation import mapped
from simulation.mapped import give_back, on_disk, read, write

VALUE = {
    "name": "shop 店",
    "none": np.zeros(0, np.int64),
    "odd": np.arange(7, dtype=np.int8),
    "flags": np.array([True, False, True]),
    "table": np.arange(12.0).reshape(3, 4),
    "turned": np.arange(12).reshape(3, 4).T,
    "every_other": np.arange(9)[::2],
    "texts": np.array(["a", "店"], object),
}


def test_a_value_on_disk_is_the_same_value() -> None:
    np.testing.assert_equal(on_disk(VALUE), VALUE)


def test_a_written_value_is_read_as_it_was_and_written_anew_while_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "value"
    write(file, VALUE)
    found = read(file)
    write(file, {"other": np.ones(3)})
    np.testing.assert_equal(found, VALUE)
    np.testing.assert_equal(read(file), {"other": np.ones(3)})
    assert [one.name for one in tmp_path.iterdir()] == ["value"]


def test_nobody_changes_what_lies_on_disk() -> None:
    with pytest.raises(ValueError, match="read-only"):
        on_disk(VALUE)["odd"][0] = 1


def test_pages_of_files_are_given_back_and_read_again() -> None:
    found = on_disk(np.arange(2**21))
    expected, held = int(found.sum()), _mapped_kib()
    give_back()
    assert held - _mapped_kib() > 15 * 2**10
    assert int(found.sum()) == expected


def test_what_is_written_from_files_does_not_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    several = on_disk([np.arange(2**20) + number for number in range(8)])
    monkeypatch.setattr(mapped, "WRITTEN_AT_ONCE", 2**22)
    before = _mapped_kib()
    again = on_disk(several)
    assert _mapped_kib() - before < 2**14  # of 64 MiB
    np.testing.assert_equal(again, several)


def _mapped_kib() -> int:
    """What this process holds of files."""
    told = Path("/proc/self/status").read_text()
    return int(told.partition("RssFile:")[2].split()[0])
