"""The stages of object tracking as calculators: thin, the work is done by the plain functions."""

from firsthand.graph.detect_track import Tracking, tracking_stages
from firsthand.media.frame import Frame
from firsthand.objects.detector import Rectangles
from firsthand.objects.models import BoxModels
from firsthand.objects.options import TrackerOptions
from firsthand.objects.tracking import TrackerState, begin, detector_is_due, finish, search
from firsthand.objects.types import ObjectsResult

STAGES = tracking_stages(
    "Objects",
    Tracking(
        searching="detector",
        finishing="corners",
        frame=Frame,
        state=TrackerState,
        models=BoxModels,
        options=TrackerOptions,
        found=Rectangles,
        result=ObjectsResult,
        begin=begin,
        is_due=detector_is_due,
        search=search,
        finish=finish,
    ),
)
"""What was known is carried on by optical flow; the detector finds rectangles, the second stage
corners in them."""
