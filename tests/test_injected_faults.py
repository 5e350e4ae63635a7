"""Faults that the benchmarks inject for real, those that take seconds: each must end well."""

import pytest

from faults import FAULTS, Fault, Outcome, fault, plain, refusal
from firsthand.errors import InputError, ModelError
from robustness_faults import SYSTEMS, counted, figure, load

QUICK = [each for each in load() if each.quick]


@pytest.mark.parametrize("each", QUICK, ids=lambda each: each.name)
def test_it_ends_well(each, tmp_path):
    found = each.outcome(tmp_path / each.name)
    assert found.ok, found.happened


def test_every_system_is_tried():
    assert {each.system for each in QUICK} == set(SYSTEMS)
    names = [each.name for each in FAULTS]
    assert len(set(names)) == len(names)
    assert not any(": " in each.title or "; lost: " in each.title for each in FAULTS)


def test_what_comes_out_is_no_good_end(tmp_path):
    def broken(folder):
        raise ZeroDivisionError(f"in {folder}/here")

    found = Fault("call", "call_broken", "Broken", broken, quick=True).outcome(tmp_path / "a")
    assert (found.ok, found.happened) == (False, "ZeroDivisionError came out: in here")
    assert found.lost == "unknown"


def test_a_fault_is_listed_under_its_system():
    @fault("call", "Made up", quick=False)
    def made_up(folder):
        return Outcome(True, str(folder))

    made = FAULTS.pop()
    assert (made.system, made.name, made.title, made.quick) == (
        "call",
        "call_made_up",
        "Made up",
        False,
    )


def test_a_refusal_is_in_words_and_only_of_its_kind():
    def refuse():
        raise InputError("no number")

    assert refusal(refuse) == "InputError: no number"
    assert refusal(lambda: None) == ""
    with pytest.raises(InputError):
        refusal(refuse, ModelError)


def test_words_are_plain(tmp_path):
    assert plain(f"{tmp_path}/a.ogg:  is {tmp_path}\n gone ", tmp_path) == "a.ogg: is; gone"
    assert plain("x" * 200, tmp_path) == "x" * 157 + "..."


def test_figures_tell_and_count():
    one = Fault("call", "call_one", "One", lambda _: None, quick=True)
    figures = {
        "call_one": figure(one, Outcome(True, "went on", "a second")),
        "graph_two": figure(one, Outcome(False, "stood", "all")),
    }
    assert figures["call_one"].note == "One: went on; lost: a second"
    counts = {name: each.value for name, each in counted(figures).items()}
    assert counts == {
        "tried": 2,
        "ok": 1,
        "tried_call": 1,
        "ok_call": 1,
        "tried_graph": 1,
        "ok_graph": 0,
    }
