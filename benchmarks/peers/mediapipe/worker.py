"""MediaPipe 0.10.21 as a peer: hands, Objectron and its graph, driven as its users drive them."""

import os
import shutil
import sys
import time

_before = time.perf_counter()
import mediapipe as mp  # noqa: E402

IMPORT_MS = (time.perf_counter() - _before) * 1e3

from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from worker import collector_paused, peak_memory_bytes, serve  # noqa: E402

PEAK_AFTER_IMPORT = peak_memory_bytes()
POINTS = 21

open_hands = None


def hands_open(
    model_complexity=1,
    max_num_hands=2,
    static_image_mode=False,
    min_detection_confidence=0.5,
    min_tracking_confidence=0.5,
):
    """(Re)open the hands solution; `start_ms` is the time until it is ready for a frame."""
    global open_hands
    hands_close()
    start = time.perf_counter()
    open_hands = mp.solutions.hands.Hands(
        static_image_mode=static_image_mode,
        max_num_hands=max_num_hands,
        model_complexity=model_complexity,
        min_detection_confidence=min_detection_confidence,
        min_tracking_confidence=min_tracking_confidence,
    )
    return {"start_ms": (time.perf_counter() - start) * 1e3}


def hands_close():
    global open_hands
    if open_hands is not None:
        open_hands.close()
        open_hands = None


def hands_process(image):
    """One RGB uint8 (h, w, 3) frame: (n, 21, 3) landmarks in units of the image, world metres."""
    found, elapsed_s = _process(image)
    return {"elapsed_s": elapsed_s, **found}


def hands_process_many(frames):
    """(f, h, w, 3) frames in order; results are concatenated, `counts` (f,) hands per frame."""
    results, elapsed = zip(*[_process(frame) for frame in frames], strict=True)
    answer = {
        name: np.concatenate([found[name] for found in results])
        for name in ("landmarks", "world_landmarks", "scores")
    }
    answer["labels"] = [label for found in results for label in found["labels"]]
    answer["counts"] = np.array([len(found["scores"]) for found in results], np.int32)
    answer["elapsed_s"] = np.array(elapsed, np.float64)
    return answer


def _process(image):
    if open_hands is None:
        raise RuntimeError("hands_open comes before hands_process")
    with collector_paused():
        start = time.perf_counter()
        results = open_hands.process(image)
        elapsed_s = time.perf_counter() - start
    sides = [hand.classification[0] for hand in results.multi_handedness or ()]
    found = {
        "landmarks": _points(results.multi_hand_landmarks),
        "world_landmarks": _points(results.multi_hand_world_landmarks),
        "scores": np.array([side.score for side in sides], np.float32),
        "labels": [side.label for side in sides],
    }
    return found, elapsed_s


def _points(hands):
    rows = [[(p.x, p.y, p.z) for p in hand.landmark] for hand in hands or ()]
    return np.array(rows, np.float32).reshape(-1, POINTS, 3)


OBJECTRON_DETECTOR = "object_detection_ssd_mobilenetv2_oidv4_fp16.tflite"
OBJECTRON_CORNERS = {
    "Camera": "object_detection_3d_camera.tflite",
    "Chair": "object_detection_3d_chair.tflite",
    "Cup": "object_detection_3d_cup.tflite",
    "Shoe": "object_detection_3d_sneakers.tflite",
}

open_objectron = None


def objectron_open(
    model_name,
    detector,
    corners,
    static_image_mode=False,
    max_num_objects=5,
    min_detection_confidence=0.5,
    focal_length=(1.0, 1.0),
):
    """(Re)open Objectron; `detector` and `corners` are the paths of its two stages' weights.

    The wheel has none; where they are missing they are put where it looks for them.
    """
    global open_objectron
    objectron_close()
    folder = Path(mp.__file__).parent / "modules" / "objectron"
    names = {OBJECTRON_DETECTOR: detector, OBJECTRON_CORNERS[model_name]: corners}
    for name, path in names.items():
        if not (folder / name).is_file():
            part = folder / f"{name}.{os.getpid()}.part"
            shutil.copyfile(path, part)
            part.replace(folder / name)
    start = time.perf_counter()
    open_objectron = mp.solutions.objectron.Objectron(
        static_image_mode=static_image_mode,
        max_num_objects=max_num_objects,
        min_detection_confidence=min_detection_confidence,
        model_name=model_name,
        focal_length=tuple(focal_length),
    )
    return {"start_ms": (time.perf_counter() - start) * 1e3}


