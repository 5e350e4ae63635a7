import asyncio
import threading

import pytest

from firsthand.errors import ModelError
from firsthand.web.live.worker import Worker


def test_jobs_are_done_by_one_thread_in_the_order_they_come():
    done = []

    def job(number):
        done.append((number, threading.get_ident()))
        return number

    async def many(worker):
        return await asyncio.gather(*(worker.do(lambda n=n: job(n)) for n in range(50)))

    worker = Worker(str, 1)
    assert asyncio.run(many(worker)) == list(range(50))
    worker.close()
    assert [number for number, _ in done] == list(range(50))
    assert len({thread for _, thread in done}) == 1
    assert done[0][1] != threading.get_ident()


def test_a_job_that_fails_fails_alone():
    async def two(worker):
        with pytest.raises(ZeroDivisionError):
            await worker.do(lambda: 1 // 0)
        return await worker.do(lambda: 2)

    worker = Worker(str, 1)
    assert asyncio.run(two(worker)) == 2
    worker.close()


def test_models_are_loaded_once_and_a_failure_is_not_remembered():
    asked = []

    def load(name):
        asked.append(name)
        if asked == ["a"]:
            raise ModelError("gone")
        return object()

    worker = Worker(load, 1)
    with pytest.raises(ModelError, match="gone"):
        worker.models("a")
    assert worker.models("a") is worker.models("a")
    assert worker.models("b") is not worker.models("a")
    assert asked == ["a", "a", "b"]
    worker.close()


def test_places_are_given_and_taken_back():
    worker = Worker(str, 2)
    with worker.place() as first, worker.place() as second:
        assert (first, second) == (True, True)
        with worker.place() as third:
            assert third is False
        with worker.place() as third:
            assert third is False
    with pytest.raises(KeyError), worker.place():
        raise KeyError
    with worker.place() as first, worker.place() as second:
        assert (first, second) == (True, True)
    worker.close()
