"""The hand models that benchmarks compare: our own, as far as they are here, and MediaPipe's.

MediaPipe's weights run in our pipeline; `hands_speed.py` shows that the keypoints are those of
MediaPipe itself. Ours in eight bits come with the package, those in float lie in `weights/hands`.
"""

from dataclasses import dataclass
from typing import Any

from firsthand.hands import Hands
from firsthand.hands.models import HandModels, load_models, open_models
from firsthand.hands.tracking import TrackerOptions
from firsthand.hands.weights import BUNDLED, bundled_here
from hands_clips import ROOT

__all__ = ["MEDIAPIPE", "Side", "own", "own_note"]

FLOAT = ROOT / "benchmarks" / "weights" / "hands"


@dataclass(frozen=True)
class Side:
    """A pair of models, and how it is called in figures and plots.

    `model` is its name in `Hands.load`, with `-float` at its end for ours in float.
    """

    model: str
    prefix: str = ""
    suffix: str = ""
    title: str = ""

    @property
    def is_float(self) -> bool:
        """Whether these are our own in float."""
        return self.model.endswith("-float")

    def figure(self, what: str, of: str) -> str:
        """`error_own_SET` and `error_own_tiny_float_SET`, or `error_SET_mediapipe_full`."""
        return "_".join(part for part in (what, self.prefix, of, self.suffix) if part)

    def models(self) -> HandModels:
        """The models, loaded."""
        if not self.is_float:
            return load_models(self.model)
        size = self.model.removesuffix("-float")
        palm, hand = (FLOAT / f"firsthand-{kind}-{size}.tflite" for kind in ("palm", "hand"))
        return open_models(palm, hand)

    def load(self, **options: Any) -> Hands:
        """A tracker with these models and options of `TrackerOptions`."""
        return Hands(self.models(), TrackerOptions(**options))


def _side(name: str) -> Side:
    prefix = "own" if name == "small" else f"own_{name.replace('-', '_')}"
    return Side(name, prefix, title=f"ours, {name}")


MEDIAPIPE = tuple(
    Side(name, suffix=f"mediapipe_{name}", title=f"MediaPipe, {name}") for name in ("full", "lite")
)


def own() -> tuple[Side, ...]:
    """Our own pairs that are here: the default one, small in eight bits, is plain `own`."""
    in_float = [name for name in BUNDLED if (FLOAT / f"firsthand-hand-{name}.tflite").is_file()]
    return tuple(map(_side, (*bundled_here(), *(f"{name}-float" for name in in_float))))


def own_note() -> tuple[str, ...]:
    """What a result has to say where some of our own models are not here."""
    missing = sorted(set(BUNDLED) - set(bundled_here()))
    return (f"not bundled, so not measured: {', '.join(missing)}",) if missing else ()
