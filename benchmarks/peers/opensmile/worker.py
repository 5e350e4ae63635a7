"""openSMILE as a peer: eGeMAPS, the functionals of a whole sound."""

import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import opensmile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from worker import collector_paused, serve

SMILE = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)


def functionals(samples, rate_hz):
    """The 88 numbers of a sound (n,), and the time they took."""
    with collector_paused():
        before = time.perf_counter()
        found = SMILE.process_signal(samples, rate_hz).to_numpy()[0]
        elapsed_s = time.perf_counter() - before
    return {"vector": np.nan_to_num(found).astype(np.float32), "elapsed_s": elapsed_s}


def versions():
    return {"opensmile": version("opensmile"), "python": sys.version.split()[0]}


if __name__ == "__main__":
    serve({"functionals": functionals, "versions": versions})
