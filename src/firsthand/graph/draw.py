"""Draw any graph as one self-contained SVG, light or dark as the reader's screen is.

The reading direction is downwards. Streams are lines in a few colours with their names beside
them, side packets are dotted, back edges dashed and led round the outside.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from firsthand.graph.config import GraphConfig
from firsthand.graph.drawing.layers import arrange
from firsthand.graph.drawing.lettering import printable, shorten, text_width_px
from firsthand.graph.drawing.places import (
    NAME_LIMIT,
    SMALL_PX,
    STUB,
    TAG_LIMIT,
    TAG_PX,
    TITLE_LIMIT,
    TITLE_PX,
    Frame,
    Places,
    display_title,
    place,
)
from firsthand.graph.drawing.sketch import Anchor, Box, Line, Sketch, sketch
from firsthand.graph.drawing.style import STREAM_COLOURS, STYLE
from firsthand.graph.plan import Plan
from firsthand.graph.times import NodeTimes, node_times, read_trace
from firsthand.graph.trace import Tracer

Trace = Tracer | Mapping[str, Sequence[float]] | Path | str
_HEAD: Final = 8.0


def to_svg(graph: Plan | GraphConfig, *, title: str = "", trace: Trace | None = None) -> str:
    """Draw a graph; the same graph always gives the same text.

    Args:
        graph: a compiled graph, or a configuration as it was parsed or built: its calculators
            need not be known, and mistakes (a stream nobody makes, a cycle) are drawn too.
        title: what the drawing is called; by default the graph's type.
        trace: a `Tracer`, its `busy_us()`, or the path of a trace file. Each node that ran then
            shows its median time and its share of all time.

    Raises:
        ConfigError: a port entry is malformed.
        InputError: the trace file cannot be read.
    """
    what = sketch(graph)
    layers = arrange(what)
    times = _times(trace)
    notes = {i: _note(times[b.key]) for i, b in enumerate(what.boxes) if b.key in times}
    places = place(what, layers, notes)
    name = title or what.title or "graph"
    root = _root(places, name, what)
    colours = _colours(what)
    edges = ET.SubElement(root, "g")
    for line, path in zip(what.lines, places.paths, strict=True):
        _draw_line(edges, line, path, what, colours)
    for i, box in enumerate(what.boxes):
        _draw_box(root, i, box, places, times.get(box.key), colours, what)
    return ET.tostring(root, encoding="unicode") + "\n"


def _times(trace: Trace | None) -> dict[str, NodeTimes]:
    if trace is None:
        return {}
    if isinstance(trace, Tracer):
        trace = {node: list(durations) for node, durations in trace.busy_us().items()}
    elif isinstance(trace, (str, Path)):
        trace = read_trace(trace)
    return {row.node: row for row in node_times(trace)}


def _note(times: NodeTimes) -> str:
    return f"{_duration(times.median_us)} · {times.share:.0%}"


def _duration(us: float) -> str:
    if us < 999.5:
        return f"{us:.3g} µs"
    return f"{us / 1000:.3g} ms" if us < 999_500 else f"{us / 1_000_000:.3g} s"


def _root(places: Places, name: str, what: Sketch) -> ET.Element:
    width, height = max(120.0, places.width), max(80.0, places.height)
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_number(width)} {_number(height)}",
            "width": _number(width),
            "height": _number(height),
            "role": "img",
            "aria-label": printable(name),
        },
    )
    ET.SubElement(root, "title").text = printable(name)
    nodes = sum(box.shape in ("node", "source") for box in what.boxes)
    streams = len({line.name for line in what.lines if not line.side})
    ET.SubElement(root, "desc").text = f"A graph of {nodes} nodes joined by {streams} streams."
    ET.SubElement(root, "style").text = STYLE
    ET.SubElement(root, "rect", {"class": "paper", "width": "100%", "height": "100%", "rx": "10"})
    return root


def _colours(what: Sketch) -> dict[tuple[str, bool], str]:
    """Give each stream one of the colours in turn, and side packets theirs."""
    colours: dict[tuple[str, bool], str] = {}
    streams = 0
    for box in what.boxes:
        for anchor in (*box.exits, *box.entries):
            key = (anchor.name, anchor.side)
            if key in colours:
                continue
            colours[key] = "side" if anchor.side else f"s{streams % STREAM_COLOURS}"
            streams += not anchor.side
    return colours


# -- lines -----------------------------------------------------------------------------------


def _draw_line(
    parent: ET.Element,
    line: Line,
    path: Sequence[tuple[str, float, float]],
    what: Sketch,
    colours: Mapping[tuple[str, bool], str],
) -> None:
    colour = "back" if line.back and not line.side else colours[line.name, line.side]
    group = ET.SubElement(parent, "g", {"class": "edge"})
    source, target = what.boxes[line.source].title, what.boxes[line.target].title
    said = f"{line.name}: {source} → {target}" + (" (back edge)" if line.back else "")
    ET.SubElement(group, "title").text = printable(said)
    x, y = path[-1][1:]
    steps = [*path[:-1], ("L", x, y - _HEAD + 1)]
    kind = f"{colour} line" + (" back" if line.back and line.side else "")
    ET.SubElement(group, "path", {"class": kind, "d": _commands(steps)})
    head = f"M{_number(x)} {_number(y)}l-4 {-_HEAD:g}q4 2 8 0z"
    ET.SubElement(group, "path", {"class": f"{colour} fill", "d": head})


def _commands(path: Sequence[tuple[str, float, float]]) -> str:
    parts: list[str] = []
    curve = 0
    for command, x, y in path:
        point = f"{_number(x)} {_number(y)}"
        if command == "C" and curve % 3:
            parts.append(f" {point}")
        else:
            parts.append(f"{command}{point}")
        curve = curve + 1 if command == "C" else 0
    return "".join(parts)


def _number(value: float) -> str:
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


# -- boxes -----------------------------------------------------------------------------------


def _draw_box(
    root: ET.Element,
    i: int,
    box: Box,
    places: Places,
    times: NodeTimes | None,
    colours: Mapping[tuple[str, bool], str],
    what: Sketch,
) -> None:
    frame, x, top = places.frames[i], places.x[i], places.top[i]
    where = {"class": "node", "transform": f"translate({_number(x)} {_number(top)})"}
    group = ET.SubElement(root, "g", where)
    ET.SubElement(group, "title").text = printable(_hover(box, times))
    if box.shape in ("node", "source"):
        _draw_node(group, box, frame, times)
        read = {(line.source, line.exit) for line in what.lines if line.source == i}
        for k, (anchor, at) in enumerate(zip(box.exits, frame.exits, strict=True)):
            colour = colours[anchor.name, anchor.side]
            _draw_exit(group, anchor, at, frame.height, colour, loose=(i, k) not in read)
    else:
        _draw_pill(group, box, frame)


def _hover(box: Box, times: NodeTimes | None) -> str:
    lines = [box.title if box.shape in ("node", "source") else f"{box.shape} {box.title}"]
    if box.key and box.key != box.title:
        lines.append(box.key)
    lines += [f"reads {a.tag + ':' if a.tag else ''}{a.name}" for a in box.entries if box.key]
    lines += [f"makes {a.tag + ':' if a.tag else ''}{a.name}" for a in box.exits if box.key]
    if times:
        lines.append(
            f"{times.calls} calls, median {_duration(times.median_us)}, "
            f"99% below {_duration(times.p99_us)}, {times.share:.1%} of all time"
        )
    return "\n".join(lines)


def _draw_pill(group: ET.Element, box: Box, frame: Frame) -> None:
    half, height = frame.width / 2, frame.height
    if box.shape in ("input", "side input", "missing"):
        # A flag pointing down, into the graph.
        outline = f"M{_number(-half + 6)} 0H{_number(half - 6)}q6 0 6 6V{_number(height - 8)}"
        outline += f"L0 {_number(height)}L{_number(-half)} {_number(height - 8)}V6q0 -6 6 -6z"
    else:
        r = height / 2
        outline = f"M{_number(-half + r)} 0H{_number(half - r)}a{r:g} {r:g} 0 0 1 0 {height:g}"
        outline += f"H{_number(-half + r)}a{r:g} {r:g} 0 0 1 0 {-height:g}z"
    kind = "sides" if box.shape.startswith("side") else box.shape
    ET.SubElement(group, "path", {"class": f"box {kind}", "d": outline})
    up = 4.0 if box.shape in ("input", "side input", "missing") else 0.0
    middle = (height - up) / 2
    y = middle + 4 - (6 if box.subtitle else 0)
    _text(group, display_title(box), 0, y, "mono pill-name ink mid")
    if box.subtitle:
        _text(group, shorten(box.subtitle, NAME_LIMIT), 0, y + 12, "mono tag soft mid")


def _draw_node(group: ET.Element, box: Box, frame: Frame, times: NodeTimes | None) -> None:
    half = frame.width / 2
    shape = {"class": f"box {box.shape}", "x": _number(-half), "width": _number(frame.width)}
    shape |= {"height": _number(frame.height), "rx": "16" if box.shape == "source" else "7"}
    ET.SubElement(group, "rect", shape)
    y = 12.0
    if any(a.tag for a in box.entries):
        for anchor, at in zip(box.entries, frame.entries, strict=True):
            _text(group, shorten(anchor.tag, TAG_LIMIT), at, y, "mono tag soft mid")
        y += 11
    y += TITLE_PX - 2
    _text(group, display_title(box), 0, y, "title ink mid")
    if box.subtitle:
        y += 13
        _text(group, shorten(box.subtitle, TITLE_LIMIT), 0, y, "mono small soft mid")
    if box.badges:
        y += 6
        _draw_badges(group, box.badges, y)
        y += 11
    if times:
        y += 15
        _text(group, _note(times), 0, y, "small ink mid")
        bar = frame.width - 24
        bed = {"x": _number(-bar / 2), "y": _number(y + 4), "height": "3", "rx": "1.5"}
        ET.SubElement(group, "rect", {**bed, "class": "heat-bed", "width": _number(bar)})
        filled = _number(max(2.0, bar * times.share))
        ET.SubElement(group, "rect", {**bed, "class": "heat", "width": filled})


def _draw_badges(group: ET.Element, badges: Sequence[str], y: float) -> None:
    texts = [shorten(badge, NAME_LIMIT) for badge in badges]
    widths = [text_width_px(text, TAG_PX) + 14 for text in texts]
    x = -(sum(widths) + 6 * (len(widths) - 1)) / 2
    for text, width in zip(texts, widths, strict=True):
        size = {"x": _number(x), "y": _number(y), "width": _number(width), "height": "14"}
        ET.SubElement(group, "rect", {"class": "badge", "rx": "7", **size})
        _text(group, text, x + width / 2, y + 10, "tag ink mid")
        x += width + 6


def _draw_exit(
    group: ET.Element, anchor: Anchor, at: float, height: float, colour: str, *, loose: bool
) -> None:
    if loose:
        stub = f"M{_number(at)} {_number(height)}v{STUB - 6:g}"
        ET.SubElement(group, "path", {"class": f"{colour} line", "d": stub})
        dot = {"class": f"{colour} fill", "r": "3", "cx": _number(at)}
        ET.SubElement(group, "circle", {**dot, "cy": _number(height + STUB - 4)})
    if anchor.tag:
        _text(group, shorten(anchor.tag, TAG_LIMIT), at, height - 5, "mono tag soft mid")
    name = shorten(anchor.name, NAME_LIMIT)
    _text(group, name, at + 6, height + SMALL_PX + 3, f"mono small name fill {colour}")


def _text(parent: ET.Element, text: str, x: float, y: float, kind: str) -> None:
    if text:
        place_at = {"class": kind, "x": _number(x), "y": _number(y)}
        ET.SubElement(parent, "text", place_at).text = printable(text)
