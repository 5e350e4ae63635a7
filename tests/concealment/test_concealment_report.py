"""The page about a sound with losses: what it holds, and what it does in Chromium."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
from browsing import serious

from firsthand.concealment.attempts import Attempt, attempt, predictions
from firsthand.concealment.losses import bursts
from firsthand.concealment.opening import open_concealer
from firsthand.concealment.report import Trial, render_report, write_report
from firsthand.errors import InputError
from firsthand.media import read_audio

WIDE, NARROW = {"width": 1200, "height": 900}, {"width": 400, "height": 800}
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }} \u202e \udcff \" '"


def voice(seconds: float) -> np.ndarray:
    times = np.arange(int(seconds * 16_000)) / 16_000
    phases = 2 * np.pi * (140 * times + 3 * np.sin(2 * np.pi * times))
    pulses = sum(np.cos(n * phases) / n for n in range(1, 20))
    return (0.08 * (1.2 + np.sin(2 * np.pi * 2 * times)) * pulses).astype(np.float32)


def trial(clean=None, lost=None, title="a.wav, with packets lost", names=("lpc", "zero")) -> Trial:
    clean = voice(2.0) if clean is None else clean
    lost = bursts(-(-len(clean) // 320), 2, share=0.12, burst=3) if lost is None else lost
    made = [attempt(clean, lost, name) for name in ("clean", "lossy", *names)]
    return Trial(title, clean, lost, "bursts of 60 ms", made, credit="A voice of nobody, CC0")


@pytest.fixture(scope="module")
def usual() -> Trial:
    return trial()


@pytest.fixture(scope="module")
def long() -> Trial:
    return trial(voice(9.0), names=("zero",))


class Parsed(HTMLParser):
    """A page's tags with attributes, its text, and what its scripts and styles hold."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.words, self.within, self.sources = [], "", "", []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.within = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag):
        self.within = ""

    def handle_data(self, data):
        if self.within:
            self.sources.append((self.within, data))
        else:
            self.words = " ".join([*self.words.split(), *data.split(), ""])

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def content(uri: str) -> bytes:
    return base64.b64decode(uri.partition(",")[2])


def test_it_tells_what_was_lost_and_how_good_each_is(usual):
    page = Parsed(render_report(usual))
    assert "12 of 100 packets of 20 ms are lost (12.0%), 4 times: bursts of 60 ms." in page.words
    for each in usual.attempts:
        assert f" {each.name} " in page.words
        assert f" {each.measured['distance_db']:.1f} " in page.words
        assert f" {each.measured['estoi']:.3f} " in page.words
    assert "CC0" in page.words
    assert len(page.all("strong")) == 4  # one of the two concealers in each column


