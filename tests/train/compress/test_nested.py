"""Students that share their weights."""

import pytest
import torch
from colours import SIDE, colours
from torch import Tensor, nn
from torch.nn import functional

from firsthand.errors import ConfigError
from firsthand.train.compress.classifying import Word, answers, taught
from firsthand.train.compress.nested import JointTask, Nested, nested_plans, scaled
from firsthand.train.compress.pictures import Batches, Disturbance
from firsthand.train.families.architecture import Plan, Stage
from firsthand.train.loop import fit
from firsthand.train.schedule import Schedule

LARGE = Plan(16, (Stage(16, 1, 1, 1), Stage(24, 2, 2, 3), Stage(32, 2, 2, 3)), 64, stem_stride=1)
PLANS = (LARGE, scaled(LARGE, 0.7), scaled(LARGE, 0.4, 0.5))


def nested(seed: int = 0) -> Nested:
    torch.manual_seed(seed)
    return nested_plans(PLANS, 3)


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
            nested_plans((LARGE, other), 3)


def test_an_equal_word_teaches_nothing_and_another_does() -> None:
    logits = torch.randn(5, 7)
    assert float(taught(logits, logits + 3)) == pytest.approx(0, abs=1e-5)
    other = torch.randn(5, 7)
    p, q = (functional.softmax(each.double() / 4, 1) for each in (other, logits))
    wanted = 16 * (p * (p / q).log()).sum(1).mean()
    assert float(taught(logits, other)) == pytest.approx(float(wanted), rel=1e-4)


def test_all_learn_from_the_labels_and_from_the_largest(tmp_path) -> None:
    pictures = colours()
    together = nested()
    batches = Batches(pictures, 24, Disturbance(1, True, 0), 0)
    plan = Schedule(steps=40, peak_rate=5e-3, warmup_steps=5, checkpoint_every=40, threads=1)
    fit(JointTask(together, batches, "joint"), plan, tmp_path, seed=0)
    labels = torch.from_numpy(pictures.labels)
    for at in range(3):
        assert (answers(together.student(at), pictures) == labels).float().mean() > 0.9


def test_what_a_teacher_said_is_remembered_where_batches_come_again() -> None:
    asked = 0

    class Teacher(nn.Module):
        """Counts how often it is asked."""

        def forward(self, pictures: Tensor) -> Tensor:
            nonlocal asked
            asked += 1
            return pictures.mean((2, 3))

    word = Word(Teacher())
    again = Batches(colours(), 12, Disturbance(1, True, 4), 0, views=2)
    said = [word.of(again(step)) for step in range(24)]
    assert asked == 8
    for first, later in zip(said[:8], said[8:16], strict=True):
        assert torch.equal(first, later)
    once = Batches(colours(), 12, Disturbance(1, True, 4), 0)
    for step in range(16):
        word.of(once(step))
    assert asked == 24
