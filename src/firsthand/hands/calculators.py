"""The stages of hand tracking as calculators: thin, the work is done by the plain functions."""

from firsthand.graph import STANDARD, Calculator, Context, Contract, from_step
from firsthand.graph.detect_track import Tracking, tracking_stages
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

STAGES = tracking_stages(
    "Hands",
    Tracking(
        searching="palm_detector",
        finishing="landmarks",
        frame=Frame,
        state=TrackerState,
        models=HandModels,
        options=TrackerOptions,
        found=tuple,
        result=HandsResult,
        begin=begin,
        is_due=detector_is_due,
        search=lambda image, models, options: search(image, models.palm, options),
        finish=lambda state, found, image, timestamp_us, models, options: finish(
            state, found, image, timestamp_us, models.landmark, options
        ),
    ),
)
"""The detector finds palms, regions in which there may be a hand; landmarks make hands of them."""

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
