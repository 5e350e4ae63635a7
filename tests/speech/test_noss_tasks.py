"""Tasks: splits that keep apart what must be, and readers of the layouts that sets come in."""

from pathlib import Path

import numpy as np
import pytest
from hearing import RATE_HZ, tone
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ConfigError, InputError, MediaError
from firsthand.media import write_audio
from firsthand.speech.noss import Clip, Task, parts_of, splits_of
from firsthand.speech.noss.listening import muffle, sound_of
from firsthand.speech.noss.published import PUBLISHED
from firsthand.speech.noss.sets import TABLES, read_tables, tasks_in


def clips(n=60, classes=3, speakers=6, split=None):
    return tuple(
        Clip(
            Path(f"clips/{number}.wav"),
            f"c{number % classes}",
            f"s{number % speakers}",
            f"s{number % speakers}",
            split[number % len(split)] if split else "",
        )
        for number in range(n)
    )


@given(
    st.integers(20, 80),
    st.integers(2, 4),
    st.integers(2, 20),
    st.sampled_from(["groups", "folds"]),
    st.data(),
)
def test_every_clip_is_tested_once_and_no_group_is_on_both_sides(
    n, classes, speakers, rule, data
) -> None:
    task = Task("t", clips(n, classes, speakers), rule)
    usable = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    usable[: 3 * speakers] = True
    tested = []
    for split in splits_of(task, usable):
        parts = [split.train, split.validation, split.test]
        groups = [{task.clips[place].group for place in part} for part in parts]
        assert not groups[2] & (groups[0] | groups[1])
        assert not groups[0] & groups[1] or len(groups[0] | groups[1]) == 1
        together = np.concatenate(parts)
        assert sorted(together) == sorted(np.flatnonzero(usable))
        tested.append(split.test)
    assert sorted(np.concatenate(tested)) == sorted(np.flatnonzero(usable))


def test_splits_do_not_depend_on_where_the_clips_lie() -> None:
    here = Task(
        "t", tuple(Clip(Path(f"/a/set/clips/{n}.wav"), f"c{n % 2}") for n in range(40)), "folds"
    )
    there = Task(
        "t", tuple(Clip(Path(f"/b/c/set/clips/{n}.wav"), f"c{n % 2}") for n in range(40)), "folds"
    )
    for one, other in zip(splits_of(here), splits_of(there), strict=True):
        assert one.test.tolist() == other.test.tolist()
        assert one.validation.tolist() == other.validation.tolist()


def test_folds_have_classes_as_often() -> None:
    task = Task(
        "t",
        tuple(Clip(Path(f"{n}.wav"), "rare" if n < 20 else "often") for n in range(100)),
        "folds",
    )
    for split in splits_of(task):
        assert (split.test < 20).sum() == 4
        assert len(split.test) == 20


def test_a_split_that_is_given_is_kept() -> None:
    task = Task("t", clips(split=("train", "train", "train", "test", "validation")))
    (split,) = splits_of(task)
    assert {task.clips[place].split for place in split.test} == {"test"}
    assert {task.clips[place].split for place in split.validation} == {"validation"}
    without = Task("t", clips(speakers=12, split=("train", "train", "train", "test")))
    (split,) = splits_of(without)
    assert {without.clips[place].split for place in split.validation} == {"train"}
    assert 0 < len(split.validation) < len(split.train)


def test_within_speakers_each_is_a_task() -> None:
    some = (*clips(60, 3, 2), Clip(Path("x.wav"), "c0", "rare"))
    parts = parts_of(Task("t", some, "within speakers"))
    assert [part.name for part in parts] == ["t s0", "t s1"]
    assert all({clip.speaker for clip in part.clips} == {part.name[2:]} for part in parts)
    with pytest.raises(InputError, match="no speaker has 20 clips and two classes"):
        parts_of(Task("t", clips(30, 2, 10), "within speakers"))


