"""Which layer every box is in, and the order within layers: Sugiyama's method.

Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures",
IEEE Trans. SMC 11(2), 1981: longest path layering, points for long lines, barycentre sweeps.
Lines of one stream share their points, so a stream read in many places is one trunk.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from firsthand.errors import ConfigError
from firsthand.graph.drawing.sketch import Line, Sketch

SWEEPS: Final = 24
MAX_POINTS: Final = 200_000
LEFT: Final = -1
RIGHT: Final = 1


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of line from a port of `upper` to a port of `lower`, one layer below.

    Ports are exits of a box, entries of a box, or 0 for a point.
    """

    upper: int
    exit: int
    lower: int
    entry: int


@dataclass(slots=True)
class Layers:
    """Items are boxes (their index in the sketch) and, numbered after them, points of lines.

    `routes` holds the points of each line from its source to its target. Lines that run upwards
    have points of their own from the source's row to the target's, both included, `aside` at the
    left or right end of the rows. `entries` and `exits` are the ports of each box from left to
    right: tags are written beside them, so their order is free to save crossings.
    """

    rows: list[list[int]]
    row_of: list[int]
    links: list[Link]
    routes: list[tuple[int, ...]]
    aside: dict[int, int] = field(default_factory=dict)
    entries: list[list[int]] = field(default_factory=list)
    exits: list[list[int]] = field(default_factory=list)


def arrange(sketch: Sketch) -> Layers:
    """Put boxes and points into rows, and order each row for few crossings."""
    rows_of = _assign_rows(sketch)
    layers = _add_points(sketch, rows_of)
    _order(sketch, layers)
    return layers


# -- rows ------------------------------------------------------------------------------------


def _assign_rows(sketch: Sketch) -> list[int]:
    forward = [line for line in sketch.lines if not line.back]
    above: dict[int, list[Line]] = defaultdict(list)
    below: dict[int, list[Line]] = defaultdict(list)
    for line in forward:
        above[line.target].append(line)
        below[line.source].append(line)
    order = _topological(len(sketch.boxes), above, below)
    row = [0] * len(sketch.boxes)
    for i in order:
        row[i] = max((row[line.source] + 1 for line in above[i]), default=0)
    for _ in range(2):
        for i in reversed(order):
            _pull_down(sketch, i, row, above, below)
    used = {old: new for new, old in enumerate(sorted(set(row)))}
    return [used[r] for r in row]


def _topological(
    count: int, above: dict[int, list[Line]], below: dict[int, list[Line]]
) -> list[int]:
    waiting = [len(above[i]) for i in range(count)]
    order = [i for i in range(count) if not waiting[i]]
    for i in order:
        for line in below[i]:
            waiting[line.target] -= 1
            if not waiting[line.target]:
                order.append(line.target)
    assert len(order) == count, "the sketch left a cycle without a back line"
    return order


def _pull_down(
    sketch: Sketch,
    i: int,
    row: list[int],
    above: dict[int, list[Line]],
    below: dict[int, list[Line]],
) -> None:
    """Move a box to the row where the trunks above and below it are shortest together."""
    if not below[i] or sketch.boxes[i].shape == "input":
        return
    lowest = min(row[line.target] for line in below[i]) - 1
    highest = max((row[line.source] + 1 for line in above[i]), default=0)
    if lowest <= highest:
        return
    exits = len({line.exit for line in below[i]})
    # How far the streams it reads go anyway, for the sake of other readers.
    reach = [
        max(
            [row[other.target] for other in below[line.source]
             if other.exit == line.exit and other.target != i],
            default=0,
        )
        for line in above[i]
    ]  # fmt: skip
    best = min(
        range(highest, lowest + 1),
        key=lambda r: (sum(max(0, r - far) for far in reach) - exits * r, -r),
    )
    row[i] = best


# -- points ----------------------------------------------------------------------------------


