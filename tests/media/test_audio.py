import io
import struct
import tracemalloc
from pathlib import Path

import av
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import InputError, MediaError, ShapeError
from firsthand.media import AudioReader, read_audio, stream_audio, write_audio

from .made_media import make_video, moving

SECONDS = 3.0


def tone(seconds: float, rate_hz: int, pitch_hz: float = 440.0) -> np.ndarray:
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return (0.5 * np.sin(2 * np.pi * pitch_hz * time)).astype(np.float32)


def encode(path: Path, codec: str, samples: np.ndarray, rate_hz: int) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate_hz, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate_hz, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    sound = tone(SECONDS, 44_100)
    stereo = np.stack([sound, 0.25 * sound], axis=1)
    write_audio(folder / "mono.wav", sound, 44_100)
    write_audio(folder / "stereo.wav", stereo, 44_100)
    write_audio(folder / "stereo.flac", stereo, 44_100)
    encode(folder / "a.mp3", "mp3", sound, 44_100)
    encode(folder / "a.m4a", "aac", sound, 44_100)
    encode(folder / "a.ogg", "libopus", tone(SECONDS, 48_000), 48_000)
    encode(folder / "a.mkv", "libopus", tone(SECONDS, 48_000), 48_000)
    encode(folder / "a.g722", "g722", tone(SECONDS, 16_000), 16_000)  # as telephones speak
    return folder


NAMES = ["mono.wav", "stereo.wav", "stereo.flac", "a.mp3", "a.m4a", "a.ogg", "a.mkv", "a.g722"]


@settings(max_examples=40)
@given(
    samples=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 300)) | st.tuples(st.integers(1, 100), st.integers(1, 8)),
        elements=st.floats(-1.25, 1.25, width=32),
    ),
    rate_hz=st.sampled_from([8000, 16_000, 44_100, 48_000]),
    suffix=st.sampled_from([".wav", ".flac"]),
)
def test_what_is_written_is_read_to_sixteen_bits(tmp_path_factory, samples, rate_hz, suffix):
    path = tmp_path_factory.getbasetemp() / f"sound{suffix}"
    write_audio(path, samples, rate_hz)
    heard, heard_hz = read_audio(path, mono=False)
    assert heard_hz == rate_hz
    assert heard.dtype == np.float32
    expected = np.clip(samples, -1, 32767 / 32768)
    if samples.ndim == 2 and samples.shape[1] == 1:
        expected = expected[:, 0]
    assert heard.shape == expected.shape
    assert np.abs(heard - expected).max() <= 0.5 / 32768 + 1e-7


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rate_hz", [None, 16_000, 8000])
@pytest.mark.parametrize("mono", [True, False])
def test_streaming_equals_reading(clips, name, rate_hz, mono):
    whole, _ = read_audio(clips / name, rate_hz, mono=mono)
    for block in (1000, 1601, 10**6):
        blocks = list(stream_audio(clips / name, rate_hz, block=block, mono=mono))
        assert {len(b) for b in blocks[:-1]} <= {block}
        assert 0 < len(blocks[-1]) <= block
        assert np.array_equal(np.concatenate(blocks), whole)


@pytest.mark.parametrize("name", NAMES)
def test_a_tone_keeps_its_length_and_pitch(clips, name):
    samples, rate_hz = read_audio(clips / name, 16_000)
    assert rate_hz == 16_000
    assert len(samples) == pytest.approx(SECONDS * 16_000, abs=0.1 * 16_000)
    spectrum = np.abs(np.fft.rfft(samples[4000:20_000]))
    assert np.argmax(spectrum) == 440
    loudness = np.sqrt(np.mean(samples[4000:20_000] ** 2)) * np.sqrt(2)
    expected = 0.5 * 0.625 if name.startswith("stereo") else 0.5  # mono is the mean of the two
    assert loudness == pytest.approx(expected, rel=0.05)


def test_sound_of_a_video_and_shapes(clips):
    with AudioReader(clips / "stereo.flac", mono=False) as reader:
        assert (reader.rate_hz, reader.channels) == (44_100, 2)
        blocks = list(reader)
        assert reader.damage is None
    assert all(block.shape[1] == 2 for block in blocks)
    samples, _ = read_audio(clips / "a.mkv", mono=False)
    assert samples.ndim == 1


