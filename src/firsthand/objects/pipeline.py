"""Detection and tracking as a graph, the one of the article: detect rarely, follow always.

"Real-Time 3D Object Detection on Mobile Devices with MediaPipe" (Google AI Blog, 2020): what was
found in one frame is carried to the next by optical flow, through a back edge, and only frames in
which a new object may have to be found go to the detector.
"""

from firsthand.graph import GraphBuilder, GraphConfig
from firsthand.graph.calculators import FlowLimiter, PreviousLoopback
from firsthand.media.frame import Frame
from firsthand.objects.calculators import CornersStage, DetectorStage, Flow


def tracking_graph(*, in_flight: int = 0, executor: str = "") -> GraphConfig:
    """Return the graph from `frame` (`Frame`) to `objects` (`ObjectsResult`).

    Side packets: `models` (`ObjectModels`) and `options` (`TrackerOptions`).

    Args:
        in_flight: for live input, how many frames may be under way at once; others are dropped,
            so that results are never late. 0 drops none.
        executor: the executor, with one thread, on which the models run; "" for the default.
    """
    g = GraphBuilder()
    models, options = g.side_input("models"), g.side_input("options")
    frame = g.input("frame", Frame)
    if in_flight:
        frame = g.node(
            FlowLimiter,
            inputs={"": frame, "FINISHED": g.loop("objects")},
            outputs={"": "limited_frame"},
            options={"max_in_flight": in_flight},
            name="flow_limiter",
        )[0]
    previous = g.node(
        PreviousLoopback,
        inputs={"MAIN": frame, "LOOP": g.loop("after")},
        outputs={"PREV_LOOP": "previous"},
        name="previous_frame",
    )
    start = g.node(
        Flow,
        inputs={"FRAME": frame, "PREVIOUS": previous["PREV_LOOP"]},
        outputs={"SEARCH": "frame_to_search", "STATE": "state"},
        side={"OPTIONS": options},
        name="flow",
    )
    rectangles = g.node(
        DetectorStage,
        inputs={"FRAME": start["SEARCH"]},
        outputs={"RECTANGLES": "rectangles"},
        side={"MODELS": models, "OPTIONS": options},
        name="detector",
        executor=executor,
    )
    found = g.node(
        CornersStage,
        inputs={
            "FRAME": frame,
            "STATE": start["STATE"],
            "RECTANGLES": rectangles["RECTANGLES"],
        },
        outputs={"OBJECTS": "objects", "AFTER": "after"},
        side={"MODELS": models, "OPTIONS": options},
        name="corners",
        executor=executor,
    )
    g.output(found["OBJECTS"])
    return g.build(executors={executor: 1} if executor else {})
