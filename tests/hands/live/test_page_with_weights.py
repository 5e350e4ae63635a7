"""The page in Chromium with the published weights, a real clip coming through its camera."""

import re
from pathlib import Path

import av
import pytest
from browsing import FAKE_CAMERA, PHONE, chromium, pixels_like, visit

from firsthand.cli.demo.hands import make_clip
from firsthand.hands import load_models, published_models
from firsthand.hands.live import live_app
from firsthand.runtime.bundled import bundled
from firsthand.web import running

pytestmark = pytest.mark.browser

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
PATIENCE_MS = 60_000
RIGHT = (255, 140, 60)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(EXAMPLES, tmp_path_factory.mktemp("clips") / "clip.mp4")


@pytest.fixture(scope="module")
def camera_film(clip):
    """The clip as Chromium's fake camera plays it, over and over."""
    film = clip.with_suffix(".mjpeg")
    with av.open(str(clip)) as read, av.open(str(film), "w", format="mjpeg") as written:
        stream = written.add_stream("mjpeg", rate=30, options={"qmin": "3", "qmax": "3"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        for frame in read.decode(video=0):
            written.mux(stream.encode(frame.reformat(format="yuvj420p")))
        written.mux(stream.encode(None))
    return film


@pytest.fixture(scope="module")
def browser(camera_film):
    from playwright.sync_api import sync_playwright

    film = f"--use-file-for-fake-video-capture={camera_film}"
    with sync_playwright() as playwright, chromium(playwright, *FAKE_CAMERA, film) as browser:
        yield browser


@pytest.fixture(scope="module")
def address():  # of a page with the published models
    with running(live_app(published_models, ("lite", "full"))) as address:
        yield address


def says(page, selector, words):
    from playwright.sync_api import expect

    expect(page.locator(selector).first).to_have_text(words, timeout=PATIENCE_MS)


@pytest.mark.models
def test_a_real_hand_comes_through_the_camera(browser, address):
    with visit(browser, address) as (page, witness):
        page.click("#notice-camera")
        says(page, "#seen li:has-text('right hand') b", "open palm")
        says(page, "#fps", re.compile(r"^[1-9]\d*$"))
        assert pixels_like(page, RIGHT)[0] > 500
        assert (witness.complaints, witness.asked_outside) == ([], [])


@pytest.mark.models
def test_the_clip_itself_is_played_on_a_phone_in_the_dark(browser, address, clip):
    with visit(browser, address, PHONE, "dark") as (page, witness):
        page.set_input_files("#chosen", clip)
        says(page, "#seen li:has-text('left hand') b", "victory")
        assert pixels_like(page, RIGHT)[1] < 0.5
        page.set_input_files("#chosen", EXAMPLES / "media" / "hands" / "sign_two.jpg")
        says(page, "#remark", "sign_two.jpg")
        says(page, "#seen b", "victory")
        assert (witness.complaints, witness.asked_outside) == ([], [])


def test_a_landmark_model_of_ones_own_finds_the_hand_of_a_photograph(browser):
    own = bundled()["firsthand-hand-small-int8"].path  # beside the palm detector of tiny
    page_of_own = live_app(lambda name: load_models("tiny", landmark=own), ("own",))
    with running(page_of_own) as own_address, visit(browser, own_address) as (page, witness):
        page.set_input_files("#chosen", EXAMPLES / "media" / "hands" / "sign_five.jpg")
        says(page, "#remark", "sign_five.jpg")
        page.wait_for_selector("#seen li:has-text('right hand')", timeout=PATIENCE_MS)
        assert pixels_like(page, RIGHT)[0] > 500
        assert (witness.complaints, witness.asked_outside) == ([], [])
