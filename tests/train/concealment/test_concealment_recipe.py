"""The concealer's recipe: what is learnt from, the networks as they roll, losses, the files."""

from functools import partial

import numpy as np
import pytest
import torch

from firsthand.concealment.course import BLOCK, BLOCKS
from firsthand.concealment.extrapolation import extrapolated, predictor, steps_ahead
from firsthand.concealment.generative import (
    CONTEXT_NAME,
    SHAPE_NAME,
    SHAPED,
    SPECTROGRAM,
    TOLD,
    Generative,
)  # fmt: skip
from firsthand.concealment.shaping import FRAME, bands, pieces, powers, sound, spectrum, window
from firsthand.errors import InputError, ModelError
from firsthand.media import write_audio
from firsthand.runtime import Model, load_runner
from firsthand.runtime.backends.litert import open_litert
from firsthand.runtime.bundled import bundled
from firsthand.speech.noss.sets import is_held_out
from firsthand.train.concealment import recipe as recipe_module
from firsthand.train.concealment.corpus import read_corpus, sources_of
from firsthand.train.concealment.guesses import guesses, predictors
from firsthand.train.concealment.networks import CONDITION, Concealing
from firsthand.train.concealment.recipe import train_concealment
from firsthand.train.concealment.rolling import Carriers, carriers_of, roll, spectrogram
from firsthand.train.concealment.stretches import LENGTH, Stretches
from firsthand.train.concealment.task import BATCH, ConcealTask, spectral
from firsthand.train.export import arrays_to_tflite
from firsthand.train.run import Run

RATE_HZ = 16_000
HELD_OUT = next(str(n) for n in range(100) if is_held_out(str(n)))
LEARNT = next(str(n) for n in range(100) if not is_held_out(str(n)))


def voice(seconds: float, pitch_hz: float = 130.0, seed: int = 0) -> np.ndarray:
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    glide = pitch_hz * times * (1 + 0.05 * times)
    parts = [np.sin(2 * np.pi * k * glide + k) / k for k in range(1, 12)]
    breath = np.random.default_rng(seed).standard_normal(len(times))
    return (0.1 * np.sum(parts, axis=0) + 0.01 * breath).astype(np.float32)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for name in ("librispeech", "barista"):
        clips = folder / "speech" / name / "clips"
        clips.mkdir(parents=True)
        rows = []
        for number, speaker in enumerate((LEARNT, HELD_OUT)):
            write_audio(clips / f"{speaker}.wav", voice(1.5, 100 + 40 * number), RATE_HZ)
            rows.append(f"{speaker}.wav,{speaker},M\n")
        (clips.parent / "labels.csv").write_text("file,speaker,sex\n" + "".join(rows))
    return folder


@pytest.fixture(scope="module")
def nothing_installed(tmp_path_factory):
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def corpus(data, nothing_installed):
    return read_corpus(data, nothing_installed)[0]


@pytest.fixture(scope="module")
def nets():
    """Networks that have learnt nothing, but whose answers differ much."""
    torch.manual_seed(0)
    found = Concealing().eval()
    with torch.no_grad():
        found.shape.gains.weight *= 8
        found.shape.pace.weight *= 30
    return found


class TestCorpus:
    def test_readers_held_out_are_not_learnt_from(self, corpus) -> None:
        assert [each.path.stem for each in corpus.speech["librispeech"]] == [LEARNT]
        assert len(corpus.speech["barista"]) == 2
        assert not corpus.backgrounds

    def test_sources_name_licences_and_what_there_is(self, corpus) -> None:
        first, second, behind = sources_of(corpus)
        assert "LibriSpeech" in first
        assert "CC BY 4.0" in first
        assert "Apache-2.0" in second
        assert "0 min" in behind

    def test_without_speech_it_says_what_to_install(self, tmp_path) -> None:
        with pytest.raises(InputError, match="apt install asterisk-core-sounds-en-g722"):
            read_corpus(tmp_path, tmp_path)


