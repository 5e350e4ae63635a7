"""How long does a representation take for a second of sound, on one core?

Ten seconds of two readers, one thread each, interleaved in one run; files are opened before.
`ms_per_second_MODEL` is the median, `times_real_time_MODEL` a second over it, and
`MODEL_over_own` the paired ratio of another's time to that of ours. `own_network` is the network
alone, without the spectrogram before it and what is pooled after it; `own_stream` hears blocks of
100 ms, and `stream_difference` is the largest difference between the two ways in any number.
openSMILE is measured in its own process, by its own clock, with the conversation left out.
"""

from collections.abc import Callable

import numpy as np
import torch

from firsthand.measure import (
    Elapsed,
    Figure,
    Findings,
    Options,
    available_cpus,
    compare,
    pinned,
    plot_ratios,
    run_benchmark,
)
from firsthand.media import read_audio
from firsthand.runtime import load_runner
from firsthand.runtime.bundled import bundled
from firsthand.speech.noss.classifiers import one_thread
from firsthand.speech.own_network import (
    PATCH,
    SPECTROGRAM,
    Hearing,
    SpeechNetwork,
    joined,
    scene_of,
)
from firsthand.speech.representation import RATE_HZ, Floats
from speech_representations import BASELINES, OWN, ROOT, Functionals, representations

SECONDS = 10
BLOCK = RATE_HZ // 10
OURS = "own"


def streamed(network: SpeechNetwork, sound: Floats) -> Floats:
    state, parts = Hearing(), []
    for start in range(0, len(sound), BLOCK):
        state, heard = network.step(state, sound[start : start + BLOCK])
        parts.append(heard)
    return scene_of(joined([*parts, network.last(state)]))


def network_alone(sound: Floats) -> Callable[[], None]:
    runner = load_runner(bundled()["firsthand-speech"], threads=1)
    frames = SPECTROGRAM(sound)
    patches = frames[: len(frames) // PATCH * PATCH].reshape(-1, PATCH, SPECTROGRAM.bands)
    view = runner.input_view(0)

    def run_once() -> None:
        for patch in patches:
            view[0] = patch
            runner.invoke()

    return run_once


def functionals(peer: Functionals, sound: Floats) -> Callable[[], Elapsed]:
    return lambda: Elapsed(peer.elapsed_s(sound))


def measure(options: Options) -> Findings:
    torch.set_num_threads(1)
    path = ROOT / "examples" / "media" / "recorder" / "two_readers.ogg"
    sound = read_audio(path, RATE_HZ)[0][: SECONDS * RATE_HZ]
    cpu = available_cpus()[-1:]
    with pinned(cpu), representations(cpu) as opening:
        candidates: dict[str, Callable[[], object]] = {}
        for name in (*OWN, *BASELINES):
            found = opening(name)
            if isinstance(found, Functionals):
                candidates[name] = functionals(found, sound)
            elif name != "random":  # which is ours, with other numbers in it
                candidates[name] = lambda found=found: found.scene(sound)
        own = opening(OURS)
        assert isinstance(own, SpeechNetwork)
        candidates["own_stream"] = lambda: streamed(own, sound)
        candidates["own_network"] = network_alone(sound)
        with one_thread():
            comparison = compare(candidates, rounds=12 if options.quick else 60, seed=options.seed)
        difference = float(np.abs(streamed(own, sound) - own.scene(sound)).max())
    figures = {}
    for name in candidates:
        ms = comparison.latency(name).median_us.scaled(1e-3 / SECONDS)
        figures[f"ms_per_second_{name}"] = Figure.of(ms, unit="ms", n=len(comparison.times_us))
        figures[f"times_real_time_{name}"] = Figure(1000 / ms.value)
    ratios = {name: comparison.ratio(name, OURS) for name in candidates if name != OURS}
    figures |= {f"{name}_over_own": Figure.of(ratio) for name, ratio in ratios.items()}
    figures["stream_difference"] = Figure(difference)
    plot_ratios(
        ratios,
        options.plot(),
        title="A second of sound, one core",
        label="time over that of our network (above 1: ours is faster)",
    )
    return Findings(figures, {}, comparison.noise)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
