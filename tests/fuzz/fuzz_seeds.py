"""Writes the corpus that a search begins with, by this project's own writers: small and whole.

    PYTHONPATH=tests/media:tests/objects:tests/recorder python tests/fuzz/fuzz_seeds.py

A seed is named by its parser's letter and what it is: `i-png` is an image, given to parser "i".
"""

import gzip
import io
import json
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from fuzz_targets import CORPUS, TARGETS
from seeds_of_media import pictures, recordings
from seeds_of_training import arrays, meshes

ROOT = Path(__file__).resolve().parents[2]
Seeds = Iterator[tuple[str, bytes]]


def written(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def models() -> Seeds:
    from firsthand.runtime import Measurement, ModelCard, TensorCard
    from firsthand.runtime.calibration import Curve
    from firsthand.runtime.packed import packed
    from firsthand.runtime.sources import NpmSource, PathSource, UrlSource, WheelSource

    golden = ROOT / "tests" / "golden" / "models"
    small = (golden / "data_shape.tflite").read_bytes()
    card = ModelCard(
        name="small",
        version="1",
        task="sums",
        description="A sum and a product",
        format="tflite",
        sha256="0" * 64,
        size_bytes=len(small),
        licence="Apache-2.0",
        inputs=(TensorCard("a", (1, -1, 3), "float32", "0..1"),),
        outputs=(TensorCard("b", (1,), "int8", ""),),
        labels=("one", "two"),
        accuracy=(Measurement("top-1", 0.5, "none"),),
        sources=(
            UrlSource("https://example.org/a.tflite"),
            WheelSource("package", "1.0", "a/b.tflite", "3.11", "any"),
            NpmSource("@scope/package", "1.0", "b.tflite", 3),
            PathSource("/a"),
        ),
        calibration=(Curve("one", (0.1, 0.9), (0.2, 1.0), 0.5),),
    )
    yield "c-whole", card.to_json()
    plain = replace(card, inputs=(), outputs=(), sources=(), calibration=(), accuracy=())
    yield "c-plain", plain.to_json()
    yield "m-other", plain.to_json() + b"\0" + small
    yield "b-packed", packed(small)
    yield "x-packed", packed(b"model" * 20)
    for suffix in ("deflated", "stored"):
        kind = zipfile.ZIP_DEFLATED if suffix == "deflated" else zipfile.ZIP_STORED
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", kind) as archive:
            archive.writestr("package/model.tflite", bytes(range(64)))
        yield f"z-{suffix}", held.getvalue()
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz", compresslevel=9) as tar:
        for size in (64, 100):
            about = tarfile.TarInfo("package/model.tflite" if size == 64 else "other")
            about.size = size
            tar.addfile(about, io.BytesIO(bytes(size)))
    yield "t-two", held.getvalue()
    yield "u-two", gzip.decompress(held.getvalue())
    for path in sorted(golden.glob("*.tflite")):
        yield f"l-{path.stem}", path.read_bytes()
    yield "o-first", b"\0" + small
    for path in sorted(golden.glob("*.onnx")):
        yield f"n-{path.stem}", path.read_bytes()


GRAPH = b"""type: "Loop"
input_stream: "IN:in"
output_stream: "out"
input_side_packet: "SIDE:side"
num_threads: 2
max_queue_size: 7
executor { name: "slow" options { [some.Options] { num_threads: 3 } } }
node {
  calculator: "PassThroughCalculator" # comment
  name: 'first'
  input_stream: "in" output_stream: "a"
  max_in_flight: 2
  executor: "slow"
  node_options: { [type.googleapis.com/x.Options] {
    b: [1, -0x1F, 017, 1.5e3f] c: true d: INF e < f: "\\303\\251\\x41\\u00e9" >
  } }
}
node {
  calculator: "FlowLimiterCalculator"
  input_stream: "a" input_stream: "FINISHED:out" output_stream: "out"
  input_stream_info { tag_index: "FINISHED" back_edge: true }
  input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" }
}
"""


def graphs() -> Seeds:
    lone = b'input_stream: "in" node { calculator: "PassThroughCalculator" '
    lone += b'input_stream: "in" output_stream: "out" } output_stream: "out"'
    for letter in "fgcd":
        yield f"{letter}-loop", GRAPH
        yield f"{letter}-one", lone
    gates = b'node { calculator: "GateCalculator" input_stream: "a" input_stream: "ALLOW:b" '
    gates += b'output_stream: "c" options { [x] { empty_packets_as_allow: true } } }'
    yield "c-gate", b'input_stream: "a" input_stream: "b" ' + gates
    event = {"name": "first", "cat": "process", "dur": 1.5, "ph": "X", "ts": 0}
    yield "t-trace", written(traceEvents=[event, event | {"dur": 2}, {"cat": "other"}])
    lines = written(timestamp=1, payload={"a": [1, None]}) + b"\n" + written(timestamp=2, payload=1)
    yield "p-two", lines


def sessions() -> Seeds:
    import pbdata

    from firsthand.geometry import Box, Camera
    from firsthand.objects.annotations import Annotation, to_bytes
    from firsthand.objects.session import Frame, Light, Plane, Session, write_session

    pose = np.eye(4)
    light = Light((0.6, 0.6, 0.6), (0.5, 0.5, 0.4), (0.3, 0.9, 0.2))
    camera = Camera(50.0, 50.0, 32.0, 24.0)
    frames = tuple(
        Frame(f"frames/{at}.jpg", float(at), 64, 48, camera, given, lit)
        for at, (given, lit) in enumerate([(pose, light), (None, None)])
    )
    floor = Plane("floor", pose, np.array([[-2.0, -2], [2, -2], [2, 2]]))
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder), "made", frames, (floor,), np.array([[0.1, 0, -0.4]]))
        about = write_session(session).read_bytes()
    boxes = (
        Annotation("chair-1", "chair", Box(np.array([0, 0, 3.0]), np.eye(3), np.full(3, 0.5))),
    )
    yield "s-whole", about
    yield "a-chair", to_bytes(boxes)
    yield "o-chair", json.dumps(json.loads(to_bytes(boxes))["objects"]).encode()
    yield "l-chair", about + b"\0" + to_bytes(boxes)
    inner = np.array([[50.0, 0, 32], [0, 50, 24], [0, 0, 1]])
    frame = (
        pbdata.double(1, 2.5)
        + pbdata.inside(4, pbdata.camera(pose, inner=inner))
        + pbdata.inside(5, pbdata.double(1, 900.0) + pbdata.vector(4, (0.1, 1, 0)))
        + pbdata.inside(7, pbdata.plane("p", pose, ((-1, -1), (1, -1), (1, 1))))
        + pbdata.inside(7, pbdata.plane("q", pose))
        + pbdata.inside(8, pbdata.cloud([(0, 0, 1)], [5]))
    )
    yield "g-two", pbdata.geometry([frame, frame])
    chair = pbdata.thing("chair", np.eye(3), (0, 0, 1), (0.5, 0.5, 0.5))
    seen = pbdata.whole(1, 0) + pbdata.inside(3, pbdata.camera(pose, inner=inner, wide=48, tall=64))
    yield "q-chair", pbdata.inside(1, chair) + pbdata.inside(2, seen + pbdata.double(4, 1.0))


