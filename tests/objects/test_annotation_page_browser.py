"""The annotation page in Chromium, used as people would."""

import json
import math
import re
import shutil
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest
from browsing import DESKTOP, PHONE, Witness, chromium, serious
from checkered import HEIGHT, LOST, THING, WIDTH, checkered
from visiting import TOKEN

from firsthand.geometry import Box
from firsthand.objects.annotation import annotation_app
from firsthand.objects.annotations import (
    Annotation,
    read_annotations,
    write_annotations,
)  # fmt: skip
from firsthand.objects.session import read_session
from firsthand.objects.sights import Cameras, sights
from firsthand.web import running

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000
COUNT = 12
EVIL = "<img src=x onerror=alert(1)>"
COLOUR = (47, 143, 255)
"""Of the first box's lines."""


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, chromium(playwright) as browser:
        yield browser


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return checkered(tmp_path_factory.mktemp("made"), COUNT).folder


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "table")


class Seen:
    """A page on a session, and what it was seen to do."""

    def __init__(self, page, address, folder) -> None:
        self.page, self.folder, self.witness = page, folder, Witness()
        self.base = address.partition("/?")[0]

        def note(request):
            if not request.url.startswith((self.base + "/", f"blob:{self.base}/")):
                self.witness.asked_outside.append(request.url)

        page.on(
            "console",
            lambda said: said.type == "error" and self.witness.complaints.append(said.text),
        )
        page.on("pageerror", lambda error: self.witness.complaints.append(str(error)))
        page.on("request", note)
        page.goto(address)
        page.wait_for_url(f"{self.base}/")
        page.wait_for_selector("#new:not([disabled])")

    def text(self, selector, words):
        from playwright.sync_api import expect

        expect(self.page.locator(selector).first).to_have_text(words, timeout=PATIENCE_MS)

    def value(self, name, words):
        from playwright.sync_api import expect

        expect(self.page.locator(f"#fields [name={name}]")).to_have_value(words)

    def saved(self, count):
        """Wait until so many objects are listed and all is saved; return them from the disk."""
        from playwright.sync_api import expect

        expect(self.page.locator("#objects li")).to_have_count(count, timeout=PATIENCE_MS)
        self.text("#state-words", "Saved")
        found = read_annotations(self.folder)
        assert len(found) == count
        return found

    def spot(self, pixel):
        """Where on the page a pixel of the frame is."""
        box = self.page.locator("#picture").bounding_box()
        scale = min(box["width"] / WIDTH, box["height"] / HEIGHT)
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        return tuple(
            m + scale * (p - s / 2) for m, p, s in zip(middle, pixel, (WIDTH, HEIGHT), strict=True)
        )

    def spot_of(self, point, frame=0):
        """Where in the picture a point of the world is."""
        there = read_session(self.folder).frames[frame]
        seen = sights(Cameras.of([there]), Box(np.array(point), np.eye(3), np.zeros(3)))
        return self.spot(seen.pixels[0, 0])

    def middle(self, selector):
        box = self.page.locator(selector).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def pull(self, start, end, key=None):
        self.page.mouse.move(*start)
        self.page.mouse.down()
        if key:
            self.page.keyboard.down(key)
        for share in (0.3, 0.7, 1.0):
            self.page.mouse.move(*(a + share * (b - a) for a, b in zip(start, end, strict=True)))
        self.page.mouse.up()
        if key:
            self.page.keyboard.up(key)

    def put_down(self, point, frame=0):
        self.page.click("#new")
        self.page.mouse.click(*self.spot_of(point, frame))

    def lines(self, selector="#picture"):
        """How many pixels have the first box's colour."""
        return self.page.evaluate(
            """([selector, colour]) => {
              const canvas = document.querySelector(selector), { width, height } = canvas;
              const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
              let count = 0;
              for (let at = 0; at < data.length; at += 4)
                if (colour.every((level, n) => Math.abs(data[at + n] - level) < 10)) count += 1;
              return count;
            }""",
            [selector, list(COLOUR)],
        )


