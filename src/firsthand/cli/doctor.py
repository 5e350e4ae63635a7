"""`firsthand doctor`: what works here, and how to get the rest."""

from typing import Annotated

import typer

_COLOURS = {"ok": "green", "missing": "yellow", "broken": "red"}


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what works on this machine, and how to get the rest.

    Exit code 1 if something is wrong that the base install needs; extras may be missing.
    """
    from firsthand.cli.telling import one_line
    from firsthand.doctor import Check, as_json, examine, heading, works

    checks: list[Check] = []
    if json:
        checks += examine()
        typer.echo(as_json(checks))
    else:
        for group, found in heading(examine()):
            typer.secho(group, bold=True)
            for check in found:
                checks.append(check)
                status = typer.style(f"{check.status:8}", fg=_COLOURS[check.status])
                typer.echo(f"  {status}{one_line(str(check))}")
    if not works(checks):
        raise typer.Exit(1)
