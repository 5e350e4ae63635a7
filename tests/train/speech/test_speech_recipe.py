"""The recipes of speech representations: what is learnt from, losses, files, and the HEAR API."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hearing import RATE_HZ, tone

from firsthand.errors import ConfigError, InputError, MissingDependencyError, ShapeError
from firsthand.media import write_audio
from firsthand.runtime import Model
from firsthand.speech import SpeechNetwork, open_representation
from firsthand.speech.noss.sets import is_held_out, tasks_in
from firsthand.speech.own_network import PATCH, SPECTROGRAM
from firsthand.train.audio.recordings import Recording
from firsthand.train.audio.resemblyzer import WINDOW as VOICE_WINDOW
from firsthand.train.audio.resemblyzer import Resemblyzer, mel_spectrogram
from firsthand.train.run import Run
from firsthand.train.speech import hear
from firsthand.train.speech import recipe as recipe_module
from firsthand.train.speech.corpus import read_corpus
from firsthand.train.speech.fine_tuning import fine_tune
from firsthand.train.speech.networks import MOMENTS, ResNetSpeech, SpeechNet
from firsthand.train.speech.recipe import train_speech
from firsthand.train.speech.teachers import INNER, SOUND, heard_by, targets_of
from firsthand.train.speech.triplets import triplet_loss
from firsthand.train.speech.views import SPEEDS, WINDOW, as_heard, patches_of


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Recordings of made-up readers, laid out as LibriSpeech's are here."""
    folder = tmp_path_factory.mktemp("data")
    clips = folder / "speech" / "librispeech" / "clips"
    clips.mkdir(parents=True)
    rows = []
    for speaker in range(1, 13):
        for number in range(2):
            name = f"{speaker}-{number}.wav"
            write_audio(clips / name, tone(90 + 25 * speaker, 1.5, number), RATE_HZ)
            rows.append(f"{name},{speaker},{'MF'[speaker % 2]}\n")
    (clips.parent / "labels.csv").write_text("file,speaker,sex\n" + "".join(rows))
    return folder


@pytest.fixture(scope="module", autouse=True)
def without_packages(tmp_path_factory):
    """Learn from made-up readers alone, whatever of Debian's packages is installed here."""
    root = tmp_path_factory.mktemp("root")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe_module, "read_corpus", partial(read_corpus, root=root))
        yield


def run_of(recipe, data, folder, **more):
    given = {"seed": 0, "resume": False, "steps": 3} | more
    return Run(recipe=recipe, folder=folder, data=data, **given)


@pytest.mark.parametrize("network", [SpeechNet, ResNetSpeech])
def test_networks_give_directions_and_moments(network) -> None:
    direction, moments = network().eval()(torch.randn(3, PATCH, 64))
    assert direction.shape == (3, 192)
    assert moments.shape == (3, MOMENTS, 96)
    np.testing.assert_allclose(direction.norm(dim=1).detach(), 1, rtol=1e-4)


def test_triplets_take_the_semi_hard_negative() -> None:
    def at(*degrees):
        angles = torch.deg2rad(torch.tensor(degrees, dtype=torch.float32))
        return torch.stack([angles.cos(), angles.sin()], dim=1)

    anchors, positives = at(0.0, 90.0, 180.0), at(10.0, 95.0, 175.0)
    origins = torch.arange(3)

    def apart(one, other):
        return 2 - 2 * np.cos(np.deg2rad(one - other))

    wanted = [
        max(0.0, apart(0, 10) - apart(0, 95) + 2.5),
        max(0.0, apart(90, 95) - apart(90, 10) + 2.5),
        max(0.0, apart(180, 175) - apart(180, 95) + 2.5),
    ]
    loss, share = triplet_loss(anchors, positives, origins, margin=2.5)
    assert float(loss) == pytest.approx(np.mean(wanted), abs=1e-5)
    assert float(share) == pytest.approx(np.mean([each > 0 for each in wanted]))
    nearer, _ = triplet_loss(at(0.0, 90.0), at(40.0, 10.0), torch.arange(2), margin=0.0)
    # For the first, no negative is farther than the positive: the farthest is taken.
    second = max(0.0, apart(90, 10) - apart(90, 40))
    assert float(nearer) == pytest.approx((apart(0, 40) - apart(0, 10) + second) / 2, abs=1e-5)


