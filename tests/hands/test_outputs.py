import io
import json
import sys

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


def test_json_lines_are_in_the_file_at_once(tmp_path):
    path = tmp_path / "hands.jsonl"
    with JsonLines(path) as output:
        for timestamp_us in (0, 40_000):
            assert output.add(seen(timestamp_us))
            lines = path.read_text().splitlines()
            assert json.loads(lines[-1])["timestamp_us"] == timestamp_us
    assert len(lines) == 2


def test_json_lines_to_standard_output_leave_it_open(tmp_path, monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    from pathlib import Path

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


def test_a_failure_leaves_no_page_and_keeps_the_old_one(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), report_page(path) as output:
        fail_after(output, seen())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "output",
    [JsonLines, AnnotatedPhotographs, AnnotatedVideo, report_page],
)
def test_a_place_that_cannot_be_written_is_told(tmp_path, output):
    folder = tmp_path / "file" if output is AnnotatedPhotographs else tmp_path / "gone"
    (tmp_path / "file").write_text("")
    name = "x.mp4" if output is AnnotatedVideo else "x"
    with pytest.raises(MediaError, match=r"(file|gone)/x"), output(folder / name) as made:
        made.add(seen(0, "a.jpg"))
