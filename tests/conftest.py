"""What tests need from outside, how to get it, and what was left out for want of it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from firsthand.measure import PeerEnvironment
from firsthand.runtime import ModelStore

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED_MODELS = (
    "mediapipe-hand-full",
    "mediapipe-hand-lite",
    "mediapipe-objectron-camera",
    "mediapipe-objectron-chair",
    "mediapipe-objectron-cup",
    "mediapipe-objectron-detector",
    "mediapipe-objectron-shoe",
    "mediapipe-palm-full",
    "mediapipe-palm-lite",
)

# A two-core machine that does other work has no use for deadlines; a CI run repeats exactly.
settings.register_profile("firsthand", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("firsthand")


@pytest.fixture(scope="session", autouse=True)
def own_temporary_folder(tmp_path_factory):
    """A folder for each of pytest's workers, so that one may measure while another does."""
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    folder = tmp_path_factory.mktemp("t")
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), str(folder)
    yield
    tempfile.tempdir = before[0]
    if before[1] is None:
        del os.environ["TMPDIR"]
    else:
        os.environ["TMPDIR"] = before[1]


def data_folder() -> Path:
    given = os.environ.get("FIRSTHAND_DATA")
    return Path(given) if given else ROOT.parent / "shared" / "data"


def want_of_oracle() -> str | None:
    given = os.environ.get("FIRSTHAND_MEDIAPIPE_PYTHON")
    if given and not Path(given).is_file():
        return f"FIRSTHAND_MEDIAPIPE_PYTHON is {given}, where there is no file"
    if given or PeerEnvironment("mediapipe", ROOT).is_current:
        return None
    return "MediaPipe 0.10.21's environment is missing: `make oracle`"


def want_of_models() -> str | None:
    here = {entry.card.name for entry in ModelStore().list() if entry.present}
    missing = [name for name in PUBLISHED_MODELS if name not in here]
    return f"{', '.join(missing)} not in the model store: `make models`" if missing else None


def want_of_data() -> str | None:
    folder = data_folder()
    return None if folder.is_dir() else f"no measurement data in {folder}: set FIRSTHAND_DATA"


def want_of_browser() -> str | None:
    return None if shutil.which("chromium") else "Chromium is missing: `make system`, as root"


def want_of_index() -> str | None:
    if "CI" in os.environ:  # where it must not be left out in silence
        return None
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "hatchling"]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    return "pip reaches no package index" if done.returncode else None


WANTS: dict[str, Callable[[], str | None]] = {
    "oracle": cache(want_of_oracle),
    "models": cache(want_of_models),
    "data": cache(want_of_data),
    "browser": cache(want_of_browser),
    "index": cache(want_of_index),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark, want in WANTS.items():
            if item.get_closest_marker(mark) and (reason := want()):
                item.add_marker(pytest.mark.skip(reason=f"{mark}: {reason}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons: dict[str, list[str]] = {}
    for report in skipped:
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons.setdefault(text.removeprefix("Skipped: "), []).append(report.nodeid)
    if not reasons:
        return
    terminalreporter.section(f"{len(skipped)} tests did not run", yellow=True)
    for reason, names in reasons.items():
        terminalreporter.line(reason, yellow=True)
        for name in names:
            terminalreporter.line(f"    {name}")


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The measurement data; the test is marked `data`."""
    return data_folder()


@pytest.fixture(scope="session")
def mediapipe_python() -> Path:
    """The interpreter that has MediaPipe 0.10.21; the test is marked `oracle`."""
    given = os.environ.get("FIRSTHAND_MEDIAPIPE_PYTHON")
    return Path(given) if given else PeerEnvironment("mediapipe", ROOT).python


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, without a camera or microphone; the test is marked `browser`."""
    from browsing import chromium
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, chromium(playwright) as opened:
        yield opened


@pytest.fixture(scope="session")
def store_models() -> ModelStore:
    """The model store, holding MediaPipe's published models; the test is marked `models`."""
    return ModelStore()
