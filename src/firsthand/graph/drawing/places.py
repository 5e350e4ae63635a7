"""Where everything is, in px: sizes of boxes, columns of items, heights of rows, paths of lines."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from firsthand.graph.drawing.layers import LEFT, Layers, Link
from firsthand.graph.drawing.lettering import shorten, text_width_px
from firsthand.graph.drawing.sketch import Anchor, Box, Line, Sketch

TITLE_PX: Final = 13.0
SMALL_PX: Final = 10.0
TAG_PX: Final = 9.0
TITLE_LIMIT: Final = 44
NAME_LIMIT: Final = 28
TAG_LIMIT: Final = 20
STUB: Final = 19.0
GAP: Final = 26.0
POINT_GAP: Final = 13.0
MARGIN: Final = 24.0
TURN: Final = 30.0
_ITERATIONS: Final = 14


@dataclass(frozen=True, slots=True)
class Frame:
    """A box's size: its top half is half of `width` to either side of its centre.

    `overhang` is how far a stream's name reaches beyond the right border; entries and exits are
    offsets from the centre.
    """

    width: float
    height: float
    overhang: float
    entries: tuple[float, ...]
    exits: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Centres of boxes and points, and one list of path commands for each line."""

    width: float
    height: float
    frames: tuple[Frame, ...]
    x: tuple[float, ...]
    top: tuple[float, ...]
    paths: tuple[tuple[tuple[str, float, float], ...], ...]
    """Commands as in SVG paths: M and L with one point, C as three entries of one point each."""


def place(sketch: Sketch, layers: Layers, notes: Mapping[int, str]) -> Places:
    """Give every box, point and line its place.

    Args:
        sketch: what is drawn.
        layers: its rows and their order.
        notes: a line of text for some boxes, by index (figures of a trace).
    """
    frames = tuple(
        _frame(box, layers.entries[i], layers.exits[i], notes.get(i, ""))
        for i, box in enumerate(sketch.boxes)
    )
    x = _columns(frames, layers)
    reach = [(x[i] - f.width / 2, x[i] + f.width / 2 + f.overhang) for i, f in enumerate(frames)]
    reach += [(at - 4, at + 4) for at in x[len(frames) :]]
    left = min((low for low, _ in reach), default=0.0) - MARGIN
    width = max((high for _, high in reach), default=0.0) - left + MARGIN
    x = [at - left for at in x]
    tops, bottoms = _heights(sketch, frames, layers, x)
    top = [
        (tops[layers.row_of[i]] + bottoms[layers.row_of[i]] - frame.height) / 2
        for i, frame in enumerate(frames)
    ]
    paths = tuple(
        tuple(_path(line, route, layers, frames, x, top, tops, bottoms))
        for line, route in zip(sketch.lines, layers.routes, strict=True)
    )
    below = TURN if _turns(sketch, layers, len(tops) - 1, above=False) else 0.0
    loose = max((STUB for i, b in enumerate(sketch.boxes) if b.exits
                 and layers.row_of[i] == len(tops) - 1), default=0.0)  # fmt: skip
    height = (bottoms[-1] if bottoms else 0.0) + loose + below + MARGIN
    return Places(width, height, frames, tuple(x[: len(frames)]), tuple(top), paths)


# -- sizes -----------------------------------------------------------------------------------


def name_width(anchor: Anchor) -> float:
    """Return the room a stream's name takes beside its line."""
    return text_width_px(shorten(anchor.name, NAME_LIMIT), SMALL_PX, mono=True) + 8


def tag_width(text: str) -> float:
    """Return the room a tag takes at its port."""
    return text_width_px(shorten(text, TAG_LIMIT), TAG_PX, mono=True)


def display_title(box: Box) -> str:
    """Return what is written in the box: the calculator without the word "Calculator"."""
    short = box.title.removesuffix("Calculator") or box.title
    return shorten(short, TITLE_LIMIT if box.shape in ("node", "source") else NAME_LIMIT)


