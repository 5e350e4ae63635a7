"""What tests of the package share: commands that need extras, and code that asks about it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIP = ROOT / "examples" / "media" / "recorder" / "two_readers.ogg"
PHOTOGRAPH = ROOT / "examples" / "media" / "hands" / "sign_five.jpg"
DIGITS = ROOT / "examples" / "media" / "digits"
ONNX = ROOT / "tests" / "golden" / "models" / "sum_product.onnx"

NEEDING = (
    ("recorder", ("recorder", "add", CLIP)),
    ("recorder", ("recorder", "add", "--engine", "pocketsphinx", CLIP)),
    ("recorder", ("recorder", "record")),
    ("web", ("recorder", "serve")),
    ("web", ("hands", "live")),
    ("web", ("objects", "live", "--category", "cup")),
    ("web", ("objects", "annotate", ".")),
    ("web", ("challenge", "leaderboard", "--data", PHOTOGRAPH.parent)),
    ("call", ("concealment", "live")),
    ("federated", ("federated", "simulate", "--devices", "9", "--query", "mean minutes high=60")),
    ("federated", ("federated", "serve", "--keys", "keys")),
    ("onnx", ("challenge", "macs", ONNX)),
    ("train", ("train", "hands", "gestures")),
    ("train", ("compress", "run", f"{ROOT}/examples/digits.py:make", "--data", DIGITS, "-o", "x")),
)
"""Extras, and commands that cannot work without."""

SYSTEMS = """
from importlib import import_module
from pkgutil import iter_modules
import firsthand
from firsthand.errors import MissingDependencyError

for found in iter_modules(firsthand.__path__):
    try:
        import_module(f"firsthand.{found.name}")
    except MissingDependencyError as error:
        print(found.name, error)
"""
"""Imports every package of Firsthand, and prints which refuse and what they say."""

HELP = """
from typer.main import get_command
from typer.testing import CliRunner
from firsthand.cli.command import app

def ask(command, path, depth):
    done = CliRunner().invoke(app, [*path, "--help"])
    assert done.exit_code == 0 and "Usage" in done.output, (path, done.output)
    print(*path)
    for name, below in getattr(command, "commands", {}).items() if depth else ():
        ask(below, [*path, name], depth - 1)

ask(get_command(app), [], DEPTH)
"""
"""Asks the command line's groups for their help, DEPTH deep, and prints their names."""


def as_it_should_be_refused(extra: str, returncode: int, stderr: str) -> bool:
    """Whether a command ended as one whose extra is missing: with 1 and a line that names it."""
    lines = stderr.splitlines()
    return returncode == 1 and len(lines) == 1 and f"firsthand[{extra}]" in lines[0]
