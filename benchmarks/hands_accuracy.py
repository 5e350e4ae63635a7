"""How exactly are hands found, beside MediaPipe 0.10.21's own pipeline with the same weights?

`error_SET` is the mean distance of the visible keypoints of the hands that were found, over the
distance from the wrist to the middle finger's knuckle; `detected_SET` the share of hands found
(in sets without keypoints: the share of photographs in which any hand was found). Both sides use
the full weights, each photograph by itself, up to four hands; the palm threshold is 0.3 in the
sets with keypoints (few hands, most of them hard) and 0.5 in the others. Sign digits get a border
and are doubled in size, as a 100 x 100 photograph filled by a hand shows no palm detector what it
was trained on. `..._tiles` is our search for small hands, which looks at overlapping tiles too;
`hands_a_photograph_hagrid...` tells what it costs in false hands: these photographs mostly show
one or two. Tile sizes and threshold were chosen by looking at these same ten hands, so that figure
is tuned, not held out. The keypoint sets are tiny, so look at `n` and the intervals.

`..._own_...` are our own models, small in eight bits unless the name says otherwise, in the same
pipeline; `..._mediapipe_lite` MediaPipe's small ones in it. Sign digits are what ours were trained
on, so theirs are counted on the people held out only, as are MediaPipe's in
`..._sign_digits_held_out_...`; nobody has marked keypoints there, so `error_...sign_digits...` is
the distance from MediaPipe full's own, averaged over a dozen looks: agreement with the teacher,
which flatters it. `false_hands_...` are hands found in a photograph of animals without any, and
the plot what each palm threshold costs and brings. `mb_...` is the size of the files.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from firsthand.hands import Hand, Hands, HandsResult, Region
from firsthand.hands.accuracy import SetAccuracy, measure_set
from firsthand.hands.labels import LabelledPhotograph, read_labelled
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    Peer,
    PeerEnvironment,
    bootstrap_mean,
    data_root,
    run_benchmark,
    wilson,
)
from firsthand.media import RgbImage, read_image
from firsthand.train.hands.real import is_held_out, people_of
from firsthand.train.hands.samples import Sample
from hands_clips import ROOT
from hands_false import THRESHOLDS, animals, false_hands, trade
from hands_samples import look, rate_and_error, taught
from hands_sides import MEDIAPIPE, Side, own, own_note

MAX_HANDS = 4
SETS = {  # folder: name in the figures, palm threshold
    "handpose_x": ("handpose_x", 0.3),
    "onehand10k": ("onehand10k", 0.3),
    "coco_wholebody": ("coco_wholebody", 0.3),
    "mediapipe_hagrid_sample": ("hagrid", 0.5),
    "sign_digits": ("sign_digits", 0.5),
}
Detect = Callable[[RgbImage], HandsResult]
MEDIAPIPE_LITE = MEDIAPIPE[1]


def read(photograph: LabelledPhotograph) -> RgbImage:
    image = read_image(photograph.path)
    if image.shape[:2] != (100, 100):
        return image
    padded = cv2.copyMakeBorder(image, *[50] * 4, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(padded, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR))


def theirs(peer: Peer, threshold: float) -> Detect:
    peer.call(
        "hands_open",
        model_complexity=1,
        max_num_hands=MAX_HANDS,
        static_image_mode=True,
        min_detection_confidence=threshold,
    )

    def detect(image: RgbImage) -> HandsResult:
        height, width = image.shape[:2]
        reply = peer.call("hands_process", arrays={"image": image})
        scale = np.array([width, height, width], np.float32)
        hands = tuple(
            Hand(points * scale, world, "left", 0.5, 1.0, Region(0, 0, 1, 1, 0), i)
            for i, (points, world) in enumerate(
                zip(reply["landmarks"], reply["world_landmarks"], strict=True)
            )
        )
        return HandsResult(0, width, height, hands, detector_ran=True)

    return detect


def figures_of(found: SetAccuracy, suffix: str, seed: int, prefix: str = "") -> dict[str, Figure]:
    share = wilson(found.found, found.expected)
    note = f"{found.found} of {found.expected}"
    name = f"{prefix}{found.name}{suffix}"
    made = {f"detected_{name}": Figure.of(share, note=note, n=found.expected)}
    if len(found.errors) > 1:
        mean = bootstrap_mean(np.array(found.errors), rng=np.random.default_rng(seed))
        made[f"error_{name}"] = Figure.of(mean, note="of the palm's size", n=len(found.errors))
    return made


def some(photographs: tuple[LabelledPhotograph, ...], count: int) -> list[LabelledPhotograph]:
    """Evenly spread photographs, `count` at most."""
    step = max(1, len(photographs) // count)
    return list(photographs[::step])


def measure(options: Options) -> Findings:
    root = data_root(__file__) / "hands"
    worker = ROOT / "benchmarks" / "peers" / "mediapipe" / "worker.py"
    figures: dict[str, Figure] = {}
    with Peer(PeerEnvironment("mediapipe", ROOT), worker) as peer:
        for folder, (name, threshold) in SETS.items():
            photographs = some(read_labelled(root / folder), 60 if options.quick else 10_000)
            ours = Hands.load("full", max_hands=MAX_HANDS, palm_threshold=threshold).detect
            for suffix, detect in (("", ours), ("_mediapipe_full", theirs(peer, threshold))):
                found = measure_set(name, photographs, detect, read)
                figures |= figures_of(found, suffix, options.seed)
        versions = peer.call("versions").values
    figures |= small_hands(root, quick=options.quick)
    figures |= our_own(root, options)
    return Findings(figures, {"mediapipe": versions["mediapipe"]}, own_note())


def small_hands(root: Path, *, quick: bool) -> dict[str, Figure]:
    hands = Hands.load("full", max_hands=20, palm_threshold=0.3)
    tiny = read_labelled(root / "coco_wholebody")
    found = measure_set(
        "coco_wholebody", tiny, lambda image: hands.detect(image, search="tiles"), read
    )
    people = some(read_labelled(root / "mediapipe_hagrid_sample"), 4 if quick else 100)
    usual = Hands.load("full", max_hands=20)
    figures = figures_of(found, "_tiles", 0)
    for suffix, search in (("", "whole"), ("_tiles", "tiles")):
        counts = [len(usual.detect(read(p), search=search).hands) for p in people]
        figures[f"hands_a_photograph_hagrid{suffix}"] = Figure(
            float(np.mean(counts)), n=len(counts)
        )
    return figures


def our_own(root: Path, options: Options) -> dict[str, Figure]:
    """Our own models on every set, MediaPipe's where they were not measured on it above."""
    sides = (*measured(), MEDIAPIPE_LITE)
    figures: dict[str, Figure] = {}
    for folder, (name, threshold) in SETS.items():
        photographs = some(read_labelled(root / folder), 60 if options.quick else 10_000)
        judged = [(side, name) for side in sides]
        if name == "sign_digits":
            photographs = people_held_out(read_labelled(root / folder))
            photographs = some(tuple(photographs), 60 if options.quick else 10_000)
            held_out = [(side, f"{name}_held_out") for side in MEDIAPIPE]
            judged = [*((side, name) for side in measured()), *held_out]
        for side, called in judged:
            hands = side.load(max_hands=MAX_HANDS, palm_threshold=threshold)
            found = measure_set(called, photographs, hands.detect, read)
            figures |= named(side, found, options.seed)
    figures |= agreement(options)
    figures |= small_and_false(root, options)
    for side in (*own(), *MEDIAPIPE):
        for card in side.models().cards:
            what = "mb_palm" if "palm" in card.name else "mb_hand"
            figures[side.figure(what, "")] = Figure(card.size_bytes / 1e6, unit="MB")
    return figures


