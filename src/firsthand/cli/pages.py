"""What the commands have in common that open a page."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from firsthand.web import LocalApp

Port = Annotated[
    int,
    typer.Option("--port", min=0, max=65535, help="Where it is served; 0 takes any that is free."),
]
NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="Only print the address; open no browser.")
]


def _serve(page: "LocalApp", **options: Any) -> None:
    from firsthand.web import serve

    serve(page, **options)


@dataclass(frozen=True, slots=True)
class Pages:
    """What serves pages; tests put their own into Click's context object."""

    serve: Callable[..., None] = _serve

    def show(self, page: "LocalApp", port: int, *, no_browser: bool) -> None:
        """Serve a page until Ctrl-C, and tell its address."""
        announce = partial(_announce, page.title)
        self.serve(page, port=port, open_browser=not no_browser, announce=announce)


@dataclass(frozen=True, slots=True)
class LivePages:
    """What loads models for live pages, and what serves them; tests put their own there too."""

    load: Callable[..., Any]
    pages: Pages = Pages()


def _announce(title: str, address: str) -> None:
    typer.echo(f"{title}: {address}")
    typer.echo("Ctrl-C ends it.", err=True)
