"""The microphone as a stream of blocks, through PortAudio."""

from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, MissingDependencyError

Floats = NDArray[np.float32]

MICROPHONE_HZ: Final = 48_000
_BLOCK: Final = 4_800


def microphone(device: str = "") -> Iterator[Floats]:
    """Yield what the usual microphone hears, or `device`, a tenth of a second at a time, for ever.

    Samples (4800,) at `MICROPHONE_HZ`. What is not taken in time waits; nothing is dropped. Raises
    `MissingDependencyError` without sounddevice or PortAudio, `InputError` where there is no such
    microphone.
    """
    try:
        import sounddevice
    except (ModuleNotFoundError, OSError) as error:  # OSError: PortAudio itself is missing
        raise MissingDependencyError(
            "recording needs sounddevice and PortAudio: pip install sounddevice, and on Debian "
            f"apt install libportaudio2 ({error})"
        ) from error
    waiting: SimpleQueue[Floats] = SimpleQueue()

    def hear(data: Floats, _frames: int, _time: Any, _status: Any) -> None:
        waiting.put(data[:, 0].copy())

    try:
        stream = sounddevice.InputStream(
            samplerate=MICROPHONE_HZ,
            blocksize=_BLOCK,
            channels=1,
            dtype="float32",
            device=device or None,
            callback=hear,
        )
    except (sounddevice.PortAudioError, ValueError) as error:
        raise InputError(f"there is no microphone {device or 'here'}: {error}") from error
    with stream:
        while True:
            yield waiting.get()
