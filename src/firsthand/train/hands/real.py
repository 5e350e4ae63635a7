"""Photographs of hands that models to be shipped may be trained on, and whose hands they show.

- `hands/sign_digits`: the Sign Language Digits Dataset, Apache-2.0, ten signs by 218 people.
- `hands/handpose_x/unlabelled`: handpose_x, MIT, one person. Its labelled photographs measure
  models, so they are not among these; nor are the copies in `examples/media`, all of which are
  either labelled or already here.

About a fifth of the people is held out, by a hash of their number, so that it stays the same ones:
50 of 217, who show 403 of the 1650 photographs. None of theirs is trained on.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from firsthand.errors import InputError, MediaError
from firsthand.media.frame import RgbImage
from firsthand.media.image import IMAGE_SUFFIXES, read_image

DIGITS: Final = tuple(str(digit) for digit in range(10))

_HELD_OUT_OF: Final = 5
_FILE_NUMBER: Final = re.compile(r"IMG_(\d{1,9})$")
_MOST_BETWEEN: Final = 9


@dataclass(frozen=True, slots=True, eq=False)
class Photograph:
    """An RGB image, its path from the data's root on, and a name for the person it shows.

    `held_out` photographs are for measuring; `digit` is the sign shown, None if it is no sign.
    """

    image: RgbImage
    name: str
    person: str
    digit: int | None
    held_out: bool


@dataclass(frozen=True, slots=True)
class Unused:
    """A photograph that is not used, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class RealHands:
    """Photographs ordered by name, and those that cannot be read."""

    photographs: tuple[Photograph, ...]
    unreadable: tuple[Unused, ...]


def shippable(data: Path) -> RealHands:
    """Read the photographs of hands under `data` that may be trained on.

    A photograph that cannot be read is among the unreadable. `InputError` names a class folder
    that is missing, empty or wholly unreadable, and a file whose name does not tell its person.
    """
    signs = data / "hands" / "sign_digits"
    files: dict[Path, str] = {}
    for digit in DIGITS:
        files |= dict.fromkeys(_images(signs / digit), digit)
    people = people_of({path.name: int(digit) for path, digit in files.items()})
    photographs: list[Photograph] = []
    unreadable: list[Unused] = []
    for path, digit in files.items():
        person = f"sign_digits {people[path.name]}"
        _read(data, path, person, int(digit), photographs, unreadable)
    for path in _images(data / "hands" / "handpose_x" / "unlabelled"):
        _read(data, path, "handpose_x", None, photographs, unreadable)
    _require_some(files.values(), photographs, unreadable, signs)
    return RealHands(tuple(photographs), tuple(unreadable))


def people_of(digit_of: Mapping[str, int]) -> dict[str, int]:
    """Return for each file of sign digits, IMG_nnnn.JPG, the number of its person's first file.

    The files name nobody, but they were numbered person by person, digit 0 to 9: a new person is
    assumed where the digit does not rise, or ten numbers are missing. All files must be given,
    as a person is known by the first. `InputError` for a name without a number.
    """
    numbers = {name: _file_number(name) for name in digit_of}
    found: dict[str, int] = {}
    person, last_number, last_digit = 0, 0, len(DIGITS)
    for name in sorted(numbers, key=lambda name: (numbers[name], name)):
        number, digit = numbers[name], digit_of[name]
        if digit <= last_digit or number > last_number + _MOST_BETWEEN:
            person = number
        found[name], last_number, last_digit = person, number, digit
    return found


def is_held_out(person: str) -> bool:
    """Return whether a person's photographs are kept for measuring: one person in five."""
    return hashlib.sha256(person.encode()).digest()[0] % _HELD_OUT_OF == 0


def _file_number(name: str) -> int:
    number = _FILE_NUMBER.match(Path(name).stem)
    if number is None:
        raise InputError(
            f"{name!r} is not named IMG_nnnn as sign digits are: nothing tells whose hand it shows"
        )
    return int(number[1])


def _images(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder} is missing; --data names a folder that has it")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    if not found:
        raise InputError(f"{folder} is empty: it holds no photograph to train on")
    return found


def _read(
    data: Path,
    path: Path,
    person: str,
    digit: int | None,
    photographs: list[Photograph],
    unreadable: list[Unused],
) -> None:
    name = path.relative_to(data).as_posix()
    try:
        image = read_image(path)
    except MediaError as error:
        unreadable.append(Unused(name, str(error)))
        return
    photographs.append(Photograph(image, name, person, digit, is_held_out(person)))


def _require_some(
    digits: Iterable[str],
    photographs: Iterable[Photograph],
    unreadable: Iterable[Unused],
    folder: Path,
) -> None:
    readable = {photograph.digit for photograph in photographs}
    for digit in sorted(set(digits)):
        if int(digit) not in readable:
            reasons = [each.reason for each in unreadable if f"/{digit}/" in each.name]
            raise InputError(
                f"{folder / digit}: none of its {len(reasons)} photographs can be read; "
                f"the first: {reasons[0]}"
            )