def test_what_cannot_be_asked_is_told_of() -> None:
    with pytest.raises(InputError, match="fewer than two classes"):
        Task("t", clips(9, 1))
    with pytest.raises(ConfigError, match="rules are"):
        Task("t", clips(9), "by lot")
    with pytest.raises(InputError, match="there are no clips to test with"):
        list(splits_of(Task("t", clips(split=("train",)))))
    with pytest.raises(InputError, match="all clips are of one group"):
        list(splits_of(Task("t", clips(speakers=1), "groups")))


LAYOUTS = {
    "voxceleb": [
        f"wav/id1000{speaker}/video{video}/0000{n}.wav"
        for speaker in range(2) for video in range(3) for n in range(2)
    ],
    "voxforge": [
        f"{language}/{who}-20080{n}0{n}-abc/wav/a000{n}.flac"
        for language in ("de", "en") for who in ("ann", "bob", "anonymous") for n in (1, 2)
    ],
    "speech_commands": [
        f"{word}/{speaker}_nohash_{n}.wav"
        for word in ("yes", "no", "bed") for speaker in ("aa", "bb", "cc") for n in range(8)
    ] + ["_background_noise_/pink.wav"],
    "crema_d": [
        f"AudioWAV/{actor}_DFA_{emotion}_X{n}.wav"
        for actor in (1001, 1002) for emotion in ("ANG", "HAP", "SAD") for n in range(8)
    ],
    "savee": [
        f"AudioData/{actor}/{emotion}{n:02}.wav"
        for actor in ("DC", "JE") for emotion in ("a", "sa", "su", "n") for n in range(1, 7)
    ],
    "dementiabank": [
        f"Pitt/{kind}/cookie/{person:03}-{visit}.wav"
        for kind, people in (("Control", (1, 2)), ("Dementia", (3, 4)))
        for person in people for visit in (0, 1)
    ],
}  # fmt: skip


def lay_out(folder, name):
    for number, file in enumerate(LAYOUTS[name]):
        path = folder / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        seconds = 3.2 if "noise" in file else 0.1
        write_audio(path, tone(100 + number, seconds, number), RATE_HZ)
    if name == "voxceleb":
        lines = [f"{n % 6 // 2 + 1} {file[4:]}\n" for n, file in enumerate(LAYOUTS[name])]
        (folder / name / "iden_split.txt").write_text("".join(lines))
    if name == "speech_commands":
        for n, split in ((0, "validation"), (1, "testing")):
            lines = [f"{word}/{'ab'[n] * 2}_nohash_1.wav\n" for word in ("yes", "no", "bed")]
            (folder / name / f"{split}_list.txt").write_text("".join(lines))


@pytest.mark.parametrize(
    ("name", "classes", "groups"),
    [
        ("voxceleb", {"id10000", "id10001"}, 6),
        ("voxforge", {"de", "en"}, 4),
        ("speech_commands", {"yes", "no", "unknown", "silence"}, 3),
        ("crema_d", {"anger", "happiness", "sadness"}, 2),
        ("savee", {"anger", "sadness", "surprise", "neutral"}, 2),
        ("dementiabank", {"control", "dementia"}, 4),
    ],
)
def test_published_sets_are_read_as_they_are_laid_out(tmp_path, name, classes, groups) -> None:
    lay_out(tmp_path, name)
    tasks = tasks_in(tmp_path)
    task = tasks[name]
    assert set(task.classes) == classes
    assert len({clip.group for clip in task.clips if clip.label != "silence"}) == groups
    for split in splits_of(task):
        assert len(split.test)
    for clip in task.clips:
        if clip.label != "silence" or clip.start_s < 3:
            assert len(sound_of(clip)) > 100
    for own in (each for each in tasks if each.endswith("_own")):
        assert len(parts_of(tasks[own])) >= 2


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_empty_folder_of_a_set_is_told_of(tmp_path, name) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=name):
        tasks_in(tmp_path)


