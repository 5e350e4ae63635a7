"""Detectors judged: COCO's average precision against COCO's own program."""

import contextlib
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import SIDE, Bright, Colours, tiny

from firsthand.challenge import coco_average_precision, judge_detectors, open_detections
from firsthand.challenge.detection import Boxes, Found, found_in, precision_within
from firsthand.challenge.report import detectors_document
from firsthand.errors import InputError, ModelError
from firsthand.measure import Warmup, describe_machine
from firsthand.measure.single_stream import Rules
from firsthand.media import write_image

RULES = Rules(queries=8, seconds=0.0, block_s=0.002, warmup=Warmup(max_blocks=0), timeout_s=60)


def drawn(seed: int, images: int = 6, kinds: int = 3):
    """Objects in images, and what somebody finds of them."""
    rng = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(images):
        count = int(rng.integers(1, 5))
        boxes = np.column_stack([rng.uniform(0, 60, (count, 2)), rng.uniform(8, 40, (count, 2))])
        truth.append(Boxes(boxes, rng.integers(0, kinds, count)))
        near = boxes + rng.normal(0, 3, boxes.shape) * (rng.random((count, 1)) < 0.8)
        near[:, 2:] = np.maximum(near[:, 2:], 1)
        more = np.column_stack([rng.uniform(0, 60, (2, 2)), rng.uniform(8, 40, (2, 2))])
        all_boxes = np.vstack([near, more])
        labels = np.concatenate([truth[-1].kinds, rng.integers(0, kinds, 2)])
        found.append(
            Found(all_boxes, labels, rng.permutation(len(labels)) / 100 + rng.random() / 1e3)
        )
    return found, truth


def by_coco(found, truth) -> float:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    present = sorted({int(kind) for each in truth for kind in each.kinds})
    document = {
        "images": [{"id": n + 1, "width": 100, "height": 100} for n in range(len(truth))],
        "categories": [{"id": kind + 1, "name": str(kind)} for kind in present],
        "annotations": [],
    }
    for n, each in enumerate(truth):
        for box, kind in zip(each.boxes.tolist(), each.kinds.tolist(), strict=True):
            document["annotations"].append(
                {
                    "id": len(document["annotations"]) + 1,
                    "image_id": n + 1,
                    "category_id": kind + 1,
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                }
            )
    results = [
        {"image_id": n + 1, "category_id": int(kind) + 1, "bbox": list(box), "score": float(score)}
        for n, each in enumerate(found)
        for box, kind, score in zip(each.boxes, each.kinds, each.scores, strict=True)
        if int(kind) in present
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = document
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_it_is_what_coco_computes(seed) -> None:
    found, truth = drawn(seed)
    # COCO compares recalls with hundredths as floats have them, and misses some.
    assert coco_average_precision(found, truth) == pytest.approx(by_coco(found, truth), abs=3e-3)


def test_only_what_is_found_in_time_counts() -> None:
    found, truth = drawn(3, images=4)
    whole = precision_within(found, truth, np.full(4, 0.05))
    assert whole == coco_average_precision(found, truth)
    assert precision_within(found, truth, np.full(4, 0.25)) < whole
    assert precision_within(found, truth, np.full(4, 1.0)) == 0


def scene(folder, count=3):
    """White boxes on black, of whole pixels of the model's input; returns the folder."""
    images, annotations = [], []
    for n in range(count):
        pixels = np.zeros((2 * SIDE, 4 * SIDE, 3), np.uint8)
        left, top, width, height = 4 * (n + 2), 2 * (n + 3), 40, 20
        pixels[top : top + height, left : left + width] = 255
        (folder / "images").mkdir(parents=True, exist_ok=True)
        write_image(folder / "images" / f"{n}.png", pixels)
        images.append({"id": n + 7, "file_name": f"{n}.png"})
        annotations += [
            {"image_id": n + 7, "category_id": 5, "bbox": [left, top, width, height]},
            {"image_id": n + 7, "category_id": 5, "bbox": [0, 0, 9, 9], "iscrowd": 1},
        ]
    document = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 5, "name": "box"}],
    }
    (folder / "annotations.json").write_text(json.dumps(document))
    return folder


def test_a_detector_is_judged(tmp_path) -> None:
    images = open_detections(scene(tmp_path / "data"))
    path = tmp_path / "bright.tflite"
    path.write_bytes(tiny(Bright))
    verdicts, streams = judge_detectors({"bright": path}, images, RULES, value_range=(0.0, 1.0))
    verdict = verdicts["bright"]
    assert [len(each.boxes) for each in verdict.found] == [1, 1, 1]
    for each, truth in zip(verdict.found, images.truth, strict=True):
        np.testing.assert_allclose(each.boxes, truth.boxes, atol=4)
    assert verdict.precision == verdict.precision_in_time > 0.6
    assert verdict.latency.queries >= 8
    entry = detectors_document(verdicts, streams, describe_machine())["models"]["bright"]
    assert (entry["images"], entry["precision"]) == (3, verdict.precision)


def test_a_classifier_is_no_detector(tmp_path) -> None:
    path = tmp_path / "colours.tflite"
    path.write_bytes(tiny(Colours))
    with pytest.raises(ModelError, match="a: its outputs have shapes"):
        judge_detectors({"a": path}, open_detections(scene(tmp_path / "data")), RULES)


def test_what_is_no_number_is_not_found() -> None:
    boxes = np.array([[[0, 0, 1, 1], [np.nan, 0, 1, 1], [0, 0, 0.5, 0.5]]])
    scores = np.array([[0.5, 0.9, np.nan]])
    found = found_in([boxes, np.zeros((1, 3)), scores, np.array([3.0])], 10, 20)
    assert found.boxes.tolist() == [[0, 0, 10, 20]]
    assert len(found_in([boxes, np.zeros((1, 3)), scores, np.array([-4.0])], 10, 20).boxes) == 0
    with pytest.raises(ModelError, match=r"are wanted"):
        found_in([boxes, np.zeros((1, 2)), scores, np.array([3.0])], 10, 20)


def annotated(annotations) -> str:
    categories = [{"id": 1, "name": "a"}]
    return json.dumps({"images": [], "annotations": annotations, "categories": categories})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "COCO's format"),
        ("[]", "COCO's format"),
        ('{"images": [], "annotations": [], "categories": []}', "names no image"),
        (
            '{"images": [{"id": 1, "file_name": "../x.png"}], "annotations": [], "categories": []}',
            "there is no image",
        ),
        (annotated([{"image_id": 1, "category_id": 9, "bbox": [0, 0, 1, 1]}]), "COCO's format"),
        (annotated([{"image_id": 1, "category_id": 1, "bbox": [0, 0, -1, 1]}]), "is no box"),
        (annotated([{"image_id": 1, "category_id": 1, "bbox": [0, 0]}]), "is no box"),
    ],
)
def test_annotations_that_are_none_are_refused(tmp_path, text, why) -> None:
    (tmp_path / "annotations.json").write_text(text)
    with pytest.raises(InputError, match=why):
        open_detections(tmp_path)
