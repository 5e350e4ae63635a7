"""Graphs as text: MediaPipe's `.pbtxt` files, read into configurations.

MediaPipe's option messages are unknown here, so options are read as plain dictionaries: a field
seen once is its value, a field seen again becomes a list.
"""

from collections.abc import Iterable
from typing import Any, Final

from firsthand.graph.config import GraphConfig, NodeConfig
from firsthand.graph.textformat import Fields, read_fields


def parse(text: str) -> GraphConfig:
    """Read a graph from text.

    Raises:
        ConfigError: the text is malformed; the message names line and column.
    """
    return _graph(read_fields(text))


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


def _graph(fields: Fields) -> GraphConfig:
    _check_fields(fields, _GRAPH_FIELDS, "a graph")
    for name in ("status_handler", "packet_generator", "packet_factory"):
        if fields.get(name):
            raise fields.error(f"{name} is a retired part of MediaPipe; use a calculator", name)
    executors: dict[str, int] = {}
    for executor in _messages(fields, "executor"):
        threads = _options(executor).get("num_threads", 1)
        if type(threads) is not int:
            raise executor.error(f"num_threads is {_shown(threads)}; it must be an int", "options")
        name = _one(executor, "name", str, "")
        if name in executors:
            raise executor.error(f"executor {name!r} is declared twice", "name")
        executors[name] = threads
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


def _node(fields: Fields) -> NodeConfig:
    _check_fields(fields, _NODE_FIELDS, "a node")
    calculator = _one(fields, "calculator", str, "")
    if not calculator:
        raise fields.error(f"a node names no calculator; its fields: {sorted(fields)}")
    back_edges: set[str] = set()
    for info in _messages(fields, "input_stream_info"):
        if _one(info, "back_edge", bool, False):
            back_edges.add(_one(info, "tag_index", str, ""))
    handlers = _messages(fields, "input_stream_handler")
    handler = handlers[-1] if handlers else Fields()
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


def _check_fields(fields: Fields, known: Iterable[str], what: str) -> None:
    for name in fields:
        if name not in known:
            raise fields.error(f"{what} has no field {_shown(name)}; it has {sorted(known)}", name)


def _one(fields: Fields, name: str, kind: type, default: Any) -> Any:
    values = fields.get(name)
    if not values:
        return default
    value = values[-1]
    if type(value) is not kind:
        wanted = "text" if kind is str else f"one {kind.__name__}"
        raise fields.error(f"field {name!r} is {_shown(value)}; it must be {wanted}", name)
    return value


def _strings(fields: Fields, name: str) -> tuple[str, ...]:
    values = fields.get(name, [])
    for value in values:
        if not isinstance(value, str):
            raise fields.error(f"field {name!r} holds {_shown(value)}; it must be text", name)
    return tuple(values)


def _messages(fields: Fields, name: str) -> list[Fields]:
    values = fields.get(name, [])
    for value in values:
        if not isinstance(value, Fields):
            message = f"field {name!r} is {_shown(value)}; it must be a message in braces"
            raise fields.error(message, name)
    return values


def _options(fields: Fields) -> dict[str, Any]:
    """Merge the contents of all option messages, whatever their types are called."""
    options: dict[str, Any] = {}
    for message in _messages(fields, "options") + _messages(fields, "node_options"):
        for values in message.values():
            for value in values:
                if isinstance(value, Fields):
                    options.update(_plain(value))
    return options


def _plain(fields: Fields) -> dict[str, Any]:
    """Turn a message into a dictionary: one value as it is, several as a list."""
    plain: dict[str, Any] = {}
    for name, values in fields.items():
        items = [_plain(v) if isinstance(v, Fields) else v for v in values]
        plain[name] = items[0] if len(items) == 1 else items
    return plain


def _shown(value: object) -> str:
    if isinstance(value, Fields):
        return "a message"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
