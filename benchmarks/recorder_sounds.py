"""Which sounds are heard, how exactly are they placed, and what does it cost?

An hour (a tenth with `--quick`) of spliced recordings with exact truth: clips that nothing was
trained or calibrated with, one after another with pauses between, a third of them over quiet music.
ESC-10's half fold, five speakers of LibriSpeech, meetings with their published turns, another
game's music, and the forty other classes of ESC-50, none of which should be taken for one of the
twelve. A clip sounds from where it first is less than 35 dB below its loudest to where it last is.

`map_own` and `map_yamnet`: mean over the twelve classes of the average precision of windows every
50 ms, each of which is asked about the 250 ms around its middle; `map_own_other` leaves out clips
of the forty other classes. YAMNet's score of a class is the highest of AudioSet's classes that
belong to it. Thresholds for a precision of 0.9 come from scenes of other clips, for both.

`bars_right_...`: the share of bars of 50 ms in the colour of what is really heard, or none;
`changes_a_minute_...`: how often the colour changes, truly `..._truth`. `_plain` is the network's
own scores with one threshold of 0.5, neither linear nor steady; `_linear` calibrated; `_steady`
both; `_held` steady with a second, lower threshold for where a sound goes on, as the recorder has
it; `_960_slices` the same network, calibrated, asked only once in 960 ms, without overlap.
`onset_error_ms`, `offset_error_ms`: median distance from the beginning and the end of a true sound
of those of the first and the last one told of its class that overlaps it;
`found_...` how many of the true ones have such, `right_...` how many of those told are such.
`rtf_classification` is seconds of work for a second of sound on one thread, front end, network,
steadying and events: ours, and YAMNet's network and front end alone, taking turns.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from firsthand.measure import (
    Figure,
    Findings,
    Interval,
    Options,
    available_cpus,
    bootstrap_median,
    compare,
    data_root,
    pinned,
    run_benchmark,
    wilson,
)
from firsthand.media import read_audio
from firsthand.recorder.library.entries import Sound
from firsthand.recorder.sounds import events, hysteresis, steadying
from firsthand.recorder.sounds.calibration import Calibration, fit_calibration
from firsthand.recorder.sounds.loading import OWN, own_listener
from firsthand.recorder.sounds.own import OwnSounds
from firsthand.recorder.sounds.yamnet import Yamnet
from firsthand.runtime import Model, ModelStore
from firsthand.runtime.bundled import bundled
from firsthand.train.audio.acoustics import CHUNK, loudness_db
from firsthand.train.audio.clips import RATE_HZ
from firsthand.train.audio.games import OTHER
from firsthand.train.recorder.sound_clips import CLASSES, Clip, read_clips
from firsthand.train.recorder.sound_scenes import Scenes

PRECISION = 0.9
NEAR_MS = 125
PAUSE_DB = 35.0
SLICE = 19
AUDIOSET = {
    "speech": ("Speech", "Conversation", "Narration, monologue", "Child speech, kid speaking"),
    "music": ("Music", "Musical instrument", "Song", "Background music", "Electronic music"),
    "dog": ("Dog", "Bark", "Yip", "Howl", "Bow-wow"),
    "rain": ("Rain", "Raindrop", "Rain on surface"),
    "waves": ("Ocean", "Waves, surf"),
    "crying": ("Crying, sobbing", "Baby cry, infant cry"),
    "clock": ("Clock", "Tick", "Tick-tock"),
    "sneezing": ("Sneeze",),
    "helicopter": ("Helicopter",),
    "chainsaw": ("Chainsaw",),
    "rooster": ("Chicken, rooster", "Crowing, cock-a-doodle-doo"),
    "fire": ("Fire", "Crackle"),
}
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Recording:
    """Sound, and what is heard in it from when to when; `other` are spans of no class."""

    samples: Floats
    truth: tuple[Sound, ...]
    other: tuple[tuple[int, int], ...]

    @property
    def duration_ms(self) -> int:
        return len(self.samples) * 1000 // RATE_HZ

    def heard(self, middles_ms: NDArray[np.float64], near_ms: float) -> NDArray[np.bool_]:
        """Which class is heard within `near_ms` of each moment, (n, classes)."""
        found = np.zeros((len(middles_ms), len(CLASSES)), np.bool_)
        for sound in self.truth:
            inside = (middles_ms > sound.start_ms - near_ms) & (middles_ms < sound.end_ms + near_ms)
            found[inside, CLASSES.index(sound.name)] = True
        return found


def spliced(clips: Sequence[Clip], meetings: Sequence[Clip], rng, seconds: float) -> Recording:
    """Clips of all classes by turns, and as many of none, with pauses of one to four seconds."""
    samples = (rng.standard_normal(int(seconds * RATE_HZ)) * 10 ** (-65 / 20)).astype(np.float32)
    music = [clip for clip in clips if clip.kind == "music"]
    truth: list[Sound] = []
    other: list[tuple[int, int]] = []
    at = RATE_HZ
    while True:
        kind = (*CLASSES, OTHER, OTHER, OTHER, "meeting")[rng.integers(len(CLASSES) + 4)]
        mine = meetings if kind == "meeting" else [c for c in clips if c.kind == kind]
        clip = mine[rng.integers(len(mine))].samples[: 8 * RATE_HZ]
        whole = len(clip) + 2 * RATE_HZ
        if at + whole > len(samples):
            break
        place = at
        if kind not in ("music", "meeting") and rng.random() < 1 / 3:
            bed = music[rng.integers(len(music))].samples[:whole]
            samples[at : at + len(bed)] += at_level(bed, -45.0)
            truth.append(span("music", at, bed))
            place = at + RATE_HZ
        samples[place : place + len(clip)] += at_level(clip, rng.uniform(-30, -15))
        if kind == OTHER:
            other.append((place * 1000 // RATE_HZ, (place + len(clip)) * 1000 // RATE_HZ))
        else:
            truth.append(span("speech" if kind == "meeting" else kind, place, clip))
        at += whole + int(rng.uniform(1, 4) * RATE_HZ)
    return Recording(samples, tuple(truth), tuple(other))


def at_level(samples: Floats, level_db: float) -> Floats:
    return samples * np.float32(10 ** ((level_db - np.percentile(loudness_db(samples), 90)) / 20))


def span(kind: str, at: int, clip: Floats) -> Sound:
    loud = np.flatnonzero(loudness_db(clip) > loudness_db(clip).max() - PAUSE_DB)
    first, after = at + loud[0] * CHUNK, at + (loud[-1] + 1) * CHUNK
    return Sound(kind, int(first * 1000 // RATE_HZ), int(after * 1000 // RATE_HZ), 1.0)


def others_of(root: Path) -> list[Clip]:
    """The classes of ESC-50 that are in no way one of ours, a clip of each fold."""
    folder = root / "sounds" / "esc50"
    alike = {"Crackling fire", "Rain", "Thunderstorm", "Water drops", "Hen", "Clock alarm"}
    alike |= {"Engine", "Hand saw", "Vacuum cleaner", "Pouring water", "Toilet flush", "Wind"}
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["esc10"] != "True" and r["class"] not in alike]
    chosen = {(row["class"], row["fold"]): row["file"] for row in rows}
    return [
        Clip(OTHER, read_audio(folder / "clips" / name, RATE_HZ)[0], name)
        for name in chosen.values()
    ]


def meetings_of(root: Path) -> list[Clip]:
    folder = root / "speech" / "meetings" / "clips"
    return [
        Clip("speech", read_audio(path, RATE_HZ)[0], path.name)
        for path in sorted(folder.glob("*.opus"))
    ]


@dataclass(frozen=True)
class Side:
    """A classifier whose scores are of `CLASSES`, and its calibration."""

    name: str
    score: Callable[[Floats], Floats]
    calibration: Calibration


def own_side() -> Side:
    model = bundled()[OWN]
    network = OwnSounds.open(model)
    return Side(
        "own",
        lambda samples: network.step(network.begin(), samples)[1],
        Calibration(model.card.calibration),
    )


def yamnet_model(root: Path) -> Model:
    return Model(ModelStore().card("yamnet"), root / "models" / "yamnet.tflite")


def yamnet_side(root: Path, clips: Sequence[Clip], seed: int, scenes: int) -> Side:
    network = Yamnet.open(yamnet_model(root))
    members = [[network.classes.index(name) for name in AUDIOSET[kind]] for kind in CLASSES]

    def score(samples: Floats) -> Floats:
        scores = network.step(network.begin(), samples)[1]
        return np.stack([scores[:, each].max(axis=1) for each in members], axis=1)

    made = Scenes(clips, 160)
    drawn = [made(np.random.default_rng([seed, 1, n])) for n in range(scenes)]
    pairs = [(score(scene.samples), scene.windows()) for scene in drawn]
    count = min(len(pairs[0][0]), len(pairs[0][1]))
    scores, heard = (np.concatenate([pair[k][:count] for pair in pairs]) for k in (0, 1))
    return Side("yamnet", score, fit_calibration(CLASSES, scores, heard, PRECISION))


def middles_ms(count: int) -> NDArray[np.float64]:
    return np.arange(count) * events.HOP_MS + events.WINDOW_MS / 2


def bars_of(shares: Floats, heard: NDArray[np.bool_], bars: int) -> NDArray[np.int16]:
    colours = events.dominant(shares, heard)
    window = np.clip(np.arange(bars) - events.FIRST_BAR, 0, len(colours) - 1)
    return colours[window]


def true_bars(recording: Recording, bars: int) -> list[set[int]]:
    """For each bar the classes that are right; `NOTHING` where none is heard."""
    heard = recording.heard(np.arange(bars) * 50.0 + 25.0, 0.0)
    return [set(np.flatnonzero(row)) or {events.NOTHING} for row in heard]


def changes(colours: Sequence[int], duration_ms: int) -> Figure:
    return Figure(float(np.count_nonzero(np.diff(colours))) / (duration_ms / 60_000))


def matched(found: Sequence[Sound], truth: Sequence[Sound]) -> list[tuple[list[Sound], Sound]]:
    """True sounds with the found ones of their class that overlap them, by their beginning."""
    pairs = []
    for true in truth:
        pieces = [
            s
            for s in found
            if s.name == true.name and s.start_ms < true.end_ms and s.end_ms > true.start_ms
        ]
        if pieces:
            pairs.append((sorted(pieces, key=lambda s: s.start_ms), true))
    return pairs


def followed(shares: Floats, heard: NDArray[np.bool_], duration_ms: int) -> list[Sound]:
    state, found = events.step(events.Following(), shares, heard, CLASSES)
    return found + events.finish(state, CLASSES, duration_ms)


def placed(suffix: str, found: list[Sound], recording: Recording, seed: int) -> dict[str, Figure]:
    pairs = matched(found, recording.truth)
    right = {id(piece) for pieces, _ in pairs for piece in pieces}
    figures = {
        f"found_{suffix}": Figure.of(
            wilson(len(pairs), len(recording.truth)), n=len(recording.truth)
        ),
        f"right_{suffix}": Figure.of(wilson(len(right), max(1, len(found))), n=len(found)),
    }
    errors = {
        "onset": [abs(pieces[0].start_ms - true.start_ms) for pieces, true in pairs],
        "offset": [abs(pieces[-1].end_ms - true.end_ms) for pieces, true in pairs],
    }
    for what, each in errors.items():
        name = f"{what}_error_ms" + ("" if suffix == "own" else f"_{suffix}")
        if len(each) > 1:
            median = bootstrap_median(np.array(each, float), rng=np.random.default_rng(seed))
            figures[name] = Figure.of(median, unit="ms", n=len(each))
    return figures


def mean_precision(scores: Floats, heard: NDArray[np.bool_], seed: int) -> Figure:
    """Mean over classes; the interval resamples spans of ten seconds."""
    spans = np.arange(len(scores)) // 200
    rng = np.random.default_rng(seed)

    def mean(chosen: NDArray[np.intp]) -> float:
        each = [
            average_precision_score(heard[chosen, c], scores[chosen, c])
            for c in range(len(CLASSES))
            if heard[chosen, c].any()
        ]
        return float(np.mean(each))

    places = [np.flatnonzero(spans == each) for each in range(spans[-1] + 1)]
    draws = [
        mean(np.concatenate([places[k] for k in rng.integers(len(places), size=len(places))]))
        for _ in range(60)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    value = mean(np.arange(len(scores)))
    return Figure.of(
        Interval(value, float(min(low, value)), float(max(high, value))), n=len(scores)
    )


def judged(side: Side, recording: Recording, seed: int) -> dict[str, Figure]:
    scores = side.score(recording.samples)
    at_ms = middles_ms(len(scores))
    heard = recording.heard(at_ms, NEAR_MS)
    figures = {f"map_{side.name}": mean_precision(scores, heard, seed)}
    for place, kind in enumerate(CLASSES):
        if not heard[:, place].any():
            continue
        figures[f"ap_{side.name}_{kind}"] = Figure(
            float(average_precision_score(heard[:, place], scores[:, place])),
            n=int(heard[:, place].sum()),
        )
    inside = np.zeros(len(scores), np.bool_)
    for start_ms, end_ms in recording.other:
        inside |= (at_ms > start_ms - 500) & (at_ms < end_ms + 500)
    figures[f"map_{side.name}_without_other"] = mean_precision(
        scores[~inside], heard[~inside], seed
    )

    linear, limits = side.calibration.shares(scores), side.calibration.thresholds
    slices = np.repeat(linear[::SLICE], SLICE, axis=0)[: len(linear)]
    steady = steadying.steadied(linear, limits)
    ways = {
        "plain": (scores, scores >= 0.5),
        "linear": (linear, linear >= limits),
        "steady": (steady, steady >= limits),
        "held": (steady, hysteresis.heard_in(steady, limits)),
        "960_slices": (slices, slices >= limits),
    }
    bars = -(-len(recording.samples) // CHUNK)
    right = true_bars(recording, bars)
    for way, (shares, told) in ways.items():
        colours = bars_of(shares, told, bars)
        hits = sum(int(c) in wanted for c, wanted in zip(colours, right, strict=True))
        figures[f"bars_right_{side.name}_{way}"] = Figure.of(wilson(hits, bars), n=bars)
        figures[f"changes_a_minute_{side.name}_{way}"] = changes(colours, recording.duration_ms)
    found = followed(*ways["held"], recording.duration_ms)
    figures |= placed(side.name, found, recording, seed)
    if side.name == "own":
        for way in ("linear", "steady", "960_slices"):
            found = followed(*ways[way], recording.duration_ms)
            figures |= placed(way, found, recording, seed)
    return figures


def costs(root: Path, samples: Floats, options: Options) -> dict[str, Figure]:
    part = samples[: 20 * RATE_HZ]
    blocks = np.split(part, range(RATE_HZ // 10, len(part), RATE_HZ // 10))
    rounds = 4 if options.quick else 15

    def ours() -> None:
        state = listener.begin()
        for block in blocks:
            state, _ = listener.step(state, block)
        listener.finish(state)

    def theirs() -> None:
        yamnet.step(yamnet.begin(), part)

    with pinned(available_cpus()[-1:]):
        listener = own_listener(bundled()[OWN])
        yamnet = Yamnet.open(yamnet_model(root))
        found = compare({"own": ours, "yamnet": theirs}, rounds=rounds, seed=options.seed)
    seconds = len(part) / RATE_HZ
    figures = {
        name: Figure.of(found.latency(side).median_us.scaled(1e-6 / seconds), n=rounds)
        for name, side in (("rtf_classification", "own"), ("rtf_yamnet", "yamnet"))
    }
    figures["yamnet_over_own"] = Figure.of(found.ratio("yamnet", "own"), n=rounds)
    return figures


def measure(options: Options) -> Findings:
    root = data_root(__file__)
    clips = read_clips(root)
    recording = spliced(
        [*(clip for clip in clips.test if clip.kind != OTHER), *others_of(root)],
        meetings_of(root),
        np.random.default_rng(options.seed),
        360 if options.quick else 3600,
    )
    sides = (
        own_side(),
        yamnet_side(root, clips.calibrate, options.seed, 20 if options.quick else 150),
    )
    figures: dict[str, Figure] = {}
    for side in sides:
        figures |= judged(side, recording, options.seed)
    bars = -(-len(recording.samples) // CHUNK)
    true = [min(each) for each in true_bars(recording, bars)]
    figures["changes_a_minute_truth"] = changes(true, recording.duration_ms)
    figures |= costs(root, recording.samples, options)
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
