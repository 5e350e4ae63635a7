"""How many of the words that most people use does a fleet find that nobody listed?

A million devices (and a hundred thousand), ten words each, drawn by Zipf's law (exponent 1.1) from
10,000 English words of 2 to 10 letters; delta is a tenth over the devices. Sums are added in the
clear, with the noise that cohorts of 1,000 devices add each, and are those of secure aggregation:
one round of each search, over 40 of the devices, is run by the protocol and compared.

`triehh_recall_E` and `prefix_tree_recall_E` are the share of the 50 words that most devices have
which is found at epsilon E by a million devices, `..._100k` by a hundred thousand: means over
searches with seeds of their own, with 95% intervals. `triehh_recall` and `prefix_tree_recall` are
those at epsilon 4. `triehh_precision` and `prefix_tree_precision`: of all words found, at any
epsilon, those that somebody has. The prefix tree's epsilon holds towards the server, TrieHH's only
towards who sees what is kept.

`song_rate_change` is the article's use, end to end: three regions of people with a taste in common
(clusters of Last.fm's listeners), each with a database of 500 artists, 300 from a chart of other
listeners and 200 tried out, different ones in each region. By secure sums each region tells which
share of its plays is recognised, and, with epsilon 4, which of its database's artists are heard.
The half of those tried out that is heard the least then makes room for what is heard the most in
the other regions, or comes next in the chart; the change is of the share of all plays recognised,
relative, with an interval over listeners (the article: 5%). `song_rate_before` is the share before.

`words_precision_1000` and `words_recall_1000` are new words by a network of characters (64 gated
units), trained by federated averaging with noise: a million typists who each typed 60 running words
of Shakespeare, of which the dictionary lacks half of those that are used five times or more (1,488,
drawn at random). A thousand typists take part in each of 600 rounds, each with up to eight of its
unknown words and a step of length 0.3 at most; noise is 0.6 times that, `words_epsilon` at delta
1e-7 towards who sees only the network. Of 300,000 words that it then says, those that no dictionary
has are ranked by how often it says them: the share of the first 1,000 that are withheld words, and
of the 1,000 withheld words that most typists use those which are among the first 1,000;
`words_recall_said` those that it says at all. Sums are in the clear; that of 12 typists is compared
with the protocol's.

`--quick`: a hundred thousand devices, two searches; sums of songs in the clear; 20 rounds of words.
"""

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from wordfreq import top_n_list

from firsthand.federated import (
    Answer,
    Assumed,
    Course,
    Extensions,
    Histogram,
    PrefixTree,
    Rate,
    TrieHH,
    course_epsilon,
    planned,
    simulate,
)
from firsthand.federated.cohorts import in_cohorts
from firsthand.federated.crowds import Crowd, discover_in
from firsthand.federated.populations import Listed
from firsthand.federated.queries import Query
from firsthand.federated.queries.extending import LETTERS
from firsthand.federated.words import Lesson, Network
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    bootstrap_mean,
    bootstrap_statistic,
    data_root,
    plot_lines,
    run_benchmark,
    wilson,
)

EPSILONS = (1, 2, 4, 8)
TOP = 50
COHORT = 1_000
MAIN = 4
PLAYS = 200
REGIONS = 3
SURE, TRIED, TRIED_FROM = 300, 200, 2_000
LONGEST, SPAN, OWN, TYPISTS, NOISE = 12, 60, 8, 1_000, 0.6
Listener = list[str]


def vocabulary() -> list[str]:
    words = (w for w in top_n_list("en", 40_000) if set(w) <= set(LETTERS) and 2 <= len(w) <= 10)
    return list(words)[:10_000]


def search(kind: str, devices: int, epsilon: float) -> TrieHH | PrefixTree:
    delta = 0.1 / devices
    if kind == "triehh":
        return TrieHH("word", devices, epsilon, delta, longest=10)
    return PrefixTree("word", epsilon, delta, rounds=6, votes=4, longest=10)


