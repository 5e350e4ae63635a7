"""The stages of object tracking as calculators: thin, the work is done by the plain functions."""

from firsthand.graph import STANDARD, Calculator, Context, Contract
from firsthand.media.frame import Frame
from firsthand.objects.detector import Rectangles
from firsthand.objects.models import ObjectModels
from firsthand.objects.options import TrackerOptions
from firsthand.objects.tracking import TrackerState, begin, detector_is_due, finish, search
from firsthand.objects.types import ObjectsResult


@STANDARD.calculator("ObjectsFlowCalculator")
class Flow(Calculator):
    """Carries what the last frame left, PREVIOUS, on to FRAME; lets it through to SEARCH if due.

    STATE is what is known of the frames before, moved with the picture.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read a frame; PREVIOUS has no packet at the first."""
        contract.input("FRAME", Frame)
        contract.input("PREVIOUS", TrackerState)
        contract.side_input("OPTIONS", TrackerOptions)
        contract.output("SEARCH", Frame)
        contract.output("STATE", TrackerState)
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        """Follow, and decide."""
        frame, previous = ctx.inputs["FRAME"], ctx.inputs["PREVIOUS"]
        last = TrackerState() if previous.is_empty else previous.payload
        state = begin(last, frame.payload.image, ctx.timestamp)
        if detector_is_due(state, ctx.timestamp, ctx.side["OPTIONS"]):
            ctx.outputs["SEARCH"].add(frame)
        ctx.send("STATE", state)


@STANDARD.calculator("ObjectsDetectorCalculator")
class DetectorStage(Calculator):
    """From FRAME to RECTANGLES in which there may be an object."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Run where there is a frame, let bounds pass where there is none."""
        contract.input("FRAME", Frame)
        contract.side_input("MODELS", ObjectModels)
        contract.side_input("OPTIONS", TrackerOptions)
        contract.output("RECTANGLES", Rectangles)
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        """Detect."""
        image = ctx.inputs["FRAME"].payload.image
        ctx.send("RECTANGLES", search(image, ctx.side["MODELS"], ctx.side["OPTIONS"]))


@STANDARD.calculator("ObjectsCornersCalculator")
class CornersStage(Calculator):
    """Looks for objects where they are tracked, by STATE, and in RECTANGLES.

    RECTANGLES has a packet only where the detector ran; AFTER goes back to the next frame.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Take everything known of this frame."""
        contract.input("FRAME", Frame)
        contract.input("STATE", TrackerState)
        contract.input("RECTANGLES", Rectangles)
        contract.side_input("MODELS", ObjectModels)
        contract.side_input("OPTIONS", TrackerOptions)
        contract.output("OBJECTS", ObjectsResult)
        contract.output("AFTER", TrackerState)
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        """Find the objects."""
        found = ctx.inputs["RECTANGLES"]
        after, result = finish(
            ctx.inputs["STATE"].payload,
            None if found.is_empty else found.payload,
            ctx.inputs["FRAME"].payload.image,
            ctx.timestamp,
            ctx.side["MODELS"],
            ctx.side["OPTIONS"],
        )
        ctx.send("OBJECTS", result)
        ctx.send("AFTER", after)
