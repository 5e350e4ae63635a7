import pytest
from seen_hands import hand, result

from firsthand.errors import InputError
from firsthand.hands.gestures.sets import EUROPEAN, SIGNS
from firsthand.hands.gestures.smoothing import Smoothing
from firsthand.hands.naming import NamingState, name_step, names_at_once


def names_of(results, **options):
    state, names = NamingState(), []
    for each in results:
        state, shown = name_step(state, each, **options)
        names.append(shown)
    return names


def test_a_photograph_is_judged_at_once():
    seen = result(0, [hand(0, pattern="bssss"), hand(1, pattern="sbbbs")])
    assert names_at_once(seen) == ("four", "call")
    assert names_at_once(seen, EUROPEAN.only("4")) == ("4", "none")


def test_in_a_video_a_gesture_must_last():
    results = [result(t * 50_000, [hand(3, pattern="bsbbs")]) for t in range(5)]
    names = names_of(results, gestures=SIGNS, smoothing=Smoothing(enter_us=100_000))
    assert names == [("none",), ("none",), ("rock",), ("rock",), ("rock",)]


def test_each_hand_has_its_own_past_and_loses_it_with_its_track():
    rock, call = (hand(1, pattern="bsbbs"), hand(2, pattern="sbbbs"))
    results = [result(0, [rock]), result(200_000, [rock, call]), result(400_000, [call])]
    results += [result(600_000, [call, rock])]
    assert names_of(results) == [("none",), ("rock", "none"), ("call",), ("call", "none")]


def test_time_must_rise():
    state, _ = name_step(NamingState(), result(5, [hand()]))
    with pytest.raises(InputError, match="rise"):
        name_step(state, result(5, [hand()]))
