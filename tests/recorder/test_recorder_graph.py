"""The recorder's graph gives what its functions give."""

import numpy as np
from ears import Loudness
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import said
from voices import Loud

from firsthand.core import ManualClock
from firsthand.graph import Graph, Packet
from firsthand.graph.testing import collect
from firsthand.recorder.engines.given import Given
from firsthand.recorder.guessing import TailGuesser
from firsthand.recorder.pipeline import recorder_graph
from firsthand.recorder.sounds.calibration import Calibration
from firsthand.recorder.sounds.listener import Listener, together
from firsthand.recorder.transcriber import transcribed
from firsthand.recorder.transcript import Transcript

SPOKEN = Given(Transcript(tuple(said(" ".join("abcdefghijklmnop"), 200, 500))))


def sound(parts: list[tuple[int, bool]]) -> np.ndarray:
    return np.concatenate([np.full(n * 160, 0.9 * loud, np.float32) for n, loud in parts])


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(1, 150), st.booleans()), min_size=1, max_size=8),
    st.integers(1, 40),
    st.sampled_from((0, 2)),
)
def test_the_graph_writes_down_what_the_functions_do(parts, count, threads) -> None:
    samples = sound(parts)
    blocks = np.array_split(samples, count)
    packets = [("sound", Packet(block, n * 10)) for n, block in enumerate(blocks)]
    graph = Graph(recorder_graph(executor="engine"))
    side = {"engine": SPOKEN, "voice": Loud()}
    got = collect(graph, packets, ["words"], side_packets=side, threads=threads)["words"]
    wanted = [word for words in transcribed(SPOKEN, Loud(), blocks) for word in words]
    assert [word for packet in got for word in packet.payload] == wanted
    assert all(packet.payload for packet in got)  # of all speech that ends with a block
    assert wanted == [w for words in transcribed(SPOKEN, Loud(), [samples]) for w in words]


def test_sounds_are_judged_beside_the_words() -> None:
    listener = Listener(Loudness(), Calibration.unfitted(Loudness.classes))
    samples = sound([(300, False), (600, True), (300, False)])
    packets = [("sound", Packet(b, n)) for n, b in enumerate(np.array_split(samples, 11))]
    side = {"engine": SPOKEN, "voice": Loud(), "listener": listener}
    got = collect(
        Graph(recorder_graph(sounds=True)), packets, ["words", "heard"], side_packets=side
    )
    heard = together([packet.payload for packet in got["heard"]])
    state, first = listener.step(listener.begin(), samples)
    wanted = together([first, listener.finish(state)])
    assert heard.sounds == wanted.sounds != ()
    np.testing.assert_array_equal(heard.colours, wanted.colours)
    np.testing.assert_array_equal(heard.levels, wanted.levels)
    assert got["words"]


def test_guesses_are_ahead_of_final_words() -> None:
    blocks = np.array_split(sound([(600, True), (60, False)]), 66)
    guesses, words = [], []
    clock = ManualClock()
    side = {"engine": SPOKEN, "voice": Loud(), "guesser": TailGuesser(SPOKEN, clock)}
    observe = {
        "guess": lambda packet: guesses.append([w.text for w in packet.payload]),
        "words": lambda packet: words.extend(w.text for w in packet.payload),
    }
    with Graph(recorder_graph(guesses=True)).start(side, observe=observe) as run:
        for n, block in enumerate(blocks):
            run.add_packet("sound", Packet(block, n))
            run.wait_until_idle()
            clock.advance(100_000)
            assert words == [] or n > 60
    assert len(words) >= 11
    assert len(guesses[-1]) > len(guesses[0]) > 0
    assert all(guess == list("abcdefghijklm")[: len(guess)] for guess in guesses)
