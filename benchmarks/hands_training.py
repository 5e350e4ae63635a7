"""What do real and synthetic hands each teach a landmark model, and what do focal loss and decoder?

The two tables of the article, with our tiny networks and short lessons, the same for every row of
a table: 1,500 steps for landmarks, 3,000 for palms. `error_real`, `error_synthetic` and
`error_mixed` are mean distances over the palm's size (the article has 16.1, 25.7 and 13.4%) on
hand-labelled hands: handpose_x, OneHand10K and COCO-WholeBody, together few, so look at the
intervals; `..._sign_digits` on photographs of sign digits by people held out, where the truth is
MediaPipe full's labels, averaged over a dozen looks, so that it is agreement with the teacher;
`..._pasted` on the same hands pasted into other photographs; `..._rendered` on rendered hands with
exact truth. All in the region where tracking would look for the hand. "Real" is sign digits with
labels of the same teacher, as they are and pasted elsewhere: nobody has published many photographs
with joints marked by hand that may be learnt from. `..._mediapipe_full` and `..._lite` are
MediaPipe's on the same hands.

`ap_focal_decoder` and `ap_cross_entropy_no_decoder` are the average precision of palms at an
overlap of one half (the article has 95.7 and 86.2) in pictures with real hands: sign digits and
pasted ones, together; `..._rendered` in rendered scenes.

The networks lie in `weights/hands_training`, float files with their cards. Those that are missing
are trained, an hour on two cores, and kept there.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from firsthand.hands import published_models
from firsthand.hands.labels import read_labelled
from firsthand.hands.landmarks import LandmarkModel, landmark_model
from firsthand.hands.palms import palm_model
from firsthand.measure import Figure, Findings, Options, bootstrap_mean, data_root, run_benchmark
from firsthand.measure.detection import average_precision_interval
from firsthand.media import read_image
from firsthand.runtime import Model, load_runner
from firsthand.train.hands.detector_accuracy import detector_boxes
from firsthand.train.hands.detector_recipe import train_detector
from firsthand.train.hands.landmark_accuracy import measure_landmarks
from firsthand.train.hands.landmark_recipe import train_landmarks
from firsthand.train.hands.samples import HandTruth, Sample
from firsthand.train.run import Progress, Run
from hands_clips import ROOT
from hands_samples import KITCHEN, pasted, pasted_crops, rendered, taught

WEIGHTS = ROOT / "benchmarks" / "weights" / "hands_training"
LABELLED = ("handpose_x", "onehand10k", "coco_wholebody")
LANDMARKS = {"real": "tiny-real", "synthetic": "tiny-synthetic", "mixed": "tiny-mixed"}
DETECTORS = {"focal_decoder": "tiny-focal-decoder", "cross_entropy_no_decoder": "tiny-neither"}


def labelled(root: Path) -> list[Sample]:
    """Every hand that people have marked, without depth."""
    unknown = np.full((21, 3), np.nan, np.float32)
    return [
        Sample(
            read_image(photograph.path),
            tuple(
                HandTruth(
                    np.pad(hand.keypoints, ((0, 0), (0, 1))),
                    *(unknown, hand.visible, 1.0, True, "people"),
                )
                for hand in photograph.hands or ()
            ),
            photograph.path.name,
        )
        for name in LABELLED
        for photograph in read_labelled(root / name)
    ]


def network(kind: str, recipe: str, train: Callable[..., Path], options: Options) -> Model:
    """A network of `WEIGHTS`, trained first if it is not there."""
    path = WEIGHTS / f"firsthand-{kind}-{recipe}.tflite"
    if not path.is_file():
        WEIGHTS.mkdir(parents=True, exist_ok=True)
        folder = KITCHEN.parent / f"hands_training-{recipe}"
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "samples").exists():
            (folder / "samples").symlink_to(KITCHEN, target_is_directory=True)
        run = Run(
            recipe=recipe,
            folder=folder,
            data=data_root(__file__),
            seed=options.seed,
            resume=True,
            steps=None,
        )
        train(run, tell)
        for suffix in (".json", ".tflite"):  # the card first: a network without one is not whole
            shutil.copyfile(folder / f"{path.stem}{suffix}", path.with_suffix(suffix))
    return Model.open(path)


def tell(progress: Progress) -> None:
    if progress.note or progress.step % 100 == 0:
        print(progress.step, progress.steps, progress.note, dict(progress.losses), flush=True)


def errors(model: LandmarkModel, samples: Iterable[Sample], seed: int) -> Figure:
    found = np.array(measure_landmarks(model, samples).errors)
    mean = bootstrap_mean(found, rng=np.random.default_rng(seed))
    return Figure.of(mean, note="of the palm's size", n=len(found))


def precision(model: Model, samples: Iterable[Sample], seed: int) -> Figure:
    boxes = detector_boxes(palm_model(load_runner(model)), samples)
    rng = np.random.default_rng(seed)
    interval = average_precision_interval(boxes, rng=rng, resamples=200)
    return Figure.of(
        interval, note="at an overlap of 0.5", n=sum(len(np.asarray(each.true)) for each in boxes)
    )


def measure(options: Options) -> Findings:
    count = 100 if options.quick else 500
    root = data_root(__file__) / "hands"
    crops = {
        "": labelled(root),
        "_sign_digits": list(taught())[:count],
        "_pasted": list(pasted_crops(count)),
        "_rendered": list(rendered("crop", count)),
    }
    models = {
        name: landmark_model(load_runner(network("hand", recipe, train_landmarks, options)))
        for name, recipe in LANDMARKS.items()
    }
    for name in ("full", "lite"):
        models[f"mediapipe_{name}"] = published_models(name).landmark
    figures = {
        f"error_{name}{suffix}": errors(model, samples, options.seed)
        for name, model in models.items()
        for suffix, samples in crops.items()
    }
    pictures = {"": [*taught(), *pasted(count)], "_rendered": list(rendered("scene", count))}
    for name, recipe in DETECTORS.items():
        model = network("palm", recipe, train_detector, options)
        for suffix, samples in pictures.items():
            figures[f"ap_{name}{suffix}"] = precision(model, samples, options.seed)
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