@pytest.fixture
def visit(browser, folder):
    """Opens pages on the session of one server; nothing may complain or ask outside."""
    with ExitStack() as stack:
        visitors, served = [], []

        def opened(viewport=DESKTOP, scheme="light") -> Seen:
            if not served:
                served.append(stack.enter_context(running(annotation_app(folder, token=TOKEN))))
            context = browser.new_context(viewport=viewport, color_scheme=scheme)
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            visitors.append(Seen(context.new_page(), served[0], folder))
            return visitors[-1]

        yield opened
        for seen in visitors:
            assert seen.witness.asked_outside == []
            assert seen.witness.complaints == []


def test_a_box_is_put_down_moved_undone_redone_and_labels_every_frame(visit):
    seen = visit()
    assert seen.page.is_visible("#none")
    seen.put_down((0.3, 0, 0.4))
    (one,) = seen.saved(1)
    np.testing.assert_allclose(one.box.middle, (0.3, 0.15, 0.4), atol=0.01)  # it stands on it
    assert seen.lines() > 300
    assert seen.lines("#scene") > 100

    seen.pull(seen.spot_of(np.add(one.box.middle, (0, 0, 0.15))), seen.spot_of((0.1, 0.15, 0.05)))
    (moved,) = seen.saved(1)
    np.testing.assert_allclose(moved.box.middle, (0.1, 0.15, -0.1), atol=0.02)
    seen.text("#objects small", f"object, in {COUNT - 1} of {COUNT}")

    seen.page.keyboard.press("Control+z")
    seen.value("x", f"{one.box.middle[0]:.3f}")
    np.testing.assert_array_equal(seen.saved(1)[0].box.middle, one.box.middle)
    seen.page.click("#redo")
    seen.value("x", f"{moved.box.middle[0]:.3f}")
    np.testing.assert_array_equal(seen.saved(1)[0].box.middle, moved.box.middle)

    seen.page.reload()
    seen.page.wait_for_selector("#new:not([disabled])")
    np.testing.assert_array_equal(seen.saved(1)[0].box.middle, moved.box.middle)
    seen.text("#objects b", "object-1")
    seen.page.click("#objects button")
    for place in range(COUNT):
        seen.text("#where", re.compile(rf"^Frame {place + 1} of {COUNT}, "))
        seen.text("#shown", f"· object-1: {'no pose' if place == LOST else 'whole'}")
        seen.page.keyboard.press("ArrowRight")
    with seen.page.expect_download() as download:
        seen.page.click("#labels")
    assert download.value.suggested_filename == "table-labels.jsonl"
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    told = [line["objects"][0]["visibility"] for line in lines]
    assert told == ["no pose" if place == LOST else "whole" for place in range(COUNT)]
    seen.page.click("#undo")  # the server has kept the history
    seen.page.click("#undo")
    seen.saved(0)
    assert seen.page.is_disabled("#undo")


def test_all_is_done_by_keys_alone(visit):
    seen = visit()
    seen.page.keyboard.press("n")
    assert seen.page.is_visible("#hint")
    seen.page.keyboard.press("Escape")
    assert seen.page.is_hidden("#hint")
    seen.page.keyboard.press("n")
    seen.page.keyboard.press("Enter")
    (one,) = seen.saved(1)
    for keys, by in (
        (("d", "d"), (0.02, 0, 0)),
        (("Shift+W",), (0, 0, -0.1)),
        (("r", "Shift+F"), (0, -0.09, 0)),
    ):
        for key in keys:
            seen.page.keyboard.press(key)
        (now,) = seen.saved(1)
        np.testing.assert_allclose(now.box.middle - one.box.middle, by, atol=1e-9)
        one = now
    for _ in range(5):  # held down
        seen.page.keyboard.down("a")
    seen.page.keyboard.up("a")
    seen.value("x", f"{one.box.middle[0] - 0.05:.3f}")
    seen.page.keyboard.press("Control+z")
    seen.value("x", f"{one.box.middle[0] - 0.01:.3f}")
    seen.page.keyboard.press("Control+z")
    seen.value("x", f"{one.box.middle[0]:.3f}")
    seen.page.keyboard.press("Shift+Q")
    seen.value("turn", "15.0")
    seen.page.keyboard.press("ArrowRight")
    seen.text("#where", re.compile("^Frame 2 of"))
    seen.page.keyboard.press("End")
    seen.text("#where", re.compile("^Frame 12 of"))
    seen.page.keyboard.press("Shift+ArrowLeft")
    seen.text("#where", re.compile("^Frame 2 of"))
    seen.page.keyboard.press("n")
    seen.page.keyboard.press("Enter")
    seen.saved(2)
    seen.page.keyboard.press(",")
    seen.value("name", "object-1")
    seen.page.keyboard.press("Delete")
    (left,) = seen.saved(1)
    assert left.name == "object-2"
    seen.page.keyboard.press("Control+z")
    seen.saved(2)
    seen.page.keyboard.press("Control+Shift+z")
    seen.saved(1)
    seen.page.keyboard.press("?")
    assert seen.page.is_visible("#keys")
    seen.page.keyboard.press("Escape")
    assert seen.page.is_hidden("#keys")


