"""How the answer of a fleet is told."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from firsthand.cli.telling import one_line, say_table

if TYPE_CHECKING:
    from firsthand.federated import Answer, Plan

MOST_SHOWN: Final = 10

ASKED: Final = (
    'What is asked, such as "mean minutes low=0 high=60" or "histogram artist most=20": a kind '
    "(count, sum, mean, rate, histogram, quantiles, distinct), a source, and values."
)
Query = Annotated[str, typer.Argument(help=ASKED)]
QueryOption = Annotated[str, typer.Option("--query", help=ASKED)]
Epsilon = Annotated[
    float | None,
    typer.Option("--epsilon", min=0.001, help="Differential privacy; an exact sum if left out."),
]
Delta = Annotated[float, typer.Option("--delta", min=1e-12, max=0.1, help="Of the privacy.")]
Top = Annotated[int, typer.Option("--top", min=1, help="How many values are shown.")]


def privacy(plan: "Plan") -> str:
    """Return what taking part costs a device, and how its part is hidden."""
    degree = plan.degree_of(plan.most)
    masked = f"{degree.neighbours} neighbours each, of whom {degree.threshold} unmask"
    if plan.cost is None:
        return f"exact sum, no differential privacy; {masked}"
    spent = plan.cost.epsilon(plan.delta)
    return f"epsilon {spent:.3g} at delta {plan.delta:g} for each device; {masked}"


def entry(
    plan: "Plan", answer: "Answer", top: int, truth: "Answer | None" = None
) -> dict[str, Any]:
    """Return an answer, and the truth where it is known, for JSON."""
    true = {} if truth is None else {each.name: each.value for each in truth.estimates}
    return {
        "devices": answer.devices,
        "epsilon": None if plan.cost is None else plan.cost.epsilon(plan.delta),
        "delta": plan.delta,
        "noise": answer.noise,
        "estimates": [
            {"name": each.name, "value": each.value, "low": each.low, "high": each.high}
            | ({} if truth is None else {"truth": true[each.name]})
            for each in _shown(answer, top)
        ],
    }


def show(answer: "Answer", top: int, truth: "Answer | None" = None) -> None:
    """Print an answer as a table, and the truth where it is known."""
    from rich.table import Table
    from rich.text import Text

    true = {} if truth is None else {each.name: each.value for each in truth.estimates}
    last = () if truth is None else ("truth, all devices",)
    table = Table("", "the server learns", "95% interval", *last)
    for column in table.columns[1:]:
        column.justify = "right"
    for each in _shown(answer, top):
        table.add_row(
            Text(one_line(each.name)),
            f"{each.value:,.4g}",
            f"{each.low:,.4g} .. {each.high:,.4g}",
            *(() if truth is None else (f"{true[each.name]:,.4g}",)),
        )
    say_table(table)


def _shown(answer: "Answer", top: int) -> Sequence[Any]:
    return answer.estimates if len(answer.estimates) <= 3 else answer.top(top)
