"""The demo's part about the challenge: the family that compression made, judged on a clock."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from firsthand.cli.demo.section import Chart, Gallery, Mark, Picture, Section, Table
from firsthand.errors import ModelNotFoundError

if TYPE_CHECKING:
    from firsthand.measure import Interval

_PADDED_PX: Final = 1
"""Around each digit: the challenge looks at the middle seven eighths of an image."""

HOW: Final = """\
firsthand challenge run \\
  compress/*.tflite \\
  --data challenge/digits --quick \\
  --plot frontier.svg

# and where the time goes:
firsthand challenge macs \\
  compress/small.tflite --time"""


def run(examples: Path, folder: Path) -> Section:
    """Judge the models of the demo's own family by right answers in time, and by their speed."""
    from firsthand.challenge import judge, open_images
    from firsthand.challenge.report import plot_verdicts, to_document, write_document
    from firsthand.compress.members import TABLE, read_members
    from firsthand.measure import Rules, describe_machine

    made = folder.parent / "compress"
    if not (made / TABLE).is_file():
        raise ModelNotFoundError(
            f"{made} has no family to be judged: `firsthand demo compress challenge` makes one"
        )
    paths = {each.name: made / each.file for each in read_members(made)}
    images = open_images(digits(examples / "media" / "digits" / "test.npz", folder / "digits"))
    verdicts, streams = judge(
        paths, images, Rules(queries=128, seconds=0.6, launches=2, block_s=0.05)
    )
    plot = plot_verdicts(verdicts, folder / "frontier.svg")
    write_document(to_document(verdicts, streams, describe_machine()), folder / "challenge.json")
    ranked = sorted(verdicts.values(), key=lambda each: -each.scores["score"].value)
    typer.echo(f"judged {len(ranked)} models on {len(images)} images")
    latencies = [(each.name, each.latency) for each in ranked if each.latency is not None]
    return Section(
        told="How many images does a model get right when it has 33 ms for each, one after "
        f"another? The family is asked {len(images)} digits; then each model runs in a process of "
        "its own, held to one processor, in turns with the others, and moments in which something "
        "else disturbed are left out. All are far below 33 ms here, so the score is what they get "
        "right, and the times tell them apart.",
        how=HOW,
        blocks=(
            Table(
                ("", f"score of {len(images)}", "right of all, %", "median us", "p90 us"),
                [
                    (
                        each.name,
                        f"{each.scores['score'].value:.0f}",
                        _percent(each.accuracy),
                        f"{each.latency.median_us.value:.0f}",
                        f"{each.latency.p90_us.value:.0f}",
                    )
                    for each in ranked
                    if each.latency is not None
                ],
                "The ranking, with 95% intervals",
                notes=tuple(f"To be doubted: {doubt}" for doubt in streams.doubts),
            ),
            Chart(
                "Median time of an image, with 95% intervals",
                [Mark(name, latency.median_us) for name, latency in latencies],
                "us",
            ),
            Gallery(
                (
                    Picture(
                        plot.read_bytes(),
                        "image/svg+xml",
                        "Accuracy over the time of an image, with intervals",
                        "Accuracy over time, with the frontier",
                        drawn=True,
                    ),
                )
            ),
        ),
        files=(
            ("frontier.svg", "the plot"),
            ("challenge.json", "every figure with its limits, and the machine"),
        ),
        credit="Digits by E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, CC BY 4.0.",
    )


def _percent(share: "Interval") -> str:
    percent = share.scaled(100)
    return f"{percent.value:.1f} ({percent.low:.1f} .. {percent.high:.1f})"


def digits(packed: Path, folder: Path) -> Path:
    """Write digits as the challenge wants images, a folder for each class; return where."""
    import numpy as np

    from firsthand.media import write_image

    with np.load(packed, allow_pickle=False) as held:
        pixels, labels = held["pixels"], held["labels"]
    around = ((_PADDED_PX, _PADDED_PX), (_PADDED_PX, _PADDED_PX), (0, 0))
    for number, (image, label) in enumerate(zip(pixels, labels.tolist(), strict=True)):
        place = folder / str(label)
        place.mkdir(parents=True, exist_ok=True)
        write_image(place / f"{number:03}.png", np.pad(image, around))
    return folder
