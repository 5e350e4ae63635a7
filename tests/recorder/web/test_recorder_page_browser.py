"""The recorder's page in Chromium, used as people would."""

import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from browsing import DESKTOP, PHONE, Witness, chromium, serious
from recorder_page import InThread, ears
from visiting import TOKEN

from firsthand.media import Resampler, read_audio, write_audio
from firsthand.recorder.exchange import read_transcript
from firsthand.recorder.library import Bars, Library, Sound
from firsthand.recorder.transcript import Transcript, Turn, Word
from firsthand.recorder.voice import load_voice
from firsthand.recorder.web import recorder_app
from firsthand.web import running

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000
EXAMPLE = Path(__file__).parents[3] / "examples" / "media" / "recorder" / "two_readers.ogg"
RATE_HZ = 48_000
EVIL = "<img src=x onerror=alert(1)>"
SECONDS = 20
NOTE = """
window.taken = [];
const plain = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
Object.defineProperty(MessagePort.prototype, "onmessage", { ...plain, set(act) {
  plain.set.call(this, (event) => {
    if (event.data instanceof Int16Array) taken.push(...event.data);
    act(event);
  });
} });
"""
"""Keeps what the microphone's samples are as the page gets them."""

LOW_HZ, RISE_HZ = 400.0, 200.0
"""A tone that rises tells where in it one is."""

WORDS = tuple(
    Word(f"word{n}" if n % 10 else "cake,", 250 + 500 * n, 600 + 500 * n) for n in range(38)
)


def rising() -> np.ndarray:
    at = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    phase = 2 * np.pi * (LOW_HZ * at + RISE_HZ * at**2 / 2)
    return (0.3 * np.sin(phase)).astype(np.float32)


def filled(folder: Path) -> int:
    """A library with one recording of which everything is known; return its number."""
    with Library(folder) as library:
        begun = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
        with library.begin("Rising", begun, RATE_HZ) as (number, log):
            log.write(rising())
        turns = (Turn(0, 0, 9_700), Turn(1, 9_700, 20_000))
        library.write_transcript(number, Transcript(WORDS, turns, {}, "en", "people"))
        library.write_sounds(
            number, [Sound("dog", 4_000, 6_000, 0.9), Sound("rain", 12_000, 15_000, 0.8)]
        )
        colours = np.full(400, -1, np.int16)
        colours[80:120], colours[240:300] = 0, 1
        levels = np.full(400, 180, np.uint8)
        library.write_bars(number, Bars(("dog", "rain"), colours, levels))
        library.write_tags(number, ("cake", "public key", EVIL))
        library.add(
            EVIL,
            datetime(2026, 11, 23, tzinfo=UTC),
            Transcript((Word(EVIL.replace(" ", "_"), 0, 900),)),
        )
    return number


