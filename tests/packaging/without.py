"""Runs the command line, or code after `-c`, as where some modules are not installed.

python without.py MODULE,MODULE hands live
"""

import importlib.util
import sys
from typing import Any


class Hiding:
    """A finder that does not find some modules that another one does."""

    def __init__(self, finder: Any, names: frozenset[str]) -> None:
        self._finder, self._names = finder, names

    def find_spec(self, name: str, *rest: Any) -> Any:
        if name.partition(".")[0] in self._names:
            return None
        return self._finder.find_spec(name, *rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)


def hide(names: frozenset[str]) -> None:
    sys.meta_path[:] = [Hiding(finder, names) for finder in sys.meta_path]
    found = [name for name in names if importlib.util.find_spec(name) is not None]
    assert not found, found


if __name__ == "__main__":
    modules, *rest = sys.argv[1:]
    hide(frozenset(modules.split(",")))
    if rest[0] == "-c":
        exec(rest[1])
    else:
        from firsthand.cli import main

        sys.argv[1:] = rest
        main()
