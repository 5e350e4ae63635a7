"""The models that come with Firsthand, whether one runs, and the store of published ones."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from firsthand.doctor.checks import Check
from firsthand.errors import ModelError
from firsthand.runtime import ModelStore
from firsthand.runtime.bundled import bundled
from firsthand.runtime.catalog import catalog
from firsthand.runtime.trial import rehearse

_GROUP = "models"
_AGAIN = "install Firsthand again"


def check_models() -> Iterator[Check]:
    """Yield whether the bundled models are whole, whether one runs, and what the store holds."""
    yield from check_bundled()
    try:
        store = ModelStore()
    except ModelError as error:
        yield Check(_GROUP, "store", "broken", str(error))
        return
    yield from check_store(store)


def check_bundled() -> Iterator[Check]:
    """Yield whether the bundled models are whole, and whether the smallest runs once."""
    try:
        models = bundled()
        for model in models.values():
            model.read()
    except ModelError as error:
        yield Check(_GROUP, "bundled", "broken", str(error), _AGAIN, needed=True)
        return
    if not models:
        yield Check(_GROUP, "bundled", "missing", "there is none", _AGAIN, needed=True)
        return
    yield Check(_GROUP, "bundled", "ok", f"{len(models)}, as their cards have them", needed=True)
    smallest = min(models.values(), key=lambda model: model.card.size_bytes)
    title = "running one"
    try:
        rehearse(smallest)
    except ModelError as error:
        remedy = 'pip install --force-reinstall "ai-edge-litert"'
        yield Check(_GROUP, title, "broken", str(error), remedy, needed=True)
    else:
        yield Check(_GROUP, title, "ok", smallest.card.name, needed=True)


def check_store(store: ModelStore) -> Iterator[Check]:
    """Yield whether each published model is in the store and right, and whether more fit in."""
    absent_bytes = 0
    for name, card in catalog().items():
        found = store.verify(name)[0]
        size = f"{card.size_bytes / 1e6:.2f} MB"
        if found.status == "ok":
            yield Check(_GROUP, name, "ok", size)
            continue
        absent_bytes += card.size_bytes
        if found.status == "missing":
            way = f"pull {name}" if card.sources else f"add {name} FILE"
            detail = f"{size}, not in the store"
            yield Check(_GROUP, name, "missing", detail, f"firsthand models {way}")
        else:
            yield Check(_GROUP, name, "broken", found.detail)
    yield _check_disk(store.root, absent_bytes)


def _check_disk(root: Path, absent_bytes: int) -> Check:
    """Return whether the store's folder, or the nearest above it, takes `absent_bytes` more."""
    place = next(folder for folder in (root, *root.parents) if folder.exists())
    elsewhere = "set FIRSTHAND_MODELS to another folder"
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        detail = f"{root}, where nothing can be written"
        return Check(_GROUP, "store", "broken", detail, elsewhere)
    free = shutil.disk_usage(place).free
    detail = f"{root}, {free / 1e9:.1f} GB free"
    if free < absent_bytes:
        detail += f", but the published models need {absent_bytes / 1e9:.2f} GB more"
        return Check(_GROUP, "store", "broken", detail, f"free some, or {elsewhere}")
    return Check(_GROUP, "store", "ok", detail)