def test_windows_of_one_clip_are_no_negatives_of_each_other() -> None:
    same = torch.nn.functional.normalize(torch.randn(4, 8), dim=1)
    with pytest.raises(ShapeError, match="two clips at least"):
        triplet_loss(same, same, torch.zeros(4))
    loss, share = triplet_loss(same, same, torch.tensor([0, 0, 1, 1]), margin=0.0)
    assert float(loss) == float(share) == 0


def test_readers_held_out_are_not_learnt_from(data, tmp_path) -> None:
    found, unreadable = read_corpus(data, tmp_path)
    assert not unreadable
    heard = {each.path for each in found}
    assert 8 <= len(heard) < 24
    asked = {clip.path for name in ("sex", "muffled") for clip in tasks_in(data)[name].clips}
    assert not heard & asked
    assert all(not is_held_out(each.source.removeprefix("reader ")) for each in found)


def test_a_corpus_of_nothing_is_told_of(tmp_path) -> None:
    with pytest.raises(InputError, match="apt install asterisk-core-sounds-en-g722"):
        read_corpus(tmp_path, tmp_path)


def test_damaged_recordings_are_left_out_and_told_of(data, tmp_path) -> None:
    folder = tmp_path / "usr/share/klettres/xx/alpha"
    folder.mkdir(parents=True)
    (folder / "a.ogg").write_bytes(b"OggS" + bytes(60))
    write_audio(folder / "b.wav", np.zeros(9_000, np.float32), RATE_HZ)
    write_audio(folder / "c.wav", tone(200), RATE_HZ)
    found, unreadable = read_corpus(data, tmp_path)
    assert len(unreadable) == 1
    assert "a.ogg" in unreadable[0]
    assert [each.path.name for each in found if "klettres" in each.source] == ["c.wav"]


def test_what_is_heard_is_a_sound_of_a_patch() -> None:
    others = [Recording(tone(300, 2.0), "other", Path("x.wav"))]
    for seed in range(40):
        window = np.resize(tone(150), WINDOW)
        found = as_heard(window, others, np.random.default_rng(seed))
        assert found.shape == (WINDOW,)
        assert np.isfinite(found).all()
        assert np.abs(found).max() <= 1
        again = as_heard(window, others, np.random.default_rng(seed))
        np.testing.assert_array_equal(found, again)


def test_voices_of_packages_are_told_apart_by_their_paths(data, tmp_path) -> None:
    inside = {
        "asterisk/sounds/fr_CA_f_June/digits/1.wav": "asterisk/sounds fr_CA_f_June",
        "asterisk/sounds/fr_FR_f_Other/1.wav": None,
        "klettres/de/alpha/a.wav": "klettres de",
        "games/fillets-ng/sound/city/nl/1.wav": "games/fillets-ng/sound nl",
        "games/fillets-ng/sound/share/1.wav": None,
        "tuxpaint/stamps/animals/cow_desc_pt_BR.wav": "tuxpaint/stamps pt_BR",
        "tuxpaint/stamps/animals/cow_desc.wav": "tuxpaint/stamps ",
        "tuxpaint/stamps/animals/cow.wav": "tuxpaint/stamps animals/cow",
    }
    for number, name in enumerate(inside):
        path = tmp_path / "usr/share" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_audio(path, tone(200 + number), RATE_HZ)
    found, _ = read_corpus(data, tmp_path)
    sources = {each.path: each.source for each in found}
    for name, source in inside.items():
        assert sources.get(tmp_path / "usr/share" / name) == source


def test_patches_of_many_windows_are_those_of_each() -> None:
    rng = np.random.default_rng(0)
    windows = rng.uniform(-1, 1, (3, WINDOW)).astype(np.float32) * [[1], [0.01], [0]]
    windows = windows.astype(np.float32)
    found = patches_of(torch.from_numpy(windows)).numpy()
    assert found.shape == (3, PATCH, 64)
    for patch, window in zip(found, windows, strict=True):
        np.testing.assert_allclose(patch, SPECTROGRAM(window), atol=2e-4)


