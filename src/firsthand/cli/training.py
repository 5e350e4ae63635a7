"""What all commands that train share: what they need, and how Ctrl-C stops them."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from firsthand.errors import MissingDependencyError
from firsthand.train.memory import keep_memory
from firsthand.train.run import Progress

if TYPE_CHECKING:
    from firsthand.cli.train_telling import Told

_NEEDED: Final = ("torch", "litert_torch", "ai_edge_quantizer")


def prepare_training() -> None:
    """See that what training needs is there, before torch is imported.

    Recipes are imported by name after it: no other command, and no import of one, may bring torch
    along. Raises `MissingDependencyError`.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            f"training needs {', '.join(missing)}, which is not installed: "
            'pip install "firsthand[train]"'
        )
    keep_memory()


@contextmanager
def stopping_between_steps(told: "Told") -> Iterator[Callable[[Progress], None]]:
    """Give a `tell` that raises `KeyboardInterrupt` after the step in which Ctrl-C came."""
    asked = False
    before: Any = None

    def ask(*_: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        told.say("stopping after this step; press Ctrl-C once more to stop at once.")

    def tell(progress: Progress) -> None:
        nonlocal before
        if before is None:  # from here on there are steps to stop between
            before = signal.signal(signal.SIGINT, ask)
        told.update(progress)
        if asked:
            raise KeyboardInterrupt

    try:
        yield tell
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
