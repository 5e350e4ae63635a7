"""A hundred page loads, twenty uploads and a live recording at once."""

import asyncio
import json
import struct
from functools import partial
from urllib.parse import urlsplit

import httpx2
import numpy as np
import websockets
from recorder_page import SESSION, InThread, noise, pcm, wav
from visiting import TOKEN

from firsthand.media import read_audio
from firsthand.recorder.library import Library
from firsthand.recorder.web import recorder_app
from firsthand.web import running

LOADS, UPLOADS, SECONDS = 100, 20, 12.0
RATE_HZ = 48_000


async def load_page(client) -> None:
    """What a browser asks for when the page is opened."""
    home = await client.get("/")
    assert home.status_code == 200
    paths = ["/recorder.css", "/main.js", "/theme/theme.css", "/api/about", "/api/recordings"]
    answers = await asyncio.gather(*(client.get(path) for path in paths))
    assert [each.status_code for each in answers] == [200] * len(paths)


async def upload(client, number: int, data: bytes) -> None:
    answer = await client.post(f"/api/uploads?name=file{number}.wav", content=data)
    assert answer.status_code == 201, answer.text


async def record(address, headers, samples) -> int:
    """Send sound in pieces of 100 ms, two seconds at most ahead of what is acknowledged."""
    data, step = pcm(samples), RATE_HZ // 10
    url = f"ws://{urlsplit(address).netloc}/api/live"
    async with websockets.connect(url, additional_headers=headers) as ws:
        await ws.send(json.dumps({"begin": {"session": SESSION, "rate_hz": RATE_HZ}}))
        number = json.loads(await ws.recv())["recording"]
        have = sent = 0
        while have < len(samples):
            while sent < min(len(samples), have + 2 * RATE_HZ):
                await ws.send(struct.pack("<d", sent) + data[2 * sent : 2 * (sent + step)])
                sent = min(len(samples), sent + step)
            have = json.loads(await ws.recv())["have"]
        await ws.send(json.dumps({"end": len(samples)}))
        while "ended" not in (answer := json.loads(await ws.recv())):
            pass
        assert answer == {"ended": number}
    return number


async def everybody(address, data: bytes, samples) -> int:
    base = address.partition("/?")[0]
    headers = {"origin": base, "cookie": f"firsthand_{urlsplit(base).port}={TOKEN}"}
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(
        base_url=base, headers=headers, timeout=120, limits=limits
    ) as client:
        recording = asyncio.create_task(record(base, headers, samples))
        await asyncio.gather(
            *(load_page(client) for _ in range(LOADS)),
            *(upload(client, number, data) for number in range(UPLOADS)),
        )
        number = await recording
        url = f"ws://{urlsplit(base).netloc}/api/news"
        async with websockets.connect(url, additional_headers=headers) as news:
            while True:
                found = (await client.get("/api/recordings")).json()
                if not found["uploads"] and not any(each["work"] for each in found["recordings"]):
                    return number
                await asyncio.wait_for(news.recv(), 60)


def test_a_crowd_gets_what_it_asks_for_and_nothing_is_lost(tmp_path) -> None:
    folder = tmp_path / "library"
    samples = noise(SECONDS)
    local = recorder_app(folder, start=partial(InThread, folder), token=TOKEN)
    with running(local) as address:
        number = asyncio.run(everybody(address, wav(1.0, tmp_path), samples))
    with Library(folder) as library:
        recordings = library.recordings()
        stored = read_audio(library.recording(number).audio)[0]
    titles = {each.title for each in recordings} - {library_title(recordings, number)}
    assert titles == {f"file{n}" for n in range(UPLOADS)}
    assert {each.duration_ms for each in recordings} == {1_000, 12_000}
    assert len(stored) == len(samples)
    assert np.corrcoef(stored, samples)[0, 1] > 0.5


def library_title(recordings, number: int) -> str:
    return next(each.title for each in recordings if each.number == number)
