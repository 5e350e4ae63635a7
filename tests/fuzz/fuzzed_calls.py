"""Packets of a call, played as they come, and traces of losses."""

import struct
from contextlib import suppress

import fuzz_files as files
import numpy as np
from aiortc.rtp import RtpPacket

from firsthand.concealment.call import _Received, _Tap
from firsthand.concealment.decoding import LinearPcm
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.opus import OPUS_HZ, Coded, Opus
from firsthand.concealment.packets import Packet
from firsthand.concealment.relay import Passage, sequence_of, step
from firsthand.concealment.settings import Settings
from firsthand.concealment.traces import read_trace
from firsthand.concealment.unpacking import Unpacking
from firsthand.errors import InputError

_HEAD = struct.Struct(">BHIBB")  # what comes next, sequence, timestamp, how late, payload's length
MOST_PACKETS = 40


def trace(data: bytes) -> None:
    with suppress(InputError):
        assert read_trace(files.file("losses.txt", data)).dtype == bool


def relay(data: bytes) -> None:
    passage, now_s = Passage(), 0.0
    delays_ms = np.array([0.0, 30.0, np.nan, 5.0])
    for datagram in data.split(b"\n"):
        sequence = sequence_of(datagram)
        if sequence is not None:
            passage, _ = step(passage, delays_ms, sequence, now_s)
        now_s += 0.02


def _played(data: bytes, decoder, timestamp_hz: int) -> None:
    buffer = JitterBuffer(decoder, settings=Settings(timestamp_hz=timestamp_hz))
    now_s, at = 0.0, 0
    for _ in range(MOST_PACKETS):
        if len(data) - at < _HEAD.size:
            break
        kind, sequence, timestamp, late, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        payload = data[at : at + length]
        at += length
        now_s += (late - 8) * 0.002 if kind & 4 else late * 0.002
        buffer.push(Packet(sequence, timestamp, payload, comfort_noise=bool(kind & 1)), now_s)
        for _ in range(2 if kind & 2 else 1):
            block = buffer.pull(now_s)
            assert block.shape == (decoder.rate_hz // 100,)
            assert np.abs(block).max() <= 1
    _ = buffer.statistics


def plain(data: bytes) -> None:
    _played(data, LinearPcm(8_000), 8_000)


def opus(data: bytes) -> None:
    _played(data, Opus(16_000), OPUS_HZ)


def telephone(data: bytes) -> None:
    _played(data, Coded("g722", 16_000, 16_000), 8_000)


def payloads(data: bytes) -> None:
    unpacking = Unpacking(Opus())
    for payload in data.split(b"\n")[:MOST_PACKETS]:
        unpacking.sound(payload)
        unpacking.missed(0.02)


def call(data: bytes) -> None:
    """Datagrams, each after its length in two bytes, as a receiver in a call has them."""
    buffer = JitterBuffer(_Received(), settings=Settings(timestamp_hz=OPUS_HZ))
    now_s, at, packets = 0.0, 0, []
    tap = _Tap(packets.append)
    for _ in range(MOST_PACKETS):
        if at + 2 > len(data):
            break
        (length,) = struct.unpack_from(">H", data, at)
        datagram = data[at + 2 : at + 2 + length]
        at += 2 + length
        with suppress(ValueError):  # aiortc's word for what is no RTP; it drops that
            tap.add(RtpPacket.parse(datagram))
        while packets:
            buffer.push(packets.pop(0), now_s)
        buffer.pull(now_s)
        now_s += 0.02


PARSERS = {
    "t": trace,
    "r": relay,
    "l": plain,
    "o": opus,
    "g": telephone,
    "p": payloads,
    "c": call,
}
