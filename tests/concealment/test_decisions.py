"""What the next block is made of, one rule after the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.concealment.decisions import STRETCHES, Operation, Situation, decide

STEADY = Situation(
    last=Operation.NORMAL,
    begun=True,
    has_block=False,
    leap=0,
    is_noise=False,
    made=0,
    closable=320,
    waiting_ms=40.0,
    delay_ms=45.0,
    target_ms=40.0,
    spread_ms=10.0,
    muted=False,
    rested=True,
    noise_left=0,
    noise_waits=False,
)
"""A packet waits that goes on where the last one ended, the delay is as it should be."""

EXPANDING = STEADY._replace(last=Operation.EXPAND, made=160)
MISSING = STEADY._replace(leap=320)
NOISY = STEADY._replace(last=Operation.COMFORT_NOISE_ON, noise_left=float("inf"), made=160)
MUTED = EXPANDING._replace(muted=True)
HIGH_MS = 40 + 10 + 20


@pytest.mark.parametrize(
    ("situation", "wanted"),
    [
        (STEADY, Operation.NORMAL),
        (STEADY._replace(delay_ms=None), Operation.NORMAL),
        # time is stretched where the delay is not as it should be
        (STEADY._replace(delay_ms=HIGH_MS - 0.1), Operation.NORMAL),
        (STEADY._replace(delay_ms=HIGH_MS), Operation.ACCELERATE),
        (STEADY._replace(delay_ms=HIGH_MS, has_block=True), Operation.ACCELERATE),
        (STEADY._replace(delay_ms=HIGH_MS, rested=False), Operation.NORMAL),
        (STEADY._replace(delay_ms=4 * HIGH_MS, rested=False), Operation.FAST_ACCELERATE),
        (STEADY._replace(delay_ms=39.9), Operation.PREEMPTIVE_EXPAND),
        (STEADY._replace(delay_ms=39.9, rested=False), Operation.NORMAL),
        (EXPANDING._replace(delay_ms=4 * HIGH_MS), Operation.MERGE),
        (NOISY._replace(delay_ms=0.0), Operation.NORMAL),
        # nothing waits
        (STEADY._replace(leap=None), Operation.EXPAND),
        (STEADY._replace(leap=None, has_block=True), Operation.NORMAL),
        (NOISY._replace(leap=None), Operation.COMFORT_NOISE_ON),
        (NOISY._replace(leap=None, noise_left=0), Operation.EXPAND),
        # a packet is missing
        (MISSING._replace(leap=321), Operation.EXPAND),
        (MISSING, Operation.CLOSE),
        (MISSING._replace(has_block=True), Operation.NORMAL),
        (EXPANDING._replace(leap=481), Operation.EXPAND),
        (EXPANDING._replace(leap=480), Operation.CLOSE),
        (MISSING._replace(noise_left=9), Operation.COMFORT_NOISE_ON),
        (EXPANDING._replace(leap=320, made=320), Operation.MERGE),
        (EXPANDING._replace(leap=320, waiting_ms=90.1), Operation.MERGE),
        (NOISY._replace(leap=320), Operation.COMFORT_NOISE_ON),
        (NOISY._replace(leap=320, made=320), Operation.NORMAL),
        # after a pause some sound has to wait before it goes on
        (MUTED, Operation.MERGE),
        (MUTED._replace(waiting_ms=19.9), Operation.EXPAND),
        (MUTED._replace(waiting_ms=19.9, noise_waits=True), Operation.MERGE),
        (EXPANDING._replace(waiting_ms=0.0), Operation.MERGE),
        (NOISY._replace(waiting_ms=19.9), Operation.COMFORT_NOISE_ON),
        (MUTED._replace(begun=False), Operation.NORMAL),
        (EXPANDING._replace(begun=False, waiting_ms=19.9), Operation.EXPAND),
        # the next packet is of comfort noise
        (STEADY._replace(is_noise=True), Operation.COMFORT_NOISE),
        (STEADY._replace(is_noise=True, has_block=True), Operation.NORMAL),
        (MISSING._replace(is_noise=True), Operation.COMFORT_NOISE),
        (NOISY._replace(is_noise=True, leap=320), Operation.COMFORT_NOISE_ON),
        (NOISY._replace(is_noise=True, leap=320, made=320), Operation.COMFORT_NOISE),
        (NOISY._replace(is_noise=True, leap=320, waiting_ms=90.1), Operation.COMFORT_NOISE),
    ],
)
def test_each_situation_has_its_operation(situation, wanted):
    assert decide(situation) is wanted


@given(
    st.builds(
        Situation,
        last=st.sampled_from(Operation),
        begun=st.booleans(),
        has_block=st.booleans(),
        leap=st.none() | st.integers(-16, 10_000),
        is_noise=st.booleans(),
        made=st.integers(0, 10_000),
        closable=st.just(320),
        waiting_ms=st.floats(0, 1_000),
        delay_ms=st.none() | st.floats(0, 5_000),
        target_ms=st.integers(0, 500),
        spread_ms=st.floats(0, 500),
        muted=st.booleans(),
        rested=st.booleans(),
        noise_left=st.floats(0, 1e9) | st.just(float("inf")),
        noise_waits=st.booleans(),
    )
)
def test_no_operation_wants_what_there_is_not(situation):
    operation = decide(situation)
    if operation in STRETCHES:
        assert situation.leap == 0
        assert not situation.is_noise
    elif situation.has_block:
        assert operation is Operation.NORMAL
    elif operation in (Operation.NORMAL, Operation.MERGE, Operation.CLOSE):
        assert situation.leap is not None
        assert not situation.is_noise
    elif operation is Operation.COMFORT_NOISE:
        assert situation.is_noise
    elif operation is Operation.COMFORT_NOISE_ON:
        assert situation.noise_left > 0
    if operation is Operation.MERGE:
        assert situation.last is Operation.EXPAND
    if operation is Operation.CLOSE:
        assert situation.made < situation.leap <= situation.made + 320
        assert not situation.is_noise
