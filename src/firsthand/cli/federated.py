"""`firsthand federated`: questions for a fleet, answered by sums that reveal nothing else."""

from pathlib import Path
from typing import Annotated

import typer

from firsthand.cli.federated_service import ask, consent, device, enrol, keys, serve
from firsthand.cli.federated_telling import (
    MOST_SHOWN,
    Delta,
    Epsilon,
    QueryOption,
    Top,
    entry,
    privacy,
    show,
)
from firsthand.cli.groups import Json, Ray, group
from firsthand.cli.telling import say, say_json, showing
from firsthand.errors import ConfigError

app = group("Ask a fleet questions without collecting its data.")

for command in (keys, enrol, consent, serve, device, ask):
    app.command()(command)


@app.command()
def simulate(
    query: QueryOption,
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
    epsilon: Epsilon = None,
    delta: Delta = 1e-6,
    seed: Annotated[int, typer.Option(min=0, help="Of who is lost, and of Zipf's draws.")] = 0,
    cohort: Annotated[int, typer.Option(min=3, help="How many at most are summed together.")] = 500,
    masked_every: Annotated[
        int,
        typer.Option(
            min=1,
            help="Of several cohorts, which go through the protocol: every so-manyth; the others "
            "are added in the clear, which gives the same sum sooner.",
        ),
    ] = 1,
    ray: Ray = "",
    top: Top = MOST_SHOWN,
    json: Json = False,
) -> None:
    """Let simulated devices answer a question, each with keys and masks of its own.

    What is shown is what the server learns, beside the truth it never sees.
    """
    from functools import partial

    from firsthand.federated import Assumed, Drops, planned
    from firsthand.federated.cohorts import here, in_cohorts, over_ray
    from firsthand.federated.populations import Listed, ZipfFleet, read_fleet
    from firsthand.federated.queries.wording import question, source_of

    if data is None:
        fleet: Listed | ZipfFleet = ZipfFleet(seed=seed)
    else:
        fleet = Listed(read_fleet(data, source_of(query)))
        if len(fleet.records) < devices:
            raise ConfigError(f"{data}: has {len(fleet.records)} devices, not {devices}")
    most = min(devices, cohort)
    asked = question(query, fleet(0, most if data is None else devices))
    assumed = Assumed(0.05, min(0.5, max(0.1, 1.5 * dropout)))
    least = max(3, int(most * (1 - assumed.dropout)))
    plan = planned(asked, least=least, most=most, epsilon=epsilon, delta=delta, assumed=assumed)
    exact = planned(asked, least=least, most=most, assumed=assumed)
    with showing() as tell:
        place = over_ray(ray) if ray else partial(here, tell=tell)
        found = in_cohorts(
            plan, fleet, devices, masked_every=masked_every, drops=Drops(dropout, seed),
            place=place, tell=tell,
        )  # fmt: skip
        truth = in_cohorts(exact, fleet, devices, masked_every=devices, place=place).answer
    if json:
        say_json(entry(plan, found.answer, top, truth))
        return
    show(found.answer, top, truth)
    masked = [part for part in found.parts if part.cohort.masked]
    came = sum(part.cohort.devices for part in found.parts)
    say(f"summed over {found.answer.devices} of {came} devices that came")
    if len(found.parts) > 1:
        without = sum(part.total is None for part in found.parts)
        say(
            f"in {len(found.parts)} cohorts, {len(masked)} of them by the protocol, "
            f"{without} of them without a sum"
        )
    say(privacy(plan))
    bytes_each = sum(part.sent_bytes for part in masked) / sum(p.cohort.devices for p in masked)
    say(f"each device sent {bytes_each / 1e3:.1f} kB")
