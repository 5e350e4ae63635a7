"""Runs text graphs with MediaPipe's own scheduler. For MediaPipe 0.10.21's environment.

It answers one operation, `run`, through `benchmarks/peers/worker.py`; `oracle.graphs` describes
what is asked and answered.
"""

import contextlib
import importlib
import sys
from pathlib import Path

import mediapipe as mp
from google.protobuf import text_format
from mediapipe.framework import calculator_pb2

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks" / "peers"))
from worker import serve

MAKERS = {
    "int": mp.packet_creator.create_int,
    "bool": mp.packet_creator.create_bool,
    "float": mp.packet_creator.create_float,
    "floats": lambda values: mp.packet_creator.create_float_vector([float(v) for v in values]),
}
GETTERS = {
    "int": mp.packet_getter.get_int,
    "bool": mp.packet_getter.get_bool,
    "float": mp.packet_getter.get_float,
    "vector<float>": mp.packet_getter.get_float_list,
}
# MediaPipe ends the process when a special timestamp is made from its number.
SPECIAL = {
    special.value: special
    for special in (
        mp.Timestamp.UNSET,
        mp.Timestamp.UNSTARTED,
        mp.Timestamp.PRESTREAM,
        mp.Timestamp.MIN,
        mp.Timestamp.MAX,
        mp.Timestamp.POSTSTREAM,
        mp.Timestamp.DONE,
    )
}


def value_of(packet):
    if packet.is_empty():
        return None
    # A packet prints its C++ type, which tells how to read it.
    cpp_type = str(packet).partition("C++ type: ")[2].replace("std::", "").lstrip(":")[:-1]
    return GETTERS[cpp_type](packet)


def run(config, observe, events, kinds, side, settle, bounds):
    out = {name: [] for name in observe}
    progress = {"phase": "config", "event": -1}
    error = None
    graph = None
    try:
        graph = mp.CalculatorGraph(graph_config=config)
        for name in observe:
            listen(graph, name, out[name], progress, bounds)
        progress["phase"] = "start"
        graph.start_run({name: MAKERS[kinds[name]](value) for name, value in side.items()})
        if settle:
            graph.wait_until_idle()
        progress["phase"] = "event"
        for index, event in enumerate(events):
            progress["event"] = index
            act(graph, event, kinds)
            if settle:
                graph.wait_until_idle()
        progress.update(phase="finish", event=len(events))
        graph.close()
    except (ValueError, RuntimeError) as raised:
        error = {**progress, "text": str(raised)}
        if graph is not None and progress["phase"] == "event":
            end(graph)
    return {"out": out, "error": error}


def listen(graph, name, found, progress, bounds):
    graph.observe_output_stream(
        name,
        lambda _, packet: found.append(
            [progress["event"], packet.timestamp.value, value_of(packet)]
        ),
        observe_timestamp_bounds=bounds,
    )


def act(graph, event, kinds):
    kind, name, *rest = event
    if kind == "add":
        time, value = rest
        timestamp = SPECIAL.get(time) or mp.Timestamp(time)
        graph.add_packet_to_input_stream(name, MAKERS[kinds[name]](value), timestamp)
    elif kind == "close":
        graph.close_input_stream(name)
    else:
        raise LookupError(f"no event {kind!r}")


def end(graph):
    with contextlib.suppress(ValueError, RuntimeError):  # the error that ended the run, again
        graph.close()


def graphs_of_wheel():
    """Every graph that MediaPipe ships in binary form, and the same with its subgraphs expanded."""
    importlib.import_module("mediapipe.python.solutions")  # knows the messages of the options
    root = Path(mp.__file__).parent
    graphs = {}
    for path in sorted(root.rglob("*.binarypb")):
        name = str(path.relative_to(root))
        graphs[name] = described(path.read_bytes())
        expanded = mp.CalculatorGraph(binary_graph_path=str(path)).binary_config
        graphs[f"{name}, expanded"] = described(expanded)
    return {"graphs": graphs}


def described(binary):
    config = calculator_pb2.CalculatorGraphConfig()
    config.ParseFromString(binary)
    return {
        "text": text_format.MessageToString(config),
        "inputs": list(config.input_stream),
        "outputs": list(config.output_stream),
        "sides": list(config.input_side_packet),
        "nodes": [
            {
                "calculator": node.calculator,
                "inputs": list(node.input_stream),
                "outputs": list(node.output_stream),
                "sides": list(node.input_side_packet),
                "back": [i.tag_index for i in node.input_stream_info if i.back_edge],
                "policy": node.input_stream_handler.input_stream_handler
                if node.HasField("input_stream_handler")
                else "",
            }
            for node in config.node
        ],
    }


if __name__ == "__main__":
    serve({"run": run, "graphs_of_wheel": graphs_of_wheel})
