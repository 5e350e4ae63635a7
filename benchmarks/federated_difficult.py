"""Which words does a model find difficult? A fleet trains a network on those alone, and it says.

The model is a keyboard's: of the words that begin with the first half of one, the three most
frequent of modern English (20,000 words). Typists are those of `federated_discovery`, with the text
of Shakespeare: on a device up to eight words that the keyboard would not have suggested train a
network of characters (64 gated units), in 300 rounds of 1,000 of a million typists, by steps of
length 0.3 with noise 0.6 times that: `epsilon` at delta 1e-7. Nobody but the device knows which
words went wrong; an engineer sees what the network says, 100,000 words.

`typed_wrong` is the share of different typed words that the keyboard gets wrong, `said_wrong` that
of the words that the network says, as often as it says them; `said_real` the share of these that
somebody typed. `endings_found` is what an engineer wants to know: of the ten endings of three
letters that are commonest among wrong words over all words, the share that is among the ten
commonest of what is said, over all words. `--quick`: 20 rounds, 20,000 typists.
"""

from collections import Counter
from collections.abc import Iterable
from functools import cache

import numpy as np
from wordfreq import top_n_list

from federated_discovery import LONGEST, NOISE, OWN, SPAN, TYPISTS, running_words
from firsthand.federated import Course, Lesson, course_epsilon
from firsthand.federated.words import Network
from firsthand.measure import Figure, Findings, Options, data_root, run_benchmark, wilson

MODERN = top_n_list("en", 20_000)
SUGGESTED = 3
ENDINGS = 10


@cache
def suggested(begun: str) -> tuple[str, ...]:
    return tuple([word for word in MODERN if word.startswith(begun)][:SUGGESTED])


@cache
def is_wrong(word: str) -> bool:
    """Whether the keyboard does not suggest a word once half of it is typed."""
    return word not in suggested(word[: -(-len(word) // 2)])


def endings(words: Iterable[tuple[str, int]], all_words: Counter[str]) -> list[str]:
    """Return the endings that are commoner among words than among all, the most so first."""
    some: Counter[str] = Counter()
    for word, times in words:
        if len(word) > 3:
            some[word[-3:]] += times
    whole, part = sum(all_words.values()), sum(some.values())
    more = {
        end: (times / part) - (all_words[end] / whole) for end, times in some.items() if times > 1
    }
    return sorted(more, key=lambda end: -more[end])[:ENDINGS]


def measure(options: Options) -> Findings:
    rng = np.random.default_rng(options.seed)
    count, rounds = (20_000, 20) if options.quick else (1_000_000, 300)
    running = running_words(data_root(__file__))
    hard = sorted({word for word in running if is_wrong(word)})
    places = {word: place for place, word in enumerate(hard)}
    at = np.array([places.get(word, -1) for word in running], np.int32)
    network = Network(hidden=64)
    nothing = np.full((1, LONGEST + 1), -1, np.int8)
    words = np.concatenate([network.encoded(hard, LONGEST), nothing])
    course = Course.begin(network.begin(rng))
    firsts = rng.integers(0, len(running) - SPAN, count)
    for number in range(rounds):
        lesson = Lesson.of("typed", network, course.weights, words=OWN, clip=0.3, longest=LONGEST)
        typed = np.full((TYPISTS, OWN), -1, np.int32)
        for row, first in enumerate(rng.choice(firsts, TYPISTS, replace=False)):
            own = np.unique(at[first : first + SPAN])
            own = own[own >= 0]
            if len(own) > OWN:
                own = rng.choice(own, OWN, replace=False)
            typed[row, : len(own)] = own
        total = np.zeros(lesson.length)
        for first in range(0, TYPISTS, 125):
            total += lesson.changes(words[typed[first : first + 125]], rng).sum(axis=0)
        total += rng.normal(0, NOISE * lesson.stepping.bound, lesson.length)
        left = (rounds - number) / rounds
        change = lesson.mean(total + TYPISTS * lesson.middle, TYPISTS)
        course = course.after(change, 0.02 * min(1.0, (number + 1) / 20, 2.5 * left))
        if number % 50 == 49:
            print(f"round {number + 1} of {rounds}", flush=True)
    said = [w for w in network.sample(course.weights, 100_000, LONGEST, rng) if len(w) > 1]
    wrong = sum(map(is_wrong, said))
    different = set(running)
    real = sum(word in different for word in said)
    times = Counter(running)
    all_endings: Counter[str] = Counter()
    for word, often in times.items():
        if len(word) > 3:
            all_endings[word[-3:]] += often
    true = endings(((word, times[word]) for word in hard), all_endings)
    found = endings(Counter(said).items(), all_endings)
    print(f"hard endings: {' '.join(true)}; as said: {' '.join(found)}", flush=True)
    return Findings(
        {
            "typed_wrong": Figure.of(wilson(len(hard), len(different)), n=len(different)),
            "said_wrong": Figure.of(wilson(wrong, len(said)), n=len(said)),
            "said_real": Figure.of(wilson(real, len(said)), n=len(said)),
            "endings_found": Figure.of(wilson(len(set(true) & set(found)), ENDINGS), n=ENDINGS),
            "epsilon": Figure(course_epsilon(NOISE, TYPISTS / count, rounds, 1e-7)),
        }
    )


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
