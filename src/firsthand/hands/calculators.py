"""The stages of hand tracking as calculators: thin, the work is done by the plain functions."""

from firsthand.graph import STANDARD, Calculator, Context, Contract, from_step
from firsthand.hands.gestures.motion import (
    MotionModel,
    MotionOptions,
    MotionsState,
    motions_step,
)
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
    """Takes FRAME and what the last one left, PREVIOUS; lets frames to SEARCH through if due.

    STATE is what is known of the frames before.
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
        """Check the frame and decide."""
        frame, previous = ctx.inputs["FRAME"], ctx.inputs["PREVIOUS"]
        last = TrackerState() if previous.is_empty else previous.payload
        state = begin(last, frame.payload.image, ctx.timestamp)
        if detector_is_due(state, ctx.timestamp, ctx.side["OPTIONS"]):
            ctx.outputs["SEARCH"].add(frame)
        ctx.send("STATE", state)


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


@STANDARD.calculator("HandsLandmarksCalculator")
class Landmarks(Calculator):
    """Looks for hands where they were, by STATE, and in PALMS; AFTER goes back to the next frame.

    PALMS has a packet only where the detector ran.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Take everything known of this frame."""
        contract.input("FRAME", Frame)
        contract.input("STATE", TrackerState)
        contract.input("PALMS", tuple)
        contract.side_input("MODELS", HandModels)
        contract.side_input("OPTIONS", TrackerOptions)
        contract.output("HANDS", HandsResult)
        contract.output("AFTER", TrackerState)
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        """Find the hands."""
        palms = ctx.inputs["PALMS"]
        after, result = finish(
            ctx.inputs["STATE"].payload,
            None if palms.is_empty else palms.payload,
            ctx.inputs["FRAME"].payload.image,
            ctx.timestamp,
            ctx.side["MODELS"].landmark,
            ctx.side["OPTIONS"],
        )
        ctx.send("HANDS", result)
        ctx.send("AFTER", after)


Gestures = STANDARD.calculator("HandsGesturesCalculator")(
    from_step(name_step, NamingState, "Gestures")
)
"""From hands to the names of what they show, steady over time, one for each hand."""


@STANDARD.calculator("HandsMotionsCalculator")
class Motions(Calculator):
    """From hands to a tuple with the `Motion` of each, by MODEL; without OPTIONS the defaults."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read hands."""
        contract.input(0, HandsResult)
        contract.side_input("MODEL", MotionModel)
        contract.side_input("OPTIONS", MotionOptions, optional=True)
        contract.output(0, tuple)
        contract.timestamp_offset = 0

    def open(self, ctx: Context) -> None:
        """Begin with no hand known."""
        self._state = MotionsState()
        self._options = ctx.side.get("OPTIONS") or MotionOptions()

    def process(self, ctx: Context) -> None:
        """Tell what each hand does."""
        self._state, motions = motions_step(
            self._state, ctx.inputs[0].payload, ctx.side["MODEL"], self._options
        )
        ctx.send(0, motions)
