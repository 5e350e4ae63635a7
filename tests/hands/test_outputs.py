import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from seen_hands import hand, result

from firsthand.errors import InputError, MediaError
from firsthand.hands.outputs import (
    AnnotatedPhotographs,
    AnnotatedVideo,
    JsonLines,
    OnScreen,
    ReportPage,
    Seen,
)
from firsthand.hands.report import Making
from firsthand.media import Frame, read_image, read_video

MAKING = Making("command", "1", "machine", "today", [])


def seen(timestamp_us=0, source="", size=(320, 240)):
    picture = np.full((size[1], size[0], 3), 90, np.uint8)
    found = result(timestamp_us, [hand()], size=size)
    return Seen(Frame(picture, timestamp_us), found, ("ok",), picture, source)


def report_page(path):
    return ReportPage(path, "Hands", clip_title="clip", making=lambda: MAKING, seconds=lambda: 1.0)


def test_a_file_of_json_lines_appears_whole(tmp_path):
    path = tmp_path / "hands.jsonl"
    path.write_text("old")
    with JsonLines(path) as output:
        for timestamp_us in (0, 40_000):
            assert output.add(seen(timestamp_us))
        assert path.read_text() == "old"
    assert [json.loads(line)["timestamp_us"] for line in path.read_text().splitlines()] == [
        0,
        40_000,
    ]
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_gets_each_line_at_once(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK)) as reader, JsonLines(path) as output:
        for timestamp_us in (0, 40_000):
            output.add(seen(timestamp_us))
            assert json.loads(reader.readline())["timestamp_us"] == timestamp_us
    assert path.is_fifo()


def test_a_full_disk_is_told():
    told = pytest.raises(MediaError, match=r"/dev/full: cannot be written: No space left")
    with told, JsonLines(Path("/dev/full")) as output:
        output.add(seen())


def test_lines_for_a_standard_output_that_is_closed(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(MediaError, match="standard output is closed"):
        JsonLines(Path("-"))


def test_json_lines_to_standard_output_leave_it_open(tmp_path, monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with JsonLines(Path("-")) as output:
        output.add(seen())
    assert json.loads(out.getvalue())["size"] == [320, 240]


def test_a_video_keeps_the_times_of_the_frames(tmp_path):
    path = tmp_path / "out.mp4"
    with AnnotatedVideo(path, longest_px=160) as output:
        for timestamp_us in (1_000_000, 1_040_000, 1_200_000):
            output.add(seen(timestamp_us))
    frames = list(read_video(path))
    assert [frame.timestamp_us for frame in frames] == [0, 40_000, 200_000]
    assert frames[0].image.shape == (120, 160, 3)


def test_photographs_go_to_a_folder_or_to_one_file(tmp_path):
    with AnnotatedPhotographs(tmp_path / "drawn") as output:
        output.add(seen(0, "a.png"))
        output.add(seen(1, "b.webp"))
    assert sorted(p.name for p in (tmp_path / "drawn").iterdir()) == ["a.jpg", "b.jpg"]
    with AnnotatedPhotographs(tmp_path / "one.png") as output:
        output.add(seen(0, "a.png"))
        with pytest.raises(InputError, match="for several, name a folder"):
            output.add(seen(1, "b.png"))
    assert read_image(tmp_path / "one.png").shape == (240, 320, 3)


def test_photographs_of_one_stem_do_not_overwrite_each_other(tmp_path):
    with AnnotatedPhotographs(tmp_path / "drawn") as output:
        assert not (tmp_path / "drawn").exists()
        output.add(seen(0, "a.jpg"))
        output.add(seen(1, "a.png"))
    assert sorted(p.name for p in (tmp_path / "drawn").iterdir()) == ["a.jpg", "a.png.jpg"]


def test_a_window_that_was_closed_ends_it():
    class Screen:
        shown, closed = 0, False

        def show(self, image):
            self.shown += 1
            return self.shown < 2

        def close(self):
            self.closed = True

    screen = Screen()
    with OnScreen(screen) as output:
        assert output.add(seen())
        assert not output.add(seen(1))
    assert screen.closed


def test_a_page_of_a_clip_and_of_photographs(tmp_path):
    path = tmp_path / "report.html"
    with report_page(path) as output:
        output.add(seen(0, "a.jpg", size=(3000, 200)))
        for timestamp_us in (0, 40_000):
            output.add(seen(timestamp_us))
        assert not path.exists()
    html = path.read_text(encoding="utf-8")
    assert "a.jpg" in html
    assert "2 frames in 1.00 s" in html
    assert 'src="data:video/mp4;base64,' in html
    assert len(html) < 100_000


def fail_after(output, first):
    output.add(first)
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("output", "name"),
    [
        (report_page, "report.html"),
        (JsonLines, "hands.jsonl"),
        (AnnotatedVideo, "clip.mp4"),
    ],
)
def test_a_failure_leaves_nothing_and_keeps_the_old(tmp_path, output, name):
    path = tmp_path / name
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), output(path) as made:
        fail_after(made, seen())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_is_no_text_is_shown_by_its_bytes(tmp_path):
    name = os.fsdecode(b"x\xff.jpg")
    with report_page(tmp_path / "r.html") as page, JsonLines(tmp_path / "j.jsonl") as lines:
        page.add(seen(0, name))
        lines.add(seen(0, name))
    assert r"x\udcff.jpg" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "j.jsonl").read_text())["source"] == name


@pytest.mark.parametrize("folder", ["gone", "file"])
@pytest.mark.parametrize(
    "output",
    [JsonLines, AnnotatedPhotographs, AnnotatedVideo, report_page],
)
def test_a_place_that_cannot_be_written_is_told(tmp_path, output, folder):
    (tmp_path / "file").write_text("")
    name = {AnnotatedVideo: "x.mp4", AnnotatedPhotographs: "x.jpg"}.get(output, "x")
    with pytest.raises(MediaError, match=rf"{folder}/x"), output(tmp_path / folder / name) as made:
        made.add(seen(0, "a.jpg"))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_folder_of_photographs_cannot_lie_in_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MediaError, match=r"file/x: no folder can be made"):
        AnnotatedPhotographs(tmp_path / "file" / "x").add(seen(0, "a.jpg"))
