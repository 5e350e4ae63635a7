"""The wheel, in an environment that holds nothing but what the base install asks for."""

import json
import os
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from asking import CLIP, HELP, NEEDING, PHOTOGRAPH, ROOT, SYSTEMS, as_it_should_be_refused
from packaging.requirements import Requirement

pytestmark = [pytest.mark.index, pytest.mark.slow]

USE = """
import sys
import numpy as np
from firsthand.concealment import fill, open_concealer
from firsthand.hands import Hands
from firsthand.hands.gestures.motion import motion_model
from firsthand.media import read_audio, read_image
from firsthand.recorder.sounds.loading import load_listener
from firsthand.recorder.speakers.loading import load_speakers
from firsthand.runtime import load_runner
from firsthand.runtime.bundled import bundled
from firsthand.speech import open_representation

photograph, clip = sys.argv[1:]
for name in ("small", "tiny"):
    for hand in Hands.load(name).detect(read_image(photograph)).hands:
        print(name, hand.keypoints.shape)
sound = read_audio(clip, 16_000)[0][:80_000]
lost = np.arange(len(sound) // 320) % 10 == 9
silenced = sound[: len(lost) * 320] * ~np.repeat(lost, 320)
filled = fill(silenced, lost, open_concealer("firsthand"))
print("made up", np.abs(filled[: len(silenced)] - silenced).max() > 0.01)
print("speech", open_representation("own").scene(sound).shape)
listener = load_listener()
state, heard = listener.step(listener.begin(), sound)
print("heard", *sorted({each.name for each in (*heard.sounds, *listener.finish(state).sounds)}))
print("voices", load_speakers().size > 0, "motions", motion_model() is not None)
for model in bundled().values():
    load_runner(model).invoke()
"""
BROUGHT = {"torch", "onnxruntime", "matplotlib", "scipy", "fastapi", "cryptography", "sklearn"}


class Bare:
    """An environment of its own, and the commands in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "venv" / "bin"

    def run(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run one of its programs; nothing but the temporary folder is known of this machine."""
        return subprocess.run(
            [self.bin / program, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=self.folder,
            env={"HOME": str(self.folder), "PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Bare:
    bare = Bare(tmp_path_factory.mktemp("bare"))
    command = [sys.executable, ROOT / "system" / "wheel.py", bare.folder, "--no-compile"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return bare


def test_what_the_wheel_holds(bare):
    (wheel,) = bare.folder.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "src").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            names.remove(str(path.relative_to(ROOT / "src")))
    (info,) = {Path(name).parts[0] for name in names}
    version = metadata.version("firsthand")
    assert info == f"firsthand-{version}.dist-info"
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/NOTICE"} <= names


def test_only_the_base_install_is_there(bare):
    done = bare.run("python", "-c", "import sys; print(*map(repr, sys.path))")
    assert str(ROOT) not in done.stdout
    find = f"from importlib.util import find_spec; print(*filter(find_spec, {sorted(BROUGHT)}))"
    assert bare.run("python", "-c", find).stdout.split() == []


def test_the_doctor_finds_the_base_install_whole_and_every_extra_missing(bare):
    done = bare.run("firsthand", "doctor", "--json")
    report = json.loads(done.stdout)
    needed = [check for check in report["checks"] if check["needed"]]
    assert [check for check in needed if check["status"] != "ok"] == []
    assert done.returncode == 0
    extras = {c["name"]: c["status"] for c in report["checks"] if c["group"] == "extras"}
    assert set(extras) == set(metadata.metadata("firsthand").get_all("Provides-Extra"))
    assert set(extras.values()) == {"missing"}
    wanted = {Requirement(line) for line in metadata.requires("firsthand")}
    base = {wish.name for wish in wanted if wish.marker is None}
    assert base <= {check["name"] for check in needed}


def test_every_command_tells_its_help(bare):
    done = bare.run("python", "-c", f"DEPTH = 9\n{HELP}")
    assert done.returncode == 0, done.stderr
    assert {"hands track", "speech noss run", "doctor"} <= set(done.stdout.splitlines())


def test_every_system_is_imported_or_names_its_extra(bare):
    done = bare.run("python", "-c", SYSTEMS)
    assert done.returncode == 0, done.stderr
    (refused,) = done.stdout.splitlines()
    assert refused.startswith("federated ")
    assert "firsthand[federated]" in refused


def test_bundled_networks_work(bare):
    done = bare.run("python", "-c", USE, PHOTOGRAPH, CLIP)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "small (21, 3)",
        "tiny (21, 3)",
        "made up True",
        "speech (560,)",
        "heard speech",
        "voices True motions True",
    ]


@pytest.mark.parametrize(("extra", "command"), dict(NEEDING).items())
def test_what_needs_an_extra_names_it(bare, extra, command):
    done = bare.run("firsthand", *command)
    assert as_it_should_be_refused(extra, done.returncode, done.stderr), done.stderr
