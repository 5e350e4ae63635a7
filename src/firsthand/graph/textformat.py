"""The protocol-buffer text format, read without knowing any message type.

It follows the "Text Format Language Specification" of Protocol Buffers. Since no types are known,
a field is a list of all values it was given, and an enumeration's value is text.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from firsthand.errors import ConfigError

MAX_TEXT: Final = 4_000_000
MAX_DEPTH: Final = 64
MAX_DIGITS: Final = 4_000

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\n\f\v]+|\#[^\n]*)
      |(?P<number>-?\s*(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[fF]?
         (?![A-Za-z_0-9]))
      |(?P<name>-?[A-Za-z_][A-Za-z0-9_]*)
      |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      |(?P<mark>[{}<>\[\]:;,./-])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(
    rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL
)
_SIMPLE: Final = {
    b"n": b"\n",
    b"t": b"\t",
    b"r": b"\r",
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"v": b"\v",
}
_WORDS: Final = {
    "true": True,
    "True": True,
    "t": True,
    "false": False,
    "False": False,
    "f": False,
}


class Fields(dict[str, list[Any]]):
    """A message: field names to the list of their values; `where` tells lines and columns."""

    __slots__ = ("place", "where")

    def __init__(self, place: str = "line 1, column 1") -> None:
        super().__init__()
        self.place = place
        self.where: dict[str, str] = {}

    def error(self, message: str, name: str = "") -> ConfigError:
        """Return an error that points at field `name`, or at the message's beginning."""
        return ConfigError(f"graph text, {self.where.get(name, self.place)}: {message}")


def read_fields(text: str) -> Fields:
    """Read a text-format message. Strings that are no UTF-8 keep their bytes as surrogates.

    Raises:
        ConfigError: the text is malformed or too large; the message names line and column.
    """
    if len(text) > MAX_TEXT:
        raise ConfigError(f"a graph's text has {len(text)} characters; at most {MAX_TEXT} are read")
    return _Reader(text).message("")


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


