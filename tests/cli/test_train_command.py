"""`firsthand train`: recipes are found and run, told of, stopped and gone on with."""

import io
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from firsthand.cli.train import Outside, Recipes, Trainer, app
from firsthand.cli.train_telling import Told
from firsthand.errors import ConfigError
from firsthand.train.run import Run


def invoke(trainer: Trainer, *arguments: str | Path) -> Result:
    names = {"detector": ("usual", "other"), "landmarks": ("usual",), "gestures": ("only",)}
    outside = Outside(lambda what: Recipes(names[what], trainer))
    return CliRunner().invoke(app, ["hands", *map(str, arguments)], obj=outside)


def remembering(runs: list[Run]) -> Trainer:
    def train(run: Run, tell: Callable[[Any], None]) -> Path:
        runs.append(run)
        return run.folder / "model.tflite"

    return train


def test_a_recipe_is_run_with_the_usual_choices() -> None:
    runs: list[Run] = []
    done = invoke(remembering(runs), "detector")
    assert done.exit_code == 0
    folder = Path("train-out/detector-usual")
    assert runs == [Run(recipe="usual", folder=folder, data=None, seed=0, resume=False, steps=None)]
    assert f"wrote {folder / 'model.tflite'}\n" == done.stderr


def test_every_option_reaches_the_recipe(tmp_path: Path) -> None:
    runs: list[Run] = []
    options = ["--recipe", "other", "--resume", "--seed", "7", "--steps", "3", "--start", "w.pt"]
    done = invoke(
        remembering(runs), "detector", *options, "--data", tmp_path, "--output", tmp_path / "o"
    )
    assert done.exit_code == 0
    assert runs == [
        Run(
            recipe="other",
            folder=tmp_path / "o",
            data=tmp_path,
            seed=7,
            resume=True,
            steps=3,
            start=Path("w.pt"),
        )
    ]


def test_an_unknown_recipe_is_told_what_there_is() -> None:
    runs: list[Run] = []
    done = invoke(remembering(runs), "detector", "--recipe", "best")
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == "no recipe 'best' for detector; there are usual, other"
    assert not runs


@pytest.mark.parametrize("wrong", [["feet"], [], ["detector", "--steps", "0"]])
def test_wrong_uses_are_refused(wrong: list[str]) -> None:
    runs: list[Run] = []
    assert invoke(remembering(runs), *wrong).exit_code == 2
    assert not runs


def test_tags_without_documents_are_told_where_to_get_them(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["recorder", "tags", "--output", str(tmp_path)])
    assert "name their folder with --data" in str(done.exception)


def small_run(interrupted_at: int | None) -> Trainer:
    from small_tasks import Pictures, plan

    from firsthand.train.loop import Progress, fit

    def train(run: Run, tell: Callable[[Any], None]) -> Path:
        def told(progress: Progress) -> None:
            tell(progress)
            if progress.step == interrupted_at:
                signal.raise_signal(signal.SIGINT)

        fit(Pictures(), plan(), run.folder / "float", seed=run.seed, resume=run.resume, tell=told)
        return run.folder / "model.tflite"

    return train


def test_ctrl_c_stops_after_the_step_with_a_checkpoint(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    done = invoke(small_run(5), "landmarks", "--output", tmp_path / "a run", "--seed", "2")
    assert done.exit_code == 130
    assert "stopping after this step; press Ctrl-C once more" in done.stderr
    assert (
        "stopped; go on with: firsthand train hands landmarks --recipe usual --resume "
        f"--output '{tmp_path / 'a run'}' --seed 2" in done.stderr
    )
    assert (tmp_path / "a run" / "float" / "step-00000006.pt").exists()
    assert signal.getsignal(signal.SIGINT) is before

    done = invoke(
        small_run(None), "landmarks", "--output", tmp_path / "a run", "--seed", "2", "--resume"
    )
    assert done.exit_code == 0
    assert (tmp_path / "a run" / "float" / "step-00000012.pt").exists()


def test_a_second_ctrl_c_stops_at_once() -> None:
    def train(run: Run, tell: Callable[[Any], None]) -> Path:
        from firsthand.train.loop import Progress

        tell(Progress(1, 9, {"total": 1.0}, 0.1))
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError

    done = invoke(train, "gestures")
    assert done.exit_code == 130
    assert "stopped; go on with: firsthand train hands gestures" in done.stderr


def told_lines(*steps: Any) -> list[str]:
    clock = iter(range(1000))
    console = Console(width=200, record=True, file=(sink := io.StringIO()))
    with Told(console, lambda: float(next(clock))) as told:
        for step in steps:
            told.update(step)
    return sink.getvalue().splitlines()


def test_without_a_terminal_lines_tell_of_stages_losses_pace_and_time() -> None:
    from firsthand.train.loop import Progress

    making = [Progress(n, 2, {}, 0.0, "making\nhands") for n in (1, 2)]
    float_steps = [Progress(n, 200, {"total": 1 / n, "x": 0.5}, 0.1) for n in range(1, 201)]
    int8_steps = [Progress(n, 3, {"total": 0.1}, 0.1) for n in (1, 2, 3)]
    lines = told_lines(*making, *float_steps, *int8_steps)
    assert lines[0] == "making; hands"
    assert lines[1].startswith("making; hands: 2 of 2")
    assert lines[2].startswith("training: 4 of 200, total 0.25, x 0.5, ")
    assert " a second" in lines[2]
    assert lines[2].endswith(" left")
    assert len([line for line in lines if " of 200," in line]) == 50
    assert [line[:15] for line in lines[-2:]] == ["training: 2 of ", "training: 3 of "]


def test_help_loads_no_torch() -> None:
    code = (
        "import sys; from firsthand.cli.command import app\n"
        "try: app(['train', 'hands', '--help'])\n"
        "except SystemExit: sys.exit(any('torch' in name for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0


def test_without_the_extra_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "sys.argv = ['firsthand', 'train', 'hands', 'detector']\n"
        "from firsthand.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'pip install "firsthand[train]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_meshes_are_what_a_network_of_boxes_learns_from(tmp_path: Path) -> None:
    runs: list[Run] = []
    outside = Outside(lambda what: Recipes(("own", what), remembering(runs)))
    done = CliRunner().invoke(app, ["objects", "--mesh", str(tmp_path)], obj=outside)
    assert done.exit_code == 0
    assert (runs[0].recipe, runs[0].data) == ("own", tmp_path)
    assert runs[0].folder == Path("train-out/objects-own")
    both = ["objects", "--mesh", str(tmp_path), "--data", str(tmp_path)]
    assert CliRunner().invoke(app, both, obj=outside).exit_code == 2
