"""The MediaPipe worker against what its operations promise; needs its environment."""

from pathlib import Path

import numpy as np
import pytest

from firsthand.errors import PeerError
from firsthand.measure import Peer, PeerEnvironment

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = PeerEnvironment("mediapipe", ROOT)

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(
        not ENVIRONMENT.is_current,
        reason="MediaPipe's environment is missing: run `python benchmarks/graph_chain.py --quick`",
    ),
]


@pytest.fixture(scope="module")
def peer():
    with Peer(ENVIRONMENT, ROOT / "benchmarks" / "peers" / "mediapipe" / "worker.py") as peer:
        yield peer


def test_it_is_the_pinned_version(peer):
    assert peer.call("versions")["mediapipe"] == "0.10.21"
    assert peer.call("import_ms")["import_ms"] > 0
    use = peer.call("peak_memory")
    assert use["peak_bytes"] >= use["after_import_bytes"] > 50e6


@pytest.mark.parametrize("wait", ["end", "each"])
@pytest.mark.parametrize("executor", ["default", "calling_thread"])
def test_every_packet_of_a_chain_arrives(peer, wait, executor):
    reply = peer.call("graph_chain", nodes=3, packets=250, wait=wait, executor=executor)
    assert reply["received"] == 250
    assert reply["elapsed_s"] > 0


def test_frames_without_hands_have_empty_results_of_the_right_shapes(peer):
    with pytest.raises(PeerError, match="hands_open comes before"):
        peer.call("hands_process", arrays={"image": np.zeros((4, 4, 3), np.uint8)})
    assert peer.call("hands_open", model_complexity=0, max_num_hands=1)["start_ms"] > 0
    frames = np.zeros((2, 120, 160, 3), np.uint8)
    one = peer.call("hands_process", arrays={"image": frames[0]})
    assert one["landmarks"].shape == one["world_landmarks"].shape == (0, 21, 3)
    assert one["labels"] == []
    many = peer.call("hands_process_many", arrays={"frames": frames})
    assert many["counts"].tolist() == [0, 0]
    assert np.all(many["elapsed_s"] > 0)
    peer.call("hands_close")


@pytest.mark.data
def test_hands_in_photographs_are_found_frame_by_frame_and_at_once_alike(peer):
    import cv2

    from firsthand.measure import data_root

    folder = data_root(ROOT / "benchmarks" / "any.py") / "hands" / "mediapipe_hagrid_sample"
    paths = sorted(folder.rglob("*.jpg"))[:4]
    images = [cv2.resize(cv2.imread(str(path))[..., ::-1], (320, 320)) for path in paths]
    options = {"static_image_mode": True, "min_detection_confidence": 0.3}
    peer.call("hands_open", **options)
    singles = [peer.call("hands_process", arrays={"image": image}) for image in images]
    many = peer.call("hands_process_many", arrays={"frames": np.stack(images)})
    peer.call("hands_close")
    assert many["counts"].tolist() == [len(single["scores"]) for single in singles]
    assert many["counts"].sum() > 0
    assert np.array_equal(many["landmarks"], np.concatenate([s["landmarks"] for s in singles]))
    assert many["labels"] == [label for single in singles for label in single["labels"]]
    assert set(many["labels"]) <= {"Left", "Right"}
    assert many["landmarks"].dtype == np.float32
    assert np.all(np.abs(many["landmarks"][..., :2] - 0.5) < 1)
