"""What does a student of hashed projections keep of a transformer that tells texts apart?

Two tasks. WordNet 3.0, from Debian's package wordnet-base (free to use, modify and distribute): to
which of its 25 kinds of nouns, such as animal, food or feeling, does the thing belong whose
definition, without examples, is read? Senses whose first word is the same are on one side of the
split, definitions that come twice count once, those of two kinds not at all. And `..._shakespeare`:
from which of eight plays is a passage of 40 words (`federated/shakespeare_roles`, public domain)?
Whole speaking roles are held out, so that nobody's manner is known; names of people and places may
be spoken of and give a play away, as they would to any reader.

`teacher_accuracy` is the exported float transformer's on texts held out, `student_accuracy` and
`small_accuracy` those of the int8 students, trained together and taught by it. `majority_accuracy`
is always guessing the most frequent class, `linear_accuracy` scikit-learn's logistic regression, by
gradient descent, on hashed words, pairs of words and characters in 2**18 columns, float: about as
large as the teacher. `linear_same_accuracy` is the same on the students' projection, in float.

`times_smaller` and `times_faster` compare files: bytes, and the median time of one text on one
processor, its input made. `times_faster_read` counts the making of the input too, in this package's
Python: hashed words for the teacher, the projection for students. `small_...` are of the smaller
student. Few queries are timed, and intervals of `times_faster` are of the two times' worst and best
together.

Students lie in `weights/compress_text` with their cards; with `--quick` these are judged, the
teacher's accuracy is that of its card, and its time an untrained one's of the same shape, since it
is too large to be kept here.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier

from debian_packages import unpacked
from firsthand.compress import Member
from firsthand.compress.judging import Candidate, judge_family
from firsthand.compress.text import TextProjection, TextTokens
from firsthand.measure import (
    Figure,
    Findings,
    Interval,
    Options,
    data_root,
    run_benchmark,
    wilson,
)
from firsthand.measure.single_stream import QUICK
from firsthand.runtime.card import read_card
from firsthand.train.compress.text_networks import Reader
from firsthand.train.compress.text_run import (
    TEACHER,
    TextPlan,
    TextSource,
    compress_texts,
    reader_file,
)
from firsthand.train.compress.texts import Texts
from firsthand.train.run import Progress
from hands_clips import ROOT

WEIGHTS = ROOT / "benchmarks" / "weights" / "compress_text"
KITCHEN = ROOT / ".cache" / "benchmarks" / "compress_text"
PASSAGE = 40
AT_ONCE = 2048
TIMED = 200
KINDS = (
    *("act", "animal", "artifact", "attribute", "body", "cognition", "communication", "event"),
    *("feeling", "food", "group", "location", "motive", "object", "person", "phenomenon", "plant"),
    *("possession", "process", "quantity", "relation", "shape", "state", "substance", "time"),
)
FIRST_KIND = 4  # of WordNet's files of nouns, after that of the most general ones


@dataclass(frozen=True)
class Case:
    """Texts to tell apart, and what is made of them."""

    read: Callable[[], Texts]
    source: TextSource
    plan: TextPlan


def wordnet() -> Texts:
    """Definitions of nouns, by kind, in groups of the same first word."""
    path = unpacked(("wordnet-base",)) / "usr/share/wordnet/data.noun"
    texts, kinds, groups = [], [], []
    for line in path.read_text(encoding="latin-1").splitlines():
        entry, bar, gloss = line.partition(" | ")
        if not bar or line.startswith(" "):  # the licence comes first
            continue
        _, kind, _, _, word, *_ = entry.split(" ")
        if int(kind) >= FIRST_KIND:
            texts.append(gloss.split('; "')[0].strip())
            kinds.append(KINDS[int(kind) - FIRST_KIND])
            groups.append(word.lower())
    return Texts.of(texts, kinds, groups)


def shakespeare() -> Texts:
    """Passages of what each role says, by play, in groups of roles."""
    path = data_root(__file__) / "federated" / "shakespeare_roles" / "roles.jsonl"
    texts, plays, groups = [], [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        role = json.loads(line)
        words = " ".join(role["speeches"]).split()
        for first in range(0, len(words) - PASSAGE + 1, PASSAGE):
            texts.append(" ".join(words[first : first + PASSAGE]))
            plays.append(role["user"].split(" / ")[0])
            groups.append(role["user"])
    return Texts.of(texts, plays, groups)


CASES = {
    "": Case(
        wordnet,
        TextSource(
            words="WordNet 3.0's definitions of nouns (WordNet licence, in Debian's wordnet-base)",
            licence="Apache-2.0",
        ),
        TextPlan(projection=TextProjection(8192), hidden=(64, 16), epochs=7, int8_epochs=2),
    ),
    "_shakespeare": Case(
        shakespeare,
        TextSource(
            words="eight plays by Shakespeare (public domain, Moby and J. Bosak's markup)",
            licence="Apache-2.0",
        ),
        TextPlan(
            projection=TextProjection(8192, characters=(3,)),
            tokens=TextTokens(64, 1 << 14, 1 << 12),
            hidden=(32, 8),
            width=64,
            layers=1,
            teacher_epochs=12,
            epochs=20,
            int8_epochs=5,
            hidden_words=0.3,
            batch=64,
            held_out=0.2,
        ),
    ),
}


def tell(progress: Progress) -> None:
    if progress.step % 200 == 0 or progress.step == progress.steps:
        print(progress.note, progress.step, progress.steps, dict(progress.losses), flush=True)


def family(case: Case, texts: Texts, options: Options) -> tuple[Member, ...]:
    """What the teacher and its students are worth; all are trained first unless it is `--quick`."""
    place = case.read.__name__
    kept = WEIGHTS / place
    if options.quick:
        return judged(kept, case, texts.split(case.plan.held_out, options.seed)[1])
    made = KITCHEN / place
    members = compress_texts(
        texts,
        made,
        case.source,
        case.plan,
        QUICK,
        seed=options.seed,
        tell=tell,
    )
    kept.mkdir(parents=True, exist_ok=True)
    for member in members:
        shutil.copyfile(made / f"{member.name}.json", kept / f"{member.name}.json")
        if not member.teacher:
            shutil.copyfile(made / member.file, kept / member.file)
    return members


def judged(kept: Path, case: Case, texts: Texts) -> tuple[Member, ...]:
    """What the students that are kept are worth, beside the teacher that is not."""
    card = read_card(kept / f"{TEACHER}.json")
    plan = case.plan
    reader = Reader(plan.tokens, len(texts.names), plan.width, plan.layers)
    with tempfile.TemporaryDirectory() as folder:
        teacher = Path(folder) / f"{TEACHER}.tflite"
        teacher.write_bytes(reader_file(reader, plan.tokens, texts))
        candidates = {TEACHER: Candidate(teacher, "float32", plan.tokens(texts.texts), True)}
        seen = plan.projection(texts.texts)
        for units in plan.hidden:
            path = kept / f"text-student-{units}.tflite"
            candidates[path.stem] = Candidate(path, "int8", seen)
        members = judge_family(candidates, texts.labels, QUICK)
    said = wilson(round(card.accuracy[0].value * len(texts)), len(texts))
    known = {"accuracy": said.value, "accuracy_low": said.low, "accuracy_high": said.high}
    return tuple(replace(each, **known) if each.teacher else each for each in members)


def linear(see: Callable[[Sequence[str]], Any], learn: Texts, judge: Texts, seed: int) -> Interval:
    """How many texts a logistic regression on columns gets right."""
    model = SGDClassifier(loss="log_loss", alpha=1e-6, max_iter=8, tol=None, random_state=seed)
    model.fit(see(learn.texts), learn.labels)
    return wilson(int((model.predict(see(judge.texts)) == judge.labels).sum()), len(judge))


def many_columns(texts: Sequence[str]) -> Any:
    """Hashed words, pairs of words, and characters in threes to fives."""
    kinds = (
        HashingVectorizer(n_features=1 << 17, ngram_range=(1, 2)),
        HashingVectorizer(n_features=1 << 17, ngram_range=(3, 5), analyzer="char_wb"),
    )
    return hstack([each.transform(texts) for each in kinds]).tocsr()


def columns_of(projection: TextProjection) -> Callable[[Sequence[str]], Any]:
    """A projection's numbers, most of which are 0."""

    def see(texts: Sequence[str]) -> Any:
        starts = range(0, len(texts), AT_ONCE)
        return vstack([csr_matrix(projection(texts[at : at + AT_ONCE])) for at in starts]).tocsr()

    return see


