"""The noisy neighbour of `robustness_soak`: burns a core and the memory's bandwidth in bursts.

Bursts of half a second to three, pauses half as long; every other burst copies 64 MB to and fro,
the others reckon. Says `noisy` once it is, and ends with whoever began it: when its standard input
does.
"""

import os
import sys
import threading
import time
from random import Random

import numpy as np

SIZE = 8_000_000  # of float64: far more than any cache holds


def end_with_the_other() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    threading.Thread(target=end_with_the_other, daemon=True).start()
    random = Random(int(sys.argv[1]))
    here, there = np.ones(SIZE), np.zeros(SIZE)
    print("noisy", flush=True)
    copies = True
    while True:
        burst_s = random.uniform(0.5, 3.0)
        until = time.monotonic() + burst_s
        while time.monotonic() < until:
            if copies:
                np.copyto(there, here)
                here, there = there, here
            else:
                sum(number * number for number in range(10_000))
        copies = not copies
        time.sleep(burst_s / 2)


if __name__ == "__main__":
    main()