def transcripts() -> Seeds:
    from spoken import MEETING

    from firsthand.recorder.exchange import write_transcript
    from firsthand.recorder.tags.prior import FEATURES, PAIRS, PriorTable, sizes_of
    from firsthand.recorder.web.wire import message_of

    for letter, form in (("s", "srt"), ("v", "vtt"), ("j", "json")):
        yield f"{letter}-meeting", write_transcript(MEETING, form).encode()
    note = b"NOTE a\n\nSTYLE\n::cue { }\n\nREGION\nid:a\n\n"
    cue = (
        b"one\n00:01.000 --> 01:00:02.000 align:start\n<v.loud A &amp; B>a <00:01.500><c>b</c> &lt;"
    )
    yield "v-more", b"WEBVTT - title\n\n" + note + cue + b"\n"
    yield "s-more", b"1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>one</i> {\\an8}two\r\nthree\r\n"
    edges = dict.fromkeys(FEATURES[:-1], (1.0,))
    sizes = sizes_of(edges)
    tables = tuple(np.zeros((sizes[one], sizes[other]), np.float32) for one, other in PAIRS)
    yield "p-small", PriorTable(edges, tables).to_json().encode()
    yield "w-two", message_of(b"abc", kind="sound") + message_of(kind="end", number=2)
    yield "t-upload", written(task="one", kind="upload", name="a.wav", size=3, deaths=1)


