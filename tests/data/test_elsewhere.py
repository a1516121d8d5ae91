"""Work that is done by a process of its own."""

from __future__ import annotations

import os

import pytest

from data.elsewhere import elsewhere
from loyalty_core.errors import InputError
from loyalty_core.names import near
from loyalty_core.rules.programme import programme_from_dict


def test_another_process_finds_it_and_raises_what_it_would_here() -> None:
    assert elsewhere(os.getpid) != os.getpid()
    assert elsewhere(near, "nort", ("north", "south")) == near("nort", ("north", "south"))
    with pytest.raises(InputError, match="tires"):
        elsewhere(programme_from_dict, {"name": "odd", "tires": []})


def test_what_is_printed_is_no_part_of_the_answer() -> None:
    assert elsewhere(print, "a line") is None


def test_who_waits_is_told_where_the_process_is_ended() -> None:
    with pytest.raises(RuntimeError, match="abort was ended before it had found anything"):
        elsewhere(os.abort)
