import json
from pathlib import Path

import numpy as np
import pytest
from posed_hands import letters
from seen_hands import hand, result
from typer.testing import CliRunner

from firsthand.cli.hands import Outside, app
from firsthand.errors import (
    ConfigError,
    DownloadError,
    FirsthandError,
    InputError,
    MediaError,
    ModelNotFoundError,
)
from firsthand.hands.weights import DEFAULT_MODEL, PUBLISHED, bundled_here
from firsthand.media import VideoWriter, read_image, read_video, write_image
from firsthand.runtime import ModelCard

CARD = ModelCard("a-palm", "1.2", "palm detection", "", "tflite", "ab" * 32, 2_340_000, "MIT")


class Finder:
    """Finds one rock in every picture that is not black."""

    cards = (CARD,)

    def __init__(self):
        self.options = None

    def load(self, model, **options):
        self.options = (model, options)
        return self

    def detect(self, image, *, search=None):
        self.search = search
        height, width, _ = image.shape
        found = [hand(pattern="bsbbs", at=(width / 2, height / 2))] if image.mean() > 9 else []
        return result(0, found, size=(width, height), detector_ran=True)

    def track(self, frames):
        for frame in frames:
            seen = self.detect(frame.image)
            yield result(frame.timestamp_us, seen.hands, size=(seen.width, seen.height))


class Camera:
    """Delivers pictures of rising brightness, then the user's Ctrl-C or nothing."""

    def __init__(self, count, interrupted=False):
        self.left, self.interrupted, self.released = count, interrupted, False

    def read(self):
        if self.left == 0:
            if self.interrupted:
                raise KeyboardInterrupt
            return False, None
        self.left -= 1
        return True, np.full((48, 64, 3), 200 - self.left, np.uint8)

    def release(self):
        self.released = True


class Screen:
    def __init__(self, patience):
        self.patience, self.shown, self.closed = patience, 0, False

    def show(self, image):
        self.shown += 1
        return self.shown < self.patience

    def close(self):
        self.closed = True


@pytest.fixture
def finder():
    return Finder()


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, fps=10) as writer:
        for _ in range(6):
            writer.write(np.full((48, 64, 3), 128, np.uint8))
    return path


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    for name, level in (("b.png", 128), ("a.jpg", 0)):
        write_image(folder / name, np.full((48, 64, 3), level, np.uint8))
    return folder


def run(*arguments, **outside):
    return CliRunner().invoke(
        app, [str(a) for a in arguments], obj=Outside(**outside), catch_exceptions=True
    )


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_without_a_network_the_models_that_came_along_are_taken(photographs, tmp_path, finder):
    def offline(name, **options):
        if name == "full":
            raise DownloadError("no route to anywhere")
        return finder.load(name, **options)

    done = run("track", photographs, "--json", tmp_path / "o.jsonl", load=offline)
    assert done.exit_code == 0, done.output
    assert "cannot be fetched (no route to anywhere); going on with --model small" in done.stderr
    assert finder.options[0] == "small"
    done = run("track", photographs, "--model", "full", load=offline)
    assert isinstance(done.exception, DownloadError)  # asked for by name


def test_a_video_becomes_a_video_lines_and_a_page(clip, tmp_path, finder):
    out, lines, page = tmp_path / "o.mp4", tmp_path / "o.jsonl", tmp_path / "o.html"
    options = ("--max-hands", 3, "--model", "lite", "--mirrored")
    done = run(
        "track", clip, "-o", out, "--json", lines, "--report", page, *options, load=finder.load
    )
    assert done.exit_code == 0, done.output
    assert finder.options == ("lite", {"max_hands": 3, "mirrored": True})
    assert [f.timestamp_us for f in read_video(out)] == [i * 100_000 for i in range(6)]
    assert [line["timestamp_us"] for line in lines_of(lines)] == [i * 100_000 for i in range(6)]
    assert lines_of(lines)[-1]["hands"][0]["gesture"] == "rock"
    assert "6 frames" in page.read_text()
    assert "a-palm" in page.read_text()
    for words in ("6, 6 of them with a hand", "1 hand in 6 views", "rock", f"wrote {page}"):
        assert words in done.stderr


def test_a_folder_is_a_set_of_single_photographs(photographs, tmp_path, finder):
    lines, drawn = tmp_path / "o.jsonl", tmp_path / "drawn"
    done = run(
        *("track", photographs, "-o", drawn, "--json", lines, "--search", "tiles"),
        load=finder.load,
    )
    assert done.exit_code == 0, done.output
    assert finder.search == "tiles"
    assert [(line["source"], len(line["hands"])) for line in lines_of(lines)] == [
        ("a.jpg", 0),
        ("b.png", 1),
    ]
    assert sorted(p.name for p in drawn.iterdir()) == ["a.jpg", "b.jpg"]
    assert "2, 1 of them with a hand" in done.stderr


