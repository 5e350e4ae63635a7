"""Packing loses nothing, and what unpacks is one whole model of no more bytes than allowed."""

import lzma
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ChecksumError, ModelError, ModelNotFoundError
from firsthand.runtime import Model, load_runner
from firsthand.runtime.packed import MAX_DECODER_BYTES, packed, unpacked

TINY = (Path(__file__).parents[1] / "golden" / "models" / "sum_product.tflite").read_bytes()
PACKED = packed(TINY)


@pytest.fixture
def path(tmp_path) -> Path:
    file = tmp_path / "My Model.tflite.xz"
    file.write_bytes(PACKED)
    return file


@given(st.binary(min_size=1, max_size=5000))
def test_unpacking_undoes_packing(data):
    assert unpacked(packed(data), "here") == data


def test_zeros_take_little_room():
    rng = np.random.default_rng(0)
    weights = rng.integers(-127, 128, 100_000, np.int8)
    weights[rng.random(100_000) < 0.9] = 0
    # Entropy: 0.469 bits for which are zeros, and 8 for each of a tenth that are not.
    assert len(packed(weights.tobytes())) < 1.25 * 100_000 * (0.469 + 0.1 * 8) / 8
    plain = np.where(weights == 0, 0, rng.normal(size=100_000)).astype(np.float32)
    assert len(packed(plain.tobytes())) < 1.15 * 100_000 * (0.469 + 0.1 * 32) / 8


def test_the_system_reads_and_writes_the_same():
    assert lzma.decompress(PACKED) == TINY
    for preset in (0, 6, 9 | lzma.PRESET_EXTREME):  # -9 has the largest window
        assert unpacked(lzma.compress(TINY, preset=preset), "here") == TINY


def test_packing_refuses_what_is_no_model():
    with pytest.raises(ModelError, match="0 bytes: a model has from 1"):
        packed(b"")


@given(st.integers(0, len(PACKED) - 1))
def test_what_is_cut_short_is_refused(length):
    with pytest.raises(ModelError, match=r"^here: is cut short"):
        unpacked(PACKED[:length], "here")


@given(st.binary(min_size=1))
def test_what_follows_the_end_is_refused(more):
    with pytest.raises(ModelError, match=f"here: {len(more)} bytes follow the end"):
        unpacked(PACKED + more, "here")


@given(st.integers(0, len(PACKED) - 1), st.integers(0, 7))
def test_a_changed_bit_changes_no_model(at, bit):
    data = bytearray(PACKED)
    data[at] ^= 1 << bit
    try:
        found = unpacked(bytes(data), "here")
    except ModelError:
        return
    assert found == TINY


@given(st.binary(max_size=300), st.integers(0, 40))
def test_any_bytes_are_a_model_or_an_error(data, kept):
    with pytest.raises(ModelError, match=r"^here: "):
        unpacked(PACKED[:kept] + data, "here", 1000)


def test_no_more_is_unpacked_than_allowed():
    bomb = lzma.compress(bytes(100_000_000), preset=0)
    assert len(bomb) < 20_000
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match="here: unpacks to more than the 100000 bytes"):
            unpacked(bomb, "here", 100_000)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert unpacked(packed(bytes(1000)), "here", 1000) == bytes(1000)


def test_a_window_that_takes_too_much_memory_is_refused():
    plan = {"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": MAX_DECODER_BYTES}
    with pytest.raises(ModelError, match="here: cannot be unpacked: Memory usage limit"):
        unpacked(lzma.compress(TINY, filters=[plan]), "here")


def test_nothing_packed_is_no_model():
    with pytest.raises(ModelError, match="here: is an empty file, packed"):
        unpacked(lzma.compress(b""), "here")


def test_the_older_form_is_refused():
    with pytest.raises(ModelError, match="here: cannot be unpacked"):
        unpacked(lzma.compress(TINY, format=lzma.FORMAT_ALONE), "here")


def test_a_packed_model_runs_as_the_plain_one_does(path, tmp_path):
    plain = tmp_path / "plain.tflite"
    plain.write_bytes(TINY)
    runners = load_runner(path), load_runner(plain)
    assert runners[0].inputs == runners[1].inputs
    given_ = [np.full(spec.shape, 3, spec.dtype) for spec in runners[0].inputs]
    for a, b in zip(runners[0](*given_), runners[1](*given_), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_card_is_of_the_model_inside(path):
    plain = path.with_suffix("")
    plain.write_bytes(TINY)
    cards = Model.open(path).card, Model.open(plain).card
    assert cards[0] == replace(cards[1], description="My Model.tflite.xz, opened without a card")
    card = replace(Model.open(path).card, description="mine", licence="MIT")
    plain.with_suffix(".json").write_bytes(card.to_json())
    for each in (path, plain):
        assert Model.open(each).card == card
        assert Model.open(each).read() == TINY


def test_a_packed_file_of_another_model_is_found_out(path):
    model = Model.open(path)
    path.write_bytes(packed(TINY[:-1] + b"x"))
    with pytest.raises(ChecksumError, match=r"My Model\.tflite\.xz: SHA-256 is"):
        model.read()
    path.write_bytes(packed(TINY + bytes(10**6)))
    with pytest.raises(ModelError, match=f"unpacks to more than the {len(TINY)} bytes"):
        model.read()
    path.write_bytes(packed(TINY[:-1]))
    with pytest.raises(ChecksumError, match=f"{len(TINY) - 1} bytes, but the card"):
        model.read()
    path.unlink()
    with pytest.raises(ModelNotFoundError):
        model.read()


def test_names_tell_what_is_packed(tmp_path):
    for name in ("model.xz", "model.txt.xz", "model.tflite.gz"):
        (tmp_path / name).write_bytes(PACKED)
        with pytest.raises(ModelError, match=r"or packed in \.tflite\.xz or \.onnx\.xz"):
            Model.open(tmp_path / name)
    upper = tmp_path / "A.TFLITE.XZ"
    upper.write_bytes(PACKED)
    assert (Model.open(upper).card.format, Model.open(upper).card.name) == ("tflite", "a")
    (tmp_path / "damaged.onnx.xz").write_bytes(TINY)
    with pytest.raises(ModelError, match=r"damaged\.onnx\.xz: cannot be unpacked"):
        Model.open(tmp_path / "damaged.onnx.xz")
