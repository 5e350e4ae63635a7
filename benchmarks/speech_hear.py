"""Do our representations pass the checks of the HEAR API's own validator?

`hearvalidator` in an environment of its own, with torch and TensorFlow, on the module
`firsthand.train.speech.hear` and each representation that needs no further package: `checks_MODEL`
is how many groups of checks were made, all of which passed, or the script fails with the
validator's words; `warnings_MODEL` how many warnings it gave (of times farther apart than 50 ms).
"""

from pathlib import Path

from firsthand.measure import Figure, Findings, Options, Peer, PeerEnvironment, run_benchmark

ROOT = Path(__file__).resolve().parents[1]
MODELS = ("own", "log-mel", "mfcc", "yamnet")


def measure(_: Options) -> Findings:
    figures = {}
    worker = ROOT / "benchmarks" / "peers" / "hear" / "worker.py"
    with Peer(PeerEnvironment("hear", ROOT), worker) as peer:
        for model in MODELS:
            reply = peer.call("validate", module="firsthand.train.speech.hear", model=model)
            print(reply["said"], flush=True)
            name = model.replace("-", "_")
            figures[f"checks_{name}"] = Figure(len(reply["checks"]))
            figures[f"warnings_{name}"] = Figure(
                len(reply["warnings"]), note="; ".join(reply["warnings"])
            )
        versions = peer.call("versions").values
    return Findings(figures, {name: versions[name] for name in ("hearvalidator", "tensorflow")})


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
