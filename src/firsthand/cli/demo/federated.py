"""The demo's part about fleets: how old 220 people are, and nobody's age is told."""

from pathlib import Path
from typing import Final

import typer

from firsthand.cli.demo.section import Chart, Mark, Section, Table
from firsthand.errors import MissingDependencyError

COHORT: Final = 110
COHORTS: Final = 2
EPSILON: Final = 2.0
DROPPED: Final = 0.05
_DECADES: Final = tuple(f"{decade}0-{decade}9" for decade in range(1, 8))
HOW: Final = f"""\
firsthand federated simulate --query "histogram decade" \\
  --data people.jsonl \\
  --devices {COHORT * COHORTS} --cohort {COHORT} \\
  --dropout {DROPPED} --epsilon {EPSILON:g}"""


def run(examples: Path, folder: Path) -> Section:  # noqa: ARG001 - its data comes with a package
    """Ask a fleet that holds one person's age each for a histogram, exactly and privately."""
    from json import dumps

    from firsthand.federated import Assumed, Drops, Histogram, planned
    from firsthand.federated.cohorts import Added, here, in_cohorts
    from firsthand.federated.populations import Listed
    from firsthand.measure import Interval

    devices = COHORT * COHORTS
    people = [[_DECADES[age // 10 - 1]] for age in ages()[:devices]]
    lines = (dumps({"decade": held}) for held in people)
    (folder / "people.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    question = Histogram("decade", _DECADES)
    assumed = Assumed(corrupt=0.05, dropout=2 * DROPPED)
    least = int(COHORT * (1 - assumed.dropout))
    found: dict[str, Added] = {}
    for name, epsilon in (("exact", None), ("private", EPSILON)):
        plan = planned(question, least=least, most=COHORT, epsilon=epsilon, assumed=assumed)
        found[name] = in_cohorts(plan, Listed(people), devices, drops=Drops(DROPPED, 0), place=here)
        typer.echo(f"{name}: a sum over {found[name].answer.devices} of {devices} devices")
    truth = [people.count([decade]) for decade in _DECADES]
    exact, private = (found[name].answer for name in ("exact", "private"))
    sent = sum(part.sent_bytes for part in found["private"].parts) / devices
    return Section(
        told=f"{devices} devices hold the age of one person each, from a study of diabetes of "
        "2004. The server asks for a histogram. Under secure aggregation it "
        "learns sums over cohorts and nothing else: each number it receives is masked, and masks "
        f"cancel only in the sum, although {DROPPED:.0%} of the devices are lost on the way. With "
        f"differential privacy (epsilon {EPSILON:g} at delta 1e-6) devices add noise between "
        "them, so that even the sums hardly tell whether any one person took part.",
        how=HOW,
        blocks=(
            Chart(
                "People by age as the server learns it privately, with 95% intervals; an upright "
                "line marks the exact sum",
                [
                    Mark(each.name, Interval(each.value, each.low, each.high), true.value)
                    for each, true in zip(private.estimates, exact.estimates, strict=True)
                ],
            ),
            Table(
                ("age", "all devices", "exact sum of those that stayed", "private sum"),
                [
                    (decade, str(true), f"{e.value:.0f}",
                     f"{p.value:.0f} ({p.low:.0f} .. {p.high:.0f})")
                    for decade, true, e, p in zip(
                        _DECADES, truth, exact.estimates, private.estimates, strict=True
                    )
                ],
                f"Summed over {exact.devices} and {private.devices} devices that stayed, in "
                f"{COHORTS} cohorts",
                notes=(f"Each device sent {sent / 1e3:.1f} kB.",),
            ),
        ),
        files=(("people.jsonl", "what the devices hold, a line each"),),
        credit="B. Efron and others 2004, 'Least Angle Regression'; the data as scikit-learn has "
        "it. The people are real, their devices are simulated, each with keys of its own.",
    )  # fmt: skip


def ages() -> list[int]:
    """Return the age of each of 442 people, which scikit-learn brings along."""
    try:
        from sklearn.datasets import load_diabetes
    except ImportError as error:
        raise MissingDependencyError(
            'the people of this part come with scikit-learn: pip install "firsthand[speech]"'
        ) from error
    return [int(age) for age in load_diabetes(scaled=False).data[:, 0]]
