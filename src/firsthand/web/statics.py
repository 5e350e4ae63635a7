"""A page's own files, which are data of its package."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from firsthand.errors import ConfigError

MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".woff2": "font/woff2",
}


def static_files(package: str) -> dict[str, tuple[bytes, str]]:
    """Return what is in the folder `static` of `package`: path to content and media type.

    Paths are relative, with slashes. Raises `ConfigError` when the folder is missing or holds a
    file of another kind than `MEDIA_TYPES`.
    """
    folder = files(package) / "static"
    if not folder.is_dir():
        raise ConfigError(f"{package} has no folder `static`")
    return dict(_read(package, folder, ""))


def static_router(package: str, prefix: str = "") -> APIRouter:
    """Return a route to the files in the folder `static` of `package`, under `prefix`.

    Its `index.html` is at `prefix` + `/` as well. The files are read now, and found by their
    whole path among those: no path leads out of the folder, as nothing is looked up on the disk.
    """
    found = static_files(package)
    router = APIRouter()

    @router.get(prefix + "/{path:path}", include_in_schema=False)
    async def static_file(path: str) -> Response:  # from memory, so no thread is needed
        if path not in found and (path or "index.html") not in found:
            raise HTTPException(404, "There is no such file.")
        content, media_type = found[path or "index.html"]
        return Response(content, media_type=media_type)

    return router


def _read(package: str, folder: Traversable, at: str) -> Iterator[tuple[str, tuple[bytes, str]]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _read(package, entry, f"{at}{entry.name}/")
            continue
        suffix = "." + entry.name.rpartition(".")[2]
        if suffix not in MEDIA_TYPES:
            raise ConfigError(
                f"{package} static/{at}{entry.name}: {suffix} is none of {sorted(MEDIA_TYPES)}"
            )
        yield at + entry.name, (entry.read_bytes(), MEDIA_TYPES[suffix])
