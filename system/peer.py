"""Makes the environment of a program we are compared with; `make oracle` makes MediaPipe's."""

import os
import sys
from pathlib import Path

from firsthand.errors import FirsthandError
from firsthand.measure import PeerEnvironment


def main(name: str) -> int:
    environment = PeerEnvironment(name, Path(__file__).resolve().parents[1])
    if environment.is_current or os.environ.get(f"FIRSTHAND_{name.upper()}_PYTHON"):
        return 0
    sys.stdout.write(f"make oracle: making {environment.folder.name}'s environment (once)\n")
    sys.stdout.flush()
    try:
        environment.ensure()
    except FirsthandError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
