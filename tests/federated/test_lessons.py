"""A network of words that a fleet trains: steps that are whole numbers, within their bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rounds import ASSUMED

from firsthand.errors import ConfigError, InputError, ProtocolError
from firsthand.federated import (
    Course,
    HeadLesson,
    course_epsilon,
    in_the_clear,
    planned,
    simulate,
)
from firsthand.federated.accounting import epsilon_of_sampled
from firsthand.federated.queries import query_from, query_to
from firsthand.federated.words import Lesson, Network

NETWORK = Network("abcdefgh", 12)
BEGUN = NETWORK.begin(np.random.default_rng(0))
WORDS = ("bad", "bead", "cafe", "face", "dab")


def lesson(**more):
    return Lesson.of("typed", NETWORK, BEGUN, **{"longest": 6} | more)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.text("abcdefghx", max_size=8), max_size=6), st.integers(0, 2**32),
    st.sampled_from([0.01, 1.0, 30.0]), st.sampled_from([1, 16, 1_024]), st.integers(1, 3),
)  # fmt: skip
def test_a_device_changes_no_more_than_it_may(words, seed, clip, grid, steps) -> None:
    one = lesson(clip=clip, grid=grid, steps=steps, rate=2.0)
    found = one.local(words, np.random.default_rng(seed))
    change = found - one.middle
    assert found.min() >= 0
    assert found.max() <= one.largest
    assert np.linalg.norm(change) <= one.reach.length
    plan = planned(one, least=8, most=12, assumed=ASSUMED, deviation=1.0 * one.reach.length)
    plan.encoded(found)
    if not len(NETWORK.encoded(words, 6)):
        assert not change.any()


def test_a_change_is_a_step_down_the_loss() -> None:
    one = lesson(rate=0.5, clip=100.0, grid=2**18)
    words = NETWORK.encoded(list(WORDS), 6)
    found = one.changes(words[None], np.random.default_rng(0))[0] * (one.clip / one.grid)
    wanted = -0.5 * NETWORK.loss(BEGUN[None], words[None])[1][0]
    assert np.allclose(found, wanted, atol=2 * one.clip / one.grid)
    twice = lesson(rate=0.5, clip=100.0, grid=2**18, steps=2)
    second = BEGUN + wanted
    wanted = wanted - 0.5 * NETWORK.loss(second[None], words[None])[1][0]
    found = twice.changes(words[None], np.random.default_rng(0))[0] * (one.clip / one.grid)
    assert np.allclose(found, wanted, atol=2 * one.clip / one.grid)


def test_rounding_is_right_in_the_mean() -> None:
    one = lesson(rate=1.0, clip=10.0, grid=64)
    words = np.repeat(NETWORK.encoded(list(WORDS), 6)[None], 2_000, axis=0)
    rounded = one.changes(words, np.random.default_rng(0)).mean(axis=0) * (one.clip / one.grid)
    exact = -NETWORK.loss(BEGUN[None], words[:1])[1][0]
    assert np.abs(rounded - exact).max() < 5 * 0.5 * (one.clip / one.grid) / 2_000**0.5


def test_a_change_that_is_too_long_is_shortened() -> None:
    one = lesson(rate=50.0, clip=0.1, grid=2**16)
    words = NETWORK.encoded(["bad"], 6)
    change = one.changes(words[None], np.random.default_rng(0))[0] * (one.clip / one.grid)
    assert np.linalg.norm(change) == pytest.approx(0.1, rel=1e-3)
    gradient = NETWORK.loss(BEGUN[None], words[None])[1][0]
    assert np.dot(change, -gradient) / np.linalg.norm(gradient) == pytest.approx(0.1, rel=1e-3)


def test_its_secure_sum_is_the_mean_change() -> None:
    one = lesson(clip=0.5)
    fleet = [[WORDS[n % 5], WORDS[n % 3], "zzz"] for n in range(12)]
    plan = planned(one, least=8, most=12, assumed=ASSUMED)
    exact = np.mean([one.mean(one.local(each).astype(float), 1) for each in fleet], axis=0)
    for total in (simulate(plan, fleet).total, in_the_clear(plan, fleet)):
        found = one.mean(plan.decoded(total.numbers), total.devices)
        assert np.abs(found - exact).max() <= 2 * one.clip / one.grid
        (estimate,) = total.answer.estimates
        assert estimate.value == pytest.approx(np.linalg.norm(found), rel=1e-6)


def test_words_that_are_familiar_teach_nothing() -> None:
    one = lesson(familiar=("bad",))
    assert not (one.local(["bad", "bad", 7, None]) - one.middle).any()
    assert (one.local(["bad", "dab"]) - one.middle).any()
    assert query_from(query_to(one)) == one


def test_a_course_learns_what_its_fleet_types() -> None:
    rng = np.random.default_rng(0)
    network = Network("abcdefgh", 24)
    course = Course.begin(network.begin(rng))
    fleet = [NETWORK.encoded([WORDS[n % 5], WORDS[(n + 1) % 5]], 6) for n in range(20)]
    words = np.stack(fleet)
    for _ in range(150):
        one = Lesson.of("typed", network, course.weights, longest=6, rate=0.5, clip=1.0)
        total = (one.changes(words, rng) + one.middle).sum(axis=0).astype(float)
        course = course.after(one.mean(total, len(fleet)))
    said = network.sample(course.weights, 400, 6, rng)
    assert course.rounds == 150
    assert np.mean([word in WORDS for word in said]) > 0.8
    assert set(WORDS) <= set(said)


def test_what_a_course_costs_is_as_published() -> None:
    """TensorFlow Privacy's tutorial, noise 1.1, 256 of 60,000, 60 epochs, delta 1e-5, has 3.0 by an
    older conversion; a privacy loss distribution, which is tighter, has less than either."""
    import dp_accounting
    from dp_accounting.pld.pld_privacy_accountant import PLDAccountant

    found = course_epsilon(1.1, 256 / 60_000, 60 * 234, 1e-5)
    event = dp_accounting.PoissonSampledDpEvent(256 / 60_000, dp_accounting.GaussianDpEvent(1.1))
    tight = PLDAccountant().compose(event, 60 * 234).get_epsilon(1e-5)
    assert 0.85 * found < tight < found < 3.01
    assert course_epsilon(2.0, 0.01, 100, 1e-6) < course_epsilon(1.0, 0.01, 100, 1e-6)
    for wrong in ((0.0, 0.1, 1, 1e-6), (1.0, 0.0, 1, 1e-6), (1.0, 0.1, 0, 1e-6)):
        with pytest.raises(ConfigError):
            epsilon_of_sampled(*wrong)


class TestHeads:
    """Two people's two kinds of vectors, and a classifier over them."""

    LABELS = ("high", "low")

    def examples(self, seed, count=6):
        rng = np.random.default_rng(seed)
        signs = rng.choice([-1.0, 1.0], count)
        return [(rng.normal(sign, 0.3, 4).tolist(), self.LABELS[int(sign < 0)]) for sign in signs]

    def lesson(self, weights=None, **more):
        weights = np.zeros(10, np.float32) if weights is None else weights
        return HeadLesson.of("sounds", self.LABELS, weights, **more)

    def test_a_change_is_that_of_gradient_descent(self) -> None:
        import torch

        examples = self.examples(0)
        layer = torch.nn.Linear(4, 2)
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
        descent = torch.optim.SGD(layer.parameters(), lr=0.5)
        vectors = torch.tensor([vector for vector, _ in examples])
        wanted = torch.tensor([self.LABELS.index(label) for _, label in examples])
        for _ in range(5):
            descent.zero_grad()
            torch.nn.functional.cross_entropy(layer(vectors), wanted).backward()
            descent.step()
        theirs = torch.cat([layer.weight.T, layer.bias[None]]).detach().numpy().reshape(-1)
        assert np.allclose(self.lesson().change(examples), theirs, atol=1e-6)

    def test_a_fleet_trains_it_by_secure_sums(self) -> None:
        fleet = [self.examples(seed) for seed in range(12)]
        course = Course.begin(np.zeros(10, np.float32))
        for _ in range(3):
            one = self.lesson(course.weights)
            total = simulate(planned(one, least=8, most=12, assumed=ASSUMED), fleet).total
            plan = planned(one, least=8, most=12, assumed=ASSUMED)
            change = one.mean(plan.decoded(total.numbers), total.devices)
            exact = np.mean([one.mean(one.local(own).astype(float), 1) for own in fleet], axis=0)
            assert np.abs(change - exact).max() <= 2 * one.clip / one.grid
            course = course.after(change, speed=0.5)
        weights = course.weights.reshape(5, 2)
        tests = self.examples(99, 200)
        said = np.array([vector for vector, _ in tests]) @ weights[:4] + weights[4]
        right = [
            self.LABELS[place] == label
            for place, (_, label) in zip(said.argmax(1), tests, strict=True)
        ]
        assert np.mean(right) > 0.95

    def test_what_it_does_not_know_is_left_out_and_what_is_wrong_refused(self) -> None:
        one = self.lesson()
        nothing = one.local([([1.0] * 4, "middle")])
        assert not (nothing - one.middle).any()
        assert query_from(query_to(one)) == one
        for wrong in ([([1.0] * 3, "low")], [([float("nan")] * 4, "low")]):
            with pytest.raises(InputError, match="4 finite numbers each"):
                one.local(wrong)
        for fields in ({"labels": ("a",)}, {"labels": ("a", "a")}, {"inputs": 3}, {"rate": 0.0},
                       {"steps": 0}, {"weights": "AAAA"}, {"clip": -1.0}):  # fmt: skip
            with pytest.raises(ConfigError):
                query_from(query_to(one) | fields)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": "AAAA"}, {"weights": "%%"}, {"weights": 3}, {"clip": 0.0}, {"rate": -1.0},
        {"grid": 0}, {"longest": 99}, {"hidden": 11}, {"characters": "ab"}, {"words": 0},
        {"clip": float("nan")}, {"steps": 0}, {"characters": 5},
    ],
)  # fmt: skip
def test_lessons_that_cannot_be(wrong) -> None:
    entry = query_to(lesson()) | wrong
    with pytest.raises(ConfigError):
        query_from(entry)


def test_a_device_that_would_change_more_reports_nothing() -> None:
    one = lesson()
    plan = planned(one, least=8, most=12, assumed=ASSUMED)
    with pytest.raises(ProtocolError, match="changes more of the sum"):
        plan.encoded(np.full(one.length, one.largest))
