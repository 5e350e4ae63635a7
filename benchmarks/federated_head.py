"""Can a fleet train a classifier of hand signs that nobody's photographs leave their phones for?

Sign digits: each of some 200 people is a device that holds some ten photographs of their own hand,
and computes keypoints from them with the models of `hands`. A linear classifier over what
`hands.gestures` makes of keypoints is trained by rounds in which three quarters of the people take
part (`HeadLesson`), and asked about the others. Sums are in the clear; that of the first round is
compared with the protocol's, over 12 devices.

`accuracy_federated` is after 200 rounds without noise, `accuracy_private` after 20 with noise, at
`epsilon` for each person towards everybody, delta 1e-5; `accuracy_central` is logistic regression
over all examples in one place; `federated_less_central` is paired over the people asked about, as
are all intervals. `--quick`: five photographs of a sign.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from firsthand.federated import Assumed, Course, HeadLesson, course_epsilon, planned, simulate
from firsthand.hands.gestures.features import features
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    bootstrap_statistic,
    data_root,
    run_benchmark,
)
from gesture_photographs import pipeline, sign_digits

Examples = list[tuple[list[float], str]]
ROUNDS, PRIVATE_ROUNDS, NOISE, DELTA = 200, 20, 3.0, 1e-5


def is_secure_sum(lesson: HeadLesson, fleet: list[Examples]) -> bool:
    """Whether the protocol gives the mean change of 12 devices, but for random rounding."""
    some = [own for own in fleet if own][:12]
    plan = planned(lesson, least=8, most=12, assumed=Assumed(0.05, 0.1))
    total = simulate(plan, some).total
    found = lesson.mean(plan.decoded(total.numbers), total.devices)
    wanted = np.mean([lesson.mean(lesson.local(own).astype(float), 1) for own in some], axis=0)
    return bool(np.abs(found - wanted).max() <= 2 * lesson.clip / lesson.grid)


def trained(
    fleet: list[Examples], labels: tuple[str, ...], size: int, rounds: int, noise: float, seed: int
) -> np.ndarray:
    """Return the classifier's weights (inputs + 1, labels) after rounds of all devices."""
    rng = np.random.default_rng(seed)
    course = Course.begin(np.zeros((size + 1) * len(labels), np.float32))
    for number in range(rounds):
        lesson = HeadLesson.of("signs", labels, course.weights, rate=2.0, steps=5)
        if not number:
            assert is_secure_sum(lesson, fleet)
        changes = np.stack([lesson.change(own) for own in fleet])
        total = (lesson.stepping.whole(changes, rng) + lesson.middle).sum(axis=0).astype(float)
        if noise:
            total += rng.normal(0, noise * lesson.stepping.bound, lesson.length)
        course = course.after(lesson.mean(total, len(fleet)), speed=0.1)
    return course.weights.reshape(size + 1, len(labels))


def measure(options: Options) -> Findings:
    photos = sign_digits(data_root(__file__), pipeline(), 5 if options.quick else None)
    vectors = features(photos.world, "free")
    labels = tuple(sorted(set(photos.labels.tolist())))
    train, test = ~photos.tuning, photos.tuning
    fleet: list[Examples] = [
        list(zip(vectors[own].tolist(), photos.labels[own].tolist(), strict=True))
        for own in (train & (photos.people == person) for person in np.unique(photos.people[train]))
    ]
    rng, size = np.random.default_rng(options.seed), vectors.shape[1]
    central = LogisticRegression(max_iter=5_000).fit(vectors[train], photos.labels[train])
    said = {"central": central.predict(vectors[test])}
    for name, rounds, noise in (
        ("federated", ROUNDS, 0.0), ("private", PRIVATE_ROUNDS, NOISE),
    ):  # fmt: skip
        weights = trained(fleet, labels, size, rounds, noise, options.seed)
        scores = vectors[test] @ weights[:-1] + weights[-1]
        said[name] = np.array(labels)[scores.argmax(axis=1)]
    people = np.unique(photos.people[test])
    counts = np.array([(photos.people[test] == person).sum() for person in people], float)
    right = {
        name: np.array(
            [(each == photos.labels[test])[photos.people[test] == p].sum() for p in people], float
        )
        for name, each in said.items()
    }

    def share(hits: np.ndarray) -> Figure:
        rows = np.stack([hits, counts], axis=1)
        found = bootstrap_statistic(
            rows, lambda some: some[..., 0].sum(-1) / some[..., 1].sum(-1), rng=rng
        )
        return Figure.of(found, n=len(people))

    figures = {f"accuracy_{name}": share(hits) for name, hits in right.items()}
    figures["federated_less_central"] = share(right["federated"] - right["central"])
    epsilon = course_epsilon(NOISE, 1.0, PRIVATE_ROUNDS, DELTA)
    figures["epsilon"] = Figure(epsilon, n=len(fleet))
    figures["devices"] = Figure(len(fleet))
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