def test_a_box_is_put_down_pulled_and_turned_in_the_world(visit):
    seen = visit()
    seen.page.click("#new")
    seen.page.click("#scene")
    (one,) = seen.saved(1)
    assert one.box.middle[1] == pytest.approx(0.15)
    seen.page.click("#look")
    place = """(which) => Promise.all([import("/grips.js"), import("/orbit.js")]).then(
      ([{ gripsOf }, { Orbit }]) => {
        const canvas = document.querySelector("#scene").getBoundingClientRect();
        const orbit = new Orbit(), box = { ...which.box };
        orbit.target = box.middle;
        orbit.distance = 3.2 * Math.max(...box.size);
        const grips = gripsOf(box).filter(({ face }) =>
          which.axis === null ? !face : face && face.axis === which.axis && face.side > 0);
        const [x, y] = orbit.view(canvas.width, canvas.height).project(grips[0].point);
        return [canvas.x + x, canvas.y + y];
      })"""

    def grip(box, axis):
        plain = {"middle": box.middle.tolist(), "rotation": box.rotation.tolist()}
        box = plain | {"size": box.size.tolist()}
        return seen.page.evaluate(place, {"box": box, "axis": axis})

    top = grip(one.box, 1)
    seen.pull(top, (top[0], top[1] - 60))
    (taller,) = seen.saved(1)
    assert taller.box.size[1] > one.box.size[1] + 0.03
    bottom = one.box.middle[1] - one.box.size[1] / 2
    assert taller.box.middle[1] - taller.box.size[1] / 2 == pytest.approx(bottom)
    np.testing.assert_array_equal(taller.box.size[::2], one.box.size[::2])

    seen.page.keyboard.press("Control+z")
    seen.value("height", "0.300")
    knob, middle = grip(one.box, None), seen.middle("#scene")
    seen.pull(knob, (knob[0] + 120, knob[1] - 40))
    (turned,) = seen.saved(1)
    np.testing.assert_array_equal(turned.box.middle, one.box.middle)
    assert abs(np.arccos((np.trace(one.box.rotation.T @ turned.box.rotation) - 1) / 2)) > 0.3
    assert turned.box.rotation[1].tolist() == [0, 1, 0]

    before = seen.saved(1)[0].box
    seen.pull((middle[0] + 200, middle[1] - 180), (middle[0] + 120, middle[1] - 100))
    assert seen.saved(1)[0].box.middle.tolist() == before.middle.tolist()  # only looked around
    seen.page.click("#fit")
    seen.pull(
        seen.spot_of(one.box.middle), seen.spot_of(np.add(one.box.middle, (0, 0.3, 0))), key="Alt"
    )
    (lifted,) = seen.saved(1)
    assert lifted.box.middle[1] > one.box.middle[1] + 0.2
    np.testing.assert_array_equal(lifted.box.middle[::2], one.box.middle[::2])


