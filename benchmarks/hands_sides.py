"""The hand models that benchmarks compare: our own, as far as they are bundled, and MediaPipe's.

MediaPipe's weights run in our pipeline here; `hands_speed.py` shows that the keypoints are those
of MediaPipe itself.
"""

from dataclasses import dataclass

from firsthand.hands.weights import BUNDLED, bundled_here

__all__ = ["MEDIAPIPE", "Side", "own", "own_note"]


@dataclass(frozen=True)
class Side:
    """A pair of models by its name in `Hands.load`, and how it is called in figures and plots."""

    model: str
    prefix: str = ""
    suffix: str = ""
    title: str = ""

    def figure(self, what: str, of: str) -> str:
        """`error_own_SET` and `error_own_tiny_float_SET`, or `error_SET_mediapipe_full`."""
        return "_".join(part for part in (what, self.prefix, of, self.suffix) if part)


OWN = {
    name: Side(
        name, "own" if name == "small" else f"own_{name.replace('-', '_')}", title=f"ours, {name}"
    )
    for name in BUNDLED
}
MEDIAPIPE = tuple(
    Side(name, suffix=f"mediapipe_{name}", title=f"MediaPipe, {name}") for name in ("full", "lite")
)


def own() -> tuple[Side, ...]:
    """Our own pairs that are bundled: the default one, small in eight bits, is plain `own`."""
    return tuple(OWN[name] for name in bundled_here())


def own_note() -> tuple[str, ...]:
    """What a result has to say where some of our own models are not bundled."""
    missing = sorted(set(BUNDLED) - set(bundled_here()))
    return (f"not bundled, so not measured: {', '.join(missing)}",) if missing else ()
