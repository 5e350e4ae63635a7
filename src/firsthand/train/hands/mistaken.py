"""What our palm detector wrongly takes for palms: the hardest of all that is no hand.

The landmark model's presence refuses what the detector proposes, so it is to learn from that, as
cascades are trained (Viola and Jones 2001): each stage on what the ones before let pass.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from firsthand.errors import InputError
from firsthand.hands.palms import PalmModel, detect_palms, palm_model
from firsthand.hands.regions import in_pixels, region_from_palm
from firsthand.hands.types import Region
from firsthand.hands.weights import BUNDLED, FOLDER
from firsthand.media.frame import RgbImage
from firsthand.runtime import load_runner
from firsthand.train.hands.crops import apart, followed_region, to_crop, warp
from firsthand.train.hands.samples import Sample, SampleFolder

SIDE_PX: Final = 160
_WIDER: Final = 1.25  # than the region, so that it can be looked at from beside
_THRESHOLD: Final = 0.15
_MOST: Final = 3  # of a picture


def bundled_detector() -> PalmModel:
    """Return the smallest palm detector that comes with Firsthand, whose mistakes are the most.

    Raises what `load_runner` raises.
    """
    return palm_model(load_runner(FOLDER / f"{BUNDLED['tiny'][0]}.tflite"))


def mistaken_samples(
    seed: int, count: int, pictures: SampleFolder, palm: PalmModel, *, part: int, parts: int
) -> Iterator[Sample]:
    """Yield `count` squares around palms found where no hand is, in one of `parts` of the pictures.

    Which pictures belong to a part depends on `seed` and their number alone. `InputError` if the
    detector makes too few mistakes in them.
    """
    order = np.random.default_rng(seed).permutation(len(pictures))[part::parts]
    made = 0
    for index in order:
        sample = pictures[int(index)]
        for number, region in enumerate(_wrong(sample, palm)):
            image = warp(sample.image, to_crop(region, SIDE_PX, False), SIDE_PX)
            yield Sample(image, (), f"mistaken/{sample.name}/{number}")
            made += 1
            if made == count:
                return
    raise InputError(
        f"the palm detector is wrong only {made} times in {len(order)} pictures, where {count} "
        "mistakes are wanted: fewer are enough to learn from, or give more pictures"
    )


def _wrong(sample: Sample, palm: PalmModel) -> list[Region]:
    """Return regions of the likeliest palms that are no hand's, a little enlarged."""
    image: RgbImage = sample.image
    height, width = image.shape[:2]
    hands = [followed_region(hand, width, height) for hand in sample.hands]
    if any(hand is None for hand in hands):
        return []
    palms = detect_palms(palm, image, _THRESHOLD)
    found: list[Region] = []
    for box, keypoints in zip(palms.boxes, palms.keypoints, strict=True):
        unit = region_from_palm(box, keypoints, width, height)
        if unit is None:
            continue
        at = in_pixels(unit, width, height)
        if all(hand is None or apart(hand, at.x, at.y, at.width) for hand in hands):
            side = at.width * _WIDER
            found.append(Region(at.x, at.y, side, side, at.rotation))
        if len(found) == _MOST:
            break
    return found
