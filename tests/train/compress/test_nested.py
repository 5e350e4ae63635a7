"""Students that share their weights."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from firsthand.errors import ConfigError
from firsthand.train.compress.classifying import ClassifyingTask, answers, taught
from firsthand.train.compress.nested import JointTask, Nested, scaled
from firsthand.train.compress.pictures import Batches, Disturbance, Pictures
from firsthand.train.compress.students import int8_file, int8_student
from firsthand.train.compress.teacher import ResNet9
from firsthand.train.families.architecture import Plan, Stage
from firsthand.train.loop import fit
from firsthand.train.schedule import Schedule

LARGE = Plan(16, (Stage(16, 1, 1, 1), Stage(24, 2, 2, 3), Stage(32, 2, 2, 3)), 64, stem_stride=1)
PLANS = (LARGE, scaled(LARGE, 0.7), scaled(LARGE, 0.4, 0.5))
SIDE = 16


def colours(count: int = 48) -> Pictures:
    """Pictures whose class is their brightest colour."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 120, (count, SIDE, SIDE, 3), np.uint8)
    labels = np.arange(count) % 3
    pixels[np.arange(count), :, :, labels] += 110
    return Pictures(pixels, labels, 3)


def nested(seed: int = 0) -> Nested:
    torch.manual_seed(seed)
    return Nested(PLANS, 3)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_student_alone_answers_as_among_the_others(at) -> None:
    together = nested()
    seen = torch.rand(4, 3, SIDE, SIDE)
    for _ in range(3):
        together.train()(seen)  # batch norms have something to remember
    together.eval()
    alone = together.student(at).eval()
    torch.testing.assert_close(alone(seen), together.logits(at, seen))
    assert all(weights.requires_grad for weights in alone.parameters())


def test_a_smaller_students_weights_are_the_beginning_of_a_largers() -> None:
    together = nested()
    largest, smallest = (dict(together.student(at).named_parameters()) for at in (0, 2))
    stem = smallest["stem.0.weight"]
    torch.testing.assert_close(stem, largest["stem.0.weight"][: len(stem)])
    out = smallest["classifier.weight"]
    torch.testing.assert_close(out, largest["classifier.weight"][:, : out.shape[1]])
    # Its third stage begins at another place: the second has one block less.
    blocks = [name for name in smallest if name.startswith("blocks.2.") and "weight" in name]
    shape = smallest[blocks[0]].shape
    theirs = largest[blocks[0].replace("blocks.2.", "blocks.3.", 1)]
    torch.testing.assert_close(smallest[blocks[0]], theirs[tuple(slice(n) for n in shape)])


def test_all_students_teach_the_shared_weights() -> None:
    together = nested()
    task = JointTask(together, Batches(colours(), 12, Disturbance(1, True, 0), 0), "test")
    task.loss(task.batch(0))["total"].backward()
    gradient = dict(together.named_parameters())["students.0.stem.0.weight"].grad
    alone = nested()
    logits = alone.train().logits(0, task.batch(0)["pictures"])
    functional.cross_entropy(logits, task.batch(0)["labels"]).backward()
    first = dict(alone.named_parameters())["students.0.stem.0.weight"].grad
    small = PLANS[2].stem
    assert not torch.allclose(gradient[:small], first[:small], rtol=0.05)
    torch.testing.assert_close(gradient[PLANS[1].stem :], first[PLANS[1].stem :])


def test_what_is_not_within_the_largest_is_refused() -> None:
    for other in (scaled(LARGE, 1.5), scaled(LARGE, 1.0, 2.0), scaled(LARGE, 1.0, head=3.0)):
        with pytest.raises(ConfigError, match="is not within"):
            Nested((LARGE, other), 3)


def test_an_equal_word_teaches_nothing_and_another_does() -> None:
    logits = torch.randn(5, 7)
    assert float(taught(logits, logits + 3)) == pytest.approx(0, abs=1e-5)
    other = torch.randn(5, 7)
    p, q = (functional.softmax(each.double() / 4, 1) for each in (other, logits))
    wanted = 16 * (p * (p / q).log()).sum(1).mean()
    assert float(taught(logits, other)) == pytest.approx(float(wanted), rel=1e-4)


@pytest.mark.slow
def test_a_family_learns_colours_and_is_written_as_int8(tmp_path) -> None:
    pictures = colours()
    batches = Batches(pictures, 24, Disturbance(1, True, 0), 0)
    torch.manual_seed(0)
    teacher = ResNet9(3, width=0.125)
    plan = Schedule(steps=40, peak_rate=5e-3, warmup_steps=5, checkpoint_every=40)
    fit(ClassifyingTask(teacher, batches, "t", half=True), plan, tmp_path / "t", seed=0)
    together = nested()
    joint = Schedule(steps=60, peak_rate=5e-3, warmup_steps=5, checkpoint_every=60)
    fit(JointTask(together, batches, "j", teacher=teacher), joint, tmp_path / "j", seed=0)
    labels = torch.from_numpy(pictures.labels)
    assert (answers(teacher, pictures) == labels).float().mean() > 0.95
    sizes = []
    for at in range(3):
        short = Schedule(steps=20, peak_rate=1e-3, checkpoint_every=20)
        made = int8_student(
            together.student(at), batches, short, tmp_path / f"s{at}", "s", teacher=teacher
        )
        assert (answers(made, pictures) == labels).float().mean() > 0.9
        sizes.append(len(int8_file(made, pictures)))
    assert sizes[0] > sizes[1] > sizes[2]