def test_a_teacher_of_voices_asked_of_many_windows_says_what_it_says_of_each() -> None:
    torch.manual_seed(0)
    voices = Resemblyzer().eval()
    parts = np.stack([np.resize(tone(f), VOICE_WINDOW) for f in (110, 170, 260)])
    starts = [0, 10, 60]
    directions, moments = heard_by(voices, parts, starts)
    np.testing.assert_allclose(directions, voices.voices(parts), atol=1e-5)
    two = torch.nn.LSTM(40, 256, num_layers=2, batch_first=True)
    two.load_state_dict({name: getattr(voices.lstm, name) for name in two.state_dict()})
    with torch.no_grad():
        inner = two(torch.from_numpy(mel_spectrogram(parts)))[0].numpy()
    for found, frames, start in zip(moments, inner, starts, strict=True):
        wanted = frames[start : start + 4 * MOMENTS].reshape(MOMENTS, 4, -1).mean(axis=1)
        np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.fixture(scope="module")
def own(data, tmp_path_factory):
    """A network of a few steps of triplets, and its folder."""
    folder = tmp_path_factory.mktemp("triplet")
    train_speech(run_of("triplet", data, folder))
    return folder


@pytest.mark.slow
def test_a_student_learns_from_a_triplet_teacher(data, own, tmp_path) -> None:
    path = train_speech(run_of("triplet-student", data, tmp_path, start=own / "weights.pt"))
    model = Model.open(path)
    assert model.card.training_sources[0].startswith("0.0 hours in all: LibriSpeech")
    network = SpeechNetwork.open(model)
    rounded = SpeechNetwork.open(Model.open(path.with_name("firsthand-speech-int8.tflite")))
    sound = tone(200, 2.0)
    assert network.size == rounded.size == 192 + 2 * 96 + 3 * 16 + 128
    one, other = network.scene(sound)[:192], rounded.scene(sound)[:192]
    assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.8
    assert rounded.identity != network.identity
    with pytest.raises(InputError, match="with --start"):
        train_speech(run_of("triplet-student", data, tmp_path / "other"))


@pytest.mark.slow
def test_files_give_what_networks_give(data, own) -> None:
    network = ResNetSpeech()
    from firsthand.train.checkpoints import read_weights

    read_weights(own / "weights.pt", network)
    file = SpeechNetwork.open(Model.open(own / "firsthand-speech.tflite"))
    from firsthand.dsp import LogMel

    patch = LogMel()(np.resize(tone(150), WINDOW))
    with torch.no_grad():
        _, moments = network.eval()(torch.from_numpy(patch)[None])
    found = file.frames(np.resize(tone(150), WINDOW)).vectors
    np.testing.assert_allclose(found, moments[0], atol=2e-3)


def test_a_recipe_without_recordings_is_told_of(tmp_path) -> None:
    with pytest.raises(InputError, match="name their folder with --data"):
        train_speech(run_of("usual", None, tmp_path))


@pytest.mark.slow
def test_hear_both_ways(tmp_path) -> None:
    model = hear.load_model("mfcc")
    audio = torch.rand(4, 16_000) * 2 - 1
    scenes = hear.get_scene_embeddings(audio, model)
    assert scenes.shape == (4, model.scene_embedding_size)
    vectors, times = hear.get_timestamp_embeddings(audio, model)
    assert vectors.shape == (*times.shape, model.timestamp_embedding_size)
    assert scenes.dtype == vectors.dtype == torch.float32
    again = open_representation("hear:firsthand.train.speech.hear:mfcc")
    sound = tone(200)
    np.testing.assert_allclose(again.scene(sound), open_representation("mfcc").scene(sound))
    assert "hear firsthand.train.speech.hear" in again.identity
    with pytest.raises(ShapeError, match=r"\(n, samples\)"):
        hear.get_scene_embeddings(audio[0], model)
    with pytest.raises(MissingDependencyError, match="no_such_module"):
        open_representation("hear:no_such_module")
    with pytest.raises(ConfigError, match="is no module of HEAR"):
        open_representation("hear:json")
    with pytest.raises(ConfigError, match="name a module"):
        open_representation("hear:")


