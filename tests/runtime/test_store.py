"""The store: what it promises of its files, whoever fetches, breaks off or lies."""

import hashlib
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.errors import ChecksumError, DownloadError, ModelError, ModelNotFoundError
from firsthand.runtime import (
    Model,
    ModelCard,
    ModelStore,
    NpmSource,
    PathSource,
    UrlSource,
    WheelSource,
)
from firsthand.runtime.catalog import catalog
from firsthand.runtime.fetch import HttpPolicy
from firsthand.runtime.store import default_root

from .faulty_server import faulty_server, part, status, whole

MODELS = Path(__file__).parents[1] / "golden" / "models"
DATA = (MODELS / "sum_product.tflite").read_bytes()
POLICY = HttpPolicy(attempts=2, timeout_s=5.0, sleep=lambda _: None)


def card_of(data: bytes = DATA, name: str = "tiny", **fields) -> ModelCard:
    return ModelCard(
        name=name,
        version="1",
        task="sums",
        description="adds",
        format="tflite",
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        licence="Apache-2.0",
        **fields,
    )


def store_of(root: Path, *cards: ModelCard) -> ModelStore:
    return ModelStore(root, cards={c.name: c for c in cards}, policy=POLICY, environ={})


@pytest.fixture
def server():
    with faulty_server() as made:
        yield made


@pytest.fixture
def source(tmp_path) -> PathSource:
    path = tmp_path / "source.bin"
    path.write_bytes(DATA)
    return PathSource(str(path))


def files(root: Path) -> set[str]:
    return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() and p.name != ".lock"}


def test_pulling_brings_the_file_and_its_card(tmp_path, source):
    card = card_of(sources=(source,))
    store = store_of(tmp_path / "root", card)
    assert [(entry.card, entry.present) for entry in store.list()] == [(card, False)]
    assert store.verify("tiny")[0].status == "missing"
    assert store.verify() == ()
    model = store.pull("tiny")
    assert model.read() == DATA
    assert files(store.root) == {"tiny/tiny.tflite", "tiny/tiny.json"}
    assert Model.open(model.path) == model
    assert store.list()[0].present
    assert [(v.name, v.status) for v in store.verify()] == [("tiny", "ok")]


def test_a_file_that_is_right_is_not_fetched_again(tmp_path, source):
    store = store_of(tmp_path / "root", card_of(sources=(source,)))
    store.pull("tiny")
    Path(source.path).unlink()
    assert store.pull("tiny").read() == store.get("tiny").read() == DATA


def test_getting_pulls_only_what_is_missing_and_only_if_asked(tmp_path, source):
    store = store_of(tmp_path / "root", card_of(sources=(source,)))
    with pytest.raises(ModelNotFoundError, match="firsthand models pull tiny"):
        store.get("tiny", pull=False)
    assert store.get("tiny").read() == DATA
    assert store.get("tiny", pull=False).read() == DATA


def test_a_damaged_file_is_found_and_replaced(tmp_path, source):
    store = store_of(tmp_path / "root", card_of(sources=(source,)))
    model = store.pull("tiny")
    model.path.write_bytes(b"x" + DATA[1:])
    assert store.verify("tiny")[0].status == "damaged"
    with pytest.raises(ChecksumError, match="models pull tiny"):
        store.get("tiny").read()
    assert store.pull("tiny").read() == DATA


@pytest.mark.parametrize("wrong", [b"y" + DATA[1:], DATA[:-1], DATA + b"y", b""])
def test_wrong_bytes_are_refused_and_the_old_file_stays(tmp_path, source, wrong):
    store = store_of(tmp_path / "root", card_of(sources=(source,)))
    old = store.pull("tiny").path
    newer = DATA[:-1] + b"!"
    Path(source.path).write_bytes(wrong)
    update = store_of(store.root, card_of(newer, sources=(source,)))
    with pytest.raises((ChecksumError, DownloadError), match=r"card .*promises"):
        update.pull("tiny")
    assert old.read_bytes() == DATA
    assert not any("sum" in name for name in files(store.root))
    Path(source.path).write_bytes(newer)
    assert update.pull("tiny").read() == newer
    assert files(store.root) == {"tiny/tiny.tflite", "tiny/tiny.json"}


def test_a_wrong_checksum_over_http_is_refused_and_leaves_nothing(tmp_path, server):
    server.answers = [whole(b"y" + DATA[1:])]
    store = store_of(tmp_path / "root", card_of(sources=(UrlSource(server.url),)))
    with pytest.raises(ChecksumError, match="nothing was replaced"):
        store.pull("tiny")
    assert files(store.root) == set()


