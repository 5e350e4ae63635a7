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
"""

from collections.abc import Callable
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
from hands_clips import ROOT

MAX_HANDS = 4
SETS = {  # folder: name in the figures, palm threshold
    "handpose_x": ("handpose_x", 0.3),
    "onehand10k": ("onehand10k", 0.3),
    "coco_wholebody": ("coco_wholebody", 0.3),
    "mediapipe_hagrid_sample": ("hagrid", 0.5),
    "sign_digits": ("sign_digits", 0.5),
}
Detect = Callable[[RgbImage], HandsResult]


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


def figures_of(found: SetAccuracy, suffix: str, seed: int) -> dict[str, Figure]:
    share = wilson(found.found, found.expected)
    note = f"{found.found} of {found.expected}"
    made = {f"detected_{found.name}{suffix}": Figure.of(share, note=note, n=found.expected)}
    if len(found.errors) > 1:
        mean = bootstrap_mean(np.array(found.errors), rng=np.random.default_rng(seed))
        made[f"error_{found.name}{suffix}"] = Figure.of(
            mean, note="of the palm's size", n=len(found.errors)
        )
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
    return Findings(figures, {"mediapipe": versions["mediapipe"]})


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


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
