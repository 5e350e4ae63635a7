"""Files out of real wheels and npm packages, through the real pip and npm."""

import hashlib
import io
import json
import os
import shutil
import tarfile
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path

import pytest

from firsthand.errors import DownloadError
from firsthand.runtime import NpmSource, PathSource, WheelSource
from firsthand.runtime.fetch import FetchSession, HttpPolicy
from firsthand.runtime.fetch import packages as package_files

DATA = b"weights" * 100
SIZE_BYTES = len(DATA)
MEMBER = "firsthand_test_weights/model.tflite"
WHEEL = WheelSource("firsthand-test-weights", "1.2.3", MEMBER)
FOREIGN = WheelSource("firsthand-test-weights", "1.2.3", MEMBER, "3.7", "win_arm64")


def make_wheel(folder: Path, tag: str = "py3-none-any", members=None) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"firsthand_test_weights-1.2.3-{tag}.whl"
    info = "firsthand_test_weights-1.2.3.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in (members or {MEMBER: DATA}).items():
            wheel.writestr(name, data)
        wheel.writestr(
            f"{info}/METADATA",
            "Metadata-Version: 2.1\nName: firsthand-test-weights\nVersion: 1.2.3\n",
        )
        wheel.writestr(
            f"{info}/WHEEL",
            f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


def fetch(source, *, size_bytes=SIZE_BYTES, environ=None, before=b"") -> bytes:
    out = io.BytesIO(before)
    with FetchSession(HttpPolicy(), environ or {}) as session:
        session.write(source, out, size_bytes, lambda *_: None)
    return out.getvalue()


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """A folder that stands in for the package registry: pip's own settings point at it."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_file_comes_out_of_a_wheel_that_pip_downloads(index):
    make_wheel(index)
    assert fetch(WHEEL, before=b"left over from before" * 100) == DATA


def test_a_wheel_for_another_machine_is_found_by_its_tags(index):
    make_wheel(index, "cp37-cp37m-win_arm64")
    assert fetch(FOREIGN) == DATA


def test_what_pip_says_is_passed_on(index):
    with pytest.raises(DownloadError, match=r"1\.2\.3: could not be fetched: ERROR"):
        fetch(WHEEL)


def test_several_files_of_one_wheel_cost_one_download(index, monkeypatch):
    make_wheel(index, members={MEMBER: DATA, "other.tflite": b"other"})
    calls, real = [], package_files.download_wheel

    def counted(source, into):
        calls.append(source)
        return real(source, into)

    monkeypatch.setattr("firsthand.runtime.fetch.session.download_wheel", counted)
    with FetchSession(HttpPolicy(), {}) as session:
        for member, data in ((MEMBER, DATA), ("other.tflite", b"other")):
            out = io.BytesIO()
            source = WheelSource(WHEEL.package, WHEEL.version, member)
            session.write(source, out, len(data), lambda *_: None)
            assert out.getvalue() == data
    assert len(calls) == 1


def test_a_wheel_in_a_local_folder_needs_no_pip(tmp_path):
    make_wheel(tmp_path / "wheels")
    folders = os.pathsep.join(["", str(tmp_path / "absent"), str(tmp_path / "wheels")])
    assert fetch(WHEEL, environ={"FIRSTHAND_WHEELS": folders}) == DATA


@pytest.mark.parametrize("name", ["firsthand_test_weights-1.2.4", "other-1.2.3", "x"])
def test_other_local_wheels_are_passed_by(tmp_path, index, name):
    shutil.move(make_wheel(tmp_path / "wheels"), tmp_path / "wheels" / f"{name}-py3-none-any.whl")
    with pytest.raises(DownloadError, match="could not be fetched"):
        fetch(WHEEL, environ={"FIRSTHAND_WHEELS": str(tmp_path / "wheels")})


def test_an_installed_package_of_the_version_is_read_in_place():
    data = Path(str(metadata.distribution("hypothesis").locate_file("hypothesis/py.typed")))
    source = WheelSource("hypothesis", metadata.version("hypothesis"), "hypothesis/__init__.py")
    init = data.with_name("__init__.py").read_bytes()
    assert fetch(source, size_bytes=len(init)) == init
    assert package_files.installed_file(WheelSource("hypothesis", "0.1", source.member)) is None
    assert package_files.installed_file(WheelSource("no-such-package-1", "1", "x")) is None


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ({"something_else": b""}, f"holds no {MEMBER}"),
        ({MEMBER: DATA + b"x"}, "has 701 bytes, its card promises 700"),
        ({MEMBER: b""}, "has 0 bytes"),
    ],
)
def test_a_wheel_with_other_content_is_refused(tmp_path, members, complaint):
    make_wheel(tmp_path / "w", members=members)
    with pytest.raises(DownloadError, match=complaint):
        fetch(WHEEL, environ={"FIRSTHAND_WHEELS": str(tmp_path / "w")})


def test_every_truncated_wheel_is_refused(tmp_path):
    path = make_wheel(tmp_path / "w")
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(DownloadError, match="damaged"):
            fetch(WHEEL, environ={"FIRSTHAND_WHEELS": str(tmp_path / "w")})


def test_a_member_that_lies_about_its_size_is_cut_or_refused(tmp_path):
    path = make_wheel(tmp_path / "w", members={MEMBER: b"\0" * 10_000})
    # Both headers of the member now claim 700 bytes.
    lie = path.read_bytes().replace((10_000).to_bytes(4, "little"), (700).to_bytes(4, "little"))
    path.write_bytes(lie)
    try:
        assert len(fetch(WHEEL, environ={"FIRSTHAND_WHEELS": str(tmp_path / "w")})) == 700
    except DownloadError as error:
        assert "damaged" in str(error)  # noqa: PT017 - either answer is safe


def make_tarball(*entries: tarfile.TarInfo, data: bytes = DATA) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for entry in entries:
            entry.size = len(data) if entry.isreg() else 0
            tar.addfile(entry, io.BytesIO(data) if entry.isreg() else None)
    return out.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


NPM = NpmSource("@firsthand/test-weights", "1.2.3", "models/model.tflite")
npm_needed = pytest.mark.skipif(
    shutil.which("npm") is None, reason="npm is missing: `make system`, as root"
)


@contextmanager
def npm_registry(tarball: bytes):
    """A registry of one package, as npm's client asks for it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.endswith(".tgz"):
                body = tarball
            elif self.path.lower() == "/@firsthand%2ftest-weights":
                body = json.dumps(document).encode()
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    root = f"http://127.0.0.1:{server.server_address[1]}"
    dist = {"tarball": f"{root}/w.tgz", "shasum": hashlib.sha1(tarball).hexdigest()}
    version = {"name": NPM.package, "version": NPM.version, "dist": dist}
    document = {
        "name": NPM.package,
        "dist-tags": {"latest": NPM.version},
        "versions": {NPM.version: version},
    }
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield root
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def npm_settings(tmp_path, monkeypatch):
    def use(root: str) -> None:
        monkeypatch.setenv("npm_config_registry", root)
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
        monkeypatch.setenv("npm_config_fetch_retries", "0")
        monkeypatch.setenv("npm_config_update_notifier", "false")

    return use


@npm_needed
def test_a_file_comes_out_of_an_npm_package(npm_settings):
    manifest = entry("package/package.json")
    tarball = make_tarball(manifest, entry("package/models/model.tflite"))
    with npm_registry(tarball) as root:
        npm_settings(root)
        assert fetch(NPM) == DATA


PIECE = NpmSource(NPM.package, NPM.version, NPM.member, first_byte=7)


@npm_needed
def test_a_piece_of_a_file_comes_out_of_an_npm_package(npm_settings):
    tarball = make_tarball(entry("package/models/model.tflite"), data=b"LABELS\n" + DATA + b"more")
    with npm_registry(tarball) as root:
        npm_settings(root)
        assert fetch(PIECE) == DATA


@npm_needed
def test_a_piece_beyond_the_end_of_its_file_is_refused(npm_settings):
    tarball = make_tarball(entry("package/models/model.tflite"), data=b"LABELS\n" + DATA[:-1])
    with npm_registry(tarball) as root:
        npm_settings(root)
        with pytest.raises(DownloadError, match=f"promises {len(DATA)} from byte 7 on"):
            fetch(PIECE)


@npm_needed
def test_what_npm_says_is_passed_on(npm_settings):
    with npm_registry(b"") as root:
        npm_settings(root)
        with pytest.raises(DownloadError, match="could not be fetched"):
            fetch(NpmSource("@firsthand/absent", "1.0.0", "x"))


HOSTILE_TARBALLS = {
    "empty": (b"", "damaged"),
    "no gzip": (b"\x1f\x8b" + b"\0" * 50, "damaged"),
    "cut short": (make_tarball(entry("package/models/model.tflite"))[:-30], "damaged|ends"),
    "elsewhere": (make_tarball(entry("models/model.tflite")), "holds no regular file"),
    "symbolic link": (
        make_tarball(entry("package/models/model.tflite", tarfile.SYMTYPE, "/etc/passwd")),
        "no regular",
    ),
    "hard link": (
        make_tarball(entry("package/models/model.tflite", tarfile.LNKTYPE, "/etc/passwd")),
        "no regular",
    ),
    "pipe": (make_tarball(entry("package/models/model.tflite", tarfile.FIFOTYPE)), "no regular"),
    "other size": (
        make_tarball(entry("package/models/model.tflite"), data=b"x"),
        "has 1 bytes",
    ),
}


# By name: a gzip header tells the time, and a test must be called the same in every process.
@pytest.mark.parametrize("name", HOSTILE_TARBALLS)
def test_hostile_tarballs_are_refused(monkeypatch, tmp_path, name):
    tarball, complaint = HOSTILE_TARBALLS[name]
    (tmp_path / "w.tgz").write_bytes(tarball)
    monkeypatch.setattr(
        "firsthand.runtime.fetch.session.download_npm", lambda *_: tmp_path / "w.tgz"
    )
    with pytest.raises(DownloadError, match=complaint):
        fetch(NPM)


def test_a_tool_that_is_missing_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DownloadError, match="needs the command 'npm'"):
        fetch(NPM)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(DownloadError, match="needs the command 'pip'"):
        fetch(WHEEL)


def test_a_local_path_is_copied(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(DATA)
    assert fetch(PathSource(str(path))) == DATA
    with pytest.raises(DownloadError, match="has 700 bytes, its card promises 699"):
        fetch(PathSource(str(path)), size_bytes=699)
    with pytest.raises(DownloadError, match="cannot be read"):
        fetch(PathSource(str(tmp_path / "absent")))
    with pytest.raises(DownloadError, match=r"has|cannot be read"):
        fetch(PathSource(str(tmp_path)))
