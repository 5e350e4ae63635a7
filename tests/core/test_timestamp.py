from hypothesis import given
from hypothesis import strategies as st

from firsthand.core import timestamp as ts

SPECIAL = [
    ts.UNSET,
    ts.UNSTARTED,
    ts.PRE_STREAM,
    ts.MIN,
    ts.MAX,
    ts.POST_STREAM,
    ts.ONE_OVER_POST_STREAM,
    ts.DONE,
]
any_timestamp = st.integers(ts.UNSET, ts.DONE)


def test_special_values_are_in_order_and_fit_64_bits():
    assert sorted(SPECIAL) == SPECIAL
    assert ts.UNSET == -(2**63)
    assert ts.DONE == 2**63 - 1


def test_only_streamable_values_are_allowed_in_streams():
    allowed = [t for t in SPECIAL if ts.is_allowed_in_stream(t)]
    assert allowed == [ts.PRE_STREAM, ts.MIN, ts.MAX, ts.POST_STREAM]


@given(any_timestamp)
def test_next_allowed_is_higher_and_the_nearest(timestamp):
    following = ts.next_allowed(timestamp)
    if timestamp < ts.ONE_OVER_POST_STREAM:
        assert following > timestamp
    if ts.MIN <= timestamp < ts.MAX:
        assert ts.previous_allowed(following) == timestamp


def test_nothing_follows_the_packets_that_stand_for_a_whole_stream():
    assert ts.next_allowed(ts.PRE_STREAM) == ts.ONE_OVER_POST_STREAM
    assert ts.next_allowed(ts.POST_STREAM) == ts.ONE_OVER_POST_STREAM
    assert ts.next_allowed(ts.UNSTARTED) == ts.MIN


def test_descriptions():
    assert ts.describe(ts.PRE_STREAM) == "PreStream"
    assert ts.describe(1500) == "1500 us"
