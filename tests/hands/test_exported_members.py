import subprocess
import sys

import firsthand.hands
from firsthand.hands import gestures


def test_public_names() -> None:
    assert sorted(firsthand.hands.__all__) == [
        "BONES",
        "GESTURE_SETS",
        "Gesture",
        "GestureSet",
        "Hand",
        "HandModels",
        "Hands",
        "HandsResult",
        "JOINTS",
        "NamingState",
        "Region",
        "SIGNS",
        "TrackerOptions",
        "TrackerState",
        "detect",
        "draw_hands",
        "gesture_graph",
        "load_models",
        "name_step",
        "names_at_once",
        "open_models",
        "published_models",
        "recognise",
        "step",
        "tracking_graph",
    ]
    for name in firsthand.hands.__all__:
        assert getattr(firsthand.hands, name) is not None
    assert dir(firsthand.hands) == sorted(firsthand.hands.__all__)


def test_public_names_of_gestures() -> None:
    assert " ".join(sorted(gestures.__all__)) == (
        "AMERICAN ASL_DIGITS CHINESE EUROPEAN FingerStates FingerThresholds GESTURE_SETS Gesture "
        "GestureModel GestureResult GestureSet LeaveOneOut MIN_SCORE NONE RELATIONS SIGNS "
        "Smoothing SmoothingState SteadyGesture TAIWANESE finger_states gesture_distances "
        "gesture_scores gesture_set_from_json leave_one_out load_gesture_model predict recognise "
        "save_gesture_model train"
    )


def test_nothing_heavy_comes_with_the_package() -> None:
    heavy = "{'numpy', 'cv2', 'ai_edge_litert', 'av'}"
    code = f"import sys, firsthand.hands; sys.exit(str({heavy} & set(sys.modules) or '') or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
