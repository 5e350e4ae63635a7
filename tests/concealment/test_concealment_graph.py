"""Concealment's graphs give what its functions give."""

import numpy as np
import pytest
from calls import Played, assert_accounts, hiss, packets, play, tone

from firsthand.concealment import filling
from firsthand.concealment.baselines import Repetition, Silence
from firsthand.concealment.decoding import LinearPcm
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.pipeline import filling_graph, jitter_buffer_graph
from firsthand.concealment.settings import Settings
from firsthand.errors import CalculatorError
from firsthand.graph import Graph, Packet
from firsthand.graph.testing import collect

HZ = 8_000


def arrivals(seed: int) -> list[tuple[float, object]]:
    """A call with losses and jitter; no two packets arrive at the same microsecond."""
    rng = np.random.default_rng(seed)
    sent = packets(tone(HZ, 2))
    late_s = np.round(rng.exponential(0.02, len(sent)), 4)
    kept = [n for n in range(len(sent)) if rng.random() > 0.1]
    return sorted((n * 0.02 + float(late_s[n]) + n * 1e-6, sent[n]) for n in kept)


@pytest.mark.parametrize("threads", [0, 2])
def test_the_graph_plays_what_the_buffer_does(threads):
    settings = Settings(start_delay_ms=60)
    came = [(at, packet) for at, packet in arrivals(0)]
    buffer = JitterBuffer(LinearPcm(HZ), Repetition(HZ), settings=settings)
    wanted = play(buffer, came, 2)
    fed = [("packets", Packet(packet, round(at * 1e6))) for at, packet in came]
    fed += [("ticks", Packet(None, n * 10_000)) for n in range(200)]
    fed.sort(key=lambda each: each[1].timestamp)
    got = collect(
        Graph(jitter_buffer_graph(statistics=True)),
        fed,
        ["sound", "statistics"],
        side_packets={
            "decoder": LinearPcm(HZ),
            "concealer": Repetition(HZ),
            "settings": settings,
        },
        threads=threads,
    )
    assert [each.timestamp for each in got["sound"]] == [n * 10_000 for n in range(200)]
    played = Played([each.payload for each in got["sound"]])
    np.testing.assert_array_equal(played.sound, wanted.sound)
    assert got["statistics"][-1].payload == buffer.statistics
    assert_accounts(buffer, played)


def test_a_tick_waits_for_no_packet():
    graph = Graph(jitter_buffer_graph())
    side = {"decoder": LinearPcm(HZ), "concealer": None, "settings": Settings()}
    blocks = []
    with graph.start(side, observe={"sound": blocks.append}) as run:
        for n in range(5):
            run.add("ticks", n, n * 10_000)
            run.wait_until_idle()
            assert len(blocks) == n + 1
        run.add("packets", packets(tone(HZ, 0.02))[0], 41_000)
        run.add("ticks", 5, 50_000)
    assert len(blocks) == 6


def test_the_graph_fills_what_the_functions_do():
    rng, concealer = np.random.default_rng(0), Repetition(HZ)
    blocks = np.split(hiss(HZ, 1), 100)
    lost = rng.random(100) < 0.3
    fed = []
    for n, block in enumerate(blocks):
        if not lost[n] or n % 2:  # a lost block may come or not
            fed.append(("sound", Packet(block, n)))
        fed.append(("lost", Packet(bool(lost[n]), n)))
    got = collect(Graph(filling_graph()), fed, ["filled"], side_packets={"concealer": concealer})
    state, wanted = filling.begin(concealer, delay_ms=0), []
    for n, block in enumerate(blocks):
        state, filled = filling.step(state, None if lost[n] else block)
        wanted.append(filled)
    assert [each.timestamp for each in got["filled"]] == list(range(100))
    np.testing.assert_array_equal([each.payload for each in got["filled"]], wanted)


def test_a_block_of_another_length_is_refused():
    fed = [("sound", Packet(np.zeros(81, np.float32), 0)), ("lost", Packet(False, 0))]
    with pytest.raises(CalculatorError, match=r"shape \(80,\), not \(81,\)"):
        collect(Graph(filling_graph()), fed, ["filled"], side_packets={"concealer": Silence(HZ)})
