"""Takes the picture of the live page: `docs/images/hands_live.jpg`.

The demonstration clip is opened in Chromium, as a user would, and the page taken when both of its
hands are named. Needs Chromium and the published models.
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from firsthand.cli.demo.hands import make_clip
from firsthand.hands import published_models
from firsthand.hands.live import live_app
from firsthand.web import running

HERE = Path(__file__).parent
PATIENCE_MS = 60_000


def main() -> None:
    app = live_app(published_models, ("full", "lite"))
    with tempfile.TemporaryDirectory() as folder, running(app) as address:
        clip = make_clip(HERE.parents[1] / "examples", Path(folder) / "clip.mp4")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            page = browser.new_page(viewport={"width": 1200, "height": 770})
            page.goto(address)
            page.wait_for_selector("#model option", state="attached")
            page.set_input_files("#chosen", clip)
            names = page.locator("#seen b")
            expect(names).to_have_text(["open palm", "victory"], timeout=PATIENCE_MS)
            page.keyboard.press(" ")
            page.screenshot(path=HERE / "hands_live.jpg", type="jpeg", quality=82)
            browser.close()


if __name__ == "__main__":
    main()
