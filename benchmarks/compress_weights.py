"""What do smaller weights save, and what do they cost?

Three networks learn handwritten digits (scikit-learn's, scaled up to 32 pixels squared):
`layers`, of three fully connected layers; `mobilenet`, MobileNetV2 of 0.35 times the channels;
`resnet`, ResNet-9 of a quarter of them. `large` is MobileNetV2 1.0 for 224 pixels with made-up
weights, only to be measured and timed. Batch norms are folded.

Of each there are files in float32, float16 (filters alone, computed in float32), int8 (static, not
trained), `int4_linear` (int8, filters of fully connected layers in 4 bits) and `int4` (those of
convolutions too, but for depthwise ones, which cannot). `kb_NETWORK_FILE` is a file's size;
`time_over_float_...` its median time on one processor over the float file's in the same rounds;
`agreement_...` the share of test digits to which it gives the float network's answer, and
`accuracy_...` the share that it gives the right one.

`..._zeros_50` and so on are networks trained on while so many percent of each layer's weights are
pruned, and then, but for `layers_float`, in int8; `zeros_0` are those of above, untouched.
`packed_kb_...` is their file's size as .tflite.xz, `packed_smaller_...` the size of the unpruned,
unpacked file over it. Of the filters alone, `entropy_kb_...` is what they would take if being 0 or
not, and each byte of those that are not, cost its entropy, without a look at its neighbours;
`zlib_over_entropy_...`, `xz_over_entropy_...` and `arranged_over_entropy_...` are what zlib takes
over that, and xz, and xz of first a bit for each weight and then those that are not 0.
"""

import copy
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from firsthand.measure import Figure, Findings, Options, run_benchmark, wilson
from firsthand.measure.single_stream import QUICK, measure_streams
from firsthand.runtime import load_runner
from firsthand.runtime.packed import packed
from firsthand.train.compress.classifying import ClassifyingTask
from firsthand.train.compress.nested import scaled
from firsthand.train.compress.pictures import Batches, Disturbance, Pictures
from firsthand.train.compress.small_weights import LAYERS, to_float16_tflite, to_int4_tflite
from firsthand.train.compress.sparse import (
    Pruning,
    file_weights,
    pruned_student,
)
from firsthand.train.compress.students import int8_student
from firsthand.train.compress.teacher import ResNet9
from firsthand.train.export import to_int8_tflite, to_tflite
from firsthand.train.families import Architecture, made_up_network
from firsthand.train.families.architecture import SMALL_PICTURES
from firsthand.train.families.mobilenets import mobilenet_v2
from firsthand.train.loop import fit
from firsthand.train.quantise import fold_batch_norms
from firsthand.train.schedule import Schedule
from firsthand.train.static_int8 import to_static_int8_tflite

SIDE = 32
CALIBRATION = 64
BATCH = 32
KINDS = ("float", "float16", "int8", "int4_linear", "int4")
PRUNED = ("layers", "mobilenet")


