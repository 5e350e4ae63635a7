"""Run a part of a graph once for each element of a collection."""

from collections.abc import Iterable
from typing import Any, Final

from firsthand.core import timestamp as ts
from firsthand.errors import ConfigError
from firsthand.graph.calculator import STANDARD, Calculator, Contract
from firsthand.graph.context import Context
from firsthand.graph.packet import EMPTY

BEGIN_ELEMENTS: Final = (
    "", "Detection", "Float", "Image", "ImageFrame", "Int", "Matrix", "MatrixVector",
    "NormalizedLandmarkListVector", "NormalizedRect", "String", "Tensor", "Uint64t",
)  # fmt: skip
END_ELEMENTS: Final = (
    "", "AffineMatrix", "Boolean", "ClassificationList", "Detection", "Float", "Image",
    "ImageFrame", "ImageSize", "LandmarkListVector", "Matrix", "NormalizedLandmarkListVector",
    "NormalizedRect", "RenderData", "Tensor",
)  # fmt: skip


class BeginLoop(Calculator):
    """Send each element of ITERABLE as a packet of its own on ITEM.

    Elements get times of the loop's own: 0, 1, 2 and so on over the whole run. BATCH_END carries
    the collection's timestamp at its last element's time, or, for an empty collection and a
    settled time without one, at a time that ITEM only settles. CLONE inputs are repeated on the
    CLONE outputs at each element's time.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Take an iterable; make elements and the end of each batch."""
        contract.input("ITERABLE", Iterable)
        contract.input("TICK", optional=True)
        contract.output("ITEM")
        contract.output("BATCH_END", int)
        clones = contract.inputs_of("CLONE")
        if contract.outputs_of("CLONE") != clones:
            raise ConfigError(
                f"node {contract.node!r} has {clones} CLONE inputs, so it needs as many CLONE "
                f"outputs; it was given: {contract.outputs.describe()}"
            )
        contract.process_timestamp_bounds = True

    def open(self, ctx: Context) -> None:
        """Start the loop's time at 0."""
        self._time = 0
        self._clones = [
            key
            for key in (f"CLONE:{i}" for i in range(len(ctx.inputs.packets)))
            if key in ctx.inputs
        ]

    def process(self, ctx: Context) -> None:
        """Send one collection."""
        start = self._time
        collection = ctx.inputs["ITERABLE"].payload
        for element in () if collection is EMPTY else collection:
            ctx.send("ITEM", element, self._time)
            for key in self._clones:
                packet = ctx.inputs[key]
                if packet.payload is not EMPTY:
                    ctx.outputs[key].add(packet.at(self._time))
            self._time += 1
        if self._time == start:
            self._time += 1
            for key in ("ITEM", *self._clones):
                ctx.outputs[key].set_next_timestamp_bound(self._time)
        ctx.send("BATCH_END", ctx.timestamp, self._time - 1)


class EndLoop(Calculator):
    """Collect the ITEM packets of a batch into a tuple, sent at the time BATCH_END carries.

    A batch without any item only raises the bound.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Elements and the end of each batch in; a tuple out."""
        contract.input("ITEM")
        contract.input("BATCH_END", int)
        contract.output("ITERABLE", tuple)

    def open(self, ctx: Context) -> None:  # noqa: ARG002 - the signature is the calculator's
        """Start with an empty batch."""
        self._items: list[Any] = []

    def process(self, ctx: Context) -> None:
        """Collect, and send at the end of a batch."""
        item, end = ctx.inputs["ITEM"].payload, ctx.inputs["BATCH_END"].payload
        if item is not EMPTY:
            self._items.append(item)
        if end is EMPTY:
            return
        if self._items:
            ctx.send("ITERABLE", tuple(self._items), end)
            self._items = []
        else:
            ctx.outputs["ITERABLE"].set_next_timestamp_bound(ts.next_allowed(end))


for _element in BEGIN_ELEMENTS:
    STANDARD.calculator(f"BeginLoop{_element}Calculator")(BeginLoop)
for _element in END_ELEMENTS:
    STANDARD.calculator(f"EndLoop{_element}Calculator")(EndLoop)
