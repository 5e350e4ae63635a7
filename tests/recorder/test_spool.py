"""Sound that waits for whoever hears it."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import MediaError
from firsthand.recorder import spool as spools
from firsthand.recorder.spool import MOST, Spool
from firsthand.recorder.voice import RATE_HZ


def sound(count: int) -> np.ndarray:
    return np.linspace(-1, 1, count, dtype=np.float32)


@given(st.lists(st.integers(-1, 3 * MOST), max_size=12))
def test_what_is_put_is_taken_whatever_the_pace(tmp_path_factory, steps) -> None:
    """A step puts as many samples, or takes once."""
    put, taken = [sound(0)], [sound(0)]
    with Spool(RATE_HZ, tmp_path_factory.getbasetemp()) as spool:
        for step in steps:
            if step >= 0:
                put.append(sound(step))
                spool.put(put[-1])
            elif (some := spool.take(0.0)) is not None:
                assert 0 < len(some) <= MOST
                taken.append(some)
            assert spool.waiting == sum(map(len, put)) - sum(map(len, taken))
        spool.end()
        taken += spool
        assert spool.take() is not None
    assert np.array_equal(np.concatenate(put), np.concatenate(taken))


def test_it_is_taken_on_another_thread_at_another_rate(tmp_path) -> None:
    with Spool(48_000, tmp_path) as spool, ThreadPoolExecutor(1) as pool:
        taken = pool.submit(lambda: np.concatenate(list(spool)))
        for _ in range(30):
            spool.put(np.full(4_800, 0.25, np.float32))
        spool.end()
        found = taken.result()
    assert len(found) == 48_000
    assert found[1_000:-1_000] == pytest.approx(0.25, abs=1e-3)
    assert list(tmp_path.iterdir()) == []


def test_the_file_begins_anew_when_all_is_taken(tmp_path) -> None:
    with Spool(RATE_HZ, tmp_path) as spool:
        for _ in range(100):
            spool.put(sound(1_000))
            assert len(spool.take()) == 1_000
            assert os.fstat(spool._file.fileno()).st_size == 0


def test_a_full_disk_is_told_to_the_one_who_takes(tmp_path, monkeypatch) -> None:
    def full(**_):
        return Path("/dev/full").open("r+b", buffering=0)

    monkeypatch.setattr(spools, "TemporaryFile", full)
    with Spool(RATE_HZ, tmp_path) as spool:
        spool.put(sound(10))
        spool.put(sound(10))
        with pytest.raises(MediaError, match="No space left"):
            spool.take()


def test_who_takes_from_what_was_given_up_is_told(tmp_path) -> None:
    with Spool(RATE_HZ, tmp_path) as spool:
        spool.put(sound(10))
    with pytest.raises(MediaError, match="given up"):
        spool.take()
    spool.put(sound(10))
    spool.end()
