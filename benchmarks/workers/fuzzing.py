"""Fuzzes one target of `tests/fuzz` with atheris, in a process of its own, for `robustness_fuzz`.

    python fuzzing.py TARGET FINDINGS [libFuzzer's own arguments]

What a target lets through is written into the folder FINDINGS, once for each place it comes from,
and the search goes on; what ends the process is left there by libFuzzer.
"""

import hashlib
import json
import random
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
MOST_MEMORY_BYTES = 4 << 30  # beyond it an array asks for more than a hostile file may cost
SLOW_S = 3.0
"""Processor time after which an input counts as one that hangs."""

ODD = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**400, 0.5, -0.0, 1e308, float("inf"),
    float("nan"), "", "0", "a" * 300, "\0", "\ud800", "../a", "1e999", [], {}, [[]], [None],
    {"": 0},
)  # fmt: skip


def main() -> None:
    name, findings, *flags = sys.argv[1:]
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "fuzz")]
    from fuzz_targets import TARGETS

    target = TARGETS[name]
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    with atheris.instrument_imports(include=["firsthand"], exclude=others(target.modules)):
        take = target.load()
    warnings.simplefilter("ignore")
    # libFuzzer begins itself anew for a merge, by this "program" before its own arguments
    program = " ".join([sys.executable, str(Path(__file__).resolve()), name, findings])
    atheris.Setup(
        [program, *flags],
        watched(take, Path(findings)),
        custom_mutator=mutated,
        internal_libfuzzer=True,
    )
    atheris.Fuzz()


def others(modules: tuple[str, ...]) -> list[str]:
    """Firsthand's modules that are not of these packages, so that theirs are not instrumented."""
    source = ROOT / "src"
    names = [
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        for path in source.rglob("*.py")
    ]
    return [
        each for each in names if not any(each == m or each.startswith(f"{m}.") for m in modules)
    ]


def watched(take: Callable[[bytes], None], findings: Path) -> Callable[[bytes], None]:
    """What notes what `take` lets through, the smallest input for each place it comes from."""
    sizes: dict[str, int] = {}

    def note(what: str, data: bytes, told: str) -> None:
        key = hashlib.sha256(what.encode()).hexdigest()[:12]
        if len(data) >= sizes.get(key, sys.maxsize):
            return
        sizes[key] = len(data)
        (findings / f"{key}.input").write_bytes(data)
        (findings / f"{key}.txt").write_text(f"{what}\n\n{told}", "utf-8", "backslashreplace")

    def target(data: bytes) -> None:
        began_s = time.process_time()
        try:
            take(data)
        except BaseException as error:  # a finding, whatever it is: that is what is looked for
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            note(f"{chr(data[0])} {place_of(error)}", data, traceback.format_exc()[-4_000:])
        took_s = time.process_time() - began_s
        if took_s > SLOW_S:
            note(f"{chr(data[0])} slow", data, f"{took_s:.1f} s of processor time")

    return target


def place_of(error: BaseException) -> str:
    """The error's kind, and the last line of Firsthand's that it passed through."""
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "/firsthand/" in frame.filename or "/tests/fuzz/" in frame.filename
    ]
    last = ours[-1] if ours else None
    where = f"{Path(last.filename).name}:{last.lineno}" if last else "elsewhere"
    return f"{type(error).__name__} at {where}"


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """An input changed: in half of all cases one that is JSON as a document, else as bytes."""
    rng = random.Random(seed)
    head, middle, tail = data[:1], data[1:], b""
    if rng.random() < 0.5:
        if b"\0" in middle:
            middle, null, tail = middle.partition(b"\0")
            tail = null + tail
        try:
            document = json.loads(middle)
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                document = changed(document, rng)
            return (head + json.dumps(document).encode() + tail)[:most]
        except (ValueError, RecursionError):  # no JSON, or too deep
            pass
    return atheris.Mutate(data, most)


def changed(value: object, rng: random.Random) -> object:
    """A document with one thing in it replaced, left out, doubled, renamed or moved."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        name = rng.choice(list(value))
        way = rng.random()
        if way < 0.1:
            return {key: each for key, each in value.items() if key != name}
        if way < 0.15:
            return {**value, rng.choice(("", "a", f"{name}_", "name")): value[name]}
        if way < 0.2:
            return {**value, name: value[rng.choice(list(value))]}
        return {**value, name: changed(value[name], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        way = rng.random()
        if way < 0.1:
            return value[:at] + value[at + 1 :]
        if way < 0.2:
            return [*value[:at], value[at], *value[at:]]
        return [*value[:at], changed(value[at], rng), *value[at + 1 :]]
    if type(value) in (int, float) and rng.random() < 0.5:
        return rng.choice((-value, value + 1, value - 1))
    if isinstance(value, str) and value and rng.random() < 0.4:
        at = rng.randrange(len(value))
        return value[:at] + rng.choice(("", " ", "\n", "0", "-", "é", "\0")) + value[at + 1 :]
    return rng.choice(ODD)


if __name__ == "__main__":
    main()
