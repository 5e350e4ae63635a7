"""`firsthand graph`: draw, check and trace graphs in MediaPipe's text format."""

import heapq
import importlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firsthand.cli.groups import Json, group
from firsthand.cli.places import check_places
from firsthand.cli.telling import say, say_json, say_table, wrote
from firsthand.core import timestamp as ts
from firsthand.errors import ConfigError, InputError
from firsthand.graph import Graph, GraphConfig, Packet, Tracer, parse
from firsthand.graph.draw import to_svg
from firsthand.graph.plan import NodePlan, Plan
from firsthand.graph.textformat import MAX_TEXT
from firsthand.graph.times import node_times, read_trace
from firsthand.media.files import replacing, require_place

app = group("Draw, check and trace graphs.")

MAX_LINE = 64_000_000

GraphFile = Annotated[
    Path, typer.Argument(readable=False, help="A graph in MediaPipe's text format (.pbtxt).")
]
Modules = Annotated[
    list[str] | None,
    typer.Option(
        "--module", help="A Python module that registers calculators, here too; repeatable."
    ),
]


@app.command()
def draw(
    graph: GraphFile,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="An .svg, - to print it; GRAPH.svg if left out."),
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(help="A trace whose times are shown at the nodes.")
    ] = None,
    expand: Annotated[
        bool, typer.Option("--expand", help="Validate, and draw what is inside subgraphs.")
    ] = False,
    module: Modules = None,
) -> None:
    """Draw a graph as SVG. Its calculators need not be known."""
    _load(module)
    config = _read_graph(graph)
    what = Graph(config).plan if expand else config
    times = None if trace is None else read_trace(trace)
    svg = to_svg(what, title=config.type or graph.stem, trace=times)
    if output is not None and str(output) == "-":
        sys.stdout.write(svg)
        return
    output = output or Path(f"{graph.stem}.svg")
    check_places([graph, *([trace] if trace else [])], {"-o": output})
    with replacing(output) as temporary:
        temporary.write_text(svg, encoding="utf-8")
    wrote(output, f"{len(config.nodes)} nodes")


@app.command()
def check(graph: GraphFile, module: Modules = None, json: Json = False) -> None:
    """Validate a graph and list its nodes in the order in which streams flow."""
    _load(module)
    plan = Graph(_read_graph(graph)).plan
    if json:
        say_json(_as_object(plan))
        return
    table = Table("", "node", "calculator", "reads", "makes", "remarks")
    for column in table.columns:
        column.overflow = "fold"
    for i, node in enumerate(plan.nodes):
        cells = (
            f"{i + 1}",
            node.name,
            node.config.calculator_name,
            _ports(node.inputs, node.side_inputs, node.back_edges),
            _ports(node.outputs, node.side_outputs),
            _remarks(node, plan),
        )
        table.add_row(*map(_text, cells))
    say_table(table)
    for what, ports in (
        ("inputs", plan.inputs),
        ("side packets", plan.side_inputs),
        ("outputs", plan.outputs),
    ):
        say(f"graph {what}: {ports.describe()}")


@app.command("trace")
def trace_run(
    graph: GraphFile,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME=FILE.jsonl",
            help='Packets of a graph input, one {"timestamp": microseconds, "payload": ...} a '
            "line; repeatable.",
        ),
    ] = None,
    side: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=JSON", help="An input side packet; repeatable."),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where the trace is written.")
    ] = Path("trace.json"),
    threads: Annotated[
        int, typer.Option(min=0, max=256, help="How many threads; 0 is one, in one fixed order.")
    ] = 0,
    module: Modules = None,
) -> None:
    """Run a graph over packets: outputs to standard output, a Chrome (Perfetto) trace to a file."""
    _load(module)
    compiled = Graph(_read_graph(graph))
    files = {name: Path(path) for name, path in _pairs("--input", inputs)}
    sides = {name: _json(f"--side {name}", text) for name, text in _pairs("--side", side)}
    known = [port.name for port in compiled.plan.inputs]
    if unknown := sorted(set(files) - set(known)):
        raise ConfigError(
            f"the graph has no inputs {unknown}; it has: {', '.join(known) or 'none'}"
        )
    check_places([graph, *files.values()], {"-o": output})
    require_place(output)
    tracer = Tracer()
    observe = {port.name: _printer(port.name) for port in compiled.plan.outputs}
    try:
        with compiled.start(sides, observe=observe, threads=threads, trace=tracer) as run:
            packets = [_packets(name, path) for name, path in files.items()]
            for name, packet in heapq.merge(*packets, key=lambda pair: pair[1].timestamp):
                if not run.add_packet(name, packet):
                    break
    finally:
        # What ran before an error is just what one wants to see after it.
        if tracer.busy_us() or sys.exc_info()[0] is None:
            _report(tracer, output)


# -- what comes in ---------------------------------------------------------------------------


