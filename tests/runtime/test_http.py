"""Downloads from a real server that breaks off, lies and refuses."""

import errno
import io
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import DownloadError
from firsthand.runtime.fetch.http import HttpPolicy, download

from .faulty_server import faulty_server, hang_up, part, status, whole

DATA = random.Random(1).randbytes(300_000)
SIZE_BYTES = len(DATA)


class Waits(list):
    """Stands in for sleep: keeps what was asked for."""

    def __call__(self, wait_s: float) -> None:
        self.append(wait_s)


@pytest.fixture
def server():
    with faulty_server() as made:
        yield made


def fetch(server, part_file=None, *, size_bytes=SIZE_BYTES, attempts=5, waits=None, seen=None):
    file = part_file if part_file is not None else io.BytesIO()
    policy = HttpPolicy(attempts, timeout_s=5.0, sleep=waits if waits is not None else Waits())
    told = (lambda done, total: seen.append((done, total))) if seen is not None else (lambda *_: 0)
    download(server.url, file, size_bytes, policy, told)
    return file.getvalue()


def test_a_whole_answer_is_written_and_reported(server):
    server.answers, seen = [whole(DATA)], []
    assert fetch(server, seen=seen) == DATA
    assert server.ranges == [None]
    assert seen == sorted(seen)
    assert seen[-1] == (len(DATA), len(DATA))


def test_a_broken_answer_is_gone_on_with(server):
    server.answers = [part(DATA, 100_000), part(DATA, 100_001), part(DATA)]
    assert fetch(server) == DATA
    assert server.ranges == [None, "bytes=100000-", "bytes=100001-"]


def test_a_part_of_an_earlier_pull_is_gone_on_with(server):
    server.answers = [part(DATA)]
    assert fetch(server, io.BytesIO(DATA[:299_999])) == DATA
    assert server.ranges == ["bytes=299999-"]


def test_a_complete_part_asks_for_nothing(server):
    assert fetch(server, io.BytesIO(DATA)) == DATA
    assert server.ranges == []


def test_a_part_that_is_too_long_is_thrown_away(server):
    server.answers = [part(DATA)]
    assert fetch(server, io.BytesIO(DATA + b"x")) == DATA
    assert server.ranges == [None]


def test_a_server_without_ranges_starts_again(server):
    server.answers = [part(DATA, 100_000), whole(DATA)]
    assert fetch(server) == DATA


def test_a_range_that_starts_elsewhere_is_not_appended(server):
    server.answers = [part(DATA, 100_000), part(DATA, shift=-1), whole(DATA)]
    assert fetch(server) == DATA
    assert server.ranges[-1] is None


def test_a_refused_range_starts_again(server):
    server.answers = [status(416), whole(DATA)]
    assert fetch(server, io.BytesIO(DATA[:10])) == DATA
    assert server.ranges == ["bytes=10-", None]


@pytest.mark.parametrize("answer", [hang_up, status(500), status(503), status(429), status(408)])
def test_passing_troubles_are_waited_out(server, answer):
    server.answers, waits = [answer, answer, answer, whole(DATA)], Waits()
    assert fetch(server, waits=waits) == DATA
    assert waits == [0.5, 1.0, 2.0]


def test_patience_ends(server):
    server.answers, waits = [status(503)], Waits()
    with pytest.raises(DownloadError, match=r"gave up after 4 attempts at 0 of 300000 bytes.*503"):
        fetch(server, waits=waits, attempts=4)
    assert waits == [0.5, 1.0, 2.0]
    assert len(server.ranges) == 4


def test_progress_renews_patience(server):
    steps = range(70_000, len(DATA), 70_000)
    server.answers, waits = [*(part(DATA, stop) for stop in steps), part(DATA)], Waits()
    assert fetch(server, waits=waits, attempts=1) == DATA
    assert waits == []


def test_restarting_for_ever_is_no_progress(server):
    server.answers = [whole(DATA[:200_000])]
    with pytest.raises(DownloadError, match="gave up after 3 attempts"):
        fetch(server, attempts=3)
    assert len(server.ranges) <= 5


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 501])
def test_a_final_refusal_is_not_repeated(server, code):
    server.answers = [status(code)]
    with pytest.raises(DownloadError, match=f"the server answered {code}"):
        fetch(server)
    assert len(server.ranges) == 1


def test_more_bytes_than_promised_are_refused(server):
    server.answers, file = [whole(DATA)], io.BytesIO()
    with pytest.raises(DownloadError, match="sends more than the 200000 bytes"):
        fetch(server, file, size_bytes=200_000)
    assert file.getvalue() == b""


def test_a_disk_that_takes_no_more_is_told_at_once(server):
    class Full(io.BytesIO):
        def write(self, piece):
            if self.tell() + len(piece) > 100_000:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(piece)

    server.answers, waits = [whole(DATA)], Waits()
    with pytest.raises(DownloadError, match=r"kept from byte \d+ on: No space left .*make room"):
        fetch(server, Full(), waits=waits)
    assert (len(server.ranges), waits) == (1, [])


def test_a_redirect_is_followed(server):
    server.answers = [status(302, Location=server.url), whole(DATA)]
    assert fetch(server) == DATA


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/x", "http://[x/"])
def test_a_redirect_to_anything_but_http_is_refused(server, target):
    server.answers = [status(302, Location=target)]
    with pytest.raises(DownloadError):
        fetch(server, attempts=2)


def test_redirects_in_a_circle_end(server):
    server.answers = [status(302, Location=server.url)]
    with pytest.raises(DownloadError, match="302"):
        fetch(server, attempts=1)


def test_nobody_listening_is_named():
    with faulty_server() as gone:
        pass
    with pytest.raises(DownloadError, match=r"gave up after 2 attempts.*URLError"):
        fetch(gone, attempts=2)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 4_999), max_size=6))
def test_any_pattern_of_breaks_gives_the_same_bytes(stops):
    data = DATA[:5_000]
    with faulty_server() as server:
        server.answers = [*(part(data, max(stop, 1)) for stop in stops), part(data)]
        assert fetch(server, size_bytes=len(data), attempts=8) == data
