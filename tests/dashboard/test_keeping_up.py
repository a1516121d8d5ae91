"""What is published while nobody has a page open is read ahead, by a server that goes on whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from dashboard import live, prefetch, server


class Night(BaseException):
    """Nothing else would end it."""


def test_the_server_looks_for_news_time_and_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waited, read = list[float](), list[str]()

    def seen() -> Iterator[str | None]:
        yield from (None, "monday", "tuesday")
        raise Night

    states = seen()

    def started(state: str) -> None:
        read.append(state)
        if state == "monday":
            raise OSError("the registry is away")

    monkeypatch.setattr(server.time, "sleep", waited.append)
    monkeypatch.setattr(live, "now", lambda: next(states))
    monkeypatch.setattr(prefetch, "started", started)
    with caplog.at_level(logging.WARNING), pytest.raises(Night):
        server._keep_up()
    assert read == ["monday", "tuesday"]
    assert waited == [server.NEWS_SECONDS] * 4
    assert [record.exc_info and str(record.exc_info[1]) for record in caplog.records] == [
        "the registry is away"
    ]
