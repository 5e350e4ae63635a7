"""How good does it sound in noise, and in a language that no network has heard?

As `concealment_quality`, with the English utterances 10 dB above a street or a cafeteria (`noise`),
and with German (`german`), see `concealment_sets`: `plcmos_60_noise_neteq` is NetEQ's PLCMOS in
noise at bursts of 60 ms, `plcmos_60_noise` ours; `..._minus_neteq` and `..._se` as there.
"""

from concealment_peers import opus_version, peers
from concealment_quality import figures_of, scores
from concealment_sets import english, german, in_noise, losses, systems
from firsthand.measure import Figure, Findings, Options, data_root, run_benchmark

BURSTS_MS = (60, 120)


def measure(options: Options) -> Findings:
    root, count = data_root(__file__), 6 if options.quick else None
    sets = {"noise": in_noise(root, english(root, count)), "german": german(root, count)}
    figures: dict[str, Figure] = {}
    with peers() as peer:
        for name, said in sets.items():
            for burst_ms in BURSTS_MS:
                found = scores(said, losses(said, burst_ms, options.seed), systems(peer))
                for figure, value in figures_of(found, burst_ms, options.seed).items():
                    figures[figure.replace(f"_{burst_ms}", f"_{burst_ms}_{name}", 1)] = value
        versions = {**peer.call("versions").values, "opus": opus_version()}
    return Findings(figures, versions)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
