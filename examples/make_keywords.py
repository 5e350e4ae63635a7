"""Make the bundled keywords from the recordings they are cut from.

`python examples/make_keywords.py recordings/` reads a folder of clips, `labels.csv` beside it with
the columns file and keyword, and writes a file for each keyword into `examples/media/keywords`: a
hundred clips of 1.2 s, one after the other, each the loudest 960 ms of its recording in the middle.
Where they come from is told beside them, in `ATTRIBUTION.md`.
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from firsthand.media import read_audio

RATE_HZ = 16_000
CLIP, LOUD = 19_200, 15_360
CLIPS = 100
BITS_PER_S = 24_000
THERE = Path(__file__).parent / "media" / "keywords"


def loudest(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the CLIP samples in whose middle are the loudest LOUD ones; silence is beside all."""
    whole = np.pad(sound, CLIP)
    energy = np.concatenate([[0.0], np.cumsum(whole.astype(np.float64) ** 2)])
    start = int(np.argmax(energy[LOUD:] - energy[:-LOUD])) - (CLIP - LOUD) // 2
    return whole[start : start + CLIP]


def write_opus(path: Path, sound: NDArray[np.float32]) -> None:
    """Write sound (n,) at RATE_HZ as Ogg Opus."""
    pcm = np.rint(np.clip(sound, -1, 1) * 32_767).astype(np.int16)
    with av.open(path, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE_HZ, layout="mono")
        stream.bit_rate = BITS_PER_S
        for start in range(0, len(pcm), CLIP):
            frame = av.AudioFrame.from_ndarray(pcm[None, start : start + CLIP], "s16", "mono")
            frame.sample_rate, frame.pts = RATE_HZ, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main(folder: Path) -> None:
    clips: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    with (folder.parent / "labels.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            if len(clips[row["keyword"]]) < CLIPS:
                sound, _ = read_audio(folder / Path(row["file"]).name, RATE_HZ)
                clips[row["keyword"]].append(loudest(sound))
    for word, said in clips.items():
        path = THERE / f"{word.replace(' ', '_')}.ogg"
        write_opus(path, np.concatenate(said))
        print(f"{path.name}: {len(said)} clips, {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
