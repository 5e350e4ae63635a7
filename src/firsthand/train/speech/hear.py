"""The HEAR API, both ways: Firsthand's representations for others, others' for NOSS.

Turian et al. 2022 (arXiv:2203.03022): a module has `load_model`, `get_scene_embeddings` and
`get_timestamp_embeddings`. This one is such a module, of Firsthand's own representation or any
other by its name; `HearRepresentation` makes a representation of any such module.
"""

from importlib import import_module
from types import ModuleType
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from firsthand.errors import ConfigError, MissingDependencyError, ShapeError
from firsthand.speech.opening import OWN, open_representation
from firsthand.speech.representation import RATE_HZ, Floats, Frames, Representation, checked

__all__ = ["get_scene_embeddings", "get_timestamp_embeddings", "load_model"]

_FUNCTIONS: Final = ("load_model", "get_scene_embeddings", "get_timestamp_embeddings")
_ATTRIBUTES: Final = ("sample_rate", "scene_embedding_size", "timestamp_embedding_size")


class HearModel(nn.Module):
    """A representation with the attributes that the API asks for."""

    def __init__(self, representation: Representation) -> None:
        super().__init__()
        self.representation = representation
        self.sample_rate: int = RATE_HZ
        self.scene_embedding_size: int = representation.size
        self.timestamp_embedding_size: int = representation.frame_size

    def forward(self, audio: Tensor) -> Tensor:
        """Map sounds (n, samples) to scene embeddings (n, size)."""
        return get_scene_embeddings(audio, self)


def load_model(model_file_path: str = "") -> HearModel:
    """Return a representation by its name, or a speech network's file by its path; else the own."""
    return HearModel(open_representation(model_file_path or OWN))


def get_scene_embeddings(audio: Tensor, model: HearModel) -> Tensor:
    """Map sounds (n, samples) in -1..1 at 16 kHz to one vector each, (n, size)."""
    found = [model.representation.scene(sound) for sound in _sounds(audio)]
    return torch.from_numpy(np.stack(found)).to(audio.device)


def get_timestamp_embeddings(audio: Tensor, model: HearModel) -> tuple[Tensor, Tensor]:
    """Map sounds (n, samples) to vectors over time (n, t, size) and their middles in ms, (n, t)."""
    found = [model.representation.frames(sound) for sound in _sounds(audio)]
    vectors = torch.from_numpy(np.stack([each.vectors for each in found]))
    times = torch.from_numpy(np.stack([each.times_ms for each in found]))
    return vectors.to(audio.device), times.to(audio.device)


class HearRepresentation:
    """The representation that another module of the HEAR API has, at its own rate."""

    def __init__(self, module: ModuleType, weights: str = "") -> None:
        missing = [name for name in _FUNCTIONS if not callable(getattr(module, name, None))]
        if missing:
            raise ConfigError(f"{module.__name__} is no module of HEAR: it lacks {missing}")
        self._module = module
        self._model: Any = module.load_model(weights) if weights else module.load_model()
        if absent := [name for name in _ATTRIBUTES if not hasattr(self._model, name)]:
            raise ConfigError(f"the model of {module.__name__} lacks {absent}")
        self.size = int(self._model.scene_embedding_size)
        self.frame_size = int(self._model.timestamp_embedding_size)
        version = getattr(module, "__version__", "")
        self.identity = f"hear {module.__name__} {version} {weights}"

    @torch.inference_mode()
    def scene(self, samples: NDArray[Any]) -> Floats:
        """Map a sound (n,) at 16 kHz to (size,)."""
        given = self._given(samples)
        found: Floats = _array(self._module.get_scene_embeddings(given, self._model))[0]
        return found

    @torch.inference_mode()
    def frames(self, samples: NDArray[Any]) -> Frames:
        """Map a sound to what is heard over time."""
        vectors, times = self._module.get_timestamp_embeddings(self._given(samples), self._model)
        return Frames(_array(vectors)[0], _array(times)[0])

    def _given(self, samples: NDArray[Any]) -> Tensor:
        from scipy.signal import resample_poly

        sound = checked(samples)
        rate_hz = int(self._model.sample_rate)
        if rate_hz != RATE_HZ:
            sound = np.asarray(resample_poly(sound, rate_hz, RATE_HZ), np.float32)
        return torch.from_numpy(np.ascontiguousarray(sound))[None]


def open_hear(name: str = "") -> HearRepresentation:
    """Open `MODULE` or `MODULE:WEIGHTS` of the HEAR API, as `hear:MODULE` among representations."""
    module, _, weights = name.partition(":")
    if not module:
        raise ConfigError("name a module of the HEAR API, as in hear:hearbaseline")
    try:
        return HearRepresentation(import_module(module), weights)
    except ImportError as error:
        raise MissingDependencyError(f"the HEAR module {module}: {error}") from error


def _sounds(audio: Tensor) -> Floats:
    if audio.ndim != 2 or not len(audio):
        raise ShapeError(f"sounds are of shape (n, samples), not {tuple(audio.shape)}")
    found: Floats = audio.detach().cpu().float().numpy()
    return found


def _array(values: Any) -> Floats:
    return np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values, np.float32)
