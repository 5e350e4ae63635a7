"""How good does a call sound in which packets are lost, by whatever conceals them?

On held-out English, 36 utterances of 8 s at most (`concealment_sets`): a tenth of the packets of
20 ms is lost, in bursts of 20, 60 or 120 ms at random places, the same for all. Ours (`own`),
linear prediction (`lpc`), repetition and zeros fill the sound itself; NetEQ (a real call in real
time), libopus and Opus with its networks (`deep`) conceal what they decode; `own_opus` is ours
behind libopus's decoder, on the packets that libopus gets. Ours gives sound 30 ms later, as in a
jitter buffer, and closes gaps from both sides; `own_at_once` does not, and `lpc_closed` is linear
prediction that does, as do `frames` and `samples`, which the recipes of these names train: a
network that predicts frames, and one that makes sample after sample. `neteq_delay_ms` is how long
NetEQ let sound wait in these calls.

`plcmos_60_neteq`: PLCMOS v2 (speechmos), the mean over utterances, of NetEQ at bursts of 60 ms;
`pesq_...`, PESQ-WB; `estoi_...`. Names without a system are ours. `plcmos_60_minus_neteq` is the
mean of paired differences, `..._se` its standard error; `plcmos_60_opus_minus_neteq` that of
`own_opus`, which hears what NetEQ hears. Words are counted on the 12 utterances
whose text is known: `wer_change` is by how much more of all words
are wrong, filled by ours, than in the clean sound, bursts of 60 and 120 ms together, in points;
`wer_change_SYSTEM` of the others. Intervals resample utterances.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from concealment_peers import opus_version, peers
from concealment_sets import (
    Filling,
    Lost,
    Utterance,
    english,
    losses,
    measured_all,
    references,
    systems,
    transcribed,
)
from firsthand.measure import (
    Figure,
    Findings,
    Interval,
    Options,
    bootstrap_mean,
    bootstrap_ratio,
    data_root,
    run_benchmark,
)
from firsthand.measure.plots import PALETTE, house_axes
from firsthand.recorder.engines.whisper import Whisper
from firsthand.recorder.voice import load_voice
from recorder_transcription import counted, words_of

BURSTS_MS = (20, 60, 120)
METRICS = {"plcmos": "plcmos", "pesq": "pesq_wb", "estoi": "estoi"}
AGAINST = ("neteq", "libopus", "lpc", "deep", "zero")
SPOKEN = ("own", "neteq", "zero")
TITLES = {
    "clean": "nothing lost",
    "own": "Firsthand",
    "own_opus": "Firsthand behind Opus",
    "own_at_once": "Firsthand, at once",
    "deep": "Opus with networks",
    "neteq": "WebRTC NetEQ",
    "libopus": "libopus 1.6.1",
    "lpc_closed": "linear prediction, closed",
    "frames": "frame by frame, closed",
    "samples": "sample by sample, closed",
    "lpc": "linear prediction",
    "repetition": "repetition",
    "zero": "silence",
}


def figure_name(metric: str, burst_ms: int | None, system: str) -> str:
    length = "" if burst_ms is None else f"_{burst_ms}"
    return f"{metric}{length}" + ("" if system == "own" else f"_{system}")


def scores(
    said: Sequence[Utterance], lost: Sequence[Lost], fillings: Mapping[str, Filling]
) -> dict[str, dict[str, np.ndarray]]:
    """Metrics by system, and by metric: (utterances,)."""
    clean = [utterance.samples for utterance in said]
    filled = {name: filling(clean, lost) for name, filling in fillings.items()}
    found = measured_all(clean, {"clean": clean, **filled}, lost)
    return {
        name: {m: np.array([each[key] for each in rows]) for m, key in METRICS.items()}
        for name, rows in found.items()
    }


def figures_of(
    found: Mapping[str, Mapping[str, np.ndarray]], burst_ms: int, seed: int
) -> dict[str, Figure]:
    figures = {}
    for metric in METRICS:
        for system, values in found.items():
            rng = np.random.default_rng(seed)
            mean = bootstrap_mean(values[metric], rng=rng)
            figures[figure_name(metric, burst_ms, system)] = Figure.of(mean, n=len(values[metric]))
        for mine, label in (("own", ""), ("own_opus", "_opus")):
            for other in AGAINST:
                apart = found[mine][metric] - found[other][metric]
                error = float(apart.std(ddof=1) / np.sqrt(len(apart)))
                name = f"{metric}_{burst_ms}{label}_minus_{other}"
                rng = np.random.default_rng(seed)
                figures[name] = Figure.of(bootstrap_mean(apart, rng=rng), n=len(apart))
                figures[f"{name}_se"] = Figure(error)
    return figures


def words_wrong(
    said: Sequence[Utterance], fillings: Mapping[str, Filling], seed: int
) -> dict[str, Figure]:
    """By how many points more words are wrong than in the clean sound."""
    engine, voice = Whisper(), load_voice()
    clean = [utterance.samples for utterance in said]

    def wrong(sounds: Sequence[np.ndarray]) -> np.ndarray:
        """Return wrong and all words (utterances, 2)."""
        heard = [" ".join(w.text for w in words_of(engine, voice, each)) for each in sounds]
        return np.array([counted(u.text, h) for u, h in zip(said, heard, strict=True)], float)

    before = wrong(clean)
    figures = {"wer_clean": Figure.of(_share(before, seed).scaled(100), unit="%", n=len(said))}
    for name in SPOKEN:
        if name not in fillings:
            continue
        rounds = [
            wrong(fillings[name](clean, losses(said, burst_ms, seed))) for burst_ms in (60, 120)
        ]
        more = np.mean([each[:, 0] for each in rounds], axis=0) - before[:, 0]
        change = _share(np.stack([more, before[:, 1]], 1), seed).scaled(100)
        label = "wer_change" if name == "own" else f"wer_change_{name}"
        figures[label] = Figure.of(change, unit="points", n=len(said))
    return figures


def _share(counts: np.ndarray, seed: int) -> Interval:
    return bootstrap_ratio(counts[:, 0], counts[:, 1], rng=np.random.default_rng(seed))


def draw(figures: Mapping[str, Figure], names: Sequence[str], options: Options) -> None:
    with house_axes(options.plot(), "How a call sounds, a tenth of it lost", (7.2, 4.2)) as axes:
        for place, burst_ms in enumerate(BURSTS_MS):
            shown = [figures[figure_name("plcmos", burst_ms, name)] for name in names]
            values = np.array([figure.value for figure in shown])
            lows = np.array([figure.low for figure in shown])
            highs = np.array([figure.high for figure in shown])
            axes.errorbar(
                values,
                np.arange(len(names))[::-1] - 0.2 * (place - 1),
                xerr=[values - lows, highs - values],
                fmt="o",
                color=PALETTE[place],
                capsize=2,
                label=f"bursts of {burst_ms} ms",
            )
        axes.set_yticks(np.arange(len(names))[::-1], [TITLES[name] for name in names])
        axes.set_xlabel("PLCMOS v2, mean and 95% interval")
        axes.legend(loc="lower right")


def measure(options: Options) -> Findings:
    said = english(data_root(__file__), 8 if options.quick else None)
    figures: dict[str, Figure] = {}
    with peers() as peer:
        waits_ms: list[float] = []
        fillings = systems(peer, waits_ms) | references()
        for burst_ms in BURSTS_MS:
            found = scores(said, losses(said, burst_ms, options.seed), fillings)
            figures |= figures_of(found, burst_ms, options.seed)
        waited = bootstrap_mean(np.array(waits_ms), rng=np.random.default_rng(options.seed))
        figures["neteq_delay_ms"] = Figure.of(waited, unit="ms", n=len(waits_ms))
        spoken = transcribed(data_root(__file__), 4 if options.quick else None)
        figures |= words_wrong(spoken, fillings, options.seed)
        versions = {**peer.call("versions").values, "opus": opus_version()}
    draw(figures, [name for name in TITLES if name in {*fillings, "clean"}], options)
    return Findings(figures, versions)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
