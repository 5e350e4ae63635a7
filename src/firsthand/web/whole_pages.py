"""Parts of pages that are whole by themselves: everything inside, and a policy that says so."""

import base64
import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


def templates(*packages: str, folder: str = "static") -> "Environment":
    """Return the templates in a folder of packages, those of the first before all others.

    What they are given is escaped, and a name that they are not given is an error.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=ChoiceLoader([PackageLoader(package, folder) for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def data_uri(data: bytes, kind: str) -> str:
    """Return bytes of a media type as an address that holds them."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def joined(*parts: Any) -> str:
    """Return text files, paths or resources of a package, one after the other."""
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)


def mark(text: str) -> str:
    """Return what a page's policy knows a script or style of its own by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def percent(share: float) -> str:
    """Return a share of 1 as a style has it."""
    return f"{100 * share:.3f}%"
