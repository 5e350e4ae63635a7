import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firsthand.cli.command import app
from firsthand.cli.demo_hands import credits_in, make_clip
from firsthand.errors import ConfigError, InputError
from firsthand.hands.weights import BUNDLED, DEFAULT_MODEL, PUBLISHED
from firsthand.media import VideoReader
from firsthand.media.sources import images_in

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def run(*arguments):
    return CliRunner().invoke(app, ["demo", *map(str, arguments)])


def test_every_photograph_says_whose_it_is():
    owners = credits_in(EXAMPLES / "media" / "hands" / "ATTRIBUTION.md")
    assert set(owners) == {path.name for path in images_in(EXAMPLES / "media" / "hands")}
    assert all("MIT" in credit or "Apache-2.0" in credit for credit in owners.values())


def test_an_unknown_part_and_missing_examples_are_told(tmp_path):
    wrong = run("feet", "-o", tmp_path)
    assert isinstance(wrong.exception, ConfigError)
    assert "no part 'feet'; it has hands" in str(wrong.exception)
    absent = run("-o", tmp_path, "--examples", tmp_path)
    assert isinstance(absent.exception, InputError)
    assert "make demo" in str(absent.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_clip_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "make_hands_clip.py").write_text("raise SystemExit('no film')")
    with pytest.raises(InputError, match="no film"):
        make_clip(tmp_path, tmp_path / "clip.mp4")


@pytest.mark.slow
@pytest.mark.models
def test_the_whole_demo(tmp_path):
    done = run("-o", tmp_path)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "hands"
    lines = [json.loads(line) for line in (folder / "hands.jsonl").read_text().splitlines()]
    of_clip = [line for line in lines if "source" not in line]
    of_photographs = [line for line in lines if "source" in line]
    with VideoReader(folder / "annotated.mp4") as video:
        assert len(list(video)) == len(of_clip)
    assert sum(bool(line["hands"]) for line in of_clip) > 0.8 * len(of_clip)
    assert {line["gesture"] for each in of_clip for line in each["hands"]} >= {"open_palm"}
    assert len(of_photographs) == len(images_in(EXAMPLES / "media" / "hands"))
    page = (folder / "report.html").read_text(encoding="utf-8")
    for name in {**BUNDLED, **PUBLISHED}[DEFAULT_MODEL]:
        assert name in page
    assert "Sign Language Digits Dataset, Apache-2.0" in page
