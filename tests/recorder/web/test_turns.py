"""Files take turns, and wait for who is first."""

import threading

import pytest

from firsthand.core.clock import ManualClock
from firsthand.recorder.web.turns import TURN_US, Turns


def together(turns: Turns, clock: ManualClock, pieces: dict[str, int], step_us: int) -> list[str]:
    """Who did each piece of work, where all have come before the first is done."""
    order: list[str] = []
    come = threading.Barrier(len(pieces) + 1)

    def work(name: str, count: int) -> None:
        come.wait()
        with turns.taking() as pass_on:
            for _ in range(count):
                order.append(name)
                clock.advance(step_us)
                pass_on()

    threads = [threading.Thread(target=work, args=each) for each in pieces.items()]
    with turns.first():  # until all wait
        for thread in threads:
            thread.start()
        come.wait()
        while len(turns._waiting) < len(pieces):
            pass
    for thread in threads:
        thread.join()
    return order


def test_each_has_its_turn_after_the_others() -> None:
    order = together(Turns(clock := ManualClock()), clock, {"a": 3, "b": 3, "c": 1}, TURN_US)
    first = order[:3]
    assert sorted(first) == ["a", "b", "c"]
    long = [name for name in first if name != "c"]
    assert order[3:] == long * 2


def test_a_turn_has_its_time() -> None:
    order = together(Turns(clock := ManualClock()), clock, {"a": 4, "b": 4}, TURN_US // 2)
    one, other = order[0], "ab".replace(order[0], "")
    assert order == [one, one, other, other] * 2


def test_who_is_alone_works_on() -> None:
    assert together(Turns(clock := ManualClock()), clock, {"a": 5}, TURN_US) == ["a"] * 5


def test_nobody_works_while_somebody_is_first() -> None:
    turns, done = Turns(), threading.Event()

    def work() -> None:
        with turns.taking():
            done.set()

    thread = threading.Thread(target=work)
    with turns.first():
        thread.start()
        with turns.first():
            pass
        assert not done.wait(0.05)
    thread.join()
    assert done.is_set()


def test_one_that_fails_gives_up_its_turn() -> None:
    turns = Turns()
    for _ in range(2):
        with pytest.raises(ValueError, match="went wrong"), turns.taking():
            raise ValueError("it went wrong")
    with turns.taking():
        pass