def objectron_close():
    global open_objectron
    if open_objectron is not None:
        open_objectron.close()
        open_objectron = None


def objectron_process_many(frames):
    """(f, h, w, 3) RGB frames in order; results are concatenated, `counts` (f,) objects a frame.

    `points` (n, 9, 2) are in units of the image, `rotations` (n, 3, 3), `middles` and `sizes`
    (n, 3) in MediaPipe's camera frame: x right, y up, z towards the viewer. `cpu_s` is the
    processor time of all threads for all frames.
    """
    if open_objectron is None:
        raise RuntimeError("objectron_open comes before objectron_process_many")
    found, counts, elapsed = [], [], []
    began_cpu = time.process_time()
    for frame in frames:
        with collector_paused():
            start = time.perf_counter()
            results = open_objectron.process(frame)
            elapsed.append(time.perf_counter() - start)
        objects = results.detected_objects or []
        counts.append(len(objects))
        found += objects
    points = [[(p.x, p.y) for p in each.landmarks_2d.landmark] for each in found]
    return {
        "points": np.array(points, np.float32).reshape(-1, 9, 2),
        "rotations": np.array([each.rotation for each in found], np.float32).reshape(-1, 3, 3),
        "middles": np.array([each.translation for each in found], np.float32).reshape(-1, 3),
        "sizes": np.array([each.scale for each in found], np.float32).reshape(-1, 3),
        "counts": np.array(counts, np.int32),
        "elapsed_s": np.array(elapsed, np.float64),
        "cpu_s": time.process_time() - began_cpu,
    }


EXECUTORS = {
    "default": "",
    "calling_thread": 'executor { name: "" type: "ApplicationThreadExecutor" }\n',
}


def chain_config(nodes, executor):
    body = "".join(
        'node { calculator: "PassThroughCalculator" '
        f'input_stream: "s{index}" output_stream: "s{index + 1}" }}\n'
        for index in range(nodes)
    )
    return f'input_stream: "s0"\noutput_stream: "s{nodes}"\n{EXECUTORS[executor]}{body}'


def graph_chain(nodes, packets, wait="end", executor="default"):
    """Seconds to bring `packets` integers through `nodes` pass-through nodes to an observer.

    `wait` is "end" (one wait_until_idle after the last packet) or "each" (one per packet).
    `executor` is "default" (MediaPipe's own pool of threads) or "calling_thread".
    """
    if wait not in ("end", "each"):
        raise ValueError(f"wait is 'end' or 'each', not {wait!r}")
    graph = mp.CalculatorGraph(graph_config=chain_config(nodes, executor))
    seen = []
    graph.observe_output_stream(f"s{nodes}", lambda _, packet: seen.append(packet))
    graph.start_run()
    create, add, idle = mp.packet_creator.create_int, graph.add_packet_to_input_stream, None
    if wait == "each":
        idle = graph.wait_until_idle
    with collector_paused():
        start = time.perf_counter()
        for index in range(packets):
            add("s0", create(index).at(index))
            if idle is not None:
                idle()
        graph.wait_until_idle()
        elapsed_s = time.perf_counter() - start
    graph.close()
    return {"elapsed_s": elapsed_s, "received": len(seen)}


def peak_memory():
    return {"peak_bytes": peak_memory_bytes(), "after_import_bytes": PEAK_AFTER_IMPORT}


def import_ms():
    return {"import_ms": IMPORT_MS}


def versions():
    return {
        "mediapipe": mp.__version__,
        "numpy": np.__version__,
        "python": sys.version.split()[0],
    }


if __name__ == "__main__":
    serve(
        {
            "hands_open": hands_open,
            "hands_close": hands_close,
            "hands_process": hands_process,
            "hands_process_many": hands_process_many,
            "objectron_open": objectron_open,
            "objectron_close": objectron_close,
            "objectron_process_many": objectron_process_many,
            "graph_chain": graph_chain,
            "peak_memory": peak_memory,
            "import_ms": import_ms,
            "versions": versions,
        }
    )
