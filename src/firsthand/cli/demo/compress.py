"""The demo's part about compression: a network and handwritten digits in, a family out."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from firsthand.cli.demo.section import Chart, Mark, Section, Table, Tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firsthand.compress import Member

_SHOWN: Final = 48
HOW: Final = """\
firsthand compress run \\
  examples/digits.py:make \\
  --data examples/media/digits \\
  -o family/ --no-mirror \\
  --teacher-epochs 3 --epochs 3
firsthand compress pick family/ \\
  --latency 0.05ms"""


def run(examples: Path, folder: Path) -> Section:
    """Make three small ones of the network of `examples`, and show what each costs."""
    from firsthand.cli.train_telling import Told
    from firsthand.cli.training import prepare_training, stopping_between_steps
    from firsthand.measure import Rules

    prepare_training()
    making = import_module("firsthand.train.compress.family")
    given = import_module("firsthand.train.compress.given")
    data = examples / "media" / "digits"
    settings = making.Settings(
        teacher_epochs=3,
        epochs=3,
        int8_epochs=1,
        mirrored=False,
        threads=1,  # two wait for each other where something else is at work
        rules=Rules(queries=64, seconds=0.2, launches=2, block_s=0.03),
        sources=(str(data),),
        licence="CC-BY-4.0",
    )
    pictures, held_out = given.read_pictures(data, None, settings.seed)
    network = given.made_by(f"{examples / 'digits.py'}:make", pictures.classes, settings.seed)
    with Told() as told, stopping_between_steps(told) as tell:
        family = making.compress(network, pictures, held_out, folder, settings, tell=tell)
    members: tuple[Member, ...] = family.members
    teacher = next(each for each in members if each.teacher)
    least = min(members, key=lambda each: each.bytes)
    return Section(
        told=f"A network of {teacher.bytes / 1e3:.0f} kB learns handwritten digits, its channels "
        "are put in the order of what they matter, and three small ones of whole numbers are "
        "trained together to answer as it does. The smallest is "
        f"{teacher.bytes / least.bytes:.0f} times smaller. They learn for moments only; more "
        "patience makes them better.",
        how=HOW,
        blocks=(
            Table(
                ("", "numbers", "kB", "million MACs", "right of all, %", "median us"),
                [
                    (
                        each.name,
                        each.kind,
                        f"{each.bytes / 1e3:.1f}",
                        f"{each.macs / 1e6:.2f}",
                        f"{100 * each.accuracy:.1f}",
                        f"{each.median_us:.0f}",
                    )
                    for each in members
                ],
                f"The family, judged on {len(held_out)} digits that no training saw",
            ),
            Chart(
                "Digits told rightly, with 95% intervals",
                [Mark(each.name, each.accuracy_interval.scaled(100)) for each in members],
                "%",
                low=80.0,
            ),
            answered(folder / least.file, held_out.pixels, held_out.labels, least.name),
        ),
        files=(
            ("pareto.html", "the family to explore: limits, a plot, a table"),
            ("pareto.csv", "the table"),
            *((each.file, f"{each.name}, {each.bytes / 1e3:.0f} kB") for each in members),
        ),
        credit="Digits by E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, CC BY 4.0.",
    )


def answered(model: Path, pixels: "NDArray[Any]", labels: "NDArray[Any]", name: str) -> Tiles:
    """Return some digits with what a model takes them for: those that it takes wrongly first."""
    import cv2
    import numpy as np

    from firsthand.compress.judging import Candidate, answers_of

    answers = answers_of(name, Candidate(model, "int8", pixels), labels)
    order = np.argsort(answers.right, kind="stable")[:_SHOWN].tolist()
    tiles = []
    for at in order:
        done, png = cv2.imencode(".png", pixels[at][..., ::-1])
        assert done
        right = bool(answers.right[at])
        words = f"{answers.classes[at]}" if right else f"{answers.classes[at]}, is {labels[at]}"
        tiles.append((png.tobytes(), words, right))
    wrong = int((~answers.right).sum())
    return Tiles(
        f"What {name} takes digits for: {wrong} of {len(labels)} wrong, shown first", tiles
    )
