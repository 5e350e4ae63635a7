"""What conceals lost packets beside ours: WebRTC's NetEQ, libopus, and Opus with its networks.

All get what one manner of encoding makes: Opus by libopus, packets of 20 ms, mono, 16 kHz, without
forward error correction or pauses in sending. Packet i carries samples 320 i to 320 (i + 1): each
encoder is fed as much earlier as it looks ahead. NetEQ's encoder is WebRTC's own, in a call in real
time; the others share packets of the libopus that PyAV brings.
"""

import ctypes
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from firsthand.measure import Peer, PeerEnvironment

ROOT: Final = Path(__file__).resolve().parents[1]
RATE_HZ: Final = 16_000
PACKET: Final = 320
BITRATE: Final = 48_000  # with more, some is packed by CELT, which libopus conceals worse
COMPLEXITY: Final = 9  # what WebRTC asks of the encoder on a computer
LOOKAHEAD: Final = 104  # 6.5 ms, at 16 kHz
LATE_MS: Final = 25.0  # a call in which something waited longer was disturbed by other programs
TRIES: Final = 4
AT_ONCE: Final = 8

_VOIP: Final = 2048
_SET_BITRATE: Final = 4002
_SET_COMPLEXITY: Final = 4010
_MAX_BYTES: Final = 1500

Floats = NDArray[np.float32]
Lost = NDArray[np.bool_]


@cache
def _library() -> ctypes.CDLL:
    """Load the libopus that PyAV brings: FFmpeg's decoder takes an empty packet for the end."""
    (path,) = (Path(av.__file__).parents[1] / "av.libs").glob("libopus-*.so*")
    library = ctypes.CDLL(str(path))
    library.opus_encoder_create.restype = ctypes.c_void_p
    library.opus_decoder_create.restype = ctypes.c_void_p
    library.opus_get_version_string.restype = ctypes.c_char_p
    return library


def opus_version() -> str:
    version: bytes = _library().opus_get_version_string()
    return version.decode()


class _Coder:
    def __init__(self, kind: str, *more: int) -> None:
        error = ctypes.c_int()
        create = getattr(_library(), f"opus_{kind}_create")
        self._state = ctypes.c_void_p(create(RATE_HZ, 1, *more, ctypes.byref(error)))
        self._destroy = getattr(_library(), f"opus_{kind}_destroy")
        _checked(error.value)

    def __del__(self) -> None:
        self._destroy(self._state)


def _checked(code: int) -> int:
    if code < 0:
        raise ValueError(f"libopus said {code}")
    return code


class Encoder(_Coder):
    def __init__(self) -> None:
        super().__init__("encoder", _VOIP)
        for request, value in ((_SET_BITRATE, BITRATE), (_SET_COMPLEXITY, COMPLEXITY)):
            _checked(_library().opus_encoder_ctl(self._state, request, ctypes.c_int32(value)))

    def encode(self, samples: Floats) -> bytes:
        """Pack the next 20 ms."""
        packet = ctypes.create_string_buffer(_MAX_BYTES)
        given = _pointer(np.ascontiguousarray(samples, np.float32))
        size = _library().opus_encode_float(self._state, given, PACKET, packet, _MAX_BYTES)
        return packet.raw[: _checked(size)]


class Decoder(_Coder):
    """libopus's decoder, fed packet by packet."""

    def __init__(self) -> None:
        super().__init__("decoder")

    def decode(self, packet: bytes | None) -> Floats:
        """Return the 20 ms of a packet, or of what conceals a lost one."""
        samples = np.empty(PACKET, np.float32)
        size = len(packet) if packet else 0
        _checked(
            _library().opus_decode_float(self._state, packet, size, _pointer(samples), PACKET, 0)
        )
        return samples


def _pointer(samples: Floats) -> ctypes.c_void_p:
    return samples.ctypes.data_as(ctypes.c_void_p)


def encode(samples: Floats) -> list[bytes]:
    """Pack (n,) into a packet for each 20 ms, the last filled up with silence.

    The encoder's very first packet is left out: it holds silence, and where it looked ahead.
    """
    count = packets_of(len(samples))
    fed = np.zeros((count + 1) * PACKET, np.float32)
    start = PACKET - LOOKAHEAD
    fed[start : start + len(samples)] = samples
    encoder = Encoder()
    return [encoder.encode(part) for part in fed.reshape(-1, PACKET)][1:]


