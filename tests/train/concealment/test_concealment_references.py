"""What concealers are measured by: networks frame by frame and sample by sample, as they learn."""

from functools import partial

import numpy as np
import pytest
import torch

from firsthand.concealment.course import BLOCK, BLOCKS, NUMBERS, PAST
from firsthand.concealment.framewise import FRAMES_NAME, RECENT, Framewise
from firsthand.concealment.generative import SPECTROGRAM
from firsthand.concealment.samplewise import (
    SAMPLES_CONTEXT_NAME,
    SAMPLES_NAME,
    TOLD,
    WARM_UP,
    Samplewise,
)  # fmt: skip
from firsthand.concealment.shaping import FRAME
from firsthand.errors import ModelError
from firsthand.media import write_audio
from firsthand.runtime import Model, load_runner
from firsthand.runtime.backends.litert import open_litert
from firsthand.speech.noss.sets import is_held_out
from firsthand.train.concealment import recipe as recipe_module
from firsthand.train.concealment.corpus import read_corpus
from firsthand.train.concealment.frames import FrameNet, FrameTask, compressed, roll_frames
from firsthand.train.concealment.networks import CONDITION
from firsthand.train.concealment.recipe import train_concealment
from firsthand.train.concealment.rolling import Carriers, carriers_of
from firsthand.train.concealment.samples import AFTER, SampleTask, Sampling, settled, told_of
from firsthand.train.concealment.stretches import BEFORE, Stretches
from firsthand.train.export import arrays_to_tflite
from firsthand.train.run import Run

RATE_HZ = 16_000
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
    clips = folder / "speech" / "librispeech" / "clips"
    clips.mkdir(parents=True)
    write_audio(clips / "a.wav", voice(1.5), RATE_HZ)
    (clips.parent / "labels.csv").write_text(f"file,speaker,sex\na.wav,{LEARNT},M\n")
    return folder


@pytest.fixture(scope="module")
def stretches(data, tmp_path_factory):
    return Stretches(read_corpus(data, tmp_path_factory.mktemp("root"))[0])


def framewise(net: FrameNet) -> Framewise:
    inputs = (torch.zeros(1, RECENT), torch.zeros(1, 2 * FRAME), torch.zeros(1, NUMBERS))
    return Framewise(open_litert(arrays_to_tflite(net, inputs), threads=1, where="frames"))


def samplewise(nets: Sampling, **options) -> Samplewise:
    size = nets.context.width
    context = arrays_to_tflite(
        nets.context, (torch.zeros(1, SPECTROGRAM.bands), torch.zeros(1, size))
    )
    inputs = (torch.zeros(1, TOLD), torch.zeros(1, CONDITION), torch.zeros(1, nets.sample.width))
    sample = arrays_to_tflite(nets.sample.single(), inputs)
    return Samplewise(
        open_litert(context, threads=1, where="context"),
        open_litert(sample, threads=1, where="sample"),
        **options,
    )


def heard(concealer, samples):
    state = concealer.begin()
    for block in samples.reshape(-1, BLOCK):
        state = concealer.heard(state, block)
    return state


class TestFrames:
    def test_exported_it_goes_on_as_it_does_in_training(self) -> None:
        torch.manual_seed(0)
        net = FrameNet()
        with torch.no_grad():
            net.after.weight *= 5
        net.eval()
        concealer = framewise(net)
        samples = np.stack([voice(0.4, 110, 1)[: 36 * BLOCK], voice(0.4, 240, 2)[: 36 * BLOCK]])
        carriers = {name: torch.from_numpy(v) for name, v in carriers_of(samples).items()}
        with torch.no_grad():
            wanted = roll_frames(net, torch.from_numpy(samples), Carriers(**carriers)).numpy()
        for row, sound in enumerate(samples):
            state = heard(concealer, sound)
            for place in range(BLOCKS):
                state, made = concealer.go_on(state)
                want = wanted[row, place * BLOCK : (place + 1) * BLOCK]
                np.testing.assert_allclose(made, want, atol=2e-3 * np.abs(wanted).max())
            assert not concealer.go_on(state)[1].any()

    def test_a_step_follows_the_gradient(self, stretches, monkeypatch) -> None:
        monkeypatch.setattr("firsthand.train.concealment.frames.BATCH", 4)
        torch.manual_seed(0)
        _follows_the_gradient(FrameTask(FrameNet(), stretches, "", 0))

    def test_spectra_of_the_same_are_not_apart(self) -> None:
        some = torch.from_numpy(np.stack([voice(0.17)[:2_720], voice(0.17, 200)[:2_720]]))
        assert float(compressed(some, some)) == 0
        near, far = compressed(some * 0.9, some), compressed(some * 0.3, some)
        assert 0 < float(near) < float(far)
        assert float(compressed(-some, some)) > float(far)

    def test_other_files_are_refused(self) -> None:
        found = framewise(FrameNet())
        with pytest.raises(ModelError, match="arrays are to be"):
            Samplewise(found._network, found._network)
        with pytest.raises(ModelError, match="arrays are to be"):
            Framewise(samplewise(Sampling())._context)


