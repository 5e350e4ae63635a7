"""What each system set out for, and which figures tell: data for the board, docs/results.md.

Bounds that were asked for in words have a number here: "flat" is no more than a tenth or a
megabyte, "thousands" two of them, "the same" a hundredth more. Where a comparison within one run
was asked for, the peer's figure is the aim. What others published, of other data or devices,
stands beside ours and is none.
"""

from aims.challenge import CHALLENGE
from aims.compression import COMPRESSION
from aims.concealment import CONCEALMENT
from aims.federated import FEDERATED
from aims.hands import GRAPH_AND_HANDS
from aims.hands_training import HANDS_TRAINING
from aims.objects import OBJECTS
from aims.recorder import RECORDER
from aims.speech import SPEECH
from board import System

SYSTEMS = (
    System(
        "Graph and hands",
        "hands.md",
        GRAPH_AND_HANDS,
        "MediaPipe 0.10.21 with the same weights. A time of MediaPipe's over ours is above one "
        "where ours is faster.",
    ),
    System(
        "Training of hands",
        "hands.md",
        HANDS_TRAINING,
        "Firsthand's own small models in eight bits, and MediaPipe's in the same pipeline. Sets "
        "that are labelled by hand are tiny: look at the intervals.",
    ),
    System("Recorder", "recorder.md", RECORDER),
    System("Challenge", "challenge.md", CHALLENGE),
    System("Compression", "compress.md", COMPRESSION),
    System("Speech", "speech.md", SPEECH),
    System("Federated analytics", "federated.md", FEDERATED),
    System(
        "Concealment",
        "concealment.md",
        CONCEALMENT,
        "Firsthand fills the sound itself, 30 ms later; NetEQ, libopus and Opus with networks fill "
        "what they decode. Rows behind Opus's decoder are those in which all hear the same.",
    ),
    System(
        "Objects",
        "objects.md",
        OBJECTS,
        "Truth is rendered: boxes that are right or wrong are those of made-up rooms. Photographs "
        "and the clip have none.",
    ),
)
