import json
import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from browsing import serious
from typer.testing import CliRunner

from firsthand.cli.command import app
from firsthand.cli.demo import PARTS, Part
from firsthand.cli.demo import page as demo_page
from firsthand.cli.demo.command import show
from firsthand.cli.demo.hands import credits_in, make_clip
from firsthand.cli.demo.page import render_page, write_page
from firsthand.cli.demo.section import (
    Chart,
    Gallery,
    Lane,
    Mark,
    Picture,
    Section,
    Shown,
    Sound,
    Span,
    Table,
    Tiles,
    Video,
    Words,
)
from firsthand.cli.demo.speech import LABELS, THERE, seconds
from firsthand.errors import (
    ConfigError,
    DownloadError,
    InputError,
    MissingDependencyError,
    ModelNotFoundError,
    TrainingError,
)
from firsthand.measure import Interval
from firsthand.media import VideoReader, read_audio
from firsthand.media.sources import images_in

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
CUP = EXAMPLES / "media" / "objects" / "cup.jpg"
READERS = EXAMPLES / "media" / "recorder" / "two_readers.ogg"
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }} \" '"
BLOCKS = (
    Video(b"mp4", 640, 480, "A clip", CUP.read_bytes()),
    Gallery((Picture(CUP.read_bytes(), "image/jpeg", "A cup"),)),
    Gallery((Picture(b"<svg/>", "image/svg+xml", "A plot", "of time", drawn=True),)),
    Sound(
        "A voice", READERS.read_bytes(), "audio/ogg", told="as it is", waves=((0, "M1,2V3"),),
        lost=(Span(0.1, 0.2, "lost"),), lanes=(Lane("who", (Span(0, 0.5, "Ann", 1),)),),
        key=((1, "Ann"),),
    ),
    Words(((61.5, "Ann", "Hello there."), (5.0, "", "And more."))),
    Table(("", "how many"), (("hands", "3"),), "What was found", ("a note",)),
    Chart("Right", (Mark("small", Interval(90, 85, 95), 92.0), Mark("m", Interval(1, 0, 2))), "%"),
    Tiles("Digits", ((b"png", "7", True), (b"png", "1, is 7", False))),
)  # fmt: skip
FULL = Section("What is shown.", "firsthand hands track", BLOCKS, (("a b.html", "more"),), "CC0")
ALL = [Shown(name, part.title, FULL, 1.25) for name, part in PARTS.items()]


def run(*arguments):
    return CliRunner().invoke(app, ["demo", *map(str, arguments)])