def _load(modules: Iterable[str] | None) -> None:
    if modules and "" not in sys.path:  # the working folder, as `python -m` has it
        sys.path.insert(0, "")
    for name in modules or ():
        if not all(part.isidentifier() for part in name.split(".")):
            raise ConfigError(f"--module {name!r} is not a module's name, such as my.calculators")
        try:
            importlib.import_module(name)
        except (ImportError, SyntaxError) as error:
            raise ConfigError(f"--module {name}: {error}") from error


def _read_graph(path: Path) -> GraphConfig:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_TEXT + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not text (byte {error.start}); a binary graph must be written as text first"
        ) from error
    try:
        return parse(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _pairs(option: str, values: Iterable[str] | None) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for value in values or ():
        name, sign, rest = value.partition("=")
        if not sign or not name or not rest:
            raise InputError(f"{option} {value!r} must be written NAME=VALUE")
        if name in seen:
            raise InputError(f"{option} {name!r} is given twice")
        seen.add(name)
        yield name, rest


def _json(where: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: {text[:80]!r} is not JSON: {error}") from error


def _packets(stream: str, path: Path) -> Iterator[tuple[str, Packet]]:
    try:
        with path.open(encoding="utf-8") as lines:
            number = 0
            while line := lines.readline(MAX_LINE):
                number += 1
                if len(line) >= MAX_LINE:
                    raise InputError(f"{path}, line {number} is longer than {MAX_LINE} characters")
                if line.strip():
                    yield stream, _packet(f"{path}, line {number}", line)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text") from error


def _packet(where: str, line: str) -> Packet:
    value = _json(where, line)
    if not isinstance(value, dict) or set(value) != {"timestamp", "payload"}:
        raise InputError(f'{where}: a packet is {{"timestamp": microseconds, "payload": ...}}')
    timestamp = value["timestamp"]
    if type(timestamp) is not int or not ts.is_allowed_in_stream(timestamp):
        raise InputError(
            f"{where}: timestamp {str(timestamp)[:80]} must be a whole number of microseconds, "
            f"{ts.PRE_STREAM} to {ts.POST_STREAM}"
        )
    return Packet(value["payload"], timestamp)


# -- what goes out ---------------------------------------------------------------------------


def _printer(stream: str) -> Callable[[Packet], None]:
    def write(packet: Packet) -> None:
        line = {"stream": stream, "timestamp": packet.timestamp, "payload": packet.payload}
        sys.stdout.write(json.dumps(line, default=repr) + "\n")

    return write


def _report(tracer: Tracer, output: Path) -> None:
    with replacing(output) as temporary:
        tracer.write(temporary)
    console = Console(stderr=True)
    table = Table("node", "calls", "median", "99%", "total", "share")
    table.columns[0].overflow = "fold"
    for column in table.columns[1:]:
        column.justify = "right"
    for row in node_times(tracer.busy_us()):
        numbers = (
            f"{row.median_us:.0f} us",
            f"{row.p99_us:.0f} us",
            f"{row.total_us / 1000:.1f} ms",
        )
        table.add_row(_text(row.node), str(row.calls), *numbers, f"{row.share:.1%}")
    console.print(table)
    wrote(output, "open it in ui.perfetto.dev")


def _ports(ports: Iterable[Any], sides: Iterable[Any], back: Iterable[int] = ()) -> str:
    back = frozenset(back)
    entries = [f"{port} (back edge)" if i in back else str(port) for i, port in enumerate(ports)]
    return "\n".join(entries + [f"{port} (side)" for port in sides])


def _as_object(plan: Plan) -> dict[str, Any]:
    """Return what `check` lists, for JSON."""
    nodes = [
        {
            "name": node.name,
            "calculator": node.config.calculator_name,
            "reads": [str(port) for port in node.inputs],
            "reads_side": [str(port) for port in node.side_inputs],
            "back_edges": [str(node.inputs[i]) for i in sorted(node.back_edges)],
            "makes": [str(port) for port in node.outputs],
            "makes_side": [str(port) for port in node.side_outputs],
            "remarks": _remarks(node, plan).splitlines(),
        }
        for node in plan.nodes
    ]
    ports = {"inputs": plan.inputs, "side_packets": plan.side_inputs, "outputs": plan.outputs}
    return {"nodes": nodes} | {name: [port.name for port in of] for name, of in ports.items()}


def _remarks(node: NodePlan, plan: Plan) -> str:
    remarks: list[str] = []
    if node.config.policy:
        remarks.append(node.config.policy.removesuffix("InputStreamHandler"))
    if node.config.max_in_flight > 1:
        remarks.append(f"{node.config.max_in_flight} in flight")
    if node.config.executor:
        threads = plan.config.executors[node.config.executor]
        remarks.append(f"executor {node.config.executor} ({threads})")
    return "\n".join(remarks)


def _text(value: str) -> Text:
    """Return text that Rich prints as it is, brackets included."""
    return Text(value)
