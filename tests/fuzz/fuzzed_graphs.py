"""Graphs in MediaPipe's text format: read, written again, checked and drawn; traces of runs."""

import json
from contextlib import suppress

import fuzz_files as files

from firsthand.cli.graph import _packets
from firsthand.errors import ConfigError, InputError
from firsthand.graph.draw import to_svg
from firsthand.graph.plan import compile_graph
from firsthand.graph.textconfig import parse
from firsthand.graph.textformat import read_fields
from firsthand.graph.textprint import to_text
from firsthand.graph.times import node_times, read_trace


def fields(data: bytes) -> None:
    with suppress(ConfigError):
        read_fields(files.text(data))


def graph(data: bytes) -> None:
    with suppress(ConfigError):
        config = parse(files.text(data))
        written = to_text(config)
        assert to_text(parse(written)) == written


def compiled(data: bytes) -> None:
    with suppress(ConfigError):
        config = parse(files.text(data))
        compile_graph(config)


def drawn(data: bytes) -> None:
    with suppress(ConfigError):
        config = parse(files.text(data))
        if len(config.nodes) < 20:  # a large graph takes longer than a search has time for
            to_svg(config, title="fuzzed")


def trace(data: bytes) -> None:
    with suppress(InputError):
        node_times(read_trace(files.file("trace.json", data)))


def packets(data: bytes) -> None:
    with suppress(InputError):
        for _, packet in _packets("in", files.file("packets.jsonl", data)):
            json.dumps(packet.payload)


PARSERS = {"f": fields, "g": graph, "c": compiled, "d": drawn, "t": trace, "p": packets}
