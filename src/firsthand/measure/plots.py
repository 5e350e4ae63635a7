"""Plots in one house style, written as SVG or PNG that is the same byte for byte every time.

Needs matplotlib (`pip install 'firsthand[plots]'`), which is loaded on the first plot. Figures
are made without pyplot, so no global state, display or open window is involved.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from firsthand.errors import InputError, MissingDependencyError
from firsthand.measure.bootstrap import Interval
from firsthand.measure.tables import format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's palette, told apart by colour-blind readers (jfly.uni-koeln.de/color).
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = "osD^vPX"
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "figure.dpi": 100,
    "savefig.dpi": 150,
    "svg.hashsalt": "firsthand",
    "svg.fonttype": "none",
}

Series = Mapping[str, tuple[ArrayLike, ArrayLike]]
"""Named curves or clouds: (n,) x and (n,) y."""


def plot_ratios(
    ratios: Mapping[str, Interval], path: Path, *, title: str = "", label: str = "ratio"
) -> Path:
    """Draw ratios with their intervals on a logarithmic axis, a line marking 1 (no difference)."""
    if not ratios or any(ratio.low <= 0 for ratio in ratios.values()):
        raise InputError("a ratio plot needs ratios whose limits are above 0")
    with house_axes(path, title, (6.4, 1.2 + 0.4 * len(ratios))) as axes:
        places = np.arange(len(ratios))[::-1]
        values = np.array([ratio.value for ratio in ratios.values()])
        lows = np.array([ratio.low for ratio in ratios.values()])
        highs = np.array([ratio.high for ratio in ratios.values()])
        # A bootstrap limit can lie beyond its estimate; a whisker cannot have negative length.
        reach = np.maximum([values - lows, highs - values], 0)
        axes.errorbar(values, places, xerr=reach, fmt="o", color=PALETTE[0], capsize=3)
        axes.axvline(1, color="#555555", linewidth=1)
        for place, value, high in zip(places, values, highs, strict=True):
            axes.annotate(
                format_number(float(value)),
                (max(value, high), place),
                xytext=(6, 0),
                textcoords="offset points",
                verticalalignment="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )
        axes.set_xscale("log")
        mark_log_axis(axes, min(1.0, *lows), max(1.0, *highs))
        axes.set_xlim(min(1.0, *lows) / 1.15, max(1.0, *highs) * 1.25)
        axes.set_yticks(places, list(ratios))
        axes.set_ylim(-0.6, len(ratios) - 0.4)
        axes.set_xlabel(label)
    return path


def plot_confusion(
    counts: ArrayLike, labels: Sequence[str], path: Path, *, title: str = ""
) -> Path:
    """Draw a confusion matrix: `counts` (k, k), rows the true class, columns the answer.

    Colour shows each cell's share of its row, the number its count.
    """
    table = np.asarray(counts)
    if table.shape != (len(labels), len(labels)) or not len(labels):
        raise InputError(f"a confusion matrix of {len(labels)} labels cannot be {table.shape}")
    if np.any(table < 0):
        raise InputError("a confusion matrix cannot hold negative counts")
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    side = 2.0 + 0.42 * len(labels)
    with house_axes(path, title, (side, side)) as axes:
        axes.grid(visible=False)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(table):
            if count:
                colour = "white" if shares[row, column] > 0.5 else "black"
                axes.text(
                    column, row, format_number(float(count)), color=colour, ha="center",
                    va="center", fontsize=8,
                )  # fmt: skip
        places = range(len(labels))
        axes.set_xticks(places, list(labels), rotation=90)
        axes.set_yticks(places, list(labels))
        axes.set_xlabel("answered")
        axes.set_ylabel("true")
    return path


def plot_lines(
    series: Series, path: Path, *, x_label: str, y_label: str, title: str = "", log_x: bool = False
) -> Path:
    """Draw named curves with their points marked."""
    with house_axes(path, title, (6.4, 4.0)) as axes:
        for index, (name, (x, y)) in enumerate(_checked(series).items()):
            axes.plot(x, y, label=name, markersize=4, **_look(index))
        _finish(axes, x_label, y_label, log_x, legend=len(series) > 1)
    return path


def plot_scatter(
    series: Series, path: Path, *, x_label: str, y_label: str, title: str = "", log_x: bool = False
) -> Path:
    """Draw named clouds of points."""
    with house_axes(path, title, (6.4, 4.0)) as axes:
        for index, (name, (x, y)) in enumerate(_checked(series).items()):
            axes.plot(x, y, label=name, markersize=5, linestyle="none", **_look(index))
        _finish(axes, x_label, y_label, log_x, legend=len(series) > 1)
    return path


def plot_log_log(
    groups: Series, path: Path, *, x_label: str, y_label: str, title: str = ""
) -> Path:
    """Draw groups of points above 0 on two logarithmic axes; raises `InputError` for others."""
    checked = _checked(groups)
    for name, (x, y) in checked.items():
        if not (np.all(x > 0) and np.all(y > 0)):
            raise InputError(f"{name!r} has points that are not above 0: no logarithm shows them")
    with house_axes(path, title, (6.4, 4.6)) as axes:
        for index, (name, (x, y)) in enumerate(checked.items()):
            axes.plot(x, y, label=name, markersize=5, linestyle="none", **_look(index))
        _finish(axes, x_label, y_label, log_x=True, legend=len(groups) > 1)
        axes.set_yscale("log")
        shown = np.concatenate([y for _, y in checked.values()])
        ticks = _log_ticks(float(shown.min()), float(shown.max()))
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_yticks([], minor=True)
    return path


@contextmanager
def house_axes(path: Path, title: str, size_inches: tuple[float, float]) -> "Iterator[Axes]":
    """Give axes in the house style, written as `path`, .svg or .png, when the block ends.

    Raises `InputError` for another ending and `MissingDependencyError` without matplotlib.
    """
    if path.suffix not in (".svg", ".png"):
        raise InputError(f"plots are written as .svg or .png, not {path.name!r}")
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError(
            "plots need matplotlib: pip install 'firsthand[plots]'"
        ) from error
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=size_inches, layout="constrained")
        axes = figure.add_subplot()
        if title:
            axes.set_title(title)
        yield axes
        undated = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        path.parent.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a box is drawn for it
            figure.savefig(path, metadata=undated)


def _checked(series: Series) -> dict[str, tuple[Any, Any]]:
    if not series:
        raise InputError("nothing to draw: series is empty")
    arrays = {name: (np.asarray(x), np.asarray(y)) for name, (x, y) in series.items()}
    for name, (x, y) in arrays.items():
        if x.ndim != 1 or x.shape != y.shape:
            raise InputError(f"series {name!r} needs x and y of one length: {x.shape}, {y.shape}")
    return arrays


def _look(index: int) -> dict[str, Any]:
    return {"color": PALETTE[index % len(PALETTE)], "marker": _MARKERS[index % len(_MARKERS)]}


def _finish(axes: "Axes", x_label: str, y_label: str, log_x: bool, *, legend: bool) -> None:
    if log_x:
        axes.set_xscale("log")
        shown = np.concatenate([np.asarray(line.get_xdata(), float) for line in axes.get_lines()])
        shown = shown[shown > 0]
        if shown.size:
            mark_log_axis(axes, float(shown.min()), float(shown.max()))
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    if legend:
        axes.legend()


def mark_log_axis(axes: "Axes", low: float, high: float) -> None:
    """Mark a logarithmic axis that shows `low` to `high`, in plain numbers."""
    ticks = _log_ticks(low, high)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)


def _log_ticks(low: float, high: float) -> list[float]:
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps = (
        (1, 1.2, 1.5, 2, 3, 5, 7) if high / low < 10 else (1, 2, 5) if high / low < 100 else (1,)
    )
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    return [tick for tick in ticks if low / 1.15 <= tick <= high * 1.25]