def test_a_photograph_that_cannot_be_read_is_passed_over_and_told(photographs, tmp_path, finder):
    (photographs / "0.jpg").write_bytes(b"no picture")
    lines = tmp_path / "o.jsonl"
    done = run("track", photographs, "--json", lines, load=finder.load)
    sources = [json.loads(line)["source"] for line in lines.read_text().splitlines()]
    assert sources == ["a.jpg", "b.png"]
    assert done.stderr.count("0.jpg") == 1
    assert "passed over: " in done.stderr
    assert "1, which could not be read" in done.stderr


def test_one_photograph_to_one_file_and_lines_to_the_screen(photographs, tmp_path, finder):
    out = tmp_path / "one.png"
    done = run("track", photographs / "b.png", "-o", out, "--json", "-", load=finder.load)
    assert done.exit_code == 0, done.output
    assert read_image(out).shape == (384, 512, 3)  # enlarged to be legible
    assert json.loads(done.stdout)["source"] == "b.png"


def test_a_camera_is_watched_until_the_user_interrupts(tmp_path, finder):
    camera, asked, out = Camera(5, interrupted=True), [], tmp_path / "o.mp4"

    def open_camera(number):
        asked.append(number)
        return camera

    done = run("track", "--camera", 1, "-o", out, load=finder.load, open_camera=open_camera)
    assert done.exit_code == 0, done.output
    assert asked == [1]
    assert camera.released
    assert len(list(read_video(out))) == 5
    assert "Camera 1" in done.stderr


def test_a_camera_is_shown_until_its_window_is_closed(finder):
    camera, screen = Camera(100), Screen(patience=3)
    done = run(
        *("track", "--camera", 0, "--show"),
        load=finder.load,
        open_camera=lambda _: camera,
        open_window=lambda _: screen,
    )
    assert done.exit_code == 0, done.output
    assert (screen.shown, screen.closed, camera.released) == (3, True, True)


@pytest.mark.parametrize("arguments", [(), ("clip.mp4", "--camera", 0)])
def test_exactly_one_source_is_asked_for(arguments):
    done = run("track", *arguments)
    assert done.exit_code == 2
    assert "give either INPUT or --camera N" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (("track", "gone.mp4"), MediaError, "gone.mp4"),
        (("track", "gone.jpg"), MediaError, "gone.jpg"),
        (("track", "{photographs}", "-o", "x.mp4"), ConfigError, "-o takes a folder"),
        (("track", "{clip}", "-o", "x.avi"), MediaError, "x.avi"),
        (("track", "{photographs}", "-o", "{tmp}/one.jpg"), ConfigError, "name a folder"),
        (("track", "{photographs}", "-o", "{photographs}"), ConfigError, "is what is read"),
        (("track", "{photographs}/a.jpg", "-o", "{photographs}"), ConfigError, "is what is read"),
        (("track", "{photographs}/a.jpg", "-o", "{photographs}/a.jpg"), ConfigError, "is what is"),
        (("track", "{clip}", "-o", "{clip}"), ConfigError, "is what is read"),
        (("track", "{clip}", "--report", "{clip}"), ConfigError, "is what is read"),
        (
            ("track", "{clip}", "--json", "{tmp}/x", "--report", "{tmp}/x"),
            ConfigError,
            "both name",
        ),
        (("track", "{clip}", "--report", "/dev/null"), MediaError, "is a pipe or a device"),
        (("track", "{clip}", "-o", "{clip}/x.mp4"), MediaError, "there is no directory"),
        (("evaluate", "gone"), InputError, "gone is no folder"),
    ],
)
def test_errors_are_ours(arguments, kind, message, clip, photographs, tmp_path, finder):
    places = {"clip": clip, "photographs": photographs, "tmp": tmp_path}
    done = run(*(str(a).format(**places) for a in arguments), load=finder.load)
    assert isinstance(done.exception, kind)
    assert isinstance(done.exception, FirsthandError)
    assert message in str(done.exception)


@pytest.mark.parametrize("source", ["gone.mp4", "gone.jpg", "{tmp}/text.mp4", "{tmp}/text.jpg"])
def test_an_input_that_cannot_be_read_leaves_nothing_and_keeps_the_old(source, tmp_path, finder):
    for name in ("text.mp4", "text.jpg", "old.jsonl"):
        (tmp_path / name).write_text("text")
    before = sorted(tmp_path.iterdir())
    suffix = Path(source).suffix
    done = run(
        *("track", source.format(tmp=tmp_path), "-o", tmp_path / f"o{suffix}"),
        *("--json", tmp_path / "old.jsonl", "--report", tmp_path / "o.html"),
        load=finder.load,
    )
    assert isinstance(done.exception, MediaError)
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "old.jsonl").read_text() == "text"


