"""Takes the picture of the live page: `docs/images/objects_live.jpg`.

The photograph in examples/media/objects is opened in Chromium, as a user would, and the page taken
when its cup is found. Needs Chromium and the published models.
"""

import shutil
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from firsthand.objects.live import LiveOptions, live_app
from firsthand.web import running

HERE = Path(__file__).parent
PHOTOGRAPH = HERE.parents[1] / "examples" / "media" / "objects" / "cup.jpg"
PATIENCE_MS = 60_000


def main() -> None:
    app = live_app(LiveOptions("cup", longest_m=0.08))
    with running(app) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 1200, "height": 930})
        page.goto(address)
        page.wait_for_selector("#category option", state="attached")
        page.set_input_files("#chosen", PHOTOGRAPH)
        expect(page.locator("#seen b")).to_have_text(["cup 0"], timeout=PATIENCE_MS)
        page.screenshot(path=HERE / "objects_live.jpg", type="jpeg", quality=82)
        browser.close()


if __name__ == "__main__":
    main()
