import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError
from firsthand.measure import (
    BenchmarkResult,
    Figure,
    Interval,
    Machine,
    describe_machine,
    last_line,
    package_versions,
    print_last_line,
    read,
    to_markdown,
    write,
)

MACHINE = Machine("Some CPU", 4, 2, 8.0, "Linux x86_64", "3.11.7", 0.1)


def result(**changes):
    fields = {
        "name": "graph_chain",
        "question": "How long?",
        "figures": {
            "ratio": Figure(1.5, 1.25, 1.75, "", "peer over ours", 30),
            "us_per_packet": Figure(12.0),
        },
        "machine": MACHINE,
        "date": "2026-01-31",
        "versions": {"numpy": "2.4.6"},
        "seed": 7,
        "quick": False,
        "noise": ("a neighbour was loud",),
    }
    return BenchmarkResult(**{**fields, **changes})


def test_the_json_document_holds_every_figure_with_its_provenance(tmp_path):
    path, _ = write(result(), tmp_path / "new")
    assert path == tmp_path / "new" / "graph_chain.json"
    assert json.loads(path.read_text()) == {
        "benchmark": "graph_chain",
        "question": "How long?",
        "figures": {
            "ratio": {
                "value": 1.5, "low": 1.25, "high": 1.75,
                "unit": "", "note": "peer over ours", "n": 30,
            },
            "us_per_packet": {
                "value": 12.0, "low": None, "high": None, "unit": "", "note": "", "n": None,
            },
        },
        "machine": {
            "cpu": "Some CPU", "cores": 4, "cores_available": 2, "memory_gb": 8.0,
            "system": "Linux x86_64", "python": "3.11.7", "load": 0.1,
        },
        "date": "2026-01-31",
        "versions": {"numpy": "2.4.6"},
        "seed": 7,
        "quick": False,
        "noise": ["a neighbour was loud"],
    }  # fmt: skip


finite = st.floats(allow_nan=False, allow_infinity=False)
limits = st.tuples(finite, finite).map(sorted) | st.just([None, None])
figures = st.builds(
    lambda value, low_high, unit, note, n: Figure(value, *low_high, unit, note, n),
    finite, limits, st.text(max_size=5), st.text(max_size=20), st.none() | st.integers(0),
)  # fmt: skip
names = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_]{0,20}\Z")


@given(st.dictionaries(names, figures, min_size=1, max_size=5), st.booleans())
def test_reading_is_the_inverse_of_writing(tmp_path_factory, figures, quick):
    original = result(figures=figures, quick=quick)
    path, _ = write(original, tmp_path_factory.mktemp("results"))
    assert read(path) == original


def test_the_last_line_is_one_json_object_of_values(capsys):
    print_last_line(result(quick=True))
    printed = capsys.readouterr().out
    assert printed == last_line(result()) + "\n"
    assert printed.count("\n") == 1
    assert json.loads(printed) == {
        "benchmark": "graph_chain",
        "figures": {"ratio": 1.5, "us_per_packet": 12.0},
    }


def test_a_quick_run_leaves_the_full_results_alone(tmp_path):
    full = [path.read_bytes() for path in write(result(), tmp_path)]
    write(result(quick=True, figures={"ratio": Figure(99)}), tmp_path)
    assert [(tmp_path / f"graph_chain.{kind}").read_bytes() for kind in ("json", "md")] == full
    assert read(tmp_path / "graph_chain.quick.json").quick


def test_writing_replaces_and_leaves_nothing_else_behind(tmp_path):
    write(result(), tmp_path)
    write(result(seed=8), tmp_path)
    assert read(tmp_path / "graph_chain.json").seed == 8
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "graph_chain.json",
        "graph_chain.md",
    ]


def test_a_failed_write_keeps_the_old_file_and_no_remains(tmp_path):
    write(result(), tmp_path)
    kept = (tmp_path / "graph_chain.json").read_bytes()
    with pytest.raises(UnicodeEncodeError):
        write(result(question="half a surrogate: \ud800"), tmp_path)
    assert (tmp_path / "graph_chain.json").read_bytes() == kept
    assert len(list(tmp_path.iterdir())) == 2


def test_the_page_shows_question_figures_limits_machine_and_doubts():
    page = to_markdown(result(quick=True))
    for piece in (
        "# graph_chain",
        "How long?",
        "1.25 .. 1.75",
        "peer over ours",
        "Some CPU",
        "2026-01-31",
        "numpy 2.4.6",
        "python benchmarks/graph_chain.py --quick",
        "- a neighbour was loud",
    ):
        assert piece in page


@pytest.mark.parametrize(
    "wrong",
    [
        (math.nan,),
        (math.inf,),
        (1.0, 0.5),
        (1.0, None, 0.5),
        (1.0, 2.0, 1.0),
        (1.0, math.nan, 2.0),
        (1.0, 0.0, math.inf),
    ],
)
def test_figures_without_sense_are_refused(wrong):
    with pytest.raises(InputError):
        Figure(*wrong)


def test_a_figure_of_an_interval():
    assert Figure.of(Interval(2, 1, 3), "ms", "note", 9) == Figure(2, 1, 3, "ms", "note", 9)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../escape"},
        {"name": ""},
        {"figures": {}},
        {"figures": {"two words": Figure(1)}},
        {"figures": {"a/b": Figure(1)}},
    ],
)
def test_names_that_are_no_names_are_refused(changes):
    with pytest.raises(InputError):
        result(**changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"benchmark": "a", "figures": []}',
        '{"figures": {"a": {"value": NaN}}}',
    ],
)
def test_files_that_are_no_results_are_named(tmp_path, text):
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"broken\.json is not a benchmark result"):
        read(path)


def test_this_machine_describes_itself_without_its_name():
    import platform

    machine = describe_machine()
    assert machine.cores >= machine.cores_available >= 1
    assert machine.memory_gb > 0
    assert machine.cpu
    assert platform.python_version() in str(machine)
    assert platform.node() not in str(machine).split()


def test_versions_of_what_is_installed_only():
    import numpy

    assert package_versions(["numpy", "no-such-package-anywhere"]) == {"numpy": numpy.__version__}
    assert "firsthand" in package_versions()
