"""Inputs that a search has found, or begins with: every target takes them as its parsers say."""

import pytest
from fuzz_targets import CORPUS, TARGETS

INPUTS = sorted(path for path in CORPUS.rglob("*") if path.is_file())

# A hostile number may overflow on its way to being refused, which NumPy warns of.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_target_lets_through_only_what_its_parsers_name(path) -> None:
    TARGETS[path.parent.name].load()(path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_every_parser_has_an_input(name) -> None:
    first = {chr(path.read_bytes()[0]) for path in (CORPUS / name).iterdir()}
    assert first == set(TARGETS[name].parsers())


def test_the_corpus_stays_small() -> None:
    assert {path.parent.name for path in INPUTS} == set(TARGETS)
    assert sum(path.stat().st_size for path in INPUTS) < 2_000_000
    assert len(INPUTS) < 600
