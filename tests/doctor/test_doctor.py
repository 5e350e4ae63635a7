"""What `firsthand doctor` finds in environments that lack something, or are broken."""

import shutil
from pathlib import Path

import pytest

from firsthand.doctor import Check, Status, examine, works
from firsthand.doctor.machine import check_machine
from firsthand.doctor.models import check_bundled, check_store
from firsthand.doctor.packages import check_base, check_extras
from firsthand.doctor.programs import Outside, check_cameras, check_programs, program
from firsthand.errors import ModelError
from firsthand.runtime import ModelStore
from firsthand.runtime.bundled import bundled


class Environment:
    """A folder of packages that can be installed, as far as metadata and imports go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name, version="1.0", requires=(), extras=(), code="") -> Path:
        info = self.folder / f"{name}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {line}" for line in requires]
        lines += [f"Provides-Extra: {extra}" for extra in extras]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "RECORD").write_text(f"{name}/__init__.py,,\n{info.name}/METADATA,,\n")
        package = self.folder / name
        package.mkdir()
        (package / "__init__.py").write_text(code)
        return package


@pytest.fixture
def environment(tmp_path, monkeypatch) -> Environment:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # for the processes that import
    return Environment(tmp_path)


def only(checks, name: str) -> Check:
    (found,) = (check for check in checks if check.name == name)
    return found


EXTRAS = (
    "basis>=1",
    'hears>=1.5; extra == "sound"',
    'sees>=1; extra == "sound"',
    'speaks[loud]; extra == "voice"',
    'app[sound]; extra == "both"',
    'neverwhere; sys_platform == "neverland" and extra == "voice"',
)


def app(environment: Environment) -> list[Check]:
    environment.install("app", requires=EXTRAS, extras=("sound", "voice", "both"))
    return list(check_extras("app"))


def test_an_extra_of_which_nothing_is_installed(environment):
    found = only(app(environment), "sound")
    assert (found.status, found.detail) == ("missing", "not installed: hears, sees")
    assert found.remedy == 'pip install "app[sound]"'
    assert works([found])


def test_an_extra_installed_in_part(environment):
    environment.install("sees")
    found = only(app(environment), "sound")
    assert (found.status, found.detail) == ("missing", "installed in part, without hears")


def test_a_whole_extra_and_one_that_names_it(environment):
    environment.install("sees")
    environment.install("hears", "2.0")
    checks = app(environment)
    for name in ("sound", "both"):
        assert only(checks, name) == Check("extras", name, "ok", "hears 2.0, sees 1.0")


def test_an_extra_needs_the_extras_of_its_packages(environment):
    environment.install("speaks", requires=('booms; extra == "loud"',), extras=("loud",))
    found = only(app(environment), "voice")
    assert (found.status, found.detail) == ("missing", "installed in part, without booms")


def test_a_package_of_an_extra_that_is_too_old(environment):
    environment.install("sees")
    environment.install("hears", "1.4")
    found = only(app(environment), "sound")
    assert (found.status, found.detail) == ("broken", "hears 1.4, but >=1.5 is needed")
    assert found.remedy == 'pip install --force-reinstall --no-deps "hears>=1.5"'


def test_a_package_of_an_extra_whose_files_are_gone(environment):
    shutil.rmtree(environment.install("sees"))
    found = only(app(environment), "sound")
    assert found.status == "broken"
    assert found.detail == "sees 1.0, sees/__init__.py is gone; not installed: hears"
    assert works([found])


@pytest.mark.parametrize(
    ("code", "status", "detail"),
    [
        ("", "ok", "1.0"),
        ("import lost_part", "broken", "cannot be imported: ModuleNotFoundError"),
        ("import os; os.kill(os.getpid(), 11)", "broken", "ends the process (signal 11)"),
        ("raise SystemExit(3)", "broken", "cannot be imported: no message"),
    ],
)
def test_a_package_of_the_base_install_is_imported_elsewhere(environment, code, status, detail):
    environment.install("basis", code=code)
    environment.install("app", requires=EXTRAS)
    found = only(check_base("app"), "basis")
    assert found.status == status
    assert detail in found.detail
    assert works([found]) == (status == "ok")


def test_a_package_of_the_base_install_that_is_missing(environment):
    environment.install("app", requires=EXTRAS)
    found = only(check_base("app"), "basis")
    assert (found.status, found.remedy) == ("missing", 'pip install "basis>=1"')
    assert not works([found])


def test_nothing_is_known_of_what_is_not_installed(environment):
    assert [*check_base("app"), *check_extras("app")] == []


def test_an_installed_version_that_is_not_what_runs(environment):
    environment.install("firsthand", "9.9")
    found = only(check_machine(), "firsthand")
    assert found.status == "broken"
    assert found.detail.startswith("9.9 is installed, but ")


def test_damaged_metadata_is_told(environment):
    environment.install("hears", "1.5")
    (environment.folder / "hears-1.5.dist-info" / "METADATA").write_text("Name: hears\n")
    environment.install("sees")
    found = only(app(environment), "sound")
    assert (found.status, found.detail) == ("broken", "hears ?, its metadata is damaged")


def test_the_bundled_models_are_whole_and_one_runs():
    assert [check.status for check in check_bundled()] == ["ok", "ok"]


def test_a_model_that_does_not_run_is_a_failure(monkeypatch):
    def refuse(model):
        raise ModelError(f"{model.path}: ends the process that runs it")

    monkeypatch.setattr("firsthand.doctor.models.rehearse", refuse)
    checks = list(check_bundled())
    assert [check.status for check in checks] == ["ok", "broken"]
    assert not works(checks)


def test_damaged_bundled_weights_are_a_failure(tmp_path, monkeypatch):
    model = next(iter(bundled().values()))
    folder = tmp_path / "hands" / "weights"
    folder.mkdir(parents=True)
    (folder / f"{model.card.name}.json").write_bytes(model.card.to_json())
    (folder / model.card.file_name).write_bytes(b"cut off")
    monkeypatch.setattr("firsthand.doctor.models.bundled", lambda: bundled(tmp_path))
    (found,) = check_bundled()
    assert found.status == "broken"
    assert not works([found])


def test_what_the_store_lacks_and_what_is_damaged_in_it(tmp_path):
    store = ModelStore(tmp_path)
    name = "mediapipe-palm-full"
    damaged = tmp_path / name / f"{name}.tflite"
    damaged.parent.mkdir()
    damaged.write_bytes(b"cut off")
    checks = list(check_store(store))
    absent = only(checks, "mediapipe-palm-lite")
    assert (absent.status, absent.remedy) == (
        "missing",
        "firsthand models pull mediapipe-palm-lite",
    )
    assert only(checks, "yamnet").remedy == "firsthand models add yamnet FILE"  # has no source
    found = only(checks, name)
    assert found.status == "broken"
    assert f"firsthand models pull {name}" in found.detail
    assert only(checks, "store").status == "ok"
    assert works(checks)


def test_a_store_without_room(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    found = only(check_store(ModelStore(tmp_path / "not" / "yet")), "store")
    assert found.status == "broken"
    assert "FIRSTHAND_MODELS" in found.remedy


def test_a_store_that_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    assert only(check_store(ModelStore(tmp_path / "file")), "store").status == "broken"


@pytest.mark.parametrize(("names", "status"), [(("none", "sh"), "ok"), (("none",), "missing")])
def test_a_program_is_found_by_any_of_its_names(names, status: Status):
    thing = Outside("shell", "tests", program(*names), "dash")
    found = only(check_programs([thing]), "shell")
    assert found.status == status
    assert ("apt install dash" in found.remedy) == (status == "missing")


def test_a_camera_is_there_or_not_or_may_not_be_read(tmp_path):
    device = tmp_path / "video0"
    assert check_cameras([device]).status == "broken"
    device.touch()
    assert check_cameras([device]) == Check("programs and libraries", "camera", "ok", str(device))
    assert check_cameras([]).status == "missing"


def test_what_cannot_be_examined_is_told_and_the_rest_goes_on():
    def fail():
        raise RuntimeError("no metadata at all")

    checks = list(examine([("base install", fail), ("machine", check_machine)]))
    assert checks[0].status == "broken"
    assert "no metadata at all" in checks[0].detail
    assert len(checks) > 1
    assert not works(checks)
