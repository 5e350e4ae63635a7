"""The page in Chromium, with models that find one hand in whatever they see."""

import re
from contextlib import ExitStack
from urllib.parse import urlsplit

import numpy as np
import pytest
from browsing import DESKTOP, FAKE_CAMERA, PHONE, chromium, pixels_like, visit
from fake_models import FakeScene

from firsthand.hands.live import live_app
from firsthand.media import VideoWriter, write_image
from firsthand.web import running

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000  # of a machine that does other work

LEFT, RIGHT = (64, 156, 255), (255, 140, 60)
HAND = "#seen li:not(.none)"


@pytest.fixture(scope="module")
def playwright():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright):
    with chromium(playwright, *FAKE_CAMERA) as browser:
        yield browser


@pytest.fixture
def local():
    scene = FakeScene(palms=[(0.5, 0.5)], left=0.1)  # in a mirrored image, so a right hand
    return live_app(lambda name: scene.models, ("full", "lite"))


@pytest.fixture
def address(local):
    with running(local) as address:
        yield address


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "<img src=x onerror=alert(1)>.mp4"
    with VideoWriter(path, fps=25) as writer:
        for level in range(50):
            writer.write(np.full((240, 320, 3), 100 + level, np.uint8))
    return path


def says(page, selector, words):
    """Wait until an element's text is `words`, or matches the pattern."""
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_text(words, timeout=PATIENCE_MS)


def counts(page, selector, count):
    """Wait until there are so many elements."""
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_count(count, timeout=PATIENCE_MS)


def number(page, name):
    return float(page.inner_text(f"#{name}"))


def test_a_camera_is_shown_with_its_hand(browser, address):
    with visit(browser, address) as (page, witness):
        assert page.inner_text("#notice-title") == "Show a hand"
        page.click("#notice-camera")
        page.wait_for_selector(HAND)
        says(page, "#fps", re.compile(r"^[1-9]\d*$"))
        assert page.inner_text(HAND).split("\n")[-1] == "left hand"
        assert pixels_like(page, LEFT)[0] > 500
        assert pixels_like(page, RIGHT)[0] < 50
        assert page.inner_text("#server-words") == "Connected"
        assert page.is_hidden("#notice")
        assert 0 <= number(page, "server-ms") <= number(page, "trip-ms") < 5000
        page.click("#camera")  # now says Stop
        assert page.is_visible("#notice")
        assert page.is_hidden("#picture")
        assert (witness.complaints, witness.asked_outside) == ([], [])


def test_keys_do_all_that_buttons_do(browser, address):
    with visit(browser, address) as (page, witness):
        page.on("filechooser", lambda _: None)  # or Chromium is asked to tell of it when too late
        page.keyboard.press("c")
        page.wait_for_selector(HAND)
        says(page, "#fps", re.compile(r"\d"))
        page.keyboard.press(" ")
        assert page.inner_text("#pause") == "Go on"
        still = page.evaluate("document.querySelector('#picture').toDataURL()")
        page.wait_for_timeout(300)
        assert page.evaluate("document.querySelector('#picture').toDataURL()") == still
        before = pixels_like(page, LEFT)[1]
        page.keyboard.press("M")
        assert not page.is_checked("#mirror")
        assert pixels_like(page, LEFT)[1] == pytest.approx(1 - before, abs=0.01)
        page.keyboard.press(" ")
        assert page.inner_text("#pause") == "Pause"
        with page.expect_file_chooser():
            page.keyboard.press("o")
        page.keyboard.press("c")
        assert page.is_visible("#notice")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "notice-camera"
        assert witness.complaints == []


def test_a_clip_is_played_to_its_end_and_again(browser, address, clip):
    with visit(browser, address) as (page, witness):
        page.set_input_files("#chosen", clip)
        page.wait_for_selector(HAND)
        assert page.inner_text("#remark") == clip.name  # as text, whatever it is called
        assert not page.is_checked("#mirror")
        assert page.is_visible("#elapsed")
        began = page.evaluate("performance.now()")
        says(page, "#pause", "Play again")
        assert page.evaluate("performance.now()") - began > 1000  # at its own pace, of two seconds
        page.click("#pause")
        assert page.inner_text("#pause") == "Pause"
        page.check("#selfie")
        says(page, "#seen small", "right hand")
        says(page, "#pause", "Play again")  # having begun anew
        assert (witness.complaints, witness.asked_outside) == ([], [])


