"""Detection and tracking as a graph, the one of the article: detect rarely, follow always.

"Real-Time 3D Object Detection on Mobile Devices with MediaPipe" (Google AI Blog, 2020): what was
found in one frame is carried to the next by optical flow, through a back edge, and only frames in
which a new object may have to be found go to the detector.
"""

from firsthand.graph import GraphBuilder, GraphConfig
from firsthand.graph.detect_track import add_tracking
from firsthand.objects.calculators import STAGES


def tracking_graph(*, in_flight: int = 0, executor: str = "") -> GraphConfig:
    """Return the graph from `frame` (`Frame`) to `objects` (`ObjectsResult`).

    Side packets: `models` (`BoxModels`) and `options` (`TrackerOptions`).

    Args:
        in_flight: for live input, how many frames may be under way at once; others are dropped,
            so that results are never late. 0 drops none.
        executor: the executor, with one thread, on which the models run; "" for the default.
    """
    g = GraphBuilder()
    g.output(add_tracking(g, STAGES, "objects", in_flight, executor))
    return g.build(executors={executor: 1} if executor else {})
