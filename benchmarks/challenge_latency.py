"""Do multiply-accumulates tell how long a model takes, and can what is measured be believed?

MobileNetV1, MobileNetV2 and NASNet-A at several widths, depths and resolutions, float and int8,
with made-up weights, one at a time on one processor (see `firsthand.measure.single_stream`).
`spearman_macs_latency` is the rank correlation of multiply-accumulates, counted in the files, with
median latency over all models (`..._float` and `..._int8` over these alone).
`worst_equal_macs_ratio` is the largest ratio of latencies of two models whose multiply-accumulates
differ by at most 5%, of any pair, and of pairs of float and of int8 models.

Everything is measured three times, in new processes: twice on the quiet machine, and once beside a
neighbour that takes all processors in bursts, about a third of the time. `repeatability` is the
share of models whose intervals of the median overlap between the first two, `repeatability_busy`
between the first and the third; `marked_quiet` and `marked_busy` are the shares of blocks found
disturbed and left out, `busy_any_doubt` how many models of the third had too few blocks left.
`repeatability_within_launches` is what the former would be of intervals that take a model's
launches for one, `repeatability_by_the_clock` of times told for the quiet machine's clock but not
for its memory; `launch_spread` is the range of a model's medians over its launches, as a share, in
the middle of the models.

`litert_over_onnx_float` and `litert_over_onnx_int8` divide LiteRT's time by ONNX Runtime's, of the
same MobileNetV2 1.0 at 224, on one thread, in the same rounds; int8 are this project's own
quantisation there and ONNX Runtime's own static one (QDQ, activations u8, weights s8) here.
"""

import contextlib
import io
import multiprocessing
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from firsthand.measure import (
    Figure,
    Findings,
    Interval,
    Options,
    Warmup,
    bootstrap_statistic,
    plot_log_log,
    plot_ratios,
    run_benchmark,
    wilson,
)
from firsthand.measure.single_stream import Rules, measure_streams
from firsthand.measure.streams import Streams
from firsthand.runtime import Model, load_runner
from firsthand.runtime.operators import operators
from firsthand.train.families import Architecture, float_file, int8_file, made_up_network

BOTH_RUNTIMES = Architecture("mobilenet_v2")
FULL = (
    BOTH_RUNTIMES,  # about 295 million multiply-accumulates, as the next two
    Architecture("mobilenet_v1", 1.0, 1, 160),
    Architecture("mobilenet_v1", 1.1, 0.5, 224),
    Architecture("mobilenet_v1", 0.7, 1, 160),  # about 140 million
    Architecture("mobilenet_v2", 0.9, 1, 160),
    Architecture("nasnet", 0.9, 0.2, 224),
    Architecture("mobilenet_v1", 0.75, 1, 96),  # about 60 million
    Architecture("mobilenet_v1", 0.45, 0.5, 224),
    Architecture("mobilenet_v2", 0.7, 1, 128),
    Architecture("mobilenet_v2", 0.35, 1, 224),
    Architecture("nasnet", 1.1, 0.2, 128),
    Architecture("mobilenet_v1", 0.25, 1, 128),
    Architecture("mobilenet_v1", 0.25, 1, 224),
    Architecture("mobilenet_v2", 0.35, 1, 96),
    Architecture("mobilenet_v2", 0.5, 1, 160),
    Architecture("nasnet", 0.5, 0.2, 96),
)
QUICK = (
    BOTH_RUNTIMES,
    Architecture("mobilenet_v1", 1.0, 0.3, 96),
    Architecture("mobilenet_v1", 0.4, 0.3, 224),
    Architecture("nasnet", 0.5, 0.1, 64),
)
FULL_RULES = Rules(seconds=1.5, block_s=0.05, warmup=Warmup(window=2, max_blocks=12))
QUICK_RULES = Rules(
    queries=48, seconds=0.3, launches=3, block_s=0.02, warmup=Warmup(window=1, max_blocks=4)
)
EQUAL_MACS = 0.05
NEIGHBOUR = """
import sys, threading, time
import numpy as np
rng = np.random.default_rng(int(sys.argv[1]))
until = 0.0
def work():
    values = np.ones(1 << 20)
    while True:
        while time.monotonic() < until:
            np.sqrt(values, out=values)
        time.sleep(0.01)
for _ in range(int(sys.argv[2])):
    threading.Thread(target=work, daemon=True).start()
while True:
    busy = rng.uniform(0.1, 0.6)
    until = time.monotonic() + busy
    time.sleep(busy + rng.uniform(0.2, 1.2))
"""