class Parsed(HTMLParser):
    """A page's tags with their attributes, and its words."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.words = [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words = " ".join([*self.words.split(), *data.split()])

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def asks_for_nothing(page: Parsed):
    """Everything that a browser would load is in the page; links lead to files beside it."""
    for tag, attrs in page.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        assert not {"style", "srcset", "action"} & set(attrs)
        for name in {"src", "href", "poster"} & set(attrs):
            own = r"#\w+" if tag == "a" else "data:"
            beside = rf"({'|'.join(PARTS)})/[^/:]+" if tag == "a" else "data:"
            assert re.match(rf"({own})|({beside})", attrs[name]), (tag, attrs[name][:60])


def test_every_photograph_says_whose_it_is():
    owners = credits_in(EXAMPLES / "media" / "hands" / "ATTRIBUTION.md")
    assert set(owners) == {path.name for path in images_in(EXAMPLES / "media" / "hands")}
    assert all("MIT" in credit or "Apache-2.0" in credit for credit in owners.values())


def test_an_unknown_part_and_missing_examples_are_told(tmp_path):
    wrong = run("feet", "-o", tmp_path)
    assert isinstance(wrong.exception, ConfigError)
    assert "no part 'feet'; it has hands" in str(wrong.exception)
    absent = run("-o", tmp_path, "--examples", tmp_path)
    assert isinstance(absent.exception, InputError)
    assert "make demo" in str(absent.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_clip_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "make_hands_clip.py").write_text("raise SystemExit('no film')")
    with pytest.raises(InputError, match="no film"):
        make_clip(tmp_path, tmp_path / "clip.mp4")


def test_the_page_has_every_system_and_asks_for_nothing():
    page = Parsed(render_page(ALL, "Made in 3 s."))
    asks_for_nothing(page)
    assert [each["id"] for each in page.all("section")] == list(PARTS)
    assert len(PARTS) == 8
    for name, part in PARTS.items():
        assert page.words.count(part.title) >= 2  # in the list of systems, and above its section
        assert {"href": f"{name}/a%20b.html"} in page.all("a")
    for words in ("Made in 3 s.", "What is shown.", "firsthand hands track", "1.2 s", "CC0",
                  "1:01 Ann Hello there.", "0:05 And more.", "90 % 85 .. 95, exact 92", "1, is 7",
                  "a note"):  # fmt: skip
        assert words in page.words
    assert len(page.all("video")) == len(page.all("audio")) == 8


def test_hostile_words_stay_words():
    section = Section(EVIL, EVIL, (Words(((0.0, EVIL, EVIL),)), Table((EVIL,), ((EVIL,),), EVIL)))
    page = Parsed(
        render_page([Shown("hands", EVIL, section), Shown("a", "b", None, 0, EVIL)], EVIL)
    )
    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert page.words.count("{{ 7*7 }}") == 11  # wherever it was put


def test_a_page_that_is_too_large_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(demo_page, "MOST_BYTES", 1_000)
    with pytest.raises(InputError, match="more than 0 MB"):
        write_page(tmp_path, ALL, "")
    assert list(tmp_path.iterdir()) == []


def lacking(error):
    def part(_examples, _folder):
        raise error

    return Part("Lacking", part)


@pytest.mark.parametrize("kind", [MissingDependencyError, ModelNotFoundError, DownloadError])
def test_a_part_that_lacks_something_is_told_and_the_others_go_on(tmp_path, kind, capsys):
    asked = []

    def works(examples, folder):
        asked.append((examples, folder))
        return FULL

    parts = {"compress": lacking(kind("torch is not\ninstalled")), "hands": Part("Works", works)}
    page = Parsed(show(parts, EXAMPLES, tmp_path / "out").read_text(encoding="utf-8"))
    assert "Left out here: torch is not; installed" in page.words
    assert "What is shown." in page.words
    assert asked == [(EXAMPLES, tmp_path / "out" / "hands")]
    told = capsys.readouterr()
    assert "left out: torch is not; installed" in told.err
    assert "Works: 0.0 s" in told.err
    assert "index.html" in told.err
    assert told.out == ""


def test_a_part_that_fails_otherwise_ends_the_demo(tmp_path):
    with pytest.raises(TrainingError, match="no number"):
        show({"compress": lacking(TrainingError("no number"))}, EXAMPLES, tmp_path)
    assert not (tmp_path / "index.html").exists()


BLOCKED = """
import sys
for name in {names}:
    sys.modules[name] = None