def measured() -> tuple[Side, ...]:
    """Our own models in eight bits: their cards tell how little those in float differ."""
    return tuple(side for side in own() if not side.is_float)


def named(side: Side, found: SetAccuracy, seed: int) -> dict[str, Figure]:
    prefix = f"{side.prefix}_" if side.prefix else ""
    return figures_of(found, f"_{side.suffix}" if side.suffix else "", seed, prefix)


def people_held_out(photographs: tuple[LabelledPhotograph, ...]) -> list[LabelledPhotograph]:
    people = people_of({p.path.name: int(p.path.parent.name) for p in photographs})
    return [p for p in photographs if is_held_out(f"sign_digits {people[p.path.name]}")]


def agreement(options: Options) -> dict[str, Figure]:
    """Mean distances from MediaPipe full's labels of sign digits by people held out."""
    samples = [enlarged(sample) for sample in taught()][: 60 if options.quick else 10_000]
    figures = {}
    for side in (*measured(), *MEDIAPIPE):
        found, _ = look(side.load(max_hands=MAX_HANDS), samples)
        _, error = rate_and_error(found, options.seed)
        if error is not None:
            of = "sign_digits" if side.prefix else "sign_digits_held_out"
            figures[side.figure("error", of)] = replace(error, note="agreement with the teacher")
    return figures


