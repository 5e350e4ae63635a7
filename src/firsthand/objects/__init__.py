"""3D objects: oriented boxes of everyday things from one image, tracked over video.

    from firsthand.media import read_image
    from firsthand.objects import Objects

    for found in Objects.load("chair").detect(read_image("room.jpg")).objects:
        found.points  # (9, 2): where the middle and the corners of its box are seen, in pixels
        found.box.size  # (3,): its edges, in the distance to the camera

After Google's "Real-Time 3D Object Detection on Mobile Devices with MediaPipe" (Objectron). Nothing
heavy is loaded here: a module comes when one of its names is first used.
"""

from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy

if TYPE_CHECKING:
    from firsthand.objects.annotations import Annotation, read_annotations, write_annotations
    from firsthand.objects.api import Objects
    from firsthand.objects.categories import CATEGORIES, Category
    from firsthand.objects.drawing import draw_objects
    from firsthand.objects.frame_labels import labels, write_labels
    from firsthand.objects.models import (
        ObjectModels,
        ObjectNetwork,
        load_models,
        open_models,
        open_network,
    )
    from firsthand.objects.options import TrackerOptions
    from firsthand.objects.pipeline import tracking_graph
    from firsthand.objects.scaling import Ground, of_length, standing_on
    from firsthand.objects.session import Session, read_session, write_session
    from firsthand.objects.steadying import Steadiness
    from firsthand.objects.tracking import TrackerState, step
    from firsthand.objects.types import FoundObject, ObjectsResult

_HOMES = {
    "annotations": ("Annotation", "read_annotations", "write_annotations"),
    "api": ("Objects",),
    "categories": ("CATEGORIES", "Category"),
    "drawing": ("draw_objects",),
    "frame_labels": ("labels", "write_labels"),
    "models": (
        "ObjectModels",
        "ObjectNetwork",
        "load_models",
        "open_models",
        "open_network",
    ),
    "options": ("TrackerOptions",),
    "pipeline": ("tracking_graph",),
    "scaling": ("Ground", "of_length", "standing_on"),
    "session": ("Session", "read_session", "write_session"),
    "steadying": ("Steadiness",),
    "tracking": ("TrackerState", "step"),
    "types": ("FoundObject", "ObjectsResult"),
}

__all__ = [
    "CATEGORIES",
    "Annotation",
    "Category",
    "FoundObject",
    "Ground",
    "ObjectModels",
    "ObjectNetwork",
    "Objects",
    "ObjectsResult",
    "Session",
    "Steadiness",
    "TrackerOptions",
    "TrackerState",
    "draw_objects",
    "labels",
    "load_models",
    "of_length",
    "open_models",
    "open_network",
    "read_annotations",
    "read_session",
    "standing_on",
    "step",
    "tracking_graph",
    "write_annotations",
    "write_labels",
    "write_session",
]

__getattr__, __dir__ = lazy(__name__, _HOMES, __all__)
