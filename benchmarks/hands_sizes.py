"""How well are hands found, and how exactly, as they get smaller?

Two sets of pictures of 320 x 320 pixels: rendered scenes (exact truth, a seed that nothing is
trained with), and real hands of people held out of training pasted into photographs (truth:
MediaPipe full on the large original). Each set is cut into ten parts of equally many hands by
their palm's side over the picture's; from the smallest to the largest these span 20 to 1.
`found_own_SET_K` and `error_own_SET_K` are the share of hands found in part K, 1 the smallest, and
the mean distance of the joints over the palm's length of those found; `palm_percent_SET_K` is the
part's median size; without K, of all. `false_...` are hands found where none is, a picture. The
whole picture is looked at once, palms count from the threshold 0.5 on, up to six hands.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from firsthand.measure import Figure, Findings, Options, plot_lines, run_benchmark
from firsthand.train.hands.samples import SampleFolder
from hands_samples import Found, look, pasted, rate_and_error, rendered
from hands_sides import MEDIAPIPE, Side, own, own_note

PARTS = 10
MAX_HANDS = 6
LABELS = {"found": "share of hands found", "error": "mean error over the palm's length"}


def by_size(found: Sequence[Found]) -> list[list[Found]]:
    """Ten parts of equally many hands, the smallest first."""
    ordered = sorted(found, key=lambda each: each.share)
    edges = np.linspace(0, len(ordered), PARTS + 1).round().astype(int)
    return [ordered[a:b] for a, b in pairwise(edges)]


def measure_side(
    side: Side, name: str, samples: SampleFolder, seed: int
) -> tuple[dict[str, Figure], list[list[Found]]]:
    hands = side.load(max_hands=MAX_HANDS)
    found, false = look(hands, samples)
    figures = {side.figure("false", name): Figure(false / len(samples), n=len(samples))}
    parts = by_size(found)
    for suffix, part in [("", found), *((f"_{k}", part) for k, part in enumerate(parts, 1))]:
        rate, error = rate_and_error(part, seed)
        figures[side.figure("found", name + suffix)] = rate
        if error is not None:
            figures[side.figure("error", name + suffix)] = error
    return figures, parts


def measure(options: Options) -> Findings:
    count = 250 if options.quick else 500
    sides = (*own()[:1], *MEDIAPIPE) if options.quick else (*own(), *MEDIAPIPE)
    figures: dict[str, Figure] = {}
    for name, samples in (("rendered", rendered("scene", count)), ("pasted", pasted(count))):
        if options.quick:
            samples = samples.first(100)
        curves: dict[str, dict[str, tuple[list[float], list[float]]]] = {"found": {}, "error": {}}
        for side in sides:
            made, parts = measure_side(side, name, samples, options.seed)
            figures |= made
            sizes = [100 * float(np.median([each.share for each in part])) for part in parts]
            for k, size in enumerate(sizes, 1):
                figures[f"palm_percent_{name}_{k}"] = Figure(size, unit="%")
            for what, lines in curves.items():
                keys = [side.figure(what, f"{name}_{k}") for k in range(1, PARTS + 1)]
                known = [(x, made[k].value) for x, k in zip(sizes, keys, strict=True) if k in made]
                if known and not side.is_float:
                    lines[side.title] = ([x for x, _ in known], [y for _, y in known])
        for what, lines in curves.items():
            plot_lines(
                lines,
                options.plot(f"{name}_{what}"),
                x_label="palm's side, % of the picture's",
                y_label=LABELS[what],
                title=f"By size, {name}",
                log_x=True,
            )
    return Findings(figures, noise=own_note())


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
