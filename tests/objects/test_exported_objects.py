import subprocess
import sys

import pytest

import firsthand.objects


def test_public_names() -> None:
    assert {"Objects", "draw_objects", "read_session"} <= set(firsthand.objects.__all__)
    for name in firsthand.objects.__all__:
        assert getattr(firsthand.objects, name) is not None
    assert dir(firsthand.objects) == sorted(firsthand.objects.__all__)
    with pytest.raises(AttributeError, match="it has"):
        _ = firsthand.objects.nothing


def test_nothing_heavy_comes_with_the_package() -> None:
    heavy = "{'numpy', 'cv2', 'ai_edge_litert', 'av'}"
    code = f"import sys, firsthand.objects; sys.exit(str({heavy} & set(sys.modules) or '') or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
