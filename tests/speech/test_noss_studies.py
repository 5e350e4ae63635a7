"""Studies: what is answered is kept, a study goes on, damage and bad clips are told of."""

import json

import numpy as np
import pytest
from hearing import RATE_HZ, tone

from firsthand.errors import InputError
from firsthand.media import write_audio
from firsthand.speech.noss import Clip, Task
from firsthand.speech.noss.classifiers import recipes
from firsthand.speech.noss.embedding import embedded, here
from firsthand.speech.noss.report import effects, write_report
from firsthand.speech.noss.studies import read_study, resampled, run_study, table_of

FAST = recipes(False, ("LDA",))


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    found = []
    for number in range(60):
        path = folder / f"{number:02}.wav"
        write_audio(path, tone((150, 300, 600)[number % 3], 0.3, number), RATE_HZ)
        speaker = f"s{number // 3 % 5}"
        found.append(Clip(path, "abc"[number % 3], speaker, speaker))
    return tuple(found)


@pytest.fixture
def tasks(clips):
    loud = tuple(Clip(clip.path, str(n % 2)) for n, clip in enumerate(clips))
    return {"pitch": Task("pitch", clips, "groups"), "parity": Task("parity", loud, "folds")}


def counted(calls):
    def place(name, shards):
        calls.append((name, sum(map(len, shards))))
        yield from here(name, shards)

    return place


def test_a_study_is_answered_once(tmp_path, tasks) -> None:
    calls: list[tuple[str, int]] = []
    told: list[str] = []
    models = ("mfcc", "log-mel")
    cells = run_study(
        models, tasks, tmp_path, recipes=FAST, place=counted(calls),
        tell=lambda what, done, whole: told.append(what),
    )  # fmt: skip
    assert calls == [("mfcc", 60), ("log-mel", 60)]
    assert {"mfcc: listening", "mfcc: pitch", "log-mel: parity"} <= set(told)
    again = run_study(models, tasks, tmp_path, recipes=FAST, place=counted(calls))
    assert len(calls) == 2
    names, asked, scores = table_of(cells)
    assert (names, asked) == (models, ("pitch", "parity"))
    np.testing.assert_array_equal(table_of(again)[2], scores)
    np.testing.assert_array_equal(
        table_of(sorted(read_study(tmp_path), key=lambda cell: (models.index(cell.model),
                                                                asked.index(cell.task))))[2], scores
    )  # fmt: skip
    assert scores[:, 0].min() > 0.9
    assert scores[:, 1].max() < 0.75
    assert cells[0].n == 60


def test_a_study_goes_on_where_it_was_killed(tmp_path, tasks) -> None:
    class Killed(Exception):
        pass

    def tell(what, done, whole):
        if what == "mfcc: parity":
            raise Killed

    with pytest.raises(Killed):
        run_study(("mfcc",), tasks, tmp_path, recipes=FAST, tell=tell)
    calls: list[tuple[str, int]] = []
    cells = run_study(("mfcc",), tasks, tmp_path, recipes=FAST, place=counted(calls))
    assert calls == [("mfcc", 0)]
    whole = run_study(("mfcc",), tasks, tmp_path / "anew", recipes=FAST)
    assert [cell.value for cell in cells] == [cell.value for cell in whole]


def test_a_changed_clip_or_task_is_asked_anew(tmp_path, tasks, clips) -> None:
    run_study(("mfcc",), tasks, tmp_path, recipes=FAST)
    other = {"pitch": Task("pitch", clips[:45], "groups")}
    calls: list[tuple[str, int]] = []
    (cell,) = run_study(("mfcc",), other, tmp_path, recipes=FAST, place=counted(calls))
    assert cell.n == 45
    assert calls == [("mfcc", 45)]


def test_clips_that_are_no_sound_are_counted_and_told_of(tmp_path, tasks, clips) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF" + bytes(100))
    bad = [Clip(broken, "a", "s0", "s0"), Clip(tmp_path / "gone.wav", "b", "s1", "s1")]
    some = {"pitch": Task("pitch", (*clips, *bad), "groups")}
    (cell,) = run_study(("log-mel",), some, tmp_path / "out", recipes=FAST)
    assert (cell.n, cell.skipped) == (60, 2)
    assert any("broken.wav" in problem for problem in cell.problems)
    assert any("gone.wav" in problem for problem in cell.problems)
    write_report([cell], tmp_path / "out")
    assert "pitch: 2 clips could not be heard" in (tmp_path / "out" / "noss.md").read_text()


