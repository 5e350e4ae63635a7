"""The command `firsthand`: one file per system, thin over the library."""

from firsthand.cli.command import app, main

__all__ = ["app", "main"]
