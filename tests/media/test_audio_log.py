"""Sound that is written as it comes and read while it does."""

import shutil
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import InputError, MediaError, ShapeError
from firsthand.media import AudioLog, read_audio, read_span


def tone(seconds: float, rate_hz: int) -> np.ndarray:
    return (0.5 * np.sin(np.arange(round(seconds * rate_hz)) * 2e3 / rate_hz)).astype(np.float32)


@settings(max_examples=10)
@given(rate_hz=st.sampled_from((8_000, 16_000, 22_050, 44_100, 48_000)), blocks=st.integers(1, 9))
def test_what_is_written_in_blocks_is_read_as_a_whole(tmp_path_factory, rate_hz, blocks) -> None:
    path = tmp_path_factory.mktemp("log") / "a.ogg"
    sound = tone(2.0, rate_hz)
    with AudioLog(path, rate_hz) as log:
        for block in np.array_split(sound, blocks):
            log.write(block)
        assert log.samples == len(sound)
    read, read_hz = read_audio(path, rate_hz)
    assert read_hz == rate_hz
    assert abs(len(read) - len(sound)) <= 0.01 * rate_hz
    inner = slice(rate_hz // 10, min(len(read), len(sound)) - rate_hz // 10)
    assert np.sqrt(np.mean((read[inner] - sound[inner]) ** 2)) < 0.05


def test_all_but_the_last_half_second_can_be_read_meanwhile(tmp_path) -> None:
    with AudioLog(tmp_path / "a.ogg", 16_000) as log:
        for second in range(1, 6):
            log.write(tone(1.0, 16_000))
            copy = shutil.copy(tmp_path / "a.ogg", tmp_path / f"{second}.ogg")
            samples, rate_hz = read_audio(copy)
            assert second - 0.6 <= len(samples) / rate_hz <= second


def test_a_killed_process_leaves_all_but_its_last_second(tmp_path) -> None:
    program = """
        import sys
        import numpy as np
        from firsthand.media import AudioLog

        log = AudioLog(sys.argv[1], 16_000)
        for _ in range(43):
            log.write(np.full(1_600, 0.25, np.float32))
        print("written", flush=True)
        sys.stdin.read()
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), tmp_path / "a.ogg"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout.readline() == b"written\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    samples, rate_hz = read_audio(tmp_path / "a.ogg")
    assert 3.3 <= len(samples) / rate_hz <= 4.3


def test_what_is_no_sound_is_refused_and_the_rest_kept(tmp_path) -> None:
    with AudioLog(tmp_path / "a.ogg", 16_000) as log:
        log.write(tone(1.0, 16_000))
        with pytest.raises(InputError, match="NaN"):
            log.write(np.array([0.0, np.nan], np.float32))
        with pytest.raises(ShapeError, match=r"float32 \(1, 2\)"):
            log.write(np.zeros((1, 2), np.float32))
        with pytest.raises(ShapeError, match="int16"):
            log.write(np.zeros(2, np.int16))
        log.write(np.zeros(0, np.float32))
        log.write(np.full(16_000, 7.0))
    samples, rate_hz = read_audio(tmp_path / "a.ogg")
    assert len(samples) / rate_hz == pytest.approx(2.0, abs=0.02)


def test_a_place_that_cannot_be_written_is_named(tmp_path) -> None:
    (tmp_path / "a.ogg").write_bytes(b"something else")
    with pytest.raises(MediaError, match=r"a\.ogg: cannot be written: File exists"):
        AudioLog(tmp_path / "a.ogg", 16_000)
    assert (tmp_path / "a.ogg").read_bytes() == b"something else"
    with pytest.raises(MediaError, match="No such file"):
        AudioLog(tmp_path / "missing" / "a.ogg", 16_000)
    with pytest.raises(InputError, match="rate_hz is 1 to 768000, not 0"):
        AudioLog(tmp_path / "b.ogg", 0)
    assert not (tmp_path / "b.ogg").exists()


def test_a_full_disk_is_told_of(tmp_path) -> None:
    (tmp_path / "full.ogg").symlink_to("/dev/full")
    with pytest.raises(MediaError, match=r"full\.ogg: cannot be written"):
        AudioLog(tmp_path / "full.ogg", 16_000)


def test_what_stopped_the_writing_is_told_and_not_that_the_end_is_missing(tmp_path) -> None:
    """Under a limit on the size of files, in a process of its own."""
    program = """
        import resource
        import sys
        import numpy as np
        from firsthand.errors import MediaError
        from firsthand.media import AudioLog

        try:
            with AudioLog(sys.argv[1], 16_000) as log:
                resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
                while True:
                    log.write(np.random.default_rng(1).normal(0, 0.1, 16_000))
        except MediaError as error:
            print(error)
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), tmp_path / "a.ogg"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert said.strip().endswith("a.ogg: cannot be written: File too large")
    assert len(read_audio(tmp_path / "a.ogg")[0]) > 48_000


def test_nothing_written_leaves_nothing_to_read(tmp_path) -> None:
    AudioLog(tmp_path / "a.ogg", 16_000).close()
    with pytest.raises(MediaError):
        read_audio(tmp_path / "a.ogg")


@settings(max_examples=20)
@given(start_ms=st.integers(0, 6_500), length_ms=st.integers(0, 2_000))
def test_a_span_is_that_part_of_the_whole(tmp_path_factory, start_ms, length_ms) -> None:
    path = tmp_path_factory.getbasetemp() / "spans.ogg"
    if not path.exists():
        chirp = np.sin(2e4 * np.linspace(0, 1, 6 * 48_000) ** 2)
        with AudioLog(path, 48_000) as log:
            log.write(0.5 * chirp)
    whole, _ = read_audio(path)
    first, last = start_ms * 48, (start_ms + length_ms) * 48
    span = read_span(path, start_ms / 1000, (start_ms + length_ms) / 1000)
    wanted = whole[first:last]
    assert abs(len(span) - len(wanted)) <= 1
    count = min(len(span), len(wanted))
    assert count == 0 or np.abs(span[:count] - wanted[:count]).max() < 0.02


def test_a_span_of_nothing_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match=r"not 2\.\.1"):
        read_span(tmp_path / "a.ogg", 2, 1)
    (tmp_path / "text.ogg").write_text("no sound")
    with pytest.raises(MediaError):
        read_span(tmp_path / "text.ogg", 0, 1)
