import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.hands.association import MIN_OVERLAP, Candidate, associate, overlap
from firsthand.hands.regions import UnitRegion
from firsthand.hands.single import Single


def at(x, y=0.5, side=0.2, rotation=0.0):
    return UnitRegion(*map(Single, (x, y, side, side, rotation)))


def fitting(regions, ids=False):
    return [Candidate(region, i if ids else None) for i, region in enumerate(regions)]


unit = st.floats(0, 1, width=32)
some = st.lists(st.builds(at, unit, unit, st.floats(0.125, 0.5, width=32)), max_size=6)


@given(some, some, st.integers(1, 4))
def test_what_is_left_is_apart_new_or_old_and_not_too_many(palms, tracked, max_hands) -> None:
    new, old = fitting(palms), fitting(tracked, ids=True)
    kept = associate(new, old, max_hands)
    assert len(kept) <= max_hands
    assert set(map(id, kept)) <= set(map(id, new + old))
    for i, one in enumerate(kept):
        for other in kept[:i]:
            assert overlap(one.region, other.region) <= MIN_OVERLAP


@given(some)
def test_tracked_hands_apart_from_each_other_stay(regions) -> None:
    apart: list[UnitRegion] = []
    for region in regions:
        if all(overlap(region, other) <= MIN_OVERLAP for other in apart):
            apart.append(region)
    old = fitting(apart, ids=True)
    assert associate((), old, 6) == tuple(old)


@given(some, some)
def test_every_dropped_palm_overlaps_something(palms, tracked) -> None:
    new, old = fitting(palms), fitting(tracked, ids=True)
    kept = associate(new, old, 12)
    for candidate in new + old:
        if not any(candidate is k for k in kept):
            others = [c.region for c in new + old if c is not candidate]
            assert max(overlap(candidate.region, other) for other in others) > MIN_OVERLAP


def test_a_tracked_hand_wins_over_the_palm_in_it_and_the_newest_over_the_rest() -> None:
    palm, tracked = Candidate(at(0.5)), Candidate(at(0.51), 7)
    assert associate([palm], [tracked], 2) == (tracked,)
    other = Candidate(at(0.9))
    assert associate([palm, other], [tracked], 2) == (other, tracked)


def test_where_there_are_too_many_palms_go_first() -> None:
    tracked = [Candidate(at(0.1), 0)]
    palms = [Candidate(at(0.5)), Candidate(at(0.9))]
    assert associate(palms, tracked, 2) == (palms[0], tracked[0])


@given(st.builds(at, unit, unit), st.builds(at, unit, unit))
def test_overlap_is_symmetric(one, other) -> None:
    assert overlap(one, other) == pytest.approx(overlap(other, one), abs=1e-6)
    assert overlap(one, one) == pytest.approx(1, abs=1e-5)
