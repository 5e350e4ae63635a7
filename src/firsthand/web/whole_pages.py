"""Parts of pages that are whole by themselves: everything inside, and a policy that says so."""

import base64
import hashlib
from typing import Any


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
