"""What the tests of the annotation page share: a session of its own, and visits to it."""

import shutil

import pytest
from annotation_visits import visits
from checkered import COUNT, checkered


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return checkered(tmp_path_factory.mktemp("made"), COUNT).folder


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "table")


@pytest.fixture
def visit(browser, folder):
    with visits(browser, folder) as opened:
        yield opened