def test_a_pull_is_let_go_by_escape_and_ended_by_what_comes_between(visit, folder):
    other = replace(THING, middle=np.add(THING.middle, (0.5, 0, 0.5)))
    write_annotations(folder, [Annotation("thing", "box", THING), Annotation("b", "box", other)])
    seen = visit()
    start = seen.spot_of(THING.middle)

    def pulling():
        seen.page.mouse.move(*start)
        seen.page.mouse.down()
        seen.page.mouse.move(start[0] + 20, start[1])
        seen.page.mouse.move(start[0] + 40, start[1])
        seen.value("name", "thing")
        assert float(seen.page.input_value("#fields [name=x]")) > THING.middle[0] + 0.02

    pulling()
    seen.page.keyboard.press("Escape")
    seen.value("x", f"{THING.middle[0]:.3f}")
    seen.page.mouse.move(start[0] + 60, start[1])
    seen.page.mouse.up()
    assert [each.box.middle[0] for each in seen.saved(2)] == [THING.middle[0], other.middle[0]]
    assert seen.page.is_disabled("#undo")

    pulling()
    seen.page.keyboard.press(".")
    seen.value("name", "b")
    seen.page.mouse.move(start[0] + 60, start[1])
    seen.page.mouse.up()
    (thing, b) = seen.saved(2)
    assert thing.box.middle[0] > THING.middle[0] + 0.02
    assert b.box.middle.tolist() == other.middle.tolist()
    seen.page.keyboard.press("Control+z")
    seen.page.wait_for_selector("#undo:disabled")

    pulling()
    seen.page.keyboard.press("Delete")
    seen.page.mouse.move(start[0] + 60, start[1])
    seen.page.mouse.up()
    assert [each.name for each in seen.saved(1)] == ["b"]


def test_words_and_numbers_are_typed_and_what_is_none_is_told(visit, folder):
    write_annotations(folder, [Annotation("thing", "box", THING), Annotation("b", "box", THING)])
    seen = visit()
    seen.page.click("#objects button")

    def typed(name, text):
        seen.page.fill(f"#fields [name={name}]", text)
        seen.page.press(f"#fields [name={name}]", "Enter")

    typed("x", "-0,25")
    assert seen.saved(2)[0].box.middle[0] == pytest.approx(-0.25)
    typed("width", "0.5")
    (box, other) = (each.box for each in seen.saved(2))
    assert box.size.tolist() == [0.5, *THING.size[1:]]
    assert box.middle[0] == pytest.approx(-0.25)
    typed("turn", "30")
    seen.value("turn", "30.0")
    typed("name", EVIL)
    seen.text("#objects b", EVIL)
    seen.page.press("#fields [name=depth]", "ArrowUp")
    seen.value("depth", "0.510")
    assert seen.saved(2)[0].name == EVIL
    good = (folder / "annotations.json").read_bytes()
    for name, text, words in (
        ("x", "NaN", "x: NaN is no number."),
        ("x", "", "x: nothing is no number."),
        ("y", "1e999", "y: 1e999 is no number."),
        ("z", "20000", "z: nothing is farther than 10000 m."),
        ("height", "0", "height: an edge is 0.001 m or longer."),
        ("height", "-1", "height: an edge is 0.001 m or longer."),
        ("name", "b", "There is another b; give each a name of its own."),
        ("category", " ", "A category has at least one character."),
    ):
        typed(name, text)
        seen.text("#wrong", words)
        assert seen.page.get_attribute(f"#fields [name={name}]", "aria-invalid") == "true"
        seen.page.press(f"#fields [name={name}]", "Escape")
        assert seen.page.is_hidden("#wrong")
    assert (folder / "annotations.json").read_bytes() == good
    assert other.middle.tolist() == THING.middle.tolist()
    assert seen.page.locator("img").count() == 0