@pytest.fixture(scope="module")
def playwright():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def microphone(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("microphone") / "clip.wav"
    samples, _ = read_audio(EXAMPLE, RATE_HZ)
    write_audio(path, samples, RATE_HZ)
    return path


@pytest.fixture(scope="module")
def browser(playwright, microphone):
    fake = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with chromium(
        playwright,
        *fake,
        f"--use-file-for-fake-audio-capture={microphone}%noloop",
        "--autoplay-policy=no-user-gesture-required",
    ) as browser:
        yield browser


class Visitor:
    """A page, and what it was seen to do."""

    def __init__(self, page, base: str) -> None:
        self.page, self.base, self.witness = page, base, Witness()

        def complain(said) -> None:
            if said.type == "error":
                self.witness.complaints.append(said.text)

        def note(request) -> None:
            if not request.url.startswith((f"{base}/", f"blob:{base}/")):
                self.witness.asked_outside.append(request.url)

        page.add_init_script(NOTE)
        page.on("console", complain)
        page.on("pageerror", lambda error: self.witness.complaints.append(str(error)))
        page.on("request", note)

    def text(self, selector: str, words) -> None:
        from playwright.sync_api import expect

        expect(self.page.locator(selector).first).to_have_text(words, timeout=PATIENCE_MS)

    def count(self, selector: str, count: int) -> None:
        from playwright.sync_api import expect

        expect(self.page.locator(selector)).to_have_count(count, timeout=PATIENCE_MS)

    def waits(self, expression: str, argument=None):
        return self.page.wait_for_function(
            expression, arg=argument, timeout=PATIENCE_MS
        ).json_value()

    def taken(self) -> np.ndarray:
        """What the microphone gave the page, at `RATE_HZ`."""
        numbers, rate_hz = self.page.evaluate("() => [taken, new AudioContext().sampleRate]")
        resampler = Resampler(rate_hz, RATE_HZ)
        samples = np.array(numbers, np.float32) / 32_768
        return np.concatenate([resampler(samples), resampler.end()])

    def go(self, place: str) -> None:
        self.page.evaluate("(place) => { location.hash = place; }", place)


@pytest.fixture
def visit(browser, tmp_path):
    """Opens the page on the library of `tmp_path`; nothing may complain or ask outside."""
    with ExitStack() as stack:
        visitors = []

        def opened(viewport=DESKTOP, scheme="light", load=ears) -> Visitor:
            folder = tmp_path / "library"
            local = recorder_app(folder, start=partial(InThread, folder, load), token=TOKEN)
            address = stack.enter_context(running(local))
            context = browser.new_context(
                viewport=viewport, color_scheme=scheme, accept_downloads=True
            )
            stack.callback(context.close)
            context.grant_permissions(["microphone"])
            visitor = Visitor(context.new_page(), address.partition("/?")[0])
            visitors.append(visitor)
            visitor.page.goto(address)
            visitor.page.wait_for_url(f"{visitor.base}/")
            visitor.page.wait_for_selector("#library:not([hidden])")
            return visitor

        yield opened
        for visitor in visitors:
            assert visitor.witness.asked_outside == []
            assert visitor.witness.complaints == []


def test_a_file_is_added_read_and_found(visit, tmp_path) -> None:
    path = tmp_path / f"{EVIL.replace('/', '')}.wav"
    write_audio(path, np.tile(3 * rising()[:RATE_HZ], 6), RATE_HZ)
    seen = visit()
    seen.page.set_input_files("#chosen", path)
    seen.count("#recordings li", 1)
    seen.text("#recordings li", re.compile("6 s"))
    assert EVIL in seen.page.inner_text("#recordings")
    seen.page.click("#recordings a")
    seen.text('[data-word="3"]', "word3")
    seen.count("[data-word]", 12)
    assert EVIL in seen.page.input_value("#title")
    assert seen.page.locator("img").count() == 0
    seen.text("#legend button", re.compile("loud"))


def test_a_click_on_a_word_plays_it(visit, tmp_path) -> None:
    number = filled(tmp_path / "library")
    seen = visit()
    seen.go(f"#/{number}")
    for place in (29, 4, 36):
        seen.page.click(f'[data-word="{place}"]')
        wanted = WORDS[place].start_ms / 1000
        at = seen.waits(
            "(wanted) => { const a = document.querySelector('audio');"
            " return !a.seeking && Math.abs(a.currentTime - wanted) < 5 && [a.currentTime]; }",
            wanted,
        )[0]
        lit = seen.waits(
            "() => document.querySelector('[data-word][aria-current=true]')?.dataset.word"
        )
        seen.page.evaluate("() => document.querySelector('audio').pause()")
        assert -0.05 <= at - wanted <= 0.5  # it plays on while it is looked at
        assert abs(int(lit) - place) <= 1


def test_where_a_word_is_clicked_there_is_its_sound(visit, tmp_path) -> None:
    """The tone that is heard tells where in the recording it is."""
    number = filled(tmp_path / "library")
    seen = visit()
    seen.go(f"#/{number}")
    seen.page.wait_for_selector('[data-word="30"]')
    seen.page.evaluate(
        """() => {
          const audio = document.querySelector("audio");
          const context = new AudioContext({ sampleRate: 48000 });
          const analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
          context.createMediaElementSource(audio).connect(analyser).connect(context.destination);
          const found = new Float32Array(analyser.frequencyBinCount);
          window.tone = () => {
            analyser.getFloatFrequencyData(found);
            const best = found.indexOf(Math.max(...found));
            return [audio.currentTime, best * 48000 / 4096, found[best]];
          };
        }"""
    )
    for place in (30, 6):
        wanted = WORDS[place].start_ms / 1000
        seen.page.click(f'[data-word="{place}"]')
        at, tone_hz, _ = seen.waits(
            "(wanted) => { const [at, hz, db] = window.tone();"
            " return at > wanted + 0.3 && at < wanted + 3 && db > -60 && [at, hz, db]; }",
            wanted,
        )
        heard = (tone_hz - LOW_HZ) / RISE_HZ
        seen.page.evaluate("() => document.querySelector('audio').pause()")
        assert abs(heard - at) < 0.25  # what the analyser has is a little old


def test_words_and_sounds_are_found(visit, tmp_path) -> None:
    number = filled(tmp_path / "library")
    seen = visit()
    seen.page.fill("#search", "cake")
    seen.page.keyboard.press("Enter")
    seen.count("#hits a", 4)
    assert seen.page.locator("#hits mark").first.inner_text() == "cake"
    seen.page.fill("#search", "")
    seen.page.select_option("#sound", "rain")
    seen.count("#hits a", 1)
    seen.page.click("#hits a")
    seen.page.wait_for_selector("#one:not([hidden])")
    at = seen.waits("() => document.querySelector('audio').currentTime || false")
    assert 11.5 <= at <= 12.1
    seen.page.fill("#find", "cake")
    seen.page.keyboard.press("Enter")
    seen.text("#found", re.compile(r"\d of 4"))
    assert seen.page.locator("#transcript [data-word].hit, #transcript mark").count() >= 1
    assert seen.page.url.startswith(f"{seen.base}/#/{number}")


def test_the_legend_filters(visit, tmp_path) -> None:
    number = filled(tmp_path / "library")
    seen = visit()
    seen.go(f"#/{number}")
    seen.page.wait_for_selector("#legend button")
    seen.page.wait_for_timeout(300)
    count = """() => {
      const canvas = document.querySelector("#waveform");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Map();
      for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 250) {
        const colour = `${data[at]},${data[at + 1]},${data[at + 2]}`;
        seen.set(colour, (seen.get(colour) ?? 0) + 1);
      }
      return Object.fromEntries([...seen].filter(([, n]) => n > 200));
    }"""
    before = seen.page.evaluate(count)
    button = seen.page.locator("#legend button", has_text="dog")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    seen.page.wait_for_timeout(300)
    after = seen.page.evaluate(count)
    assert before != after
    button.click()
    seen.page.wait_for_timeout(300)
    assert seen.page.evaluate(count) == before


def test_tags_titles_and_speakers_are_kept(visit, tmp_path) -> None:
    number = filled(tmp_path / "library")
    seen = visit()
    seen.go(f"#/{number}")
    seen.page.click("#tags button >> text=public key")
    seen.waits("() => document.querySelector('#title').value === 'Rising, public key'")
    seen.page.click('#speakers [data-speaker-row="1"] button')
    seen.page.keyboard.type(EVIL)
    seen.page.keyboard.press("Enter")
    seen.text('#speakers [data-speaker-row="1"] b', re.compile(re.escape(EVIL)))
    assert seen.page.locator("img").count() == 0
    seen.page.reload()
    seen.waits("() => document.querySelector('#title').value === 'Rising, public key'")
    with Library(tmp_path / "library") as library:
        assert library.recording(number).title == "Rising, public key"
        assert library.speaker_names(number) == {1: EVIL}


def test_a_transcript_is_exported_and_a_recording_deleted(visit, tmp_path) -> None:
    number = filled(tmp_path / "library")
    seen = visit()
    seen.go(f"#/{number}")
    seen.page.wait_for_selector('[data-word="3"]')
    seen.page.click("#export summary")
    with seen.page.expect_download() as download:
        seen.page.click('#export [data-form="vtt"]')
    assert download.value.suggested_filename == "Rising.vtt"
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert [w.text for w in read_transcript(text, "vtt").words] == [w.text for w in WORDS]
    seen.page.click("#delete")
    seen.page.click("#keep")
    seen.page.click("#delete")
    seen.page.click("#delete-now")
    seen.count("#recordings li", 1)
    with Library(tmp_path / "library") as library:
        assert [each.title for each in library.recordings()] == [EVIL]


def test_everything_is_reached_from_the_keyboard(visit, tmp_path) -> None:
    filled(tmp_path / "library")
    seen = visit()
    press, focused = seen.page.keyboard.press, "() => document.activeElement"
    seen.page.wait_for_selector("#recordings a")
    press("/")
    assert seen.page.evaluate(f"{focused}.id") == "search"
    for _ in range(12):
        press("Tab")
        if seen.page.evaluate(f"{focused}.closest('#recordings') !== null"):
            break
    outline = seen.page.evaluate(
        f"{focused} && getComputedStyle(document.activeElement).outlineStyle"
    )
    assert outline != "none"
    press("Enter")
    seen.page.wait_for_selector("#one:not([hidden]) [data-word]")
    press(" ")
    seen.waits("() => !document.querySelector('audio').paused")
    press(" ")
    seen.waits("() => document.querySelector('audio').paused")
    before = seen.page.evaluate("() => document.querySelector('audio').currentTime")
    press("ArrowRight")
    seen.waits("(before) => document.querySelector('audio').currentTime >= before + 4.9", before)
    press("/")
    seen.page.keyboard.type("cake")
    press("Enter")
    seen.text("#found", re.compile(r"\d of 4"))
    press("Escape")
    seen.page.evaluate(f"{focused}.blur()")
    press("?")
    seen.page.wait_for_selector("#keys[open]")
    press("Escape")
    seen.count("#keys[open]", 0)
    reached = set()
    for _ in range(40):
        press("Tab")
        reached.add(
            seen.page.evaluate(
                f"{focused}.closest('[id]:not(body)')?.id || document.activeElement.tagName"
            )
        )
    assert {"play", "waveform", "title", "delete", "find", "in"} <= reached
    seen.page.focus("#waveform")
    at = int(seen.page.get_attribute("#waveform", "aria-valuenow"))
    press("ArrowLeft")
    seen.waits("(at) => Number(document.querySelector('#waveform').ariaValueNow) < at", at)
    press("Escape")
    seen.page.wait_for_selector("#library:not([hidden])")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_is_accessible_and_fits(visit, tmp_path, viewport, scheme) -> None:
    number = filled(tmp_path / "library")
    seen = visit(viewport, scheme)
    seen.count("#recordings li", 2)
    places = {"#/": "#library", f"#/{number}": '[data-word="3"]'}
    for place, shown in places.items():
        seen.go(place)
        seen.page.wait_for_selector(shown)
        assert serious(seen.page) == []
        wide = "() => document.documentElement.scrollWidth - innerWidth"
        assert seen.page.evaluate(wide) <= 0
    seen.go("#/")
    seen.page.fill("#search", "cake")
    seen.page.keyboard.press("Enter")
    seen.count("#hits a", 4)
    assert serious(seen.page) == []
    ground = seen.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", ground)[:3])) > 380
    assert light == (scheme == "light")


FEW = 3
"""As many samples may two resamplings of the same sound differ by."""


def likeness(stored: np.ndarray, clip: np.ndarray) -> tuple[float, int]:
    """How alike a recording and a clip are, at the lag at which they are most so."""
    count = 1 << (len(stored) + len(clip)).bit_length()
    spectrum = np.fft.rfft(stored, count) * np.conj(np.fft.rfft(clip, count))
    found = np.fft.irfft(spectrum, count)
    lag = int(found.argmax())
    lag -= count if lag >= len(stored) else 0
    a, b = stored[max(0, lag) :], clip[max(0, -lag) :]
    length = min(len(a), len(b))
    return float(np.corrcoef(a[:length], b[:length])[0, 1]), lag


def assert_the_same(stored: np.ndarray, taken: np.ndarray) -> None:
    """Part after part was taken, all of them as far from where they are in the recording."""
    size = 2 * RATE_HZ
    found = [
        (same, lag + at)
        for at in range(0, len(stored) - size, size)
        for same, lag in [likeness(stored[at : at + size], taken)]
    ]
    assert min(same for same, _ in found) > 0.95, found
    lags = [lag for _, lag in found]
    assert max(lags) - min(lags) <= FEW, found


def assert_recorded(tmp_path, seen: Visitor, least_s: float) -> np.ndarray:
    """The one recording of the library is what the page took from the microphone, for so long."""
    with Library(tmp_path / "library") as library:
        (one,) = library.recordings()
        stored = read_audio(one.audio, RATE_HZ)[0]
    taken = seen.taken()
    assert len(stored) == pytest.approx(len(taken), abs=FEW)
    assert len(stored) > least_s * RATE_HZ
    assert_the_same(stored, taken)
    return stored


def test_the_microphone_is_recorded_whole(visit, microphone, tmp_path) -> None:
    network = load_voice()  # hears the pause after the first sentence
    seen = visit(load=lambda live: replace(ears(live), voice=network))
    seen.page.click("#record")
    seen.page.wait_for_selector("#live:not([hidden])")
    seen.waits("() => document.querySelector('#live-said').textContent.includes('word')")
    seen.waits("() => document.querySelector('#live-time').textContent >= '0:08'")
    seen.page.click("#stop")
    seen.page.wait_for_selector('#one:not([hidden]) [data-word="0"]')
    stored = assert_recorded(tmp_path, seen, 5)
    # A busy browser leaves some of the file out that it takes for a microphone.
    clip, size = read_audio(microphone, RATE_HZ)[0], RATE_HZ // 2
    parts = [stored[at : at + size] for at in range(0, len(stored) - size, size)]
    assert np.median([likeness(part, clip)[0] for part in parts]) > 0.8


def test_a_lost_connection_is_taken_up_without_a_gap(visit, tmp_path) -> None:
    seen = visit()
    cut = []

    def through(route) -> None:
        server = route.connect_to_server()
        count = 0

        def out(message) -> None:
            nonlocal count
            server.send(message)
            count += 1
            if len(cut) < 2 and count == 12:
                cut.append(count)
                route.close(code=1012)
                server.close(code=1001)

        route.on_message(out)

    seen.page.route_web_socket(re.compile("/api/live"), through)
    seen.page.click("#record")
    seen.waits("() => document.querySelector('#live-time').textContent >= '0:08'")
    assert len(cut) == 2
    seen.page.click("#stop")
    seen.page.wait_for_selector("#one:not([hidden])")
    assert_recorded(tmp_path, seen, 7)


def test_a_recording_goes_on_with_the_next_server(browser, tmp_path) -> None:
    """The first ends while it records; what it has and what the next gets make up the whole."""
    folder = tmp_path / "library"
    start = partial(InThread, folder)
    with ExitStack() as stack:
        context = browser.new_context()
        stack.callback(context.close)
        with running(recorder_app(folder, start=start, token=TOKEN)) as address:
            seen = Visitor(context.new_page(), address.partition("/?")[0])
            seen.page.goto(address)
            seen.page.wait_for_selector("#library:not([hidden])")
            seen.page.click("#record")
            seen.waits("() => document.querySelector('#live-time').textContent >= '0:04'")
        seen.waits("() => document.querySelector('#live-time').textContent >= '0:06'")
        port = int(seen.base.rpartition(":")[2])
        stack.enter_context(running(recorder_app(folder, start=start, token=TOKEN), port=port))
        seen.waits("() => document.querySelector('#live-time').textContent >= '0:14'")
        seen.page.click("#stop")
        seen.page.wait_for_selector("#live", state="hidden", timeout=PATIENCE_MS)
        taken = seen.taken()
    with Library(folder) as library:
        later, earlier = (read_audio(each.audio, RATE_HZ)[0] for each in library.recordings())
    for part in (earlier, later):
        assert len(part) > 2 * RATE_HZ
        assert_the_same(part, taken)
    first = -likeness(later, taken)[1]
    assert abs(likeness(earlier, taken)[1]) <= FEW
    assert first + len(later) == pytest.approx(len(taken), abs=FEW)
    assert -FEW <= len(earlier) - first < 1.2 * RATE_HZ  # what was not yet kept is in both


def test_what_cannot_be_added_is_told(visit, tmp_path) -> None:
    path = tmp_path / "notes.mp3"
    path.write_bytes(b"no sound at all")
    seen = visit()
    seen.page.set_input_files("#chosen", path)
    seen.text("#uploads li", re.compile("notes.mp3.*not a known or whole media file", re.DOTALL))
    seen.count("#recordings li", 0)
    seen.witness.complaints.clear()  # Chromium says that a request was answered by 400
