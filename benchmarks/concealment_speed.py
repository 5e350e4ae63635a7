"""How long does concealing 10 ms take in a running call, and how large are the networks?

A call of a minute, held-out English at 16 kHz, of which a tenth is lost in bursts of 60 ms, through
the jitter buffer, on one core: every pull is timed. `ms_per_10ms_median` and `..._p99` are of pulls
that make sound up by our networks, the first of each burst and those that close it included;
`..._lpc` by linear prediction. `ms_merge_...` is of pulls with which sound resumes,
`ms_received_...` of all others. The two take turns, call by call; numpy's BLAS has one thread, as
it should have where a call shares a core. `ms_per_10ms_48k_...` is the same call at 48 kHz.
`model_mb` is the size of both files.
"""

import gc
import time
from collections.abc import Mapping

import numpy as np

from concealment_sets import english, losses
from firsthand.concealment.decisions import Operation
from firsthand.concealment.decoding import LinearPcm
from firsthand.concealment.generative import CONTEXT_NAME, SHAPE_NAME
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.opening import open_concealer
from firsthand.concealment.packets import Packet
from firsthand.concealment.rates import converter
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    available_cpus,
    bootstrap_median,
    bootstrap_quantile,
    data_root,
    pinned,
    run_benchmark,
)
from firsthand.runtime.bundled import bundled
from firsthand.speech.noss.classifiers import one_thread

NAMES = {"": "firsthand", "_lpc": "lpc"}
RATES = {"": 16_000, "_48k": 48_000}
KINDS = ("per_10ms", "merge", "received")
LABELS = {
    Operation.EXPAND: "per_10ms",
    Operation.CLOSE: "per_10ms",
    Operation.MERGE: "merge",
}


def timed(samples: np.ndarray, lost: np.ndarray, name: str, rate_hz: int) -> dict[str, list[float]]:
    """Milliseconds of each pull of a call, by what it did."""
    codec, packet = LinearPcm(rate_hz), rate_hz // 50
    buffer = JitterBuffer(codec, open_concealer(name, rate_hz))
    payloads = [codec.encode(part) for part in samples.reshape(-1, packet)]
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    gc.collect()
    gc.disable()
    for number, payload in enumerate(payloads):
        now_s = number / 50
        if not lost[number]:
            buffer.push(Packet(number % 65536, number * packet % 2**32, payload), now_s)
        for half in range(2):
            before = time.perf_counter()
            buffer.pull(now_s + half / 100)
            elapsed_ms = (time.perf_counter() - before) * 1e3
            found[LABELS.get(buffer.operation, "received")].append(elapsed_ms)
    gc.enable()
    return found


def at(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Bring a sound at 16 kHz to another rate."""
    if rate_hz == 16_000:
        return samples
    matrix = converter(16_000, rate_hz)
    reach = (matrix.shape[1] - 160) // 2
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(samples, reach), matrix.shape[1])
    return (windows[::160] @ matrix.T).reshape(-1)


def figures_of(times: Mapping[str, list[float]], suffix: str, seed: int) -> dict[str, Figure]:
    figures = {}
    for kind, values in times.items():
        rng, ms = np.random.default_rng(seed), np.array(values)
        for label, interval in (
            ("median", bootstrap_median(ms, rng=rng)),
            ("p99", bootstrap_quantile(ms, 0.99, rng=rng)),
        ):
            figures[f"ms_{kind}{suffix}_{label}"] = Figure.of(interval, unit="ms", n=len(ms))
    return figures


def measure(options: Options) -> Findings:
    said = english(data_root(__file__), 2 if options.quick else 10)
    samples = np.concatenate([utterance.samples for utterance in said])
    lost = np.concatenate(losses(said, 60, options.seed))
    figures: dict[str, Figure] = {}
    with pinned(available_cpus()[-1:]), one_thread():
        for rate_label, rate_hz in RATES.items():
            sound = at(samples, rate_hz)
            times = {label: {kind: [] for kind in KINDS} for label in NAMES}
            for _ in range(1 if options.quick else 3):
                for label, name in NAMES.items():
                    for kind, values in timed(sound, lost, name, rate_hz).items():
                        times[label][kind] += values
            for label, found in times.items():
                figures |= figures_of(found, f"{rate_label}{label}", options.seed)
    there = bundled()
    size = sum(there[name].card.size_bytes for name in (CONTEXT_NAME, SHAPE_NAME))
    figures["model_mb"] = Figure(size / 1e6, unit="MB")
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