def enlarged(sample: Sample) -> Sample:
    """A sample with the border and size that `read` gives photographs of 100 x 100."""
    padded = cv2.copyMakeBorder(sample.image, *[50] * 4, cv2.BORDER_REPLICATE)
    image = np.asarray(cv2.resize(padded, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR))
    moved = np.array([50, 50, 0], np.float32)
    hands = [replace(hand, keypoints=(hand.keypoints + moved) * 2) for hand in sample.hands]
    return replace(sample, image=image, hands=tuple(hands))


def small_and_false(root: Path, options: Options) -> dict[str, Figure]:
    """The search for small hands, and what it and low thresholds cost."""
    sides = (*measured(), *MEDIAPIPE)
    searches = ("whole",) if options.quick else ("whole", "auto", "tiles")
    tiny = read_labelled(root / "coco_wholebody")
    people = [read(p) for p in some(read_labelled(root / "mediapipe_hagrid_sample"), 100)]
    without = animals(root.parent, 30 if options.quick else 300)
    figures: dict[str, Figure] = {}
    for side in sides:
        for search in searches:
            kind = "" if search == "whole" else f"_{search}"
            called = side.figure("false_hands", kind[1:])
            # A search of tiles takes a second and more: a share of the photographs has to do.
            figures[called] = false_hands(side, without[:: 1 if not kind else 20], 0.5, search)
            if not kind:
                continue
            hands = side.load(max_hands=20, palm_threshold=0.3)
            detect = partial(hands.detect, search=search)
            found = measure_set(f"coco_wholebody{kind}", tiny, detect, read)
            figures |= named(side, found, options.seed)
        if side.prefix:
            usual = side.load(max_hands=20)
            for search in searches:
                kind = "" if search == "whole" else f"_{search}"
                counts = [len(usual.detect(image, search=search).hands) for image in people]
                called = f"hands_a_photograph_{side.prefix}_hagrid{kind}"
                figures[called] = Figure(float(np.mean(counts)), n=len(counts))
    held_out = people_held_out(read_labelled(root / "sign_digits"))
    signs = [read(p) for p in some(tuple(held_out), 20 if options.quick else 60)]
    shown = (*own()[:1], MEDIAPIPE[0]) if options.quick else sides
    thresholds = THRESHOLDS[::2] if options.quick else THRESHOLDS
    without = without[::3]
    table = trade(
        shown,
        without,
        [*people, *signs],
        options.plot("thresholds"),
        thresholds,
    )
    for (title, threshold), (false, found_share) in table.items():
        (side,) = (side for side in shown if side.title == title)
        at = f"at_{round(threshold * 100)}"
        figures[side.figure("false_hands", at)] = Figure(false, n=len(without))
        figures[side.figure("detected", f"hagrid_and_signs_{at}")] = Figure(
            found_share, n=len(people) + len(signs)
        )
    return figures


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
