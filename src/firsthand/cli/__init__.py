"""The command `firsthand`: one file per system, thin over the library."""

__all__ = ["main"]


def main() -> None:
    """Run the command line, as `firsthand.cli.command.main` describes."""
    try:
        from firsthand.cli.command import main as run

        run()
    except KeyboardInterrupt:  # while the command line itself was being loaded
        raise SystemExit(130) from None
