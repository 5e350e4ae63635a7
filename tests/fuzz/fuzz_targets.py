"""What is fuzzed: targets by name, each a few parsers, of which the first byte of an input is one.

A parser takes the other bytes, and lets through only what its docstring names: whatever else it
raises, and every second that it takes, is a finding. `benchmarks/robustness_fuzz.py` looks for
such inputs, `test_fuzz_corpus.py` sees that those that were found stay mended.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

Parser = Callable[[bytes], object]

CORPUS: Final = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Target:
    """Parsers by the letter that chooses them, in a module that is imported when asked for.

    `modules` are those of Firsthand whose branches guide the search.
    """

    module: str
    modules: tuple[str, ...]

    def parsers(self) -> Mapping[str, Parser]:
        return import_module(self.module).PARSERS

    def load(self) -> Callable[[bytes], None]:
        """Return what takes an input; one whose first byte is no parser's letter does nothing."""
        parsers = {ord(letter): parser for letter, parser in self.parsers().items()}

        def target(data: bytes) -> None:
            if data and (parser := parsers.get(data[0])) is not None:
                parser(data[1:])

        return target


TARGETS: Final[Mapping[str, Target]] = {
    "pictures": Target("fuzzed_pictures", ("firsthand.media",)),
    "recordings": Target("fuzzed_recordings", ("firsthand.media",)),
    "models": Target("fuzzed_models", ("firsthand.runtime",)),
    "graphs": Target("fuzzed_graphs", ("firsthand.graph",)),
    "sessions": Target("fuzzed_sessions", ("firsthand.objects", "firsthand.measure.documents")),
    "transcripts": Target("fuzzed_transcripts", ("firsthand.recorder",)),
    "fleets": Target("fuzzed_fleets", ("firsthand.federated",)),
    "calls": Target("fuzzed_calls", ("firsthand.concealment",)),
    "pages": Target("fuzzed_pages", ("firsthand.web", "firsthand.hands", "firsthand.recorder.web")),
    "tables": Target(
        "fuzzed_tables",
        (
            "firsthand.challenge", "firsthand.compress", "firsthand.core", "firsthand.hands",
            "firsthand.measure", "firsthand.speech",
        ),
    ),
    "arrays": Target("fuzzed_arrays", ("firsthand.core", "firsthand.speech", "firsthand.train")),
    "meshes": Target("fuzzed_meshes", ("firsthand.train",)),
}  # fmt: skip
