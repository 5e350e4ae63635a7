import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from firsthand.errors import InputError, MissingDependencyError
from firsthand.measure import (
    Interval,
    plot_confusion,
    plot_lines,
    plot_log_log,
    plot_ratios,
    plot_scatter,
)

RATIOS = {"one hand": Interval(1.4, 1.3, 1.5), "two hands": Interval(0.8, 0.7, 0.95)}
CURVES = {"ours": ([1, 2, 3], [3.0, 2.0, 1.5]), "peer": ([1, 2, 3], [4.0, 4.0, 3.0])}


def draw_all(folder, suffix):
    return [
        plot_ratios(RATIOS, folder / f"ratios{suffix}", title="t", label="peer / ours"),
        plot_confusion([[5, 1], [0, 7]], ["fist", "victory"], folder / f"confusion{suffix}"),
        plot_lines(CURVES, folder / f"lines{suffix}", x_label="n", y_label="ms", log_x=True),
        plot_scatter(CURVES, folder / f"scatter{suffix}", x_label="n", y_label="ms"),
        plot_log_log(CURVES, folder / f"log_log{suffix}", x_label="n", y_label="ms"),
    ]


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_same_plot_is_the_same_file(tmp_path, suffix):
    first = [path.read_bytes() for path in draw_all(tmp_path / "a", suffix)]
    second = [path.read_bytes() for path in draw_all(tmp_path / "b", suffix)]
    assert first == second


@pytest.mark.slow
def test_the_same_plot_is_the_same_file_in_another_process(tmp_path):
    script = (
        "import sys; from pathlib import Path; from firsthand.measure import *\n"
        "plot_lines({'a': ([1, 2], [3, 4])}, Path(sys.argv[1]), x_label='x', y_label='y')"
    )
    paths = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for path in paths:
        subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_labels_and_values_are_text_in_the_drawing(tmp_path):
    ratios, confusion, lines, _, log_log = [
        " ".join(ElementTree.parse(path).getroot().itertext())
        for path in draw_all(tmp_path, ".svg")
    ]
    for piece in ("one hand", "two hands", "1.40", "0.800", "peer / ours"):
        assert piece in ratios
    for piece in ("fist", "victory", "7", "true", "answered"):
        assert piece in confusion
    for piece in ("ours", "peer", "ms"):
        assert piece in lines
        assert piece in log_log


def test_nothing_global_is_changed(tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    draw_all(tmp_path, ".svg")
    assert dict(matplotlib.rcParams) == before


def test_a_limit_on_the_wrong_side_of_its_estimate_is_drawn_all_the_same(tmp_path):
    assert plot_ratios({"odd": Interval(1.0, 1.01, 1.02)}, tmp_path / "odd.svg").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda path: plot_ratios({}, path),
        lambda path: plot_ratios({"a": Interval(1, 0, 2)}, path),
        lambda path: plot_ratios(RATIOS, path.with_suffix(".gif")),
        lambda path: plot_confusion([[1, 2]], ["a"], path),
        lambda path: plot_confusion(np.zeros((0, 0)), [], path),
        lambda path: plot_confusion([[-1]], ["a"], path),
        lambda path: plot_lines({}, path, x_label="", y_label=""),
        lambda path: plot_lines({"a": ([1], [1, 2])}, path, x_label="", y_label=""),
        lambda path: plot_log_log({"a": ([1, 0], [1, 2])}, path, x_label="", y_label=""),
        lambda path: plot_log_log({}, path, x_label="", y_label=""),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_no_file(tmp_path, wrong):
    with pytest.raises(InputError):
        wrong(tmp_path / "plot.svg")
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r"firsthand\[plots\]"):
        plot_ratios(RATIOS, tmp_path / "plot.svg")


def test_importing_measure_loads_no_matplotlib_and_no_rich():
    script = (
        "import sys, firsthand.measure\n"
        "print([m for m in ('matplotlib', 'rich', 'cv2', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert done.stdout.strip() == b"[]"
