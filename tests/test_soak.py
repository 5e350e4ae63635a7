"""The hour-long soak, in seconds: accounts are kept, figures follow, the neighbour ends with us."""

import numpy as np
import pytest

from robustness_soak import figures_of, neighbour
from soak_systems import SYSTEMS

STEPS = 240


@pytest.mark.parametrize(("name", "seconds", "put_in"), [("graph", 2, 200), ("federated", 30, 1)])
def test_all_that_goes_in_comes_out_and_every_step_is_told(name, seconds, put_in):
    took = []
    system = SYSTEMS[name]
    account = system.stream(seconds, 0, took.append)
    assert account.put_in == account.came_out == put_in
    assert len(took) == round(system.steps * seconds)
    assert min(took) > 0


def found(mb):
    quarter = {"first": 1.0, "last": 2.0}
    return {
        "steps": 1_000,
        "wall_s": 3.0,
        "put_in": 500,
        "came_out": 498,
        "note": "frames",
        "ms": {f"{q}_{p}": ms for q in ("p50", "p99", "p999", "most") for p, ms in quarter.items()},
        "cpu_ms": {"first": 0.5, "last": 0.5},
        "hours": list(np.linspace(0, 1, STEPS)),
        "mb": list(mb),
        "files": [4] * STEPS,
        "threads": [2] * (STEPS - 1) + [3],
    }


def test_growth_is_the_slope_of_all_but_the_beginning():
    """A beginning of 100 MB more, and then 2 MB an hour."""
    hours = np.linspace(0, 1, STEPS)
    mb = 50 + 2 * hours + 100 * (np.arange(STEPS) < STEPS // 10)
    figures = figures_of("hands", 3600, found(mb))
    assert figures["mb_per_hour_hands"].value == pytest.approx(2)
    assert figures["mb_warm_hands"].value == pytest.approx(50.3, abs=0.05)
    assert figures["mb_end_hands"].value == pytest.approx(51.9, abs=0.05)
    assert figures["missing_hands"].value == 2
    assert (figures["threads_warm_hands"].value, figures["threads_end_hands"].value) == (2, 3)
    assert (figures["p99_ms_first_hands"].value, figures["p99_ms_last_hands"].value) == (1, 2)


def test_the_neighbour_ends_with_who_began_it():
    with neighbour(0) as noise:
        assert noise.poll() is None
    assert noise.returncode is not None
    with neighbour(0) as left_alone:
        left_alone.stdin.close()
        assert left_alone.wait(timeout=30) == 0
