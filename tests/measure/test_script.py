import json
from pathlib import Path

import pytest

from firsthand.errors import InputError
from firsthand.measure import Figure, Findings, data_root, read, run_benchmark


def test_a_script_writes_its_results_and_ends_with_the_json_line(tmp_path, capsys):
    asked = []

    def measure(options):
        asked.append(options)
        return Findings({"speed": Figure(2.0, 1.0, 3.0, "ms")}, {"peer": "1.0"}, ("[loud] noise",))

    script = tmp_path / "thing_speed.py"
    assert run_benchmark(script, "How fast?", measure, ["--seed", "5"]) == 0
    assert (asked[0].quick, asked[0].seed) == (False, 5)
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[-1]) == {"benchmark": "thing_speed", "figures": {"speed": 2.0}}
    assert "noise: [loud] noise" in lines
    stored = read(tmp_path / "results" / "thing_speed.json")
    assert stored.versions["peer"] == "1.0"
    assert stored.question == "How fast?"
    assert stored.seed == 5


def test_quick_results_and_plots_have_names_of_their_own(tmp_path):
    plots = []

    def measure(options):
        plots.extend([options.plot(), options.plot("detail")])
        return Findings({"speed": Figure(2.0)})

    run_benchmark(tmp_path / "a.py", "?", measure, ["--quick", "--results", str(tmp_path / "r")])
    run_benchmark(tmp_path / "a.py", "?", measure, ["--results", str(tmp_path / "r")])
    assert [path.name for path in plots] == [
        "a.quick.svg", "a_detail.quick.svg", "a.svg", "a_detail.svg",
    ]  # fmt: skip
    assert (tmp_path / "r" / "a.quick.json").exists()


def test_an_error_of_ours_is_told_in_one_line(tmp_path, capsys):
    def measure(options):
        raise InputError("no data at all")

    assert run_benchmark(tmp_path / "a.py", "?", measure, []) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "a.py: no data at all\n"
    assert not (tmp_path / "results").exists()


def test_data_is_found_by_variable_or_beside_the_checkout(tmp_path, monkeypatch):
    script = tmp_path / "checkout" / "benchmarks" / "a.py"
    monkeypatch.delenv("FIRSTHAND_DATA", raising=False)
    with pytest.raises(InputError, match="FIRSTHAND_DATA"):
        data_root(script)
    beside = tmp_path / "shared" / "data"
    beside.mkdir(parents=True)
    assert data_root(script) == beside
    monkeypatch.setenv("FIRSTHAND_DATA", str(tmp_path))
    assert data_root(script) == Path(tmp_path)
