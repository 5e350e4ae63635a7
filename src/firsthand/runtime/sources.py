"""Where a model's bytes can be fetched from: a tagged union, as written in a card's JSON."""

import re
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from firsthand.errors import ModelError
from firsthand.runtime.fields import Fields, show

# A package name or version reaches pip's or npm's command line, so it can never look like an
# option, a path or a URL.
_PACKAGE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,99}[A-Za-z0-9])?")
_NPM_PACKAGE = re.compile(r"(?:@[a-z0-9][a-z0-9._-]{0,99}/)?[a-z0-9][a-z0-9._-]{0,99}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+!-]{0,63}")
_TAG = re.compile(r"[A-Za-z0-9_.]{0,64}")

MAX_FIRST_BYTE = 1 << 32
"""A piece of a packed file begins before this: archives unpack to no more than 4 GiB."""


@dataclass(frozen=True)
class UrlSource:
    """A file behind an http or https address."""

    url: str

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            host = parts.hostname
            _ = parts.port
        except ValueError as error:
            raise ModelError(f"url {show(self.url)} is malformed: {error}") from error
        if parts.scheme not in ("http", "https") or not host:
            raise ModelError(f"url {show(self.url)} must start with http:// or https:// and a host")
        if re.search(r"[\x00-\x20\x7f-\U0010ffff]", self.url):
            raise ModelError(f"url {show(self.url)} contains characters that must be %-escaped")

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class WheelSource:
    """A file inside a published Python wheel, read without installing it.

    `python` (such as "3.11") and `platform` (such as "manylinux_2_28_x86_64") name the one wheel
    that holds the file, whatever Python runs here; left empty, pip picks the wheel for this one.
    """

    package: str
    version: str
    member: str
    python: str = ""
    platform: str = ""

    def __post_init__(self) -> None:
        _match(_PACKAGE, self.package, "package")
        _match(_VERSION, self.version, "version")
        _match(_TAG, self.python, "python")
        _match(_TAG, self.platform, "platform")
        check_member(self.member)

    def __str__(self) -> str:
        return f"{self.member} in the wheel {self.package}=={self.version}"


@dataclass(frozen=True)
class NpmSource:
    """A file inside a published npm package; `member` is relative to the package's root.

    With `first_byte` it is only a piece of that file: from there on, as long as the card says.
    """

    package: str
    version: str
    member: str
    first_byte: int | None = None

    def __post_init__(self) -> None:
        _match(_NPM_PACKAGE, self.package, "package")
        _match(_VERSION, self.version, "version")
        check_member(self.member)
        if self.first_byte is not None and not 0 <= self.first_byte < MAX_FIRST_BYTE:
            raise ModelError(
                f"first_byte {show(self.first_byte)} must be from 0 to {MAX_FIRST_BYTE - 1}"
            )

    def __str__(self) -> str:
        piece = "" if self.first_byte is None else f", from byte {self.first_byte} on,"
        return f"{self.member}{piece} in the npm package {self.package}@{self.version}"


@dataclass(frozen=True)
class PathSource:
    """A file on this machine, by absolute path."""

    path: str

    def __post_init__(self) -> None:
        if not self.path or "\x00" in self.path:
            raise ModelError(f"path {show(self.path)} is not a file path")

    def __str__(self) -> str:
        return self.path


Source = UrlSource | WheelSource | NpmSource | PathSource
"""Where a model's file can be had."""


def parse_source(value: object, where: str) -> Source:
    """Read one source from decoded JSON: `{"kind": "url" | "wheel" | "npm" | "path", ...}`."""
    fields = Fields(value, where)
    kind = fields.text("kind")
    source: Source
    if kind == "url":
        source = UrlSource(fields.text("url"))
    elif kind == "wheel":
        source = WheelSource(
            fields.text("package"),
            fields.text("version"),
            fields.text("member"),
            fields.text("python", default=""),
            fields.text("platform", default=""),
        )
    elif kind == "npm":
        source = NpmSource(
            fields.text("package"),
            fields.text("version"),
            fields.text("member"),
            fields.whole("first_byte", low=0, high=MAX_FIRST_BYTE - 1)
            if fields.has("first_byte")
            else None,
        )
    elif kind == "path":
        source = PathSource(fields.text("path"))
    else:
        raise ModelError(f"{where}: 'kind' must be url, wheel, npm or path, found {show(kind)}")
    fields.close()
    return source


def source_json(source: Source) -> dict[str, str | int]:
    """Return the JSON form that `parse_source` reads back."""
    kind = {UrlSource: "url", WheelSource: "wheel", NpmSource: "npm", PathSource: "path"}
    given = {k: v for k, v in asdict(source).items() if v not in ("", None)}
    return {"kind": kind[type(source)]} | given


def check_member(member: str) -> None:
    """Refuse a path inside an archive that is absolute or climbs out of it."""
    parts = PurePosixPath(member).parts
    if (
        not parts
        or member.startswith("/")
        or ".." in parts
        or re.search(r"[\\:\x00-\x1f]", member)
        or str(PurePosixPath(member)) != member
    ):
        raise ModelError(
            f"member {show(member)} must be a plain relative path with forward slashes"
        )


def _match(pattern: re.Pattern[str], value: str, what: str) -> None:
    if not pattern.fullmatch(value):
        raise ModelError(f"{what} {show(value)} does not match {pattern.pattern}")