def _add_points(sketch: Sketch, box_rows: list[int]) -> Layers:
    row_of = list(box_rows)
    links: dict[Link, None] = {}
    trunks: dict[tuple[int, int, int], int] = {}
    routes: list[tuple[int, ...]] = []
    aside: dict[int, int] = {}
    for line in sketch.lines:
        if line.back and row_of[line.target] <= row_of[line.source]:
            rows_up = range(row_of[line.source], row_of[line.target] - 1, -1)
            points = range(len(row_of), len(row_of) + len(rows_up))
            row_of += rows_up
            for lower, upper in pairwise(points):
                links[Link(upper, 0, lower, 0)] = None
            aside.update(dict.fromkeys(points, RIGHT))
            routes.append(tuple(points))
            continue
        route: list[int] = []
        at, exit_ = line.source, line.exit
        for r in range(row_of[line.source] + 1, row_of[line.target]):
            key = (line.source, line.exit, r)
            if key not in trunks:
                trunks[key] = len(row_of)
                row_of.append(r)
            links[Link(at, exit_, trunks[key], 0)] = None
            at, exit_ = trunks[key], 0
            route.append(at)
        links[Link(at, exit_, line.target, line.entry)] = None
        routes.append(tuple(route))
        if len(row_of) > MAX_POINTS:
            raise ConfigError(f"the graph's lines pass more rows than can be drawn ({MAX_POINTS})")
    rows: list[list[int]] = [[] for _ in range(max(row_of, default=-1) + 1)]
    for item, r in enumerate(row_of):
        rows[r].append(item)
    return Layers(rows, row_of, list(links), routes, aside)


# -- order -----------------------------------------------------------------------------------


class _Orderer:
    """Positions of items in their rows and of ports on their boxes, and who is linked to whom."""

    def __init__(self, sketch: Sketch, layers: Layers) -> None:
        self.layers = layers
        self.position = [0.0] * len(layers.row_of)
        points = [[0.5]] * (len(layers.row_of) - len(sketch.boxes))
        layers.entries = [list(range(len(box.entries))) for box in sketch.boxes]
        layers.exits = [list(range(len(box.exits))) for box in sketch.boxes]
        self.entry_at = [_fractions(order) for order in layers.entries] + points
        self.exit_at = [_fractions(order) for order in layers.exits] + points
        self.up: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        self.down: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for link in layers.links:
            self.up[link.lower].append((link.upper, link.exit, link.entry))
            self.down[link.upper].append((link.lower, link.entry, link.exit))
        for row in layers.rows:
            self.number(row)

    def number(self, row: list[int]) -> None:
        for k, item in enumerate(row):
            self.position[item] = float(k)

    def ends(self, item: int, upwards: bool) -> list[float]:
        """Where the links of `item` end in the row above or below, ports as fractions."""
        if upwards:
            return [self.position[o] + self.exit_at[o][p] for o, p, _ in self.up[item]]
        return [self.position[o] + self.entry_at[o][p] for o, p, _ in self.down[item]]

    def sort_ports(self) -> None:
        """Order the ports of every box by where their links lead."""
        for box, (entries, exits) in enumerate(
            zip(self.layers.entries, self.layers.exits, strict=True)
        ):
            if len(entries) > 1:
                self._sort(entries, [(p, self.position[o] + self.exit_at[o][q])
                                     for o, q, p in self.up[box]])  # fmt: skip
                self.entry_at[box] = _fractions(entries)
            if len(exits) > 1:
                self._sort(exits, [(p, self.position[o] + self.entry_at[o][q])
                                   for o, q, p in self.down[box]])  # fmt: skip
                self.exit_at[box] = _fractions(exits)

    @staticmethod
    def _sort(ports: list[int], ends: list[tuple[int, float]]) -> None:
        far: dict[int, list[float]] = defaultdict(list)
        for port, end in ends:
            far[port].append(end)
        mean = {port: sum(where) / len(where) for port, where in far.items()}
        # A port that leads nowhere, or aside, keeps its place among the others.
        linked = iter(sorted((p for p in ports if p in mean), key=mean.__getitem__))
        ports[:] = [next(linked) if p in mean else p for p in ports]

    def sweep(self, downwards: bool) -> None:
        rows = self.layers.rows
        for row in rows[1:] if downwards else rows[-2::-1]:
            keys: dict[int, tuple[int, float]] = {}
            for item in row:
                ends = self.ends(item, downwards)
                mean = sum(ends) / len(ends) if ends else self.position[item] + 0.5
                keys[item] = (self.layers.aside.get(item, 0), mean)
            row.sort(key=keys.__getitem__)
            self.number(row)

    def crossings(self) -> int:
        """Count crossings between all neighbouring rows by counting inversions."""
        total = 0
        for row in self.layers.rows[:-1]:
            ends: list[tuple[float, float]] = []
            for item in row:
                for other, entry, exit_ in self.down[item]:
                    ends.append(
                        (
                            self.position[item] + self.exit_at[item][exit_],
                            self.position[other] + self.entry_at[other][entry],
                        )
                    )
            ends.sort()
            seen: list[float] = []
            for _, end in ends:
                total += len(seen) - bisect_left(seen, end + 1e-9)
                insort(seen, end)
        return total

    def swap_neighbours(self) -> bool:
        """Swap items side by side wherever that saves crossings; return whether any was."""
        swapped = False
        for row in self.layers.rows:
            ends = {i: (sorted(self.ends(i, True)), sorted(self.ends(i, False))) for i in row}
            for k in range(len(row) - 1):
                a, b = row[k], row[k + 1]
                if self.layers.aside.get(a, 0) != self.layers.aside.get(b, 0):
                    continue
                now = sum(_crossed(ends[a][side], ends[b][side]) for side in (0, 1))
                then = sum(_crossed(ends[b][side], ends[a][side]) for side in (0, 1))
                if then < now:
                    row[k], row[k + 1] = b, a
                    swapped = True
            self.number(row)
        return swapped


