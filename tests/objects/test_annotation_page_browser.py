"""The annotation page in Chromium, used as people would."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from checkered import COUNT, LOST, THING

from firsthand.objects.annotations import Annotation, write_annotations

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror=alert(1)>"


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
