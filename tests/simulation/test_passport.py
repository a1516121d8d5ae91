"""The passport of one answer: what its own uncertainty rests on may only make the verdict more careful."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from loyalty_core.text import Text
from simulation.passport import DECIDE, DISTRUST, PILOT, of_answer

KNOWN = {"reasons": [asdict(Text("It held.", "符合。"))], "wape": 0.1}


@pytest.mark.parametrize(
    ("before", "layers", "after", "reasons"),
    [
        (DECIDE, {"assumptions_share": 0.29, "same_sign": True}, DECIDE, 1),
        (DECIDE, {"assumptions_share": 0.30, "same_sign": True}, PILOT, 2),
        (DECIDE, {"assumptions_share": None, "same_sign": False}, PILOT, 2),
        (DISTRUST, {"assumptions_share": 0.9, "same_sign": False}, DISTRUST, 3),
        (PILOT, {"same_sign": True}, PILOT, 1),
    ],
)
def test_suppositions_and_a_sign_that_turns_call_for_a_pilot(
    before: Text, layers: dict[str, object], after: Text, reasons: int
) -> None:
    found = of_answer(KNOWN | {"verdict": before.en, "verdict_words": asdict(before)}, layers)
    assert (found["verdict"], found["verdict_words"]) == (after.en, asdict(after))
    assert len(found["reasons"]) == reasons and all(one["zh"] for one in found["reasons"])
    assert found["reasons"][0] == KNOWN["reasons"][0] and found["wape"] == 0.1
