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

ARRAYS = {"dsp", "geometry"}
"""Functions of arrays and nothing else: NumPy is loaded with them."""


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


# `errors` is a module, and of `train` there are only the recipes, each by its own name.
@pytest.mark.parametrize("name", sorted({*firsthand.__all__[1:]} - {"errors", "train"}))
def test_every_name_of_a_door_leads_somewhere(name):
    package = getattr(firsthand, name)
    assert package.__doc__
    assert list(package.__all__) == sorted(package.__all__, key=order)
    for public in package.__all__:
        assert getattr(package, public) is not None
    with pytest.raises(AttributeError, match="has no attribute 'feet'"):
        package.feet  # noqa: B018 - the attribute access is the test


def order(name):
    """CONSTANTS, then Classes, then functions, as the linter sorts `__all__`."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_the_installed_version_is_the_source_version():
    assert version("firsthand") == firsthand.__version__


@pytest.mark.parametrize(
    "statement",
    [
        "import firsthand",
        "import firsthand.cli.command",
        *(f"import firsthand.{name}" for name in firsthand.__all__[1:] if name not in ARRAYS),
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