def fleets() -> Seeds:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )
    from fuzzed_fleets import ROUND_ID

    from firsthand.federated import Assumed, Plan
    from firsthand.federated.degree import Degree
    from firsthand.federated.messages import ADVERTISE, ROSTER, SHARES, packed
    from firsthand.federated.queries.wording import question
    from firsthand.federated.service.keyring import public_pem
    from firsthand.federated.stepping import packed as as_text

    questions = (
        "histogram letters bins=a,b most=2 each=9",
        "count letters",
        "mean minutes low=0 high=60",
        "quantiles minutes low=0 high=10 at=0.5,0.9",
    )
    for number, said in enumerate(questions):
        yield f"q-{number}", said.encode()
        plan = Plan(
            question(said),
            least=3,
            most=4,
            assumed=Assumed(corrupt=0.0, dropout=0.0),
            degree=Degree(3, 2) if number else None,
            round_id=ROUND_ID,
        )
        yield f"p-{number}", plan.to_bytes()
        yield f"a-{number}", plan.to_bytes()
    yield "m-advertise", packed(ADVERTISE, ROUND_ID, b"keys")
    yield "m-roster", packed(ROSTER, ROUND_ID, b"sums", [b"a", b"b"])
    yield "m-shares", packed(SHARES, ROUND_ID, [b""])
    yield "b-zeros", bytes(256)
    yield "i-three", b"\x0a\xa5\x80"
    yield "w-three", as_text(np.array([0.5, 1, 2], np.float32)).encode()
    reach = {"numbers": 1, "each": 2, "length": None}
    cost = {"deviation": 3.0, "reach": reach, "apart": 0.0, "failing": 0.0}
    yield "l-spent", written(format=1, spent={"letters": [cost]}, rounds={"ab": "masked"})
    yield "h-device", written(server="https://a", region="b", certificate="A" * 86 + "==")
    agreed = {"at": "2026-01-01T00:00:00+00:00", "source": "letters"}
    budget = {"epsilon": 1.0, "delta": 1e-5, "exact": False}
    history = [agreed | {"budget": budget}, agreed | {"budget": None}, agreed | {"budget": budget}]
    yield "c-agreed", written(history=history)
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    yield "k-public", public_pem(key.public_key())
    yield "k-private", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    yield "s-three", b"A" * 43 + b"=\n" + b"A" * 86 + b"==\n" + b"A" * 86 + b"=="
    yield "f-two", written(letters=["a", 1, 2.5]) + b"\n" + written(letters=[])
    plays = b"userID\tartistID\tweight\n2\t1\t10\n3\t1\t4\n"
    yield "t-two", b"id\tname\n1\tSome\n\0" + plays
    yield "r-whole", b"\xff\0\0"
    yield "r-one", b"\x00\x05\x01\x09\x20\x80"
    yield "r-cut", b"\x0a\x28\x00\x13\x10\x00"


def calls() -> Seeds:
    from seeds_of_media import opus_packets

    from firsthand.concealment.decoding import LinearPcm

    yield "t-some", b"0\n1\n0\n0\n"
    rtp = struct.pack(">BBHII", 0x80, 111, 65_534, 960, 7)
    yield "r-two", rtp + b"a\n" + rtp.replace(b"\xff\xfe", b"\0\1") + b"b"
    wave = np.sin(np.arange(80) / 5) / 2
    block = LinearPcm(8_000).encode(wave)
    head = struct.Struct(">BHIBB")
    yield (
        "l-four",
        b"".join(head.pack(0, at, at * 80, 5, len(block)) + block for at in (0, 1, 3, 2)),
    )
    packets = opus_packets()
    yield (
        "o-three",
        b"".join(head.pack(0, at, at * 960, 10, len(p)) + p for at, p in enumerate(packets[:3])),
    )
    quiet = [packets[0], packets[1][:1], b"", packets[2]]
    yield (
        "o-dtx",
        b"".join(head.pack(2, at, at * 960, 10, len(p)) + p for at, p in enumerate(quiet)),
    )
    yield "g-two", b"".join(head.pack(0, at, at * 160, 10, 80) + bytes(range(80)) for at in (0, 1))
    yield "p-two", b"\n".join(packets[:2])
    datagrams = [
        struct.pack(">BBHII", 0x80, kind, at, at * 960, 7) + payload
        for at, (kind, payload) in enumerate(((111, packets[0]), (0, bytes(160)), (9, bytes(160))))
    ]
    yield "c-three", b"".join(struct.pack(">H", len(each)) + each for each in datagrams)


