"""`firsthand doctor`: what works here, and how to get the rest."""

import typer

from firsthand.cli.groups import Json
from firsthand.cli.telling import one_line

_COLOURS = {"ok": "green", "missing": "yellow", "broken": "red"}


def doctor(json: Json = False) -> None:
    """Say what works on this machine, and how to get the rest.

    Exit code 1 if something is wrong that the base install needs; extras may be missing.
    """
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
