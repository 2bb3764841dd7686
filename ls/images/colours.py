"""Colours as sRGB, which browsers take for granted once a picture no longer says what its numbers mean."""

from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageCms
from PIL.ImageCms import ImageCmsProfile

from ls.images.icc import SRGB_CURVE, rgb_profile

SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)  # x and y of white, red, green and blue
# What PNG's chunk cICP names, by the numbers of ITU-T H.273. A high dynamic range is left as it is.
PRIMARIES = {
    1: SRGB,
    9: (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),  # BT.2020
    12: (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # Display P3
}
CURVES = {1: (2.4,), 4: (2.2,), 5: (2.8,), 6: (2.4,), 8: (1.0,), 13: SRGB_CURVE}
NEARLY_SRGB = range(45_450, 45_461)  # PNG's gamma of most writers, with which they mean sRGB
MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}

# Pillow clips 16-bit grey at 255, which turns most of it white; this table keeps the upper byte instead.
_UPPER_BYTES = [value >> 8 for value in range(65_536)]


def to_srgb(image: Image.Image, data: bytes) -> Image.Image:
    """The picture of the file `data` as RGBA in sRGB. A profile that cannot be used is ignored, as in browsers."""
    eight_bit = _eight_bit(image, data)
    rgba = eight_bit.convert("RGBA")
    if rgba.getchannel("A").getextrema() == (0, 0):
        return rgba
    try:
        found = _profile(image, data)
        converted = _converted(eight_bit, rgba, ImageCmsProfile(BytesIO(found))) if found else None
    except (ImageCms.PyCMSError, OSError, ArithmeticError):
        return rgba
    if converted is None:
        return rgba
    converted.putalpha(rgba.getchannel("A"))
    return converted


def _eight_bit(image: Image.Image, data: bytes) -> Image.Image:
    """The picture with one byte a channel, and its transparent colour, which PNG gives in as many bits as pixels."""
    if data[24:25] != b"\x10" or image.format != "PNG":
        return image
    transparent = image.info.get("transparency")
    if image.mode.startswith("I"):
        grey = image.convert("I").point(_UPPER_BYTES, "L")
        if isinstance(transparent, int):
            grey.putalpha(image.convert("I").point([255 * (value != transparent) for value in range(65_536)], "L"))
        return grey
    if isinstance(transparent, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in transparent)
    return image


def _converted(image: Image.Image, rgba: Image.Image, profile: ImageCmsProfile) -> Image.Image | None:
    """The colours as RGB, None if the profile is one of other colours than the picture's."""
    mode = MODES.get(profile.profile.xcolor_space)
    is_fitting = {"CMYK": image.mode == "CMYK", "L": image.mode in {"1", "L", "LA"}, "RGB": image.mode != "CMYK"}
    if mode is None or not is_fitting[mode]:
        return None
    transform = ImageCms.buildTransform(profile, ImageCmsProfile(BytesIO(rgb_profile(SRGB, SRGB_CURVE))), mode, "RGB")
    return transform.apply(image if mode == "CMYK" else rgba.convert(mode))


def _profile(image: Image.Image, data: bytes) -> bytes | None:
    """The profile of the picture. PNG has four ways to give one, in this order."""
    embedded: bytes | None = image.info.get("icc_profile")
    if image.format != "PNG":
        return embedded
    cicp = next((content for kind, content in _chunks(data) if kind == b"cICP"), b"")
    if cicp[2:] == b"\0\x01" and cicp[0] in PRIMARIES and cicp[1] in CURVES:
        return rgb_profile(PRIMARIES[cicp[0]], CURVES[cicp[1]])
    if embedded or "srgb" in image.info or not image.info.get("gamma"):
        return embedded
    if "chromaticity" not in image.info and round(image.info["gamma"] * 100_000) in NEARLY_SRGB:
        return None
    return rgb_profile(image.info.get("chromaticity", SRGB), (1 / image.info["gamma"],))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG before its pixels."""
    at = 8
    while at + 8 <= len(data) and data[at + 4 : at + 8] != b"IDAT":
        size = int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += 12 + size