def test_a_broken_download_is_gone_on_with_by_the_next_pull(tmp_path, server):
    server.answers = [part(DATA, 100), status(404), part(DATA)]
    store = store_of(tmp_path / "root", card_of(sources=(UrlSource(server.url),)))
    with pytest.raises(DownloadError, match="404"):
        store.pull("tiny")
    assert len(files(store.root)) == 1
    assert store.pull("tiny").read() == DATA
    assert server.ranges == [None, "bytes=100-", "bytes=100-"]
    assert files(store.root) == {"tiny/tiny.tflite", "tiny/tiny.json"}


def test_a_part_of_other_bytes_is_found_out_and_fetched_anew(tmp_path, server):
    server.answers = [part(b"z" * len(DATA), 100), status(404), part(DATA), part(DATA)]
    store = store_of(tmp_path / "root", card_of(sources=(UrlSource(server.url),)))
    with pytest.raises(DownloadError):
        store.pull("tiny")
    assert store.pull("tiny").read() == DATA
    assert server.ranges[-2:] == ["bytes=100-", None]


def test_sources_are_tried_in_order(tmp_path, server, source):
    server.answers = [status(404)]
    absent = PathSource(str(tmp_path / "absent"))
    card = card_of(sources=(UrlSource(server.url), absent, source))
    assert store_of(tmp_path / "root", card).pull("tiny").read() == DATA


def test_every_failed_source_is_named(tmp_path, server):
    server.answers = [status(404)]
    absent = PathSource(str(tmp_path / "absent"))
    store = store_of(tmp_path / "root", card_of(sources=(UrlSource(server.url), absent)))
    with pytest.raises(DownloadError) as failed:
        store.pull("tiny")
    assert "404" in str(failed.value)
    assert str(absent) in str(failed.value)


def test_a_card_without_sources_says_so(tmp_path):
    with pytest.raises(DownloadError, match="names no source"):
        store_of(tmp_path, card_of()).pull("tiny")


def test_progress_is_told_by_name(tmp_path, server):
    server.answers, seen = [whole(DATA)], []
    store = store_of(tmp_path, card_of(sources=(UrlSource(server.url),)))
    store.pull("tiny", lambda *told: seen.append(told))
    assert seen[-1] == ("tiny", len(DATA), len(DATA))


def test_many_are_pulled_at_once(tmp_path, source):
    cards = [card_of(name=f"tiny-{i}", sources=(source,)) for i in range(3)]
    store = store_of(tmp_path / "root", *cards)
    names = [card.name for card in cards]
    assert [model.card.name for model in store.pull_many(names)] == names


def test_pulls_at_the_same_time_fetch_once_and_agree(tmp_path, server):
    server.answers = [whole(DATA)]
    card, models = card_of(sources=(UrlSource(server.url),)), []
    barrier = threading.Barrier(6)

    def pull() -> None:
        barrier.wait(10)
        models.append(store_of(tmp_path / "root", card).pull("tiny").read())

    threads = [threading.Thread(target=pull) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert models == [DATA] * 6
    assert len(server.ranges) == 1


def test_processes_that_pull_at_the_same_time_agree(tmp_path, source):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from firsthand.runtime import ModelCard, ModelStore\n"
        "card = ModelCard.from_json(sys.stdin.buffer.read())\n"
        "ModelStore(sys.argv[2], cards={'tiny': card}).pull('tiny').read()\n"
    )
    command = [sys.executable, "-c", code, "", str(tmp_path / "root")]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(3)]
    for process in running:
        process.communicate(card_of(sources=(source,)).to_json(), timeout=30)
    assert [process.returncode for process in running] == [0, 0, 0]
    assert files(tmp_path / "root") == {"tiny/tiny.tflite", "tiny/tiny.json"}


def test_adding_keeps_a_file_of_ones_own(tmp_path):
    store = store_of(tmp_path / "root")
    model = store.add(MODELS / "sum_product.tflite", card_of(name="mine"))
    assert model.read() == DATA
    again = store_of(store.root)
    assert again.get("mine", pull=False) == model
    assert [entry.card.name for entry in again.list()] == ["mine"]


def test_adding_another_file_than_the_cards_is_refused(tmp_path):
    store = store_of(tmp_path / "root")
    with pytest.raises(ChecksumError, match="any_rows"):
        store.add(MODELS / "any_rows.tflite", card_of())
    assert not store.root.exists() or files(store.root) == set()


def test_a_name_of_the_catalogue_cannot_be_taken(tmp_path):
    known = card_of(b"the real one")
    with pytest.raises(ModelError, match="catalogue's name"):
        store_of(tmp_path, known).add(MODELS / "sum_product.tflite", card_of())


def test_the_catalogues_card_wins_over_one_in_the_store(tmp_path, source):
    card = card_of(sources=(source,))
    store = store_of(tmp_path / "root", card)
    store.pull("tiny")
    forged = replace(card, licence="MIT", sha256="0" * 64)
    (store.root / "tiny" / "tiny.json").write_bytes(forged.to_json())
    assert store.card("tiny") == card
    assert store.get("tiny").read() == DATA


