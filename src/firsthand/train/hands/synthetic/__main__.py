"""`python -m firsthand.train.hands.synthetic`: render samples into a folder, or onto a sheet."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from firsthand.errors import FirsthandError
from firsthand.media.image import write_image
from firsthand.train.backgrounds import Backgrounds
from firsthand.train.hands.samples import Sample, write_samples
from firsthand.train.hands.synthetic.scenes import ALL_MAKERS, Kind, render_samples
from firsthand.train.hands.synthetic.sheet import contact_sheet

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def render(
    kind: Annotated[
        Kind,
        typer.Option(help="What pictures show."),
    ] = "crop",
    count: Annotated[int, typer.Option(min=1, help="How many to render.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same pictures.")] = 0,
    first: Annotated[int, typer.Option(min=0, help="Number of the first, to split a row.")] = 0,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for samples-*.npz.")
    ] = None,
    contact: Annotated[
        Path | None,
        typer.Option("--contact-sheet", help="A PNG of the first hundred, truth on every other."),
    ] = None,
) -> None:
    """Render synthetic hands with exact truth, as the recipes learn from them."""
    if output is None and contact is None:
        raise typer.BadParameter("nowhere to write to: give -o FOLDER or --contact-sheet FILE")
    shown: list[Sample] = []
    try:
        rendered = render_samples(
            *(seed, count, kind),
            first=first,
            background=Backgrounds.open(),
            makers=ALL_MAKERS,
        )
        samples: Iterable[Sample] = track(rendered, "rendering", total=count)
        if output is None:
            shown = list(samples)[:100]
        else:
            write_samples(output, _keeping(samples, shown))
        if contact is not None:
            write_image(contact, contact_sheet(shown))
    except FirsthandError as error:
        typer.echo(f"firsthand: {error}", err=True)
        raise typer.Exit(1) from error


def _keeping(samples: Iterable[Sample], shown: list[Sample]) -> Iterator[Sample]:
    for sample in samples:
        if len(shown) < 100:
            shown.append(sample)
        yield sample


if __name__ == "__main__":
    app()
