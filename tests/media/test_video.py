import io
import os
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import InputError, MediaError
from firsthand.media import Frame, VideoReader, VideoWriter, orientation, read_video

from .made_media import encoded, make_video, moving, picture

CLOSE = 4.0  # levels, on average


def apart(image: np.ndarray, other: np.ndarray) -> float:
    assert image.shape == other.shape
    return float(np.abs(image.astype(int) - other).mean())


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Fifty frames of 96 x 64 in several containers."""
    folder = tmp_path_factory.mktemp("clips")
    for name, flags in (("fast.mp4", "+faststart"), ("late.mp4", None)):
        make_video(folder / name, moving(50), movflags=flags)
    for name in ("clip.mkv", "clip.ts", "clip.avi", "clip.mov"):
        make_video(folder / name, moving(50))
    return folder


@pytest.mark.parametrize("name", ["fast.mp4", "late.mp4", "clip.mkv", "clip.ts", "clip.mov"])
def test_frames_sizes_and_times(clip, name):
    with VideoReader(clip / name) as reader:
        assert reader.size == (96, 64)
        assert reader.fps == pytest.approx(30)
        assert reader.codec == "h264"
        assert reader.duration_us == pytest.approx(50 / 30 * 1e6, abs=70_000)
        frames = list(reader)
        assert reader.damage is None
        assert not reader.truncated
        assert list(reader) == []
    assert len(frames) == 50
    for frame, original in zip(frames, moving(50), strict=True):
        assert apart(frame.image, original) < CLOSE
        assert frame.image.flags.c_contiguous
    steps = [b.timestamp_us - a.timestamp_us for a, b in pairwise(frames)]
    assert np.abs(np.array(steps) - 1e6 / 30).max() <= 1001  # Matroska counts in milliseconds


def test_frames_stay_valid_after_the_next_and_after_the_end(clip):
    with VideoReader(clip / "fast.mp4") as reader:
        frames, copies = [], []
        for frame in reader:
            frames.append(frame.image)
            copies.append(frame.image.copy())
    for kept, copy in zip(frames, copies, strict=True):
        assert np.array_equal(kept, copy)


@pytest.mark.parametrize("width", [64, 66, 98, 130, 2])
def test_rows_with_and_without_padding(tmp_path, width):
    make_video(tmp_path / "v.mp4", moving(3, width, 34))
    with VideoReader(tmp_path / "v.mp4") as reader:
        shapes = {frame.image.shape for frame in reader}
    assert shapes == {(34, width, 3)}


@pytest.mark.parametrize("vflip", [False, True])
@pytest.mark.parametrize("hflip", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_display_rotation_is_applied(tmp_path, degrees, hflip, vflip):
    make_video(tmp_path / "v.mp4", moving(2), rotation=(degrees, hflip, vflip))
    with VideoReader(tmp_path / "v.mp4") as reader:
        frame = next(iter(reader))
        assert reader.size == frame.image.shape[1::-1]
    # FFmpeg turns counter-clockwise, then flips what results.
    expected = np.rot90(moving(1)[0], degrees // 90)
    expected = expected[:, ::-1] if hflip else expected
    expected = expected[::-1] if vflip else expected
    assert apart(frame.image, expected) < CLOSE


def test_drawing_on_a_frame_does_not_reach_the_next(tmp_path):
    """QuickTime Animation is RGB already, and each frame only updates the one before."""
    path = tmp_path / "v.mov"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("qtrle", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        for number in range(6):
            image = np.full((48, 64, 3), 50, np.uint8)
            image[number] = 200
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    with VideoReader(path) as reader:
        for number, frame in enumerate(reader):
            assert frame.image[number].min() == 200
            assert frame.image[number + 1 :].max() == 50
            frame.image[:] = 0


def two_streams() -> bytes:
    whole = b""
    for size in ((96, 64), (64, 128)):
        part = io.BytesIO()
        make_video(part, moving(20, *size), container="mpegts")
        whole += part.getvalue()
    return whole


def test_size_may_change_in_mid_stream(tmp_path):
    (tmp_path / "v.ts").write_bytes(two_streams())
    with VideoReader(tmp_path / "v.ts") as reader:
        assert reader.size == (96, 64)
        frames = list(reader)
    sizes = [frame.image.shape for frame in frames]
    assert sizes == [(64, 96, 3)] * 20 + [(128, 64, 3)] * 20
    times = [frame.timestamp_us for frame in frames]
    assert all(a < b for a, b in pairwise(times))
    for frame, original in zip(frames, moving(20) + moving(20, 64, 128), strict=True):
        assert apart(frame.image, original) < CLOSE
    with VideoWriter(tmp_path / "out.mp4") as writer:
        for frame in frames:
            writer.write(frame)
    assert {frame.image.shape for frame in read_video(tmp_path / "out.mp4")} == {(64, 96, 3)}


def test_a_raw_stream_without_times(tmp_path):
    make_video(tmp_path / "v.h264", moving(10), container="h264")
    frames = list(read_video(tmp_path / "v.h264"))
    assert len(frames) == 10
    assert all(a.timestamp_us < b.timestamp_us for a, b in pairwise(frames))


@pytest.mark.parametrize("name", ["fast.mp4", "clip.mkv", "clip.mov"])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_a_cut_off_file_yields_what_decodes_and_says_so(clip, tmp_path, name, share):
    data = (clip / name).read_bytes()
    path = tmp_path / name
    if name == "clip.mov":  # its index comes last, so nothing is left
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(MediaError, match=r"clip\.mov"):
            VideoReader(path)
        return
    path.write_bytes(data[: int(len(data) * share)])
    with VideoReader(path) as reader:
        frames = list(reader)
        assert reader.truncated
        assert "cut off" in str(reader.damage)
    assert 0 < len(frames) < 50
    for frame, original in zip(frames, moving(50), strict=False):
        assert apart(frame.image, original) < CLOSE


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_a_cut_off_transport_stream_yields_what_decodes(clip, tmp_path, share):
    """Nothing in it says how long it should have been, so nothing can be said but the frames."""
    data = (clip / "clip.ts").read_bytes()
    (tmp_path / "v.ts").write_bytes(data[: int(len(data) * share)])
    assert 5 < len(list(read_video(tmp_path / "v.ts"))) < 50


@pytest.mark.parametrize("name", ["fast.mp4", "clip.mkv", "clip.ts"])
def test_a_hole_in_the_middle_costs_some_frames_only(clip, tmp_path, name):
    data = bytearray((clip / name).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 900] = bytes(900)
    (tmp_path / name).write_bytes(data)
    with VideoReader(tmp_path / name) as reader:
        frames = list(reader)
        assert reader.damage is not None
    assert 20 <= len(frames) <= 50
    assert all(a.timestamp_us < b.timestamp_us for a, b in pairwise(frames))
    assert apart(frames[0].image, moving(1)[0]) < CLOSE
    assert apart(frames[-1].image, moving(50)[-1]) < CLOSE


@settings(max_examples=40)
@given(name=st.sampled_from(["fast.mp4", "clip.mkv", "clip.ts", "clip.avi"]), data=st.data())
def test_flipped_bytes_end_in_frames_or_a_media_error(clip, tmp_path_factory, name, data):
    content = bytearray((clip / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 30))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"flipped{name}"
    path.write_bytes(content)
    try:
        with VideoReader(path) as reader:
            times = [frame.timestamp_us for frame in reader]
    except MediaError:
        return
    assert all(a < b for a, b in pairwise(times))


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.txt", "v.m3u8", "v"])
def test_hostile_files(tmp_path, clip, name):
    path = tmp_path / name
    contents = {
        "empty": b"",
        "text": b"just a letter to a friend\n" * 50,
        "playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{clip}/clip.ts\n".encode(),
        "script": f"ffconcat version 1.0\nfile '{clip}/clip.ts'\n".encode(),
        "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        "zeros": bytes(5000),
        "head": (clip / "fast.mp4").read_bytes()[:100],
        "cut": (clip / "late.mp4").read_bytes()[:2000],
        "no picture": (clip / "fast.mp4").read_bytes()[:1700],
    }
    for content in contents.values():
        path.write_bytes(content)
        with pytest.raises(MediaError, match=name.replace(".", r"\.")):
            VideoReader(path)


def test_names_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for name in (
        tmp_path,
        tmp_path / "missing.mp4",
        tmp_path / "pipe.mp4",
        "http://127.0.0.1/a.mp4",
    ):
        with pytest.raises(MediaError):
            VideoReader(name)


def test_sound_alone_is_no_video(tmp_path):
    from firsthand.media import write_audio

    write_audio(tmp_path / "a.wav", np.zeros(800), 8000)
    with pytest.raises(MediaError, match="no video"):
        VideoReader(tmp_path / "a.wav")


def test_a_picture_read_as_a_video_is_refused(tmp_path):
    (tmp_path / "a.mp4").write_bytes(encoded(picture(8, 8), ".png"))
    with pytest.raises(MediaError):
        VideoReader(tmp_path / "a.mp4")


def test_one_pixel_wide_and_dark(tmp_path):
    with VideoWriter(tmp_path / "v.mp4") as writer:
        writer.write(np.zeros((1, 1, 3), np.uint8))
    (frame,) = read_video(tmp_path / "v.mp4")
    assert frame.image.shape == (2, 2, 3)  # 4:2:0 has even sides only
    assert frame.image.max() <= 2


increasing = st.lists(st.integers(1, 400_000), min_size=1, max_size=8).map(
    lambda steps: np.cumsum(steps).tolist()
)


@settings(max_examples=25)
@given(increasing)
def test_times_are_kept_to_the_microsecond(tmp_path_factory, times):
    path = tmp_path_factory.getbasetemp() / "times.mp4"
    with VideoWriter(path) as writer:
        for number, time in enumerate(times):
            writer.write(Frame(picture(32, 32, number / 9), time))
    assert [frame.timestamp_us for frame in read_video(path)] == [t - times[0] for t in times]


def test_even_times_by_rate_and_the_length_of_the_last_frame(tmp_path):
    with VideoWriter(tmp_path / "v.mp4", fps=12.5) as writer:
        for image in moving(10, 32, 32):
            writer.write(image)
    with VideoReader(tmp_path / "v.mp4") as reader:
        assert [frame.timestamp_us for frame in reader] == [80_000 * n for n in range(10)]
        assert reader.duration_us == 800_000
        assert reader.fps == pytest.approx(12.5)


def test_what_is_written_is_what_browsers_play(tmp_path):
    path = tmp_path / "v.mp4"
    with VideoWriter(path) as writer:
        for image in moving(30):
            writer.write(image)
    data = path.read_bytes()
    assert data[4:8] == b"ftyp"
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.codec_context.colorspace, stream.codec_context.color_range) == (1, 1)
        assert stream.codec_context.profile in {"High", "Main", "Baseline"}
    capture = cv2.VideoCapture(str(path))
    assert capture.read()[0]
    capture.release()
    assert [p.name for p in tmp_path.iterdir()] == ["v.mp4"]


@pytest.mark.parametrize(
    "color", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (9, 9, 9)]
)
def test_colours_survive(tmp_path, color):
    with VideoWriter(tmp_path / "v.mp4", crf=5) as writer:
        writer.write(np.full((64, 64, 3), color, np.uint8))
    (frame,) = read_video(tmp_path / "v.mp4")
    assert np.abs(frame.image.astype(int) - color).max() <= 4


@pytest.mark.parametrize(("width", "height"), [(33, 20), (32, 21), (33, 21), (1, 1), (3, 200)])
def test_odd_sides_are_padded_by_their_last_row_and_column(tmp_path, width, height):
    gray = np.repeat(picture(width, height)[:, :, 2:], 3, axis=2)
    with VideoWriter(tmp_path / "v.mp4", crf=1) as writer:
        writer.write(gray)
    (frame,) = read_video(tmp_path / "v.mp4")
    padded = np.pad(gray, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
    assert np.abs(frame.image.astype(int) - padded).max() <= 6


def test_other_sizes_are_fitted_on_black(tmp_path):
    with VideoWriter(tmp_path / "v.mp4", size=(80, 40), crf=5) as writer:
        writer.write(np.full((40, 40, 3), 255, np.uint8))
        writer.write(np.full((80, 320, 4), 255, np.uint8))
    square, wide = (frame.image for frame in read_video(tmp_path / "v.mp4"))
    assert square.shape == (40, 80, 3)
    assert square[:, 25:55].min() > 240
    assert square[:, :15].max() < 15
    assert square[:, 65:].max() < 15
    assert wide[14:26].min() > 240
    assert wide[:6].max() < 15


def write_at(path, times):
    with VideoWriter(path) as writer:
        writer.write(picture(32, 32), 0)
        for time in times:
            writer.write(picture(32, 32), time)


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "v.mp4"
    path.write_bytes(b"old")
    for times, problem in (([5, 5], InputError), ([5, 4], InputError), (["soon"], TypeError)):
        with pytest.raises(problem):
            write_at(path, times)
    with pytest.raises(MediaError, match="no frame"), VideoWriter(path):
        pass
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["v.mp4"]


def test_what_the_writer_refuses(tmp_path):
    with pytest.raises(MediaError, match=r"\.mp4"):
        VideoWriter(tmp_path / "v.avi")
    for fps in (0, -1, float("nan"), 1e9):
        with pytest.raises(InputError, match="fps"):
            VideoWriter(tmp_path / "v.mp4", fps=fps)
    for size in ((0, 10), (10, -1), (20_000, 10)):
        with pytest.raises(InputError, match="sides"):
            VideoWriter(tmp_path / "v.mp4", size=size)
    with pytest.raises(InputError, match="crf"):
        VideoWriter(tmp_path / "v.mp4", crf=52)
    with pytest.raises(MediaError, match="nowhere"), VideoWriter(tmp_path / "nowhere/v.mp4") as out:
        out.write(picture(8, 8))


@given(st.binary(max_size=40))
def test_any_display_matrix_has_an_orientation(matrix):
    assert 1 <= orientation.orientation_from_display_matrix(matrix) <= 8