def packets_of(samples: int) -> int:
    """Return how many packets carry so many samples."""
    return -(-samples // PACKET)


def coded(samples: Floats) -> Floats:
    """Return (n,) as it comes out of the codec when nothing is lost."""
    return libopus(samples, np.zeros(packets_of(len(samples)), bool))


def libopus(samples: Floats, lost: Lost) -> Floats:
    """Return (n,) as libopus gives it, which conceals what is `lost` (packets,) itself."""
    decoder = Decoder()
    packets = zip(encode(samples), lost, strict=True)
    decoded = [decoder.decode(None if gone else packet) for packet, gone in packets]
    return np.concatenate(decoded)[: len(samples)]


@contextmanager
def peers() -> Iterator[Peer]:
    """Start what `deep` and `neteq` ask; it ends with the block."""
    worker = ROOT / "benchmarks" / "peers" / "webrtc" / "worker.py"
    with Peer(PeerEnvironment("webrtc", ROOT), worker) as peer:
        yield peer


def deep(peer: Peer, samples: Floats, lost: Lost) -> Floats:
    """Return (n,) as Opus gives it with its networks: deep concealment, NoLACE on the rest."""
    packets = encode(samples)
    arrays = {
        "packets": np.frombuffer(b"".join(packets), np.uint8),
        "sizes": np.array([len(packet) for packet in packets], np.int32),
        "lost": np.asarray(lost, np.uint8),
    }
    decoded: Floats = peer.call("decode", arrays=arrays)["decoded"]
    return decoded[: len(samples)]


@dataclass(frozen=True)
class Heard:
    """What a listener heard of a call, and how the call went."""

    samples: Floats
    counters: dict[str, float]  # of getStats, over the speech
    pace: dict[str, float]  # in milliseconds
    dropped: int
    delayed: int
    is_whole: bool

    @property
    def late_ms(self) -> float:
        """How much longer than planned something waited at worst, for want of a processor."""
        if not self.is_whole:
            return math.inf
        return max(self.pace[name] for name in ("sent_late", "relayed_late", "heard_late"))

    @property
    def is_disturbed(self) -> bool:
        return self.late_ms > LATE_MS


def neteq(
    peer: Peer,
    spoken: Sequence[Floats],
    delays_ms: Sequence[Floats],
    *,
    rest_ms: float = 0.0,
    tries: int = TRIES,
) -> list[Heard]:
    """Call with each of `spoken` (n,), whose packet i comes `delays_ms[i]` late or, NaN, never.

    Packets before and after come `rest_ms` late.

    Takes as long as eight calls side by side do, and as often again as calls were disturbed, up to
    `tries` times; the least disturbed is kept.
    """
    best: dict[int, Heard] = {}
    waiting = sorted(range(len(spoken)), key=lambda index: len(spoken[index]))
    for _ in range(tries):
        for first in range(0, len(waiting), AT_ONCE):
            chosen = waiting[first : first + AT_ONCE]
            said, delays = [spoken[i] for i in chosen], [delays_ms[i] for i in chosen]
            heard = _calls(peer, said, delays, rest_ms)
            for index, one in zip(chosen, heard, strict=True):
                if index not in best or one.late_ms < best[index].late_ms:
                    best[index] = one
        waiting = [index for index in waiting if best[index].is_disturbed]
    return [best[index] for index in range(len(spoken))]


def _calls(
    peer: Peer, spoken: Sequence[Floats], delays_ms: Sequence[Floats], rest_ms: float
) -> list[Heard]:
    longest = max(len(samples) for samples in spoken)
    said = np.zeros((len(spoken), longest), np.int16)
    delays = np.full((len(spoken), packets_of(longest)), rest_ms, np.float32)
    for row, (samples, delay) in enumerate(zip(spoken, delays_ms, strict=True)):
        said[row, : len(samples)] = np.clip(np.rint(samples * 32768), -32768, 32767)
        delays[row, : len(delay)] = delay
    reply = peer.call(
        "calls",
        arrays={"samples": said, "delays_ms": delays},
        codec=f"minptime=20;useinbandfec=0;usedtx=0;maxaveragebitrate={BITRATE};"
        f"maxplaybackrate={RATE_HZ}",
        rest_ms=rest_ms,
        timeout_s=120.0 + longest / RATE_HZ,
    )
    return [
        Heard(
            (reply["received"][row, : len(samples)] / 32768).astype(np.float32),
            reply["counters"][row],
            reply["pace"][row],
            reply["dropped"][row],
            reply["delayed"][row],
            reply["is_whole"][row],
        )
        for row, samples in enumerate(spoken)
    ]
