"""Configurations as text: the inverse of `firsthand.graph.textconfig.parse`."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from firsthand.errors import ConfigError
from firsthand.graph.config import GraphConfig, NodeConfig, Options
from firsthand.graph.textformat import MAX_DEPTH, MAX_DIGITS

OPTIONS_TYPE: Final = "[firsthand.Options]"
"""The extension name options are written under; reading takes any."""

_MAX_BITS: Final = 3 * MAX_DIGITS
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z|\[[A-Za-z0-9_./-]+\]\Z")
_ESCAPES: Final = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\t"): "\\t"}
_ESCAPES.update({code: f"\\{code:03o}" for code in range(32) if chr(code) not in "\n\t"})


def to_text(config: GraphConfig) -> str:
    """Write a graph in MediaPipe's text format; `parse(to_text(config)) == config`.

    The format knows no list of one element: such an option is read back as its element.

    Raises:
        ConfigError: the text format cannot hold it: a calculator that is given by its class (use
            the name it is registered under), or an option that is no text, number, flag, list or
            dictionary.
    """
    return "".join(f"{line}\n" for line in _graph(config))


def _graph(config: GraphConfig) -> Iterator[str]:
    if config.max_queue_size == 0:
        raise ConfigError("max_queue_size=0 cannot be written as text, where 0 means the default")
    if config.type:
        yield f"type: {_string(config.type)}"
    yield from _strings("input_stream", config.inputs)
    yield from _strings("output_stream", config.outputs)
    yield from _strings("input_side_packet", config.side_inputs)
    yield from _strings("output_side_packet", config.side_outputs)
    if config.max_queue_size != 100:
        yield f"max_queue_size: {config.max_queue_size}"
    if config.report_deadlock:
        yield "report_deadlock: true"
    for name, threads in config.executors.items():
        yield "executor {"
        yield f"  name: {_string(name)}"
        yield from _indent(_options({"num_threads": threads}))
        yield "}"
    for i, node in enumerate(config.nodes):
        yield "node {"
        try:
            yield from _indent(_node(node))
        except ConfigError as error:
            raise ConfigError(f"node {node.name or i!r}: {error}") from error
        yield "}"


def _node(node: NodeConfig) -> Iterator[str]:
    if not isinstance(node.calculator, str):
        raise ConfigError(
            f"calculator {node.calculator_name} is given by its class; text needs the name it is "
            "registered under"
        )
    if node.max_in_flight < 1:
        raise ConfigError(f"max_in_flight={node.max_in_flight} must be 1 or more")
    yield f"calculator: {_string(node.calculator)}"
    if node.name:
        yield f"name: {_string(node.name)}"
    yield from _strings("input_stream", node.inputs)
    yield from _strings("output_stream", node.outputs)
    yield from _strings("input_side_packet", node.side_inputs)
    yield from _strings("output_side_packet", node.side_outputs)
    for key in sorted(node.back_edges):
        yield f"input_stream_info {{ tag_index: {_string(key)} back_edge: true }}"
    if node.policy or node.policy_options:
        yield "input_stream_handler {"
        if node.policy:
            yield f"  input_stream_handler: {_string(node.policy)}"
        yield from _indent(_options(node.policy_options))
        yield "}"
    if node.executor:
        yield f"executor: {_string(node.executor)}"
    if node.max_in_flight != 1:
        yield f"max_in_flight: {node.max_in_flight}"
    if node.source_layer:
        yield f"source_layer: {node.source_layer}"
    yield from _options(node.options)


def _options(options: Options) -> Iterator[str]:
    if options:
        yield "options {"
        yield f"  {OPTIONS_TYPE} {{"
        yield from _indent(_indent(_fields(options, 3)))
        yield "  }"
        yield "}"


def _fields(fields: Mapping[str, Any], depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        raise ConfigError(f"options are nested deeper than {MAX_DEPTH}, which is not read back")
    for key, value in fields.items():
        if not isinstance(key, str) or not _KEY.match(key):
            raise ConfigError(f"option {key!r} must be named by letters, digits and underscores")
        values = value if isinstance(value, (list, tuple)) else [value]
        if not values:
            yield f"{key}: []"
        for item in values:
            if isinstance(item, Mapping):
                yield f"{key} {{"
                yield from _indent(_fields(item, depth + 1))
                yield "}"
            else:
                yield f"{key}: {_scalar(key, item)}"


def _scalar(key: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        # Bits are counted first, since Python refuses to print numbers that are far too long.
        if value.bit_length() > _MAX_BITS:
            raise ConfigError(f"option {key!r} has {value.bit_length()} bits, over {_MAX_BITS}")
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return _string(value)
    raise ConfigError(
        f"option {key!r} is {value!r}; text holds text, numbers, true or false, and lists and "
        "dictionaries of them"
    )


def _string(text: str) -> str:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise ConfigError(f"{text!r} holds half of a surrogate pair, which is no text") from error
    escaped = text.translate(_ESCAPES)
    # Bytes that were no UTF-8 when read are kept as lone surrogates (PEP 383).
    return '"' + re.sub("[\udc80-\udcff]", lambda m: f"\\{ord(m[0]) - 0xDC00:03o}", escaped) + '"'


def _strings(name: str, values: tuple[str, ...]) -> Iterator[str]:
    return (f"{name}: {_string(value)}" for value in values)


def _indent(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