def test_a_photograph_is_shown_in_its_shape(browser, address, tmp_path):
    write_image(tmp_path / "tall.png", np.full((600, 300, 3), 128, np.uint8))
    with visit(browser, address) as (page, witness):
        page.set_input_files("#chosen", tmp_path / "tall.png")
        page.wait_for_selector(HAND)
        box = page.locator("#picture").bounding_box()
        assert box["height"] / box["width"] == pytest.approx(2, rel=0.02)
        assert page.is_hidden("#pause")
        assert pixels_like(page, LEFT)[0] > 300
        assert witness.complaints == []


def test_a_file_that_is_none_is_told_in_words(browser, address, tmp_path):
    (tmp_path / "x.mp4").write_text("<script>alert(1)</script>")
    with visit(browser, address) as (page, witness):
        page.set_input_files("#chosen", tmp_path / "x.mp4")
        says(page, "#notice-title", "This file cannot be shown")
        assert "not a known or whole media file" in page.inner_text("#notice-words").lower()
        assert page.is_visible("#notice-open")
        (tmp_path / "empty.mp4").touch()
        page.set_input_files("#chosen", tmp_path / "empty.mp4")
        says(page, "#notice-words", re.compile("file is empty"))
        assert witness.complaints == []


def test_a_file_is_dropped(browser, address, clip):
    with visit(browser, address) as (page, _):
        dropped = page.evaluate_handle(
            """(bytes) => {
              const carried = new DataTransfer();
              carried.items.add(new File([new Uint8Array(bytes)], "dropped.mp4"));
              return carried;
            }""",
            list(clip.read_bytes()),
        )
        page.dispatch_event("#stage", "dragenter", {"dataTransfer": dropped})
        assert page.is_visible("#drop")
        page.dispatch_event("#stage", "drop", {"dataTransfer": dropped})
        assert page.is_hidden("#drop")
        page.wait_for_selector(HAND)
        assert page.inner_text("#remark") == "dropped.mp4"


def test_models_and_hands_are_chosen(browser, local):
    asked = []
    scene = FakeScene(palms=[(0.3, 0.5), (0.7, 0.5)])
    local = live_app(lambda name: asked.append(name) or scene.models, ("full", "lite"))
    with running(local) as address, visit(browser, address) as (page, witness):
        page.click("#notice-camera")
        counts(page, HAND, 2)
        page.select_option("#model", "lite")
        page.select_option("#most", "1")
        counts(page, HAND, 1)
        assert asked == ["full", "lite"]
        assert witness.complaints == []


def test_a_server_that_comes_back_is_found_again(browser, local):
    with ExitStack() as first:
        address = first.enter_context(running(local))
        with visit(browser, address) as (page, _):
            page.click("#notice-camera")
            page.wait_for_selector(HAND)
            first.close()
            says(page, "#server-words", re.compile("does not answer"))
            assert "still running" in page.inner_text("#remark")
            scene = FakeScene(palms=[(0.5, 0.5)])
            again = live_app(lambda name: scene.models, ("full",), token=local.access.token)
            with running(again, port=urlsplit(address).port):
                says(page, "#server-words", "Connected")
                says(page, "#remark", "")
                context = page.context
                context.close()  # before the server, which would wait for it


def test_a_page_too_many_is_told(browser, local):
    scene = FakeScene(palms=[(0.5, 0.5)])
    local = live_app(lambda name: scene.models, ("full",), most_connections=1)
    with running(local) as address, visit(browser, address) as (one, _):
        one.click("#notice-camera")
        one.wait_for_selector(HAND)
        with visit(browser, address) as (two, _):
            two.click("#notice-camera")
            says(two, "#server-words", re.compile("Too many pages"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE, {"width": 800, "height": 600}])
def test_nothing_is_cut_off_in_any_window(browser, address, viewport, scheme):
    with visit(browser, address, viewport, scheme) as (page, witness):
        wide = "document.documentElement.scrollWidth <= innerWidth"
        assert page.evaluate(wide)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == ("rgb(250, 249, 246)" if scheme == "light" else "rgb(20, 20, 19)")
        page.click("#notice-camera")
        page.wait_for_selector(HAND)
        assert page.evaluate(wide)
        cut = page.evaluate(
            """[...document.querySelectorAll("button, label, dt, dd, li, h1, h2")]
                .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
                .map((e) => e.textContent)"""
        )
        assert cut == []
        assert witness.complaints == []


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        ((), "There is no camera"),
        ((FAKE_CAMERA[0], "--deny-permission-prompts"), "The camera is not allowed"),
    ],
)
def test_a_camera_that_cannot_be_had_is_told_in_words(playwright, arguments, title, address):
    with chromium(playwright, *arguments) as browser, visit(browser, address) as (page, witness):
        page.click("#notice-camera")
        says(page, "#notice-title", title)
        assert page.inner_text("#notice-camera") == "Try again"
        assert page.is_hidden("#bar")
        assert witness.complaints == []
