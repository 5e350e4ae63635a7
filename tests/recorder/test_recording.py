"""A recording goes on whatever becomes of its writing down."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from voices import Loud

from firsthand.errors import ModelError
from firsthand.recorder.engines.given import Given
from firsthand.recorder.library import Library
from firsthand.recorder.recording import record
from firsthand.recorder.sounds.loading import load_listener
from firsthand.recorder.speakers.loading import load_speakers
from firsthand.recorder.transcript import Transcript, Word
from firsthand.recorder.writing import LIVE_WAITING, PARTLY, Ears, writing_down

RATE_HZ = 16_000
SPANS = 4 * LIVE_WAITING
EACH_S = 2
"""A second is loud, one is quiet."""

WORDS = tuple(Word(f"w{n}", 2_000 * n + 400, 2_000 * n + 600) for n in range(SPANS))


class Standing(Given):
    """An engine that does not begin until it may."""

    def __init__(self) -> None:
        super().__init__(Transcript(WORDS))
        self.may, self.asked = Event(), 0

    def words(self, samples, start_ms):
        self.asked += 1
        assert self.may.wait(60)
        return super().words(samples, start_ms)


def seconds(count: int):
    for n in range(10 * count):
        yield np.full(RATE_HZ // 10, 0.9 * (n // 10 % 2 == 0), np.float32)


def recorded(folder: Path, blocks, engine) -> None:
    with Library(folder) as library:
        record(
            *(library, blocks, RATE_HZ, Ears(engine, Loud())),
            title="Long",
            begun_at=datetime(2026, 11, 29, tzinfo=UTC),
        )


def test_an_engine_that_stands_keeps_nothing_from_being_recorded(tmp_path) -> None:
    engine = Standing()

    def blocks():
        yield from seconds(EACH_S * SPANS)
        assert engine.asked <= 1
        engine.may.set()

    recorded(tmp_path, blocks(), engine)
    with Library(tmp_path) as library:
        assert library.transcript(1).words == WORDS
        assert library.recording(1).note == ""
        assert library.recording(1).duration_ms == 1_000 * EACH_S * SPANS


def test_what_is_heard_in_crumbs_is_what_is_heard_at_once(tmp_path) -> None:
    """More of them than are kept each by itself."""
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, 70 * RATE_HZ).astype(np.float32)
    samples[: 20 * RATE_HZ] *= 0.01
    found = []
    for size in (RATE_HZ // 10, 7 * RATE_HZ):
        folder, blocks = tmp_path / str(size), np.split(samples, range(size, len(samples), size))
        ears = Ears(Given(Transcript(())), Loud(), load_listener(), load_speakers())
        with (
            Library(folder) as library,
            library.begin("Noise", datetime(2026, 12, 1, tzinfo=UTC), RATE_HZ) as (number, log),
            writing_down(library, number, ears) as hear,
        ):
            for block in blocks:
                log.write(block)
                hear(block)
        with Library(folder) as library:
            found.append((library.bars(1), library.sounds(1), library.turns(1)))
    (crumbs, *others), (whole, *wanted) = found
    assert others == wanted
    assert len(whole.levels) == 70 * 20
    np.testing.assert_array_equal(crumbs.levels, whole.levels)
    np.testing.assert_array_equal(crumbs.colours, whole.colours)


def test_what_was_said_is_written_down_after_ctrl_c(tmp_path) -> None:
    engine = Standing()

    def blocks():
        yield from seconds(6)
        engine.may.set()
        raise KeyboardInterrupt

    recorded(tmp_path, blocks(), engine)
    with Library(tmp_path) as library:
        assert library.transcript(1).words == WORDS[:3]


def test_the_second_ctrl_c_leaves_the_rest(tmp_path, monkeypatch) -> None:
    engine = Standing()

    def blocks():
        yield from seconds(EACH_S * SPANS)
        raise KeyboardInterrupt

    def interrupted(*_):
        engine.may.set()
        raise KeyboardInterrupt

    monkeypatch.setattr("concurrent.futures.Future.result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        recorded(tmp_path, blocks(), engine)
    with Library(tmp_path) as library:
        written = library.transcript(1).words
        assert written == WORDS[: len(written)]
        assert len(written) < SPANS
        assert library.recording(1).note.startswith(PARTLY)
        assert library.recording(1).duration_ms == 1_000 * EACH_S * SPANS


def test_an_engine_that_fails_ends_the_recording_with_its_reason(tmp_path) -> None:
    class Deaf(Given):
        def words(self, samples, start_ms):
            raise ModelError("lost its hearing")

    with pytest.raises(ModelError, match="lost its hearing"):
        recorded(tmp_path, seconds(3_600 * 24), Deaf(Transcript(WORDS)))
    with Library(tmp_path) as library:
        assert "lost its hearing" in library.recording(1).note
