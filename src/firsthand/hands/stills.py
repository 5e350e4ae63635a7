"""Hands in a single image."""

from dataclasses import replace

from firsthand.errors import ConfigError
from firsthand.hands.association import MIN_OVERLAP, Candidate, associate, overlap
from firsthand.hands.model_input import check_image
from firsthand.hands.models import HandModels
from firsthand.hands.search import Search, search_tiles
from firsthand.hands.tracking import TrackerOptions, candidates, follow
from firsthand.hands.tracking import search as search_whole
from firsthand.hands.types import Hand, HandsResult
from firsthand.media.frame import RgbImage


def detect(
    image: RgbImage, models: HandModels, options: TrackerOptions, search: Search = "whole"
) -> HandsResult:
    """Find the hands in one image; the detector always runs.

    Raises `ShapeError` for anything but uint8 (height, width, 3), `ConfigError` for an unknown
    `search`.
    """
    check_image(image)
    if search not in ("whole", "tiles", "auto"):
        raise ConfigError(f"search is 'whole', 'tiles' or 'auto', not {search!r}")
    hands = () if search == "tiles" else _in_whole(image, models, options)
    if search != "whole" and not hands:
        hands = _in_tiles(image, models, options)
    height, width = image.shape[:2]
    return HandsResult(0, width, height, hands, detector_ran=True)


def _in_whole(image: RgbImage, models: HandModels, options: TrackerOptions) -> tuple[Hand, ...]:
    looked = associate(search_whole(image, models.palm, options), (), options.max_hands)
    return follow(looked, image, models.landmark, options, 0)[0]


def _in_tiles(image: RgbImage, models: HandModels, options: TrackerOptions) -> tuple[Hand, ...]:
    """Look at palm after palm until there are enough hands; two on one hand count once."""
    height, width = image.shape[:2]
    palms = search_tiles(models.palm, image, options.palm_threshold)
    hands: list[Hand] = []
    places: list[Candidate] = []
    for candidate in candidates(palms, models.palm, width, height):
        found, moved, _ = follow((candidate,), image, models.landmark, options, len(hands))
        if not moved or any(overlap(moved[0].region, p.region) > MIN_OVERLAP for p in places):
            continue
        hands.append(replace(found[0], track_id=len(hands)))
        places.append(moved[0])
        if len(hands) == options.max_hands:
            break
    return tuple(hands)
