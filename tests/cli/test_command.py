"""What the root of the command line does with errors, streams and places."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.cli.places import check_places
from firsthand.cli.telling import one_line
from firsthand.errors import ConfigError


def command(*arguments, stdout=subprocess.PIPE, **environment):
    return subprocess.run(
        [sys.executable, "-m", "firsthand.cli", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )


@given(st.text(alphabet=st.characters(codec=None)))
def test_a_message_is_one_line_of_what_can_be_shown(message):
    told = one_line(message)
    assert told.isprintable()
    assert len(told.splitlines()) <= 1


def test_a_message_keeps_its_words():
    assert one_line("a: no\nset B\n") == "a: no; set B"
    assert one_line("gr\u00fc\u00dfe \x1b[31m \udcff") == "gr\u00fc\u00dfe \\x1b[31m \\udcff"


def test_a_name_with_a_line_break_makes_no_second_line(tmp_path):
    done = command("hands", "track", str(tmp_path / "a\nb\x1b[31m.mp4"))
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"\x1b" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_a_full_disk_behind_standard_output_is_told():
    with Path("/dev/full").open("wb") as full:
        done = command("--version", stdout=full)
    assert done.returncode == 1
    assert done.stderr == b"firsthand: the output cannot be written: No space left on device\n"


def test_a_reader_that_has_had_enough_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = command("models", "list", stdout=pipe)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_names_need_not_fit_the_encoding_of_the_terminal(tmp_path, encoding):
    graph = tmp_path / "g.pbtxt"
    graph.write_text('type: "\u1f590" input_stream: "a"\n', encoding="utf-8")
    done = command("graph", "draw", str(graph), "-o", "-", PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr


def test_nothing_is_written_over_what_is_read(tmp_path):
    source = tmp_path / "a.mp4"
    (tmp_path / "link").symlink_to(source)
    check_places([source], {"-o": tmp_path / "b.mp4", "--json": None, "--report": None})
    for path in (source, tmp_path / "x" / ".." / "a.mp4", tmp_path / "link"):
        with pytest.raises(ConfigError, match="is what is read here"):
            check_places([source], {"-o": path})


def test_two_outputs_need_two_places(tmp_path):
    with pytest.raises(ConfigError, match="--json and --report both name"):
        check_places([], {"--json": tmp_path / "x", "--report": tmp_path / "x"})


@pytest.mark.parametrize(
    "arguments", [("hands", "track"), ("hands", "evaluate"), ("graph", "check")]
)
def test_a_missing_input_is_one_line(tmp_path, arguments):
    done = command(*arguments, str(tmp_path / "gone"))
    assert done.returncode == 1
    assert done.stderr.startswith(b"firsthand: ")
    assert done.stderr.count(b"\n") == 1
