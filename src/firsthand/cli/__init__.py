"""The command `firsthand`: one file per system, thin over the library."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line, as `firsthand.cli.command.main` describes."""
    try:
        from firsthand.cli.command import main as run
    except ImportError as error:  # not even the base install is whole
        said = f"firsthand: the command line cannot be loaded: {error}"
        sys.exit(f"{said}; `{sys.executable} -m firsthand.doctor` says what is wrong")
    except KeyboardInterrupt:  # while the command line itself was being loaded
        raise SystemExit(130) from None
    try:
        run()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
