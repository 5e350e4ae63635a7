"""Builds the wheel and installs it in an environment of its own.

    python system/wheel.py FOLDER [ARGUMENTS OF PIP INSTALL ...]

leaves FOLDER/firsthand-VERSION-py3-none-any.whl and FOLDER/venv, which holds the base install and
no pip.
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(folder: Path, *arguments: str) -> int:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    if code := subprocess.run(build, check=False).returncode:
        return code
    (wheel,) = folder.glob("firsthand-*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    pip += ["--python", str(folder / "venv" / "bin" / "python")]
    install = [*pip, "install", "--quiet", *arguments, str(wheel)]
    return subprocess.run(install, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