@dataclass(frozen=True)
class Timed:
    """A file to be timed: its kind, precision, multiply-accumulates."""

    path: Path
    kind: str
    precision: str
    macs: int


def export(architecture: Architecture, folder: Path, seed: int) -> list[tuple[Path, str]]:
    """Write an architecture's files; each with its precision."""
    import torch

    torch.set_num_threads(1)
    module = made_up_network(architecture, seed=seed)
    files = []
    for precision, make in (("float", float_file), ("int8", int8_file)):
        path = folder / f"{architecture.name}_{precision}.tflite"
        path.write_bytes(make(module, architecture))
        files.append((path, precision))
    if architecture == BOTH_RUNTIMES:
        export_onnx(module, architecture, folder)
    return files


def export_onnx(module: object, architecture: Architecture, folder: Path) -> None:
    import torch
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Random(CalibrationDataReader):
        def __init__(self) -> None:
            rng = np.random.default_rng(0)
            self.left = [rng.random((1, 3, *architecture.size_px), np.float32) for _ in range(8)]

        def get_next(self) -> dict[str, np.ndarray] | None:
            return {"image": self.left.pop()} if self.left else None

    image = torch.zeros(1, 3, *architecture.size_px)
    plain, whole = folder / "float.onnx", folder / "int8.onnx"
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, (image,), str(plain), input_names=["image"], dynamo=False, opset_version=17
        )
        quantize_static(
            str(plain),
            str(whole),
            Random(),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
        )


def exported(architectures: tuple[Architecture, ...], folder: Path, seed: int) -> dict[str, Timed]:
    """Write all files, in as many processes as there are processors."""
    context = multiprocessing.get_context("spawn")  # a fork of torch's threads may hang
    workers = min(len(os.sched_getaffinity(0)), len(architectures))
    # The largest first, so that no processor waits for it alone at the end.
    order = sorted(architectures, key=lambda each: each.kind != "nasnet")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        made = list(
            pool.map(export, order, [folder] * len(order), [seed] * len(order), chunksize=1)
        )
    found = {}
    for architecture, files in zip(order, made, strict=True):
        for path, precision in files:
            macs = sum(each.macs for each in operators(Model.open(path)))
            found[path.stem] = Timed(path, architecture.kind, precision, macs)
    return found


