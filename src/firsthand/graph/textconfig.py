"""Graphs as text: the protocol-buffer text format of MediaPipe's `.pbtxt` files.

The format is described in "Text Format Language Specification" of Protocol Buffers. MediaPipe's
option messages are unknown here, so options are read as plain dictionaries: a field seen once is
its value, a field seen again becomes a list.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from firsthand.errors import ConfigError
from firsthand.graph.config import GraphConfig, NodeConfig

MAX_TEXT: Final = 4_000_000
MAX_DEPTH: Final = 64

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


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def parse(text: str) -> GraphConfig:
    """Read a graph from text.

    Raises:
        ConfigError: the text is malformed; the message names line and column.
    """
    if len(text) > MAX_TEXT:
        raise ConfigError(f"a graph's text has {len(text)} characters; at most {MAX_TEXT} are read")
    return _graph(_Reader(text).message(""))


def parse_fields(text: str) -> dict[str, list[Any]]:
    """Read any text-format message: field names to the list of their values."""
    return _Reader(text).message("")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._scan(text))
        self._next = 0

    def _scan(self, text: str) -> Iterator[_Token]:
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._error(position, f"unexpected {text[position : position + 12]!r}")
            if match.lastgroup != "space":
                yield _Token(str(match.lastgroup), match.group(), position)
            position = match.end()

    def _error(self, position: int, message: str) -> ConfigError:
        line = self._text.count("\n", 0, position) + 1
        column = position - (self._text.rfind("\n", 0, position) + 1) + 1
        return ConfigError(f"graph text, line {line}, column {column}: {message}")

    def _peek(self) -> _Token:
        if self._next < len(self._tokens):
            return self._tokens[self._next]
        return _Token("end", "", len(self._text))

    def _take(self, *wanted: str) -> _Token:
        token = self._peek()
        if wanted and token.text not in wanted:
            found = repr(token.text) if token.kind != "end" else "the end"
            raise self._error(token.position, f"expected {' or '.join(wanted)}, found {found}")
        self._next += 1
        return token

    def message(self, end: str, depth: int = 0) -> dict[str, list[Any]]:
        """Read fields up to the mark `end` ("" for the end of the text)."""
        if depth > MAX_DEPTH:
            raise self._error(self._peek().position, f"messages are nested deeper than {MAX_DEPTH}")
        fields: dict[str, list[Any]] = {}
        while True:
            token = self._peek()
            if token.text == end and token.kind in ("mark", "end"):
                self._next += 1
                return fields
            name = self._field_name()
            values = fields.setdefault(name, [])
            if self._peek().text == ":":
                self._take(":")
                if self._peek().text not in ("{", "<", "["):
                    values.append(self._scalar())
                elif self._peek().text == "[":
                    values.extend(self._list(depth))
                else:
                    values.append(self._braced(depth))
            else:
                values.append(self._braced(depth))
            if self._peek().text in (";", ","):
                self._next += 1

    def _field_name(self) -> str:
        token = self._take()
        if token.kind == "name":
            return token.text
        if token.text == "[":
            parts: list[str] = []
            while (part := self._take()).text != "]":
                if part.kind not in ("name", "number") and part.text not in (".", "/", "-"):
                    raise self._error(part.position, f"{part.text!r} in an extension name")
                parts.append(part.text)
            return f"[{''.join(parts)}]"
        found = repr(token.text) if token.kind != "end" else "the end of the text"
        raise self._error(token.position, f"expected a field name, found {found}")

    def _braced(self, depth: int) -> dict[str, list[Any]]:
        opened = self._take("{", "<")
        return self.message("}" if opened.text == "{" else ">", depth + 1)

    def _list(self, depth: int) -> list[Any]:
        self._take("[")
        values: list[Any] = []
        if self._peek().text == "]":
            self._next += 1
            return values
        while True:
            values.append(
                self._braced(depth) if self._peek().text in ("{", "<") else self._scalar()
            )
            if self._take(",", "]").text == "]":
                return values

    def _scalar(self) -> Any:
        token = self._take()
        if token.kind == "string":
            text = _unquote(token.text)
            while self._peek().kind == "string":
                text += _unquote(self._take().text)
            return text
        if token.kind == "number":
            bare = re.sub(r"\s", "", token.text)
            if re.fullmatch(r"-?0[xX][0-9a-fA-F]+", bare):
                return int(bare, 16)
            if re.fullmatch(r"-?0[0-7]+", bare):
                return int(bare, 8)
            if re.fullmatch(r"-?[0-9]+", bare):
                return int(bare)
            return float(bare.rstrip("fF"))
        if token.kind == "name":
            special = {"true": True, "True": True, "t": True, "false": False, "False": False}
            special["f"] = False
            if token.text.lower().lstrip("-") in ("inf", "infinity", "nan"):
                return float(token.text)
            return special.get(token.text, token.text)
        found = repr(token.text) if token.kind != "end" else "the end of the text"
        raise self._error(token.position, f"expected a value, found {found}")


def _unquote(token: str) -> str:
    def unescape(match: re.Match[bytes]) -> bytes:
        octal, hexadecimal, short, long, plain = match.groups()
        if octal:
            return bytes([int(octal, 8) & 255])
        if hexadecimal:
            return bytes([int(hexadecimal, 16)])
        if short or long:
            try:
                return chr(int(short or long, 16)).encode()
            except (ValueError, UnicodeEncodeError, OverflowError):
                raise ConfigError(
                    f"string {token!r} names no character: {match.group()!r}"
                ) from None
        return _SIMPLE.get(plain, plain)

    raw = _ESCAPE.sub(unescape, token[1:-1].encode())
    return raw.decode("utf-8", "surrogateescape")


# -- messages to configurations ------------------------------------------------------------


def _one(fields: Mapping[str, list[Any]], name: str, kind: type, default: Any) -> Any:
    values = fields.get(name, [])
    if not values:
        return default
    value = values[-1]
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise ConfigError(f"field {name!r} is {value!r}; it must be a {kind.__name__}")
    return value


def _strings(fields: Mapping[str, list[Any]], name: str) -> tuple[str, ...]:
    values = fields.get(name, [])
    for value in values:
        if not isinstance(value, str):
            raise ConfigError(f"field {name!r} holds {value!r}; it must be text")
    return tuple(values)


def _messages(fields: Mapping[str, list[Any]], name: str) -> list[dict[str, list[Any]]]:
    values = fields.get(name, [])
    for value in values:
        if not isinstance(value, dict):
            raise ConfigError(f"field {name!r} is {value!r}; it must be a message in braces")
    return values


_GRAPH_FIELDS: Final = {
    "node", "input_stream", "output_stream", "input_side_packet", "output_side_packet",
    "executor", "num_threads", "max_queue_size", "report_deadlock", "type", "package",
    "options", "graph_options", "profiler_config", "runtime_info", "input_stream_handler",
    "output_stream_handler", "status_handler", "packet_generator", "packet_factory",
}  # fmt: skip
_NODE_FIELDS: Final = {
    "name", "calculator", "input_stream", "output_stream", "input_side_packet",
    "output_side_packet", "options", "node_options", "source_layer", "buffer_size_hint",
    "input_stream_handler", "output_stream_handler", "input_stream_info", "executor",
    "profiler_config", "max_in_flight", "option_value", "external_input",
}  # fmt: skip


def _check_fields(fields: Mapping[str, list[Any]], known: set[str], what: str) -> None:
    if unknown := sorted(set(fields) - known):
        raise ConfigError(f"{what} has no field {', '.join(unknown)}; it has {sorted(known)}")


def _graph(fields: dict[str, list[Any]]) -> GraphConfig:
    _check_fields(fields, _GRAPH_FIELDS, "a graph")
    for name in ("status_handler", "packet_generator", "packet_factory"):
        if fields.get(name):
            raise ConfigError(f"{name} is a retired part of MediaPipe; use a calculator instead")
    executors: dict[str, int] = {}
    for executor in _messages(fields, "executor"):
        options = _options(executor)
        executors[_one(executor, "name", str, "")] = int(options.get("num_threads", 1))
    threads = _one(fields, "num_threads", int, 0)
    if threads > 0:
        executors[""] = threads
    return GraphConfig(
        nodes=tuple(_node(node) for node in _messages(fields, "node")),
        inputs=_strings(fields, "input_stream"),
        outputs=_strings(fields, "output_stream"),
        side_inputs=_strings(fields, "input_side_packet"),
        side_outputs=_strings(fields, "output_side_packet"),
        executors=executors,
        max_queue_size=_one(fields, "max_queue_size", int, 100) or 100,
        report_deadlock=_one(fields, "report_deadlock", bool, False),
        type=_one(fields, "type", str, ""),
    )


def _node(fields: dict[str, list[Any]]) -> NodeConfig:
    _check_fields(fields, _NODE_FIELDS, "a node")
    calculator = _one(fields, "calculator", str, "")
    if not calculator:
        raise ConfigError(f"a node names no calculator; its fields: {sorted(fields)}")
    back_edges: set[str] = set()
    for info in _messages(fields, "input_stream_info"):
        if _one(info, "back_edge", bool, False):
            back_edges.add(_one(info, "tag_index", str, ""))
    handlers = _messages(fields, "input_stream_handler")
    handler = handlers[-1] if handlers else {}
    return NodeConfig(
        calculator=calculator,
        name=_one(fields, "name", str, ""),
        inputs=_strings(fields, "input_stream"),
        outputs=_strings(fields, "output_stream"),
        side_inputs=_strings(fields, "input_side_packet"),
        side_outputs=_strings(fields, "output_side_packet"),
        options=_options(fields),
        back_edges=frozenset(back_edges),
        policy=_one(handler, "input_stream_handler", str, "") or None,
        policy_options=_options(handler),
        executor=_one(fields, "executor", str, ""),
        max_in_flight=_one(fields, "max_in_flight", int, 0) or 1,
        source_layer=_one(fields, "source_layer", int, 0),
    )


def _options(fields: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Merge the contents of all option messages, whatever their types are called."""
    options: dict[str, Any] = {}
    for message in _messages(fields, "options") + _messages(fields, "node_options"):
        for values in message.values():
            for value in values:
                if isinstance(value, dict):
                    options.update(_plain(value))
    return options


def _plain(fields: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Turn a message into a dictionary: one value as it is, several as a list."""
    plain: dict[str, Any] = {}
    for name, values in fields.items():
        items = [_plain(v) if isinstance(v, dict) else v for v in values]
        plain[name] = items[0] if len(items) == 1 else items
    return plain
