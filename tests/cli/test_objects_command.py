import json
from pathlib import Path

import numpy as np
import pytest
from made_media import make_video
from marked_things import STEP_US, MarkedNetwork, MarkedScene, box_at, clip, picture
from typer.testing import CliRunner

from firsthand.cli.objects import Outside, app
from firsthand.errors import ConfigError, MediaError, ModelError
from firsthand.media import VideoWriter, read_image, read_video, write_image
from firsthand.objects import Objects, TrackerOptions
from firsthand.objects.categories import category_of


class Loader:
    def __init__(self):
        self.given = None

    def __call__(self, category, **options):
        self.given = (category_of(category).name, options)
        return Objects(MarkedScene().models, TrackerOptions(**options))


class Camera:
    """Delivers some pictures, then the user's Ctrl-C."""

    def __init__(self, images):
        self.images, self.released = list(images), False

    def read(self):
        if not self.images:
            raise KeyboardInterrupt
        return True, self.images.pop(0)

    def release(self):
        self.released = True


class Opener:
    """Opens a network that sees marks, in place of the file that is named."""

    def __init__(self):
        self.given = None

    def __call__(self, model, **options):
        self.given = (model, options)
        return Objects(MarkedNetwork().models, TrackerOptions(**options))


def run(*arguments, camera=None, opener=None):
    loader = Loader()
    outside = Outside(loader, opener, None if camera is None else lambda _number: camera)
    done = CliRunner().invoke(app, ["track", *map(str, arguments)], obj=outside)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done, loader.given


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / "cup.png"
    write_image(path, picture([box_at(160, 120)]))
    return path


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "cups.mp4"
    with VideoWriter(path, crf=8) as writer:
        for frame in clip([[(150.0 + i, 110.0)] for i in range(6)]):
            writer.write(frame.image, frame.timestamp_us)
    return path


def test_a_video_held_upright_is_looked_at_upright(video, tmp_path):
    """A phone stores it lying, with a tag that says how to turn it."""
    turned, lines = tmp_path / "turned.mp4", tmp_path / "turned.jsonl"
    lying = [np.ascontiguousarray(np.rot90(frame.image, -1)) for frame in read_video(video)]
    make_video(turned, lying, rotation=(90, False, False))
    found = []
    for path in (video, turned):
        run(path, "--category", "cup", "--json", lines)
        found.append([json.loads(line) for line in lines.read_text().splitlines()])
    plain, tagged = found
    assert plain[0]["objects"]
    assert [line["size"] for line in tagged] == [[320, 240]] * 6
    for one, other in zip(plain, tagged, strict=True):
        assert one["focal_px"] == other["focal_px"]
        for mine, its in zip(one["objects"], other["objects"], strict=True):
            np.testing.assert_allclose(mine["points"], its["points"], atol=0.6)


def test_a_photograph_gives_a_line_and_a_drawing(photograph, tmp_path):
    drawn = tmp_path / "drawn.jpg"
    done, given = run(
        *(photograph, "--category", "cup", "--json", "-", "-o", drawn, "--focal-px", 300)
    )
    assert done.exit_code == 0
    assert given == (
        "cup",
        {"max_objects": 5, "detector_threshold": 0.5, "focal_px": 300.0, "longest_m": None},
    )
    line = json.loads(done.stdout.splitlines()[0])
    assert (line["source"], line["focal_px"]) == ("cup.png", [300.0, 300.0])
    assert len(line["objects"]) == 1
    assert read_image(drawn).shape == (240, 320, 3)
    assert "1, 1 of them with a cup" in done.stderr
    assert f"wrote {drawn}" in done.stderr.replace("\n", "")


def test_a_folder_of_photographs_gives_a_line_each(photograph, tmp_path):
    write_image(tmp_path / "nothing.png", picture([]))
    drawn, lines = tmp_path / "drawn", tmp_path / "lines.json"
    done, _ = run(tmp_path, "--json", lines, "-o", drawn)
    assert done.exit_code == 0
    read = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [(each["source"], len(each["objects"])) for each in read] == [
        ("cup.png", 1),
        ("nothing.png", 0),
    ]
    assert sorted(path.name for path in drawn.iterdir()) == ["cup.jpg", "nothing.jpg"]


