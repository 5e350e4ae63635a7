"""Training one classifier: cross-entropy, softened labels, perhaps a teacher's word."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from firsthand.train.compress.pictures import Batches, Pictures, as_input
from firsthand.train.task import Batch

TEMPERATURE: Final = 4.0
_JUDGED_AT_ONCE: Final = 500


class ClassifyingTask:
    """A recipe's task for `loop.fit`: a network and the batches that it learns from.

    With a `teacher`, `share` of what is learnt from are the labels, the rest is
    its word. `half` computes in bfloat16, which plain convolutions on such processors take half the
    time for; depthwise ones do not.
    """

    def __init__(
        self,
        network: nn.Module,
        batches: Batches,
        words: str,
        *,
        softening: float = 0.1,
        half: bool = False,
        teacher: "Word | None" = None,
        share: float = 0.3,
    ) -> None:
        self.model, self.recipe = network, words
        self._batches, self._softening, self._half = batches, softening, half
        self._teacher, self._share = teacher, share

    def batch(self, step: int) -> Batch:
        """Return the pictures and labels of a step."""
        return self._batches(step)

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the loss, and the share of right answers."""
        pictures, labels = batch["pictures"], batch["labels"]
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            logits = self.model(pictures)
        logits = logits.float()
        total = functional.cross_entropy(logits, labels, label_smoothing=self._softening)
        if self._teacher is not None:
            word = taught(logits, self._teacher.of(batch))
            total = self._share * total + (1 - self._share) * word
        return {"total": total, "right": right(logits, labels)}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: what it can do is measured."""


class Word:
    """What a teacher that stands still says of batches; those that come again are remembered."""

    def __init__(self, teacher: nn.Module) -> None:
        self._teacher = teacher.eval()
        self._said: dict[int, Tensor] = {}

    def of(self, batch: Batch) -> Tensor:
        """Return the logits (b, classes) of a batch with its `place` among those that come again.

        A `place` of -1 will not come again.
        """
        place = int(batch["place"])
        if place < 0:
            return logits_of(self._teacher, batch["pictures"])
        if place not in self._said:
            self._said[place] = logits_of(self._teacher, batch["pictures"])
        return self._said[place]


@torch.no_grad()
def logits_of(network: nn.Module, pictures: Tensor) -> Tensor:
    """Return a teacher's logits (b, classes), float32, computed in bfloat16."""
    with torch.autocast("cpu", torch.bfloat16):
        logits: Tensor = network(pictures)
    return logits.float()


def right(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the share of right answers."""
    return (logits.detach().argmax(1) == labels).float().mean()


def taught(logits: Tensor, teacher: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Return how far logits (b, classes) are from a teacher's, softened: Hinton et al. 2015.

    The Kullback-Leibler divergence (arXiv:1503.02531), times the square of the temperature.
    """
    said = functional.log_softmax(logits / temperature, 1)
    wanted = functional.log_softmax(teacher / temperature, 1)
    return functional.kl_div(said, wanted, reduction="batchmean", log_target=True) * temperature**2


@torch.no_grad()
def answers(network: nn.Module, pictures: Pictures, *, half: bool = False) -> Tensor:
    """Return the class (n,) that a network gives each picture."""
    network.eval()
    found = []
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        for first in range(0, len(pictures), _JUDGED_AT_ONCE):
            seen = as_input(pictures.pixels[first : first + _JUDGED_AT_ONCE])
            found.append(network(seen.contiguous(memory_format=torch.channels_last)).argmax(1))
    return torch.cat(found)
