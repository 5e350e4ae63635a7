import re
import subprocess
from html.parser import HTMLParser

import pytest
from seen_hands import hand, result

import firsthand.hands.report.page as report_module
from firsthand.errors import InputError
from firsthand.hands.report import Making, ReportClip, ReportStill, render_report
from firsthand.runtime import ModelCard

CARD = ModelCard("a-palm", "1.2", "palm detection", "", "tflite", "ab" * 32, 2_340_000, "MIT")
MAKING = Making("firsthand hands track <clip>", "9.9", "Some CPU, 2 cores", "2026-11-24", [CARD])


class Page(HTMLParser):
    """Tags with attributes, and text, of a page whose tags must be balanced."""

    VOID = frozenset({"meta", "img", "br", "line", "circle", "rect", "polygon"})

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] not in (["style"], ["script"]):
            self.text += data


def clip(**changes):
    results = [result(i * 100_000, [hand(0)], detector_ran=i == 0) for i in range(4)]
    results.append(result(400_000))
    fields = {
        "title": "A clip",
        "mp4": b"no real video",
        "results": results,
        "gestures": [("none",), ("ok",), ("ok",), ("thumb_up",), ()],
        "seconds": 0.05,
    }
    return ReportClip(**fields | changes)


def still(**changes):
    fields = {
        "title": "one.jpg",
        "jpeg": b"no real photograph",
        "result": result(0, [hand(0), hand(1, handedness="left", pattern="bbbbb")]),
        "gestures": ("open_palm", "fist"),
        "credit": "by a friend",
    }
    return ReportStill(**fields | changes)


def test_a_page_tells_what_was_found():
    page = Page(render_report("Hands", MAKING, clip=clip(), stills=[still()]))
    for words in ("100", "frames per second", "5 frames in 0.05 s", "80%", "20%", "1 track"):
        assert words in page.text
    for words in ("thumb up", "open palm", "fist", "by a friend", "a-palm", "MIT", "2.3 MB"):
        assert words in page.text
    assert "firsthand hands track <clip>" in page.text
    assert "4" in page.text


def test_it_asks_for_nothing_from_outside():
    html = render_report("Hands", MAKING, clip=clip(), stills=[still()])
    page = Page(html)
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base"}
        for name in ("src", "href", "poster", "data", "action", "srcset"):
            assert attributes.get(name, "data:").startswith("data:")
    assert "url(" not in html
    assert "@import" not in html
    assert not re.search(r"https?://", html)
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><b onclick=x>', "</script>"])
def test_names_from_outside_stay_text(evil):
    html = render_report(
        evil,
        Making(evil, evil, evil, evil, []),
        clip=clip(title=evil, credit=evil, gestures=[(evil,)] * 4 + [()]),
        stills=[still(title=evil, credit=evil, gestures=(evil, evil))],
    )
    page = Page(html)
    assert evil in page.text
    assert sum(tag == "script" for tag, _ in page.tags) == 2
    assert not any("onclick" in attributes for _, attributes in page.tags)


def test_parts_that_are_not_there_leave_no_trace():
    only_stills = Page(render_report("Hands", MAKING, stills=[still()]))
    assert not {"video", "script", "canvas"} & {tag for tag, _ in only_stills.tags}
    only_clip = Page(render_report("Hands", MAKING, clip=clip()))
    assert "Photographs" not in only_clip.text
    empty = [result(0), result(40_000)]
    nobody = Page(render_report("x", MAKING, clip=clip(results=empty, gestures=[(), ()])))
    assert "No hand was found in the clip." in nobody.text
    unseen = Page(render_report("x", MAKING, stills=[still(result=result(), gestures=())]))
    assert "No hand was found." in unseen.text


def test_what_cannot_be_shown_is_refused(monkeypatch):
    with pytest.raises(InputError, match="needs a clip or"):
        render_report("x", MAKING)
    with pytest.raises(InputError, match="without a frame"):
        render_report("x", MAKING, clip=clip(results=[], gestures=[]))
    with pytest.raises(InputError, match="exactly one gesture"):
        render_report("x", MAKING, clip=clip(gestures=[("ok",)] * 5))
    monkeypatch.setattr(report_module, "MAX_EMBEDDED_BYTES", 10)
    with pytest.raises(InputError, match="shorter or smaller clip"):
        render_report("x", MAKING, clip=clip())


def test_many_tracks_are_cut_to_the_longest():
    results = [result(i * 100_000, [hand(i // 2)]) for i in range(40)]
    html = render_report("x", MAKING, clip=clip(results=results, gestures=[("ok",)] * 40))
    assert html.count('class="name"') == 12
    assert "8 shorter tracks are left out" in html


def test_a_long_clip_keeps_its_poses_to_a_size(monkeypatch):
    monkeypatch.setattr(report_module, "_MOST_POSES", 10)
    results = [result(i * 100_000, [hand(0)]) for i in range(95)]
    html = render_report("x", MAKING, clip=clip(results=results, gestures=[("ok",)] * 95))
    assert html.count('"mm":') == 10


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(1200, 900), (500, 900)])
def test_a_browser_runs_the_page_without_overflow(tmp_path, width, height):
    from firsthand.media import VideoWriter

    video = tmp_path / "clip.mp4"
    with VideoWriter(video, fps=10) as writer:
        for _ in range(5):
            writer.write(hand_picture())
    html = render_report("Hands", MAKING, clip=clip(mp4=video.read_bytes()), stills=[still()])
    probe = (
        "<script>addEventListener('load',()=>setTimeout(()=>{const e=document.documentElement;"
        "document.title=[e.scrollWidth<=innerWidth,clip.videoWidth,now.textContent].join('|')},"
        "400))</script></body>"
    )
    page = tmp_path / "page.html"
    page.write_text(html.replace("</body>", probe), encoding="utf-8")
    command = [
        *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
        *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
        *("--disable-sync", f"--user-data-dir={tmp_path / 'profile'}"),
        *(f"--window-size={width},{height}", "--virtual-time-budget=3000", "--dump-dom"),
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title, done.stderr[-2000:]
    assert title[1] == "true|320|right: no known gesture"


def hand_picture():
    import numpy as np

    return np.full((240, 320, 3), 200, np.uint8)
