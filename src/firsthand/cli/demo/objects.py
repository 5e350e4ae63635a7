"""The demo's part about objects: a cup in a photograph, and followed while the camera moves."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from firsthand.cli.demo.section import Section, Table, Video

if TYPE_CHECKING:
    from firsthand.media import Frame, RgbImage

FPS: Final = 20
_SECONDS: Final = 4
HOW: Final = """\
firsthand objects track cup.mp4 \\
  --category cup -o drawn.mp4 \\
  --json objects.jsonl

from firsthand.media import read_image
from firsthand.objects import Objects
image = read_image("cup.jpg")
print(Objects.load("cup").detect(image).objects)"""


def run(examples: Path, folder: Path) -> Section:
    """Find the cup in its photograph, and follow it in a clip made of that."""
    import numpy as np

    from firsthand.media import VideoWriter, read_image
    from firsthand.media.image import encode_jpeg
    from firsthand.objects import Objects, draw_objects
    from firsthand.objects.records import record

    photograph = examples / "media" / "objects" / "cup.jpg"
    image = read_image(photograph)
    objects = Objects.load("cup", max_objects=1)
    still = objects.detect(image)
    frames = list(moving(image))
    found = list(objects.track(frames))
    drawn = encode_jpeg(draw_objects(image, still), 88)
    (folder / "cup.jpg").write_bytes(drawn)
    with VideoWriter(folder / "cup.mp4", fps=FPS) as clip:
        for frame, each in zip(frames, found, strict=True):
            clip.write(draw_objects(frame.image, each), frame.timestamp_us)
    lines = [record(still, photograph.name), *map(record, found)]
    (folder / "objects.jsonl").write_text("\n".join(lines) + "\n", encoding="ascii")
    height, width, _ = frames[0].image.shape
    seen = sum(bool(each.objects) for each in found)
    searched = sum(each.detector_ran for each in found)
    rows = [
        ("frames of the clip with a box", f"{seen} of {len(found)}"),
        ("frames that were searched; in the others it is followed", str(searched)),
    ]
    for cup in still.objects:
        across, _, deep = cup.box.size / cup.box.size[1]
        tilt_deg = float(np.degrees(np.arccos(min(1.0, abs(cup.box.rotation[1, 1])))))
        rows += [
            ("its width and depth, for a height of 1", f"{across:.2f}, {deep:.2f}"),
            ("from how far above it is looked at", f"{tilt_deg:.0f} degrees"),
            ("how sure the model is", f"{cup.score:.0%}"),
        ]
    typer.echo(f"a box in {seen} of {len(found)} frames: wrote {folder / 'cup.mp4'}")
    return Section(
        told="The box around a cup as it stands in space, with its three axes, from one picture "
        "without depth: Objectron's published weights and the geometry of the camera. In the clip "
        "a virtual camera moves over the photograph; the network looks now and then, and in "
        "between the box moves with the picture around it.",
        how=HOW,
        blocks=(
            Video((folder / "cup.mp4").read_bytes(), width, height, "The cup, followed", drawn),
            Table(("", "the cup"), rows, "What was found"),
        ),
        files=(
            ("cup.jpg", "the photograph"),
            ("cup.mp4", "the clip"),
            ("objects.jsonl", "a JSON object for each frame: corners in pixels, box in space"),
        ),
        credit="The photograph is by Rachel Michetti, CC0, from scikit-image.",
    )


def moving(image: "RgbImage") -> Iterator["Frame"]:
    """Yield a few seconds of an image under a virtual camera that wanders and comes nearer."""
    import cv2
    import numpy as np

    from firsthand.media import Frame

    height, width, _ = image.shape
    for number in range(FPS * _SECONDS):
        phase = 2 * np.pi * number / (FPS * _SECONDS)
        scale = 1.12 - 0.1 * np.cos(phase)
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 6 * np.sin(phase), scale)
        matrix[:, 2] += 18 * np.sin(2 * phase), 8 * np.sin(phase)
        seen = cv2.warpAffine(
            image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        yield Frame(np.asarray(seen, np.uint8), round(number * 1e6 / FPS))