def _frame(box: Box, entry_order: list[int], exit_order: list[int], note: str) -> Frame:
    if box.shape not in ("node", "source"):
        label = text_width_px(display_title(box), SMALL_PX + 1, mono=True)
        below = text_width_px(shorten(box.subtitle, NAME_LIMIT), TAG_PX, mono=True)
        width = max(label, below) + 30
        height = 36.0 if box.subtitle else 26.0
        return Frame(width, height, 0.0, (0.0,) * len(box.entries), (0.0,) * len(box.exits))
    title = text_width_px(display_title(box), TITLE_PX) * 1.05
    subtitle = text_width_px(shorten(box.subtitle, TITLE_LIMIT), SMALL_PX, mono=True)
    badges = sum(text_width_px(shorten(b, NAME_LIMIT), TAG_PX) + 20 for b in box.badges)
    tops = [box.entries[k] for k in entry_order]
    feet = [box.exits[k] for k in exit_order]
    entry_steps = [(tag_width(a.tag) + tag_width(b.tag)) / 2 + 10 for a, b in pairwise(tops)]
    exit_steps = [
        max((tag_width(a.tag) + tag_width(b.tag)) / 2, name_width(a)) + 10
        for a, b in pairwise(feet)
    ]
    ends = [tag_width(a.tag) for side in (tops, feet) for a in (side[:1] + side[-1:])]
    width = max(
        title + 32,
        subtitle + 32,
        badges + 20,
        text_width_px(note, SMALL_PX) + 40,
        sum(entry_steps) + max(ends, default=0) + 24,
        sum(exit_steps) + max(ends, default=0) + 24,
        96.0,
    )
    entries = _spread(entry_order, entry_steps, width)
    exits = _spread(exit_order, exit_steps, width)
    overhang = max((exits[k] + name_width(box.exits[k]) - width / 2 for k in exit_order), default=0)
    height = (
        12
        + TITLE_PX
        + (13 if box.subtitle else 0)
        + (17 if box.badges else 0)
        + (17 if note else 0)
        + (11 if any(a.tag for a in box.entries) else 0)
        + (11 if any(a.tag for a in box.exits) else 0)
        + 10
    )
    return Frame(width, height, max(0.0, overhang), tuple(entries), tuple(exits))


def _spread(order: list[int], steps: list[float], width: float) -> list[float]:
    """Return each port's offset from the centre: evenly spread where their steps allow it."""
    count = len(order)
    places = [width * ((k + 1) / (count + 1) - 0.5) for k in range(count)]
    if any(b - a < step for (a, b), step in zip(pairwise(places), steps, strict=True)):
        shifts = list(accumulate(steps, initial=0.0))
        places = [at - shifts[-1] / 2 for at in shifts]
    offsets = [0.0] * count
    for port, at in zip(order, places, strict=True):
        offsets[port] = at
    return offsets


# -- columns ---------------------------------------------------------------------------------


def _columns(frames: tuple[Frame, ...], layers: Layers) -> list[float]:
    """Place items so that lines are straight, most of all long ones; rows keep their order.

    Each row in turn solves its least squares problem exactly, by pooling adjacent violators.
    """
    boxes = len(frames)
    x = [0.0] * len(layers.row_of)
    neighbours: list[list[tuple[int, float, float]]] = [[] for _ in x]
    for link in layers.links:
        offset = _offset(frames, link)
        weight = 1.0 if link.upper < boxes and link.lower < boxes else 2.0
        if link.upper >= boxes and link.lower >= boxes:
            weight = 8.0
        neighbours[link.upper].append((link.lower, -offset, weight))
        neighbours[link.lower].append((link.upper, offset, weight))
    gaps = [[_gap(frames, a, b) for a, b in pairwise(row)] for row in layers.rows]
    for row, gap in zip(layers.rows, gaps, strict=True):
        at = -sum(gap) / 2
        for item, step in zip(row, [*gap, 0.0], strict=True):
            x[item] = at
            at += step
    count = len(layers.rows)
    for turn in range(_ITERATIONS):
        rows = range(count) if turn % 2 == 0 else range(count - 1, -1, -1)
        for r in rows:
            row = layers.rows[r]
            last = turn >= _ITERATIONS - 4
            wanted: list[tuple[float, float]] = []
            for item in row:
                links = [
                    (x[other] + offset, weight)
                    for other, offset, weight in neighbours[item]
                    if last or (layers.row_of[other] < r) == (turn % 2 == 0)
                ]
                total = sum(weight for _, weight in links)
                if total:
                    wanted.append((sum(at * weight for at, weight in links) / total, total))
                else:
                    wanted.append((x[item], 0.05))
            for item, at in zip(row, _separate(wanted, gaps[r]), strict=True):
                x[item] = at
    rooms = _Rooms(layers, gaps, x)
    for _ in range(3):
        for route in dict.fromkeys(layers.routes):
            _straighten(route, rooms)
    _draw_in(layers, rooms)
    return x


