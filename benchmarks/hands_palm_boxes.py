"""How does the box of MediaPipe's palm detector lie about the palm, where joints alone are known?

What `firsthand.train.hands.palm_boxes` asks of detectors that are trained here. Photographs of sign
digits with a border, half of them turned by any angle, all shrunk by up to 2.5, each with the palm
that MediaPipe's full detector finds and the joints that its landmark model finds there. `side_...`
is the box's side over the larger extent of seven keypoints: the detector's own, or the landmark
model's joints of the same names; `middle_...` the distance of the box's centre from the middle of
these, in sides, along the line from the middle finger's knuckle to the wrist; each with its
standard deviation.
"""

import cv2
import numpy as np

from firsthand.hands import Hands, published_models
from firsthand.hands.labels import read_labelled
from firsthand.hands.palms import detect_palms
from firsthand.measure import Figure, Findings, Options, bootstrap_mean, data_root, run_benchmark
from firsthand.media import RgbImage, read_image
from firsthand.train.hands.palm_boxes import PALM_JOINTS

BORDER_PX, SHOWN_PX, MOST_SHRUNK = 100, 192, 2.5


def varied(photograph: RgbImage, rng: np.random.Generator) -> RgbImage:
    """The photograph with a border, turned or not, and smaller."""
    padded = cv2.copyMakeBorder(photograph, *[BORDER_PX] * 4, cv2.BORDER_REPLICATE)
    side = padded.shape[0]
    angle = float(rng.uniform(0, 360)) if rng.random() < 0.5 else 0.0
    scale = SHOWN_PX / photograph.shape[0] / float(rng.uniform(1, MOST_SHRUNK))
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), angle, scale)
    matrix[:, 2] += SHOWN_PX - side / 2
    size = (2 * SHOWN_PX, 2 * SHOWN_PX)
    turned = cv2.warpAffine(padded, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def about(box: np.ndarray, palm: np.ndarray) -> tuple[float, float]:
    """The side over the extent of (7, 2) keypoints, and the shift towards the wrist, in sides."""
    low, high = palm.min(axis=0), palm.max(axis=0)
    side = float(box[2:].max())
    back = palm[0] - palm[2]
    shift = box[:2] + box[2:] / 2 - (low + high) / 2
    return side / float((high - low).max()), float(shift @ back / np.linalg.norm(back)) / side


def measure(options: Options) -> Findings:
    rng = np.random.default_rng(options.seed)
    models = published_models("full")
    hands = Hands(models)
    photographs = read_labelled(data_root(__file__) / "hands" / "sign_digits")
    found: dict[str, list[tuple[float, float]]] = {"keypoints": [], "joints": []}
    for photograph in photographs[:: 20 if options.quick else 2]:
        image = varied(read_image(photograph.path), rng)
        palms, seen = detect_palms(models.palm, image, 0.5), hands.detect(image).hands
        if len(palms) != 1 or len(seen) != 1:
            continue
        scale = 2.0 * SHOWN_PX
        box, palm = palms.boxes[0] * scale, palms.keypoints[0] * scale
        found["keypoints"].append(about(box, palm))
        found["joints"].append(about(box, seen[0].keypoints[list(PALM_JOINTS), :2]))
    figures: dict[str, Figure] = {}
    for kind, pairs in found.items():
        for what, values in zip(("side", "middle"), np.array(pairs).T, strict=True):
            mean = bootstrap_mean(values, rng=np.random.default_rng(options.seed))
            figures[f"{what}_{kind}"] = Figure.of(mean, n=len(values))
            figures[f"{what}_{kind}_deviation"] = Figure(float(values.std()), n=len(values))
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
