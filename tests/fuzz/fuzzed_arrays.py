"""Arrays kept in files: checkpoints, weights, samples, pictures, targets, classifiers."""

import hashlib
from contextlib import suppress

import fuzz_files as files
from torch import nn

from firsthand.errors import ConfigError, FirsthandError, InputError
from firsthand.speech.noss.embedding import _kept as kept_vectors
from firsthand.speech.personal import Personal
from firsthand.train.checkpoints import read_checkpoint, read_weights
from firsthand.train.compress.given import read_arrays
from firsthand.train.compress.kept import read_kept
from firsthand.train.compress.sweeping import read_trials
from firsthand.train.compress.texts import read_texts
from firsthand.train.hands.cutouts import open_cutouts
from firsthand.train.hands.histories import read_histories
from firsthand.train.hands.samples import SampleFolder
from firsthand.train.hands.things import Things
from firsthand.train.loop import _shorten_log
from firsthand.train.objects.lessons import read_lessons
from firsthand.train.speech.teachers import _kept as kept_targets

NET = nn.Linear(2, 2)


def checkpoint(data: bytes) -> None:
    """What follows the sum of a file: the sum is made right, as nobody is kept from doing."""
    path = files.file("step-00000001.pt", hashlib.sha256(data).digest() + data)
    with suppress(InputError):
        read_checkpoint(path)
    with suppress(InputError):
        read_weights(path, NET)


def unsummed(data: bytes) -> None:
    with suppress(InputError):
        read_checkpoint(files.file("step-00000001.pt", data))


def personal(data: bytes) -> None:
    with suppress(InputError):
        Personal.load(files.file("personal.npz", data))


def vectors(data: bytes) -> None:
    kept_vectors(files.file("shard.npz", data), 2)


def targets(data: bytes) -> None:
    with suppress(InputError):
        kept_targets(files.file("targets.npz", data), "named")


def lessons(data: bytes) -> None:
    with suppress(InputError):
        read_lessons([files.file("lessons.npz", data)])


def samples(data: bytes) -> None:
    with suppress(InputError):
        for _ in SampleFolder.open(files.file("samples/samples-00000.npz", data).parent):
            pass


def cutouts(data: bytes) -> None:
    """Samples and their alphas, the length of the samples in two bytes before them."""
    size = int.from_bytes(data[:2])
    path = files.file("cutouts/samples-00000.npz", data[2 : 2 + size])
    files.file("cutouts/alphas.npz", data[2 + size :])
    with suppress(InputError):
        open_cutouts(path.parent)


def things(data: bytes) -> None:
    path = files.file("data/cifar10/cifar10_jpegq75_train.npz", data)
    with suppress(InputError):
        found = Things.open(path.parents[1])
        _ = found[0]


def pictures(data: bytes) -> None:
    with suppress(InputError):
        read_arrays(files.file("pictures.npz", data))


def weights(data: bytes) -> None:
    with suppress(InputError):
        read_kept(files.file("weights.npz", data), NET)


def texts(data: bytes) -> None:
    with suppress(InputError):
        read_texts(files.file("texts.csv", data))


def histories(data: bytes) -> None:
    with suppress(InputError):
        read_histories(files.file("point_history.csv", data))


def trials(data: bytes) -> None:
    from firsthand.train.compress.family import Settings

    with suppress(InputError, ConfigError, FirsthandError):
        read_trials(files.file("trials.toml", data), Settings())


def log(data: bytes) -> None:
    _shorten_log(files.file("log.jsonl", data), 10)


PARSERS = {
    "c": checkpoint,
    "u": unsummed,
    "p": personal,
    "v": vectors,
    "t": targets,
    "l": lessons,
    "s": samples,
    "o": cutouts,
    "h": things,
    "i": pictures,
    "w": weights,
    "x": texts,
    "f": histories,
    "r": trials,
    "g": log,
}
