"""Every `firsthand` command that a page shows is run, where what it names can be had here."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from firsthand.cli.demo.hands import make_clip
from firsthand.media import read_audio, write_audio

pytestmark = [pytest.mark.slow, pytest.mark.models]

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES, WEIGHTS = ROOT / "examples", ROOT / "benchmarks" / "weights"
PAGES = (
    *("README", "docs/hands", "docs/objects", "docs/recorder", "docs/concealment", "docs/speech"),
    *("docs/challenge", "docs/compress", "docs/federated", "docs/graph", "docs/install"),
    *("docs/howto/own-object", "docs/howto/postgresql"),
)
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
RATE_HZ = 16_000

LEFT = {
    r"--camera|recorder record": "a camera, a microphone",
    r" (live|serve|annotate|leaderboard)\b": "a page that stays open, which tests of its own open",
    r"ssh:|--ray|submit|enrol|consent|federated (device|ask)": "another machine, or a server",
    r"firsthand train|compress (run|sweep|text)": "hours; the tutorials train, and compress",
    r"noss run|noss report": "recordings of seventeen tasks",
    r"models add yamnet": "a file that nobody may pass on",
    r"extract 1 --from 12:30": "a lecture that long",
    r"objects evaluate": "sessions with truth",
}
"""Commands that are only parsed, by `test_docs_commands`, and what they would want."""

NO_IS_AN_ANSWER = re.compile(r"recorder search|compress pick")
QUICKER = re.compile(r"challenge (run|compare)")


def commands_of(page):
    for block in BLOCK.findall((ROOT / f"{page}.md").read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("firsthand ") and not any(re.search(each, line) for each in LEFT):
                yield line


def say(path, samples, encoder):
    """Write sound as what its ending says, by `encoder`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate = RATE_HZ
        resampled = av.AudioResampler(stream.format.name, "mono", RATE_HZ).resample(frame)
        fifo = av.AudioFifo()
        for each in resampled:
            fifo.write(each)
        while part := fifo.read(stream.frame_size or 1_024, partial=True):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """Whatever the pages name, in a folder: clips, recordings, photographs, models, fleets."""
    folder = tmp_path_factory.mktemp("things")
    make_clip(EXAMPLES, folder / "clip.mp4")
    for name in ("walk.mp4", "kitchen.mp4"):
        shutil.copy(folder / "clip.mp4", folder / name)
    reading, _ = read_audio(EXAMPLES / "media" / "recorder" / "two_readers.ogg", RATE_HZ)
    say(folder / "lecture.mp3", reading, "libmp3lame")
    say(folder / "interview.m4a", reading[: 8 * RATE_HZ], "aac")
    (folder / "minutes.srt").write_text(
        "1\n00:00:01,000 --> 00:00:03,000\nEvery public key has a certificate.\n"
    )
    for name in ("clip", "other", "new", "clean", "lossy"):
        write_audio(folder / f"{name}.wav", reading[: 5 * RATE_HZ], RATE_HZ)
    (folder / "lost.txt").write_text("0\n0\n0\n1\n1\n" * 50)
    for kind in ("my-clips", "more-clips"):
        for number, label in enumerate(("one", "two")):
            (folder / kind / label).mkdir(parents=True)
            for clip in range(3):
                start = (number * 12 + clip) * RATE_HZ
                sound = reading[start : start + RATE_HZ]
                write_audio(folder / kind / label / f"{clip}.wav", sound, RATE_HZ)
    hands = sorted((EXAMPLES / "media" / "hands").glob("*.jpg"))
    for place in ("my-photographs", "my-labelled-photographs"):
        (folder / place).mkdir()
        shutil.copy(hands[0], folder / place)
    for number in range(10):  # some look at photographs themselves, some at a folder a class
        place = folder / "photographs" / f"class{number}"
        place.mkdir(parents=True)
        shutil.copy(hands[number % len(hands)], place)
    shutil.copy(hands[0], folder / "photographs")
    shutil.copytree(WEIGHTS / "compress_photographs", folder / "family")
    for name, size in (("a", "small"), ("b", "middle")):
        for ending in (".tflite", ".json"):
            shutil.copy(
                WEIGHTS / "compress_cifar10" / f"{size}{ending}", folder / f"{name}{ending}"
            )
    for kind in ("palm", "hand"):
        for ending in (".tflite", ".json"):
            shutil.copy(WEIGHTS / "hands" / f"firsthand-{kind}-small{ending}", folder)
    (folder / "mug").mkdir()
    for ending in (".tflite", ".json"):
        shutil.copy(
            WEIGHTS / "objects" / f"firsthand-chair-boxes{ending}",
            folder / "mug" / f"firsthand-own-boxes-int8{ending}",
        )
    (folder / "lastfm_2k").mkdir()
    heard = [(user, (user * 7 + each) % 60) for user in range(520) for each in range(5)]
    rows = [f"{user}\t{artist}\t{1 + artist % 9}" for user, artist in heard]
    (folder / "lastfm_2k" / "artists_id_name.tsv").write_text(
        "id\tname\n" + "".join(f"{number}\tartist {number}\n" for number in range(60))
    )
    (folder / "lastfm_2k" / "user_artists.dat").write_text(
        "\n".join(["userID\tartistID\tweight", *rows]) + "\n"
    )
    devices = (json.dumps({"minutes": [float(number % 120)]}) for number in range(200))
    (folder / "fleet.jsonl").write_text("\n".join(devices) + "\n")
    (folder / "my_calculators.py").write_text(
        "from firsthand.graph import STANDARD, from_function\n"
        "STANDARD.calculator('Warn')(from_function(lambda celsius: celsius > 30))\n"
    )
    graph = 'input_stream: "celsius" output_stream: "warning"\n'
    graph += 'node { calculator: "Warn" input_stream: "celsius" output_stream: "warning" }\n'
    for name in ("mine", "graph", "hand_tracking"):
        (folder / f"{name}.pbtxt").write_text(graph)
    (folder / "day.jsonl").write_text('{"timestamp": 0, "payload": 21.5}\n')
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_shown_run(page, things, tmp_path):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "FIRSTHAND_LIBRARY": str(tmp_path / "recordings")}
    here = shutil.copytree(things, tmp_path / "here")
    ran = 0
    for line in commands_of(page):
        quicker = f"{line.partition('  #')[0]} --quick" if QUICKER.search(line) else line
        done = subprocess.run(
            ["bash", "-c", quicker],
            cwd=here, env=env, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        allowed = {0, 1} if NO_IS_AN_ANSWER.search(line) else {0}
        assert done.returncode in allowed, f"{line}\n{done.stdout[-500:]}{done.stderr[-1500:]}"
        assert "Traceback" not in done.stderr, f"{line}\n{done.stderr[-1500:]}"
        ran += 1
    assert ran, f"nothing that {page}.md shows was run"