def is_secure_sum(crowd: Crowd) -> bool:
    """Whether the protocol gives the crowd's sum: of devices whose words are all voted for."""
    some = Crowd(crowd.words, crowd.records[:40, :4])
    fleet = [[some.words[place] for place in row] for row in some.records.tolist()]
    question = Extensions("word", step=2, votes=4)
    plan = planned(question, least=36, most=40, assumed=Assumed(0.05, 0.1))
    total = simulate(plan, fleet).total.numbers
    return np.array_equal(total, some.votes(question, np.random.default_rng(0)))


def listeners(root: Path, rng: np.random.Generator) -> list[Listener]:
    """Return the plays of Last.fm's listeners: PLAYS each, drawn as they heard their artists."""
    found: dict[str, dict[str, int]] = {}
    with (root / "federated" / "lastfm_2k" / "user_artists.dat").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found.setdefault(row["userID"], {})[row["artistID"]] = int(row["weight"])
    plays = []
    for user in sorted(found, key=int):
        artists = sorted(found[user])
        weights = np.array([found[user][artist] for artist in artists], float)
        plays.append(rng.choice(artists, PLAYS, p=weights / weights.sum()).tolist())
    return plays


def regions_of(people: list[Listener], artists: list[str], seed: int) -> list[list[Listener]]:
    """Part people by what they hear: regions of a taste in common."""
    places = {artist: place for place, artist in enumerate(artists)}
    heard = np.zeros((len(people), len(artists)))
    for row, plays in enumerate(people):
        for artist in plays:
            if artist in places:
                heard[row, places[artist]] += 1
    heard = np.sqrt(heard)
    labels = KMeans(REGIONS, random_state=seed, n_init=10).fit_predict(heard)
    return [[people[n] for n in np.flatnonzero(labels == region)] for region in range(REGIONS)]


def plays_in(region: list[Listener], known: set[str]) -> list[list[bool]]:
    return [[play in known for play in plays] for plays in region]


