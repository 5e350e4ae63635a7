"""How long does sound wait in the jitter buffer, and how much of it is made up, beside NetEQ?

The same arrivals for both (`firsthand.concealment.simulation`): held-out English, 8 s each, in
packets of 20 ms, delayed by jitter of 5 ms (`calm`), of 20 ms (`rough`), or of 20 ms with spikes of
120 ms (`spikes`); 3% of packets are lost. Three seconds of faint noise without jitter go before,
which are not counted, and two with it and without loss, which are: both get to know the network in
them. NetEQ plays in a call in real time, ours in the time of the arrivals; each decodes Opus.
`delay_ms_rough` is jitterBufferDelay over jitterBufferEmittedCount, ours, `..._neteq` NetEQ's;
`concealed_rough` concealedSamples over totalSamplesReceived, in percent; `plcmos_...` PLCMOS of
what was heard of the speech; ours with linear prediction is `..._lpc`. NetEQ's counts go on for
0.4 s of noise after the speech.
"""

import numpy as np

from concealment_peers import PACKET, RATE_HZ, encode, neteq, opus_version, peers
from concealment_sets import Floats, english
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.losses import gilbert
from firsthand.concealment.metrics import plcmos
from firsthand.concealment.opening import open_concealer
from firsthand.concealment.opus import Opus
from firsthand.concealment.packets import Packet
from firsthand.concealment.settings import Settings
from firsthand.concealment.simulation import Network, arrivals
from firsthand.measure import Figure, Findings, Options, bootstrap_mean, data_root, run_benchmark

BASE_MS = 40
NETWORKS = {
    "calm": Network(base_ms=BASE_MS, jitter_ms=5),
    "rough": Network(base_ms=BASE_MS, jitter_ms=20),
    "spikes": Network(base_ms=BASE_MS, jitter_ms=20, spikes_per_s=0.5, spike_ms=120),
}
LOSS, BURST = 0.03, 2.0
QUIET, LEAD = 150, 100  # packets before the speech: without jitter, and with it
SECONDS = 8
COUNTED = ("jitterBufferDelay", "jitterBufferEmittedCount", "concealedSamples")


def led_in(samples: Floats, packets: int) -> Floats:
    noise = np.random.default_rng(3).normal(0, 1e-4, packets * PACKET).astype(np.float32)
    return np.concatenate([noise, samples])


def ours(samples: Floats, delays_ms: np.ndarray, name: str) -> tuple[Floats, dict[str, float]]:
    """Play a call in the time of its arrivals; what is heard of the speech, and what is counted."""
    settings = Settings(timestamp_hz=48_000)
    buffer = JitterBuffer(Opus(RATE_HZ), open_concealer(name), settings=settings)
    delays_ms = np.concatenate([np.full(QUIET, BASE_MS), delays_ms])
    arrivals_s = (20.0 * np.arange(len(delays_ms)) + delays_ms) / 1e3
    packets = zip(arrivals_s, range(len(arrivals_s)), encode(led_in(samples, QUIET)), strict=True)
    due = sorted(each for each in packets if np.isfinite(each[0]))
    heard, before = [], dict.fromkeys((*COUNTED, "totalSamplesReceived"), 0.0)
    place = 0
    for block in range(2 * len(delays_ms)):
        now_s = (BASE_MS + 10 * block) / 1e3
        while place < len(due) and due[place][0] <= now_s:
            arrives_s, number, payload = due[place]
            buffer.push(Packet(number % 65536, number * 960 % 2**32, payload), arrives_s)
            place += 1
        if block == 2 * QUIET:
            before = buffer.statistics.as_dict()
        heard.append(buffer.pull(now_s))
    after = buffer.statistics.as_dict()
    counts = {name: after[name] - count for name, count in before.items()}
    return np.concatenate(heard[2 * (QUIET + LEAD) :]), counts


def measure(options: Options) -> Findings:
    long = [u.samples for u in english(data_root(__file__)) if len(u.samples) == SECONDS * RATE_HZ]
    sounds = [led_in(samples, LEAD) for samples in long[: 4 if options.quick else 16]]
    figures: dict[str, Figure] = {}
    with peers() as peer:
        for label, network in NETWORKS.items():
            delays = []
            for place, sound in enumerate(sounds):
                count = len(sound) // PACKET
                lost = gilbert(count, options.seed + place, share=LOSS, burst=BURST)
                lost[:LEAD] = False
                delays.append(arrivals(lost, network, options.seed + place))
            for name, suffix in (("firsthand", ""), ("lpc", "_lpc")):
                calls = [ours(*each, name) for each in zip(sounds, delays, strict=True)]
                figures |= counted(f"{label}{suffix}", calls, options.seed)
            late = [np.asarray(each, np.float32) for each in delays]
            heard = neteq(peer, sounds, late, rest_ms=BASE_MS)
            calls = [(one.samples[LEAD * PACKET :], one.counters) for one in heard]
            figures |= counted(f"{label}_neteq", calls, options.seed)
        versions = {**peer.call("versions").values, "opus": opus_version()}
    return Findings(figures, versions)


def counted(
    label: str, calls: list[tuple[Floats, dict[str, float]]], seed: int
) -> dict[str, Figure]:
    values = {
        "delay_ms": [
            1e3 * c["jitterBufferDelay"] / c["jitterBufferEmittedCount"] for _, c in calls
        ],
        "concealed": [100 * c["concealedSamples"] / c["totalSamplesReceived"] for _, c in calls],
        "plcmos": [plcmos(sound) for sound, _ in calls],
    }
    units = {"delay_ms": "ms", "concealed": "%", "plcmos": ""}
    return {
        f"{name}_{label}": Figure.of(
            bootstrap_mean(np.array(each), rng=np.random.default_rng(seed)),
            unit=units[name],
            n=len(each),
        )
        for name, each in values.items()
    }


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
