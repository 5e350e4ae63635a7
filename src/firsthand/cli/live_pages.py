"""What the commands of live pages have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from firsthand.web import LocalApp

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")]
NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="Only print the address; open no browser.")
]


@dataclass(frozen=True, slots=True)
class LivePage:
    """What loads models and serves the page; tests put their own into Click's context object."""

    load: Callable[..., Any]
    serve: Callable[..., None]

    def show(self, page: "LocalApp", port: int, *, no_browser: bool) -> None:
        """Serve the page until Ctrl-C, and tell its address."""
        announce = partial(_announce, page.title)
        self.serve(page, port=port, open_browser=not no_browser, announce=announce)


def _announce(title: str, address: str) -> None:
    typer.echo(f"{title}, live: {address}")
    typer.echo("Ctrl-C ends it.", err=True)
