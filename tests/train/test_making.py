import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch
from small_networks import SmallNetwork
from torch import Tensor, nn

from firsthand.errors import InputError
from firsthand.train.checkpoints import write_weights
from firsthand.train.hands.detector_recipe import train_detector
from firsthand.train.hands.landmark_recipe import train_landmarks
from firsthand.train.loop import LOG_NAME
from firsthand.train.making import Lessons, begun, learn
from firsthand.train.run import Progress, Run

PX = 16


@dataclass(frozen=True)
class Drawing:
    """A task that keeps account of the lessons it was asked for."""

    model: nn.Module
    name: str
    asked: list[str] = field(default_factory=list)
    recipe: str = "drawing"

    def batch(self, step: int) -> dict[str, Tensor]:
        self.asked.append(self.name)
        draw = torch.Generator().manual_seed(step)
        return {"image": torch.rand(4, 3, PX, PX, generator=draw)}

    def loss(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        points, presence, places = self.model(batch["image"])
        return {"total": points.square().mean() + presence.mean() + places.mean() / 64}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing."""


def run(folder: Path, *, resume: bool = False) -> Run:
    return Run(recipe="r", folder=folder, data=None, seed=1, resume=resume, steps=None)


def made(folder: Path, lessons: Lessons, tell=lambda _: None, *, resume: bool = False):
    asked: list[str] = []
    files = learn(
        *(run(folder, resume=resume), lessons, SmallNetwork()),
        lambda net: Drawing(net, "easy", asked),
        *(lambda net: net, PX, ("expectation",), tell),
        as_harder_task=lambda net: Drawing(net, "hard", asked),
    )
    return files, asked


LESSONS = Lessons(steps=4, int8_steps=4, batch_size=4, refining_steps=3, threads=1)


def test_later_lessons_are_from_the_harder_samples(tmp_path: Path) -> None:
    files, asked = made(tmp_path, LESSONS)
    assert asked == ["easy"] * 4 + ["hard"] * 7
    assert all(len(file) > 1000 for file in files)
    plain, asked = made(tmp_path / "plain", Lessons(4, 4, 4, threads=1))
    assert asked == ["easy"] * 4 + ["hard"] * 4
    assert plain[0] != files[0]


def test_a_run_stopped_while_it_refines_ends_with_the_same_files(tmp_path: Path) -> None:
    whole, _ = made(tmp_path / "whole", LESSONS)

    def stop(progress: Progress) -> None:
        if (progress.step, progress.steps) == (2, 3):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(tmp_path / "stopped", LESSONS, stop)
    again, asked = made(tmp_path / "stopped", LESSONS, resume=True)
    assert again == whole
    assert asked == ["hard"] * 5


def test_a_run_begins_where_another_ended_at_half_the_rate(tmp_path: Path) -> None:
    made(tmp_path, LESSONS)
    start = replace(run(tmp_path / "further"), start=tmp_path / "weights.pt")
    net, origin = begun(start, SmallNetwork)
    assert origin == f", begun from {(tmp_path / 'weights.pt').read_bytes()[:8].hex()}"
    anew, none = begun(run(tmp_path), SmallNetwork)
    assert none == ""
    assert not all(map(torch.equal, net.parameters(), anew.parameters()))
    learn(
        *(start, LESSONS, net, lambda net: Drawing(net, "easy"), lambda net: net, PX),
        *(("expectation",), lambda _: None),
    )
    rates = {
        folder: json.loads((tmp_path / folder / "float" / LOG_NAME).read_text().split("\n")[1])
        for folder in (".", "further")
    }
    assert rates["further"]["rate"] == rates["."]["rate"] / 2


@pytest.mark.parametrize("train", [train_detector, train_landmarks])
def test_weights_of_another_network_are_refused_before_samples_are_made(tmp_path, train) -> None:
    write_weights(tmp_path / "weights.pt", SmallNetwork().state_dict(), {})
    wrong = replace(run(tmp_path / "o"), recipe="small", start=tmp_path / "weights.pt")
    with pytest.raises(InputError, match="of another network"):
        train(wrong, lambda _: None)
    assert not (tmp_path / "o").exists()


def test_fewer_steps_shorten_all_lessons() -> None:
    lessons = Lessons(steps=1000, int8_steps=100, batch_size=4, refining_steps=50).shortened(10)
    assert (lessons.steps, lessons.int8_steps, lessons.refining_steps) == (10, 1, 1)
    assert Lessons(1000, 100, 4).shortened(10).refining_steps == 0
