"""What do published mobile models score in the challenge of 2018, on this machine?

The four quantised MobileNets of the measurement data (ImageNet, 1,001 classes) answer
`imagenet_sample`, photographs of which none shows the same class as another. Per model,
`accuracy_MODEL` is the share of right answers, `score_MODEL` the metric as it was announced, right
answers within 33 ms times the number of images, and `ms_MODEL` the median time of an image of its
single stream, `ms_MODEL_p90` nine in ten. `score_2018_MODEL` is the platform's normalised score at
30 ms, per second; `score_every_second_MODEL` counts right answers where every second image is left
out; `over_frontier_MODEL` is by how many points it is above the frontier `k log(t) + a0` fitted to
these four. `copy_ms_MODEL`, `load_ms_MODEL` and `first_ms_MODEL` are the input's copy, loading, and
the first run. One processor, one thread, one image at a time.
"""

from pathlib import Path

from firsthand.challenge import judge, open_images
from firsthand.challenge.report import frontier_among, plot_verdicts
from firsthand.measure import Figure, Findings, Options, data_root, run_benchmark
from firsthand.measure.single_stream import QUICK, RULES

MODELS = {
    "mobilenet_v1_025_128": "mobilenet_v1_0.25_128_quant",
    "mobilenet_v1_050_160": "mobilenet_v1_0.5_160_quant",
    "mobilenet_v1_075_192": "mobilenet_v1_0.75_192_quant",
    "mobilenet_v2_100_224": "mobilenet_v2_1.0_224_quant",
}


def measure(options: Options) -> Findings:
    root = data_root(__file__)
    images = open_images(
        root / "imagenet_sample", seed=options.seed, most=200 if options.quick else None
    )
    models: dict[str, Path] = {
        name: root / "models" / f"{file}.tflite" for name, file in MODELS.items()
    }
    verdicts, streams = judge(models, images, QUICK if options.quick else RULES)
    frontier = frontier_among(verdicts)
    n = len(images)
    figures: dict[str, Figure] = {}
    for name, verdict in verdicts.items():
        latency = verdict.latency
        assert latency is not None
        ms = latency.median_us.scaled(1e-3)
        figures |= {
            f"accuracy_{name}": Figure.of(verdict.accuracy, n=n),
            f"ms_{name}": Figure.of(ms, unit="ms", n=latency.queries),
            f"ms_{name}_p90": Figure.of(latency.p90_us.scaled(1e-3), unit="ms", n=latency.queries),
            f"score_{name}": Figure.of(verdict.scores["score"], n=n),
            f"score_every_second_{name}": Figure.of(verdict.scores["score_every_second"], n=n),
            f"score_2018_{name}": Figure.of(verdict.scores["score_2018"], unit="1/s", n=n),
            f"copy_ms_{name}": Figure(latency.copy_us / 1e3, unit="ms"),
            f"load_ms_{name}": Figure(latency.init_ms, unit="ms"),
            f"first_ms_{name}": Figure(latency.first_ms, unit="ms"),
        }
        if frontier is not None:
            over = frontier.score(100 * verdict.accuracy.value, ms.value)
            figures[f"over_frontier_{name}"] = Figure(over, unit="points")
    plot_verdicts(verdicts, options.plot())
    return Findings(figures, noise=streams.doubts)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
