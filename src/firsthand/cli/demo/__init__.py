"""`firsthand demo`: a part for each system, and the one page about what they made."""

from firsthand.cli.demo.command import PARTS, Part, demo

__all__ = ["PARTS", "Part", "demo"]