def test_a_video_is_followed_and_drawn(video, tmp_path):
    drawn, lines = tmp_path / "drawn.mp4", tmp_path / "lines.json"
    done, _ = run(video, "--json", lines, "-o", drawn, "--longest-m", 0.1)
    assert done.exit_code == 0
    read = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [[each["track"] for each in frame["objects"]] for frame in read] == [[0]] * 6
    assert max(read[0]["objects"][0]["size"]) == pytest.approx(0.1)
    assert np.diff([frame["timestamp_us"] for frame in read]) == pytest.approx(STEP_US, abs=50)
    assert len(list(read_video(drawn))) == 6
    assert "1 in 6 views, 0 of them hidden" in done.stderr


def test_a_camera_is_watched_until_the_user_has_enough(tmp_path):
    camera = Camera(
        frame.image[..., ::-1] for frame in clip([[(150.0 + i, 110.0)] for i in range(3)])
    )
    lines = tmp_path / "lines.json"
    done, _ = run("--camera", 0, "--json", lines, camera=camera)
    assert done.exit_code == 0
    assert camera.released
    assert len(lines.read_text().splitlines()) == 3


def test_a_network_of_ones_own_looks_in_place_of_a_category(video, tmp_path):
    opener, lines = Opener(), tmp_path / "lines.jsonl"
    done, loaded = run(
        *(video, "--model", "own.tflite", "--json", lines, "--max-objects", 2, "--threshold", 0.3),
        opener=opener,
    )
    assert (done.exit_code, loaded) == (0, None)
    expected = {"max_objects": 2, "detector_threshold": 0.3, "focal_px": None, "longest_m": None}
    assert opener.given == (Path("own.tflite"), expected)
    told = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [len(each["objects"]) for each in told] == [1] * 6
    assert "with a thing" in " ".join(done.output.split())


def test_a_category_and_a_network_are_not_both_taken(video):
    done, _ = run(video, "--model", "own.tflite", "--category", "cup", opener=Opener())
    assert done.exit_code == 2
    assert "either --category or --model" in " ".join(done.output.replace("│", " ").split())


def test_nothing_is_written_over_a_network_or_its_card(video, tmp_path):
    (tmp_path / "own.tflite").write_bytes(b"hours of work")
    for place in ("own.tflite", "own.json"):
        with pytest.raises(ConfigError, match="is what is read here"):
            run(
                *(video, "--model", tmp_path / "own.tflite", "--json", tmp_path / place),
                opener=Opener(),
            )
    assert (tmp_path / "own.tflite").read_bytes() == b"hours of work"


def test_a_network_that_there_is_not_is_told(video, tmp_path):
    with pytest.raises(ModelError, match="nowhere"):
        run(video, "--model", tmp_path / "nowhere.tflite")


def test_neither_input_nor_camera_or_both_is_a_wrong_use(photograph):
    assert run()[0].exit_code == 2
    assert run(photograph, "--camera", 0)[0].exit_code == 2


def test_wrong_places_and_inputs_are_told(photograph, video, tmp_path):
    with pytest.raises(MediaError, match="no such photograph"):
        run(tmp_path / "absent.jpg")
    with pytest.raises(ConfigError, match="what is read here"):
        run(photograph, "-o", photograph)
    with pytest.raises(ConfigError, match="holds photographs"):
        run(photograph, "-o", tmp_path / "drawn.mp4")
    with pytest.raises(ConfigError, match=r"camera.*chair.*cup.*shoe"):
        run(photograph, "--category", "table")
    with pytest.raises(ConfigError, match="focal length"):
        run(video, "--focal-px", "nan")
    (tmp_path / "none.mp4").write_bytes(b"")
    with pytest.raises(MediaError):
        run(tmp_path / "none.mp4", "--json", tmp_path / "lines.json")
    assert not (tmp_path / "lines.json").exists()


def test_a_photograph_that_cannot_be_read_is_passed_over_and_told(photograph, tmp_path, capsys):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"no picture")
    done, _ = run(tmp_path, "--category", "cup", "--json", "-")
    assert done.exit_code == 0
    assert [json.loads(line)["source"] for line in done.stdout.splitlines()] == ["cup.png"]
    assert done.stderr.count("passed over: ") == 2
    assert "2, which could not be read" in done.stderr
    photograph.unlink()
    capsys.readouterr()
    with pytest.raises(MediaError, match=r"b\.jpg"):  # the last is the error
        run(tmp_path, "--category", "cup")
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(MediaError, match=r"b\.jpg"):
        run(tmp_path / "b.jpg", "--category", "cup")


def test_an_error_over_a_folder_names_the_photograph(photograph, tmp_path):
    with pytest.raises(ConfigError, match=r"cup\.png: a focal length of 20 px"):
        run(tmp_path, "--category", "cup", "--focal-px", 20)