def reading_us(see: Callable[[Sequence[str]], Any], texts: Texts) -> float:
    """The median time to make a network's input of one text."""
    times = []
    for text in texts.texts[:TIMED]:
        before = time.perf_counter()
        see([text])
        times.append(time.perf_counter() - before)
    return 1e6 * float(np.median(times))


def faster(teacher: Member, student: Member, *, read: tuple[float, float] = (0, 0)) -> Interval:
    """How many times as fast a student is, its and the teacher's reading included."""
    slow, fast = teacher.latency, student.latency
    of_teacher, of_student = read
    return Interval(
        (slow.value + of_teacher) / (fast.value + of_student),
        (slow.low + of_teacher) / (fast.high + of_student),
        (slow.high + of_teacher) / (fast.low + of_student),
    )


def figures_of(name: str, case: Case, options: Options) -> dict[str, Figure]:
    texts = case.read()
    learn, judge = texts.split(case.plan.held_out, options.seed)
    members = family(case, texts, options)
    n = len(judge)
    teacher = next(each for each in members if each.teacher)
    students = sorted((m for m in members if not m.teacher), key=lambda each: -each.bytes)
    frequent = np.bincount(learn.labels).argmax()
    read = reading_us(case.plan.tokens, judge), reading_us(case.plan.projection, judge)
    found = {
        "teacher_accuracy": Figure.of(teacher.accuracy_interval, n=n),
        "majority_accuracy": Figure.of(wilson(int((judge.labels == frequent).sum()), n), n=n),
        "linear_accuracy": Figure.of(linear(many_columns, learn, judge, options.seed), n=n),
        "linear_same_accuracy": Figure.of(
            linear(columns_of(case.plan.projection), learn, judge, options.seed), n=n
        ),
        "teacher_kb": Figure(teacher.bytes / 1e3, unit="kB"),
        "teacher_us": Figure.of(teacher.latency, unit="us"),
    }
    for prefix, student in zip(("", "small_"), students, strict=True):
        found |= {
            f"{prefix or 'student_'}accuracy": Figure.of(student.accuracy_interval, n=n),
            f"{prefix or 'student_'}kb": Figure(student.bytes / 1e3, unit="kB"),
            f"{prefix or 'student_'}us": Figure.of(student.latency, unit="us"),
            f"{prefix}times_smaller": Figure(teacher.bytes / student.bytes),
            f"{prefix}times_faster": Figure.of(faster(teacher, student)),
            f"{prefix}times_faster_read": Figure.of(faster(teacher, student, read=read)),
            f"{prefix}times_fewer_macs": Figure(teacher.macs / student.macs),
        }
    return {f"{key}{name}": figure for key, figure in found.items()}


def measure(options: Options) -> Findings:
    figures: dict[str, Figure] = {}
    for name, case in CASES.items():
        figures |= figures_of(name, case, options)
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