def test_vectors_are_kept_and_a_damaged_shard_is_heard_again(tmp_path, clips) -> None:
    calls: list[tuple[str, int]] = []
    first = embedded("mfcc", "mfcc 1", clips, tmp_path, place=counted(calls))
    assert first.usable.all()
    (shard,) = tmp_path.glob("*.npz")
    shard.write_bytes(shard.read_bytes()[:100])
    second = embedded("mfcc", "mfcc 1", clips, tmp_path, place=counted(calls))
    np.testing.assert_array_equal(first.vectors, second.vectors)
    assert [n for _, n in calls] == [60, 60]
    embedded("mfcc", "mfcc 1", clips, tmp_path, place=counted(calls))
    assert [n for _, n in calls] == [60, 60, 0]


def test_resamples_are_around_what_was_observed(tmp_path, tasks) -> None:
    cells = run_study(("mfcc", "log-mel"), tasks, tmp_path, recipes=FAST)
    drawn = resampled(cells, np.random.default_rng(0), 400)
    assert drawn.shape == (400, 2, 2)
    np.testing.assert_allclose(drawn.mean(axis=0), table_of(cells)[2], atol=0.02)
    found = effects(cells)
    assert sum(each.value for each in found.values()) == pytest.approx(0, abs=1e-9)
    assert all(each.low <= each.value <= each.high for each in found.values())


def test_a_report_is_written(tmp_path, tasks) -> None:
    cells = run_study(("mfcc", "log-mel"), tasks, tmp_path, recipes=FAST)
    for path in write_report(cells, tmp_path):
        assert path.stat().st_size > 100
    text = (tmp_path / "noss.md").read_text()
    assert "| pitch " in text
    assert "| representation " in text


def test_a_task_within_speakers_is_the_mean_over_speakers(tmp_path, clips) -> None:
    mine = tuple(Clip(clip.path, clip.label, f"s{n % 2}") for n, clip in enumerate(clips))
    (cell,) = run_study(
        ("mfcc",), {"own": Task("own", mine, "within speakers")}, tmp_path, recipes=FAST
    )
    assert len(cell.parts) == 2
    assert cell.value == pytest.approx(np.mean([cell.score(k)[0] for k in range(2)]))
    drawn = resampled([cell], np.random.default_rng(0), 50)
    assert np.isfinite(drawn).all()


@pytest.mark.parametrize(
    "damage", ["{}", "[", '{"format": 9}', '{"format": 1, "metric": "accuracy"}']
)
def test_damaged_answers_are_told_of_and_asked_again(tmp_path, tasks, damage) -> None:
    run_study(("mfcc",), tasks, tmp_path, recipes=FAST)
    path = tmp_path / "answers" / "mfcc" / "pitch.json"
    path.write_text(damage)
    with pytest.raises(InputError, match=r"pitch\.json"):
        read_study(tmp_path)
    run_study(("mfcc",), tasks, tmp_path, recipes=FAST)
    assert len(read_study(tmp_path)) == 2
    entry = json.loads(path.read_text())
    entry["parts"][0]["said"].pop()
    path.write_text(json.dumps(entry))
    with pytest.raises(InputError, match="other numbers of clips"):
        read_study(tmp_path)


def test_a_folder_without_answers_is_told_of(tmp_path) -> None:
    with pytest.raises(InputError, match="has no answers"):
        read_study(tmp_path)


@pytest.mark.slow
def test_over_ray_vectors_are_those_made_here(tmp_path, clips, monkeypatch) -> None:
    pytest.importorskip("ray")
    from tempfile import TemporaryDirectory

    from firsthand.core.ray_cluster import LOCAL
    from firsthand.speech.noss.over_ray import over_ray

    with TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as short:
        monkeypatch.setenv("RAY_TMPDIR", short)
        there = embedded("mfcc", "mfcc 1", clips, tmp_path / "there", place=over_ray(LOCAL))
    assert there.usable.all()
    np.testing.assert_allclose(
        there.vectors, embedded("mfcc", "mfcc 1", clips, tmp_path / "here").vectors
    )
