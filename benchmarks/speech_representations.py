"""The representations that benchmarks of speech compare, by name; openSMILE's as a peer."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from firsthand.measure import Peer, PeerEnvironment, data_root
from firsthand.runtime import Model
from firsthand.speech import open_representation
from firsthand.speech.own_network import SpeechNetwork
from firsthand.speech.representation import (
    RATE_HZ,
    Floats,
    Frames,
    Representation,
    checked,
    padded,
)
from firsthand.train.run import Run
from firsthand.train.speech.recipe import train_speech
from firsthand.train.speech.voices import open_resemblyzer

ROOT: Final = Path(__file__).resolve().parents[1]
KEPT: Final = ROOT / ".cache" / "benchmarks" / "speech"
WEIGHTS: Final = ROOT / "benchmarks" / "weights" / "speech"

BASELINES: Final = ("log_mel", "mfcc", "egemaps", "resemblyzer", "yamnet", "random")
OWN: Final = ("own", "own_int8")


class Functionals:
    """openSMILE's eGeMAPS, in a process of its own."""

    identity: Final = "egemaps v02 opensmile 2.6.0 peer"
    size: Final = 88
    frame_size: Final = size

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def scene(self, samples: NDArray[Any]) -> Floats:
        """Map a sound (n,) to (88,)."""
        sound = padded(checked(samples), RATE_HZ // 2)
        reply = self._peer.call("functionals", arrays={"samples": sound}, rate_hz=RATE_HZ)
        return np.asarray(reply["vector"])

    def elapsed_s(self, samples: NDArray[Any]) -> float:
        """Return how long the peer takes for a sound, by its own clock."""
        arrays = {"samples": checked(samples)}
        reply = self._peer.call("functionals", arrays=arrays, rate_hz=RATE_HZ)
        return float(reply["elapsed_s"])

    def frames(self, samples: NDArray[Any]) -> Frames:
        """Give the functionals of the whole: NOSS asks for nothing else."""
        return Frames(self.scene(samples)[None], np.array([0.0], np.float32))


@contextmanager
def representations(
    cpus: Collection[int] | None = None,
) -> Iterator[Callable[[str], Representation]]:
    """Give what opens a representation by name; the peer, held to `cpus`, ends with the block."""
    worker = ROOT / "benchmarks" / "peers" / "opensmile" / "worker.py"
    with Peer(PeerEnvironment("opensmile", ROOT), worker, cpus=cpus) as peer:

        @cache
        def opening(name: str) -> Representation:
            match name:
                case "egemaps":
                    return Functionals(peer)
                case "resemblyzer":
                    torch.set_num_threads(1)  # two only wait for each other, step by step
                    return open_resemblyzer()
                case "random":
                    return SpeechNetwork.open(Model.open(random_network()))
                case _:
                    return open_representation(name.replace("_", "-"))

        yield opening


def random_network() -> Path:
    """Make the file of our network before it has learnt anything."""
    folder = KEPT / "random"
    run = Run(
        recipe="random", folder=folder, data=data_root(__file__), seed=0, resume=True, steps=None
    )
    return train_speech(run)