def pages() -> Seeds:
    from fuzzed_pages import TOKEN
    from seeds_of_media import jpeg

    def message(data: bytes, kind: int = 0) -> bytes:
        return struct.pack(">BH", kind, len(data)) + data

    def frame(number: int) -> bytes:
        return message(struct.pack(">IQ", number, number * 33_000) + jpeg(), 1)

    yield "w-start", written(start={"model": "small", "max_hands": 1})
    yield "h-options", written(model="tiny", max_hands=2, mirrored=True)
    yield (
        "o-options",
        written(category="cup", max_objects=3, threshold=0.4, focal_px=500, longest_m=None),
    )
    begin = {"session": "0123456789abcdef", "rate_hz": 48_000, "title": "a", "from": 3}
    yield "r-begin", written(begin=begin)
    yield "s-four", struct.pack("<d", 480.0) + bytes(8)
    start = message(written(start={"model": "tiny"}))
    yield "c-frames", start + frame(1) + frame(2)
    photograph = message(written(file=len(jpeg()))) + message(jpeg(), 1) + start
    following = message(written(next=0))
    yield "f-photograph", photograph + following + following
    cookie = f"cookie:firsthand_8080={TOKEN}".encode()
    ours = b"host:127.0.0.1:8080\norigin:http://127.0.0.1:8080\n"
    yield "g-page", b"GET\n/api?a=1\n" + ours + cookie
    yield "g-token", b"GET\n/?token=" + TOKEN.encode() + b"\nhost:127.0.0.1:8080"
    yield "g-post", b"POST\n/api\n" + ours + cookie + b"\ncontent-length:5\nsec-fetch-site:none"
    yield "g-socket", b"WS\n/live\n" + ours + cookie


def tables() -> Seeds:
    from firsthand.compress.members import Member
    from firsthand.compress.text import TextProjection, TextTokens
    from firsthand.hands.gestures import Gesture, GestureSet
    from firsthand.hands.skeleton import JOINTS

    rows = (Gesture("fist", "bcccc"), Gesture("up", "s....", ("thumb up", "not thumb down")))
    yield "g-two", GestureSet("set", rows).to_json().encode()
    hand = [[round(0.1 * n * (1 + n % 3), 2), round(0.05 * n, 2)] for n in range(len(JOINTS))]
    yield (
        "m-two",
        written(
            format="firsthand-gestures-1",
            orientation="free",
            mirror=True,
            reject_distance=None,
            labels=["a", "b"],
            keypoints=[hand, [[y, x] for x, y in hand]],
        ),
    )
    triples = [1, 2, 1] * len(JOINTS)
    image = {"file_name": "a.jpg", "id": 1}
    whole = {
        "image_id": 1,
        "lefthand_valid": True,
        "lefthand_kpts": triples,
        "righthand_valid": False,
    }
    yield "c-wholebody", written(images=[image], annotations=[whole])
    yield "c-onehand", written(images=[image], annotations=[{"image_id": 1, "keypoints": triples}])
    points = {str(n): {"x": n, "y": 2.5} for n in range(len(JOINTS))}
    yield "h-one", written(info=[{"pts": points}])
    yield "i-table", b"file,class_index\na.jpg,0\na.jpg,1\n"
    yield (
        "d-coco",
        written(
            categories=[{"id": 3, "name": "cup"}],
            images=[{"id": 1, "file_name": "a.jpg"}],
            annotations=[
                {"image_id": 1, "category_id": 3, "bbox": [0, 0, 1, 1]},
                {"image_id": 1, "category_id": 3, "bbox": [0, 0, 1, 1], "iscrowd": 1},
            ],
        ),
    )
    yield "s-whole", standing()
    golden = ROOT / "tests" / "challenge" / "golden"
    for year in ("2018", "2020", "2026"):
        yield f"r-{year}", (golden / f"benchmark_{year}.txt").read_bytes()[-3_000:]
    yield "p-thermal", (golden / "thermal.txt").read_bytes()[:1_500] + b"\0  level: 50\n\0" + b"1"
    yield (
        "p-phone",
        b"[ro.product.model]: [A]\n\0/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq:1\n",
    )
    columns = dict.fromkeys(Member.__dataclass_fields__, "1") | {"teacher": "True"}
    yield "f-one", ",".join(columns).encode() + b"\n" + ",".join(columns.values()).encode()
    yield "b-all", b"size <= 500 KB, latency <= 2 ms, accuracy drop <= 1 pt, macs <= 20 M"
    yield "t-projection", TextProjection().settings.encode()
    yield "t-tokens", TextTokens().settings.encode()
    yield "v-two", b"file,label\na.wav,b\nc.wav,d\n"
    yield "e-record", record()
    yield "k-record", record()
    result = ROOT / "benchmarks" / "results" / "hands_jitter.json"
    yield "z-result", json.dumps(few(json.loads(result.read_bytes()))).encode()
    array = {"name": "x", "dtype": "<f4", "shape": [2, 3]}
    yield "w-ok", written(ok=True, values={"a": 1}, arrays=[array])
    yield "n-own", b'[a]\nfolder = "b"\nlabel = "c"\nonly = {d = "e"}\ngroup_letters = 3\n'
    part = {"clips": ["a", "b"], "truth": [0, 1], "said": [0, 0], "second": [0.5, 1e-3]}
    texts = dict.fromkeys(("model", "task", "identity", "asked"), "a")
    yield (
        "a-one",
        written(
            format=1,
            metric="accuracy",
            parts=[part],
            chosen=["c"],
            skipped=0,
            problems=[],
            **texts,
        ),
    )


