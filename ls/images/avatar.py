"""Uploaded bytes in, a safe and freshly encoded picture out."""

import hashlib
import threading
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from ls.images import metadata as picture_parts

# Pillow is imported inside functions: only an upload needs it, and it would be a third of the start-up time.
if TYPE_CHECKING:
    from PIL import Image as Images

MAX_SIDE = 512  # pixels
MAX_BYTES = 1_048_576
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
JPEG_QUALITY = 90

# One at a time in each process: what one picture may take is bounded, so memory is too; and warnings'
# filters belong to the whole process, so two threads must not exchange them at once.
_turn = threading.Lock()


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "collect this, translate it later"
    return message


TOO_LARGE = N_("Please use an image that is 512 x 512 pixels or smaller.")
UNREADABLE = N_("Can't read image, try another one")


class PictureRefused(ValueError):
    """Why a picture is not taken, as an English message id; `too_large_bytes` if its bytes were too many."""

    def __init__(self, message: str, *, too_large_bytes: bool = False) -> None:
        self.message = message
        self.too_large_bytes = too_large_bytes
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Picture:
    """A clean still; `name` is made from its content, so the same picture always has the same one."""

    data: bytes
    media_type: str
    name: str
    width: int
    height: int


def read_picture(data: bytes) -> Picture:
    """A clean still of a PNG, JPEG, GIF or WebP of 512 x 512 pixels and 1 MiB at most, or PictureRefused."""
    if len(data) > MAX_BYTES:
        raise PictureRefused(TOO_LARGE, too_large_bytes=True)
    with _turn, warnings.catch_warnings(action="ignore"):
        try:
            return _encoded(_still(data))
        except PictureRefused:
            raise
        except Exception as error:  # decoders raise whatever a damaged file makes them stumble over
            raise PictureRefused(UNREADABLE) from error


def _still(data: bytes) -> "Images.Image":
    from PIL import Image

    _check_size(picture_parts.webp_canvas(data) or (1, 1))
    drawing, exif = picture_parts.essential(data)
    with Image.open(BytesIO(drawing), formats=FORMATS) as opened:
        _check_size(opened.size)  # before the first pixel is decoded
        opened.load()
        turned = picture_parts.orientation(exif or opened.info.get("exif", b""))
        return _upright(_plain(opened), turned)


def _check_size(size: tuple[int, int]) -> None:
    if max(size) > MAX_SIDE:
        raise PictureRefused(TOO_LARGE)


def _plain(image: "Images.Image") -> "Images.Image":
    """A new image with the same pixels as RGB, or as RGBA if any of them lets something through."""
    from PIL import Image

    eight_bit = image.convert("I").point(_HIGH_BYTES, "L") if image.mode.startswith("I") else image
    seen = eight_bit.convert("RGBA")
    opaque = seen.getchannel("A").getextrema() == (255, 255)
    fresh = Image.new("RGB" if opaque else "RGBA", image.size)
    fresh.paste(seen.convert(fresh.mode))
    return fresh


# Pillow cuts 16-bit grey off at 255, which turns most of it white.
_HIGH_BYTES = [value >> 8 for value in range(65_536)]


def _upright(image: "Images.Image", orientation: int) -> "Images.Image":
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _encoded(image: "Images.Image") -> Picture:
    """The picture as PNG, or as JPEG when nothing shines through and that is smaller (photographs)."""
    best = "png", _written(image, "PNG")
    if image.mode == "RGB":
        best = min(best, ("jpeg", _written(image, "JPEG", quality=JPEG_QUALITY)), key=lambda one: len(one[1]))
    kind, data = best
    extension = "jpg" if kind == "jpeg" else kind
    name = f"{hashlib.sha256(data).hexdigest()[:40]}.{extension}"
    return Picture(data, f"image/{kind}", name, image.width, image.height)


def _written(image: "Images.Image", kind: str, **options: int) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
