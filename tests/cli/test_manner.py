"""One manner for every command: what docs/decisions/0020-one-manner.md says, walked through."""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from firsthand.cli.command import app
from firsthand.cli.telling import say_json

SENTENCE = re.compile(r"[`A-Z0-9][^\n]*[^.]\.")
ROOT = get_command(app)

JSON = set(
    """
    doctor
    hands evaluate
    objects evaluate
    graph check
    models list, models show, models verify
    recorder list, recorder show, recorder search, recorder sounds, recorder tags
    challenge run, challenge time, challenge compare, challenge macs
    compress pick, compress show
    speech classify, speech noss report
    concealment simulate, concealment live
    federated ask, federated simulate
    """.replace("\n", ",").split(",")
)
"""Commands that answer with figures or records. The others make something, serve a page, or have no
form for people beside the one for programs: `graph trace`, `speech embed`, `recorder export`."""

LINES = {"hands track", "objects track"}
"""Their lines stand beside a video or a page, so `--json` names a file; `-` prints them."""

PAGES = (
    "hands live",
    "objects live",
    "objects annotate",
    "recorder serve",
    "challenge leaderboard",
)
SHORT = {"-o": "--output"}
SAME = {
    "--seed": (int, 0),
    "--port": (int, None),
    "--json": (bool, False),
    "--quick": (bool, False),
    "--ray": (str, ""),
    "--threads": (int, None),
}


def walked(command=ROOT, path=()):
    yield " ".join(path), command
    for name, inner in getattr(command, "commands", {}).items():
        yield from walked(inner, (*path, name))


EVERY = dict(walked())
COMMANDS = {path: each for path, each in EVERY.items() if not hasattr(each, "commands")}


def options_of(command):
    return [each for each in command.params if each.param_type_name == "option"]


def named(command, option):
    return [each for each in options_of(command) if option in each.opts]


def run(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "firsthand.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd,
        check=False,
    )


@pytest.mark.parametrize("path", EVERY)
def test_a_help_begins_with_a_sentence(path):
    first = EVERY[path].help.splitlines()[0]
    assert SENTENCE.fullmatch(first), first
    assert len(first) <= 100


@pytest.mark.parametrize("path", COMMANDS)
def test_every_argument_and_option_is_explained_in_sentences(path):
    for each in COMMANDS[path].params:
        if each.name != "help":
            assert SENTENCE.fullmatch(each.help or ""), (each.name, each.help)


@pytest.mark.parametrize("path", COMMANDS)
def test_an_option_is_off_by_no_name_that_only_says_what_is_so_anyway(path):
    for each in options_of(COMMANDS[path]):
        if each.secondary_opts:
            assert each.default is not False, f"{each.opts[0]} needs no {each.secondary_opts[0]}"


def test_a_short_option_is_short_for_the_same_everywhere():
    for path, command in COMMANDS.items():
        for each in options_of(command):
            for short in (name for name in each.opts if not name.startswith("--")):
                assert SHORT[short] in each.opts, f"{path} {short}"
        for long in SHORT.values():
            assert all(set(SHORT) & set(each.opts) for each in named(command, long)), path
        assert not named(command, "--out"), path


@pytest.mark.parametrize("option", SAME)
def test_an_option_that_several_have_takes_the_same(option):
    kind, default = SAME[option]
    having = [(path, each) for path, command in COMMANDS.items() for each in named(command, option)]
    assert len(having) > 1
    for path, each in having:
        if option == "--json" and path in LINES:
            continue
        annotation = each.type_descriptor.annotation
        assert annotation is kind, path
        assert default is None or each.default == default, path


def test_help_of_shared_options_is_the_same_where_their_meaning_is():
    words = defaultdict(set)
    for path, command in COMMANDS.items():
        if path in LINES:
            continue
        for option in ("--json", "--quick", "--ray", "--no-browser", "--library", "--report"):
            words[option] |= {each.help for each in named(command, option)}
    assert {option: len(found) for option, found in words.items()} == dict.fromkeys(words, 1)


def test_whatever_reports_can_print_json_and_nothing_else():
    listed = ({each.strip() for each in JSON} - {""}) | LINES
    assert {path for path, command in COMMANDS.items() if named(command, "--json")} == listed


def test_whatever_opens_a_page_lets_its_port_be_chosen_and_no_browser_open():
    for path in PAGES:
        assert named(COMMANDS[path], "--port"), path
        assert named(COMMANDS[path], "--no-browser"), path


def test_what_comes_from_a_folder_is_named_by_data():
    for path, command in COMMANDS.items():
        names = {name for each in options_of(command) for name in each.opts}
        assert not names & {"--dataset", "--folder", "--input-folder", "--images"}, path


@pytest.mark.parametrize(
    "arguments",
    [
        ("--loud",),
        ("feet",),
        ("hands", "trak"),
        ("hands", "track"),
        ("hands", "track", "a.jpg", "--camera", "0"),
        ("hands", "track", "a.jpg", "--search", "under the table"),
        ("objects", "track", "a.jpg", "--category", "cup", "--model", "own.tflite"),
        ("graph", "trace", "a.pbtxt", "--threads", "-1"),
        ("challenge", "run", "model.tflite"),
        ("challenge", "compare", "a.tflite", "b.tflite", "--on", "adb"),
        ("concealment", "simulate", "--trace", "t.txt", "--loss", "0.1"),
        ("speech", "personalize", ".", "--add", "--anew"),
        ("train", "objects", "--mesh", "a.glb", "--data", "."),
    ],
)
def test_a_wrong_use_is_a_line_on_standard_error_and_exit_code_2(arguments, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("firsthand: ")
    assert done.stderr.endswith("--help` tells more\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("hands", "track", "gone.jpg"),
        ("objects", "evaluate", "gone", "--model", "gone.tflite"),
        ("graph", "check", "gone.pbtxt"),
        ("models", "show", "nobody"),
        ("recorder", "show", "7", "--library", "library"),
        ("challenge", "macs", "gone.tflite"),
        ("compress", "show", "gone"),
        ("speech", "embed", "gone.wav", "--model", "mfcc"),
        ("concealment", "simulate", "gone.wav"),
        ("federated", "simulate", "--query", "secrets songs"),
        ("demo", "feet"),
    ],
)
def test_an_error_is_a_line_on_standard_error_and_exit_code_1(arguments, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("firsthand: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("path", [path for path in EVERY if path not in COMMANDS])
def test_a_group_alone_shows_its_help(path):
    done = CliRunner().invoke(app, path.split())
    assert done.exit_code == 2
    assert EVERY[path].help.split()[0] in done.stdout


def test_a_table_in_a_pipe_has_a_line_for_each_row():
    told, listed = run("models", "list"), run("models", "list", "--json")
    names = [json.loads(line)["name"] for line in listed.stdout.splitlines()]
    assert len(names) > 5
    for name in names:
        assert len([line for line in told.stdout.splitlines() if f" {name} " in line]) == 1
    assert told.stderr == listed.stderr == ""


def test_json_has_what_it_can(capsys):
    say_json({"a": float("nan"), "b": (1, Path("x")), 3: [float("inf"), None, True]})
    assert json.loads(capsys.readouterr().out) == {
        "a": None,
        "b": [1, "x"],
        "3": [None, None, True],
    }
    say_json({"a": np.array([[1.5, np.nan]]), "b": np.int64(3)})
    assert json.loads(capsys.readouterr().out) == {"a": [[1.5, None]], "b": 3}