def few(result: dict[str, object]) -> dict[str, object]:
    """A benchmark's result with two figures of its many."""
    figures = result["figures"]
    assert isinstance(figures, dict)
    return result | {"figures": dict(list(figures.items())[:2])}


def standing() -> bytes:
    """How a model stands on a board."""
    from firsthand.challenge.leaderboard import Standing
    from firsthand.measure import Interval

    some = Interval(0.5, 0.4, 0.6)
    texts = dict.fromkeys(("image_set", "machine", "rules", "judged_at"), "a")
    numbers = dict.fromkeys(("queries", "blocks", "disturbed", "images"), 3)
    times = dict.fromkeys(("copy_ms", "init_ms", "first_ms"), 0.5)
    found = Standing(some, {"score": some}, some, some, **times, **numbers, **texts, doubts=("b",))
    return found.to_json().encode()


def record() -> bytes:
    """The record of a model that was asked twice."""
    from firsthand.measure import Machine, Rules, Stream, Streams
    from firsthand.measure.records import Record, to_json

    stream = Stream(
        name="a",
        init_ms=1.5,
        first_ms=0.25,
        query_us=np.array([10.0, 11.0]),
        copy_us=np.array([1.0, 1.0]),
        block=np.array([0, 1]),
        sentinel_us=np.full((2, 2), 101.0),
        waited=np.zeros(2),
        slept_us=np.zeros(2),
        inputs=[{"name": "x", "shape": [1], "dtype": "int8", "scale": 0.1, "zero_point": -3}],
        outputs=[],
    )
    streams = Streams(
        {"a": stream},
        cpu=3,
        rules_note="single stream",
        noise=(),
        seed=0,
        sentinel_tolerance=0.15,
        waiting_tolerance=np.inf,
    )
    machine = Machine("A76", 4, 4, 8.1, "Linux", "3.11.2", 0.25)
    date = "2026-11-29T04:00:00+00:00"
    rules = Rules(queries=8, seconds=0.5)
    made = Record("ssh", date, machine, {"numpy": "2"}, rules, {"a": "0" * 64}, streams)
    return to_json(made).encode()


SEEDS = {
    "pictures": pictures,
    "recordings": recordings,
    "models": models,
    "graphs": graphs,
    "sessions": sessions,
    "transcripts": transcripts,
    "fleets": fleets,
    "calls": calls,
    "pages": pages,
    "tables": tables,
    "arrays": arrays,
    "meshes": meshes,
}


def main() -> None:
    for name in TARGETS:
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed, data in SEEDS[name]():
            (folder / seed).write_bytes(seed[0].encode() + data)


if __name__ == "__main__":
    main()
