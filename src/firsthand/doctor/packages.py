"""The packages of the base install and of each extra, as the installed metadata names them."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from firsthand.doctor.checks import Check

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_BASE, _EXTRAS = "base install", "extras"
_OURS = "firsthand"
_IMPORT = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
_PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Package:
    """What a requirement finds: `fault` says in words what is wrong with what is installed."""

    name: str
    wanted: str
    version: str | None
    fault: str = ""


def check_base(distribution: str = _OURS) -> Iterator[Check]:
    """Yield a check for each package that the base install needs, each imported by a process."""
    from packaging.utils import canonicalize_name

    try:
        wanted = [wish for wish in _requirements(distribution) if _applies(wish, "")]
    except metadata.PackageNotFoundError:
        return  # which the check of Firsthand itself says
    names = sorted({canonicalize_name(wish.name) for wish in wanted})
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        failures = dict(zip(names, pool.map(import_failure, names), strict=True))
    for wish in wanted:
        package = _look_up(wish)
        fault = package.fault or failures[canonicalize_name(wish.name)]
        if package.version is None:
            remedy = f'pip install "{package.wanted}"'
            yield Check(_BASE, wish.name, "missing", "not installed", remedy, needed=True)
        elif fault:
            detail, remedy = f"{package.version}, {fault}", _again(package)
            yield Check(_BASE, wish.name, "broken", detail, remedy, needed=True)
        else:
            yield Check(_BASE, wish.name, "ok", package.version, needed=True)


def check_extras(distribution: str = _OURS) -> Iterator[Check]:
    """Yield a check for each extra: whether all that it needs is installed; nothing is imported."""
    try:
        extras = metadata.metadata(distribution).get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        return
    for extra in sorted(extras):
        packages = [_look_up(wish) for wish in _needs(distribution, extra)]
        absent = [package.name for package in packages if package.version is None]
        faulty = [package for package in packages if package.fault]
        remedy = f'pip install "{distribution}[{extra}]"'
        if faulty:
            faults = [f"{package.name} {package.version}, {package.fault}" for package in faulty]
            faults += [f"not installed: {', '.join(absent)}"] if absent else []
            yield Check(_EXTRAS, extra, "broken", "; ".join(faults), _again(*faulty))
        elif absent:
            word = (
                "not installed:" if len(absent) == len(packages) else "installed in part, without"
            )
            yield Check(_EXTRAS, extra, "missing", f"{word} {', '.join(absent)}", remedy)
        else:
            names = ", ".join(f"{package.name} {package.version}" for package in packages)
            yield Check(_EXTRAS, extra, "ok", names)


def import_failure(name: str) -> str:
    """Import a package's modules in a process of its own; return in words how that failed, or "".

    A package that is not installed, or whose modules its metadata does not name, fails at nothing.
    """
    modules = _modules(name)
    if not modules:
        return ""
    command = [sys.executable, "-P", "-c", _IMPORT, *modules]
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"importing it takes more than {_PATIENCE_S} s"
    if done.returncode < 0:
        return f"importing it ends the process (signal {-done.returncode})"
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        return f"cannot be imported: {lines[-1]}"
    return ""


def _requirements(distribution: str) -> "list[Requirement]":
    from packaging.requirements import Requirement

    return [Requirement(line) for line in metadata.requires(distribution) or []]


def _applies(wish: "Requirement", extra: str) -> bool:
    return wish.marker is None or wish.marker.evaluate({"extra": extra})


def _needs(distribution: str, extra: str) -> "Iterator[Requirement]":
    """Yield what an extra adds, and what the extras that it names in turn add."""
    for wish in _requirements(distribution):
        if not _applies(wish, extra) or _applies(wish, ""):
            continue
        if wish.name != distribution:
            yield wish
        for further in sorted(wish.extras):
            try:
                yield from _needs(wish.name, further)
            except metadata.PackageNotFoundError:
                continue  # its own absence is told


def _look_up(wish: "Requirement") -> Package:
    from packaging.version import InvalidVersion, Version

    wanted = f"{wish.name}{wish.specifier}"
    try:
        found = metadata.distribution(wish.name)
    except metadata.PackageNotFoundError:
        return Package(wish.name, wanted, None)
    try:
        version = str(Version(str(found.version)))  # None where the metadata names none
    except (InvalidVersion, KeyError):
        return Package(wish.name, wanted, "?", "its metadata is damaged")
    if not wish.specifier.contains(version, prereleases=True):
        return Package(wish.name, wanted, version, f"but {wish.specifier} is needed")
    gone = [path for path in _roots(found) if not Path(str(found.locate_file(path))).exists()]
    return Package(wish.name, wanted, version, f"{gone[0]} is gone" if gone else "")


def _again(*packages: Package) -> str:
    wanted = " ".join(f'"{package.wanted}"' for package in packages)
    return f"pip install --force-reinstall --no-deps {wanted}"


def _roots(found: metadata.Distribution) -> Iterable[metadata.PackagePath]:
    """Return the files that make a distribution's packages and modules, the outermost only."""
    files = [path for path in found.files or [] if path.suffix == ".py" and ".." not in path.parts]
    inits = [path for path in files if path.name == "__init__.py"]
    if not inits:
        return [path for path in files if len(path.parts) == 1]
    depth = min(len(path.parts) for path in inits)
    return [path for path in inits if len(path.parts) == depth]


def _modules(name: str) -> list[str]:
    try:
        roots = _roots(metadata.distribution(name))
    except metadata.PackageNotFoundError:
        return []
    return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in roots]
