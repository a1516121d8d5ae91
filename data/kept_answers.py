"""Answers for which all that happened is read, kept with what else was found out of a snapshot."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from data.rollups.rolled_members import remember
from data.rollups.snapshot_facts import SnapshotFacts

Answer = TypeVar("Answer")
Given = ParamSpec("Given")

ANSWERS_KEPT = 32


def kept(
    question: Callable[Concatenate[SnapshotFacts, Given], Answer],
) -> Callable[Concatenate[SnapshotFacts, Given], Answer]:
    """The question, whose answer is found once for the same arguments; nobody may change one."""

    @wraps(question)
    def asked(facts: SnapshotFacts, /, *arguments: Given.args, **named: Given.kwargs) -> Answer:
        key = (question.__qualname__, arguments, tuple(named.items()))
        if key not in facts.answers:
            remember(facts.answers, key, question(facts, *arguments, **named), ANSWERS_KEPT)
        found: Answer = facts.answers[key]
        return found

    return asked
