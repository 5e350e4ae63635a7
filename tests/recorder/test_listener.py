"""What a listener makes of a stream does not hang on its blocks, and covers all of it."""

import numpy as np
import pytest
from ears import Loudness
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import InputError
from firsthand.recorder.sounds import levels
from firsthand.recorder.sounds.calibration import Calibration
from firsthand.recorder.sounds.listener import Heard, Listener, together

LISTENER = Listener(Loudness(), Calibration.unfitted(Loudness.classes))


def heard(samples: np.ndarray, cuts: list[int], listener: Listener = LISTENER) -> Heard:
    state, parts = listener.begin(), []
    for block in np.split(samples, sorted(min(cut, len(samples)) for cut in cuts)):
        state, part = listener.step(state, block)
        parts.append(part)
    return together([*parts, listener.finish(state)])


def spans(*parts: tuple[float, float]) -> np.ndarray:
    return np.concatenate([np.full(round(s * 16_000), v, np.float32) for s, v in parts])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 3), st.sampled_from((0.0, 0.7))), max_size=5),
    st.lists(st.integers(0, 200_000), max_size=6),
)
def test_blocks_do_not_matter_and_every_bar_has_a_colour(parts, cuts) -> None:
    samples = spans((0.0, 0.0), *parts)
    found, wanted = heard(samples, cuts), heard(samples, [])
    assert found.sounds == wanted.sounds
    np.testing.assert_array_equal(found.colours, wanted.colours)
    np.testing.assert_array_equal(found.levels, wanted.levels)
    assert len(found.colours) == len(found.levels) == -(-len(samples) // levels.BAR)
    assert all(0 <= s.start_ms < s.end_ms <= len(samples) / 16 for s in found.sounds)


def test_sounds_and_bars_lie_where_the_sound_is() -> None:
    found = heard(spans((2.0, 0.0), (1.5, 0.8), (2.0, 0.0)), [])
    quiet, loud, again = found.sounds
    assert (quiet.name, loud.name, again.name) == ("quiet", "loud", "quiet")
    assert abs(loud.start_ms - 2_000) <= 50
    assert abs(loud.end_ms - 3_500) <= 50
    assert loud.score == pytest.approx(0.8)
    middle = found.colours[45:65]
    assert set(middle) == {0}
    assert set(found.colours[:35]) == {1}
    assert set(found.levels[:35]) == {0}
    assert found.levels[50] == round(255 * (1 + 20 * np.log10(0.8) / 60))


def test_nothing_is_heard_in_nothing() -> None:
    found = heard(np.empty(0, np.float32), [])
    assert (found.sounds, len(found.colours), len(found.levels)) == ((), 0, 0)


def test_a_group_colours_and_the_classes_themselves_can_be_found() -> None:
    either = Listener(
        Loudness(), Calibration.unfitted(("any",)), lambda scores: scores.max(axis=1, keepdims=True)
    )
    found = heard(spans((1.0, 0.0), (1.0, 0.9)), [], either)
    assert {sound.name for sound in found.sounds} == {"any", "loud", "quiet"}
    assert set(found.colours) == {0}


def test_curves_of_other_classes_are_refused() -> None:
    with pytest.raises(InputError, match="scores of loud, quiet and curves of a do not belong"):
        Listener(Loudness(), Calibration.unfitted(("a",)))
