"""What `import firsthand` and `firsthand --help` promise."""

import json
import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

import firsthand
from firsthand.cli.command import app

HEAVY = {"numpy", "cv2", "av", "ai_edge_litert", "onnxruntime", "matplotlib", "torch", "jinja2"}


def imported_by(statement: str) -> set[str]:
    """Top-level modules in a fresh interpreter after a statement."""
    code = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_public_names_are_frozen():
    assert " ".join(firsthand.__all__) == (
        "__version__ core dsp errors geometry graph measure media runtime train web "
        "hands objects recorder concealment challenge compress speech federated"
    )


def test_every_public_name_can_be_had():
    for name in firsthand.__all__:
        assert getattr(firsthand, name) is not None
    assert dir(firsthand) == sorted(firsthand.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'feet'; it has"):
        firsthand.feet  # noqa: B018 - the attribute access is the test


def test_the_installed_version_is_the_source_version():
    assert version("firsthand") == firsthand.__version__


@pytest.mark.parametrize(
    "statement",
    [
        "import firsthand",
        "import firsthand.errors",
        "import firsthand.graph",
        "import firsthand.runtime",
        "import firsthand.media",
        "import firsthand.cli.command",
    ],
)
def test_nothing_heavy_is_imported_unasked(statement):
    assert not imported_by(statement) & HEAVY


def test_help_lists_the_commands():
    done = CliRunner().invoke(app, ["--help"])
    assert done.exit_code == 0
    for command in ("demo", "graph", "hands", "models"):
        assert f" {command} " in done.output


def test_the_version_option_prints_the_version():
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.output) == (0, f"firsthand {firsthand.__version__}\n")


def test_errors_are_one_line_and_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "firsthand.cli", "models", "show", "no-such-model"],
        capture_output=True,
        text=True,
        timeout=60,
        env={"FIRSTHAND_MODELS": str(tmp_path), "PATH": ""},
    )
    assert done.returncode == 1
    assert done.stderr.startswith("firsthand: no model 'no-such-model'")
    assert "Traceback" not in done.stderr