class TestSamples:
    def test_a_call_leads_the_network_as_it_is_led_in_training(self) -> None:
        torch.manual_seed(0)
        nets = Sampling().eval()
        concealer = samplewise(nets)
        samples = voice(0.4, 110, 1)[: BEFORE + AFTER][None]
        state = heard(concealer, samples[0, :BEFORE])
        going = concealer._stopped(state)
        kept = {name: torch.from_numpy(v) for name, v in settled(samples[:, :BEFORE]).items()}
        assert going.lag == int(kept["lag"][0, 0])
        line = torch.from_numpy(samples) / kept["level"]
        told = told_of(line, kept["weights"], kept["lag"])
        # The conditions are compared in themselves: in training they begin in the stretch.
        conditions = torch.from_numpy(state.conditions[: WARM_UP // BLOCK])[None]
        with torch.no_grad():
            both = torch.cat([told[:, :WARM_UP], conditions.repeat_interleave(BLOCK, 1)], 2)
            _, wanted = nets.sample.recurrent(both)
        np.testing.assert_allclose(going.state, wanted[0], atol=2e-4)

    def test_where_nothing_is_dared_the_likeliest_sample_is_drawn(self) -> None:
        torch.manual_seed(0)
        nets = Sampling().eval()
        with torch.no_grad():
            nets.sample.answer.outer.weight.zero_()
            nets.sample.answer.outer.bias.zero_()
        concealer = samplewise(nets, daring=0.0)
        state = heard(concealer, voice(0.3, 110, 1)[: 20 * BLOCK])
        going = concealer._stopped(state)
        _, made = concealer.go_on(state)
        line = list(state.past[-32:] / np.float32(going.level))
        for sample in made:  # linear prediction alone
            line.append(float(going.weights @ np.array(line[-32:])))
            assert abs(sample - line[-1] * going.level) < 1e-4

    def test_it_is_finite_whatever_the_networks_say(self) -> None:
        torch.manual_seed(0)
        nets = Sampling().eval()
        with torch.no_grad():
            nets.sample.answer.outer.weight *= 100
        concealer = samplewise(nets, daring=1.0)
        state = heard(concealer, voice(0.3)[: 20 * BLOCK])
        assert len(state.past) == PAST
        for _ in range(BLOCKS):
            state, made = concealer.go_on(state)
            assert np.isfinite(made).all()
            assert np.abs(made).max() > 0
        assert not concealer.go_on(state)[1].any()

    def test_a_step_follows_the_gradient(self, stretches, monkeypatch) -> None:
        monkeypatch.setattr("firsthand.train.concealment.samples.BATCH", 2)
        torch.manual_seed(0)
        _follows_the_gradient(SampleTask(Sampling(), stretches, "", 0))


def _follows_the_gradient(task) -> None:
    batch = task.batch(0)
    again = task.batch(0)
    assert all(torch.equal(batch[name], again[name]) for name in batch)
    losses = task.loss(batch)
    losses["total"].backward()
    for name, weights in task.model.named_parameters():
        assert weights.grad is not None, name
        assert torch.isfinite(weights.grad).all(), name
    with torch.no_grad():
        for weights in task.model.parameters():
            weights -= 1e-4 * weights.grad
        assert float(task.loss(batch)["total"]) < losses["total"].item()


@pytest.mark.parametrize(
    ("recipe", "first", "second"),
    [("frames", FRAMES_NAME, None), ("samples", SAMPLES_NAME, SAMPLES_CONTEXT_NAME)],
)
def test_a_run_makes_models_with_cards(
    recipe, first, second, data, tmp_path, tmp_path_factory, monkeypatch
) -> None:
    root = tmp_path_factory.mktemp("nothing_installed")
    monkeypatch.setattr(recipe_module, "read_corpus", partial(read_corpus, root=root))
    monkeypatch.setattr("firsthand.train.concealment.frames.BATCH", 4)
    monkeypatch.setattr("firsthand.train.concealment.samples.BATCH", 2)
    run = Run(recipe=recipe, folder=tmp_path / "run", data=data, seed=0, resume=False, steps=2)
    path = train_concealment(run)
    assert path.name == f"{first}.tflite"
    model = Model.open(path)
    assert any("LibriSpeech" in source for source in model.card.training_sources)
    if second is None:
        concealer = Framewise(load_runner(model))
    else:
        context = Model.open(path.with_name(f"{second}.tflite"))
        concealer = Samplewise(load_runner(context), load_runner(model))
    _, made = concealer.go_on(heard(concealer, voice(0.3)[: 20 * BLOCK]))
    assert np.isfinite(made).all()