def test_memory_does_not_grow_with_the_file(tmp_path):
    write_audio(tmp_path / "long.wav", np.zeros(4_000_000, np.float32), 16_000)
    tracemalloc.start()
    total = sum(len(block) for block in stream_audio(tmp_path / "long.wav", block=1600))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == 4_000_000
    assert peak < 1_000_000


@pytest.mark.parametrize("name", ["mono.wav", "stereo.flac", "a.mp3", "a.ogg", "a.mkv"])
def test_a_cut_off_file_gives_what_decodes(clips, tmp_path, name):
    data = (clips / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * 0.6)])
    samples, rate_hz = read_audio(tmp_path / name)
    assert 0.3 < len(samples) / rate_hz / SECONDS < 0.85


@settings(max_examples=60)
@given(name=st.sampled_from(NAMES), data=st.data())
def test_flipped_bytes_end_in_samples_or_a_media_error(clips, tmp_path_factory, name, data):
    content = bytearray((clips / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) // 4))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"flipped{Path(name).suffix}"
    path.write_bytes(content)
    try:
        blocks = list(stream_audio(path, 16_000, block=4000))
    except MediaError:
        return
    assert all(block.dtype == np.float32 and block.ndim == 1 for block in blocks)


def test_a_file_whose_form_changes(tmp_path):
    """Two AAC streams of different rates, one after the other."""
    whole = b""
    for rate_hz in (44_100, 22_050):
        path = encode(tmp_path / "part.aac", "aac", tone(0.5, rate_hz), rate_hz)
        whole += path.read_bytes()
    (tmp_path / "both.aac").write_bytes(whole)
    samples, _ = read_audio(tmp_path / "both.aac", 16_000)
    assert len(samples) == pytest.approx(16_000, abs=3000)
    assert np.argmax(np.abs(np.fft.rfft(samples[12_000:14_000]))) == 55  # 440 Hz in 8 Hz steps


def test_hostile_files(tmp_path):
    silent = tmp_path / "video.mp4"
    make_video(silent, moving(3))
    empty_wav = io.BytesIO()
    empty_wav.write(b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt ")
    empty_wav.write(struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16_000, 2, 16) + b"data" + bytes(4))
    absurd = empty_wav.getvalue()[:22] + b"\xff\xff\xff\xff" + empty_wav.getvalue()[26:] + bytes(99)
    contents = {
        "video.mp4": (silent.read_bytes(), "no sound"),
        "empty.wav": (b"", "empty"),
        "none.wav": (empty_wav.getvalue(), "no sound decodes"),
        "absurd.wav": (absurd, "absurd"),
        "text.mp3": (b"never a tune\n" * 100, "not a known"),
        "text.wav": (b"never a tune\n" * 100, "not a known"),
        "zeros.flac": (bytes(9000), "zeros"),
    }
    for name, (content, reason) in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(MediaError, match=reason) as caught:
            read_audio(tmp_path / name)
        assert name in str(caught.value)
        with pytest.raises(MediaError, match=reason):
            next(stream_audio(tmp_path / name, block=10))


def test_arguments_are_checked(tmp_path, clips):
    with pytest.raises(InputError, match="rate_hz"):
        read_audio(clips / "mono.wav", 0)
    with pytest.raises(InputError, match="block"):
        next(stream_audio(clips / "mono.wav", block=0))
    with pytest.raises(MediaError, match=r"\.mp3"):
        write_audio(tmp_path / "a.mp3", np.zeros(9), 8000)
    with pytest.raises(InputError, match="rate_hz"):
        write_audio(tmp_path / "a.wav", np.zeros(9), -8000)
    for wrong in (np.zeros(9, np.int16), np.zeros((2, 2, 2)), np.zeros(0), np.zeros((3, 9))):
        with pytest.raises(ShapeError):
            write_audio(tmp_path / "a.wav", wrong, 8000)
    for value in (np.nan, np.inf):
        with pytest.raises(InputError, match="finite"):
            write_audio(tmp_path / "a.wav", np.full(9, value), 8000)
    with pytest.raises(MediaError, match="nowhere"):
        write_audio(tmp_path / "nowhere" / "a.wav", np.zeros(9), 8000)
    assert list(tmp_path.iterdir()) == []
