"""Losses and delays: what they are on average, what never happens, the same seed the same call."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.concealment.losses import bursts, gilbert, gilbert_elliott, stretches
from firsthand.concealment.simulation import Network, arrivals
from firsthand.concealment.traces import fitted, read_trace, write_trace
from firsthand.errors import ConfigError, InputError, ShapeError

LONG = 200_000
SEEDS = st.integers(0, 2**63 - 1)


def lengths(lost: np.ndarray) -> np.ndarray:
    return np.diff(stretches(lost), axis=1)[:, 0]


@pytest.mark.parametrize(("share", "burst"), [(0.1, 3), (0.1, 1 / 0.9), (0.5, 2), (0.9, 12)])
def test_gilbert_loses_its_share_in_bursts_of_its_length(share, burst):
    lost = gilbert(LONG, 1, share=share, burst=burst)
    assert lost.shape == (LONG,)
    assert lost.dtype == bool
    assert lost.mean() == pytest.approx(share, rel=0.05)
    assert lengths(lost).mean() == pytest.approx(burst, rel=0.03)
    # Geometric: whether a burst goes on does not depend on how long it is
    longer = lengths(lost)[lengths(lost) > 1] - 1
    assert longer.mean() == pytest.approx(burst, rel=0.1)


@pytest.mark.parametrize("chances", [(0.02, 0.2, 0.01, 0.6), (0.3, 0.3, 0.0, 0.5), (1, 1, 0, 1)])
def test_gilbert_elliott_loses_what_its_chances_say(chances):
    to_bad, to_good, in_good, in_bad = chances
    lost = gilbert_elliott(
        LONG, 2, to_bad=to_bad, to_good=to_good, lost_in_good=in_good, lost_in_bad=in_bad
    )
    bad = to_bad / (to_bad + to_good)
    assert lost.mean() == pytest.approx(bad * in_bad + (1 - bad) * in_good, rel=0.06)
    after = lost[1:][lost[:-1]].mean()  # a loss after a loss: the state is remembered
    was_bad = bad * in_bad / (bad * in_bad + (1 - bad) * in_good)
    is_bad = was_bad * (1 - to_good) + (1 - was_bad) * to_bad
    assert after == pytest.approx(is_bad * in_bad + (1 - is_bad) * in_good, rel=0.06, abs=1e-9)


def test_a_network_that_never_turns_stays_good():
    assert not gilbert_elliott(1000, 0, to_bad=0, to_good=0).any()
    assert not gilbert(1000, 0, share=0, burst=1).any()
    assert gilbert(1000, 0, share=1, burst=1).all()
    assert gilbert(0, 0, share=0.5, burst=4).shape == (0,)


@given(SEEDS, st.integers(0, 400), st.floats(0, 0.7), st.integers(1, 6))
def test_the_same_seed_gives_the_same_losses(seed, count, share, burst):
    network = Network(spikes_per_s=2, reordered=0.1)
    lost = gilbert(count, seed, share=min(share, 0.49), burst=float(burst))
    np.testing.assert_array_equal(lost, gilbert(count, seed, share=min(share, 0.49), burst=burst))
    came = arrivals(lost, network, seed)
    np.testing.assert_array_equal(came, arrivals(lost, network, seed))
    np.testing.assert_array_equal(np.isnan(came), lost)


def test_another_seed_gives_other_losses():
    assert (gilbert(500, 1, share=0.1, burst=3) != gilbert(500, 2, share=0.1, burst=3)).any()
    assert (bursts(500, 1, share=0.1, burst=3) != bursts(500, 2, share=0.1, burst=3)).any()


@given(
    SEEDS, st.integers(0, 700), st.floats(0, 1), st.integers(1, 9), st.integers(1, 6),
    st.integers(0, 20),
)  # fmt: skip
def test_bursts_are_exact_and_never_touch(seed, count, share, burst, apart, before):
    wanted = int(np.floor(share * count / burst + 0.5))
    try:
        lost = bursts(count, seed, share=share, burst=burst, apart=apart, before=before)
    except ConfigError:
        assert wanted * (burst + 1) > count - before
        return
    assert lost.shape == (count,)
    assert abs(lost.sum() - share * count) <= burst / 2 + 1e-6
    assert (lengths(lost) == burst).all()
    assert len(lengths(lost)) == wanted
    assert not lost[:before].any()
    edges = stretches(lost)
    gaps = np.append(edges[1:, 0], count) - edges[:, 1]
    room = apart if wanted * (burst + apart) <= count - before else 1
    assert (gaps >= room).all()


def test_bursts_lie_anywhere():
    found = np.zeros(40)
    for seed in range(4000):
        found += bursts(40, seed, share=0.1, burst=2, apart=3, before=5)
    assert not found[:5].any()
    assert (found[5:-3] > 0).all()
    starts = {
        tuple(stretches(bursts(14, seed, share=0.3, burst=2, apart=2, before=2))[:, 0])
        for seed in range(500)
    }  # two bursts, and four packets to spare before, between and after them
    assert len(starts) == 15


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda: gilbert(9, 0, share=0.9, burst=2), "of 9 packets or more, not 2"),
        (lambda: gilbert(9, 0, share=float("nan"), burst=2), "0 to 1, not nan"),
        (lambda: gilbert(9, 0, share=0.1, burst=0.5), "1 packet or more, not 0.5"),
        (lambda: gilbert(9, 0, share=0.1, burst=float("inf")), "not inf"),
        (lambda: gilbert(-1, 0, share=1, burst=1), "0 packets or more, not -1"),
        (lambda: gilbert_elliott(9, 0, to_bad=2, to_good=0.1), "to_bad is a chance"),
        (lambda: bursts(100, 0, share=0.9, burst=3), "lose 69% at most, not 90%"),
        (lambda: bursts(100, 0, share=1.1, burst=3), "not 1.1"),
        (lambda: bursts(100, 0, share=0.1, burst=0), "burst is 1 or more packets"),
        (lambda: Network(jitter_ms=-1), "jitter_ms is 0 or more, not -1"),
        (lambda: Network(base_ms=float("nan")), "base_ms"),
        (lambda: Network(reordered=1.5), "reordered packets is 0 to 1"),
        (lambda: arrivals(np.zeros(3, bool), Network(), 0, packet_ms=0), "longer than 0 ms"),
    ],
)
def test_what_no_network_does_is_refused(ask, why):
    with pytest.raises(ConfigError, match=why):
        ask()


def test_delays_are_as_the_network_says():
    lost = np.zeros(LONG, bool)
    still = arrivals(lost, Network(base_ms=30, jitter_ms=0), 0)
    np.testing.assert_allclose(still, 30, atol=1e-6)
    came = arrivals(lost, Network(base_ms=30, jitter_ms=5), 0, packet_ms=60)
    assert came.min() >= 30 - 1e-6
    assert came.std() == pytest.approx(5, rel=0.02)
    assert came.mean() == pytest.approx(30 + 5 * np.sqrt(2), rel=0.02)
    with pytest.raises(ShapeError):
        arrivals(np.zeros((3, 2), bool), Network(), 0)


def test_only_those_that_go_another_way_are_overtaken():
    lost = gilbert(20_000, 3, share=0.1, burst=2)
    came = arrivals(lost, Network(jitter_ms=30, spikes_per_s=1), 4)
    at = (came + 20 * np.arange(len(came)))[~lost]
    assert (np.diff(at) >= -1e-6).all()
    late = arrivals(lost, Network(jitter_ms=2, reordered=0.05), 4)
    at = (late + 20 * np.arange(len(late)))[~lost]
    assert 0.02 < (np.diff(at) < 0).mean() < 0.06


def test_a_spike_holds_up_what_is_behind_it():
    network = Network(jitter_ms=0, spikes_per_s=0.2, spike_ms=200)
    came = arrivals(np.zeros(5_000, bool), network, 5)
    peaks = np.flatnonzero((came[:-1] > 140) & (np.diff(came) < 0))
    assert len(peaks) > 5
    np.testing.assert_allclose(came[peaks + 1], came[peaks] - 20)  # both come at once


def test_delays_do_not_depend_on_losses():
    network = Network(spikes_per_s=1, reordered=0.1)
    lost = gilbert(500, 1, share=0.3, burst=2)
    without, some = arrivals(np.zeros(500, bool), network, 9), arrivals(lost, network, 9)
    np.testing.assert_array_equal(without[~lost], some[~lost])


@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_a_trace_is_read_as_it_was_written(tmp_path_factory, losses):
    path = tmp_path_factory.mktemp("trace") / "t.txt"
    write_trace(path, np.array(losses))
    assert read_trace(path).tolist() == losses


def test_traces_of_other_systems_are_read(tmp_path):
    path = tmp_path / "t.txt"
    for data in (b"0\r\n1\r\n0", b"\xef\xbb\xbf0\n 1\t\n0\n\n\n", b"0\r1\r0\r"):
        path.write_bytes(data)
        assert read_trace(path).tolist() == [False, True, False]
    np.testing.assert_array_equal(fitted(read_trace(path), 7), [0, 1, 0, 0, 1, 0, 0])
    assert fitted(read_trace(path), 2).tolist() == [False, True]


@pytest.mark.data
def test_the_traces_of_real_calls_are_read(data_root):
    lost = read_trace(data_root / "loss_traces" / "teams_1214_is_lost.txt")
    assert lost.shape == (468,)
    assert 0.05 < lost.mean() < 0.5


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "tells of no packet"),
        (b" \n\n", "tells of no packet"),
        (b"0\n1\n2\n", "line 3: '2' is neither 0 nor 1"),
        (b"0\n\n1\n", "line 2: '' is neither"),
        (b"0 1 0\n", "line 1: '0 1 0' is neither"),
        (b"0\n" + b"\x00\xff\x1b[31m" * 50, r"line 2: '\\x00\\xff\\x1b\[31m.*'\.\.\. is neither"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "line 1: 'RIFF"),
        (b"0.0\n", "'0.0' is neither"),
        (bytes(1 << 24) + b"\n", "larger than the 16 MiB"),
    ],
)
def test_a_file_that_is_no_trace_is_told(tmp_path, data, why):
    path = tmp_path / "t.txt"
    path.write_bytes(data)
    with pytest.raises(InputError, match=why):
        read_trace(path)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_trace_or_told_of(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("trace") / "t.txt"
    path.write_bytes(data)
    told = ""
    try:
        assert len(read_trace(path))
    except InputError as error:
        told = str(error)
    assert not told or str(path) in told


def test_places_without_a_trace_are_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_trace(tmp_path / "gone")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_trace(tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        write_trace(tmp_path / "gone" / "t.txt", np.zeros(2, bool))
    with pytest.raises(InputError, match="without packets"):
        fitted(np.zeros(0, bool), 3)