class TestStretches:
    def test_they_are_drawn_from_their_generator_alone(self, corpus) -> None:
        drawn = Stretches(corpus)
        for seed in range(20):
            one = drawn.draw(np.random.default_rng(seed))
            assert one.shape == (LENGTH,)
            assert one.dtype == np.float32
            assert np.abs(one).max() <= 1
            np.testing.assert_array_equal(one, drawn.draw(np.random.default_rng(seed)))


class TestGuesses:
    def test_many_at_once_are_as_one_by_one(self) -> None:
        pasts = np.stack([voice(0.16, 90 + 30 * n, n) for n in range(4)])
        pasts[3] = 0
        for past, weights, guess in zip(
            pasts, predictors(pasts, 400), guesses(pasts, 400, 300), strict=True
        ):
            np.testing.assert_allclose(weights, predictor(past, 400), atol=1e-9)
            wanted = extrapolated(past, steps_ahead(predictor(past, 400)), 300)
            np.testing.assert_allclose(guess, wanted, atol=1e-6)


class TestShaping:
    def test_frames_that_overlap_are_the_sound(self) -> None:
        samples = voice(0.2)
        whole = np.zeros_like(samples)
        for start in range(0, len(samples) - FRAME + 1, FRAME // 2):
            frame = sound(spectrum(samples[start : start + FRAME])) * window()
            whole[start : start + FRAME] += frame
        inside = slice(FRAME // 2, -FRAME // 2)
        np.testing.assert_allclose(whole[inside], samples[inside], atol=1e-5)

    def test_bands_share_every_coefficient(self) -> None:
        np.testing.assert_allclose(bands().sum(axis=0), 1, atol=1e-6)
        assert (bands() >= 0).all()
        assert (bands().sum(axis=1) > 0).all()

    def test_powers_of_white_noise_are_alike(self) -> None:
        noise = np.random.default_rng(0).standard_normal((500, FRAME)).astype(np.float32)
        np.testing.assert_allclose(powers(spectrum(noise)).mean(axis=0), 1, rtol=0.1)

    def test_reading_between_samples(self) -> None:
        times = np.arange(200.0)
        wave = np.sin(2 * np.pi * times / 25)
        places = np.linspace(5, 190, 77)

        def read(sound, places):
            at, weights = pieces(places)
            return (np.take(sound, at, mode="wrap") * weights).sum(axis=0)

        np.testing.assert_allclose(read(wave, places), np.sin(2 * np.pi * places / 25), atol=3e-3)
        np.testing.assert_array_equal(read(wave, times[1:190]), wave[1:190])
        around = np.linspace(-100, 300, 55)
        np.testing.assert_allclose(
            read(wave[:25], around), np.sin(2 * np.pi * around / 25), atol=3e-3
        )


class TestRolling:
    def test_spectrogram_is_the_concealers(self) -> None:
        samples = voice(0.3)
        found = spectrogram(torch.from_numpy(samples)[None])[0]
        np.testing.assert_allclose(found, SPECTROGRAM(samples), atol=2e-4)

    def test_exported_it_goes_on_as_it_does_in_training(self, nets) -> None:
        context = arrays_to_tflite(
            nets.context, (torch.zeros(1, SPECTROGRAM.bands), torch.zeros(1, nets.context.width))
        )
        shape = arrays_to_tflite(nets.shape, (torch.zeros(1, TOLD), torch.zeros(1, CONDITION)))
        concealer = Generative(
            open_litert(context, threads=1, where="context"),
            open_litert(shape, threads=1, where="shape"),
            breath=1.0,
            trust=1.0,
        )
        samples = np.stack([voice(0.4, 110, 1)[: 36 * BLOCK], voice(0.4, 240, 2)[: 36 * BLOCK]])
        carriers = {name: torch.from_numpy(v) for name, v in carriers_of(samples).items()}
        noise = torch.from_numpy(concealer._noise)[None].expand(2, -1, -1)
        silence = np.zeros((2, BLOCK), np.float32)  # before a call
        with torch.no_grad():
            heard = torch.from_numpy(np.concatenate([silence, samples], axis=1))
            wanted = roll(nets, heard, Carriers(**carriers), noise).numpy()
        for row, sound_ in enumerate(samples):
            state = concealer.begin()
            for block in sound_.reshape(-1, BLOCK):
                state = concealer.heard(state, block)
            for place in range(BLOCKS):
                state, made = concealer.go_on(state)
                want = wanted[row, place * BLOCK : (place + 1) * BLOCK]
                np.testing.assert_allclose(made, want, atol=2e-3 * np.abs(wanted).max())
            assert not concealer.go_on(state)[1].any()

    def test_other_files_are_refused(self) -> None:
        found = Generative.open()
        with pytest.raises(ModelError, match="arrays are to be"):
            Generative(found._shape, found._context)
        with pytest.raises(ModelError, match="arrays are to be"):
            Generative(found._context, found._context)


class TestTask:
    def test_spectra_of_the_same_are_not_apart(self) -> None:
        some = torch.from_numpy(np.stack([voice(0.17)[:2_720], voice(0.17, 200)[:2_720]]))
        assert float(spectral(some, some)) == 0
        near, far = spectral(some * 0.9, some), spectral(some * 0.3, some)
        assert 0 < float(near) < float(far)

    def test_a_step_follows_the_gradient(self, corpus) -> None:
        torch.manual_seed(0)
        nets = Concealing()
        task = ConcealTask(nets, Stretches(corpus), "", 0)
        batch = task.batch(0)
        assert batch["sounds"].shape == (BATCH, LENGTH)
        again = task.batch(0)
        assert all(torch.equal(batch[name], again[name]) for name in batch)
        few = {name: value[:8] for name, value in batch.items()}
        losses = task.loss(few)
        losses["total"].backward()
        for name, weights in nets.named_parameters():
            assert weights.grad is not None, name
            assert torch.isfinite(weights.grad).all(), name
        with torch.no_grad():
            for weights in nets.parameters():
                weights -= 1e-3 * weights.grad
            assert float(task.loss(few)["total"]) < losses["total"].item()


@pytest.fixture
def made_up_corpus(monkeypatch, nothing_installed):
    monkeypatch.setattr(recipe_module, "read_corpus", partial(read_corpus, root=nothing_installed))
    monkeypatch.setattr("firsthand.train.concealment.task.BATCH", 4)


def test_a_run_makes_two_models_with_cards(data, tmp_path, made_up_corpus) -> None:
    run = Run(recipe="usual", folder=tmp_path / "run", data=data, seed=0, resume=False, steps=2)
    told = []
    path = train_concealment(run, told.append)
    context = Model.open(path.with_name(f"{CONTEXT_NAME}.tflite"))
    shape = Model.open(path)
    assert path.name == f"{SHAPE_NAME}.tflite"
    assert load_runner(shape).outputs[0].shape == (1, SHAPED)
    for model in (context, shape):
        assert model.card.licence == "Apache-2.0"
        assert any("LibriSpeech" in source for source in model.card.training_sources)
    assert context.card.size_bytes + shape.card.size_bytes < 4_000_000
    Generative.open(context, shape)
    assert told
    more = Run(
        recipe="usual", folder=tmp_path / "more", data=data, seed=0, resume=False, steps=1,
        start=path.with_name("weights.pt"),
    )  # fmt: skip
    assert train_concealment(more).is_file()


def test_without_data_it_says_what_is_missing(tmp_path) -> None:
    run = Run(recipe="usual", folder=tmp_path, data=None, seed=0, resume=False, steps=1)
    with pytest.raises(InputError, match="--data"):
        train_concealment(run)


def test_bundled_networks_are_small_and_say_what_they_are_made_from() -> None:
    there = bundled()
    sizes = [there[name].card.size_bytes for name in (CONTEXT_NAME, SHAPE_NAME)]
    assert sum(sizes) < 4_000_000
    for name in (CONTEXT_NAME, SHAPE_NAME):
        assert len(there[name].card.training_sources) > 5
