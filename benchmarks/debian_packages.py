"""What is in Debian's packages, unpacked beside the caches and installed nowhere."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from hands_clips import ROOT

__all__ = ["unpacked"]

FOLDER = ROOT / ".cache" / "benchmarks" / "debian"


def unpacked(packages: Iterable[str]) -> Path:
    """A folder with the files of these packages, as they would lie below `/`; fetched once."""
    root, archives = FOLDER / "root", FOLDER / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    for package in packages:
        done = archives / f"{package}.done"
        if done.is_file():
            continue
        download = ["apt-get", "download", "-q", package]
        subprocess.run(download, cwd=archives, check=True, stdin=subprocess.DEVNULL)
        (archive,) = archives.glob(f"{package}_*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, root], check=True)
        archive.unlink()
        done.touch()
    return root
