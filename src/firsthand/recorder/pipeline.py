"""Live recording as a graph: one stream of sound, to words and to sounds at once."""

from typing import Any

import numpy as np

from firsthand.graph import GraphBuilder, GraphConfig
from firsthand.recorder.calculators import Sounds, Transcribe


def recorder_graph(*, sounds: bool = False, executor: str = "") -> GraphConfig:
    """Return the graph from `sound` (samples (n,) at 16 kHz) to `words` (lists of `Word`).

    With `sounds` there is also `heard`: `Heard` by a listener. Side packets: `engine` (a
    `Transcriber`), `voice` (from `load_voice`), and `listener` (a `Listener`) with `sounds`.
    `executor`: the executor, with one thread, on which speech is written down; "" for the default,
    so that classification does not wait for it.
    """
    g = GraphBuilder()
    block: Any = g.input("sound", np.ndarray)
    words = g.node(
        Transcribe,
        inputs=[block],
        outputs=["words"],
        side={"ENGINE": g.side_input("engine"), "VOICE": g.side_input("voice")},
        name="transcribe",
        executor=executor,
    )
    g.output(words[0])
    if sounds:
        heard = g.node(
            Sounds,
            inputs=[block],
            outputs=["heard"],
            side={"LISTENER": g.side_input("listener")},
            name="sounds",
        )
        g.output(heard[0])
    return g.build(executors={executor: 1} if executor else {})
