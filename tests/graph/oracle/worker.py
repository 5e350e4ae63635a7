"""Runs text graphs with MediaPipe's own scheduler, for comparison. Needs `mediapipe==0.10.21`.

This file runs inside MediaPipe's environment, so it imports nothing of Firsthand. It reads one
JSON object a line from standard input and answers each with one line on standard output:

request
    config    text of a `CalculatorGraphConfig`
    observe   names of streams; packets of each are reported in order
    bounds    names among `observe` whose bound changes are reported too, as empty packets
    kinds     stream or side packet name -> int (the default), bool, float, str, floats, ints
    side      side packet name -> value
    events    ["add", stream, time, value] | ["close", stream] | ["close_all"] | ["idle"]
    settle    whether to wait until the graph is idle after every event (the default)

answer
    out       stream name -> list of [time, value]; value null marks an empty packet
    error     null, or {"phase": config|start|event|finish, "event": index, "text": message}
    sides     output side packets named in the request under `side_out`
"""

import json
import os
import sys
from typing import Any

import mediapipe as mp

_MAKERS = {
    "int": mp.packet_creator.create_int,
    "bool": mp.packet_creator.create_bool,
    "float": mp.packet_creator.create_float,
    "str": mp.packet_creator.create_string,
    "floats": mp.packet_creator.create_float_vector,
    "ints": mp.packet_creator.create_int_vector,
}
_GETTERS = {
    "int": mp.packet_getter.get_int,
    "bool": mp.packet_getter.get_bool,
    "float": mp.packet_getter.get_float,
    "string": mp.packet_getter.get_str,
    "vector<float": mp.packet_getter.get_float_list,
    "vector<int": mp.packet_getter.get_int_list,
}


_SPECIAL = {
    special.value: special
    for special in (
        mp.Timestamp.UNSET,
        mp.Timestamp.UNSTARTED,
        mp.Timestamp.PRESTREAM,
        mp.Timestamp.MIN,
        mp.Timestamp.MAX,
        mp.Timestamp.POSTSTREAM,
        mp.Timestamp.ONE_OVER_POSTSTREAM,
        mp.Timestamp.DONE,
    )
}


def timestamp_of(value: int) -> Any:
    """Make a timestamp; MediaPipe ends the process when a special one is made from its number."""
    return _SPECIAL.get(value) or mp.Timestamp(value)


def value_of(packet: Any) -> Any:
    """Return a packet's payload; packets print their C++ type, which tells how to read them."""
    if packet.is_empty():
        return None
    cpp_type = str(packet).partition("C++ type: ")[2].rstrip(">").removeprefix("std::")
    cpp_type = cpp_type.removeprefix("__cxx11::").removeprefix("basic_")
    for prefix, getter in _GETTERS.items():
        if cpp_type == prefix or (
            prefix in ("string", "vector<float", "vector<int") and (cpp_type.startswith(prefix))
        ):
            return getter(packet)
    return f"unreadable {packet}"


class Run:
    """One request being answered."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.request = request
        self.kinds = request.get("kinds", {})
        self.out: dict[str, list[list[Any]]] = {name: [] for name in request["observe"]}
        self.error: dict[str, Any] | None = None
        self.sides: dict[str, Any] = {}

    def make(self, name: str, value: Any) -> Any:
        return _MAKERS[self.kinds.get(name, "int")](value)

    def failed(self, phase: str, error: Exception, event: int = -1) -> None:
        self.error = {"phase": phase, "event": event, "text": str(error)}

    def observe(self, graph: Any, name: str) -> None:
        found = self.out[name]
        graph.observe_output_stream(
            name,
            lambda _, packet: found.append([packet.timestamp.value, value_of(packet)]),
            observe_timestamp_bounds=name in self.request.get("bounds", []),
        )

    def play(self) -> None:
        request = self.request
        try:
            graph = mp.CalculatorGraph(graph_config=request["config"])
            for name in self.out:
                self.observe(graph, name)
        except (ValueError, RuntimeError) as error:
            return self.failed("config", error)
        side = {name: self.make(name, value) for name, value in request.get("side", {}).items()}
        try:
            graph.start_run(side)
        except (ValueError, RuntimeError) as error:
            return self.failed("start", error)
        settle = request.get("settle", True)
        try:
            if settle:
                graph.wait_until_idle()
        except (ValueError, RuntimeError) as error:
            return self.failed("start", error)
        for i, event in enumerate(request["events"]):
            try:
                self.do(graph, event)
                if settle:
                    graph.wait_until_idle()
            except (ValueError, RuntimeError) as error:
                self.failed("event", error, i)
                break
        try:
            graph.close()
        except (ValueError, RuntimeError) as error:
            if self.error is None:
                self.failed("finish", error)
        if self.error is None:
            for name in request.get("side_out", []):
                self.sides[name] = value_of(graph.get_output_side_packet(name))

    def do(self, graph: Any, event: list[Any]) -> None:
        match event:
            case ["add", name, time, value]:
                graph.add_packet_to_input_stream(name, self.make(name, value), timestamp_of(time))
            case ["close", name]:
                graph.close_input_stream(name)
            case ["close_all"]:
                graph.close_all_packet_sources()
            case ["idle"]:
                graph.wait_until_idle()


def main() -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing that MediaPipe prints may come between the answers
    for line in sys.stdin:
        run = Run(json.loads(line))
        run.play()
        answer = {"out": run.out, "error": run.error, "sides": run.sides}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
