"""`firsthand speech`: embed, personalize, classify and NOSS, with whatever may be given."""

import json

import numpy as np
import pytest
from hearing import RATE_HZ, tone
from typer import BadParameter
from typer.testing import CliRunner

from firsthand.cli.command import app
from firsthand.errors import ConfigError, InputError
from firsthand.media import write_audio
from firsthand.runtime import Model


def run(*arguments: object, code: int = 0):
    done = CliRunner().invoke(app, ["speech", *map(str, arguments)])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def refused(*arguments: object) -> Exception:
    done = CliRunner().invoke(app, ["speech", *map(str, arguments)], standalone_mode=False)
    errors = ConfigError | InputError | BadParameter
    assert isinstance(done.exception, errors), (done.output, done.exception)
    return done.exception


@pytest.fixture
def clips(tmp_path):
    """Folders of low and of high clips."""
    for name, hz in (("low", 120), ("high", 500)):
        (tmp_path / "clips" / name).mkdir(parents=True)
        for number in range(3):
            sound = tone(hz, 0.4, number)
            write_audio(tmp_path / "clips" / name / f"{number}.wav", sound, RATE_HZ)
    return tmp_path / "clips"


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.wav"
    path.write_bytes(b"RIFF" + bytes(40))
    return path


def test_embed_prints_a_line_for_each_file(clips, broken) -> None:
    paths = sorted((clips / "low").iterdir())
    done = run("embed", "--model", "mfcc", *paths)
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["file"] for entry in entries] == [str(path) for path in paths]
    assert all(len(entry["vector"]) == 120 for entry in entries)
    done = run("embed", "--model", "mfcc", "--frames", paths[0], broken, code=1)
    (entry,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(entry["vectors"]) == len(entry["times_ms"]) == 38
    assert "broken.wav" in done.stderr


def test_embed_writes_an_archive(clips, tmp_path) -> None:
    paths = sorted((clips / "low").iterdir())
    out = tmp_path / "vectors.npz"
    assert "3 of 3 files" in run("embed", "--model", "log-mel", *paths, "-o", out).stderr
    with np.load(out) as found:
        assert found["vectors"].shape == (3, 128)
    run("embed", "--model", "log-mel", "--frames", *paths, "-o", out)
    with np.load(out) as found:
        assert found["vectors_2"].shape == (38, 64)
    assert "NAME.npz" in str(refused("embed", "--model", "mfcc", *paths, "-o", tmp_path / "x.csv"))
    gone = tmp_path / "gone" / "x.npz"
    assert "cannot be written" in str(refused("embed", "--model", "mfcc", *paths, "-o", gone))
    assert "no representation 'nobody'" in str(refused("embed", "--model", "nobody", *paths))


def test_a_classifier_is_made_and_taught_more(clips, tmp_path) -> None:
    out = tmp_path / "mine.tflite"
    done = run("personalize", clips, "--model", "mfcc", "-o", out)
    assert "learnt: high (3), low (3)" in done.stdout
    assert "the others tell 100% rightly" in done.stdout
    ask = tmp_path / "ask.wav"
    write_audio(ask, tone(480, 0.6, 77), RATE_HZ)
    assert f"{ask}: high (" in run("classify", out, ask, "--model", "mfcc").stdout
    (tmp_path / "more" / "very high").mkdir(parents=True)
    for number in range(2):
        more = tmp_path / "more" / "very high" / f"{number}.wav"
        write_audio(more, tone(1_500, 0.4, number), RATE_HZ)
    with_out = ("personalize", tmp_path / "more", "--model", "mfcc", "-o", out)
    assert "is there: --add teaches it more" in str(refused(*with_out))
    assert "give one" in str(refused(*with_out, "--add", "--anew"))
    done = run(*with_out, "--add")
    assert "learnt on: high (3), low (3), very high (2)" in done.stdout
    assert Model.open(out).card.labels == ("high", "low", "very high")
    done = run("classify", out, more, "--model", "mfcc", "--json")
    entry = json.loads(done.stdout)
    assert next(iter(entry["likelihoods"])) == "very high"
    assert "at least two labels" in str(refused(*with_out, "--anew"))
    assert Model.open(out).card.labels == ("high", "low", "very high")


def test_clips_that_cannot_be_read_are_told_of_and_the_rest_is_learnt(
    clips, tmp_path, broken
) -> None:
    broken.rename(clips / "low" / "broken.wav")
    out = tmp_path / "mine.tflite"
    done = run("personalize", clips, "--model", "mfcc", "-o", out, code=1)
    assert "broken.wav" in done.stderr
    assert "low (3)" in done.stdout
    done = run("classify", out, clips / "low" / "broken.wav", "--model", "mfcc", code=1)
    assert "broken.wav" in done.stderr


def test_folders_that_hold_no_clips_are_told_of(tmp_path) -> None:
    assert "cannot be read" in str(refused("personalize", tmp_path / "none", "--model", "mfcc"))
    assert "has no folders" in str(refused("personalize", tmp_path, "--model", "mfcc"))
    (tmp_path / "a").mkdir()
    assert "no clip that could be read" in str(refused("personalize", tmp_path, "--model", "mfcc"))


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data" / "mine"
    folder.mkdir(parents=True)
    rows = []
    for number in range(40):
        write_audio(folder / f"{number}.wav", tone((150, 600)[number % 2], 0.3, number), RATE_HZ)
        rows.append(f"{number}.wav,{'low' if number % 2 == 0 else 'high'}\n")
    (folder / "labels.csv").write_text("file,pitch\n" + "".join(rows))
    (tmp_path / "data" / "tasks.toml").write_text("[pitch]\nfolder='mine'\nlabel='pitch'\n")
    return tmp_path / "data"


@pytest.mark.slow
def test_noss_runs_and_reports(data, tmp_path) -> None:
    out = tmp_path / "out"
    done = run("noss", "run", "--data", data, "--models", "mfcc, log-mel", "-o", out)
    assert "points (" in done.stdout
    for name in ("noss.md", "noss.csv", "effects.svg"):
        assert (out / name).stat().st_size > 50
    again = run("noss", "report", "-o", out)
    assert again.stdout == done.stdout
    found = json.loads(run("noss", "report", "-o", out, "--json").stdout)
    assert {each["task"] for each in found["scores"]} == {"pitch"}
    assert "no task sex" in str(
        refused("noss", "run", "--data", data, "--models", "mfcc", "--tasks", "sex", "-o", out)
    )
    assert "has no answers" in str(refused("noss", "report", "-o", tmp_path / "nothing"))
