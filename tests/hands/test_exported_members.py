import subprocess
import sys

import firsthand.hands


def test_public_names() -> None:
    assert sorted(firsthand.hands.__all__) == [
        "BONES",
        "Hand",
        "HandModels",
        "Hands",
        "HandsResult",
        "JOINTS",
        "Region",
        "TrackerOptions",
        "TrackerState",
        "detect",
        "open_models",
        "published_models",
        "step",
    ]
    for name in firsthand.hands.__all__:
        assert getattr(firsthand.hands, name) is not None
    assert dir(firsthand.hands) == sorted(firsthand.hands.__all__)


def test_nothing_heavy_comes_with_the_package() -> None:
    heavy = "{'numpy', 'cv2', 'ai_edge_litert', 'av'}"
    code = f"import sys, firsthand.hands; sys.exit(str({heavy} & set(sys.modules) or '') or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
