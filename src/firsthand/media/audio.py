"""Audio in and out: float32 samples in -1..1."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from firsthand.core.closing import Closing
from firsthand.errors import InputError, MediaError, ShapeError
from firsthand.media.container import open_container, reason
from firsthand.media.files import replacing

Samples = npt.NDArray[np.float32]
"""float32, shape (samples,) for one channel, (samples, channels) for several."""

_HIGHEST_RATE_HZ: Final = 768_000
_MOST_CHANNELS: Final = 8
_ENCODERS: Final = {".wav": "pcm_s16le", ".flac": "flac"}
_WRITE_BLOCK: Final = 65_536


class AudioReader(Closing):
    """The samples of an audio file (or of a video's sound), once, in order; a context manager.

    Yields arrays of float32 as they decode, of whatever length, shape (n,) when `mono`, else
    (n, channels). Several channels become one, and one rate another, by FFmpeg's resampler. The
    first samples are decoded on opening, so a file without any raises `MediaError` at once. A
    damaged or cut-off file yields what decodes, and `damage` says what was wrong.

    Attributes: `rate_hz` and `channels` of what is yielded.
    """

    def __init__(self, path: str | Path, *, rate_hz: int | None = None, mono: bool = True) -> None:
        if rate_hz is not None and not 1 <= rate_hz <= _HIGHEST_RATE_HZ:
            raise InputError(f"rate_hz is 1 to {_HIGHEST_RATE_HZ}, not {rate_hz}")
        self._path = Path(path)
        self._container = open_container(self._path)
        self.damage: str | None = None
        try:
            self._first: Samples | None = self._start(rate_hz, mono)
        except BaseException:  # whatever it is, the file is not left open
            self._container.close()
            raise

    def _start(self, rate_hz: int | None, mono: bool) -> Samples:
        path = self._path
        if not self._container.streams.audio:
            raise MediaError(f"{path}: holds no sound")
        self._stream = self._container.streams.audio[0]
        decoder = self._stream.codec_context
        if decoder is None:
            raise MediaError(f"{path}: its sound is in a codec this FFmpeg does not know")
        stated_hz, channels = decoder.sample_rate, decoder.channels
        if not 1 <= stated_hz <= _HIGHEST_RATE_HZ or channels < 1:
            raise MediaError(f"{path}: states {channels} channels at {stated_hz} Hz, not sound")
        self.rate_hz: int = rate_hz or stated_hz
        self.channels: int = 1 if mono else channels
        self._layout = "mono" if mono else decoder.layout.name
        self._blocks = self._decode()
        first = next(self._blocks, None)
        if first is None:
            raise MediaError(f"{path}: no sound decodes: {self.damage or 'there is none'}")
        return first

    def __iter__(self) -> Iterator[Samples]:
        if self._first is not None:
            first, self._first = self._first, None
            yield first
        yield from self._blocks

    def close(self) -> None:
        """Let go of the file."""
        self._first = None
        self._container.close()

    def _decode(self) -> Iterator[Samples]:
        resampler = self._new_resampler()
        given: tuple[str, str, int] | None = None
        try:
            for packet in self._container.demux(self._stream):
                try:
                    decoded = packet.decode()
                except (av.FFmpegError, ValueError) as error:
                    self._note(reason(error))
                    continue
                for frame in decoded:
                    form = (frame.format.name, frame.layout.name, frame.sample_rate)
                    if given not in (None, form):  # the stream changed: finish and begin anew
                        yield from self._arrays(resampler.resample(None))
                        resampler = self._new_resampler()
                    given = form
                    frame.pts = None  # gaps and overlaps in stated times are not filled
                    yield from self._arrays(resampler.resample(frame))
            if given is not None:
                yield from self._arrays(resampler.resample(None))
        except (av.FFmpegError, ValueError) as error:
            self._note(reason(error))

    def _new_resampler(self) -> AudioResampler:
        # Normalised, so that channels mix to their weighted mean and stay within full scale
        options = {"rematrix_maxval": "1.0"}
        return AudioResampler("flt", self._layout, self.rate_hz, options=options)

    def _arrays(self, frames: list[AudioFrame]) -> Iterator[Samples]:
        for frame in frames:
            samples = frame.to_ndarray().reshape(-1, self.channels)  # packed: one row of n * c
            if samples.size:
                yield np.array(samples[:, 0] if self.channels == 1 else samples, np.float32)

    def _note(self, what: str) -> None:
        self.damage = self.damage or what


def read_audio(
    path: str | Path, rate_hz: int | None = None, *, mono: bool = True
) -> tuple[Samples, int]:
    """Return all samples of an audio file, and their rate in Hz.

    float32, shape (n,) when `mono`, else (n, channels); resampled to `rate_hz` if given. A
    damaged file gives what decodes (use `AudioReader` to learn of damage); `MediaError` when
    nothing does.
    """
    with AudioReader(path, rate_hz=rate_hz, mono=mono) as reader:
        return np.concatenate(list(reader)), reader.rate_hz


def stream_audio(
    path: str | Path, rate_hz: int | None = None, *, block: int, mono: bool = True
) -> Iterator[Samples]:
    """Yield the samples of an audio file in blocks of `block`, the last one shorter.

    Memory does not grow with the file. Put together, the blocks equal what `read_audio` returns.
    """
    if block < 1:
        raise InputError(f"a block has at least one sample, not {block}")
    with AudioReader(path, rate_hz=rate_hz, mono=mono) as reader:
        waiting: list[Samples] = []
        count = 0
        for samples in reader:
            waiting.append(samples)
            count += len(samples)
            if count < block:
                continue
            joined = np.concatenate(waiting)
            whole = count - count % block
            for start in range(0, whole, block):
                yield joined[start : start + block].copy()
            waiting, count = [joined[whole:]], count - whole
        if count:
            yield np.concatenate(waiting)


def write_audio(path: str | Path, samples: npt.NDArray[Any], rate_hz: int) -> None:
    """Write `samples` as 16-bit `.wav` or `.flac`.

    `samples` are floats, shape (n,) or (n, channels) with at most 8 channels, 1.0 being full
    scale; what lies beyond is clipped. Reading them back gives each rounded to 1/32768. The file
    appears whole or not at all.

    Raises `MediaError` when the ending is unknown or the file cannot be written, `ShapeError` and
    `InputError` for samples that are no sound.
    """
    path = Path(path)
    encoder = _ENCODERS.get(path.suffix.lower())
    if encoder is None:
        raise MediaError(f"{path}: sound is written to {', '.join(_ENCODERS)} only")
    if not 1 <= rate_hz <= _HIGHEST_RATE_HZ:
        raise InputError(f"rate_hz is 1 to {_HIGHEST_RATE_HZ}, not {rate_hz}")
    pcm = _pcm16(samples)
    try:
        with replacing(path) as temporary:
            _encode(temporary, encoder, pcm, rate_hz)
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"{path}: cannot be written: {reason(error)}") from error


def _pcm16(samples: npt.NDArray[Any]) -> npt.NDArray[np.int16]:
    if samples.ndim not in (1, 2) or not np.issubdtype(samples.dtype, np.floating):
        raise ShapeError(
            f"sound is floats of shape (n,) or (n, channels), not {samples.dtype} of shape "
            f"{samples.shape}"
        )
    columns = samples[:, np.newaxis] if samples.ndim == 1 else samples
    if not len(columns) or not 1 <= columns.shape[1] <= _MOST_CHANNELS:
        raise ShapeError(
            f"sound has at least one sample and 1 to {_MOST_CHANNELS} channels, not shape "
            f"{samples.shape}"
        )
    if not np.isfinite(columns).all():
        raise InputError("sound has finite samples; these hold NaN or infinity")
    return np.clip(np.rint(columns * 32768.0), -32768, 32767).astype(np.int16)


def _encode(path: Path, encoder: str, pcm: npt.NDArray[np.int16], rate_hz: int) -> None:
    layout = f"{pcm.shape[1]}c" if pcm.shape[1] > 2 else ("mono", "stereo")[pcm.shape[1] - 1]
    with av.open(f"file:{path.absolute()}", "w") as container:
        stream = container.add_stream(encoder, rate=rate_hz, layout=layout)
        assert isinstance(stream, AudioStream)
        stream.format = "s16"
        for start in range(0, len(pcm), _WRITE_BLOCK):
            block = pcm[start : start + _WRITE_BLOCK]
            frame = AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout=layout)
            frame.sample_rate, frame.pts = rate_hz, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