def _draw_in(layers: Layers, rooms: "_Rooms") -> None:
    """Bring lines that run upwards as near as the rows they pass allow."""
    outer = [r for r in dict.fromkeys(layers.routes) if r and r[0] in layers.aside]
    moved = True
    for _ in outer:  # each round frees the way for the line outside of one that came nearer
        if not moved:
            break
        moved = False
        for route in outer:
            limits = [rooms.of(item) for item in route]
            if layers.aside[route[0]] == LEFT:
                nearest = min(high for _, high in limits)
            else:
                nearest = max(low for low, _ in limits)
            if math.isfinite(nearest):
                moved = moved or any(abs(rooms.x[item] - nearest) > 0.01 for item in route)
                for item in route:
                    rooms.x[item] = nearest


class _Rooms:
    """How far each item can move between its neighbours as they are now."""

    def __init__(self, layers: Layers, gaps: list[list[float]], x: list[float]) -> None:
        self.x = x
        self._left: dict[int, tuple[int, float]] = {}
        self._right: dict[int, tuple[int, float]] = {}
        for row, gap in zip(layers.rows, gaps, strict=True):
            for (a, b), step in zip(pairwise(row), gap, strict=True):
                self._left[b] = (a, step)
                self._right[a] = (b, -step)

    def of(self, item: int) -> tuple[float, float]:
        """Return the lowest and the highest place `item` can take."""
        left, right = self._left.get(item), self._right.get(item)
        return (
            self.x[left[0]] + left[1] if left else -math.inf,
            self.x[right[0]] + right[1] if right else math.inf,
        )


def _straighten(route: tuple[int, ...], rooms: _Rooms) -> None:
    """Line up runs of a line's points as far as their neighbours leave room."""
    run: list[int] = []
    low, high = -math.inf, math.inf
    for item in (*route, None):
        if item is not None:
            least, most = rooms.of(item)
            if max(low, least) <= min(high, most):
                run.append(item)
                low, high = max(low, least), min(high, most)
                continue
        wanted = sum(rooms.x[i] for i in run) / len(run) if run else 0.0
        for i in run:
            rooms.x[i] = min(max(wanted, low), high)
        if item is not None:
            run = [item]
            low, high = rooms.of(item)


def _offset(frames: tuple[Frame, ...], link: Link) -> float:
    """Return how far `lower`'s centre is right of `upper`'s when their link is vertical."""
    above = frames[link.upper].exits[link.exit] if link.upper < len(frames) else 0.0
    below = frames[link.lower].entries[link.entry] if link.lower < len(frames) else 0.0
    return above - below


def _gap(frames: tuple[Frame, ...], left: int, right: int) -> float:
    half_left = frames[left].width / 2 + frames[left].overhang if left < len(frames) else 0.0
    half_right = frames[right].width / 2 if right < len(frames) else 0.0
    both_boxes = left < len(frames) and right < len(frames)
    return half_left + half_right + (GAP if both_boxes else POINT_GAP)