def test_a_video_that_is_cut_off_is_told(tmp_path, finder):
    whole, cut = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    with VideoWriter(whole, fps=10) as writer:
        for level in range(60):
            writer.write(np.random.default_rng(level).integers(0, 255, (48, 64, 3), np.uint8))
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "not whole" not in run("track", whole, load=finder.load).stderr
    done = run("track", cut, load=finder.load)
    assert done.exit_code == 0, done.output
    assert "cut.mp4 is not whole: " in done.stderr
    assert "the file is cut off" in done.stderr


def test_an_interruption_before_the_first_picture_leaves_nothing(tmp_path, finder):
    camera = Camera(0, interrupted=True)
    done = run(
        *("track", "--camera", 0, "-o", tmp_path / "o.mp4", "--json", tmp_path / "o.jsonl"),
        load=finder.load,
        open_camera=lambda _: camera,
    )
    assert done.exit_code == 130
    assert camera.released
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["[/x].jpg", "[red]a[.jpg", "a\nb.jpg", "x\udcff.jpg", "<b>.jpg"])
def test_any_file_name_will_do(name, tmp_path, finder):
    folder = tmp_path / name.removesuffix(".jpg").replace("/", "_")
    folder.mkdir()
    name = name.replace("/", "_")
    write_image(folder / "plain.jpg", np.full((48, 64, 3), 128, np.uint8))
    (folder / "plain.jpg").rename(folder / name)
    lines, page = tmp_path / "o.jsonl", tmp_path / "o.html"
    done = run(
        *("track", folder, "-o", tmp_path / "drawn", "--json", lines, "--report", page),
        load=finder.load,
    )
    assert done.exit_code == 0, done.exception
    assert lines_of(lines)[0]["source"] == name
    assert "<b>.jpg" not in page.read_text(encoding="utf-8")


def test_evaluate_tells_errors_in_palms(tmp_path, finder):
    points = letters("bsbbs")[:, :2] + np.array([32.0, 24.0]) + np.array([20.0, 0.0])
    places = {str(n): {"x": float(x), "y": float(y)} for n, (x, y) in enumerate(points)}
    (tmp_path / "x.json").write_text(json.dumps({"info": [{"pts": places}]}))
    write_image(tmp_path / "x.jpg", np.full((48, 64, 3), 128, np.uint8))
    done = run("evaluate", tmp_path, load=finder.load)
    assert done.exit_code == 0, done.output
    assert "100.0%" in done.output
    palm = np.linalg.norm(points[9] - points[0])
    assert f"{20 / palm:.1%}" in done.output
    assert finder.options == (DEFAULT_MODEL, {"max_hands": 4, "palm_threshold": 0.5})
    found = json.loads(run("evaluate", tmp_path, "--json", load=finder.load).stdout)
    assert (found["photographs"], found["found"]) == (1, 1)
    assert found["errors"] == [pytest.approx(20 / palm, abs=1e-4)]


def test_evaluate_tells_how_many_were_found_by_folder(photographs, finder):
    (photographs / "ok").mkdir()
    write_image(photographs / "ok" / "c.jpg", np.full((48, 64, 3), 128, np.uint8))
    done = run("evaluate", photographs, load=finder.load)
    assert done.exit_code == 0, done.output
    for row, share in (("photographs", "50.0%"), ("ok", "100.0%"), ("all", "66.7%")):
        (line,) = [li for li in done.output.splitlines() if li.split()[1:2] == [row]]
        assert share in line


@pytest.mark.parametrize("command", ["track", "evaluate"])
def test_models_of_your_own_take_the_place_of_the_named_ones(command, photographs, finder) -> None:
    done = run(command, photographs, "--palm", "mine.tflite", load=finder.load)
    assert done.exit_code == 0, done.output
    name, options = finder.options
    assert (name, options["palm"]) == (DEFAULT_MODEL, Path("mine.tflite"))
    assert "landmark" not in options
    run(command, photographs, "--landmark", "l.tflite", "--model", "tiny", load=finder.load)
    assert finder.options[0] == "tiny"
    assert finder.options[1]["landmark"] == Path("l.tflite")


@pytest.mark.parametrize("command", ["track", "evaluate"])
def test_help_names_the_models_and_the_default(command) -> None:
    shown = " ".join(run(command, "--help").output.replace("│", " ").split())
    assert all(name in shown for name in (*bundled_here(), *PUBLISHED))
    assert f"{DEFAULT_MODEL}, as usual" in shown


def test_a_model_file_that_is_not_there_is_named(photographs, tmp_path) -> None:
    missing = tmp_path / "mine.tflite"
    done = run("evaluate", photographs, "--palm", missing, "--landmark", missing)
    assert isinstance(done.exception, ModelNotFoundError)
    assert str(missing) in str(done.exception)
