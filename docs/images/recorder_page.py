"""Takes the pictures of the recorder's page: `recorder_page.png` and `recorder_page_dark.png`.

The example's recording is dropped into the page and written down, as a user would have it. Needs
Chromium, and Whisper's model for the words to be right.
"""

import shutil
import tempfile
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import sync_playwright

from firsthand.recorder.loading import EarsOptions
from firsthand.recorder.web import recorder_app
from firsthand.web import running

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "media" / "recorder" / "two_readers.ogg"
DONE = """async () => {
  const { recordings } = await (await fetch("/api/recordings")).json();
  return recordings.length && recordings.every((each) => each.state === "done" && !each.work);
}"""
HEIGHT = 780


def shot(browser, address: str, place: str, shown: str, scheme: str, width: int, path: Path):
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#library:not([hidden])")
    page.evaluate("(place) => { location.hash = place; }", place)
    page.wait_for_selector(shown)
    page.wait_for_timeout(1_000)
    page.screenshot(path=path)
    context.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = recorder_app(Path(folder) / "library", EarsOptions(language="en"))
        with running(app) as address:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            page = browser.new_page()
            page.goto(address)
            page.wait_for_selector("#library:not([hidden])")
            page.set_input_files("#chosen", EXAMPLE)
            while not page.evaluate(DONE):
                page.wait_for_timeout(1_000)
            page.close()
            word = '#one [data-word="9"]'
            shot(browser, address, "#/1", word, "light", 1_120, HERE / "recorder_page.png")
            parts = [Path(folder) / f"{name}.png" for name in ("dark", "list", "narrow")]
            shot(browser, address, "#/1?at=24000&words=is", word, "dark", 1_120, parts[0])
            shot(browser, address, "#/", "#recordings canvas", "light", 360, parts[1])
            shot(browser, address, "#/1", word, "dark", 360, parts[2])
            browser.close()
        edge = np.full((HEIGHT, 16, 3), 128, np.uint8)
        dark, listed, narrow = (cv2.imread(str(path)) for path in parts)
        cv2.imwrite(
            str(HERE / "recorder_page_dark.png"), np.hstack([dark, edge, listed, edge, narrow])
        )


if __name__ == "__main__":
    main()
