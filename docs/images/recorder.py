"""Draws docs/images/recorder.png: the recording in examples/media, as `make demo` draws it."""

import shutil
import tempfile
from pathlib import Path

from firsthand.cli import demo_recorder

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        demo_recorder.run(ROOT / "examples", Path(folder))
        shutil.copy(Path(folder) / "two_readers.png", ROOT / "docs" / "images" / "recorder.png")