def digits(seed: int) -> tuple[Pictures, Pictures]:
    """Digits to learn from, and 30% of them to be asked about."""
    found = load_digits()
    grey = [cv2.resize(each, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for each in found.images]
    pixels = np.clip(np.stack(grey) * (255 / 16), 0, 255).astype(np.uint8)
    pixels = np.repeat(pixels[..., None], 3, axis=3)
    return Pictures(pixels, found.target.astype(np.int64), 10).split(0.3, seed)


def networks(seed: int) -> dict[str, nn.Module]:
    torch.manual_seed(seed)
    inputs = 3 * SIDE * SIDE
    return {
        "layers": nn.Sequential(
            nn.Flatten(),
            nn.Linear(inputs, 512),
            nn.ReLU(),
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Linear(512, 10),
        ),
        "mobilenet": mobilenet_v2(scaled(SMALL_PICTURES, 0.35), 10),
        "resnet": ResNet9(10, 0.25),
    }


@dataclass(frozen=True)
class Learner:
    """A network, what it learns from, for how many steps, and where its runs are kept."""

    name: str
    module: nn.Module
    pictures: Pictures
    steps: int
    seed: int
    folder: Path

    @property
    def batches(self) -> Batches:
        return Batches(self.pictures, BATCH, Disturbance(2, False, 0), self.seed)

    def schedule(self, share: float) -> Schedule:
        rate = share * (1e-3 if self.name == "layers" else 3e-3)
        return Schedule(
            steps=self.steps, peak_rate=rate, warmup_steps=10, checkpoint_every=10_000, threads=1
        )

    def learn(self) -> nn.Module:
        """The trained network, its batch norms folded."""
        task = ClassifyingTask(self.module, self.batches, self.name)
        fit(task, self.schedule(1), self.folder / "float", seed=self.seed)
        folded = copy.deepcopy(self.module)
        fold_batch_norms(folded)
        return folded

    def sparse(self, share: float) -> nn.Module:
        pruning = Pruning(share=share, last=self.steps // 2, every=5)
        return pruned_student(
            self.module,
            self.batches,
            self.schedule(1),
            self.folder / f"float_{share}",
            self.name,
            pruning=pruning,
            seed=self.seed,
        )

    def sparse_float(self, share: float) -> bytes:
        return to_tflite(self.sparse(share), (SIDE, SIDE))

    def sparse_int8(self, share: float) -> bytes:
        made = int8_student(
            self.sparse(share),
            self.batches,
            self.schedule(1 / 10),
            self.folder / f"int8_{share}",
            self.name,
            keep_zeros=True,
            seed=self.seed,
        )
        return to_int8_tflite(made, (SIDE, SIDE))


def files(module: nn.Module, images: np.ndarray) -> dict[str, bytes]:
    size_px = images.shape[1:3]
    return {
        "float": to_tflite(module, size_px),
        "float16": to_float16_tflite(module, size_px),
        "int8": to_static_int8_tflite(module, size_px, images),
        "int4_linear": to_int4_tflite(module, size_px, images),
        "int4": to_int4_tflite(module, size_px, images, layers=LAYERS),
    }


def large_files(seed: int) -> dict[str, bytes]:
    large = Architecture("mobilenet_v2")
    module = made_up_network(large, seed=seed)
    fold_batch_norms(module)
    random = np.random.default_rng(seed).random((4, *large.size_px, 3), np.float32)
    return files(module, random)


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / f"{name}.tflite"
    path.write_bytes(data)
    return path


def answers(path: Path, pictures: Pictures) -> np.ndarray:
    """The class (n,) that a file gives each picture."""
    runner = load_runner(path)
    shares = pictures.pixels.astype(np.float32) / 255
    return np.array([int(runner(each[None])[0].argmax()) for each in shares])


def proportion(right: np.ndarray) -> Figure:
    return Figure.of(wilson(int(right.sum()), len(right)), n=len(right))


def entropy_bytes(values: np.ndarray) -> float:
    """What values would take if each cost what it is worth without a look at its neighbours."""
    counts = np.unique(values, return_counts=True)[1]
    return float(-(counts * np.log2(counts / len(values))).sum() / 8)


def coding(data: bytes) -> dict[str, Figure]:
    """What the filters of a file take, coded in several ways."""
    flat = [each.ravel() for each in file_weights(data).values()]
    values = np.concatenate([each for each in flat if each.dtype == flat[0].dtype])
    zero = values == 0
    others = values[~zero]
    planes = others.view(np.uint8).reshape(len(others), -1).T
    least = sum(map(entropy_bytes, planes), entropy_bytes(zero))
    plain = values.tobytes()
    arranged = np.packbits(~zero).tobytes() + others.tobytes()
    return {
        "entropy_kb": Figure(least / 1e3, unit="kB"),
        "zlib_over_entropy": Figure(len(zlib.compress(plain, 9)) / least),
        "xz_over_entropy": Figure(len(packed(plain)) / least),
        "arranged_over_entropy": Figure(len(packed(arranged)) / least),
    }


def packing(name: str, data: bytes, unpruned: bytes) -> dict[str, Figure]:
    """The figures of a file that is packed."""
    size = len(packed(data))
    return {
        f"packed_kb_{name}": Figure(size / 1e3, unit="kB"),
        f"packed_smaller_{name}": Figure(len(unpruned) / size),
        **{f"{what}_{name}": figure for what, figure in coding(data).items()},
    }


def pruned(
    learner: Learner, unpruned: Mapping[str, bytes], shares: tuple[float, ...], test: Pictures
) -> dict[str, Figure]:
    makers = {"int8": learner.sparse_int8}
    if learner.name == "layers":
        makers["float"] = learner.sparse_float
    figures = {}
    for kind, make in makers.items():
        name = f"{learner.name}_{kind}_zeros"
        figures |= packing(f"{name}_0", unpruned[kind], unpruned[kind])
        for share in shares:
            data = make(share)
            whole = f"{name}_{100 * share:.0f}"
            figures |= packing(whole, data, unpruned[kind])
            path = written(learner.folder, whole, data)
            figures[f"accuracy_{whole}"] = proportion(answers(path, test) == test.labels)
    return figures


def measure(options: Options) -> Findings:
    torch.set_num_threads(1)
    steps = 80 if options.quick else 160
    shares = (0.8,) if options.quick else (0.5, 0.8, 0.9)
    train, test = digits(options.seed)
    images = train.pixels[:: len(train) // CALIBRATION][:CALIBRATION].astype(np.float32) / 255
    figures: dict[str, Figure] = {}
    made: dict[str, dict[str, bytes]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, module in networks(options.seed).items():
            learner = Learner(name, module, train, steps, options.seed, folder / name)
            made[name] = files(learner.learn(), images)
            found = {
                kind: answers(written(folder, f"{name}_{kind}", data), test)
                for kind, data in made[name].items()
            }
            for kind, given in found.items():
                figures[f"agreement_{name}_{kind}"] = proportion(given == found["float"])
                figures[f"accuracy_{name}_{kind}"] = proportion(given == test.labels)
            if name in PRUNED:
                figures |= pruned(learner, made[name], shares, test)
        made["large"] = large_files(options.seed)
        paths = {}
        for name, each in made.items():
            for kind, data in each.items():
                paths[f"{name}_{kind}"] = written(folder, f"{name}_{kind}", data)
                figures[f"kb_{name}_{kind}"] = Figure(len(data) / 1e3, unit="kB")
        streams = measure_streams(paths, replace(QUICK, seed=options.seed))
    for name in made:
        for kind in KINDS[1:]:
            ratio = streams.ratio(f"{name}_{kind}", f"{name}_float")
            figures[f"time_over_float_{name}_{kind}"] = Figure.of(ratio)
    return Findings(figures, noise=streams.doubts)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
