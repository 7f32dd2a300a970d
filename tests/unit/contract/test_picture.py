"""From a picture's bytes to its tensor."""

import io
import struct
import zlib

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from contract.errors import PictureEmpty, PictureError, PictureTooManyPixels, PictureTruncated, PictureUnsupported
from contract.inputs import ImageInput
from contract.picture import Pixels, to_tensor
from tests.support.golden_pictures import FOLDER, PICTURES, SCHEMA

GREY = ImageInput(height=32, width=32, channels=1)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encode(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def halves(left: tuple[int, ...], right: tuple[int, ...], mode: str = "RGB", size: int = 64) -> Image.Image:
    image = Image.new(mode, (size, size), left)
    image.paste(right, (size // 2, 0, size, size))
    return image


def corners(tensor: Pixels) -> list[tuple[int, ...]]:
    """Top left, top right, bottom left, bottom right."""
    return [tuple(int(v) for v in tensor[y, x]) for y in (2, -3) for x in (2, -3)]


def close(found: tuple[int, ...], wanted: tuple[int, ...], tolerance: int = 6) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("name", PICTURES)
def test_a_pinned_picture_becomes_exactly_its_pinned_tensor(name: str) -> None:
    pinned = np.load(FOLDER / "tensors.npz", allow_pickle=False)[name]
    np.testing.assert_array_equal(to_tensor((FOLDER / name).read_bytes(), SCHEMA), pinned)


@pytest.mark.parametrize("name", ["baseline.jpg", "progressive-444.jpg"])
def test_the_fast_jpeg_decoder_stays_near_pillows(name: str) -> None:
    image = Image.open(FOLDER / name).convert("RGB")
    slow = np.asarray(image.resize((32, 32), Image.Resampling.BILINEAR, box=(40, 0, 280, 240))).astype(int)
    difference = np.abs(to_tensor((FOLDER / name).read_bytes(), SCHEMA) - slow)
    assert difference.mean() < 2.0
    assert difference.max() < 24


def test_the_fast_decoder_is_used_for_jpegs(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    decode = simplejpeg.decode_jpeg

    def counted(*args: object, **options: object) -> object:
        calls.append(1)
        return decode(*args, **options)

    monkeypatch.setattr(simplejpeg, "decode_jpeg", counted)
    to_tensor((FOLDER / "baseline.jpg").read_bytes(), SCHEMA)
    to_tensor((FOLDER / "cmyk.jpg").read_bytes(), SCHEMA)
    assert len(calls) == 1


def test_a_picture_of_the_wanted_size_is_passed_on_untouched() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(to_tensor(encode(Image.fromarray(pixels)), SCHEMA), pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_as_exif_says(format: str, orientation: int) -> None:
    upright = Image.new("RGB", (96, 64), WHITE)
    for box, colour in (((0, 0, 48, 32), RED), ((48, 0, 96, 32), GREEN), ((0, 32, 48, 64), BLUE)):
        upright.paste(colour, box)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    schema = ImageInput(height=32, width=48)
    tensor = to_tensor(encode(stored, format, exif=exif, quality=95), schema)
    for found, wanted in zip(corners(tensor), [RED, GREEN, BLUE, WHITE], strict=True):
        assert close(found, wanted, 40)


def test_cover_cuts_the_longer_side_and_stretch_keeps_it() -> None:
    wide = Image.new("RGB", (120, 40), GREEN)
    wide.paste(RED, (0, 0, 30, 40))
    data = encode(wide)
    assert corners(to_tensor(data, SCHEMA))[0] == GREEN
    assert corners(to_tensor(data, ImageInput(height=32, width=32, fit="stretch")))[0] == RED


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_becomes_eight_bit_colour(mode: str) -> None:
    if mode == "I;16":
        values = np.full((64, 64), 40_000, np.uint16)
        image = Image.fromarray(values)
    else:
        image = Image.new("RGB", (64, 64), (156, 156, 156))
        image = image.quantize(4) if mode == "P" else image.convert(mode)
    tensor = to_tensor(encode(image), SCHEMA)
    assert tensor.shape == (32, 32, 3)
    assert tensor.dtype == np.uint8
    if mode != "1":
        np.testing.assert_allclose(tensor, 156, atol=2)


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    data = encode(halves(RED, BLUE).convert("CMYK"), "JPEG", quality=95)
    top_left, top_right, *_ = corners(to_tensor(data, SCHEMA))
    assert close(top_left, RED, 12)
    assert close(top_right, BLUE, 12)


def test_a_palette_picture_keeps_its_colours() -> None:
    image = halves(RED, GREEN).quantize(2)
    assert corners(to_tensor(encode(image), SCHEMA))[:2] == [RED, GREEN]


def test_what_is_transparent_lies_over_white() -> None:
    clear = halves((255, 0, 0, 255), (0, 0, 0, 0), "RGBA")
    assert corners(to_tensor(encode(clear), SCHEMA))[:2] == [RED, WHITE]
    palette = halves(RED, GREEN).quantize(2)
    data = encode(palette, transparency=palette.getpixel((60, 5)))
    assert corners(to_tensor(data, SCHEMA))[:2] == [RED, WHITE]


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(format: str) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in (RED, GREEN, BLUE)]
    data = encode(frames[0], format, save_all=True, append_images=frames[1:], duration=50)
    assert close(corners(to_tensor(data, SCHEMA))[0], RED)


def test_a_grey_model_gets_one_channel() -> None:
    for data in (encode(halves(WHITE, RED)), encode(halves(WHITE, RED), "JPEG", quality=95)):
        tensor = to_tensor(data, GREY)
        assert tensor.shape == (32, 32, 1)
        assert abs(int(tensor[2, -3, 0]) - 76) <= 3


def test_no_bytes_are_refused_as_empty() -> None:
    with pytest.raises(PictureEmpty):
        to_tensor(b"", SCHEMA)


@pytest.mark.parametrize(
    "data", [b"hello", b"%PDF-1.7 ....", b"\x00" * 500, b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_picture_is_refused_as_unsupported(data: bytes) -> None:
    with pytest.raises(PictureUnsupported):
        to_tensor(data, SCHEMA)


def test_a_format_outside_the_list_is_refused_as_unsupported() -> None:
    with pytest.raises(PictureUnsupported):
        to_tensor(encode(Image.new("RGB", (8, 8)), "TIFF"), SCHEMA)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_picture_that_breaks_off_is_refused_as_truncated(format: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encode(Image.fromarray(pixels), format)
    with pytest.raises(PictureTruncated):
        to_tensor(data[: len(data) // 2], SCHEMA)


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header announces width × height pixels and whose data holds none."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(10_000, 6_000), (60_000, 60_000)])
def test_a_bomb_is_refused_before_decoding(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def decoded(*_: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    with pytest.raises(PictureTooManyPixels):
        to_tensor(bomb(*size), SCHEMA)


def test_the_pixel_limit_is_the_callers() -> None:
    data = encode(Image.new("RGB", (100, 100)))
    to_tensor(data, SCHEMA, max_pixels=10_000)
    with pytest.raises(PictureTooManyPixels):
        to_tensor(data, SCHEMA, max_pixels=9_999)


@settings(max_examples=150, deadline=None)
@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    mode=st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"]),
    format=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP"]),
    fit=st.sampled_from(["cover", "stretch"]),
    seed=st.integers(0, 99),
)
def test_any_size_and_mode_becomes_a_tensor(
    width: int, height: int, mode: str, format: str, fit: str, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).convert(mode)
    saveable = {"JPEG": {"L", "RGB", "CMYK"}, "BMP": {"1", "L", "P", "RGB"}}.get(format)
    if mode == "CMYK" or (saveable and mode not in saveable):
        image = image if format == "JPEG" and mode == "CMYK" else image.convert("RGB")
    schema = ImageInput.model_validate({"height": 24, "width": 40, "fit": fit})
    tensor = to_tensor(encode(image, format), schema)
    assert tensor.shape == (24, 40, 3)
    assert tensor.dtype == np.uint8


VALID = [(FOLDER / name).read_bytes() for name in PICTURES]


@settings(max_examples=400, deadline=None)
@given(data=st.binary(max_size=300), base=st.sampled_from(VALID), at=st.floats(0, 1), keep=st.booleans())
def test_broken_bytes_are_an_error_of_the_contract_and_nothing_else(
    data: bytes, base: bytes, at: float, keep: bool
) -> None:
    position = int(at * len(base))
    mangled = base[:position] + data + (base[position + len(data) :] if keep else b"")
    try:
        assert to_tensor(mangled, SCHEMA).shape == (32, 32, 3)
    except PictureError as error:
        assert str(error)
