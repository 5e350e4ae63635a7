"""Downloads over http(s) that resume where they broke off (RFC 9110 section 14)."""

import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, BinaryIO

from firsthand.errors import DownloadError

Progress = Callable[[int, int], None]

_CHUNK_BYTES = 1 << 16
# Answers that may be different a moment later; all other 4xx and 5xx are final.
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_BROKEN = (urllib.error.URLError, http.client.HTTPException, OSError)


@dataclass(frozen=True)
class HttpPolicy:
    """How patiently to download: at most `attempts` in a row without progress.

    The waits between them double from `first_wait_s`. `sleep` takes seconds and is an argument so
    that tests need not wait.
    """

    attempts: int = 5
    first_wait_s: float = 0.5
    timeout_s: float = 30.0
    sleep: Callable[[float], None] = time.sleep


def download(
    url: str, part: BinaryIO, size_bytes: int, policy: HttpPolicy, progress: Progress
) -> None:
    """Fill `part` with the `size_bytes` bytes behind `url`, going on from what it holds.

    `progress(done_bytes, total_bytes)` is called after every piece. Raises `DownloadError` when
    the server refuses, sends more than expected, or stays unreachable for all attempts, and when
    what comes cannot be written.
    """
    opener = _http_opener()
    furthest, failures, reason = part.seek(0, 2), 0, "no attempt was allowed"
    while failures < policy.attempts:
        if part.seek(0, 2) > size_bytes:
            part.truncate(0)
        if part.seek(0, 2) == size_bytes:
            progress(size_bytes, size_bytes)
            return
        if failures:
            policy.sleep(policy.first_wait_s * 2 ** (failures - 1))
        try:
            reason = _attempt(opener, url, part, size_bytes, policy.timeout_s, progress)
        except urllib.error.HTTPError as error:
            error.close()
            reason = f"the server answered {error.code} {error.reason}"
            if error.code == 416:  # what we hold is not a beginning of what it has
                part.truncate(0)
            elif error.code not in _PASSING:
                raise DownloadError(f"{url}: {reason}") from error
        except _BROKEN as error:
            reason = f"{type(error).__name__}: {error}"
        except ValueError as error:  # from urllib, following a redirect
            raise DownloadError(f"{url}: redirects to a malformed address: {error}") from error
        have = part.seek(0, 2)
        if have == size_bytes:
            return
        if have >= furthest + _CHUNK_BYTES:
            furthest, failures = have, 0
        else:
            failures += 1
    raise DownloadError(
        f"{url}: gave up after {policy.attempts} attempts at {part.seek(0, 2)} of {size_bytes} "
        f"bytes; last: {reason}. Pull again to go on from there"
    )


def _attempt(
    opener: urllib.request.OpenerDirector,
    url: str,
    part: BinaryIO,
    size_bytes: int,
    timeout_s: float,
    progress: Progress,
) -> str:
    have = part.seek(0, 2)
    # Compressed content would have other offsets than the file.
    headers = {"Accept-Encoding": "identity", "User-Agent": "firsthand"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the opener knows http only
    with opener.open(request, timeout=timeout_s) as answer:
        if have and not _continues(answer.status, answer.headers.get("Content-Range"), have):
            have = part.seek(part.truncate(0))
            if answer.status != 200:
                return f"the server answered {answer.status} to a request for a range"
        _copy(answer, part, have, size_bytes, url, progress)
    return "the answer ended early"


def _continues(status: int, content_range: str | None, have: int) -> bool:
    found = re.fullmatch(r"bytes (\d{1,19})-\d{1,19}/(?:\d{1,19}|\*)", content_range or "")
    return status == 206 and found is not None and int(found[1]) == have


def _copy(
    answer: IO[bytes], part: BinaryIO, have: int, size_bytes: int, url: str, progress: Progress
) -> None:
    while piece := answer.read(_CHUNK_BYTES):
        have += len(piece)
        if have > size_bytes:
            part.truncate(0)
            raise DownloadError(f"{url}: sends more than the {size_bytes} bytes its card promises")
        try:
            part.write(piece)
        except OSError as error:  # asking the server again would not help
            raise DownloadError(
                f"{url}: cannot be kept from byte {have - len(piece)} on: {error.strerror}; make "
                "room and pull again"
            ) from error
        progress(have, size_bytes)


def _http_opener() -> urllib.request.OpenerDirector:
    """Return an opener without file:, ftp: and data:, which a redirect could name."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