def test_two_windows_do_not_overwrite_each_other(visit, folder):
    one, two = visit(), visit()
    one.put_down((0.3, 0, 0.4))
    one.saved(1)
    two.text("#objects b", "object-1")
    two.text("#remark", "Changed in another window.")
    two.page.click("#objects button")
    # While the second is cut off from the news, the first goes on.
    two.page.route("**/api/objects", lambda route: route.abort())
    one.page.keyboard.press("d")
    (kept,) = one.saved(1)
    two.text("#state-words", re.compile("^Not saved"))
    two.page.keyboard.press("Shift+A")
    two.page.unroute("**/api/objects")
    two.page.click("#retry")
    two.text("#remark", re.compile("changed elsewhere meanwhile; this change was not kept"))
    assert two.saved(1)[0].box.middle.tolist() == kept.box.middle.tolist()
    two.value("x", f"{kept.box.middle[0]:.3f}")
    two.witness.complaints.clear()  # the browser's own words about an answer of 409


def test_what_is_not_saved_is_said_and_tried_again(visit, folder):
    seen = visit()
    seen.put_down((0.3, 0, 0.4))
    seen.saved(1)
    away = folder.with_name("away")
    folder.rename(away)
    seen.page.keyboard.press("d")
    seen.text("#state-words", re.compile("^Not saved: "))
    assert seen.page.get_attribute("#state", "data-state") == "failed"
    away.rename(folder)
    seen.page.click("#retry")
    seen.text("#state-words", "Saved")
    (moved,) = seen.saved(1)
    assert moved.box.middle[0] == pytest.approx(0.31, abs=0.01)
    seen.witness.complaints.clear()  # the browser's own words about what was refused


