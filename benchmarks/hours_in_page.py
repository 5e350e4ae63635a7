"""A long recording in the recorder's page: how soon it is usable, what a frame and it all cost.

Shared by `recorder_scale.py`, which tells what is measured.
"""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Page, sync_playwright

from firsthand.measure import Figure, bootstrap_median
from firsthand.recorder.library import Bars, Library, Sound
from firsthand.recorder.transcript import Transcript, Turn, Word
from firsthand.recorder.web import recorder_app
from firsthand.web import running

BAR_MS, WORD_MS, TURN_WORDS = 50, 400, 90
CLASSES = ("speech", "music", "dog", "rain", "waves", "crying")
QUIET = (
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-gpu", "--disable-quic", "--no-first-run"),
)
WATCH = """
  window.usable = 0;
  const look = () => {
    const drawn = document.querySelector("#legend button");
    if (drawn && document.querySelector("#transcript [data-word]")) {
      requestAnimationFrame(() => { usable = performance.now(); });
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""
FRAME_US = 1e6 / 60
LOOKED_AT_MS = 4_000


def fill(library: Library, number: int, words: list[str], rng: np.random.Generator) -> None:
    """Give a recording as much to show as it can have: a word every 400 ms, all bars in colour."""
    duration_ms = library.recording(number).duration_ms
    count = duration_ms // WORD_MS
    said = tuple(
        Word(words[n % len(words)], n * WORD_MS, n * WORD_MS + WORD_MS - 50) for n in range(count)
    )
    turns = tuple(
        Turn(int(rng.integers(3)), first * WORD_MS, min(first + TURN_WORDS, count) * WORD_MS)
        for first in range(0, count, TURN_WORDS)
    )
    library.write_transcript(number, Transcript(said, turns, {}, "en", "made up"))
    bars = duration_ms // BAR_MS
    runs = np.repeat(rng.integers(-1, len(CLASSES), bars // 40 + 1), 40)[:bars]
    levels = rng.integers(60, 256, bars)
    library.write_bars(number, Bars(CLASSES, runs.astype(np.int16), levels.astype(np.uint8)))
    library.write_sounds(
        number,
        [
            Sound(CLASSES[int(rng.integers(1, 6))], at, at + 2_000, 0.9)
            for at in range(0, duration_ms - 2_000, 30_000)
        ],
    )


def figures_of_page(folder: Path, number: int, loads: int, rng: np.random.Generator):
    """Open the recording in Chromium again and again, then scroll, zoom and play it once."""
    with (
        running(recorder_app(folder)) as address,
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as traces,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*QUIET]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        base = address.partition("/?")[0]
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector("#recordings a")
        page.close()
        usable, longest_load = [], []
        for load in range(loads):
            page = context.new_page()
            page.add_init_script(WATCH)
            trace = Path(traces) / f"load{load}.json"
            browser.start_tracing(page=page, path=str(trace), categories=["toplevel"])
            page.goto(f"{base}/#/{number}")
            page.wait_for_timeout(LOOKED_AT_MS)  # what Playwright asks meanwhile were work, too
            browser.stop_tracing()
            page.wait_for_function("() => window.usable")
            usable.append(page.evaluate("() => window.usable"))
            longest_load.append(tasks_of(trace)[2])
            if load < loads - 1:
                page.close()
        work: dict[str, tuple[np.ndarray, float, float]] = {}
        for name, act in (("scroll", scroll), ("zoom", zoom), ("play", play)):
            trace = Path(traces) / f"{name}.json"
            browser.start_tracing(page=page, path=str(trace), categories=["toplevel"])
            act(page)
            browser.stop_tracing()
            work[name] = tasks_of(trace)
        memory_mb = renderer_mb()
        heap_mb = page.evaluate("() => performance.memory.usedJSHeapSize / 1e6")
        browser.close()
    both = np.concatenate([work["scroll"][0], work["zoom"][0]])
    longest = {name: found[1] for name, found in work.items()}
    return {
        "page_usable_ms": median(np.array(usable), rng, "ms"),
        "frame_work_ms": median(both, rng, "ms"),
        "frame_work_ms_scroll": median(work["scroll"][0], rng, "ms"),
        "frame_work_ms_zoom": median(work["zoom"][0], rng, "ms"),
        "frame_work_ms_play": median(work["play"][0], rng, "ms"),
        "longest_task_ms": Figure(max(longest.values()), unit="ms", note="processor time"),
        "longest_task_ms_wall": Figure(max(each[2] for each in work.values()), unit="ms"),
        "longest_task_ms_load": Figure(float(np.median(longest_load)), unit="ms"),
        "page_mb": Figure(memory_mb, unit="MB", note="the renderer's resident memory"),
        "page_heap_mb": Figure(heap_mb, unit="MB"),
    }


def median(values: np.ndarray, rng: np.random.Generator, unit: str) -> Figure:
    return Figure.of(bootstrap_median(values, rng=rng), unit=unit, n=len(values))


def scroll(page: Page) -> None:
    page.mouse.move(600, 650)
    for _ in range(120):
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(16)


def zoom(page: Page) -> None:
    page.evaluate("() => scrollTo(0, 0)")
    box = page.locator("#waveform").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for dx, dy, count in ((0, -100, 60), (200, 0, 60), (0, 100, 60)):
        for _ in range(count):
            page.mouse.wheel(dx, dy)
            page.wait_for_timeout(16)


def play(page: Page) -> None:
    page.click("#play")
    page.wait_for_timeout(5_000)
    page.click("#play")


def tasks_of(trace: Path) -> tuple[np.ndarray, float, float]:
    """Work of the page's main thread: ms a frame that has any, the longest task, and by the clock.

    A frame is a sixtieth of a second; work is processor time, as others use the machine too.
    """
    events = json.loads(trace.read_text())["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        event
        for event in events
        if event.get("ph") == "X"
        and (event["pid"], event["tid"]) in mains
        and event["name"] == "ThreadControllerImpl::RunTask"
        and "tdur" in event
    ]
    frames: dict[int, float] = {}
    for event in tasks:
        frame = int(event["ts"] // FRAME_US)
        frames[frame] = frames.get(frame, 0.0) + event["tdur"] / 1000
    work = np.array(list(frames.values()))
    return work, max(e["tdur"] for e in tasks) / 1000, max(e["dur"] for e in tasks) / 1000


def renderer_mb() -> float:
    """Resident memory of the largest renderer among this process's descendants."""
    sizes = [
        process.memory_info().rss
        for process in psutil.Process().children(recursive=True)
        if any("--type=renderer" in part for part in process.cmdline())
    ]
    return max(sizes) / 1e6
