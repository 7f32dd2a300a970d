"""From the bytes of a picture to the tensor that a model takes; used by training, gates and gateway alike.

The steps, in order: read the header (format, size, orientation) and refuse before decoding; decode (JPEG by
libjpeg-turbo at the smallest of its scales that is still twice the wanted size, the rest by Pillow; of an animation the
first frame); to 8 bits a channel; transparency over white; turn as EXIF says; cut to the wanted aspect ratio; resize
(Pillow's antialiased bilinear filter). A picture of the wanted size is passed on untouched.
"""

import io
import struct
from dataclasses import dataclass

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from contract.errors import PictureEmpty, PictureTooManyPixels, PictureTruncated, PictureUnsupported
from contract.inputs import ImageInput

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MAX_PIXELS = 50_000_000
"""Default limit: a picture of 50 million pixels takes 150 MB when decoded."""

Pixels = NDArray[np.uint8]

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIXTEEN_BIT = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I"})
# What Pillow's decoders raise on broken input, besides OSError; found by fuzzing, kept as a list so that a
# MemoryError or a bug of ours is not taken for a broken picture.
_BROKEN = (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, EOFError, OverflowError, struct.error)


@dataclass(frozen=True)
class _Header:
    image: Image.Image
    """Opened, not decoded."""
    orientation: int


def to_tensor(data: bytes, schema: ImageInput, *, max_pixels: int = MAX_PIXELS) -> Pixels:
    """Turn an encoded picture into a uint8 tensor [height, width, channels].

    Raises:
        PictureEmpty: `data` is empty.
        PictureUnsupported: it is not a JPEG, PNG, WebP, GIF or BMP picture.
        PictureTooManyPixels: the header announces more than `max_pixels`; nothing was decoded.
        PictureTruncated: it breaks off or is corrupt.
    """
    header = _read_header(data, max_pixels)
    image = _decode_scaled_jpeg(data, header, schema) or _decode(header.image)
    image = image.convert("L" if schema.channels == 1 else "RGB")
    if header.orientation in _TURNS:
        image = image.transpose(_TURNS[header.orientation])
    return np.asarray(_fit(image, schema)).reshape(schema.shape)


def _read_header(data: bytes, max_pixels: int) -> _Header:
    if not data:
        raise PictureEmpty
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        orientation = _orientation(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many(max_pixels) from error
    except UnidentifiedImageError as error:
        raise PictureUnsupported from error
    except _BROKEN as error:
        raise PictureTruncated from error
    if image.width * image.height > max_pixels:
        raise _too_many(max_pixels)
    return _Header(image, orientation)


def _too_many(max_pixels: int) -> PictureTooManyPixels:
    return PictureTooManyPixels(f"The picture has more than {max_pixels:,} pixels.")


def _orientation(image: Image.Image) -> int:
    # Reading EXIF of a format without it costs a decode in some plugins; a damaged EXIF block is no reason to refuse.
    if "exif" not in image.info:
        return 1
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except _BROKEN:
        return 1


def _decode_scaled_jpeg(data: bytes, header: _Header, schema: ImageInput) -> Image.Image | None:
    """Decode a common JPEG quickly; None leaves it to Pillow (CMYK, and whatever libjpeg-turbo warns about)."""
    image = header.image
    if image.format not in ("JPEG", "MPO") or image.mode not in ("RGB", "L"):
        return None
    turned = header.orientation >= 5
    height, width = (schema.width, schema.height) if turned else (schema.height, schema.width)
    colours = "GRAY" if schema.channels == 1 else "RGB"
    try:
        pixels = simplejpeg.decode_jpeg(
            data, colours, fastdct=True, fastupsample=True, min_height=2 * height, min_width=2 * width, min_factor=1.0
        )
    except ValueError:
        return None
    return Image.fromarray(pixels[..., 0] if schema.channels == 1 else pixels)


def _decode(image: Image.Image) -> Image.Image:
    try:
        image.load()
        if image.mode in _SIXTEEN_BIT:
            return _to_eight_bits(image)
        if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
            return _over_white(image)
        return image.convert("RGB")
    except _BROKEN as error:
        raise PictureTruncated from error


def _to_eight_bits(image: Image.Image) -> Image.Image:
    wide = np.asarray(image).astype(np.int64).clip(0, 0xFFFF)
    return Image.fromarray((wide >> 8).astype(np.uint8))


def _over_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _fit(image: Image.Image, schema: ImageInput) -> Image.Image:
    size = (schema.width, schema.height)
    if image.size == size:
        return image
    if schema.fit == "stretch":
        return image.resize(size, Image.Resampling.BILINEAR)
    return ImageOps.fit(image, size, Image.Resampling.BILINEAR)
