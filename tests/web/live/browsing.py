"""Chromium at a live page, and what it was seen to do."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files

FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
QUIET = (
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-gpu", "--disable-quic", "--no-first-run"),
)
AXE = files("axe_playwright_python").joinpath("axe.min.js")
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 780}


@dataclass
class Witness:
    """What a page complained of, and whom it asked besides its own server."""

    complaints: list = field(default_factory=list)
    asked_outside: list = field(default_factory=list)


@contextmanager
def chromium(playwright, *arguments):
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=[*QUIET, *arguments]
    )
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def visit(browser, address, viewport=DESKTOP, scheme="light"):
    """Open the page by its token; the page and what is seen of it."""
    own, witness = address.partition("/?")[0], Witness()
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    page = context.new_page()
    page.on("console", lambda said: said.type == "error" and witness.complaints.append(said.text))
    page.on("pageerror", lambda error: witness.complaints.append(str(error)))

    def note(request):
        if not request.url.startswith((own + "/", f"blob:{own}/")):
            witness.asked_outside.append(request.url)

    page.on("request", note)
    page.on(
        "websocket",
        lambda socket: (
            socket.url.startswith(own.replace("http", "ws") + "/")
            or witness.asked_outside.append(socket.url)
        ),
    )
    page.goto(address)
    page.wait_for_url(f"{own}/")
    page.wait_for_selector("[data-offers] option", state="attached")
    try:
        yield page, witness
    finally:
        context.close()


def pixels_like(page, colour):
    """How many pixels of the drawn picture have about this colour, and their mean x in 0..1."""
    return page.evaluate(
        """(colour) => {
          const canvas = document.querySelector("#picture"), { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          const alike = (at) => colour.every((level, n) => Math.abs(data[at + n] - level) <= 12);
          let count = 0, sum = 0;
          for (let at = 0; at < data.length; at += 4) {
            if (alike(at)) { count += 1; sum += (at / 4) % width; }
          }
          return [count, sum / count / width];
        }""",
        list(colour),
    )


def serious(page) -> list[str]:
    """What axe-core finds that is serious or worse."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run()")
    return [
        f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
