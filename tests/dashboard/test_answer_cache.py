"""Answers that are found once for all who ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from dashboard.answer_cache import AnswerCache


def test_many_who_ask_the_same_at_once_wait_for_one_finding() -> None:
    kept, found, all_there = AnswerCache[object](4), [], Barrier(5)
    begun, goes_on = Event(), Event()

    def find() -> object:
        found.append(object())
        begun.set()
        assert goes_on.wait(10)
        return found[0]

    def ask() -> object:
        all_there.wait()
        return kept.answer("dear", find)

    with ThreadPoolExecutor(4) as people:
        asking = [people.submit(ask) for _ in range(4)]
        all_there.wait()
        assert begun.wait(10)
        assert (
            kept.answer("cheap", lambda: "another question does not wait") == "another question does not wait"
        )
        goes_on.set()
        assert {id(one.result()) for one in asking} == {id(found[0])}
    assert len(found) == 1


def test_the_answer_that_nobody_asked_for_longest_goes_first() -> None:
    kept = AnswerCache[int](2)
    for question in "abacb":  # c takes the place of b, b then that of a
        kept.answer(question, lambda: 1)
    found: list[str] = []
    for question in "cba":
        kept.answer(question, lambda question=question: found.append(question))  # type: ignore[misc]
    assert found == ["a"]


def test_what_could_not_be_found_is_asked_anew() -> None:
    kept = AnswerCache[int](2)
    with pytest.raises(ZeroDivisionError):
        kept.answer("a", lambda: 1 // 0)
    assert kept.answer("a", lambda: 2) == 2
