"""Networks that tell texts apart: a transformer that reads, and small ones that see projections."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from firsthand.compress.text import TextTokens
from firsthand.errors import ConfigError
from firsthand.train.compress.classifying import right, taught
from firsthand.train.compress.nested import Nested, Source
from firsthand.train.compress.texts import TextBatches
from firsthand.train.task import Batch

_HEADS: Final = 4
_DROPPED: Final = 0.1
_HIDDEN_WORDS: Final = 0.1
_FAR: Final = -1e4
_AT_ONCE: Final = 256


class Reader(nn.Module):
    """A transformer encoder (Vaswani et al. 2017, arXiv:1706.03762) over hashed words.

    Maps tokens (b, l, 3) as `tokens` makes them, l at most `tokens.length`, to logits (b, classes)
    of the mean over words. What goes into a layer is normed first (Xiong et al. 2020,
    arXiv:2002.04745). Raises `ConfigError` for a `width` that is no multiple of 4.
    """

    def __init__(self, tokens: TextTokens, classes: int, width: int, layers: int) -> None:
        super().__init__()
        if width < _HEADS or width % _HEADS or layers < 1:
            raise ConfigError(
                f"a reader's width is a multiple of {_HEADS} and its layers at least 1; got "
                f"{width} and {layers}"
            )
        counts = (tokens.words, tokens.ends, tokens.ends)
        self.embeddings = nn.ModuleList([nn.Embedding(count, width) for count in counts])
        self.places = nn.Parameter(torch.zeros(tokens.length, width))
        self.layers = nn.ModuleList([_Layer(width) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.drop = nn.Dropout(2 * _DROPPED)
        self.out = nn.Linear(width, classes)
        for weights in (*self.embeddings.parameters(), self.places):
            nn.init.normal_(weights, std=0.05)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits."""
        there = (tokens[:, :, 0] > 0).float()
        far = ((1 - there) * _FAR)[:, None, None]
        parts = [embed(tokens[:, :, at]) for at, embed in enumerate(self.embeddings)]
        x = self.drop(parts[0] + parts[1] + parts[2] + self.places[: tokens.shape[1]])
        for layer in self.layers:
            x = layer(x, far)
        x = (self.norm(x) * there[:, :, None]).sum(1) / there.sum(1, keepdim=True).clamp(min=1)
        logits: Tensor = self.out(self.drop(x))
        return logits


class _Layer(nn.Module):
    """Attention, and two layers for each word, each with a way around."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.asks = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.inside = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.drop = nn.Dropout(_DROPPED)

    def forward(self, x: Tensor, far: Tensor) -> Tensor:
        """Map (b, l, width) to the same; `far` (b, 1, 1, l) is added to what is not to be seen."""
        b, words, width = x.shape
        heads = self.asks(self.before(x)).reshape(b, words, 3, _HEADS, width // _HEADS)
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)
        near = query @ key.transpose(2, 3) * (width // _HEADS) ** -0.5 + far
        seen = (functional.softmax(near, 3) @ value).transpose(1, 2).reshape(b, words, width)
        x = x + self.drop(self.out(seen))
        inside: Tensor = self.drop(self.inside(x))
        return x + inside


class ReaderTask:
    """A task for `loop.fit`: a reader learns labels of texts, of which it sees nine words in ten.

    `batches` have `tokens`.
    """

    def __init__(self, reader: Reader, batches: TextBatches, words: str) -> None:
        self.model: nn.Module = reader
        self.recipe = words
        self._batches = batches

    def batch(self, step: int) -> Batch:
        """Return the tokens and labels of a step."""
        return self._batches(step)

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the loss, and the share of right answers."""
        tokens = trimmed(batch["tokens"])
        hidden = torch.rand(tokens.shape[:2]) < _HIDDEN_WORDS
        logits = self.model(tokens.masked_fill(hidden[:, :, None], 0))
        total = functional.cross_entropy(logits, batch["labels"], label_smoothing=0.05)
        return {"total": total, "right": right(logits, batch["labels"])}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: what it can do is measured."""


class TaughtTask:
    """A task for `loop.fit`: students learn what a teacher says of texts, and a little the labels.

    `network` maps projections to logits, or to those of several students, as `Nested` does;
    `batches` have `projections`. `word` (n, classes) are the teacher's logits of all texts, of
    which 1 - `share` of the loss is made.
    """

    def __init__(
        self,
        network: nn.Module,
        batches: TextBatches,
        words: str,
        *,
        word: Tensor,
        share: float = 0.3,
    ) -> None:
        self.model, self.recipe = network, words
        self._batches, self._word, self._share = batches, word, share

    def batch(self, step: int) -> Batch:
        """Return the projections, labels and places of a step."""
        return self._batches(step)

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the sum over students, and each one's share of right answers."""
        labels, word = batch["labels"], self._word[batch["places"]]
        found = self.model(batch["projections"])
        total, parts = torch.zeros(()), {}
        for at, logits in enumerate(found if isinstance(found, list) else [found]):
            plain = functional.cross_entropy(logits, labels)
            total = total + self._share * plain + (1 - self._share) * taught(logits, word)
            parts[f"right_{at}"] = right(logits, labels)
        return {"total": total, **parts}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: what they can do is measured."""


def text_students(width: int, hidden: Sequence[int], classes: int) -> Nested:
    """Return students of projections (b, width), one for each number of hidden units.

    The largest comes first, and its leading units are the others'.
    """
    sizes = sorted(hidden, reverse=True)
    if not sizes or sizes[-1] < 1 or len(set(sizes)) < len(sizes):
        raise ConfigError(f"students differ in their hidden units, at least 1 each; got {hidden}")
    sources: list[dict[str, Source]] = [
        {
            "1.weight": ("1.weight", (slice(size),)),
            "1.bias": ("1.bias", (slice(size),)),
            "4.weight": ("4.weight", (slice(None), slice(size))),
        }
        for size in sizes[1:]
    ]
    made = [_student(width, size, classes) for size in sizes]
    return Nested(made[0], list(zip(made[1:], sources, strict=True)))


@torch.no_grad()
def word_of(reader: nn.Module, tokens: Tensor) -> Tensor:
    """Return a reader's logits (n, classes) of tokens (n, length, 3)."""
    reader.eval()
    order = (tokens[:, :, 0] > 0).sum(1).argsort()
    parts = [reader(trimmed(tokens[some])) for some in torch.split(order, _AT_ONCE)]
    return torch.cat(parts)[order.argsort()]


def trimmed(tokens: Tensor) -> Tensor:
    """Return tokens (b, l, 3) without what is behind the longest text, but with one at least."""
    return tokens[:, : max(1, int((tokens[:, :, 0] > 0).sum(1).max()))]


def _student(width: int, hidden: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(2 * _DROPPED),
        nn.Linear(width, hidden),
        nn.ReLU(),
        nn.Dropout(2 * _DROPPED),
        nn.Linear(hidden, classes),
    )
