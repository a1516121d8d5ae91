"""Answers that one reader's question finds out and all readers share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class AnswerCache(Generic[Answer]):
    """The answers asked for most recently, by question, so many at most.

    Who asks what is just being found out waits for that alone. Everybody gets the very same answer: nobody
    may change one. What could not be found out is asked anew the next time.
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._answers: OrderedDict[Hashable, Future[Answer]] = OrderedDict()

    def answer(self, question: Hashable, find: Callable[[], Answer]) -> Answer:
        """The answer to the question, found now where it is not known."""
        answer, is_asked_first = self._awaited(question)
        if is_asked_first:
            try:
                answer.set_result(find())
            except BaseException as error:
                self._forget(question, answer)
                answer.set_exception(error)
        return answer.result()

    def _awaited(self, question: Hashable) -> tuple[Future[Answer], bool]:
        """The answer as it is or will be, and whether it is yet to be looked for."""
        with self._lock:
            is_asked_first = question not in self._answers
            answer = self._answers.setdefault(question, Future())
            self._answers.move_to_end(question)
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer, is_asked_first

    def _forget(self, question: Hashable, answer: Future[Answer]) -> None:
        with self._lock:
            if self._answers.get(question) is answer:
                del self._answers[question]
