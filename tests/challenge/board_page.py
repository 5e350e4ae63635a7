"""The leaderboard's page with a judge whose verdicts are known, and somebody who visits it."""

import json
import threading
import time
from contextlib import contextmanager
from urllib.parse import quote

import cv2
import numpy as np
from board_models import classifier
from visiting import ORIGIN, SOCKETS, TOKEN, visitor

from firsthand.challenge.images import open_images
from firsthand.challenge.leaderboard import Board, Standing
from firsthand.challenge.leaderboard.worker import NOW, image_set_mark, machine_line
from firsthand.challenge.web import leaderboard_app
from firsthand.measure import Interval, Warmup
from firsthand.measure.single_stream import Rules
from firsthand.runtime import Model, ModelCard

QUICK = Rules(queries=16, seconds=0.05, block_s=0.01, warmup=Warmup(max_blocks=0), timeout_s=60)


def images_in(folder, count: int = 6):
    """A folder of three classes: what is red, green, or blue."""
    for at, name in enumerate(("a-red", "b-green", "c-blue")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for n in range(count // 3):
            pixels = np.full((24, 32, 3), 40 + n, np.uint8)
            pixels[..., 2 - at] = 220
            assert cv2.imwrite(str(folder / name / f"{n}.png"), pixels)
    return folder


def card_of(data: bytes, **changed) -> ModelCard:
    import hashlib

    fields = {
        "name": "tiny", "version": "1", "task": "classification", "description": "tells colours",
        "format": "tflite", "sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data),
        "licence": "Apache-2.0",
    }  # fmt: skip
    return ModelCard(**fields | changed)


def written(folder, data: bytes, **changed) -> Model:
    """A model and its card in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    card = card_of(data, **changed)
    path = folder / card.file_name
    path.write_bytes(data)
    return Model(card, path)


def standing(images=None, *, accuracy=0.7, ms=12.0, count=600, **changed) -> Standing:
    right = round(accuracy * count)
    wide = 1.96 * (accuracy * (1 - accuracy) / count) ** 0.5
    scores = {
        "score": Interval(right, right - 22, right + 22),
        "score_every_second": Interval(right / 2, right / 2 - 16, right / 2 + 16),
        "score_2018": Interval(accuracy / 0.03 / count, 0.03, 0.05),
    }
    fields = {
        "accuracy": Interval(accuracy, accuracy - wide, accuracy + wide), "scores": scores,
        "median_ms": Interval(ms, 0.98 * ms, 1.02 * ms),
        "p90_ms": Interval(1.1 * ms, 1.08 * ms, 1.13 * ms),
        "copy_ms": 0.01, "init_ms": 20.0, "first_ms": 1.3 * ms, "queries": 1024, "blocks": 600,
        "disturbed": 4, "images": count,
        "image_set": image_set_mark(open_images(images)) if images else "x",
        "machine": machine_line(), "rules": "single stream, 1 thread",
        "judged_at": "2026-11-28T20:15:00+00:00",
    }  # fmt: skip
    return Standing(**fields | changed)


def submitted(board: Board, folder, seed: int, found=None, refused="", **card) -> str:
    """A model on the board, judged if there is a standing, or refused; its SHA-256."""
    entry, new = board.submit(written(folder, classifier(seed=seed), **card))
    assert new
    if found is not None:
        board.conclude(entry.sha256, found)
    if refused:
        board.refuse(entry.sha256, refused)
    return entry.sha256


class NoJudge:
    """Judges nothing; says what it is told to say."""

    def __init__(self, orders=None) -> None:
        self.said, self.tell = dict(NOW), lambda: None

    def begin(self, tell) -> None:
        self.tell = tell

    def now(self):
        return self.said

    def say(self, **what) -> None:
        self.said = NOW | what
        self.tell()

    def close(self) -> None:
        pass


@contextmanager
def page(folder, images, *, start=NoJudge, **options):
    """Somebody at the page of the board in `folder`."""
    local = leaderboard_app(folder, images, QUICK, start=start, **{"token": TOKEN} | options)
    with visitor(local) as client:
        yield client


def send(client, name: str, data: bytes, card: bytes = b""):
    return client.post(
        f"/api/entries?name={quote(name, safe='')}&card_bytes={len(card)}",
        content=card + data,
        headers=ORIGIN,
    )


def listed(client):
    return client.get("/api/board").json()


def settled(client, seconds: float = 120.0):
    """All entries by name, once nothing waits or is being judged."""
    until = time.monotonic() + seconds
    while True:
        found = listed(client)
        if all(each["state"] in ("judged", "refused") for each in found["entries"]):
            return {each["name"]: each for each in found["entries"]}
        assert time.monotonic() < until, json.dumps(found)
        threading.Event().wait(0.05)


def news(client):
    return client.websocket_connect(f"{SOCKETS}/api/news", headers=ORIGIN)
