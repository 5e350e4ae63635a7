"""The whole run: a network and pictures in, files and their table out."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from colours import SIDE, Small, colours
from torch import Tensor, nn

from firsthand.compress import Budget, choose, read_members
from firsthand.errors import ConfigError, InputError, TrainingError
from firsthand.measure import Rules
from firsthand.runtime import Model, load_runner
from firsthand.train.compress.family import Settings, compress, student_names
from firsthand.train.run import Progress

FAST = Rules(queries=12, seconds=0.0, launches=1, block_s=0.002)
SHORT = Settings(
    teacher_epochs=6, epochs=10, int8_epochs=2, batch=16, views=2, widths=(0.75, 0.5, 0.25),
    half=False, threads=1, rules=FAST, importance="magnitude",
)  # fmt: skip


def small(seed: int = 0) -> Small:
    torch.manual_seed(seed)
    return Small(3)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("family")
    return compress(small(), colours(), colours(30, 1), folder, SHORT)


@pytest.mark.slow
def test_a_family_is_files_with_cards_a_table_and_a_page(made) -> None:
    assert [each.name for each in made.members] == ["teacher", "large", "middle", "small"]
    assert {each.name for each in read_members(made.folder)} == {each.name for each in made.members}
    sizes = [each.bytes for each in made.members]
    macs = [each.macs for each in made.members]
    assert sizes == sorted(sizes, reverse=True)
    assert macs == sorted(macs, reverse=True)
    for each in made.members:
        model = Model.open(made.folder / each.file)
        assert model.card.labels == ("red", "green", "blue")
        assert model.card.accuracy[0].value == each.accuracy
        assert each.accuracy > 0.9
        assert each.memory_mb >= 0
        (logits,) = load_runner(model)(np.zeros((1, SIDE, SIDE, 3), np.float32))
        assert logits.shape == (1, 3)
    assert "small" in (made.folder / "pareto.html").read_text(encoding="utf-8")
    assert choose(made.members, Budget(macs=macs[2])).member.name in ("middle", "small")


@pytest.mark.slow
def test_a_run_that_was_stopped_anywhere_ends_with_the_same_files(made, tmp_path) -> None:
    stops = iter((2, 5, 9, 14, 22))

    class Stopped(Exception):
        """Stands for Ctrl-C."""

    def until(count: int):
        seen = 0

        def tell(_: Progress) -> None:
            nonlocal seen
            seen += 1
            if seen > count:
                raise Stopped

        return tell

    for count in stops:
        with pytest.raises(Stopped):
            compress(small(), colours(), colours(30, 1), tmp_path, SHORT, tell=until(count))
    again = compress(small(), colours(), colours(30, 1), tmp_path, SHORT)
    for other in (replace(SHORT, widths=(), budget=Budget(bytes=9000)), replace(SHORT, epochs=11)):
        with pytest.raises(InputError, match="is of another run"):
            compress(small(), colours(), colours(30, 1), tmp_path, other)
    for first, second in zip(made.members, again.members, strict=True):
        assert (made.folder / first.file).read_bytes() == (tmp_path / second.file).read_bytes()


@pytest.mark.slow
def test_a_teacher_can_learn_along_or_stand_still(tmp_path) -> None:
    for kind in ("joint", "fixed"):
        quick = replace(SHORT, teacher=kind, epochs=4, int8_epochs=1, students=1, widths=(0.5,))
        model = small()
        before = model.out.weight.detach().clone()
        family = compress(model, colours(), colours(30, 1), tmp_path / kind, quick)
        assert [each.name for each in family.members] == ["teacher", "student"]
        assert torch.equal(before, model.out.weight) == (kind == "fixed")


class Other(nn.Module):
    """Gives what is asked for, whatever that is."""

    def __init__(self, out: object) -> None:
        super().__init__()
        self.conv, self.given = nn.Conv2d(3, 8, 1), out

    def forward(self, x: Tensor) -> object:
        """Return it."""
        return self.given if isinstance(self.given, tuple) else self.conv(x).mean((2, 3))


class Bessel(Small):
    """Has an operation that no file has."""

    def forward(self, x: Tensor) -> Tensor:
        """Make something of it."""
        return torch.special.bessel_j0(super().forward(x))


@pytest.mark.slow
def test_what_does_not_fit_is_told_before_anything_is_trained(tmp_path) -> None:
    def run(model: nn.Module, settings: Settings = SHORT) -> None:
        compress(model, colours(), colours(30, 1), tmp_path, settings)

    with pytest.raises(ConfigError, match=r"Other gives \(1, 8\) for one picture; \(1, 3\) is"):
        run(Other(None))
    with pytest.raises(ConfigError, match="Other gives tuple"):
        run(Other(()))
    with pytest.raises(ConfigError, match="takes no pictures of shape"):
        run(nn.Linear(3, 3))
    with pytest.raises(ConfigError, match=r"bessel.*test_family\.py, line \d+: return torch"):
        run(Bessel(3))
    with pytest.raises(ConfigError, match=r"does not compute in bfloat16 \(leave it to float by"):
        run(Bessel(3), replace(SHORT, half=True))
    wide = colours()
    wide = replace(wide, pixels=np.repeat(wide.pixels, 2, axis=2))
    with pytest.raises(InputError, match="held-out pictures are"):
        compress(small(), wide, colours(30, 1), tmp_path, SHORT)
    assert not any(tmp_path.iterdir())


def test_a_budget_that_cannot_be_reached_tells_what_can_before_training(tmp_path) -> None:
    settings = replace(SHORT, widths=(), budget=Budget(bytes=1000))
    with pytest.raises(ConfigError, match=r"is within size <= 1 KB: four channels .* KB"):
        compress(small(), colours(), colours(30, 1), tmp_path, settings)
    assert not any(tmp_path.iterdir())


def test_settings_say_what_is_wrong() -> None:
    with pytest.raises(ConfigError, match="teacher='wise': there are trained, fixed, joint"):
        Settings(teacher="wise")
    with pytest.raises(ConfigError, match="epochs=0 must be at least 1"):
        Settings(epochs=0)


def test_students_are_named_by_their_size() -> None:
    assert student_names(1) == ("student",)
    assert student_names(2) == ("large", "small")
    assert student_names(4) == ("large", "middle1", "middle2", "small")


class Nothing(Small):
    """Has no numbers to say."""

    def forward(self, x: Tensor) -> Tensor:
        """Return what is no number."""
        return super().forward(x) * float("nan")


@pytest.mark.slow
def test_a_loss_that_is_no_number_stops_the_run(tmp_path) -> None:
    with pytest.raises(TrainingError, match=r"step 1 of 18: the loss is no finite number"):
        compress(Nothing(3), colours(), colours(30, 1), tmp_path, SHORT)


def test_a_place_where_nothing_can_be_kept_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        compress(small(), colours(), colours(30, 1), tmp_path / "file", SHORT)
