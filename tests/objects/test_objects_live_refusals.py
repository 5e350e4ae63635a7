"""The live page in Chromium where what is chosen cannot be had, or does not go with the picture."""

import re
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from browsing import FAKE_CAMERA, chromium, visit
from marked_things import box_at, clip, picture
from objects_page import marked, marked_app

from firsthand.errors import DownloadError
from firsthand.media import VideoWriter, write_image
from firsthand.objects.live.options import LIMITS
from firsthand.web import running

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000  # of a machine that does other work
WHY = "mediapipe-objectron-chair: no source delivered it"
TOO_SHORT = re.compile("focal length of 20 px is below 48", re.IGNORECASE)
LISTEN = """() => {
  window.sent = [];
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (typeof data === "string") window.sent.push(JSON.parse(data));
    return send.call(this, data);
  };
}"""


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, chromium(playwright, *FAKE_CAMERA) as browser:
        yield browser


def load(name):
    if name == "chair":
        raise DownloadError(WHY)
    return marked(name)


@pytest.fixture(scope="module")
def address():
    with running(marked_app(load)) as address:
        yield address


@pytest.fixture(scope="module")
def photograph(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "cups.png"
    write_image(path, picture([box_at(160, 120)]))
    return path


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Four seconds of a thing that stays where it is."""
    path = tmp_path_factory.mktemp("clips") / "cups.mp4"
    with VideoWriter(path, crf=8) as writer:
        for each in clip([[(130.0, 110.0)]] * 80):
            writer.write(each.image, each.timestamp_us)
    return path


def says(page, selector, words):
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_text(words, timeout=PATIENCE_MS)


def chosen(page, value):
    from playwright.sync_api import expect

    expect(page.locator("#category")).to_have_value(value, timeout=PATIENCE_MS)


def type_in(page, selector, words):
    page.fill(selector, words)
    page.press(selector, "Enter")


def drawn(page):
    """Wait until another picture is drawn."""
    page.evaluate(
        """() => {
          const canvas = document.querySelector("#picture"), brush = canvas.getContext("2d");
          const draw = CanvasRenderingContext2D.prototype.drawImage;
          delete canvas.dataset.again;
          brush.drawImage = function (...given) {
            canvas.dataset.again = "";
            return draw.apply(this, given);
          };
        }"""
    )
    page.wait_for_selector("#picture[data-again]", timeout=PATIENCE_MS)


def starts(page):
    return [each["start"] for each in page.evaluate("window.sent") if "start" in each]


def test_a_camera_goes_on_with_what_stood_and_keeps_the_reason(browser):
    with ExitStack() as first:
        app = marked_app(load, category="shoe")
        address = first.enter_context(running(app))
        with visit(browser, address) as (page, witness):
            page.evaluate(LISTEN)
            page.click("#notice-camera")
            says(page, "#fps", re.compile(r"^[1-9]\d*$"))
            page.select_option("#category", "cup")
            page.select_option("#category", "chair")
            says(page, "#remark", WHY)
            drawn(page)
            drawn(page)
            says(page, "#remark", WHY)
            chosen(page, "cup")
            type_in(page, "#longest", "0.2")
            says(page, "#remark", "")
            assert starts(page)[-1]["category"] == "cup"
            page.select_option("#category", "chair")
            says(page, "#remark", WHY)
            assert witness.complaints == []
            first.close()
            says(page, "#server-words", re.compile("does not answer"))
            again = marked_app(load, category="shoe", token=app.access.token)
            with running(again, port=urlsplit(address).port):
                says(page, "#server-words", "Connected")
                drawn(page)
                assert (starts(page)[-1]["category"], starts(page)[-1]["longest_m"]) == ("cup", 0.2)
                chosen(page, "cup")
                page.context.close()  # before the server, which would wait for it


def test_a_camera_or_a_file_begins_with_what_can_be_had(browser, address, photograph):
    with visit(browser, address) as (page, witness):
        page.select_option("#category", "chair")
        page.click("#notice-camera")
        says(page, "#remark", WHY)
        chosen(page, "cup")
        says(page, "#fps", re.compile(r"^[1-9]\d*$"))
        says(page, "#remark", WHY)
        page.click("#camera")  # now says Stop
        page.select_option("#category", "chair")
        page.set_input_files("#chosen", photograph)
        says(page, "#remark", WHY)
        chosen(page, "cup")
        says(page, "#seen b", "cup 0")
        says(page, "#remark", WHY)
        assert page.is_hidden("#loading")
        assert witness.complaints == []


def test_a_clip_goes_on_where_it_was(browser, address, video):
    with visit(browser, address) as (page, witness):
        page.set_input_files("#chosen", video)
        says(page, "#seen b", "cup 0")
        page.select_option("#category", "chair")
        says(page, "#remark", WHY)
        chosen(page, "cup")
        drawn(page)
        assert page.inner_text("#pause") == "Pause"
        says(page, "#pause", "Play again")
        says(page, "#remark", WHY)
        page.select_option("#category", "chair")
        chosen(page, "cup")
        says(page, "#pause", "Play again")
        page.click("#pause")
        drawn(page)
        says(page, "#remark", video.name)
        page.click("#pause")
        says(page, "#pause", "Go on")
        page.select_option("#category", "chair")
        says(page, "#remark", WHY)
        page.click("#pause")
        drawn(page)
        assert witness.complaints == []


def test_a_focal_length_that_is_wrong_is_told_where_the_picture_was(
    browser, address, photograph, video
):
    with visit(browser, address) as (page, witness):
        type_in(page, "#focal", "20")
        for path in (photograph, video):
            page.set_input_files("#chosen", path)
            says(page, "#notice-words", TOO_SHORT)
            assert page.is_visible("#notice")
            assert page.is_hidden("#loading")
            says(page, "#notice-title", "This cannot be looked at")
        says(page, "#pause", "Play again")
        type_in(page, "#focal", "300")
        says(page, "#seen b", "cup 0")
        assert page.is_hidden("#notice")
        type_in(page, "#focal", "20")
        says(page, "#remark", TOO_SHORT)
        says(page, "#pause", "Play again")
        page.click("#pause")
        says(page, "#pause", "Play again")
        type_in(page, "#focal", "300")
        says(page, "#remark", video.name)
        says(page, "#pause", "Pause")
        drawn(page)
        assert witness.complaints == []


def test_a_field_takes_what_the_server_takes_and_else_keeps_what_it_had(
    browser, address, photograph
):
    with visit(browser, address) as (page, witness):
        page.evaluate(LISTEN)
        for name, (least, most) in LIMITS.items():
            field = page.locator(f"[data-option={name}]")
            for value, right in (
                (least, True),
                (most, True),
                (least / 2, False),
                (most + 1, False),
            ):
                field.fill(f"{value:.9g}")
                assert field.evaluate("(field) => field.checkValidity()") == right
            type_in(page, f"[data-option={name}]", "")
        type_in(page, "#focal", "300")
        page.set_input_files("#chosen", photograph)
        says(page, "#seen b", "cup 0")
        type_in(page, "#focal", "0")
        assert page.get_attribute("#focal", "aria-invalid") == "true"
        type_in(page, "#longest", "0.1")
        says(page, "#seen small", re.compile(r" cm at \d\.\d m$"))
        assert [each["focal_px"] for each in starts(page)] == [300, 300]
        assert page.input_value("#focal") == "0"
        assert page.eval_on_selector("#focal", "(field) => field.matches(':invalid')")
        assert witness.complaints == []


def test_words_are_told_apart_when_heard_and_can_be_read(browser, address):
    with visit(browser, address) as (page, _):
        page.evaluate(
            """async () => {
              const { Readouts } = await import("/live/readouts.js");
              const { byId } = await import("/theme/dom.js");
              const names = [0, 1, 2, 3, 4, 5].map((n) => `cup ${n}`);
              const lines = names.map((name) => ({ name, more: "", spoken: name }));
              lines[0].spoken = "cup 0, hidden";
              new Readouts(byId, "").add({ server_ms: 1, trip_ms: 1 }, lines);
            }"""
        )
        says(page, "#spoken", "cup 0, hidden; cup 1; cup 2; cup 3; and 2 more")
        says(page, "#seen li:last-child", "and 2 more")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            hint, ground = page.eval_on_selector(
                "#focal",
                """(field) => [getComputedStyle(field, "::placeholder").color,
                               getComputedStyle(field).backgroundColor]""",
            )
            assert contrast(hint, ground) > 4.5


def contrast(one, other):
    """The contrast of two opaque colours as WCAG 2.2 has it."""
    lights = sorted(luminance(colour) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour):
    levels = [int(level) / 255 for level in re.fullmatch(r"rgb\((.*)\)", colour)[1].split(", ")]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels]
    return sum(part * v for part, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