def test_sounds_and_pictures_are_in_it(usual, tmp_path):
    page = Parsed(render_report(usual))
    for each, audio, image in zip(
        usual.attempts, page.all("audio"), page.all("image"), strict=True
    ):
        path = tmp_path / "a.flac"
        path.write_bytes(content(audio["src"]))
        samples, rate_hz = read_audio(path)
        assert rate_hz == 16_000
        np.testing.assert_allclose(samples, each.samples, atol=1 / 32_000)
        picture = cv2.imdecode(np.frombuffer(content(image["href"]), np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape == (128, 200, 3)
        dark = 255 - picture.mean(axis=2)
        assert dark[-10:].mean() > dark[:10].mean()  # the voice is below
    marks = [each for each in page.all("rect") if each.get("class") == "gone"]
    assert len(marks) == 4 * len(usual.attempts)


def test_it_asks_for_nothing_and_runs_only_its_own_script(usual):
    page = Parsed(render_report(usual))
    for tag, attrs in page.tags:
        assert not {"style", "action"} & set(attrs)
        assert tag != "link"
        for asking in {"src", "href"} & set(attrs):
            assert attrs[asking].startswith(("data:audio/flac;", "data:image/png;"))
    (policy,) = [each["content"] for each in page.all("meta") if "http-equiv" in each]
    style, _, script = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for _, text in page.sources
    ]
    assert policy == (
        f"default-src 'none'; img-src data:; media-src data:; style-src 'sha256-{style}'; "
        f"script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )


def test_the_spans_are_what_the_concealer_predicts(usual):
    page = Parsed(render_report(usual))
    data = json.loads(page.sources[1][1])
    made = np.frombuffer(base64.b64decode(data["made"]["lpc"]), np.int8).reshape(-1, data["span"])
    sent = np.frombuffer(base64.b64decode(data["sent"]), np.int8)
    assert list(data["made"]) == ["lpc"]  # silence is no prediction
    assert made.shape == (50, 960)
    cuts = round(data["start"] * 100) + 2 * np.arange(50)
    true = predictions(usual.clean, cuts, open_concealer("lpc"))
    first = cuts[0] * 160 - data["beside"]
    scale = np.abs(usual.clean[first : first + len(sent)]).max() / np.abs(sent.astype(float)).max()
    np.testing.assert_allclose(made * scale, true, atol=0.01)
    np.testing.assert_allclose(sent * scale, usual.clean[first : first + len(sent)], atol=0.01)


@pytest.mark.parametrize("seconds", [1 / 16_000, 0.05, 0.25, 0.9])
@pytest.mark.parametrize("gain", [0.0, 1.0])
def test_any_sound_has_a_page(seconds, gain):
    clean = (gain * voice(seconds)).astype(np.float32)
    count = -(-len(clean) // 320)
    for lost in (np.zeros(count, bool), np.ones(count, bool), np.arange(count) % 8 == 7):
        page = Parsed(render_report(trial(clean, lost)))
        assert len(page.all("audio")) == 4
        assert ("None of" in page.words) == (not lost.any())


def test_a_concealer_of_ones_own_is_shown_without_its_spans(usual):
    own = Attempt("mine", usual.clean, {"distance_db": float("nan")})
    page = Parsed(render_report(Trial("a", usual.clean, usual.lost, "x", [own])))
    assert "mine" in page.words
    assert not page.all("input")


def test_what_cannot_be_shown_or_written_is_refused(usual, tmp_path):
    with pytest.raises(InputError, match="without samples"):
        render_report(Trial("a", usual.clean[:0], usual.lost[:0], "x", []))
    with pytest.raises(InputError, match="cannot be written"):
        write_report(tmp_path / "gone" / "r.html", usual)


@pytest.fixture
def visit(browser, tmp_path):
    """Opens the page in a context of its own; nothing may complain or ask outside."""
    contexts, complaints, asked = [], [], []

    def opened(shown, viewport=WIDE, scheme="light"):
        path = tmp_path / "report.html"
        write_report(path, shown)
        contexts.append(browser.new_context(viewport=viewport, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function(
            "() => [...document.querySelectorAll('audio')].every((each) => each.duration > 0)"
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url.rpartition("/")[2] for url in asked if not url.startswith("data:")} == {
        "report.html"
    }


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_it_is_accessible_and_fits(visit, usual, viewport, scheme):
    page = visit(usual, viewport, scheme)
    assert serious(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    outside = page.evaluate(
        """() => [...document.querySelectorAll(".card")].flatMap((card) => {
          const right = card.getBoundingClientRect().right;
          return [...card.querySelectorAll("table, audio, figure, .scroll, .controls, p, ul")]
            .filter((each) => each.getBoundingClientRect().right > right)
            .map((each) => each.outerHTML.slice(0, 80));
        })"""
    )
    assert outside == []
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) > 380) == (scheme == "light")
    durations = page.evaluate(
        "() => [...document.querySelectorAll('audio')].map((each) => each.duration)"
    )
    assert durations == [2.0] * 4


@pytest.mark.browser
def test_the_cut_moves_over_the_audio(visit, usual):
    page = visit(usual)
    paths = """() => ["sent", "made"].map((kind) =>
      document.querySelector(`#spans .${kind}`).getAttribute("d"))"""
    words = page.inner_text("#at")
    first = page.evaluate(paths)
    page.focus("#place")
    page.keyboard.press("Home")
    start = page.evaluate(paths)
    assert page.inner_text("#at") == page.get_attribute("#place", "aria-valuetext") != words
    assert first[0] != start[0]
    assert first[1] != start[1]
    assert [len(path.split("L")) for path in start] == [2560, 960]
    assert start[1].startswith("M500.2,")
    page.keyboard.press("End")
    page.click("#play")  # at the end it begins anew
    assert page.inner_text("#play") == "Stop"
    page.wait_for_function("() => document.getElementById('place').value >= 2")
    page.click("#play")
    assert page.get_attribute("#play", "aria-pressed") == "false"
    for value in range(51):
        page.evaluate(
            """(value) => {
              const field = document.getElementById("place");
              field.value = value;
              field.dispatchEvent(new Event("input"));
            }""",
            value,
        )
        assert [len(path.split("L")) for path in page.evaluate(paths)] == [2560, 960]


@pytest.mark.browser
def test_what_was_drawn_at_first_is_what_the_script_draws(visit, usual):
    drawn = re.search(r'<path class="made" d="M([^"]+)"', render_report(usual)).group(1)
    page = visit(usual)
    moved = page.get_attribute("#spans .made", "d").removeprefix("M")
    before, after = (
        np.array([[float(each) for each in point.split(",")] for point in path.split("L")])
        for path in (drawn, moved)
    )
    np.testing.assert_allclose(after, before, atol=0.6)  # of 200: the script has bytes


@pytest.mark.browser
def test_one_is_heard_at_a_time_from_where_its_picture_is_clicked(visit, long):
    page = visit(long)
    playing = "() => [...document.querySelectorAll('audio')].map((each) => !each.paused)"
    width = page.locator(".picture").nth(2).bounding_box()["width"]
    page.locator(".picture").nth(2).click(position={"x": 0.4 * width, "y": 60})
    page.wait_for_function(f"() => String(({playing})()) === 'false,false,true'")
    heard = page.evaluate("() => document.querySelectorAll('audio')[2].currentTime")
    assert 3.5 < heard < 8
    page.locator(".picture").nth(0).click(position={"x": 5, "y": 60})
    page.wait_for_function(f"() => String(({playing})()) === 'true,false,false'")
    page.wait_for_selector(".sound:nth-of-type(1) .head.on", state="attached")


@pytest.mark.browser
def test_pictures_of_a_phone_scroll_together(visit, long):
    page = visit(long, NARROW)
    page.evaluate("() => { document.querySelector('.scroll').scrollLeft = 120; }")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.scroll')].every((each) => each.scrollLeft === 120)"
    )


@pytest.mark.browser
def test_hostile_names_do_nothing_in_a_browser(visit, usual):
    evil = Trial(EVIL, usual.clean, usual.lost, EVIL, usual.attempts, credit=EVIL)
    page = visit(evil, NARROW)
    assert page.locator("img, main script").count() == 0
    assert "{{ 7*7 }}" in page.inner_text("h1")
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
