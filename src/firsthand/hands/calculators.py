"""The stages of hand tracking as calculators: thin, the work is done by the plain functions."""

from firsthand.graph import STANDARD, Calculator, Context, Contract, from_step
from firsthand.hands.association import associate
from firsthand.hands.models import HandModels
from firsthand.hands.naming import NamingState, name_step
from firsthand.hands.tracking import (
    TrackerOptions,
    TrackerState,
    begin,
    detector_is_due,
    finish,
    search,
)
from firsthand.hands.types import HandsResult
from firsthand.media.frame import Frame


@STANDARD.calculator("HandsBeginCalculator")
class Begin(Calculator):
    """Takes FRAME and what the last one left, PREVIOUS; says in DETECT whether to look for palms.

    STATE is what the rest of the graph needs to know of the frames before.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read a frame; PREVIOUS has none for the first."""
        contract.input("FRAME", Frame)
        contract.input("PREVIOUS", TrackerState)
        contract.side_input("OPTIONS", TrackerOptions)
        contract.output("STATE", TrackerState)
        contract.output("DETECT", bool)
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        """Check the frame and decide."""
        previous = ctx.inputs["PREVIOUS"]
        image = ctx.inputs["FRAME"].payload.image
        last = TrackerState() if previous.is_empty else previous.payload
        state = begin(last, image, ctx.timestamp)
        ctx.send("STATE", state)
        ctx.send("DETECT", detector_is_due(state, ctx.timestamp, ctx.side["OPTIONS"]))


@STANDARD.calculator("HandsPalmDetectorCalculator")
class PalmDetector(Calculator):
    """From FRAME to PALMS, regions in which there may be a hand."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Run where there is a frame, let bounds pass where there is none."""
        contract.input("FRAME", Frame)
        contract.side_input("MODELS", HandModels)
        contract.side_input("OPTIONS", TrackerOptions)
        contract.output("PALMS", tuple)
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        """Detect."""
        image = ctx.inputs["FRAME"].payload.image
        ctx.send("PALMS", search(image, ctx.side["MODELS"].palm, ctx.side["OPTIONS"]))


@STANDARD.calculator("HandsAssociationCalculator")
class Association(Calculator):
    """Joins new PALMS, if any, with the hands already tracked in STATE: one region a hand."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """PALMS come only with frames that the detector saw."""
        contract.input("STATE", TrackerState)
        contract.input("PALMS", tuple)
        contract.side_input("OPTIONS", TrackerOptions)
        contract.output("REGIONS", tuple)
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        """Associate."""
        palms = ctx.inputs["PALMS"]
        tracked = ctx.inputs["STATE"].payload.tracked
        found = () if palms.is_empty else palms.payload
        ctx.send("REGIONS", associate(found, tracked, ctx.side["OPTIONS"].max_hands))


@STANDARD.calculator("HandsLandmarksCalculator")
class Landmarks(Calculator):
    """Looks for a hand in each of REGIONS; AFTER goes back to the next frame."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Take everything known of this frame."""
        contract.input("FRAME", Frame)
        contract.input("STATE", TrackerState)
        contract.input("DETECT", bool)
        contract.input("REGIONS", tuple)
        contract.side_input("MODELS", HandModels)
        contract.side_input("OPTIONS", TrackerOptions)
        contract.output("HANDS", HandsResult)
        contract.output("AFTER", TrackerState)
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        """Find the hands."""
        after, result = finish(
            ctx.inputs["STATE"].payload,
            ctx.inputs["REGIONS"].payload,
            ctx.inputs["FRAME"].payload.image,
            ctx.timestamp,
            ctx.side["MODELS"].landmark,
            ctx.side["OPTIONS"],
            ctx.inputs["DETECT"].payload,
        )
        ctx.send("HANDS", result)
        ctx.send("AFTER", after)


Gestures = STANDARD.calculator("HandsGesturesCalculator")(
    from_step(name_step, NamingState, "Gestures")
)
"""From hands to the names of what they show, steady over time, one for each hand."""