@pytest.mark.parametrize("name", ["../tiny", "/etc", "", ".", "tiny/..", "tiny\x00", "TINY"])
def test_names_cannot_leave_the_store(tmp_path, name):
    store = store_of(tmp_path, card_of())
    for act in (store.card, store.get, store.pull, store.verify):
        with pytest.raises(ModelError, match="model name"):
            act(name)


def test_an_unknown_name_suggests_near_ones(tmp_path):
    with pytest.raises(ModelNotFoundError, match=r"no model 'tony'.*\['tiny'\]"):
        store_of(tmp_path, card_of()).card("tony")


def test_a_card_under_another_name_is_refused(tmp_path):
    store = store_of(tmp_path)
    store.add(MODELS / "sum_product.tflite", card_of())
    (tmp_path / "tiny").rename(tmp_path / "other")
    (tmp_path / "other" / "tiny.json").rename(tmp_path / "other" / "other.json")
    with pytest.raises(ModelError, match="card of 'tiny'"):
        store.card("other")
    assert [(v.name, v.status) for v in store.verify()] == [("other", "damaged")]


def test_a_store_that_cannot_be_written_says_so(tmp_path, source):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(ModelError, match="set FIRSTHAND_MODELS"):
        store_of(blocked / "root", card_of(sources=(source,))).pull("tiny")


def test_a_filled_store_is_read_without_a_lock(tmp_path, source):
    store = store_of(tmp_path / "root", card_of(sources=(source,)))
    store.pull("tiny")
    (store.root / "tiny" / ".lock").unlink()
    store.pull("tiny")
    store.get("tiny").read()
    assert not (store.root / "tiny" / ".lock").exists()


@pytest.mark.parametrize(
    ("environ", "root"),
    [
        ({"FIRSTHAND_MODELS": "/m", "XDG_CACHE_HOME": "/c"}, Path("/m")),
        ({"XDG_CACHE_HOME": "/c"}, Path("/c/firsthand/models")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache/firsthand/models"),
        ({"FIRSTHAND_MODELS": ""}, Path.home() / ".cache/firsthand/models"),
    ],
)
def test_the_root_is_where_the_environment_has_it(environ, root):
    assert default_root(environ) == root
    assert ModelStore(environ=environ).root == root


OBJECTRON = {
    "mediapipe-objectron-camera": ("object_detection_3d_camera.tflite", None),
    "mediapipe-objectron-chair": ("object_detection_3d_chair.tflite", None),
    "mediapipe-objectron-cup": ("object_detection_3d_cup.tflite", None),
    "mediapipe-objectron-detector": ("objectron_solution_packed_assets.data", 184),
    "mediapipe-objectron-shoe": ("object_detection_3d_sneakers.tflite", None),
}


def test_the_catalogue_knows_mediapipes_models():
    assert sorted(catalog()) == [
        "mediapipe-hand-full",
        "mediapipe-hand-lite",
        *OBJECTRON,
        "mediapipe-palm-full",
        "mediapipe-palm-lite",
        "yamnet",
    ]
    for name, card in catalog().items():
        assert card.name == name
        assert card.licence == "Apache-2.0"
        if name == "yamnet":  # no package has the file: its user brings it
            assert "models add yamnet" in card.description
            continue
        (source,) = card.sources
        if name in OBJECTRON:
            assert source == NpmSource("@mediapipe/objectron", "0.4.1675468480", *OBJECTRON[name])
            continue
        assert isinstance(source, WheelSource)
        assert (source.package, source.version) == ("mediapipe", "0.10.21")
        assert (
            len(
                {
                    (s.package, s.python, s.platform)
                    for c in catalog().values()
                    for s in c.sources
                    if isinstance(s, WheelSource)
                }
            )
            == 1
        )


@pytest.mark.models
@pytest.mark.parametrize("name", sorted(n for n, card in catalog().items() if card.sources))
def test_published_models_are_as_their_cards_say(store_models, name):
    from firsthand.runtime import load_runner
    from firsthand.runtime.backends.litert import FixedLiteRtRunner

    model = store_models.get(name, pull=False)
    runner = load_runner(model)
    any_batch = any(-1 in card.shape for card in model.card.inputs)
    assert isinstance(runner, FixedLiteRtRunner) is not any_batch
    for specs, cards in ((runner.inputs, model.card.inputs), (runner.outputs, model.card.outputs)):
        assert [(s.name, s.shape, str(s.dtype)) for s in specs] == [
            (c.name, c.shape, c.dtype) for c in cards
        ]


@pytest.mark.data
def test_published_models_of_others_run(data_root):
    from firsthand.runtime import load_runner

    for path in sorted((data_root / "models").glob("*.tflite")):
        runner = load_runner(path)
        runner.invoke()
        assert runner.output_view(0).size in (521, 1001)
