"""How often is what a fingertip does told right, how soon, and at what cost?

The model is the one that comes with the package; nothing is trained here
(`hands_motion_ablation.py` trains others). Two kinds of truth:

Recorded histories (kinivi, Apache-2.0: MediaPipe's fingertips, probably of one person, one
recording for each of two labels and few for the others). Rows are consecutive frames that share
15 of 16 points, so whole blocks of 120 rows, every fourth, were held out, and the 32 rows on
either side of them were not trained on either; they are still of the same recordings. Stop,
Clockwise, Counter Clockwise and Move are compared; our swipes and waves count as Move. Palm size
and time were not recorded: a palm is taken for 90 pixels (also half and twice that) and a frame
for 40 ms. Rows that hold a position that is no fingertip's, by a leap of over 100 pixels, are
left out and counted; rows labelled Move in which nothing moves at all stay in, and are errors.
The held-out rows were looked at while the network's form was chosen, though nothing was set by
them. `streamed` joins held-out rows to the ways they were cut from and plays them as video through
`motion_step`; `sparse` plays every other frame.

Simulated strokes: other performances than those trained on, by the same formulas, so they say how
well formulas are told apart. Swipes and waves have no other truth here. `window` counts windows
that one name fits; `announced` counts performances, from rest to rest, in which the right name was
announced; the delay is from the start of the stroke.

The static rows of the same set, by rule, gesture by gesture; learning from few of them is in
`hands_gestures.py`, from where the rules come.

Intervals: neighbouring rows are alike, so the bootstrap draws stretches of 16 rows (Wilson's, of
as many stretches, where nothing was missed); performances are independent: Wilson's.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firsthand.hands.gestures.evaluation import confusion
from firsthand.hands.gestures.motion import MotionModel, MotionState, motion_model, motion_step
from firsthand.hands.gestures.motion_window import POINTS, STEP_US
from firsthand.measure import (
    Figure,
    Findings,
    Interval,
    Options,
    bootstrap_median,
    bootstrap_ratio,
    compare,
    data_root,
    plot_confusion,
    run_benchmark,
    wilson,
)
from firsthand.train.hands.histories import (
    LABEL_OF,
    LABELS,
    PALM_PX,
    Histories,
    held_out,
    joined,
    read_histories,
)
from firsthand.train.hands.motion_accuracy import answers_to, labels_of
from firsthand.train.hands.motion_training import simulated_windows
from firsthand.train.hands.strokes import NAMES, STILL
from gesture_photographs import kinivi
from hands_gestures import KINIVI, answers
from motion_streams import hand, others_first, performances, stream

Figures = dict[str, Figure]
Mask = NDArray[np.bool_]

HISTORIES = "hands/kinivi_keypoints/point_history.csv"
TEST_SEED = 7_000_000  # the training's seeds are small numbers and those from 1,000,003 on
SECOND_US = 1_000_000


def key(label: str) -> str:
    return label.lower().replace(" ", "_")


def by_stretches(hits: Mask, places: NDArray[np.int64], options: Options) -> Interval:
    """Return the share of hits; neighbours are drawn together."""
    _, stretch = np.unique(places // POINTS, return_inverse=True)
    right = np.bincount(stretch, hits)
    if hits.all() or len(right) < 2:
        return wilson(len(right), len(right)) if hits.all() else wilson(int(hits.sum()), len(hits))
    rng = np.random.default_rng(options.seed)
    return bootstrap_ratio(right, np.bincount(stretch), rng=rng)


def recorded(model: MotionModel, apart: Histories, options: Options) -> Figures:
    answered = labels_of(model, apart)
    hits = answered == apart.labels
    figures = {
        "accuracy_histories": Figure.of(
            by_stretches(hits, apart.rows, options),
            note="held-out blocks, four labels",
            n=len(hits),
        )
    }
    for place, label in enumerate(LABELS):
        here = apart.labels == place
        figures[f"accuracy_histories_{key(label)}"] = Figure.of(
            by_stretches(hits[here], apart.rows[here], options),
            note=f"held-out rows of {label}",
            n=int(here.sum()),
        )
    for name, palm_px in (("half", PALM_PX / 2), ("double", PALM_PX * 2)):
        other = labels_of(model, apart, palm_px) == apart.labels
        figures[f"accuracy_histories_palm_{name}"] = Figure.of(
            by_stretches(other, apart.rows, options),
            note=f"the same with a palm of {palm_px:g} pixels",
            n=len(other),
        )
    motionless = (np.ptp(apart.points, axis=1).max(axis=1) == 0) & (
        apart.labels == LABELS.index("Move")
    )
    figures["motionless_moves"] = Figure(
        int(motionless.sum()),
        note="held-out rows labelled Move in which no point moves, all errors",
    )
    figures["left_out_rows"] = Figure(apart.leaps, note="of 5,296 rows: a leap of over 100 pixels")
    table = confusion(
        [LABELS[place] for place in apart.labels], [LABELS[place] for place in answered], LABELS
    )
    plot_confusion(
        table.counts, table.names, options.plot("histories"), title="Held-out recorded histories"
    )
    return figures


def streamed(model: MotionModel, apart: Histories, options: Options) -> Figures:
    """Play the held-out recordings; judged from when a first window could have been announced."""
    figures: Figures = {}
    for name, every in (("streamed", 1), ("sparse", 2)):
        right, places, delays = [], [], []
        for label, points in joined(apart):
            played = points[::every]
            times_us = np.arange(len(played)) * STEP_US * every
            if times_us[-1] < SECOND_US:
                continue
            _, standing = stream(times_us, played, model)
            good = [s in NAMES and LABEL_OF[NAMES.index(s)] == label for s in standing]
            right += [g for g, t in zip(good, times_us, strict=True) if t >= SECOND_US // 2]
            if any(good):
                delays.append(good.index(True) * every * STEP_US / 1000)
        hits = np.array(right)
        places = np.arange(len(hits))
        figures[f"accuracy_{name}"] = Figure.of(
            by_stretches(hits, places, options),
            note=f"frames at which the right name stood, {25 / every:g} frames a second",
            n=len(hits),
        )
        figures[f"delay_ms_{name}"] = Figure(
            float(np.median(delays)),
            unit="ms",
            note="from a recording's first frame to the right name",
            n=len(delays),
        )
    return figures


def simulated(model: MotionModel, options: Options) -> Figures:
    windows = simulated_windows(TEST_SEED + options.seed, 15 if options.quick else 60).clear()
    answered = answers_to(model, windows.points)
    table = confusion(
        [NAMES[place] for place in windows.labels], [NAMES[place] for place in answered], NAMES
    )
    plot_confusion(
        table.counts, table.names, options.plot("simulated"), title="Other simulated windows"
    )
    hits = answered == windows.labels
    places = np.arange(len(hits))
    figures = {
        "accuracy_window": Figure.of(
            by_stretches(hits, places, options), note="simulated windows, nine names", n=len(hits)
        )
    }
    for place, name in enumerate(NAMES):
        here = windows.labels == place
        figures[f"accuracy_window_{name}"] = Figure.of(
            by_stretches(hits[here], places[: here.sum()], options),
            note="simulated windows",
            n=int(here.sum()),
        )
    return figures


def announced(model: MotionModel, options: Options) -> Figures:
    figures: Figures = {}
    count = 40 if options.quick else 200
    frame_ms: list[float] = []
    for name in NAMES:
        shown = performances(name, count, TEST_SEED + options.seed)
        said = [stream(each.times_us, each.points * PALM_PX, model)[0] for each in shown]
        if name == STILL:
            figures["false_still"] = Figure.of(
                share([bool(each.strokes()) for each in said]),
                note="simulated still hands of which any stroke was announced",
                n=count,
            )
            continue
        first = [each.first_us(name, one.began_us) for each, one in zip(said, shown, strict=True)]
        figures[f"announced_{name}"] = Figure.of(
            share([time_us is not None for time_us in first]),
            note="simulated performances",
            n=count,
        )
        delays = [
            (time_us - one.began_us) / 1000
            for time_us, one in zip(first, shown, strict=True)
            if time_us is not None
        ]
        frame_ms += delays
        figures[f"delay_ms_{name}"] = Figure.of(
            bootstrap_median(delays, rng=np.random.default_rng(options.seed)),
            unit="ms",
            note="median, from the start of the stroke",
            n=len(delays),
        )
        figures[f"other_first_{name}"] = Figure.of(
            share([others_first(each, name, one) for each, one in zip(said, shown, strict=True)]),
            note="another stroke (not a mere move) was announced before it, or instead",
            n=count,
        )
    figures["delay_frames"] = Figure(
        float(np.median(frame_ms)) * 30 / 1000,
        unit="frames",
        note="median over all strokes, at 30 frames a second",
        n=len(frame_ms),
    )
    return figures


def share(hits: Sequence[bool]) -> Interval:
    return wilson(sum(hits), len(hits))


def cost(model: MotionModel, options: Options) -> tuple[Figures, tuple[str, ...]]:
    """One frame of one hand: everything from keypoints to a name, and the network alone."""
    angles = np.arange(600) * 0.3
    ways = 300 + 60 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    hands = [hand(point) for point in ways]
    state = MotionState()
    for n in range(60):
        state, _ = motion_step(state, hands[n], n * 33_333, model)
    window = ways[:POINTS] / PALM_PX

    def step() -> object:
        return motion_step(state, hands[60], 60 * 33_333, model)

    found = compare(
        {"step": step, "network": lambda: model.scores(window)},
        rounds=20 if options.quick else 100,
        inner=200,
        seed=options.seed,
    )
    notes = {
        "step": "a hand's frame, from keypoints to a name, at 30 frames a second",
        "network": "of it, features and network",
    }
    figures = {}
    for name, note in notes.items():
        took = found.clean.latency(name)
        figures[f"us_{name}"] = Figure.of(took.median_us, unit="us", note=note, n=took.blocks)
    return figures, found.noise


def static(options: Options) -> Figures:
    points, labels = kinivi(data_root(__file__))
    hits = answers(points, KINIVI) == labels
    figures: Figures = {}
    for label in KINIVI.names:
        here = labels == label
        figures[f"accuracy_static_{key(label)}"] = Figure.of(
            by_stretches(hits[here], np.flatnonzero(here), options),
            note="static rows, flat keypoints, by rule",
            n=int(here.sum()),
        )
    return figures


def measure(options: Options) -> Findings:
    model = motion_model()
    everything = read_histories(data_root(__file__) / HISTORIES)
    apart = everything.only(held_out(everything.rows))
    costs, noise = cost(model, options)
    return Findings(
        {
            **recorded(model, apart, options),
            **streamed(model, apart, options),
            **simulated(model, options),
            **announced(model, options),
            **static(options),
            **costs,
            "model_kb": Figure(model.card.size_bytes / 1000, unit="kB", note="the bundled file"),
        },
        noise=noise,
    )


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
