"""Packages whose names come when they are first used, so that importing one is quick."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def lazy(
    package: str,
    homes: Mapping[str, Sequence[str]],
    public: Sequence[str],
    *,
    require: Callable[[], None] = lambda: None,
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package (PEP 562).

    `homes` has the names of each of its modules, `public` is its `__all__`. `require` is called
    before a module is loaded, and raises `MissingDependencyError` where it cannot be.
    """
    home_of = {name: module for module, names in homes.items() for name in names}

    def get(name: str) -> Any:
        if name in home_of:
            require()
            return getattr(import_module(f"{package}.{home_of[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}; it has {[*public]}")

    return get, lambda: sorted(public)
