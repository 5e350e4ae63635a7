import io
import os
import struct
import tempfile
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from firsthand.errors import MediaError
from firsthand.media import MAX_IMAGE_PIXELS, read_image, write_image
from firsthand.media.image import encode_jpeg, within
from firsthand.media.imagesize import read_header
from firsthand.media.orientation import UPRIGHT, orientation_from_exif

from .made_media import encoded, exif, picture, png_header

CLOSE = 4.0  # levels, on average, by which a lossy picture of a smooth scene may differ


def apart(image: np.ndarray, other: np.ndarray) -> float:
    assert image.shape == other.shape
    return float(np.abs(image.astype(int) - other).mean())


def by_pillow(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3))))
def test_what_is_written_is_read(image):
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".png", ".bmp", ".tif"):
            path = Path(folder, f"picture{suffix}")
            write_image(path, image)
            assert np.array_equal(read_image(path), image)
        assert len(list(Path(folder).iterdir())) == 3


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_formats_come_close(tmp_path, suffix):
    image = picture(64, 40)
    write_image(tmp_path / f"p{suffix}", image)
    assert apart(read_image(tmp_path / f"p{suffix}"), image) < CLOSE


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_exif_orientation_is_applied(orientation, suffix):
    data = encoded(picture(48, 32), suffix, exif(orientation))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    image = read_image(data)
    assert image.shape == ((48, 32, 3) if orientation > 4 else (32, 48, 3))
    assert apart(image, expected) < CLOSE


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_applies_to_tiff_and_to_alpha(orientation):
    tiff = by_pillow(Image.fromarray(picture(48, 32)), "TIFF", tiffinfo={274: orientation})
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(tiff))))
    assert np.array_equal(read_image(tiff), expected)
    rgba = np.dstack([picture(48, 32), np.full((32, 48), 255, np.uint8)])
    assert np.array_equal(read_image(encoded(rgba, ".png", exif(orientation))), expected)


@given(st.binary(max_size=80), st.sampled_from([b"", b"II*\0", b"MM\0*"]))
def test_no_exif_block_breaks_the_reader(tail, head):
    assert 1 <= orientation_from_exif(head + tail) <= 8


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_unknown_orientation_is_upright(order, value):
    assert orientation_from_exif(exif(value, order)) == UPRIGHT
    assert orientation_from_exif(exif(6, order)) == 6


def test_gray_sixteen_bit_palette_and_alpha():
    image = picture(24, 16)
    gray = image[:, :, 0]
    assert np.array_equal(read_image(encoded(gray)), np.dstack([gray] * 3))
    deep = image.astype(np.uint16) * 257
    assert np.array_equal(read_image(encoded(deep)), image)
    palette = Image.fromarray(image).convert("P")
    expected = np.asarray(palette.convert("RGB"))
    assert np.array_equal(read_image(by_pillow(palette, "PNG")), expected)
    assert np.array_equal(read_image(by_pillow(palette, "GIF")), expected)
    bits = Image.fromarray(gray).convert("1")
    assert np.array_equal(read_image(by_pillow(bits, "PNG")), np.asarray(bits.convert("RGB")))
    rgba = np.dstack([image, gray])
    white = Image.new("RGBA", (24, 16), "white")
    white.alpha_composite(Image.fromarray(rgba))
    shown = np.asarray(white.convert("RGB")).astype(int)
    for data in (
        encoded(rgba),
        by_pillow(Image.fromarray(rgba), "WEBP", lossless=True, exact=True),
    ):
        assert np.abs(read_image(data) - shown).max() <= 1
    half = Image.fromarray(np.dstack([gray, np.full_like(gray, 128)]), "LA")
    assert (
        np.abs(read_image(by_pillow(half, "PNG")).astype(int) - (gray[..., None] / 2 + 127)).max()
        <= 1
    )


def test_cmyk_and_progressive_jpeg():
    image = picture(64, 48)
    cmyk = by_pillow(Image.fromarray(image).convert("CMYK"), "JPEG", quality=95)
    assert apart(read_image(cmyk), image) < CLOSE
    progressive = by_pillow(Image.fromarray(image), "JPEG", quality=95, progressive=True)
    assert apart(read_image(progressive), image) < CLOSE


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif", ".gif"])
def test_one_pixel(suffix):
    data = encoded(np.full((1, 1, 3), 200, np.uint8), suffix)
    assert read_header(data)[1:] == (1, 1)
    assert np.abs(read_image(data).astype(int) - 200).max() <= 32  # OpenCV's GIF has few colours


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif", ".gif"])
def test_headers_tell_the_size(suffix):
    assert read_header(encoded(picture(61, 37), suffix))[1:] == (61, 37)


