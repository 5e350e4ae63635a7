"""The live page of objects in Chromium, with models that see marks, and with the published ones."""

import re
from pathlib import Path

import numpy as np
import pytest
from browsing import DESKTOP, FAKE_CAMERA, PHONE, chromium, pixels_like, serious, visit
from marked_things import box_at, clip, picture
from objects_page import marked, marked_app

from firsthand.errors import DownloadError
from firsthand.media import VideoWriter, write_image
from firsthand.objects.live import LiveOptions, live_app
from firsthand.web import running

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000  # of a machine that does other work
FOUND = "#seen li:not(.none)"
FIRST, SECOND = (64, 200, 120), (255, 150, 60)
AXES = ((235, 70, 70), (60, 190, 90), (70, 130, 255))
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "media" / "objects" / "cup.jpg"


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, chromium(playwright, *FAKE_CAMERA) as browser:
        yield browser


@pytest.fixture(scope="module")
def address():
    def load(name):
        if name == "chair":
            raise DownloadError("mediapipe-objectron-chair: <b>no source</b> delivered it")
        return marked(name)

    with running(marked_app(load)) as address:
        yield address


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / "<img src=x onerror=alert(1)>.png"
    write_image(path, picture([box_at(90, 80), box_at(230, 160)]))
    return path


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Two seconds, in the last of which the thing is hidden."""
    path = tmp_path_factory.mktemp("clips") / "cups.mp4"
    with VideoWriter(path, crf=8) as writer:
        for each in clip([[(130.0, 110.0)]] * 40, hidden=range(32, 40)):
            writer.write(each.image, each.timestamp_us)
    return path


def says(page, selector, words):
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_text(words, timeout=PATIENCE_MS)


def test_a_photograph_is_shown_with_its_boxes_and_their_sizes_once_one_is_known(
    browser, address, photograph
):
    with visit(browser, address) as (page, witness):
        page.set_input_files("#chosen", photograph)
        says(page, "#seen b", ["cup 0", "cup 1"])
        says(page, "#seen small", ["size not known"] * 2)
        says(page, "#remark", photograph.name)
        for colour in (FIRST, SECOND, *AXES):
            assert pixels_like(page, colour)[0] > 100
        before = pixels_like(page, SECOND)[1]
        page.check("#mirror")
        assert pixels_like(page, SECOND)[1] == pytest.approx(1 - before, abs=0.02)
        page.fill("#longest", "0.1")
        page.press("#longest", "Enter")
        says(page, "#seen small", [re.compile(r"^(\d+ \S ){2}\d+ cm at 0\.\d m$")] * 2)
        page.select_option("#most", "1")
        says(page, "#seen b", ["cup 0"])
        page.select_option("#category", "shoe")
        says(page, "#seen b", ["shoe 0"])
        assert page.locator("main img").count() == 0
        assert (witness.complaints, witness.asked_outside) == ([], [])


def test_a_clip_is_played_and_what_is_hidden_is_drawn_in_dashes(browser, address, video):
    with visit(browser, address) as (page, witness):
        page.set_input_files("#chosen", video)
        says(page, "#seen b", "cup 0")
        says(page, "#fps", re.compile(r"^[1-9]\d*$"))
        whole = pixels_like(page, FIRST)[0]
        says(page, "#pause", "Play again")
        says(page, "#seen b", "cup 0, hidden")
        assert page.locator("#seen .unknown").count() == 1
        assert 0.1 * whole < pixels_like(page, FIRST)[0] < 0.75 * whole
        assert (witness.complaints, witness.asked_outside) == ([], [])


def test_a_camera_is_watched(browser, address):
    with visit(browser, address) as (page, witness):
        page.click("#notice-camera")
        says(page, "#fps", re.compile(r"^[1-9]\d*$"))
        assert page.is_visible("#picture")
        assert page.inner_text("#server-words") == "Connected"
        page.fill("#focal", "20")  # of a picture of 640 pixels
        page.press("#focal", "Enter")
        says(page, "#remark", re.compile("a focal length of 20 px is below 96"))
        page.fill("#focal", "")
        page.press("#focal", "Enter")
        says(page, "#remark", "")
        page.fill("#focal", "-1")  # is not even asked for
        page.press("#focal", "Enter")
        assert page.eval_on_selector("#focal", "(field) => field.matches(':invalid')")
        assert page.get_attribute("#focal", "aria-invalid") == "true"
        page.fill("#focal", "600")
        page.press("#focal", "Enter")
        assert page.get_attribute("#focal", "aria-invalid") is None
        page.click("#camera")  # now says Stop
        assert page.is_visible("#notice")
        assert (witness.complaints, witness.asked_outside) == ([], [])


def test_models_that_are_not_there_are_told_in_words(browser, address, photograph):
    with visit(browser, address) as (page, witness):
        page.set_input_files("#chosen", photograph)
        says(page, "#seen b", ["cup 0", "cup 1"])
        page.select_option("#category", "chair")
        says(page, "#remark", "mediapipe-objectron-chair: <b>no source</b> delivered it")
        page.select_option("#category", "cup")
        says(page, "#remark", photograph.name)
        assert witness.complaints == []


def test_no_models_at_all_are_told_whole(browser, photograph):
    why = "no source delivered it, " * 20 + "and that was the last"

    def load(name):
        raise DownloadError(why)

    with running(marked_app(load)) as address, visit(browser, address) as (page, witness):
        page.click("#notice-camera")
        says(page, "#notice-title", "This cannot go on")
        says(page, "#notice-words", f"N{why[1:]}.")
        assert page.inner_text("#notice-camera") == "Try again"
        assert witness.complaints == []


def test_a_text_file_is_no_clip(browser, address, tmp_path):
    (tmp_path / "x.mp4").write_text("<script>alert(1)</script>")
    with visit(browser, address) as (page, witness):
        page.set_input_files("#chosen", tmp_path / "x.mp4")
        says(page, "#notice-title", "This file cannot be shown")
        assert page.is_visible("#notice-open")
        assert witness.complaints == []


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark"), (DESKTOP, "dark")]
)
def test_nothing_is_cut_off_and_all_can_be_read(browser, address, photograph, viewport, scheme):
    with visit(browser, address, viewport, scheme) as (page, witness):
        page.fill("#longest", "0.1")
        page.press("#longest", "Enter")
        page.set_input_files("#chosen", photograph)
        says(page, "#seen b", ["cup 0", "cup 1"])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        cut = page.evaluate(
            """[...document.querySelectorAll("button, label, dt, dd, li, h1, h2, .legend")]
                .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
                .map((e) => e.textContent)"""
        )
        assert cut == []
        assert serious(page) == []
        assert witness.complaints == []


@pytest.mark.models
def test_a_real_cup_is_found_by_the_published_models(browser):
    with (
        running(live_app(LiveOptions("cup", longest_m=0.1))) as address,
        visit(browser, address, PHONE, "dark") as (page, witness),
    ):
        assert page.input_value("#longest") == "0.1"
        page.set_input_files("#chosen", EXAMPLE)
        says(page, "#seen b", "cup 0")
        says(page, "#seen small", re.compile(r" cm at 0\.\d m$"))
        assert np.min([pixels_like(page, colour)[0] for colour in (FIRST, *AXES)]) > 20
        assert (witness.complaints, witness.asked_outside) == ([], [])


@pytest.mark.models
@pytest.mark.data
def test_two_real_shoes_are_followed_through_a_clip(browser, data_root):
    film = data_root / "objects" / "centerpose" / "CenterPoseTrack" / "shoe_batch-25_10.mp4"
    app = live_app(LiveOptions("shoe", threshold=0.3, longest_m=0.28))
    with running(app) as address, visit(browser, address) as (page, witness):
        assert page.input_value("#threshold") == "0.3"
        page.set_input_files("#chosen", film)
        says(page, "#seen b", ["shoe 0", "shoe 1"])
        says(page, "#seen small", [re.compile(r"28 cm at \d\.\d m$")] * 2)
        assert (witness.complaints, witness.asked_outside) == ([], [])
