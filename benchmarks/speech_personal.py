"""What does a classifier of one's own know after a handful of clips, and how long does it take?

Three sets: `keywords`, six words of many speakers; `digits`, ten words of one speaker, for each of
five; `sounds`, the ten classes of ESC-10 in its fold 4. `SET_MODEL_K` is the share of right answers
after K clips of each label, tested on all others, over draws of the clips (for digits over
speakers, too), by `firsthand.speech.personalize`; with intervals over draws.

`ms_personalize` is from 30 clips of a second in memory, five of each keyword, to a file that is
written; `ms_learn` one clip more, `ms_classify` one clip asked. `kb_classifier` is what it takes on
the disk with all that is needed to learn more.

`tuned_keywords_10` is the article's second way: the whole network trained on for 200 steps from ten
clips of each keyword, in a process of its own on one core, to be held beside `keywords_own_10`;
`tuned_seconds` and `tuned_peak_mb` are what it takes, of which `tuned_start_mb` are torch and the
clips. `--quick` has fewer draws, and 20 steps of tuning.
"""

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firsthand.measure import (
    Figure,
    Findings,
    Options,
    available_cpus,
    bootstrap_mean,
    compare,
    data_root,
    peak_memory_bytes,
    pinned,
    plot_lines,
    run_benchmark,
)
from firsthand.media import read_audio
from firsthand.speech import personalize
from firsthand.speech.noss.classifiers import one_thread
from firsthand.speech.noss.embedding import embedded, here
from firsthand.speech.noss.sets import TABLES, read_table
from firsthand.speech.noss.tasks import Clip
from firsthand.speech.personal import nothing_learnt
from firsthand.speech.representation import RATE_HZ, Floats, Representation
from speech_representations import KEPT, WEIGHTS, representations

MODELS = ("own", "own_int8", "mfcc", "yamnet", "resemblyzer")
EXAMPLES = (1, 2, 3, 5, 10, 20)
Shares = dict[tuple[str, int], list[float]]


def sets(root: Path) -> Iterator[tuple[str, list[Clip]]]:
    """Groups of clips that are asked about by themselves: of a set, or of a speaker of it."""
    keywords = read_table("keywords", root, TABLES["keyword"]).clips
    yield "keywords", list(keywords)
    digits = read_table("digits", root, TABLES["digit"]).clips
    for speaker in sorted({clip.speaker for clip in digits}):
        yield "digits", [clip for clip in digits if clip.speaker == speaker]
    sounds = read_table("sounds", root, TABLES["sounds"]).clips
    yield "sounds", [clip for clip in sounds if clip.split == "test"]


def right_after(
    vectors: Floats,
    labels: NDArray[np.str_],
    count: int,
    representation: Representation,
    rng: np.random.Generator,
) -> float:
    """The share of clips told rightly after `count` of each label."""
    shown = np.concatenate(
        [rng.permutation(np.flatnonzero(labels == label))[:count] for label in np.unique(labels)]
    )
    asked = np.setdiff1d(np.arange(len(labels)), shown)
    learnt = nothing_learnt(representation).learn(vectors[shown], labels[shown].tolist())
    said = learnt.likelihoods(vectors[asked]).argmax(axis=1)
    return float((np.array(learnt.labels)[said] == labels[asked]).mean())


def curves(name: str, opening: Callable[[str], Representation], options: Options) -> Shares:
    """How often each number of examples of each set told the others rightly."""
    representation = opening(name)
    shares: Shares = {}
    rng = np.random.default_rng(options.seed)
    for kind, clips in sets(data_root(__file__)):
        folder = KEPT / "personal" / name
        found = embedded(
            name, representation.identity, clips, folder, place=partial(here, opening=opening)
        )
        labels = np.array([clip.label for clip in clips])
        fewest = min(int((labels == label).sum()) for label in np.unique(labels))
        for count in EXAMPLES:
            if 2 * count <= fewest or count < fewest - 2:
                draws = 3 if options.quick else 10
                shares.setdefault((kind, count), []).extend(
                    right_after(found.vectors, labels, count, representation, rng)
                    for _ in range(draws)
                )
    return shares


