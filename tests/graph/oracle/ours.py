"""Answers the same requests as `worker.py` does, with Firsthand's graph."""

from typing import Any

from firsthand.errors import CalculatorError, ConfigError, GraphError, TimestampError
from firsthand.graph import EMPTY, Graph, Packet


def run(request: dict[str, Any], threads: int = 0) -> dict[str, Any]:
    out: dict[str, list[list[Any]]] = {name: [] for name in request["observe"]}
    progress = {"phase": "config", "event": -1}
    started = None

    def listen(name: str) -> Any:
        def found(packet: Packet) -> None:
            value = packet.payload
            if isinstance(value, tuple):
                value = list(value)
            elif value is EMPTY:
                value = None
            out[name].append([progress["event"], packet.timestamp, value])

        return found

    error = None
    try:
        graph = Graph(request["config"])
        progress["phase"] = "start"
        started = graph.start(
            request["side"],
            observe={name: listen(name) for name in out},
            bounds=out if request["bounds"] else (),
            threads=threads,
        )
        if request["settle"]:
            started.wait_until_idle(timeout_s=20)
        progress["phase"] = "event"
        for index, event in enumerate(request["events"]):
            progress["event"] = index
            match event:
                case ["add", name, time, value]:
                    started.add(name, value, time)
                case ["close", name]:
                    started.close_input(name)
            if request["settle"]:
                started.wait_until_idle(timeout_s=20)
        progress.update(phase="finish", event=len(request["events"]))
        started.close_inputs()
        started.wait_until_done(timeout_s=20)
    except (ConfigError, GraphError) as raised:
        error = {**progress, "text": str(raised), "timestamp": _is_timestamp_error(raised)}
        if started is not None:
            started.cancel()
    return {"out": out, "error": error}


def _is_timestamp_error(error: Exception) -> bool:
    if isinstance(error, CalculatorError):
        return isinstance(error.__cause__, TimestampError)
    return isinstance(error, TimestampError)
