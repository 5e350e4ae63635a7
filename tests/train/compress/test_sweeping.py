"""Sweeps: several trials in one table, here and over Ray, and files that say what is tried."""

from dataclasses import replace
from tempfile import TemporaryDirectory

import pytest
import torch
from colours import Small, colours

from firsthand.compress import Budget, read_members
from firsthand.core.ray_cluster import LOCAL
from firsthand.errors import ConfigError, FirsthandError, InputError, ModelError
from firsthand.measure import Rules
from firsthand.runtime import Model
from firsthand.train.compress.family import Settings
from firsthand.train.compress.over_ray import over_ray
from firsthand.train.compress.sweeping import read_trials, sweep

FAST = Rules(queries=12, seconds=0.0, launches=1, block_s=0.002)
SHORT = Settings(
    teacher_epochs=4, epochs=4, int8_epochs=1, batch=16, views=2, students=1, widths=(0.5,),
    half=False, threads=1, rules=FAST, importance="magnitude",
)  # fmt: skip
TRIALS = {"half": SHORT, "quarter": replace(SHORT, widths=(0.5, 0.25))}
NAMES = ("half-student", "quarter-large", "quarter-small")


def small() -> Small:
    torch.manual_seed(0)
    return Small(3)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    return sweep(small(), colours(), colours(30, 1), folder, TRIALS)


@pytest.mark.slow
def test_all_trials_are_one_table(swept) -> None:
    assert [each.name for each in swept.members] == ["teacher", *NAMES]
    assert [each.teacher for each in swept.members] == [True, False, False, False]
    for each in read_members(swept.folder):
        model = Model.open(swept.folder / each.file)
        assert model.card.accuracy[0].value == pytest.approx(each.accuracy, rel=1e-5)
    assert (swept.folder / "pareto.html").is_file()


@pytest.mark.slow
def test_trials_that_are_made_are_not_made_again(swept) -> None:
    done: list[str] = []
    wider = {**TRIALS, "wide": replace(SHORT, widths=(0.75,), teacher_epochs=5)}
    again = sweep(
        small(), colours(), colours(30, 1), swept.folder, wider,
        tell=lambda step: done.append(step.note),
    )  # fmt: skip
    assert not any(note.startswith(("half: ", "quarter: ")) for note in done)
    assert [each.name for each in again.members][-2:] == ["wide-teacher", "wide-student"]
    assert sum(each.teacher for each in again.members) == 1
    other = {"half": replace(SHORT, epochs=5)}
    with pytest.raises(InputError, match="half is of a trial with other settings"):
        sweep(small(), colours(), colours(30, 1), swept.folder, other)


@pytest.fixture
def short_folder(monkeypatch):
    """A folder for Ray's sockets, whose paths have 107 bytes; pytest's take half of them."""
    with TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("RAY_TMPDIR", folder)
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("short_folder")
def test_over_ray_files_are_those_made_here(swept, tmp_path) -> None:
    pytest.importorskip("ray")
    impossible = replace(SHORT, widths=(), budget=Budget(bytes=1000))
    trials = {"none": impossible, **TRIALS}
    with pytest.raises(ConfigError, match=r"none: .* is within size <= 1 KB"):
        sweep(small(), colours(), colours(30, 1), tmp_path, trials, place=over_ray(LOCAL))
    family = sweep(small(), colours(), colours(30, 1), tmp_path, TRIALS, place=nowhere)
    for name in NAMES:
        trial, _, file = name.partition("-")
        ours, theirs = (each / trial / f"{file}.tflite" for each in (swept.folder, tmp_path))
        assert ours.read_bytes() == theirs.read_bytes()
    assert {each.name for each in family.members} == {"teacher", *NAMES}


def nowhere(_model, _pictures, _held_out, _folder, trials, _tell):
    """Makes nothing: all is there."""
    assert not trials
    yield from ()


def test_a_cluster_that_is_not_there_is_named() -> None:
    pytest.importorskip("ray")
    place = over_ray("127.0.0.1:1")
    with pytest.raises(ConfigError, match=r"no Ray cluster at '127\.0\.0\.1:1'"):
        next(place(small(), colours(), colours(30, 1), None, TRIALS, lambda _: None))


def test_a_folder_too_deep_for_sockets_is_told_of(tmp_path, monkeypatch) -> None:
    pytest.importorskip("ray")
    deep = tmp_path / ("deep" * 20)
    deep.mkdir()
    monkeypatch.setenv("RAY_TMPDIR", str(deep))
    place = over_ray(LOCAL)
    with pytest.raises(ConfigError, match="RAY_TMPDIR to a shorter path"):
        next(place(small(), colours(), colours(30, 1), tmp_path, TRIALS, lambda _: None))


def test_a_sweep_needs_trials(tmp_path) -> None:
    with pytest.raises(ConfigError, match="without trials"):
        sweep(small(), colours(), colours(30, 1), tmp_path, {})


def test_trials_are_tables_of_a_file(tmp_path) -> None:
    path = tmp_path / "trials.toml"
    path.write_text(
        "epochs = 7\n[half]\nwidths = [0.5, 0.25]\nteacher_rate = 1\n"
        "[small]\nepochs = 9\nbudget = 'size <= 50 KB'\nimportance = 'magnitude'\n"
    )
    found = read_trials(path, SHORT)
    assert found == {
        "half": replace(SHORT, epochs=7, widths=(0.5, 0.25), teacher_rate=1),
        "small": replace(SHORT, epochs=9, budget=Budget(bytes=50_000), importance="magnitude"),
    }


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("[a", InputError, "holds no trials"),
        ("epochs = 3", InputError, r"a table \[NAME\] for each"),
        ("[a]\nepoch = 3", ConfigError, r"\[a\]: epoch is no setting; there are teacher"),
        ("[a]\nepochs = 'x'", ConfigError, "epochs = 'x': a int is wanted"),
        ("[a]\nepochs = true", ConfigError, "epochs = True: a int is wanted"),
        ("[a]\nepochs = 0", ConfigError, r"\[a\]: epochs=0 must be at least 1"),
        ("[a]\nwidths = [2]", ConfigError, r"widths=\[2.0\] must be shares of at most 1"),
        ("[a]\nwidths = [0.2, 0.5]", ConfigError, "at most 1, falling"),
        ("[a]\nwidths = ['x']", ConfigError, "numbers are wanted"),
        ("[a]\nbudget = 'fast'", ConfigError, r"\[a\]: 'fast' is no limit"),
        ("['../a']\nepochs = 1", ModelError, "model name"),
    ],
)
def test_what_is_no_trial_is_named(tmp_path, text, kind, words) -> None:
    path = tmp_path / "trials.toml"
    path.write_text(text)
    with pytest.raises(kind, match=words):
        read_trials(path, SHORT)
    with pytest.raises(FirsthandError):
        read_trials(tmp_path / "none.toml", SHORT)
