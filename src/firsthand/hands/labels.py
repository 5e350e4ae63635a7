"""Photographs of hands with hand-made keypoints, in the formats that public sets come in.

- COCO-WholeBody (Jin et al., ECCV 2020): one JSON, `lefthand_kpts` and `righthand_kpts`.
- OneHand10K (Wang et al., 2019) as MMPose converts it: one JSON in COCO's form, 21 `keypoints`.
- handpose_x: beside each photograph a JSON of its name, `info[].pts` by joint number.

A folder without any of these is a folder of photographs without keypoints.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.hands.skeleton import JOINTS
from firsthand.media.image import IMAGE_SUFFIXES

MAX_JSON_BYTES = 256_000_000
_LARGEST_PX = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class LabelledHand:
    """True keypoints: float32 (21, 2) in pixels, of which `visible` (21) are known."""

    keypoints: NDArray[np.float32]
    visible: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPhotograph:
    """A photograph and its hands; `hands` is None where nobody has labelled it."""

    path: Path
    hands: tuple[LabelledHand, ...] | None


def read_labelled(folder: str | Path) -> tuple[LabelledPhotograph, ...]:
    """Return the photographs of a folder with their labels, ordered by path.

    Photographs in folders below it count as unlabelled when the folder itself has no labels.
    Raises `InputError` naming the file and the place in it that is wrong.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{root} is no folder; evaluate takes a folder of photographs")
    sets = [(path, document) for path, document in _documents(root) if _is_hand_set(document)]
    if len(sets) > 1:
        raise InputError(f"{root} has several files of hand labels: {[p.name for p, _ in sets]}")
    if sets:
        found = _coco(root, *sets[0])
    else:
        photographs = sorted(
            path for path in root.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES
        )
        found = [LabelledPhotograph(path, _beside(path)) for path in photographs]
        if any(photograph.hands is not None for photograph in found):
            found = [p for p in found if p.hands is not None]
    if not found:
        raise InputError(f"{root} holds no photograph ({', '.join(sorted(IMAGE_SUFFIXES))})")
    return tuple(found)


def by_folder(
    root: str | Path, photographs: Sequence[LabelledPhotograph]
) -> list[tuple[str, list[LabelledPhotograph]]]:
    """Return photographs by the folder they lie in, named from `root` on, and then all together.

    Photographs of one folder alone are one set, named as `root` is.
    """
    top = Path(root)
    groups: dict[str, list[LabelledPhotograph]] = {}
    for photograph in photographs:
        name = photograph.path.parent.relative_to(top).as_posix()
        groups.setdefault(top.resolve().name if name == "." else name, []).append(photograph)
    if len(groups) == 1:
        return [(top.resolve().name, list(photographs))]
    return [*sorted(groups.items()), ("all", list(photographs))]


def _documents(root: Path) -> Iterator[tuple[Path, Any]]:
    for path in sorted(root.glob("*.json")):
        if not any(path.with_suffix(suffix).is_file() for suffix in IMAGE_SUFFIXES):
            yield path, _parsed(path)


def _parsed(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise InputError(f"{path} is larger than {MAX_JSON_BYTES / 1e6:.0f} MB")
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is no readable JSON: {error}") from error


def _is_hand_set(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("annotations"), list):
        return False
    first = next(iter(document["annotations"]), None)
    if not isinstance(first, dict):
        return False
    keypoints = first.get("keypoints")
    return "lefthand_kpts" in first or (
        isinstance(keypoints, list) and len(keypoints) == 3 * len(JOINTS)
    )


def _coco(root: Path, path: Path, document: dict[str, Any]) -> list[LabelledPhotograph]:
    names: dict[object, str] = {}
    for index, image in enumerate(_list(document.get("images"), f"{path}: images")):
        where = f"{path}: images[{index}]"
        name, number = _member(image, "file_name", where), _member(image, "id", where)
        if not isinstance(name, str) or Path(name).name != name or name in ("", ".", ".."):
            raise InputError(f"{where}: file_name {name!r} is not the plain name of a file")
        if not isinstance(number, int | str):
            raise InputError(f"{where}: id {number!r} is neither a number nor a text")
        names[number] = name
    hands: dict[object, list[LabelledHand]] = {number: [] for number in names}
    for index, note in enumerate(document["annotations"]):
        where = f"{path}: annotations[{index}]"
        number = _member(note, "image_id", where)
        if not isinstance(number, int | str) or number not in names:
            raise InputError(f"{where}: image_id {number!r} is not among the images")
        if "lefthand_kpts" not in note:
            hands[number].append(_triples(_member(note, "keypoints", where), where))
            continue
        for side in ("lefthand", "righthand"):
            if note.get(f"{side}_valid"):
                key = f"{side}_kpts"
                hands[number].append(_triples(_member(note, key, where), f"{where}.{key}"))
    return [
        LabelledPhotograph(_present(root / names[number], path), tuple(own))
        for number, own in sorted(hands.items(), key=lambda item: names[item[0]])
    ]


def _beside(photograph: Path) -> tuple[LabelledHand, ...] | None:
    path = photograph.with_suffix(".json")
    if not path.is_file():
        return None
    document = _parsed(path)
    if not isinstance(document, dict) or "info" not in document:
        raise InputError(f"{path} has no `info`: it is not a label file as handpose_x has them")
    return tuple(
        _points_by_number(_member(entry, "pts", f"{path}: info[{i}]"), f"{path}: info[{i}].pts")
        for i, entry in enumerate(_list(document["info"], f"{path}: info"))
    )


def _points_by_number(points: Any, where: str) -> LabelledHand:
    if not isinstance(points, dict) or set(points) != {str(n) for n in range(len(JOINTS))}:
        raise InputError(f"{where} needs the joints 0 to {len(JOINTS) - 1}, each once")
    keypoints = np.zeros((len(JOINTS), 2), np.float32)
    for number in range(len(JOINTS)):
        place = f"{where}.{number}"
        keypoints[number] = [
            _pixels(_member(points[str(number)], axis, place), f"{place}.{axis}") for axis in "xy"
        ]
    return LabelledHand(keypoints, np.ones(len(JOINTS), np.bool_))


def _triples(values: Any, where: str) -> LabelledHand:
    if not isinstance(values, list) or len(values) != 3 * len(JOINTS):
        count = len(values) if isinstance(values, list) else type(values).__name__
        raise InputError(f"{where} needs {3 * len(JOINTS)} numbers (x, y, visible), got {count}")
    table = np.array([_pixels(v, f"{where}[{i}]") for i, v in enumerate(values)], np.float32)
    table = table.reshape(len(JOINTS), 3)
    return LabelledHand(table[:, :2].copy(), table[:, 2] > 0)


def _pixels(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where} is {value!r}, not a number")
    if not abs(value) <= _LARGEST_PX:  # what is no number is not
        raise InputError(f"{where} is {value}, not a place in a photograph")
    return float(value)


def _member(entry: Any, key: str, where: str) -> Any:
    if not isinstance(entry, dict) or key not in entry:
        raise InputError(f"{where} has no {key!r}")
    return entry[key]


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{where} is not a list")
    return value


def _present(photograph: Path, labels: Path) -> Path:
    try:
        there = photograph.is_file()
    except OSError:  # a name longer than any file has
        there = False
    if not there:
        raise InputError(f"{labels} names {photograph.name}, which is not beside it")
    return photograph
