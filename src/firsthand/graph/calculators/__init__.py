"""Calculators every graph needs, under the names MediaPipe gives them."""

from firsthand.graph.calculators.passthrough import PassThrough

__all__ = ["PassThrough"]
