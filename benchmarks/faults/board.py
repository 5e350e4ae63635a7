"""Submissions to the leaderboard that crash, hang, eat memory or are no models."""

import hashlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
import onnx
import psutil
from onnx import TensorProto, helper

from faults import Outcome, fault, refusal
from firsthand.challenge.images import open_images
from firsthand.challenge.leaderboard import Board
from firsthand.challenge.leaderboard.worker import Orders, judged
from firsthand.challenge.web.judge import JudgeProcess
from firsthand.measure import Warmup
from firsthand.measure.single_stream import Rules
from firsthand.runtime import Model

SIDE, CLASSES = 8, 3
RULES = Rules(
    queries=16,
    seconds=0.05,
    launches=2,
    block_s=0.01,
    warmup=Warmup(max_blocks=0),
    timeout_s=10.0,
    memory_bytes=4 << 30,
)
PATIENCE_S = 90.0


def model(nodes: list, constants: dict[str, np.ndarray]) -> bytes:
    """Return an ONNX model of one image to the likelihoods of three classes."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, SIDE, SIDE, 3])
    answer = helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, CLASSES])
    held = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "made", [image], [answer], held)
    opset = [helper.make_opsetid("", 13)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


MEAN = helper.make_node("ReduceMean", ["seen"], ["answer"], axes=[1, 2], keepdims=0)
SEE = helper.make_node("Identity", ["image"], ["seen"])


def good() -> bytes:
    return model([SEE, MEAN], {})


def endless() -> bytes:
    """Loops for as long as a number that never changes is true."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["going_on"]),
            helper.make_node("Identity", ["held"], ["held_on"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("held", TensorProto.FLOAT, [1, SIDE, SIDE, 3]),
        ],
        [
            helper.make_tensor_value_info("going_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("held_on", TensorProto.FLOAT, [1, SIDE, SIDE, 3]),
        ],
    )
    loop = helper.make_node("Loop", ["", "true", "image"], ["seen"], body=body)
    return model([loop, MEAN], {"true": np.array(True)})


def hungry() -> bytes:
    """Wants 64 GB for what lies between its image and its answer."""
    tiled = helper.make_node("Tile", ["image", "times"], ["large"])
    mean = helper.make_node("ReduceMean", ["large"], ["answer"], axes=[1, 2], keepdims=0)
    return model([tiled, mean], {"times": np.array([1, 2**14, 2**14 // 3, 1], np.int64)})


def images_in(folder: Path) -> Path:
    for at, name in enumerate(("a-red", "b-green", "c-blue")):
        (folder / name).mkdir(parents=True)
        for n in range(2):
            pixels = np.full((24, 32, 3), 40 + n, np.uint8)
            pixels[..., 2 - at] = 220
            assert cv2.imwrite(str(folder / name / f"{n}.png"), pixels)
    return folder


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """The lock by which measurements keep apart is a file of this fault's own."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def orders_in(folder: Path) -> Orders:
    (folder / "board").mkdir()
    return Orders(folder / "board", images_in(folder / "images"), RULES, PATIENCE_S)


def verdict(folder: Path, data: bytes, meanwhile: Callable[[str], None] = lambda _: None) -> str:
    """Judge a model; return why it is refused, "" where it stands."""
    orders, path = orders_in(folder), folder / "model.onnx"
    path.write_bytes(data)
    images = open_images(orders.data)

    def progress(stage: str, _: float) -> None:
        meanwhile(stage)

    with alone(folder):
        return refusal(lambda: judged(path, orders, images, progress, time.monotonic))


def kill(name: str) -> int:
    """Kill this process's children that run a module of such a name; return how many."""
    killed = 0
    for child in psutil.Process().children():
        with suppress(psutil.Error):  # one that has ended meanwhile
            if any(name in word for word in child.cmdline()):
                child.kill()
                killed += 1
    return killed


@fault("board", "A submission that never answers", quick=False)
def hangs(folder: Path) -> Outcome:
    before = time.monotonic()
    said = verdict(folder, endless())
    took_s = time.monotonic() - before
    return Outcome("no answer" in said and took_s < PATIENCE_S, said.partition("; its last")[0])


@fault("board", "A submission that wants 64 GB")
def eats_memory(folder: Path) -> Outcome:
    said = verdict(folder, hungry())
    ok = bool(said) and any(word in said for word in ("alloc", "Memory", "memory", "died"))
    return Outcome(ok, said.partition("; its last")[0])


@fault("board", "The process of a submission is killed (SIGKILL) while it is judged")
def crashes(folder: Path) -> Outcome:
    killed = 0

    def kill_it(stage: str) -> None:
        nonlocal killed
        if stage != "loading":
            killed += kill("stream_worker")

    said = verdict(folder, good(), kill_it)
    return Outcome(killed > 0 and "SIGKILL" in said, said.partition("; its last")[0])


@fault("board", "Submissions cut short, of noise, and of no model at all")
def no_models(folder: Path) -> Outcome:
    data = good()
    told = []
    for number, each in enumerate(
        (data[: len(data) // 2], np.random.default_rng(0).bytes(5_000), b"not a model", b"")
    ):
        place = folder / str(number)
        place.mkdir()
        told.append(verdict(place, each))
    return Outcome(all(told), f"{sum(map(bool, told))} of {len(told)} refused; {told[2]}")


@fault("board", "The judge is killed (SIGKILL) at work", quick=False)
def judge_killed(folder: Path) -> Outcome:
    orders, path = orders_in(folder), folder / "model.onnx"
    path.write_bytes(good())
    card = Model.open(path).card
    assert card.sha256 == hashlib.sha256(good()).hexdigest()

    def await_(wanted: str) -> bool:
        until = time.monotonic() + PATIENCE_S
        with Board(orders.board) as board:
            while board.entry(card.sha256).state != wanted and time.monotonic() < until:
                threading.Event().wait(0.02)
            return board.entry(card.sha256).state == wanted

    with Board(orders.board) as board:
        board.submit(Model.open(path))
    with JudgeProcess(orders) as judge:
        judge.begin(lambda: None)
        taken = await_("judging")
        kill("leaderboard.worker")
        stands = await_("judged")
    happened = "another judge takes it up again, and it stands"
    return Outcome(taken and stands, happened, "nothing but time")
