"""`firsthand models`, through the command line's own entry."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from firsthand.cli import main
from firsthand.runtime import Model, ModelCard, ModelStore
from firsthand.runtime.catalog import catalog

TINY = Path(__file__).parents[1] / "golden" / "models" / "sum_product.tflite"


@pytest.fixture
def store(tmp_path, monkeypatch) -> ModelStore:
    monkeypatch.setenv("FIRSTHAND_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("COLUMNS", "200")
    store = ModelStore()
    bare = Model.open(TINY).card
    card = ModelCard.from_json(bare.to_json().replace(b'"sum_product"', b'"tiny"'))
    store.add(TINY, card)
    return store


@pytest.fixture
def run(monkeypatch) -> Callable[..., int]:
    """Call the command as the installed script does; gives its exit code."""

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["firsthand", *arguments])
        with pytest.raises(SystemExit) as stop:
            sys.exit(main())
        return stop.value.code or 0

    return call


def test_list_shows_the_catalogue_and_the_store(store, run, capsys):
    assert run("models", "list") == 0
    out = capsys.readouterr().out
    for name in [*catalog(), "tiny"]:
        assert name in out
    assert str(store.root) in out


def test_show_prints_the_card(store, run, capsys):
    assert run("models", "show", "mediapipe-palm-lite") == 0
    out = capsys.readouterr().out
    card = catalog()["mediapipe-palm-lite"]
    for part in (card.sha256, card.licence, "[1, 2016, 18]", "mediapipe==0.10.21"):
        assert part in out


def test_show_prints_json_that_is_the_card(store, run, capsys):
    assert run("models", "show", "tiny", "--json") == 0
    assert ModelCard.from_json(capsys.readouterr().out.encode()) == store.card("tiny")


def test_brackets_in_a_card_are_no_markup(store, run, capsys):
    path = store.root / "tiny" / "tiny.json"
    fields = json.loads(path.read_bytes()) | {"description": "[bold]x[/nonsense] [link=a]"}
    path.write_text(json.dumps(fields))
    assert run("models", "show", "tiny") == 0
    assert "[bold]x[/nonsense] [link=a]" in capsys.readouterr().out


def test_pull_prints_where_the_files_are(store, run, capsys):
    assert run("models", "pull", "tiny") == 0
    assert capsys.readouterr().out == f"tiny: {store.root / 'tiny' / 'tiny.tflite'}\n"


def test_verify_finds_damage(store, run, capsys):
    assert run("models", "verify") == 0
    path = store.get("tiny").path
    path.write_bytes(path.read_bytes()[:-1])
    assert run("models", "verify", "tiny") == 1
    assert "damaged" in capsys.readouterr().out
    assert run("models", "verify", "--json") == 1
    (told,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (told["name"], told["status"]) == ("tiny", "damaged")


def test_pulling_what_cannot_be_pulled_fails_in_one_line(store, run, capsys):
    store.get("tiny").path.unlink()
    assert run("models", "pull", "tiny") == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("firsthand: the card of tiny names no source")


@pytest.mark.parametrize("command", ["show", "pull", "verify"])
def test_an_unknown_model_is_one_line_and_code_1(store, run, capsys, command):
    assert run("models", command, "nope") == 1
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("firsthand: no model 'nope'")
    assert "Traceback" not in printed.err


def test_a_wrong_command_is_code_2(run):
    assert run("models", "fly") == 2


def test_bundled_models_are_listed_and_shown(store, run, capsys):
    assert run("models", "list") == 0
    (row,) = [
        line for line in capsys.readouterr().out.splitlines() if "firsthand-hand-motion" in line
    ]
    assert "bundled" in row
    assert run("models", "show", "firsthand-hand-motion") == 0
    assert "gesture" in capsys.readouterr().out