@pytest.mark.slow
def test_fine_tuning_learns_a_small_task(tmp_path) -> None:
    clips = [tone((150, 500)[number % 2], 0.8, number) for number in range(12)]
    labels = [number % 2 for number in range(12)]
    ticks = iter(range(10))
    tuned = fine_tune(
        SpeechNet(width=0.25),
        clips,
        labels,
        tmp_path,
        steps=100,
        rate=3e-3,
        clock_s=lambda: float(next(ticks)),
    )
    assert tuned.seconds == 1
    told = [int(tuned(tone((150, 500)[n % 2], 2.5, 100 + n)).argmax()) for n in range(6)]
    assert told == [n % 2 for n in range(6)]
    with pytest.raises(InputError, match="two classes or more"):
        fine_tune(SpeechNet(width=0.25), clips, [0] * 12, tmp_path / "one")


class _Fixed:
    """A sound teacher of made-up numbers, so that no weights are needed."""

    size = 256

    def scene(self, samples):
        return (
            np.random.default_rng(int(1e4 * np.abs(samples).sum()) % 2**31).random(256).astype("f4")
        )


@pytest.mark.slow
def test_what_teachers_say_is_kept_and_reduced(data, tmp_path) -> None:
    recordings, _ = read_corpus(data, tmp_path)
    torch.manual_seed(0)
    voices = Resemblyzer().eval()
    asked: list[int] = []
    path = tmp_path / "targets.npz"
    found = targets_of(recordings, path, voices, _Fixed(), lambda done, whole: asked.append(done))
    assert len(asked) == len(recordings)
    assert found.voice.shape == (len(found), 256)
    assert found.inner.shape == (len(found), MOMENTS, INNER)
    assert found.sound.shape == (len(found), SOUND)
    assert set(found.speed) == set(range(len(SPEEDS)))
    again = targets_of(recordings, path, voices, _Fixed(), lambda done, whole: asked.append(done))
    assert len(asked) == len(recordings)
    np.testing.assert_array_equal(found.inner, again.inner)
    assert 0.3 < float(found.inner.astype("f4").std()) < 1.5
    targets_of(recordings[:-1], path, voices, _Fixed(), lambda done, whole: asked.append(done))
    assert len(asked) == 2 * len(recordings) - 1


@pytest.mark.data
@pytest.mark.slow
def test_nothing_that_is_asked_about_was_learnt_from(data_root, tmp_path) -> None:
    """No file, no speaker, and no near-copy of a test clip is among what is learnt from."""
    from firsthand.dsp import LogMel
    from firsthand.speech.noss.listening import sound_of
    from firsthand.speech.noss.tasks import parts_of, splits_of

    learnt, _ = read_corpus(data_root, tmp_path)
    paths = {each.path.resolve() for each in learnt}
    readers = {each.source.removeprefix("reader ") for each in learnt}
    asked = {}
    for task in tasks_in(data_root).values():
        for part in parts_of(task):
            for split in splits_of(part):
                for place in split.test:
                    clip = part.clips[place]
                    asked[clip.path.resolve()] = clip
    assert len(asked) > 4_000
    assert not paths & asked.keys()
    librispeech = {c.speaker for c in asked.values() if "librispeech" in str(c.path)}
    assert librispeech
    assert not readers & librispeech

    def shapes(sound):
        """What half seconds of a sound look like, whatever its level, (n, 50 * 16); not silence."""
        frames = LogMel()(sound).reshape(-1, 16, 4).mean(axis=2)
        starts = range(0, len(frames) - 49, 25)
        windows = np.stack([frames[k : k + 50].ravel() for k in starts] or [np.zeros(800)])
        windows = windows - windows.mean(axis=1, keepdims=True)
        lengths = np.linalg.norm(windows, axis=1)
        loud = lengths > 0.5 * np.sqrt(800)
        return (windows[loud] / lengths[loud, None]).astype("f4")

    known = np.concatenate([shapes(each.samples) for each in learnt])
    kinds = {}
    for path, clip in asked.items():
        kinds.setdefault(path.parent.parent.name, []).append(clip)
    for clips in kinds.values():
        for clip in clips[::25]:
            near = (shapes(sound_of(clip)) @ known.T).max(initial=0)
            assert near < 0.985, f"{clip.path} is nearly what was learnt from"