from firsthand.cli import main
main()
"""


def in_its_own(tmp_path, names, *arguments, code=0):
    """Run the demo where some packages are not, and no model is to be had."""
    environment = {name: each for name, each in os.environ.items() if "proxy" not in name.lower()}
    environment |= {
        "FIRSTHAND_MODELS": str(tmp_path / "models"), "FIRSTHAND_WHEELS": "",
        "HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
        "PATH": "/nowhere",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED.format(names=list(names)), "demo", *map(str, arguments)],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr[-2000:]
    return done


EXTRAS = (
    *("torch", "litert_torch", "cryptography", "msgpack", "sklearn", "matplotlib"),
    *("faster_whisper", "pocketsphinx", "speechmos", "pesq", "pystoi", "onnxruntime", "textblob"),
)


@pytest.mark.slow
def test_without_extras_and_weights_each_part_says_what_to_install(tmp_path):
    parts = [name for name in PARTS if name != "hands"]
    in_its_own(tmp_path, EXTRAS, *parts, "-o", tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    asks_for_nothing(Parsed(page))
    lacks = {
        part[: part.index('"')]: " ".join(unescape(part).split())
        for part in page.split('<section class="part" id="')[1:]
        if 'class="lacks"' in part
    }
    said = {
        "objects": "FIRSTHAND_MODELS",
        "recorder": "firsthand[recorder]",
        "compress": "firsthand[train]",
        "challenge": "firsthand demo compress challenge",
        "federated": "firsthand[federated]",
    }
    assert set(lacks) == set(said)
    for name, words in said.items():
        assert words in lacks[name]
    assert "Not measured: PLCMOS, PESQ-WB, ESTOI" in page
    assert "other seconds asked" in page


def test_what_is_learnt_from_is_not_asked():
    taught, asked = seconds(learnt=True), seconds(learnt=False)
    assert {label for label, _ in taught} == {label for label, _ in asked} == set(LABELS)
    starts = sorted(at for _, at in (*taught, *asked))
    assert all(later - first >= 1 - 1e-6 for first, later in pairwise(starts))
    samples, rate_hz = read_audio(READERS)
    for label, first_s, last_s in THERE:
        heard = samples[round(first_s * rate_hz) : round(last_s * rate_hz)]
        assert ((heard**2).mean() > 1e-5) == (label != "quiet"), (label, first_s)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["speech", "concealment"])
def test_a_part_by_its_name(tmp_path, part):
    done = run(part, "-o", tmp_path)
    assert done.exit_code == 0, done.output
    page = Parsed((tmp_path / "index.html").read_text(encoding="utf-8"))
    asks_for_nothing(page)
    assert [each["id"] for each in page.all("section")] == [part]
    for link in page.all("a"):
        assert link["href"].startswith("#") or (tmp_path / link["href"]).is_file()


@pytest.mark.slow
@pytest.mark.models
def test_the_whole_demo(tmp_path):
    done = run("-o", tmp_path)
    assert done.exit_code == 0, done.output
    whole = (tmp_path / "index.html").read_text(encoding="utf-8")
    page = Parsed(whole)
    asks_for_nothing(page)
    assert "Left out here" not in page.words
    assert len(whole) < demo_page.MOST_BYTES
    for link in page.all("a"):
        assert link["href"].startswith("#") or (tmp_path / link["href"]).is_file(), link
    folder = tmp_path / "hands"
    lines = [json.loads(line) for line in (folder / "hands.jsonl").read_text().splitlines()]
    of_clip = [line for line in lines if "source" not in line]
    of_photographs = [line for line in lines if "source" in line]
    with VideoReader(folder / "annotated.mp4") as video:
        assert len(list(video)) == len(of_clip)
    assert sum(bool(line["hands"]) for line in of_clip) > 0.8 * len(of_clip)
    assert {line["gesture"] for each in of_clip for line in each["hands"]} >= {"open_palm"}
    assert len(of_photographs) == len(images_in(EXAMPLES / "media" / "hands"))
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "Sign Language Digits Dataset, Apache-2.0" in report
    found = (tmp_path / "objects" / "objects.jsonl").read_text().splitlines()
    cups = [json.loads(line) for line in found]
    assert sum(len(each["objects"]) == 1 for each in cups) > 0.9 * len(cups)
    judged = json.loads((tmp_path / "challenge" / "challenge.json").read_text())["models"]
    assert set(judged) == {"teacher", "large", "middle", "small"}
    assert all(each["accuracy"]["value"] > 0.7 for each in judged.values())


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_the_page_in_a_browser(browser, tmp_path, width, scheme):
    lacks = Shown("federated", "Federated analytics", None, 0.0, "x" * 200)
    path = write_page(tmp_path, [*ALL[:7], lacks], "Made in 3 s.")
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    complaints, asked = [], []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert serious(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    line = page.locator("#hands .said button").first
    line.focus()
    page.keyboard.press("Enter")
    playing = "() => { const a = document.querySelector('#hands audio'); return a.currentTime; }"
    page.wait_for_function(playing)
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", ground)[:3])) > 380
    assert light == (scheme == "light")
    assert complaints == []
    context.close()