def test_8k_is_read_and_a_bomb_is_not():
    flat = np.broadcast_to(np.uint8(90), (4320, 7680, 3))
    image = read_image(encoded(np.ascontiguousarray(flat), ".jpg"))
    assert image.shape == (4320, 7680, 3)
    assert abs(int(image[2000, 3000, 0]) - 90) <= 2
    for bomb in (
        png_header(100_000, 100_000),
        png_header(20_000, 20_000),
        png_header(2**31 - 1, 1),
    ):
        with pytest.raises(MediaError, match="above the limit"):
            read_image(bomb)
    assert MAX_IMAGE_PIXELS > 7680 * 4320
    with pytest.raises(MediaError, match="above the limit of 99"):
        read_image(encoded(picture(10, 10)), max_pixels=99)


def test_a_jpeg_that_claims_a_size_is_refused_by_its_header():
    data = bytearray(encoded(picture(16, 16), ".jpg"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 65000, 65000)
    with pytest.raises(MediaError, match="65000 x 65000"):
        read_image(bytes(data))


def test_a_png_whose_chunk_claims_more_than_the_file_has_is_refused_unread():
    data = bytearray(encoded(picture(9, 6)))
    at = data.index(b"IDAT") - 4
    for claimed in (2**32 - 1, 3 * 2**30, len(data)):
        data[at : at + 4] = struct.pack(">I", claimed)
        with pytest.raises(MediaError, match=f"a chunk claims {claimed} bytes, where"):
            read_image(bytes(data))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif", ".gif"])
@pytest.mark.parametrize("share", [0.0, 0.002, 0.01, 0.3, 0.7, 0.97])
def test_a_cut_off_image_is_refused(tmp_path, suffix, share):
    rng = np.random.default_rng(1)
    data = encoded(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8), suffix)
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(MediaError, match=f"cut{suffix}: "):
        read_image(path)


@given(data=st.data())
def test_flipped_bits_end_in_an_image_or_a_media_error(data):
    suffix = data.draw(st.sampled_from([".jpg", ".png", ".webp", ".bmp", ".tif", ".gif"]))
    original = bytearray(encoded(picture(20, 14), suffix))
    for _ in range(data.draw(st.integers(1, 6))):
        original[data.draw(st.integers(0, len(original) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = read_image(bytes(original), max_pixels=1_000_000)
    except MediaError:
        return
    assert image.ndim == 3
    assert image.shape[2] == 3


HEADS = [b"", b"\xff\xd8\xff", b"BM", b"GIF89a", b"RIFF1234WEBP", b"II*\0", b"\x89PNG\r\n\x1a\n"]


@given(st.binary(max_size=200), st.sampled_from(HEADS))
def test_garbage_is_a_media_error(tail, head):
    with pytest.raises(MediaError):
        read_image(head + tail, max_pixels=1_000_000)


def test_names_and_reasons(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.png").write_text("not a picture, whatever the name says")
    os.mkfifo(tmp_path / "pipe.png")
    cases = {
        "empty.jpg": "empty",
        "text.png": "known format",
        "missing.png": "No such file",
        "pipe.png": "pipe",
        "": "directory",
        "null\0.png": "null",
        "x" * 300 + ".png": "too long",
    }
    for name, reason in cases.items():
        with pytest.raises(MediaError, match=reason) as caught:
            read_image(tmp_path / name)
        assert name in str(caught.value)
    with pytest.raises(MediaError, match="0 bytes: empty"):
        read_image(b"")


def test_a_wrong_ending_does_not_matter(tmp_path):
    (tmp_path / "really.png").write_bytes(encoded(picture(8, 6), ".jpg"))
    assert read_image(str(tmp_path / "really.png")).shape == (6, 8, 3)


def test_writing_refuses_and_leaves_nothing(tmp_path):
    with pytest.raises(MediaError, match=r"\.xyz"):
        write_image(tmp_path / "a.xyz", picture(4, 4))
    with pytest.raises(MediaError, match="quality"):
        write_image(tmp_path / "a.jpg", picture(4, 4), quality=0)
    with pytest.raises(MediaError, match="cannot be written"):
        write_image(tmp_path / "nowhere" / "a.png", picture(4, 4))
    with pytest.raises(MediaError):
        write_image(tmp_path / "wide.webp", np.zeros((1, 20_000, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_made_smaller_only_where_it_is_too_large():
    image = np.zeros((40, 100, 3), np.uint8)
    assert within(image, 100) is image
    assert within(image, 50).shape == (20, 50, 3)
    assert within(np.zeros((2, 900, 3), np.uint8), 90).shape == (1, 90, 3)


def test_a_jpeg_in_memory_is_that_of_a_file(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)
    write_image(tmp_path / "a.jpg", image, quality=86)
    assert encode_jpeg(image, 86) == (tmp_path / "a.jpg").read_bytes()
    with pytest.raises(MediaError, match="70000 x 1"):
        encode_jpeg(np.zeros((1, 70_000, 3), np.uint8), 86)
