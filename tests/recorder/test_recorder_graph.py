"""The recorder's graph gives what its functions give."""

import numpy as np
import pytest
from ears import Loudness
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import said
from voices import Loud

from firsthand.core import ManualClock
from firsthand.graph import Graph, Packet
from firsthand.graph.testing import collect
from firsthand.recorder.engines.given import Given
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
    wanted = list(transcribed(SPOKEN, Loud(), blocks))
    assert [packet.payload for packet in got] == wanted
    together = [word for words in transcribed(SPOKEN, Loud(), [samples]) for word in words]
    assert [word for words in wanted for word in words] == together


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


class Slow(Given):
    """An engine that takes its time, by a clock of the test's."""

    def __init__(self, took_us: int) -> None:
        super().__init__(Transcript(tuple(said(" ".join("abcdefghijklmnop"), 200, 500))))
        self.clock, self.took_us, self.asked = ManualClock(), took_us, 0

    def words(self, samples, start_ms):
        self.clock.advance(self.took_us)
        self.asked += 1
        return super().words(samples, start_ms)


@pytest.mark.parametrize(("took_us", "most"), [(1_000, 40), (700_000, 9), (3_000_000, 3)])
def test_guesses_are_ahead_of_final_words_and_leave_the_engine_time(took_us, most) -> None:
    engine = Slow(took_us)
    blocks = np.array_split(sound([(600, True), (60, False)]), 66)
    guesses, words = [], []
    side = {"engine": engine, "voice": Loud()}
    observe = {
        "guess": lambda packet: guesses.append([w.text for w in packet.payload]),
        "words": lambda packet: words.extend(w.text for w in packet.payload),
    }
    graph = Graph(recorder_graph(guesses=True))
    with graph.start(side, observe=observe, clock=engine.clock) as run:
        for n, block in enumerate(blocks):
            run.add_packet("sound", Packet(block, n))
            run.wait_until_idle()
            engine.clock.advance(100_000)
            assert words == [] or n > 60
    assert words == list("abcdefghijkl")[: len(words)]
    assert len(words) >= 11
    assert guesses[0] == words[: len(guesses[0])]
    assert any(len(guess) > len(guesses[0]) for guess in guesses) or took_us > 1_000_000
    assert all(guess == words[: len(guess)] for guess in guesses)
    assert engine.asked - 1 <= most
