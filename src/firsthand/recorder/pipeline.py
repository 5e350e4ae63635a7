"""A recording as a graph: one stream of sound, to words, sounds and voices at once."""

from typing import Any

import numpy as np

from firsthand.graph import GraphBuilder, GraphConfig
from firsthand.graph.calculators import FlowLimiter
from firsthand.recorder.calculators import Guess, Sounds, Speakers, Speech, Transcribe, Voice


def recorder_graph(
    *,
    sounds: bool = False,
    speakers: bool = False,
    guesses: bool = False,
    executor: str = "",
    waiting: int = 100,
) -> GraphConfig:
    """Return the graph from `sound` (samples (n,) at 16 kHz) to `words` (lists of `Word`).

    Beside them there are `spans` (lists of `Spoken`); with `sounds`, `heard`: `Heard` by a
    listener; with `speakers`, `voices`: `Voices`; with `guesses`, `guess`: words of the speech
    under way, as often as the guesser has time for it. Side packets: `engine` (a `Transcriber`),
    `voice` (from `load_voice`), `listener` (a `Listener`), `speakers` (a `SpeakerNetwork`) and
    `guesser` (a `Guesser`) for what needs them. `executor`: the executor, with one thread, on which
    speech is written down, beside another on which it is guessed; "" for the default. Sound has to
    wait while `waiting` packets are before a node, -1: never.
    """
    g = GraphBuilder()
    block: Any = g.input("sound", np.ndarray)
    engine = g.side_input("engine")
    chances: Any = g.node(
        Voice,
        inputs=[block],
        outputs=["chances"],
        side={"VOICE": g.side_input("voice")},
        name="voice",
    )[0]
    cut = g.node(
        Speech,
        inputs={"SOUND": block, "CHANCES": chances},
        outputs={"SPANS": "spans", **({"UNDER_WAY": "under_way"} if guesses else {})},
        name="speech",
    )
    g.output(cut["SPANS"])
    words = g.node(
        Transcribe,
        inputs=[cut["SPANS"]],
        outputs=["words"],
        side={"ENGINE": engine},
        name="transcribe",
        executor=executor,
    )
    g.output(words[0])
    if guesses:
        newest = g.node(
            FlowLimiter,
            inputs={"": cut["UNDER_WAY"], "FINISHED": g.loop("guess")},
            outputs={"": "newest"},
            options={"max_in_flight": 1, "in_flight_timeout": 0},
            name="flow_limiter",
        )[0]
        guess = g.node(
            Guess,
            inputs=[newest],
            outputs=["guess"],
            side={"GUESSER": g.side_input("guesser")},
            name="guess",
            executor=executor and f"{executor}_guesses",
        )
        g.output(guess[0])
    if sounds:
        heard = g.node(
            Sounds,
            inputs=[block],
            outputs=["heard"],
            side={"LISTENER": g.side_input("listener")},
            name="sounds",
        )
        g.output(heard[0])
    if speakers:
        voices = g.node(
            Speakers,
            inputs={"SOUND": block, "CHANCES": chances},
            outputs=["voices"],
            side={"SPEAKERS": g.side_input("speakers")},
            name="speakers",
        )
        g.output(voices[0])
    names = [executor, f"{executor}_guesses"][: 1 + guesses] if executor else []
    return g.build(executors=dict.fromkeys(names, 1), max_queue_size=waiting)