def asked(query: Query, fleet: list[Any], masked: bool, epsilon: float | None = None) -> Answer:
    """Ask a region: one round, or several cohorts."""
    count = -(-len(fleet) // 500)
    most = len(fleet) // count
    plan = planned(
        query, least=int(0.9 * most), most=most, epsilon=epsilon, delta=1e-6,
        assumed=Assumed(0.05, 0.1),
    )  # fmt: skip
    every = 1 if masked else len(fleet)
    return in_cohorts(plan, Listed(fleet), most * count, masked_every=every).answer


def songs(root: Path, seed: int, masked: bool) -> dict[str, Figure]:
    """Measure and improve each region's database, and tell by how much more is recognised."""
    rng = np.random.default_rng(seed)
    people = listeners(root, rng)
    order = rng.permutation(len(people))
    others, fleet = np.split(order, [int(0.3 * len(people))])
    chart = [each for each, _ in Counter(a for n in others for a in people[n]).most_common()]
    regions = regions_of([people[n] for n in fleet], chart[:SURE], seed)
    tried = [rng.choice(chart[SURE:TRIED_FROM], TRIED, False).tolist() for _ in regions]
    heard: list[dict[str, float]] = []
    told = []
    for region, extra in zip(regions, tried, strict=True):
        recognised = plays_in(region, {*chart[:SURE], *extra})
        told.append(asked(Rate("recognised", True, most=PLAYS), recognised, masked))
        counting = Histogram("artist", tuple(extra), most=10, each=5)
        answer = asked(counting, region, masked, epsilon=4.0)
        heard.append({each.name: each.value for each in answer.estimates})
    better = []
    for number, extra in enumerate(tried):
        mine = heard[number]
        kept = sorted(extra, key=lambda each, mine=mine: -mine[each])[: TRIED // 2]  # type: ignore[misc]
        elsewhere: dict[str, float] = {}
        for counts in heard[:number] + heard[number + 1 :]:
            for name, value in counts.items():
                elsewhere[name] = elsewhere.get(name, 0.0) + value
        wanted = [*sorted(elsewhere, key=lambda each: -elsewhere[each]), *chart[SURE:]]
        new = [each for each in dict.fromkeys(wanted) if each not in kept]
        better.append([*kept, *new[: TRIED - len(kept)]])
    rows: list[list[float]] = []
    for region, before, after in zip(regions, tried, better, strict=True):
        first = plays_in(region, {*chart[:SURE], *before})
        second = plays_in(region, {*chart[:SURE], *after})
        told.append(asked(Rate("recognised", True, most=PLAYS), second, masked))
        rows += [[float(np.mean(f)), float(np.mean(s))] for f, s in zip(first, second, strict=True)]
    print([f"{answer.estimates[0].value:.3f}" for answer in told], flush=True)
    each = np.array(rows)
    change = bootstrap_statistic(
        each, lambda some: some[..., 1].mean(-1) / some[..., 0].mean(-1) - 1, rng=rng
    )
    rate = bootstrap_mean(each[:, 0], rng=rng)
    return {
        "song_rate_before": Figure.of(rate, n=len(each)),
        "song_rate_change": Figure.of(change, n=len(each)),
    }


def running_words(root: Path) -> list[str]:
    """Return the words of Shakespeare's roles, as they follow each other."""
    lines = (root / "federated" / "shakespeare_roles" / "roles.jsonl").read_text().splitlines()
    text = " ".join(" ".join(json.loads(line)["speeches"]) for line in lines).lower()
    words = (word.strip("'") for word in re.findall(r"[a-z']+", text))
    return [word for word in words if 2 <= len(word) <= LONGEST]


@dataclass(frozen=True)
class Typists:
    """People who typed: words that no dictionary has, and which of them each has (devices, n)."""

    dictionary: set[str]
    unknown: list[str]
    typed: NDArray[np.int32]

    @classmethod
    def drawn(cls, root: Path, count: int, rng: np.random.Generator) -> "Typists":
        running = running_words(root)
        often = sorted(word for word, times in Counter(running).items() if times >= 5)
        unknown = sorted(rng.choice(often, len(often) // 2, replace=False).tolist())
        places = {word: place for place, word in enumerate(unknown)}
        at = np.array([places.get(word, -1) for word in running], np.int32)
        typed = np.full((count, OWN), -1, np.int32)
        for row, first in enumerate(rng.integers(0, len(running) - SPAN, count)):
            own = np.unique(at[first : first + SPAN])
            own = own[own >= 0]
            if len(own) > OWN:
                own = rng.choice(own, OWN, replace=False)
            typed[row, : len(own)] = own
        return cls(set(running) - set(unknown), unknown, typed)

    def frequent(self) -> list[str]:
        times = Counter(self.typed[self.typed >= 0].tolist())
        return [self.unknown[place] for place, _ in times.most_common()]


def is_lesson_s_sum(lesson: Lesson, typists: Typists) -> bool:
    """Whether the protocol gives the mean change of 12 typists, but for random rounding."""
    fleet = [[typists.unknown[p] for p in row if p >= 0] for row in typists.typed[:12].tolist()]
    plan = planned(lesson, least=8, most=12, assumed=Assumed(0.05, 0.1))
    total = simulate(plan, fleet).total
    found = lesson.mean(plan.decoded(total.numbers), total.devices)
    wanted = np.mean([lesson.mean(lesson.local(own).astype(float), 1) for own in fleet], axis=0)
    return bool(np.abs(found - wanted).max() <= 2 * lesson.clip / lesson.grid)


def new_words(root: Path, seed: int, quick: bool) -> dict[str, Figure]:
    """Train a network of words over typists, and hold what it says against what they typed."""
    rng = np.random.default_rng(seed)
    count, rounds = (20_000, 20) if quick else (1_000_000, 600)
    typists = Typists.drawn(root, count, rng)
    network = Network(hidden=64)
    nothing = np.full((1, LONGEST + 1), -1, np.int8)
    words = np.concatenate([network.encoded(typists.unknown, LONGEST), nothing])
    course = Course.begin(network.begin(rng))
    for number in range(rounds):
        lesson = Lesson.of("typed", network, course.weights, words=OWN, clip=0.3, longest=LONGEST)
        if not number:
            assert is_lesson_s_sum(lesson, typists)
        some = typists.typed[rng.choice(count, TYPISTS, replace=False)]
        total = np.zeros(lesson.length)
        for first in range(0, TYPISTS, 125):
            total += lesson.changes(words[some[first : first + 125]], rng).sum(axis=0)
        assert lesson.reach.length is not None
        total += rng.normal(0, NOISE * lesson.reach.length, lesson.length)
        change = lesson.mean(total + TYPISTS * lesson.middle, TYPISTS)
        left = (rounds - number) / rounds
        course = course.after(change, 0.02 * min(1.0, (number + 1) / 20, 2.5 * left))
        if number % 50 == 49:
            loss, _ = network.loss(
                course.weights[None], words[some[:200]].reshape(1, -1, LONGEST + 1)
            )
            print(f"words, round {number + 1}: a loss of {loss[0]:.3f} a character", flush=True)
    said = Counter(network.sample(course.weights, 300_000, LONGEST, rng))
    new = [w for w, _ in said.most_common() if len(w) > 1 and w not in typists.dictionary]
    top, wanted = set(new[:1_000]), set(typists.frequent()[:1_000])
    print(f"it says, and no dictionary has: {', '.join(new[:40])}", flush=True)
    right = len(top & set(typists.unknown))
    return {
        "words_precision_1000": Figure.of(wilson(right, len(top)), n=len(top)),
        "words_recall_1000": Figure.of(wilson(len(top & wanted), len(wanted)), n=len(wanted)),
        "words_recall_said": Figure.of(wilson(len(set(new) & wanted), len(wanted)), n=len(wanted)),
        "words_epsilon": Figure(course_epsilon(NOISE, TYPISTS / count, rounds, 1e-7)),
    }


def measure(options: Options) -> Findings:
    sizes = {"_100k": 100_000} if options.quick else {"": 1_000_000, "_100k": 100_000}
    seeds = range(options.seed, options.seed + (2 if options.quick else 5))
    words, rng = vocabulary(), np.random.default_rng(options.seed)
    figures: dict[str, Figure] = {}
    found: dict[str, int] = {"triehh": 0, "prefix_tree": 0}
    real = dict(found)
    lines: dict[str, list[float]] = {}
    for name, devices in sizes.items():
        crowds = [Crowd.zipf(words, devices, 10, seed=seed) for seed in seeds]
        assert is_secure_sum(crowds[0])
        tops = [crowd.frequent() for crowd in crowds]
        for kind in found:
            for epsilon in EPSILONS:
                recalls = []
                for seed, crowd, top in zip(seeds, crowds, tops, strict=True):
                    begun = search(kind, devices, epsilon)
                    done = discover_in(crowd, begun, cohort=COHORT, seed=seed)
                    discovered = {each.word for each in done.words}
                    found[kind] += len(discovered)
                    real[kind] += len(discovered & set(top))
                    recalls.append(len(discovered & set(top[:TOP])) / TOP)
                    print(f"{devices} {kind} {epsilon}: {len(discovered)} words", flush=True)
                interval = bootstrap_mean(np.array(recalls), rng=rng)
                figures[f"{kind}_recall_{epsilon}{name}"] = Figure.of(interval, n=len(recalls))
                line = f"{kind.replace('_', ' ')}, {devices:,} devices"
                lines.setdefault(line, []).append(interval.value)
        if not name or options.quick:
            for kind in found:
                figures[f"{kind}_recall"] = figures[f"{kind}_recall_{MAIN}{name}"]
    for kind in found:
        figures[f"{kind}_precision"] = Figure(real[kind] / found[kind], n=found[kind])
    figures |= new_words(data_root(__file__), options.seed, options.quick)
    figures |= songs(data_root(__file__), options.seed, masked=not options.quick)
    plot_lines(
        {name: (EPSILONS, each) for name, each in lines.items()},
        options.plot(),
        x_label="epsilon",
        y_label=f"of the {TOP} most frequent words, found",
        title="Words that nobody listed",
        log_x=True,
    )
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