def _separate(wanted: list[tuple[float, float]], gaps: list[float]) -> list[float]:
    """Return the places nearest to those wanted (weighted squares) that keep the gaps."""
    shifts = [0.0]
    for gap in gaps:
        shifts.append(shifts[-1] + gap)
    blocks: list[tuple[float, float, int]] = []
    for (at, weight), shift in zip(wanted, shifts, strict=True):
        mean, mass, size = at - shift, weight, 1
        while blocks and blocks[-1][0] > mean:
            before, other, count = blocks.pop()
            mean = (before * other + mean * mass) / (other + mass)
            mass += other
            size += count
        blocks.append((mean, mass, size))
    means = [mean for mean, _, size in blocks for _ in range(size)]
    return [mean + shift for mean, shift in zip(means, shifts, strict=True)]


# -- heights and paths -----------------------------------------------------------------------


def _turns(sketch: Sketch, layers: Layers, row: int, *, above: bool) -> bool:
    """Whether a line that runs upwards turns round above or below a row."""
    for line, route in zip(sketch.lines, layers.routes, strict=True):
        box = line.target if above else line.source
        if route and route[0] in layers.aside and layers.row_of[box] == row:
            return True
    return False


def _heights(
    sketch: Sketch, frames: tuple[Frame, ...], layers: Layers, x: list[float]
) -> tuple[list[float], list[float]]:
    shift = [0.0] * (len(layers.rows) + 1)
    for link in layers.links:
        across = abs(x[link.lower] - x[link.upper] - _offset(frames, link))
        r = layers.row_of[link.upper]
        shift[r] = max(shift[r], across)
    tops: list[float] = []
    bottoms: list[float] = []
    at = MARGIN
    for r, row in enumerate(layers.rows):
        if _turns(sketch, layers, r, above=True):
            at += TURN
        tops.append(at)
        at += max((frames[i].height for i in row if i < len(frames)), default=0.0)
        bottoms.append(at)
        at += STUB + 26 + min(46.0, shift[r] * 0.10)
        if _turns(sketch, layers, r, above=False):
            at += TURN
    return tops, bottoms


def _path(
    line: Line,
    route: tuple[int, ...],
    layers: Layers,
    frames: tuple[Frame, ...],
    x: list[float],
    top: list[float],
    tops: list[float],
    bottoms: list[float],
) -> list[tuple[str, float, float]]:
    x0 = x[line.source] + frames[line.source].exits[line.exit]
    x1 = x[line.target] + frames[line.target].entries[line.entry]
    source, target = layers.row_of[line.source], layers.row_of[line.target]
    path = [("M", x0, top[line.source] + frames[line.source].height)]
    y = bottoms[source] + STUB
    path.append(("L", x0, y))
    if route and route[0] in layers.aside:
        path += _turn(x0, x[route[0]], y, TURN)
        here = x[route[0]]
        path.append(("L", here, tops[source]))
        for point, r in zip(route[1:], range(source - 1, target - 1, -1), strict=True):
            path += _curve(here, tops[r + 1], x[point], bottoms[r] + STUB)
            here = x[point]
            path.append(("L", here, tops[r]))
        path += _turn(here, x1, tops[target], -TURN)
    else:
        here = x0
        for point, r in zip(route, range(source + 1, target), strict=True):
            path += _curve(here, y, x[point], tops[r])
            here, y = x[point], bottoms[r] + STUB
            path.append(("L", here, y))
        path += _curve(here, y, x1, tops[target])
    path.append(("L", x1, top[line.target]))
    return path


def _curve(x0: float, y0: float, x1: float, y1: float) -> list[tuple[str, float, float]]:
    if abs(x0 - x1) < 0.5:
        return [("L", x1, y1)]
    middle = (y0 + y1) / 2
    return [("C", x0, middle), ("C", x1, middle), ("C", x1, y1)]


def _turn(x0: float, x1: float, y: float, depth: float) -> list[tuple[str, float, float]]:
    far = y + depth * 4 / 3
    return [("C", x0, far), ("C", x1, far), ("C", x1, y)]