def tuned(steps: int, seed: int) -> tuple[float, float, float, float]:
    """Accuracy, seconds, peak memory and memory before, in megabytes; in a process of its own."""
    import torch

    from firsthand.train.checkpoints import read_weights
    from firsthand.train.speech.fine_tuning import fine_tune
    from firsthand.train.speech.networks import SpeechNet

    clips = read_table("keywords", data_root(__file__), TABLES["keyword"]).clips
    labels = np.unique([clip.label for clip in clips], return_inverse=True)[1]
    rng = np.random.default_rng(seed)
    shown = np.concatenate(
        [rng.permutation(np.flatnonzero(labels == n))[:10] for n in range(labels.max() + 1)]
    )
    asked = np.setdiff1d(np.arange(len(labels)), shown)
    sounds = [read_audio(clip.path, RATE_HZ)[0] for clip in clips]
    torch.set_num_threads(1)
    network = SpeechNet()
    read_weights(WEIGHTS / "usual.pt", network)
    before = peak_memory_bytes() / 1e6
    with tempfile.TemporaryDirectory() as folder:
        found = fine_tune(
            network,
            [sounds[place] for place in shown],
            labels[shown].tolist(),
            Path(folder) / "run",
            steps=steps,
            seed=seed,
        )
    right = np.mean([found(sounds[place]).argmax() == labels[place] for place in asked])
    return float(right), found.seconds, peak_memory_bytes() / 1e6, before


def times(opening: Callable[[str], Representation], options: Options) -> dict[str, Figure]:
    """What personalising takes, from sounds in memory to a file."""
    representation = opening("own")
    clips = read_table("keywords", data_root(__file__), TABLES["keyword"]).clips
    chosen = [
        clip
        for label in sorted({clip.label for clip in clips})
        for clip in [each for each in clips if each.label == label][:5]
    ]
    sounds = [np.resize(read_audio(clip.path, RATE_HZ)[0], RATE_HZ) for clip in chosen]
    labels = [clip.label for clip in chosen]
    with tempfile.TemporaryDirectory() as folder, pinned(available_cpus()[-1:]):
        path = Path(folder) / "mine.tflite"
        classifier = personalize(sounds, labels, representation)
        classifier.save(path)
        size = sum(each.stat().st_size for each in Path(folder).iterdir())
        found = compare(
            {
                "ms_personalize": lambda: personalize(sounds, labels, representation).save(path),
                "ms_learn": lambda: classifier.learn(sounds[:1], labels[:1]).save(path),
                "ms_classify": lambda: classifier(sounds[0]),
            },
            rounds=10 if options.quick else 40,
            seed=options.seed,
        )
    figures = {
        name: Figure.of(found.latency(name).median_us.scaled(1e-3), unit="ms", n=len(sounds))
        for name in found.names
    }
    return figures | {"kb_classifier": Figure(size / 1e3, unit="kB")}


def measure(options: Options) -> Findings:
    figures: dict[str, Figure] = {}
    rng = np.random.default_rng(options.seed)
    lines: dict[str, dict[str, tuple[list[int], list[float]]]] = {}
    with representations() as opening, one_thread():
        for name in MODELS:
            for (kind, count), shares in curves(name, opening, options).items():
                mean = bootstrap_mean(np.array(shares), rng=rng)
                figures[f"{kind}_{name}_{count}"] = Figure.of(mean, n=len(shares))
                x, y = lines.setdefault(kind, {}).setdefault(name, ([], []))
                x.append(count)
                y.append(100 * mean.value)
        figures |= times(opening, options)
    for kind, series in lines.items():
        plot_lines(
            series,
            options.plot(kind),
            x_label="clips of each label",
            y_label="told rightly, %",
            title=kind,
            log_x=True,
        )
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        right, seconds, peak, before = pool.submit(
            tuned, 20 if options.quick else 200, options.seed
        ).result()
    figures["tuned_keywords_10"] = Figure(right)
    figures["tuned_seconds"] = Figure(seconds, unit="s")
    figures["tuned_peak_mb"] = Figure(peak, unit="MB")
    figures["tuned_start_mb"] = Figure(before, unit="MB")
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