@contextlib.contextmanager
def busy_neighbour(seed: int) -> Iterator[None]:
    """Run a process that takes all processors in bursts."""
    threads = len(os.sched_getaffinity(0))
    command = [sys.executable, "-c", NEIGHBOUR, str(seed), str(threads)]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def measure(options: Options) -> Findings:
    rules = replace(QUICK_RULES if options.quick else FULL_RULES, seed=options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        timed = exported(QUICK if options.quick else FULL, folder, options.seed)
        paths = {name: each.path for name, each in timed.items()}
        onnx = {f"onnx_{each}": folder / f"{each}.onnx" for each in ("float", "int8")}
        difference = largest_difference(paths[f"{BOTH_RUNTIMES.name}_float"], onnx["onnx_float"])
        first = measure_streams({**paths, **onnx}, rules)
        quiet = {"quiet_us": first.quiet_us, "quiet_memory_us": first.quiet_memory_us}
        second = measure_streams(paths, replace(rules, seed=options.seed + 1), **quiet)
        with busy_neighbour(options.seed):
            busy = measure_streams(paths, replace(rules, seed=options.seed + 2), **quiet)
    ms = {name: first.latency(name).median_us.value / 1e3 for name in timed}
    figures = {
        **correlations(timed, ms, options.seed),
        **equal_macs(timed, ms, first),
        **repeated(timed, first, second, busy),
    }
    ratios = {}
    for precision in ("float", "int8"):
        ratio = first.ratio(f"{BOTH_RUNTIMES.name}_{precision}", f"onnx_{precision}")
        figures[f"litert_over_onnx_{precision}"] = Figure.of(ratio, note=BOTH_RUNTIMES.name)
        ratios[f"MobileNetV2 1.0 at 224, {precision}"] = ratio
        for name, runtime in (
            (f"{BOTH_RUNTIMES.name}_{precision}", "litert"),
            (f"onnx_{precision}", "onnx"),
        ):
            median = first.latency(name).median_us.scaled(1e-3)
            figures[f"ms_{runtime}_{precision}"] = Figure.of(median, "ms", BOTH_RUNTIMES.name)
    figures["litert_onnx_difference"] = Figure(
        difference, note="largest of any logit, over the largest logit, float"
    )
    for name, each in timed.items():
        figures[f"ms_{plain(name)}"] = Figure.of(
            first.latency(name).median_us.scaled(1e-3),
            "ms",
            f"{each.macs / 1e6:.1f} million multiply-accumulates",
            n=first.latency(name).queries,
        )
    draw(timed, ms, ratios, options)
    noise = [
        *first.doubts,
        *(f"second run: {doubt}" for doubt in second.doubts),
    ]
    return Findings(figures, {}, tuple(noise))


def plain(name: str) -> str:
    return name.replace(".", "_")


def largest_difference(tflite: Path, onnx: Path) -> float:
    """How far the runtimes' answers to the same image are apart."""
    image = np.random.default_rng(0).random((1, *BOTH_RUNTIMES.size_px, 3), np.float32)
    (ours,) = load_runner(tflite)(image)
    (theirs,) = load_runner(onnx)(np.ascontiguousarray(image.transpose(0, 3, 1, 2)))
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def correlations(
    timed: Mapping[str, Timed], ms: Mapping[str, float], seed: int
) -> dict[str, Figure]:
    figures = {}
    for suffix, precisions in (
        ("", ("float", "int8")),
        ("_float", ("float",)),
        ("_int8", ("int8",)),
    ):
        names = [name for name, each in timed.items() if each.precision in precisions]
        pairs = np.array([[timed[name].macs, ms[name]] for name in names], np.float64)
        found = bootstrap_statistic(
            pairs, spearman, rng=np.random.default_rng(seed), method="percentile"
        )
        figures[f"spearman_macs_latency{suffix}"] = Figure.of(found, n=len(names))
    return figures


def spearman(pairs: np.ndarray) -> np.ndarray:
    """Rank correlation of (m, n, 2) pairs, (m,); that of n equal pairs counts as 0."""
    ranks = rankdata(pairs, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    above = (ranks[..., 0] * ranks[..., 1]).sum(axis=1)
    below = np.sqrt((ranks**2).sum(axis=1).prod(axis=1))
    return np.where(below > 0, above / np.maximum(below, 1e-12), 0.0)


def equal_macs(
    timed: Mapping[str, Timed], ms: Mapping[str, float], streams: Streams
) -> dict[str, Figure]:
    """The pairs of about equal multiply-accumulates whose latencies are furthest apart."""
    figures = {}
    for suffix, precisions in (
        ("", ("float", "int8")),
        ("_float", ("float",)),
        ("_int8", ("int8",)),
    ):
        pairs = [
            (slow, fast)
            for pair in combinations((n for n, t in timed.items() if t.precision in precisions), 2)
            for slow, fast in [sorted(pair, key=lambda name: -ms[name])]
            if abs(np.diff([timed[slow].macs, timed[fast].macs])[0])
            <= EQUAL_MACS * min(timed[slow].macs, timed[fast].macs)
        ]
        slow, fast = max(pairs, key=lambda pair: ms[pair[0]] / ms[pair[1]])
        figures[f"worst_equal_macs_ratio{suffix}"] = Figure.of(
            streams.ratio(slow, fast), note=f"{slow} over {fast}", n=len(pairs)
        )
    return figures


def repeated(
    timed: Mapping[str, Timed], first: Streams, second: Streams, busy: Streams
) -> dict[str, Figure]:
    figures = {
        "repeatability": share_overlapping(timed, first, second),
        "repeatability_busy": share_overlapping(timed, first, busy),
        "repeatability_by_the_clock": share_overlapping(
            timed, by_the_clock(first), by_the_clock(second)
        ),
        "repeatability_within_launches": share_overlapping(
            timed, as_one_launch(first), as_one_launch(second)
        ),
    }
    for name, streams in (("quiet", second), ("busy", busy)):
        marked = np.concatenate([streams.disturbed(each) for each in timed])
        figures[f"marked_{name}"] = Figure.of(
            wilson(int(marked.sum()), len(marked)), note="blocks", n=len(marked)
        )
    figures["busy_any_doubt"] = Figure(sum(busy.latency(each).doubtful for each in timed))
    changes = [
        abs(other.latency(name).median_us.value / first.latency(name).median_us.value - 1)
        for other in (second, busy)
        for name in timed
    ]
    for name, some in (("second", changes[: len(timed)]), ("busy", changes[len(timed) :])):
        figures[f"median_change_{name}"] = Figure(float(np.median(some)), n=len(some))
        figures[f"worst_change_{name}"] = Figure(max(some), n=len(some))
    figures["launch_spread"] = Figure(
        float(np.median([launch_spread(first, name) for name in timed])), n=len(timed)
    )
    return figures


def share_overlapping(timed: Mapping[str, Timed], one: Streams, other: Streams) -> Figure:
    apart = []
    for name in timed:
        a, b = one.latency(name).median_us, other.latency(name).median_us
        if a.low > b.high or b.low > a.high:
            apart.append(f"{name} ({a.value:.0f} and {b.value:.0f} us)")
    share = wilson(len(timed) - len(apart), len(timed))
    return Figure.of(share, note="apart: " + ", ".join(apart) if apart else "", n=len(timed))


def by_the_clock(streams: Streams) -> Streams:
    blind = {name: replace(each, memory_us=np.empty(0)) for name, each in streams.streams.items()}
    return replace(streams, streams=blind)


def as_one_launch(streams: Streams) -> Streams:
    one = {name: replace(each, launches=()) for name, each in streams.streams.items()}
    return replace(streams, streams=one)


def launch_spread(streams: Streams, name: str) -> float:
    stream = streams.streams[name]
    kept = ~streams.disturbed(name)
    medians = []
    for launch in np.unique(stream.launch):
        mine = kept & (stream.launch == launch)
        if mine.any():
            medians.append(float(np.median(stream.query_us[mine[stream.block]])))
    return (max(medians) - min(medians)) / float(np.median(medians)) if medians else 0.0


def draw(
    timed: Mapping[str, Timed],
    ms: Mapping[str, float],
    ratios: Mapping[str, Interval],
    options: Options,
) -> None:
    groups: dict[str, tuple[list[float], list[float]]] = {}
    for name in sorted(timed):
        each = timed[name]
        xs, ys = groups.setdefault(f"{each.kind}, {each.precision}", ([], []))
        xs.append(each.macs / 1e6)
        ys.append(ms[name])
    plot_log_log(
        groups,
        options.plot(),
        x_label="million multiply-accumulates",
        y_label="median ms for a query, one thread",
        title="Latency against multiply-accumulates",
    )
    plot_ratios(
        ratios,
        options.plot("runtimes"),
        title="LiteRT beside ONNX Runtime, one thread",
        label="LiteRT's time over ONNX Runtime's (below 1: LiteRT is faster)",
    )


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
