"""Whether a card says of its model what is true."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from firsthand.errors import ModelError
from firsthand.measure import Interval
from firsthand.runtime import Measurement, ModelCard, TensorCard

_ACCURACY: Final = re.compile(r"top[\s_-]?1\b|\baccurac", re.IGNORECASE)
_OTHER: Final = re.compile(r"top[\s_-]?[2-9]|top[\s_-]?1\d|error|loss", re.IGNORECASE)
_LONGEST: Final = 60


def check_tensors(
    card: ModelCard, inputs: Sequence[Mapping[str, Any]], outputs: Sequence[Mapping[str, Any]]
) -> None:
    """Raise `ModelError` where the card has another shape or type than the model.

    `inputs` and `outputs` are the model's, as its process tells them. A card that lists none says
    nothing of them, and its -1 stands for any size.
    """
    for side, said, found in (("input", card.inputs, inputs), ("output", card.outputs, outputs)):
        if not said:
            continue
        if len(said) != len(found):
            raise ModelError(
                f"its card lists {_count(len(said), side)}, and it has {_count(len(found), side)}"
            )
        for each, real in zip(said, found, strict=True):
            shape, dtype = tuple(real["shape"]), str(real["dtype"])
            if not _alike(each.shape, shape) or each.dtype != dtype:
                raise ModelError(
                    f"its card gives its {side} as {_told(each)}, and it is {shape} of {dtype}"
                )


def false_claims(card: ModelCard, accuracy: Interval) -> tuple[str, ...]:
    """Return a remark for every accuracy in the card that is above what was measured.

    `accuracy` is 0..1; a claim above 1 is in percent.
    """
    return tuple(
        f"its card claims {100 * _share(each):.1f}% ({_short(each.metric)} on "
        f"{_short(each.dataset)}); measured here were {100 * accuracy.value:.1f}%, at most "
        f"{100 * accuracy.high:.1f}%"
        for each in card.accuracy
        if _ACCURACY.search(each.metric)
        and not _OTHER.search(each.metric)
        and _share(each) > accuracy.high
    )


def _share(claim: Measurement) -> float:
    return claim.value / 100 if claim.value > 1 else claim.value


def _alike(said: tuple[int, ...], found: tuple[int, ...]) -> bool:
    return len(said) == len(found) and all(a in (b, -1) for a, b in zip(said, found, strict=True))


def _told(tensor: TensorCard) -> str:
    return f"{tensor.shape} of {tensor.dtype}"


def _count(count: int, side: str) -> str:
    return f"{count} {side}{'' if count == 1 else 's'}"


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
