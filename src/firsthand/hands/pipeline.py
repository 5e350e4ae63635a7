"""Hand tracking as a graph, the one of the article: detect rarely, follow always.

"On-Device, Real-Time Hand Tracking with MediaPipe" (Google AI Blog, 2019): the landmark model's
regions of one frame tell where to look in the next, through a back edge, and only frames in which
a new hand may have to be found go to the palm detector.
"""

from firsthand.graph import GraphBuilder, GraphConfig, Stream
from firsthand.graph.detect_track import add_tracking
from firsthand.hands.calculators import STAGES, Gestures
from firsthand.hands.types import HandsResult


def tracking_graph(*, in_flight: int = 0, executor: str = "") -> GraphConfig:
    """Return the graph from `frame` (`Frame`) to `hands` (`HandsResult`).

    Side packets: `models` (`HandModels`) and `options` (`TrackerOptions`).

    Args:
        in_flight: for live input, how many frames may be under way at once; others are dropped,
            so that results are never late. 0 drops none.
        executor: the executor, with one thread, on which the models run; "" for the default.
    """
    g = GraphBuilder()
    g.output(_add_tracking(g, in_flight, executor))
    return g.build(executors={executor: 1} if executor else {})


def gesture_graph(*, in_flight: int = 0, executor: str = "") -> GraphConfig:
    """Return `tracking_graph` with a second output, `gestures`: a tuple, one name for each hand."""
    g = GraphBuilder()
    hands = _add_tracking(g, in_flight, executor)
    named = g.node(Gestures, inputs=[hands], outputs=["gestures"], name="gestures")
    g.output(hands)
    g.output(named[0])
    return g.build(executors={executor: 1} if executor else {})


def _add_tracking(g: GraphBuilder, in_flight: int, executor: str) -> Stream[HandsResult]:
    return add_tracking(g, STAGES, "hands", in_flight, executor)