def test_a_line_that_leads_elsewhere_is_refused(tmp_path) -> None:
    (tmp_path / "voxceleb").mkdir()
    (tmp_path / "voxceleb" / "iden_split.txt").write_text("1 ../../x.wav\n")
    with pytest.raises(InputError, match=r"a line is '1 SPEAKER/VIDEO/N\.wav'"):
        tasks_in(tmp_path)


def test_a_table_of_ones_own_is_a_task(tmp_path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    rows = [f"{n}.wav,{'dog' if n % 2 else 'cat'},{n % 5}\n" for n in range(10)]
    (folder / "labels.csv").write_text("file,animal,house\n" + "".join(rows))
    (tmp_path / "tasks.toml").write_text(
        "[pets]\nfolder = 'mine'\nlabel = 'animal'\nrule = 'groups'\ngroup = 'house'\n"
    )
    task = tasks_in(tmp_path)["pets"]
    assert (task.classes, task.rule) == (("cat", "dog"), "groups")
    assert task.clips[3] == Clip(folder / "3.wav", "dog", group="3")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[a]\nfolder='x'", "with folder and label"),
        ("[a]\nfolder='x'\nlabel='y'\nrules='z'", "with folder and label"),
        ("[a]\nfolder='/etc'\nlabel='y'", "not below"),
        ("[a]\nfolder='../x'\nlabel='y'", "not below"),
        ("[a]\nfolder='x'\nlabel=3", "another kind than text"),
        ("a=[", "cannot be read"),
    ],
)
def test_a_file_of_tasks_that_is_wrong_is_told_of(tmp_path, text, told) -> None:
    (tmp_path / "tasks.toml").write_text(text)
    with pytest.raises(ConfigError, match=told):
        read_tables(tmp_path / "tasks.toml")


def test_a_folder_without_tasks_is_told_of(tmp_path) -> None:
    with pytest.raises(InputError, match="holds no task"):
        tasks_in(tmp_path)


@pytest.mark.parametrize("rows", ["", "file,x\n", "name,label\n1,2\n", "file,label\n"])
def test_a_table_without_its_columns_is_told_of(tmp_path, rows) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "labels.csv").write_text(rows)
    (tmp_path / "tasks.toml").write_text("[pets]\nfolder = 'mine'\nlabel = 'label'\n")
    with pytest.raises(InputError, match=r"labels\.csv: (has no columns|is a table without rows)"):
        tasks_in(tmp_path)


def test_a_part_is_cut_and_muffled(tmp_path) -> None:
    path = tmp_path / "long.wav"
    sound = tone(200, 3.0)
    write_audio(path, sound, RATE_HZ)
    part = sound_of(Clip(path, "x", start_s=1.0, length_s=0.5))
    np.testing.assert_allclose(part, sound[16_000:24_000], atol=1e-4)
    dull = sound_of(Clip(path, "x", start_s=1.0, length_s=0.5, muffled=True))
    assert np.sqrt(np.mean(dull**2)) == pytest.approx(np.sqrt(np.mean(part**2)), rel=0.01)
    with pytest.raises(MediaError, match="ends before 9 s"):
        sound_of(Clip(path, "x", start_s=9.0, length_s=0.5))


def test_muffling_takes_three_decibels_an_octave() -> None:
    noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32) * 0.1
    ratio = np.abs(np.fft.rfft(muffle(noise))) / np.abs(np.fft.rfft(noise))
    db = 20 * np.log10(ratio)
    assert db[2_000] - db[500] == pytest.approx(-3, abs=0.1)
    assert db[4_000] - db[500] == pytest.approx(-6, abs=0.1)
    assert db[7_900] - db[500] == pytest.approx(-8.9, abs=0.2)


@pytest.mark.data
def test_the_data_of_this_project_holds_all_tasks(data_root) -> None:
    found = tasks_in(data_root)
    assert set(TABLES) | {"muffled"} <= set(found)
    assert len(found["language"].classes) == 17
    assert len(found["digit"].clips) == 2500
    assert all(clip.path.is_file() for task in found.values() for clip in task.clips)
    videos = {clip.group for clip in found["language"].clips}
    assert all(len(video) == 11 for video in videos)
