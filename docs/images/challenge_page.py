"""Takes the pictures of the leaderboard's page: `challenge_page.png`, `challenge_page_phone.png`.

Four MobileNets are submitted and judged on the ImageNet sample, with one that claims too much in
its card and one that is cut off. Needs Chromium and the measurement data (FIRSTHAND_DATA).
"""

import hashlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import sync_playwright

from firsthand.challenge.leaderboard import Board
from firsthand.challenge.web import leaderboard_app
from firsthand.measure import data_root
from firsthand.measure.single_stream import RULES
from firsthand.runtime import Measurement, Model, ModelCard
from firsthand.web import running

HERE = Path(__file__).parent
DONE = """async () => {
  const { entries } = await (await fetch("/api/board")).json();
  return entries.every((each) => each.state === "judged" || each.state === "refused");
}"""
CLAIMS = {"mobilenet_v1_0.25_128_quant": 0.62}
"""More than it has anywhere."""


def submit(board: Board, path: Path, folder: Path, data: bytes) -> None:
    name = path.stem.replace("_", "-")
    card = ModelCard(
        name=name,
        version="1",
        task="image classification",
        description="Quantised to 8 bits, from TensorFlow's model zoo",
        format="tflite",
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        licence="Apache-2.0",
        accuracy=(Measurement("top-1 accuracy", CLAIMS[path.stem], "ImageNet"),)
        if path.stem in CLAIMS
        else (),
    )
    target = folder / card.file_name
    target.write_bytes(data)
    board.submit(Model(card, target))


def shot(browser, address: str, scheme: str, size: tuple[int, int], path: Path) -> None:
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(".mark")
    if size[0] > 500:
        page.hover("tbody tr:nth-child(2)")
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    context.close()


def main() -> None:
    data = data_root(HERE)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary)
        with Board(folder / "board") as board:
            for path in sorted((data / "models").glob("mobilenet*.tflite")):
                submit(board, path, folder, path.read_bytes())
            submit(board, Path("cut_off.tflite"), folder, path.read_bytes()[:100_000])
        rules = replace(RULES, seconds=5.0)
        app = leaderboard_app(folder / "board", data / "imagenet_sample", rules)
        with running(app) as address:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            page = browser.new_page()
            page.goto(address)
            page.wait_for_selector("tbody tr")
            while not page.evaluate(DONE):
                page.wait_for_timeout(1_000)
            page.close()
            shot(browser, address, "light", (1_120, 900), HERE / "challenge_page.png")
            parts = [folder / f"{scheme}.png" for scheme in ("light", "dark")]
            for scheme, path in zip(("light", "dark"), parts, strict=True):
                shot(browser, address, scheme, (360, 780), path)
            browser.close()
        light, dark = (cv2.imread(str(path)) for path in parts)
        edge = np.full((light.shape[0], 16, 3), 128, np.uint8)
        cv2.imwrite(str(HERE / "challenge_page_phone.png"), np.hstack([light, edge, dark]))


if __name__ == "__main__":
    main()
