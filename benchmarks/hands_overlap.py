"""Are hands told apart that shake, clasp or cover each other?

Rendered pictures of 256 x 256 of two hands, by a seed that nothing is trained with; what is less
than a third visible need not be found. `ap_own_SCENE`: average precision of the palm detector, as
COCO's at an overlap of one half, the palm being the square around its keypoints; `palms_...`: the
share of palms so found with a score of at least 0.5. `found_...` is the share of hands that the
whole pipeline finds (mean distance of the joints up to a palm's length), `error_...` their mean
distance over the palm's length, hidden joints included; `all_...` the share of pictures in which
every hand is found, and `false_...` the hands a picture that are not there. The picture shows
truth, ours and MediaPipe full's.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from firsthand.hands import BONES, Hands
from firsthand.hands.palms import detect_palms
from firsthand.measure import (
    Figure,
    Findings,
    ImageBoxes,
    Options,
    average_precision_interval,
    box_overlaps,
    run_benchmark,
    wilson,
)
from firsthand.media import RgbImage, draw_text, write_image
from firsthand.train.hands.palm_boxes import palm_box
from firsthand.train.hands.samples import HandTruth, Sample, SampleFolder
from hands_samples import is_asked_for, look, match, rate_and_error, rendered
from hands_sides import MEDIAPIPE, Side, own, own_note

SCENES = ("handshake", "clasp", "overlap")
MAX_HANDS, MIN_OVERLAP, THRESHOLD, LEAST_SCORE = 4, 0.5, 0.5, 0.02
SHOWN_EACH, SHOWN_PX, HEADING_PX = 2, 256, 32
COLOURS = ((0, 190, 255), (255, 120, 0), (120, 220, 0), (230, 60, 200))


def palms_in(hands: Hands, sample: Sample) -> ImageBoxes:
    """What the detector alone finds, in pixels, beside the true squares."""
    height, width, _ = sample.image.shape
    palms = detect_palms(hands.models.palm, sample.image, LEAST_SCORE)
    asked = [is_asked_for(truth, sample) for truth in sample.hands]
    squares = [square(truth) for truth in sample.hands]
    return ImageBoxes(
        palms.boxes * np.array([width, height, width, height]),
        palms.scores,
        [box for box, wanted in zip(squares, asked, strict=True) if wanted],
        ignored=[box for box, wanted in zip(squares, asked, strict=True) if not wanted],
    )


def square(truth: HandTruth) -> tuple[float, float, float, float]:
    left, top, side = palm_box(truth.keypoints)
    return left, top, side, side


def palms_found(images: Sequence[ImageBoxes]) -> tuple[int, int]:
    """True palms that one with a sufficient score overlaps, and all."""
    found = 0
    for image in images:
        sure = np.asarray(image.found)[np.asarray(image.scores) >= THRESHOLD]
        shared = box_overlaps(image.true, sure)
        found += int((shared >= MIN_OVERLAP).any(axis=1).sum()) if shared.size else 0
    return found, sum(len(np.asarray(image.true)) for image in images)


def whole_pictures(hands: Hands, samples: SampleFolder) -> tuple[int, int]:
    """Pictures in which every hand is found, and all."""
    good = 0
    for sample in samples:
        errors, _ = match(sample.hands, hands.detect(sample.image).hands)
        good += all(
            error is not None
            for truth, error in zip(sample.hands, errors, strict=True)
            if is_asked_for(truth, sample)
        )
    return good, len(samples)


def measure_side(side: Side, scene: str, samples: SampleFolder, seed: int) -> dict[str, Figure]:
    hands = side.load(max_hands=MAX_HANDS)
    boxes = [palms_in(hands, sample) for sample in samples]
    precision = average_precision_interval(boxes, MIN_OVERLAP, rng=np.random.default_rng(seed))
    hits, palms = palms_found(boxes)
    found, false = look(hands, samples)
    rate, error = rate_and_error(found, seed)
    whole, pictures = whole_pictures(hands, samples)
    figures = {
        "ap": Figure.of(precision, n=palms),
        "palms": Figure.of(wilson(hits, palms), n=palms),
        "found": rate,
        "all": Figure.of(wilson(whole, pictures), n=pictures),
        "false": Figure(false / pictures, n=pictures),
    }
    if error is not None:
        figures["error"] = error
    return {side.figure(what, scene): figure for what, figure in figures.items()}


def drawn(image: RgbImage, hands: Sequence[np.ndarray]) -> RgbImage:
    """A picture, enlarged, with (21, 2) joints of each hand in a colour of its own."""
    scale = SHOWN_PX / image.shape[1]
    large = cv2.resize(image, (SHOWN_PX, SHOWN_PX), interpolation=cv2.INTER_CUBIC)
    for number, points in enumerate(hands):
        colour = COLOURS[number % len(COLOURS)]
        places = [tuple(map(int, np.rint(point * scale))) for point in points]
        for a, b in BONES:
            cv2.line(large, places[a], places[b], colour, 2, cv2.LINE_AA)
        for place in places:
            cv2.circle(large, place, 3, colour, -1, cv2.LINE_AA)
    return np.asarray(large, np.uint8)


def heading(title: str) -> RgbImage:
    plate = np.full((HEADING_PX, SHOWN_PX, 3), 255, np.uint8)
    return draw_text(plate, title, (8, 6), size_px=18, color=(20, 20, 20), plate=None)


def picture(scenes: dict[str, SampleFolder], sides: Sequence[Side]) -> RgbImage:
    """A row for each sample shown: truth, then what each side finds."""
    loaded = [side.load(max_hands=MAX_HANDS) for side in sides]
    rows = [np.hstack([heading(title) for title in ("truth", *(side.title for side in sides))])]
    for samples in scenes.values():
        for sample in [samples[index] for index in range(SHOWN_EACH)]:
            truth = [hand.keypoints[:, :2] for hand in sample.hands]
            found = [
                [hand.keypoints[:, :2] for hand in hands.detect(sample.image).hands]
                for hands in loaded
            ]
            rows.append(np.hstack([drawn(sample.image, each) for each in (truth, *found)]))
    return np.vstack(rows)


def measure(options: Options) -> Findings:
    sides = (*own(), *MEDIAPIPE)
    scenes = {scene: rendered(scene, 250) for scene in SCENES}
    if options.quick:
        sides = (*own()[:1], MEDIAPIPE[0])
        scenes = {scene: samples.first(60) for scene, samples in scenes.items()}
    figures: dict[str, Figure] = {}
    for scene, samples in scenes.items():
        for side in sides:
            figures |= measure_side(side, scene, samples, options.seed)
    options.folder.mkdir(parents=True, exist_ok=True)
    shown = (*own()[:1], MEDIAPIPE[0])
    write_image(options.plot().with_suffix(".jpg"), picture(scenes, shown))
    return Findings(figures, noise=own_note())


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
