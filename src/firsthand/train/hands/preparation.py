"""The samples a recipe needs, made once and kept: rendered, taught, cut out and pasted.

Every file of samples depends on its recipe's words alone, so work is split over processes, goes on
after an interruption where it stopped, and gives the same samples wherever it is done.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from firsthand.errors import InputError
from firsthand.media.frame import RgbImage
from firsthand.train.hands.samples import Sample, SampleFolder, write_sample_file

if TYPE_CHECKING:
    from firsthand.train.hands.cutouts import Cutout, CutOuts
    from firsthand.train.hands.teacher import Taught as Labelled

PER_FILE: Final = 250
_AT_ONCE: Final = 40

Tell = Callable[[str, int, int], None]
"""Hears what is made, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Synthetic samples: `kind` as in `synthetic.scenes`."""

    kind: Literal["crop", "scene", "handshake", "overlap", "clasp", "people"]
    count: int
    seed: int

    @property
    def folder(self) -> str:
        """The name of their folder."""
        return f"rendered-{self.kind}-{self.seed}"


@dataclass(frozen=True, slots=True)
class Pasted:
    """Real hands over other photographs, of people held out or others; `kind` as in `pasting`."""

    kind: Literal["landmarks", "scenes"]
    count: int
    seed: int
    held_out: bool = False

    @property
    def folder(self) -> str:
        """The name of their folder."""
        return f"pasted-{self.kind}-{self.seed}{'-held-out' * self.held_out}"


@dataclass(frozen=True, slots=True)
class Taught:
    """Real photographs as they are, labelled by the teacher, of people held out or of the rest."""

    held_out: bool = False

    @property
    def folder(self) -> str:
        """The name of their folder."""
        return f"taught{'-held-out' * self.held_out}"


@dataclass(frozen=True, slots=True)
class Backdrops:
    """Backgrounds without any hand."""

    count: int
    seed: int

    @property
    def folder(self) -> str:
        """The name of their folder."""
        return f"backdrops-{self.seed}"


@dataclass(frozen=True, slots=True)
class Other:
    """Photographs of things that are no hands; see `things`."""

    count: int
    seed: int

    @property
    def folder(self) -> str:
        """The name of their folder."""
        return f"things-{self.seed}"


@dataclass(frozen=True, slots=True)
class Mistaken:
    """What the bundled palm detector wrongly finds in the pictures `among`; see `mistaken`."""

    count: int
    seed: int
    among: "tuple[Rendered | Pasted | Backdrops | Other, ...]"

    @property
    def folder(self) -> str:
        """The name of their folder."""
        return f"mistaken-{self.seed}"


Made = Rendered | Pasted | Backdrops | Other | Mistaken
Ingredient = Made | Taught


def prepare(
    kitchen: Path,
    wanted: Sequence[Ingredient],
    data: Path | None,
    *,
    processes: int = 2,
    tell: Tell = lambda *_: None,
) -> dict[Ingredient, SampleFolder]:
    """Make what is missing of `wanted` in folders of `kitchen`, and open all of it.

    `data` holds real photographs (see `real.shippable`). Raises `InputError` if real hands are
    wanted without them, and what the makers raise.
    """
    needed = tuple(dict.fromkeys(_with_sources(wanted)))
    if data is None and any(isinstance(each, Taught | Pasted | Other) for each in needed):
        raise InputError(
            "this recipe learns from photographs: name their folder with --data or "
            "FIRSTHAND_DATA (the landmarks have a recipe without: tiny-synthetic)"
        )
    kitchen.mkdir(parents=True, exist_ok=True)
    for held_out in sorted({e.held_out for e in needed if isinstance(e, Taught | Pasted)}):
        assert data is not None
        _teach(kitchen, data, held_out, processes, tell)
    for each in needed:
        if not isinstance(each, Taught):
            _make(kitchen, each, data, processes, tell)
    return {each: _opened(kitchen, each) for each in wanted}


def _with_sources(wanted: Sequence[Ingredient]) -> Iterator[Ingredient]:
    for each in wanted:
        if isinstance(each, Mistaken):
            yield from each.among
        yield each


def _opened(kitchen: Path, each: Ingredient) -> SampleFolder:
    folder = SampleFolder.open(kitchen / each.folder)
    return folder if isinstance(each, Taught) else folder.first(each.count)


def _make(kitchen: Path, each: Made, data: Path | None, processes: int, tell: Tell) -> None:
    folder = kitchen / each.folder
    folder.mkdir(exist_ok=True)
    numbers = range(-(-each.count // PER_FILE))
    missing = [n for n in numbers if not (folder / f"samples-{n:05}.npz").exists()]
    done = (len(numbers) - len(missing)) * PER_FILE
    tell(each.folder, done, each.count)
    if not missing:
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_make_file, kitchen, each, data, number) for number in missing]
        try:
            for job in as_completed(jobs):
                done += job.result()
                tell(each.folder, min(done, each.count), each.count)
        except BaseException:  # Ctrl-C among them: files begun are finished, no more are begun
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _make_file(kitchen: Path, each: Made, data: Path | None, number: int) -> int:
    samples = itertools.islice(_samples(kitchen, each, data, number * PER_FILE), PER_FILE)
    path = kitchen / each.folder / f"samples-{number:05}.npz"
    return write_sample_file(path, list(samples))


def _samples(kitchen: Path, each: Made, data: Path | None, first: int) -> Iterable[Sample]:
    if isinstance(each, Other):
        from firsthand.train.hands.things import Things, thing_samples

        assert data is not None
        return thing_samples(each.seed, PER_FILE, Things.open(data), first=first)
    if isinstance(each, Mistaken):
        from firsthand.train.hands.mistaken import bundled_detector, mistaken_samples

        pictures = SampleFolder.open(*(kitchen / source.folder for source in each.among))
        parts = -(-each.count // PER_FILE)
        palm = bundled_detector()
        return mistaken_samples(
            *(each.seed, PER_FILE, pictures, palm), part=first // PER_FILE, parts=parts
        )
    import numpy as np

    from firsthand.train.backgrounds import Backgrounds

    backgrounds = Backgrounds.open()
    if isinstance(each, Backdrops):
        return (
            Sample(
                backgrounds(np.random.default_rng([each.seed, index]), 320, 320),
                (),
                f"backdrop/{each.seed}/{index}",
            )
            for index in range(first, first + PER_FILE)
        )
    if isinstance(each, Rendered):
        from firsthand.train.hands.synthetic.scenes import ALL_MAKERS, render_samples

        return render_samples(
            *(each.seed, PER_FILE, each.kind),
            first=first,
            background=backgrounds,
            makers=ALL_MAKERS,
        )
    from firsthand.train.hands.cutouts import open_cutouts
    from firsthand.train.hands.pasting import pasted_samples

    cutouts = open_cutouts(kitchen / _cutouts(each.held_out))
    return pasted_samples(each.seed, PER_FILE, each.kind, cutouts, backgrounds, first=first)


def _cutouts(held_out: bool) -> str:
    return f"cutouts{'-held-out' * held_out}"


def _teach(kitchen: Path, data: Path, held_out: bool, processes: int, tell: Tell) -> None:
    """Have the teacher label the photographs of one half of the people, and cut their hands out."""
    taught, cut = kitchen / Taught(held_out).folder, kitchen / _cutouts(held_out)
    if cut.exists():
        return
    from firsthand.train.hands.cutouts import write_cutouts
    from firsthand.train.hands.real import shippable

    found = shippable(data)
    chosen = [(p.name, p.image) for p in found.photographs if p.held_out == held_out]
    name = f"teacher's labels{', people held out' * held_out}"
    firsts = range(0, len(chosen), _AT_ONCE)
    parts = [chosen[first : first + _AT_ONCE] for first in firsts]
    samples: list[Sample] = []
    cutouts: list[Cutout] = []
    dropped = [(each.name, each.reason) for each in found.unreadable]
    tell(name, 0, len(chosen))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        try:
            for first, (labelled, hands) in zip(firsts, pool.map(_label, parts), strict=True):
                samples += labelled.samples
                cutouts += hands.cutouts
                dropped += labelled.dropped
                dropped += ((which, f"not cut out: {why}") for which, why in hands.dropped)
                tell(name, min(first + _AT_ONCE, len(chosen)), len(chosen))
        except BaseException:  # Ctrl-C among them
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    taught.mkdir(exist_ok=True)
    write_sample_file(taught / "samples-00000.npz", samples)
    (taught / "dropped.txt").write_text("".join(f"{which}: {why}\n" for which, why in dropped))
    write_cutouts(cut, cutouts)


def _label(photographs: list[tuple[str, RgbImage]]) -> "tuple[Labelled, CutOuts]":
    from firsthand.hands import published_models
    from firsthand.train.hands.cutouts import cut_outs
    from firsthand.train.hands.teacher import teach

    labelled = teach(published_models("full"), photographs)
    return labelled, cut_outs(labelled.samples)
