"""`firsthand objects annotate`, run by a Typer application of its own."""

import json
import signal
import subprocess
import sys
from urllib.request import urlopen

import pytest
import typer
from checkered import THING, checkered
from typer.testing import CliRunner

from firsthand.cli.objects_annotate import annotate
from firsthand.cli.pages import Pages
from firsthand.errors import ConfigError, InputError, MediaError
from firsthand.objects.annotations import FILE, Annotation, write_annotations
from firsthand.objects.frame_labels import label_lines
from firsthand.objects.session import FILE as SESSION_FILE
from firsthand.objects.session import read_session

app = typer.Typer()
app.command()(annotate)

PROGRAM = "import typer; from firsthand.cli.objects_annotate import annotate; typer.run(annotate)"
OBJECTS = [Annotation("thing", "box", THING)]


def run(*arguments, code=0):
    served = []

    def serve(page, **options):
        served.append((page.title, options["port"], options["open_browser"]))
        options["announce"]("http://127.0.0.1:9/?token=x")

    done = CliRunner().invoke(app, [str(each) for each in arguments], obj=Pages(serve))
    assert done.exit_code == code, (done.output, done.exception)
    return done, served


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    made = checkered(tmp_path_factory.mktemp("session"), 4)
    write_annotations(made.folder, OBJECTS)
    return made


def test_a_page_is_served_and_its_address_printed(session):
    done, served = run(session.folder)
    assert served == [("Annotate", 0, True)]
    assert done.stdout == "Annotate: http://127.0.0.1:9/?token=x\n"
    assert done.stderr == "Ctrl-C ends it.\n"
    _, served = run(session.folder, "--port", 8123, "--no-browser")
    assert served == [("Annotate", 8123, False)]


def test_labels_are_written_without_a_page(session, tmp_path):
    done, served = run(session.folder, "--export", tmp_path / "labels.jsonl")
    assert served == []
    assert done.stderr == f"wrote {tmp_path / 'labels.jsonl'}: 1 object in 4 frames\n"
    written = (tmp_path / "labels.jsonl").read_bytes()
    assert written == b"".join(label_lines(read_session(session.folder), OBJECTS))
    assert [len(json.loads(line)["objects"]) for line in written.splitlines()] == [1] * 4


def test_labels_are_printed(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done, served = run(session.folder, "--export", "-")
    assert (served, list(tmp_path.iterdir())) == ([], [])
    assert done.stdout_bytes == b"".join(label_lines(read_session(session.folder), OBJECTS))


def test_labels_are_not_written_over_what_they_are_made_of(session):
    folder = session.folder
    for name in (SESSION_FILE, FILE, session.frames[0].image):
        before = (folder / name).read_bytes()
        done, _ = run(folder, "--export", folder / name, code=1)
        assert isinstance(done.exception, ConfigError)
        assert (folder / name).read_bytes() == before


def test_what_is_wrong_is_told_before_anything_is_served(session, tmp_path):
    for arguments, error in (
        ((tmp_path / "nowhere",), MediaError),
        ((session.folder, "--export", tmp_path / "no" / "labels.jsonl"), MediaError),
    ):
        done, served = run(*arguments, code=1)
        assert isinstance(done.exception, error)
        assert served == []
    (tmp_path / SESSION_FILE).write_text("{}")
    for more in ((), ("--export", tmp_path / "x.jsonl")):
        done, _ = run(tmp_path, *more, code=1)
        assert isinstance(done.exception, InputError)
    assert not (tmp_path / "x.jsonl").exists()
    run(session.folder, "--port", "65536", code=2)
    run(code=2)


def test_the_command_serves_until_ctrl_c(session):
    # What runs in the background may be deaf to SIGINT, and what it begins too.
    command = ["env", "--default-signal=INT", sys.executable, "-c", PROGRAM]
    command += [str(session.folder), "--no-browser"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith("Annotate: http://127.0.0.1:")
            with urlopen(line.split()[-1], timeout=60) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