class _Reader:
    """A recursive descent over tokens, of which only the next one is held."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._scan(text)
        self._counted = (0, 1, 0)
        self._next = next(self._tokens)

    def _scan(self, text: str) -> Iterator[_Token]:
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                found = text[position : position + 12]
                if found[0] in "\"'":
                    raise self._error(position, "a string is not closed on its line")
                raise self._error(position, f"unexpected {found!r}")
            if match.lastgroup != "space":
                yield _Token(str(match.lastgroup), match.group(), position)
            position = match.end()
        while True:
            yield _Token("end", "", len(text))

    def _place(self, position: int) -> str:
        """Return line and column; positions grow, so counting goes on from where it was."""
        start, line, begins = self._counted
        if position < start:
            start, line, begins = 0, 1, 0
        if newlines := self._text.count("\n", start, position):
            line += newlines
            begins = self._text.rfind("\n", start, position) + 1
        self._counted = (position, line, begins)
        return f"line {line}, column {position - begins + 1}"

    def _error(self, position: int, message: str) -> ConfigError:
        return ConfigError(f"graph text, {self._place(position)}: {message}")

    def _take(self, *wanted: str) -> _Token:
        token = self._next
        if wanted and (token.kind != "mark" or token.text not in wanted):
            raise self._error(
                token.position, f"expected {' or '.join(wanted)}, found {_shown(token)}"
            )
        self._next = next(self._tokens)
        return token

    def _at(self, *marks: str) -> bool:
        return self._next.kind == "mark" and self._next.text in marks

    def message(self, end: str, depth: int = 0) -> Fields:
        """Read fields up to the mark `end` ("" for the end of the text)."""
        here = self._next.position
        if depth > MAX_DEPTH:
            raise self._error(here, f"messages are nested deeper than {MAX_DEPTH}")
        fields = Fields(self._place(here))
        while True:
            token = self._next
            if token.text == end and token.kind in ("mark", "end"):
                if end:
                    self._take()
                return fields
            name = self._field_name()
            values = fields.setdefault(name, [])
            fields.where[name] = self._place(token.position)
            if self._at(":"):
                self._take()
                if self._at("["):
                    values.extend(self._list(depth))
                elif self._at("{", "<"):
                    values.append(self._braced(depth))
                else:
                    values.append(self._scalar())
            elif self._at("["):
                # Only messages may be listed without a colon.
                values.extend(self._list(depth, messages_only=True))
            else:
                values.append(self._braced(depth))
            if self._at(";", ","):
                self._take()

    def _field_name(self) -> str:
        token = self._take()
        if token.kind == "name" and not token.text.startswith("-"):
            return token.text
        if token.kind == "mark" and token.text == "[":
            parts: list[str] = []
            while not self._at("]"):
                part = self._take()
                if part.kind not in ("name", "number") and part.text not in (".", "/", "-"):
                    raise self._error(part.position, f"{_shown(part)} in an extension name")
                parts.append(part.text)
            self._take("]")
            if not parts:
                raise self._error(token.position, "an extension name is empty")
            return f"[{''.join(parts)}]"
        raise self._error(token.position, f"expected a field name, found {_shown(token)}")

    def _braced(self, depth: int) -> Fields:
        opened = self._take("{", "<")
        return self.message("}" if opened.text == "{" else ">", depth + 1)

    def _list(self, depth: int, *, messages_only: bool = False) -> list[Any]:
        self._take("[")
        values: list[Any] = []
        if self._at("]"):
            self._take()
            return values
        while True:
            if messages_only or self._at("{", "<"):
                values.append(self._braced(depth))
            else:
                values.append(self._scalar())
            if self._take(",", "]").text == "]":
                return values

    def _scalar(self) -> bool | int | float | str:
        token = self._take()
        if token.kind == "string":
            raw = self._unquote(token)
            while self._next.kind == "string":
                raw += self._unquote(self._take())
            return raw.decode("utf-8", "surrogateescape")
        if token.kind == "number":
            return self._number(token)
        if token.kind == "name":
            bare = token.text.removeprefix("-")
            if bare.lower() in ("inf", "infinity", "nan"):
                return float(token.text)
            if bare == token.text:
                return _WORDS.get(bare, bare)
        raise self._error(token.position, f"expected a value, found {_shown(token)}")

    def _number(self, token: _Token) -> int | float:
        bare = re.sub(r"\s", "", token.text)
        if len(bare) > MAX_DIGITS:
            raise self._error(token.position, f"a number has {len(bare)} digits, over {MAX_DIGITS}")
        if re.fullmatch(r"-?0[xX][0-9a-fA-F]+", bare):
            return int(bare, 16)
        if re.fullmatch(r"-?0[0-7]+", bare):
            return int(bare, 8)
        if re.fullmatch(r"-?[0-9]+", bare):
            return int(bare)
        return float(bare.rstrip("fF"))

    def _unquote(self, token: _Token) -> bytes:
        def unescape(match: re.Match[bytes]) -> bytes:
            octal, hexadecimal, short, long, plain = match.groups()
            if octal:
                return bytes([int(octal, 8) & 255])
            if hexadecimal:
                return bytes([int(hexadecimal, 16)])
            if short or long:
                try:
                    return chr(int(short or long, 16)).encode()
                except (ValueError, OverflowError):
                    message = f"{match.group().decode()} names no character"
                    raise self._error(token.position, message) from None
            return _SIMPLE.get(plain, plain)

        try:
            raw = token.text[1:-1].encode()
        except UnicodeEncodeError:
            message = "a string holds half of a surrogate pair, which is no text"
            raise self._error(token.position, message) from None
        return _ESCAPE.sub(unescape, raw)


def _shown(token: _Token) -> str:
    if token.kind == "end":
        return "the end of the text"
    return repr(token.text if len(token.text) <= 40 else f"{token.text[:40]}...")
