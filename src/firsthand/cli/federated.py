"""`firsthand federated`: questions for a fleet, answered by sums that reveal nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from firsthand.cli.federated_service import ask, consent, device, enrol, keys, serve
from firsthand.cli.federated_telling import MOST_SHOWN, entry, privacy, show
from firsthand.cli.telling import showing
from firsthand.errors import ConfigError

app = typer.Typer(
    help="Federated analytics: questions answered from a fleet without collecting its data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

for command in (keys, enrol, consent, serve, device, ask):
    app.command()(command)


@app.callback()
def federated() -> None:
    """Federated analytics."""


@app.command()
def simulate(
    query: Annotated[
        str,
        typer.Option(
            help='KIND SOURCE NAME=VALUE..., such as "histogram artist most=20", "mean minutes '
            'low=0 high=60"; kinds: count, sum, mean, rate, histogram, quantiles, distinct.'
        ),
    ],
    devices: Annotated[int, typer.Option(min=3, help="How many devices come.")] = 500,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Their records: a .jsonl file with an object for each device, a list for each "
            "source; or the folder of HetRec's Last.fm set. Drawn by Zipf's law if left out."
        ),
    ] = None,
    dropout: Annotated[
        float, typer.Option(min=0, max=0.9, help="Which share of them is lost on the way.")
    ] = 0.0,
    epsilon: Annotated[
        float | None,
        typer.Option(min=0.001, help="Differential privacy; an exact sum if left out."),
    ] = None,
    delta: Annotated[float, typer.Option(min=1e-12, max=0.1, help="Of the privacy.")] = 1e-6,
    seed: Annotated[int, typer.Option(min=0, help="Of who is lost, and of Zipf's draws.")] = 0,
    top: Annotated[int, typer.Option(min=1, help="How many values are shown.")] = MOST_SHOWN,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object instead.")] = False,
) -> None:
    """Let simulated devices answer a question, each with keys and masks of its own.

    What is shown is what the server learns, beside the truth it never sees.
    """
    from json import dumps

    from firsthand.federated import Assumed, Drops, in_the_clear, planned
    from firsthand.federated import simulate as run
    from firsthand.federated.populations import read_fleet, zipf_fleet
    from firsthand.federated.queries.wording import question, source_of

    source = source_of(query)
    fleet: Sequence[Any] = (
        list(zipf_fleet(devices, 1_000, 20, seed=seed))
        if data is None
        else read_fleet(data, source)
    )
    if len(fleet) < devices:
        raise ConfigError(f"{data}: has {len(fleet)} devices, not {devices}")
    fleet = fleet[:devices]
    asked = question(query, fleet)
    assumed = Assumed(0.05, min(0.5, max(0.1, 1.5 * dropout)))
    least = max(3, int(devices * (1 - assumed.dropout)))
    plan = planned(asked, least=least, most=devices, epsilon=epsilon, delta=delta, assumed=assumed)
    with showing() as tell:
        found = run(plan, fleet, drops=Drops(dropout, seed), tell=tell)
    exact = planned(asked, least=least, most=devices, assumed=assumed)
    truth = in_the_clear(exact, fleet).answer
    if json:
        typer.echo(dumps(entry(plan, found.total.answer, top, truth)))
        return
    show(found.total.answer, top, truth)
    bytes_each = sum(found.received.values()) / devices
    typer.echo(f"\nsummed over {found.total.devices} of {devices} devices that came")
    typer.echo(privacy(plan))
    typer.echo(f"each device sent {bytes_each / 1e3:.1f} kB")