def _fractions(order: list[int]) -> list[float]:
    """Return where along its box each port is, 0 to 1, by its number."""
    at = [0.0] * len(order)
    for place, port in enumerate(order):
        at[port] = (place + 1) / (len(order) + 1)
    return at


def _crossed(left: list[float], right: list[float]) -> int:
    """Count pairs where a link of the left item ends to the right of one of the right item."""
    return sum(len(left) - bisect_left(left, end + 1e-9) for end in right)


def _order(sketch: Sketch, layers: Layers) -> None:
    orderer = _Orderer(sketch, layers)
    _reduce_crossings(layers, orderer)
    if _choose_sides(sketch, layers, orderer):
        for row in layers.rows:
            row.sort(key=lambda item: (layers.aside.get(item, 0), orderer.position[item]))
            orderer.number(row)
    for _ in range(2):
        orderer.sort_ports()
        _reduce_crossings(layers, orderer)
    orderer.sort_ports()


def _reduce_crossings(layers: Layers, orderer: _Orderer) -> None:
    best, fewest = [list(row) for row in layers.rows], orderer.crossings()
    for sweep in range(SWEEPS):
        if not fewest:
            break
        orderer.sweep(downwards=sweep % 2 == 0)
        count = orderer.crossings()
        if count < fewest:
            best, fewest = [list(row) for row in layers.rows], count
    for row, ordered in zip(layers.rows, best, strict=True):
        row[:] = ordered
        orderer.number(row)
    for _ in range(8):
        if not orderer.swap_neighbours():
            break


def _choose_sides(sketch: Sketch, layers: Layers, orderer: _Orderer) -> bool:
    """Send each back line along the nearer edge of the drawing; return whether any is left."""
    moved = False
    for line, route in zip(sketch.lines, layers.routes, strict=True):
        if not line.back or not route or route[0] not in layers.aside:
            continue
        where = 0.0
        for box in (line.source, line.target):
            width = len(layers.rows[layers.row_of[box]])
            where += (orderer.position[box] + 0.5) / width - 0.5
        if where < -0.05:
            layers.aside.update(dict.fromkeys(route, LEFT))
            moved = True
    return moved
