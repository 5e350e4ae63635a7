"""Takes docs/images/demo.jpg: the top of the page that `make demo` writes.

Runs the demo, so it needs what that needs, and Chromium.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
WIDTH_PX, HEIGHT_PX, QUALITY = 1_200, 1_180, 86


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        picture = Path(folder) / "demo.png"
        command = "from firsthand.cli import main; main()"
        subprocess.run([sys.executable, "-c", command, "demo", "-o", folder], check=True)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
        page.goto((Path(folder) / "index.html").as_uri())
        page.screenshot(path=picture)
        browser.close()
        cv2.imwrite(
            str(HERE / "demo.jpg"), cv2.imread(str(picture)), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
        )


if __name__ == "__main__":
    main()
