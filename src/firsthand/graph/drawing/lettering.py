"""How wide text will be, guessed without fonts, and what is shortened to fit."""

import unicodedata
from typing import Final

_NARROW: Final = frozenset("fijlrtI!|.,:;'()[]{}/\\- ")
_WIDE: Final = frozenset("mwMW@%&")


def text_width_px(text: str, size_px: float, *, mono: bool = False) -> float:
    """Return a width in px that common sans-serif (or monospaced) fonts stay within."""
    if mono:
        ems = sum(1.05 if _is_full_width(c) else 0.605 for c in text)
    else:
        ems = sum(_ems(c) for c in text)
    return ems * size_px


def _ems(character: str) -> float:
    if character in _NARROW:
        return 0.41
    if character in _WIDE:
        return 0.98
    if _is_full_width(character):
        return 1.05
    return 0.71 if character.isupper() else 0.63


def _is_full_width(character: str) -> bool:
    return ord(character) > 127 and unicodedata.east_asian_width(character) in "WF"


def shorten(text: str, limit: int) -> str:
    """Return `text`, or its beginning and end with an ellipsis between, `limit` characters long."""
    if len(text) <= limit:
        return text
    tail = limit // 3
    return f"{text[: limit - 1 - tail]}…{text[len(text) - tail :]}"


def printable(text: str) -> str:
    """Return `text` with every character XML 1.0 cannot hold replaced by U+FFFD."""
    return "".join(c if _in_xml(ord(c)) else "\ufffd" for c in text)


def _in_xml(code: int) -> bool:
    if code < 0x20:
        return code in (0x9, 0xA, 0xD)
    return code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
