"""One member out of a wheel or an npm tarball, without unpacking anything else."""

import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, BinaryIO

from firsthand.core import damage
from firsthand.errors import DownloadError

_MAX_UNPACKED_BYTES = 1 << 32


def copy_zip_member(archive: Path, member: str, out: BinaryIO, size_bytes: int) -> None:
    """Write `member` of a zip file to `out`; `DownloadError` if it has another size."""
    try:
        with zipfile.ZipFile(archive) as zipped:
            try:
                info = zipped.getinfo(member)
            except KeyError:
                raise DownloadError(f"{archive.name} holds no {member}") from None
            _check_size(archive, member, info.file_size, size_bytes)
            with zipped.open(info) as stream:
                _copy(stream, out, archive, member, size_bytes)
    except damage.ZIP as error:
        raise DownloadError(f"{archive.name}: is damaged: {error}") from error


def copy_tar_member(
    archive: Path, member: str, out: BinaryIO, size_bytes: int, first_byte: int | None = None
) -> None:
    """Write the regular file `member` of a .tgz to `out`; links are never followed.

    With `first_byte` only `size_bytes` of it from there on, which it must have; what follows them
    may be anything. Otherwise it must have exactly `size_bytes`.
    """
    unpacked = 0
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for info in tar:
                unpacked += info.size
                if unpacked > _MAX_UNPACKED_BYTES:
                    raise DownloadError(f"{archive.name}: unpacks to more than 4 GiB")
                if info.name != member or not info.isreg():
                    continue
                if first_byte is None:
                    _check_size(archive, member, info.size, size_bytes)
                elif info.size < first_byte + size_bytes:
                    raise DownloadError(
                        f"{archive.name}: {member} has {info.size} bytes, its card promises "
                        f"{size_bytes} from byte {first_byte} on"
                    )
                stream = tar.extractfile(info)
                assert stream is not None, "a regular file has content"
                with stream:
                    stream.seek(first_byte or 0)
                    _copy(stream, out, archive, member, size_bytes)
                return
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise DownloadError(f"{archive.name}: is damaged: {error}") from error
    raise DownloadError(f"{archive.name} holds no regular file {member}")


def copy_file(path: Path, out: BinaryIO, size_bytes: int) -> None:
    """Write the file at `path` to `out`; `DownloadError` if missing or of another size."""
    try:
        with path.open("rb") as stream:
            _check_size(path, path.name, path.stat().st_size, size_bytes)
            _copy(stream, out, path, path.name, size_bytes)
    except OSError as error:
        raise DownloadError(f"{path}: cannot be read: {error.strerror or error}") from error


def _check_size(archive: Path, member: str, found: int, expected: int) -> None:
    if found != expected:
        raise DownloadError(
            f"{archive.name}: {member} has {found} bytes, its card promises {expected}"
        )


def _copy(stream: IO[bytes], out: BinaryIO, archive: Path, member: str, size_bytes: int) -> None:
    # An archive may lie about a member's size, so no more than the promised bytes are read.
    out.seek(out.truncate(0))
    left = size_bytes
    while left and (piece := stream.read(min(left, 1 << 20))):
        out.write(piece)
        left -= len(piece)
    if left:
        raise DownloadError(f"{archive.name}: {member} ends {left} bytes early")


def require_tool(name: str, purpose: str) -> str:
    """Return the path of a command, or raise `DownloadError` saying what it is needed for."""
    found = shutil.which(name)
    if found is None:
        raise DownloadError(f"{purpose} needs the command {name!r}, which is not on PATH")
    return found
