"""Avatars: uploaded bytes in, a safe and newly encoded picture out."""

import hashlib
import threading
import warnings
from dataclasses import dataclass
from io import BytesIO

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from PIL import Image
from PIL.ExifTags import Base
from PIL.Image import Transpose

from ls.images.colours import to_srgb

MAX_SIDE = 512  # pixels
LARGER_SIDE = 2048  # of pictures from another server
MAX_BYTES = 1_048_576
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
JPEG_QUALITY = 90
MAX_FRAMES = 50  # an animation may begin with empty ones
MAX_SCANS = 200  # a progressive JPEG has about ten; each is a pass over the whole picture

TOO_LARGE = _l("Please use an image that is 512 x 512 pixels or smaller.")
UNREADABLE = _l("Can't read image, try another one")

# What EXIF's orientation asks for.
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}

# One picture at a time in each process, so that memory is bounded. The filters of `warnings` are global as well.
_turn = threading.Lock()


class PictureRefused(ValueError):
    """Why a picture is refused."""

    def __init__(self, message: LazyString) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Picture:
    """A clean still picture. The name is a hash of the content, so the same picture has the same name."""

    data: bytes
    media_type: str
    name: str


def read_picture(data: bytes) -> Picture:
    """A clean still of a PNG, JPEG, GIF or WebP file, at most 512 x 512 pixels and 1 MiB. Raises PictureRefused."""
    if len(data) > MAX_BYTES:
        raise PictureRefused(TOO_LARGE)
    return _read(data, MAX_SIDE)


def read_larger_picture(data: bytes) -> Picture:
    """The same of a picture that another server has accepted, scaled down to 512 x 512. Raises PictureRefused."""
    return _read(data, LARGER_SIDE)


def _read(data: bytes, side: int) -> Picture:
    with _turn, warnings.catch_warnings(action="ignore"):
        try:
            return _encoded(_still(data, side))
        except PictureRefused:
            raise
        except Exception as error:  # decoders raise all kinds of errors on damaged files
            raise PictureRefused(UNREADABLE) from error


def _still(data: bytes, side: int) -> Image.Image:
    if data.count(b"\xff\xda") > MAX_SCANS:
        raise PictureRefused(UNREADABLE)
    _check_size(_webp_canvas(data), side)
    with Image.open(BytesIO(data), formats=FORMATS) as opened:
        image = _only_pixels(_first_visible(opened, data, side))
        orientation = _orientation(opened)
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    return image.transpose(TURNS[orientation]) if orientation in TURNS else image


def _webp_canvas(data: bytes) -> tuple[int, int]:
    """The size of an extended WebP, read here because its decoder allocates memory when it opens the file."""
    if data[:4] + data[8:16] != b"RIFFWEBPVP8X":
        return 1, 1
    return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")


def _orientation(image: Image.Image) -> object:
    try:
        return image.getexif().get(Base.Orientation)
    except Exception:  # damaged EXIF says nothing about the pixels
        return None


def _check_size(size: tuple[int, int], side: int) -> None:
    if max(size) > side:
        raise PictureRefused(TOO_LARGE)


def _first_visible(image: Image.Image, data: bytes, side: int) -> Image.Image:
    """The first frame that is not wholly transparent, as RGBA in sRGB."""
    for number in range(MAX_FRAMES):
        try:
            image.seek(number)
        except EOFError:
            break
        _check_size(image.size, side)  # before a pixel is decoded
        image.load()
        rgba = to_srgb(image, data)
        if rgba.getchannel("A").getextrema() != (0, 0):
            return rgba
    raise PictureRefused(UNREADABLE)


def _only_pixels(rgba: Image.Image) -> Image.Image:
    """A new image with the same pixels, as RGBA if any of them is transparent, else as RGB."""
    is_opaque = rgba.getchannel("A").getextrema() == (255, 255)
    new = Image.new("RGB" if is_opaque else "RGBA", rgba.size)
    new.paste(rgba.convert(new.mode))
    return new


def _encoded(image: Image.Image) -> Picture:
    """The picture as PNG, or as JPEG if nothing is transparent and that is smaller, as with photographs."""
    kind, extension, data = "png", "png", _saved(image, "PNG")
    if image.mode == "RGB":
        jpeg = _saved(image, "JPEG", quality=JPEG_QUALITY)
        if len(jpeg) < len(data):
            kind, extension, data = "jpeg", "jpg", jpeg
    return Picture(data, f"image/{kind}", f"{hashlib.sha256(data).hexdigest()[:40]}.{extension}")


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
