"""Whose turn it is."""

from __future__ import annotations

from threading import Event, Thread

from data.turns import Line


def test_who_came_first_is_let_in_first_and_others_get_in_between_two_pieces_of_work() -> None:
    line, done = Line(), []
    waiting = [Event() for _ in range(3)]

    def work(number: int) -> None:
        waiting[number].set()
        with line:
            done.append(number)

    readers = [Thread(target=work, args=(number,)) for number in range(3)]
    with line:
        for number, reader in enumerate(readers):
            reader.start()
            waiting[number].wait()
            while line.length < number + 2:
                pass
    with line:
        done.append("the next piece")
    for reader in readers:
        reader.join()
    assert done == [0, 1, 2, "the next piece"]
    assert line.length == 0


def test_a_failure_lets_the_next_one_in() -> None:
    line = Line()
    try:
        with line:
            raise KeyError
    except KeyError:
        with line:
            assert line.length == 1