def test_frames_without_pose_or_picture_say_so(visit, folder):
    write_annotations(folder, [Annotation("thing", "box", THING)])
    (folder / "frames" / "0001.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (folder / "frames" / "0002.png").unlink()
    seen = visit()
    seen.page.click("#objects button")
    assert seen.lines() > 300
    seen.page.click("#next")
    seen.text("#picture-notice", re.compile(r"^Frames/0001\.png|0001\.png"))
    assert seen.lines() > 300  # where the box would be is known all the same
    seen.page.click("#next")
    seen.text("#picture-notice", re.compile(r"0002\.png: cannot be read"))
    seen.page.click("#next")
    seen.text("#picture-notice", re.compile("^Tracking was lost here"))
    seen.page.wait_for_function(
        "() => document.querySelector('#picture').getContext('2d')"
        ".getImageData(300, 300, 1, 1).data[3] === 255"
    )
    assert seen.lines() == 0
    seen.page.keyboard.press("n")
    seen.page.keyboard.press("Enter")
    seen.text("#remark", re.compile("^Tracking was lost here"))
    seen.page.click("#next")
    seen.page.wait_for_selector("#picture-notice", state="hidden")
    seen.witness.complaints.clear()  # the browser's own words about two pictures


def test_a_session_of_nothing_can_be_looked_at_and_has_a_ground(visit, folder):
    document = json.loads((folder / "session.json").read_text())
    nothing = {"frames": [], "planes": [], "points": []}
    (folder / "session.json").write_text(json.dumps(document | nothing))
    seen = visit()
    seen.text("#about", "0 frames, 0 planes, 0 points")
    seen.text("#where", "This session has no frames.")
    seen.page.keyboard.press("ArrowRight")
    seen.page.keyboard.press("n")
    seen.page.keyboard.press("Enter")
    seen.text("#remark", re.compile("has no pose"))
    seen.page.click("#scene")
    (one,) = seen.saved(1)
    assert one.box.middle[1] == pytest.approx(0.15)
    seen.page.keyboard.press("w")
    assert seen.saved(1)[0].box.middle[2] == pytest.approx(one.box.middle[2] - 0.01)
    seen.text("#objects small", "object, in 0 of 0")


def test_the_page_computes_what_the_library_does(visit):
    """Boxes in all places and turns, before, around and behind the camera."""
    seen = visit()
    session = read_session(seen.folder)
    rng = np.random.default_rng(1)
    for _ in range(3):
        turn, _, other = np.linalg.svd(rng.normal(size=(3, 3)))
        turn = turn @ np.diag([1, 1, np.linalg.det(turn @ other)]) @ other
        box = Box(rng.uniform(-1.5, 1.5, 3), turn, rng.uniform(0.1, 2, 3))
        plain = {
            "middle": box.middle.tolist(),
            "rotation": box.rotation.tolist(),
            "size": box.size.tolist(),
        }
        found = seen.page.evaluate(
            """async (plain) => {
              const { View, NEAR_M } = await import("/view.js"), boxes = await import("/boxes.js");
              const { frames } = await (await fetch("/api/session")).json();
              const corners = boxes.cornersOf(plain);
              const drawn = frames.filter(({ pose }) => pose).map((frame) => {
                const view = View.ofFrame(frame, 1, [0, 0]);
                const edges = boxes.EDGES.map(({ one, other }) => {
                  const ends = [corners[one], corners[other]];
                  return { ends: ends.map((end) => view.own(end)[2]), seen: view.segment(...ends) };
                });
                const back = view.ray(...view.flat([0.3, -0.2, 2]));
                return { edges, back, pixels: corners.map((corner) => view.project(corner)) };
              });
              const pulled = boxes.FACES.map((face) => {
                const grown = boxes.resized(plain, face, 0.25);
                const other = { ...face, side: -face.side };
                return [boxes.faceMiddle(grown, other), boxes.faceMiddle(plain, other), grown.size];
              });
              const turned = boxes.turnOf(boxes.turnedBy(plain, 20)) - boxes.turnOf(plain);
              return { corners, drawn, pulled, turned, NEAR_M };
            }""",
            plain,
        )
        np.testing.assert_allclose(found["corners"], box.corners, atol=1e-12)
        for after, before, size in found["pulled"]:
            np.testing.assert_allclose(after, before, atol=1e-12)
            assert sum(size) == pytest.approx(box.size.sum() + 0.25)
        assert found["turned"] % 360 == pytest.approx(20)
        frames = [each for each in session.frames if each.pose is not None]
        expected = sights(Cameras.of(frames), box)
        for place, drawn in enumerate(found["drawn"]):
            depth = expected.points[place, 1:, 2]
            for pixel, there, away in zip(
                drawn["pixels"], expected.pixels[place, 1:], depth, strict=True
            ):
                assert (pixel is None) == (away < found["NEAR_M"])
                if pixel:
                    np.testing.assert_allclose(pixel, there, rtol=1e-9)
            for edge in drawn["edges"]:
                assert (edge["seen"] is None) == (max(edge["ends"]) < found["NEAR_M"])
                assert edge["seen"] is None or np.isfinite(edge["seen"]).all()
            pose = frames[place].pose
            along = pose[:3, :3] @ (0.3, -0.2, 2) / np.linalg.norm((0.3, -0.2, 2))
            np.testing.assert_allclose(drawn["back"]["along"], along, atol=1e-9)
            np.testing.assert_allclose(drawn["back"]["from"], pose[:3, 3], atol=1e-12)


def test_a_box_has_its_back_at_a_wall_and_stands_on_a_table(visit):
    """Walls in all directions, seen from either side; a table, from above and from below."""
    seen = visit()
    put = """async ([pose, eye]) => {
      const { met, planeOf, putDown } = await import("/planes.js");
      const { mapped, minus, unit } = await import("/vectors.js");
      const boxes = await import("/boxes.js");
      const outline = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
      const plane = planeOf({ name: "it", pose, outline });
      const ray = { from: eye, along: unit(minus(plane.place, eye)) }, found = met(ray, [plane]);
      const beside = { from: eye, along: unit(minus(mapped(pose, [0, 0, 1.1]), eye)) };
      const box = { ...putDown(found, [0.4, 0.5, 0.2], eye) };
      return { point: found.point, box, none: met(beside, [plane]),
        back: boxes.faceMiddle(box, { axis: 2, side: -1 }),
        bottom: boxes.faceMiddle(box, { axis: 1, side: -1 }) };
    }"""
    eye = np.array([0.1, 0.2, -0.3])
    for angle in (0.0, 0.7, 1.9, 3.6, 5.1):
        normal = np.array([math.sin(angle), 0, math.cos(angle)])
        pose = np.eye(4)
        pose[:3, :3] = np.stack([np.cross(normal, (0, 1, 0)), normal, (0, 1, 0)], axis=1)
        pose[:3, 3] = (0.2, 0.5, 0.9)
        found = seen.page.evaluate(put, [pose.ravel().tolist(), eye.tolist()])
        np.testing.assert_allclose(found["point"], pose[:3, 3], atol=1e-9)
        np.testing.assert_allclose(found["back"], found["point"], atol=1e-9)
        rotation = np.array(found["box"]["rotation"])
        np.testing.assert_allclose(rotation[:, 1], (0, 1, 0), atol=1e-12)
        towards = math.copysign(1, normal @ (eye - pose[:3, 3]))
        np.testing.assert_allclose(rotation[:, 2], towards * normal, atol=1e-9)
        assert found["none"] is None
    table = np.eye(4)
    for height in (-0.6, 0.8):
        table[1, 3] = height
        found = seen.page.evaluate(put, [table.ravel().tolist(), eye.tolist()])
        np.testing.assert_allclose(found["bottom"], found["point"], atol=1e-9)
        front = np.array(found["box"]["rotation"])[:, 2]
        assert front @ (eye - found["point"]) > 0


def test_a_long_session_of_many_points_stays_quick(visit, folder):
    document = json.loads((folder / "session.json").read_text())
    frames = document["frames"]
    document["frames"] = [frames[n % COUNT] | {"time_s": n / 30} for n in range(3_000)]
    points = np.random.default_rng(0).uniform(-1.5, 1.5, (100_000, 3)).round(4)
    (folder / "session.json").write_text(json.dumps(document | {"points": points.tolist()}))
    write_annotations(folder, [Annotation("thing", "box", THING)])
    seen = visit()
    seen.text("#about", "3,000 frames, 1 plane, 100,000 points")
    seen.text("#objects small", re.compile("^box, in 2750 of 3000$"))
    seen.page.click("#objects button")
    middle = seen.middle("#scene")
    seen.page.mouse.move(middle[0] + 200, middle[1] - 150)
    seen.page.mouse.down()
    before = seen.page.evaluate("document.querySelector('#scene').toDataURL()")
    drawn = seen.page.evaluate(
        """async () => {
          const canvas = document.querySelector("#scene"), box = canvas.getBoundingClientRect();
          const times = [];
          for (let n = 0; n < 25; n += 1) {
            const place = { clientX: box.x + 500 - 6 * n, clientY: box.y + 90 };
            const about = { pointerId: 1, bubbles: true, buttons: 1, ...place };
            const began = performance.now();
            canvas.dispatchEvent(new PointerEvent("pointermove", about));
            await new Promise((done) => requestAnimationFrame(done));
            times.push(performance.now() - began);
          }
          return Math.min(...times);
        }"""
    )
    seen.page.mouse.up()
    assert seen.page.evaluate("document.querySelector('#scene').toDataURL()") != before
    assert drawn < 250, f"{drawn:.0f} ms a picture"  # the best of many: others work here too
    seen.page.keyboard.press("d")
    seen.saved(1)
    seen.page.keyboard.press("End")
    seen.text("#where", re.compile("^Frame 3000 of 3000"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_is_accessible_and_fits(visit, folder, viewport, scheme):
    long = Annotation("a" * 60, "b" * 60, THING)
    write_annotations(folder, [Annotation("thing", "box", THING), long])
    seen = visit(viewport, scheme)
    wide = "() => document.documentElement.scrollWidth - innerWidth"
    assert seen.page.evaluate(wide) <= 0
    seen.page.locator("#objects button").nth(1).click()
    seen.page.click("#new")
    assert serious(seen.page) == []
    assert seen.page.evaluate(wide) <= 0
    seen.page.click("#help")
    assert serious(seen.page) == []
    assert seen.page.evaluate(wide) <= 0
    ground = seen.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", ground)[:3])) > 380
    assert light == (scheme == "light")
