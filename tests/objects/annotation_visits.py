"""Somebody at an annotation page in Chromium, and what the page was seen to do."""

from contextlib import ExitStack, contextmanager

import numpy as np
from browsing import DESKTOP, Witness
from checkered import HEIGHT, WIDTH
from visiting import TOKEN

from firsthand.geometry import Box
from firsthand.objects.annotation import annotation_app
from firsthand.objects.annotations import read_annotations
from firsthand.objects.session import read_session
from firsthand.objects.sights import Cameras, sights
from firsthand.web import running

PATIENCE_MS = 60_000
COLOUR = (47, 143, 255)
"""Of the first box's lines."""


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


@contextmanager
def visits(browser, folder):
    """Give what opens pages on a session, all of one server; none may complain or ask outside."""
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
