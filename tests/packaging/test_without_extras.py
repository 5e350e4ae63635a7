"""Each extra can be left out alone: everything else is imported, and what needs it says so."""

import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from asking import HELP, NEEDING, SYSTEMS, as_it_should_be_refused
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

WITHOUT = Path(__file__).with_name("without.py")
EXTRAS = sorted(metadata.metadata("firsthand").get_all("Provides-Extra"))
REFUSING = {"federated": {"federated"}}


@cache
def modules_by_package() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for module, packages in metadata.packages_distributions().items():
        for package in packages:
            found.setdefault(canonicalize_name(package), set()).add(module)
    return found


def hidden(extra: str) -> str:
    """The modules that an extra brings and the base install does not."""
    wishes = [Requirement(line) for line in metadata.requires("firsthand")]
    base = {wish.name for wish in wishes if wish.marker is None}
    names = {wish.name for wish in wishes if wish.marker and wish.marker.evaluate({"extra": extra})}
    modules = {m for name in names - base for m in modules_by_package().get(name, ())}
    return ",".join(sorted(m for m in modules - {"firsthand"} if m.isidentifier()))


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, WITHOUT, *map(str, command)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("extra", EXTRAS)
def test_everything_else_is_imported_and_groups_tell_their_help(extra, tmp_path):
    done = run(hidden(extra), "-c", f"{SYSTEMS}\nDEPTH = 1\n{HELP}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    refusing = [line for line in done.stdout.splitlines() if "pip install" in line]
    assert {line.split()[0] for line in refusing} == REFUSING.get(extra, set())
    assert all(f"firsthand[{extra}]" in line for line in refusing)
    assert "hands" in done.stdout.splitlines()


@pytest.mark.parametrize(("extra", "command"), NEEDING)
def test_what_needs_an_extra_says_so(extra, command, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    done = run(hidden(extra), *command, cwd=tmp_path)
    assert as_it_should_be_refused(extra, done.returncode, done.stderr), done.stderr
