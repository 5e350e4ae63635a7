"""Models judged, whose answers are known."""

from pathlib import Path

import numpy as np
import pytest
from tiny_models import Background, Both, Bright, Colours, Numberless, Two, tiny

from firsthand.challenge import ImageSet, judge, open_images
from firsthand.errors import BusyError, InputError, MediaError, ModelError, PeerError
from firsthand.measure import Warmup
from firsthand.measure.single_stream import Rules, alone_on_this_machine
from firsthand.media import write_image

RULES = Rules(queries=8, seconds=0.0, block_s=0.002, warmup=Warmup(max_blocks=0), timeout_s=60)
KINDS = ("blue", "green", "red")  # as folders are sorted
RANGE = (0.0, 1.0)


def pictures(folder: Path, count: int = 12) -> Path:
    """Of colours; what the model calls 0 is red, so classes go the other way than its outputs."""
    rng = np.random.default_rng(0)
    for n in range(count):
        pixels = rng.integers(0, 90, (40, 48, 3), np.uint8)
        pixels[..., 2 - n % 3] += 120
        path = folder / f"{2 - n % 3}_{KINDS[::-1][n % 3]}" / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, pixels)
    return folder


@pytest.fixture
def colours(tmp_path) -> ImageSet:
    return open_images(pictures(tmp_path / "data"))


def model(folder: Path, kind, name: str = "") -> Path:
    path = folder / f"{name or kind.__name__.lower()}.tflite"
    path.write_bytes(tiny(kind))
    return path


def test_right_answers_are_counted_and_timed(colours, tmp_path) -> None:
    models = {"plain": model(tmp_path, Colours), "more": model(tmp_path, Background)}
    told = []
    verdicts, streams = judge(
        models,
        colours,
        RULES,
        value_range=RANGE,
        passes=2,
        progress=lambda *what: told.append(what),
    )
    for verdict in verdicts.values():
        assert verdict.judged.correct.all()
        assert verdict.accuracy.value == 1
        assert verdict.scores["score"].value == 12
        assert verdict.scores["score_every_second"].value == 6
        assert (verdict.judged.seconds > 0).all()
        assert verdict.latency is not None
        assert verdict.latency.queries >= 8
    assert set(streams.streams) == {"plain", "more"}
    assert told[-1] == ("measuring", 1.0)
    assert ("answering", 1.0) in told


def test_wrong_answers_are_wrong(colours, tmp_path) -> None:
    shifted = ImageSet(colours.files, tuple((n + 1) % 3 for n in colours.labels), 3)
    verdicts, _ = judge({"a": model(tmp_path, Colours)}, shifted, RULES, value_range=RANGE)
    assert verdicts["a"].scores["score"].value == 0


def test_what_is_no_number_is_wrong_and_said(colours, tmp_path) -> None:
    verdicts, _ = judge({"a": model(tmp_path, Numberless)}, colours, RULES, value_range=RANGE)
    (remark,) = verdicts["a"].remarks
    assert remark == "4 of 12 answers were not numbers; they count as wrong"
    assert verdicts["a"].judged.correct.sum() <= 8


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Two, "a: it has 2 inputs"),
        (Both, "a: it has 2 outputs"),
        (Bright, "a: it has 4 outputs"),
    ],
)
def test_what_is_no_classifier_is_refused(colours, tmp_path, kind, why) -> None:
    with pytest.raises(ModelError, match=why):
        judge({"a": model(tmp_path, kind)}, colours, RULES)


def test_labels_beyond_the_models_classes_are_refused(colours, tmp_path) -> None:
    other = ImageSet(colours.files, (*colours.labels[1:], 17), 18)
    with pytest.raises(
        InputError, match="tells 3 classes apart, and the images have labels up to 17"
    ):
        judge({"a": model(tmp_path, Colours)}, other, RULES)


@pytest.mark.parametrize("keep", [0, 100, 700])
def test_a_damaged_model_is_told_of_by_name(colours, tmp_path, keep) -> None:
    path = tmp_path / "damaged.tflite"
    path.write_bytes(tiny(Colours)[:keep])
    with pytest.raises((ModelError, PeerError), match="damaged"):
        judge({"damaged": path}, colours, RULES)


def test_a_damaged_image_is_told_of_by_name(colours, tmp_path) -> None:
    colours.files[5].write_bytes(b"no image")
    with pytest.raises(MediaError, match=colours.files[5].name):
        judge({"a": model(tmp_path, Colours)}, colours, RULES)


def test_no_image_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="no image"):
        judge({"a": model(tmp_path, Colours)}, ImageSet((), (), 0), RULES)


def test_two_judgements_at_once_are_refused(colours, tmp_path) -> None:
    path = model(tmp_path, Colours)
    with alone_on_this_machine(), pytest.raises(BusyError, match="another measurement"):
        judge({"a": path}, colours, RULES)
