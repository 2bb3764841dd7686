"""Pictures whose numbers mean other colours than those of sRGB, made here so that none has to be kept."""

import itertools
import struct
import zlib
from collections.abc import Sequence

from PIL import Image

from ls.images.icc import D50, SRGB_CURVE, rgb_profile
from tests.pictures import chunk, saved

P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
ADOBE = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
PROPHOTO = (0.3457, 0.3585, 0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001)
COLOUR = (200, 60, 60)


def icc(kind: bytes, space: bytes, connection: bytes, tags: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A profile of these tags."""
    white = struct.pack(">3i", *(round(value * 65536) for value in D50))
    text = b"desc\0\0\0\0" + struct.pack(">I", 2) + b"x\0" + bytes(78)
    every = [(b"desc", text), (b"cprt", b"text\0\0\0\0none\0"), (b"wtpt", b"XYZ \0\0\0\0" + white), *tags]
    table, content, start = struct.pack(">I", len(every)), b"", 132 + 12 * len(every)
    for name, tag in every:
        table += name + struct.pack(">II", start + len(content), len(tag))
        content += tag + bytes(-len(tag) % 4)
    size = 128 + len(table) + len(content)
    head = struct.pack(">I4xI4s4s4s12x4s28x", size, 0x02100000, kind, space, connection, b"acsp")
    return head + white + bytes(48) + table + content


def grey(gamma: float) -> bytes:
    return icc(b"mntr", b"GRAY", b"XYZ ", [(b"kTRC", b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256)))])


def table(space: bytes) -> bytes:
    """A profile that says what each corner of a colour space is, in Lab; between them one takes the mean."""
    channels = len(space.strip())
    line = bytes(range(256))
    corners = b""
    for corner in itertools.product((0, 1), repeat=channels):
        ink = sum(corner) / channels
        corners += bytes([round(255 * (1 - ink if channels == 4 else ink)), 128 + 40 * corner[1], 128 + 30 * corner[2]])
    unit = struct.pack(">9i", *(65536 * (at % 4 == 0) for at in range(9)))
    lut = b"mft1" + bytes(4) + bytes([channels, 3, 2, 0]) + unit + line * channels + corners + line * 3
    return icc(b"prtr", space, b"Lab ", [(b"A2B0", lut)])


def png(*chunks: bytes, mode: str = "RGB", colour: object = COLOUR) -> bytes:
    good = saved(Image.new(mode, (16, 16), colour), "PNG")  # type: ignore[arg-type]  # one colour of any mode
    return good[:33] + b"".join(chunks) + good[33:]


def iccp(content: bytes) -> bytes:
    return chunk(b"iCCP", b"k\0\0" + zlib.compress(content))


def gama(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def chrm(values: Sequence[float]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values)))


def cicp(primaries: int, transfer: int, full: int = 1) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, 0, full]))


def jpeg(mode: str, colour: object, profile: bytes) -> bytes:
    image = Image.new(mode, (16, 16), colour)  # type: ignore[arg-type]  # as above
    return saved(image, "JPEG", quality=98, icc_profile=profile)


def sixteen_bit(kind: int, pixel: bytes, *chunks: bytes) -> bytes:
    """A PNG of 16 x 16 pixels with two bytes a channel."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 16, kind, 0, 0, 0))
    rows = zlib.compress((b"\0" + pixel * 16) * 16)
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def palette(*chunks: bytes) -> bytes:
    good = saved(Image.new("RGB", (16, 16), COLOUR).quantize(2), "PNG")
    return good[:33] + b"".join(chunks) + good[33:]


DISPLAY_P3, ADOBE_RGB = rgb_profile(P3, SRGB_CURVE), rgb_profile(ADOBE, (2.2,))
SRGB_CHUNK = chunk(b"sRGB", b"\0")
INKS = (20, 180, 120, 0)

PICTURES: dict[str, bytes] = {
    "JPEG in Display P3": jpeg("RGB", COLOUR, DISPLAY_P3),
    "JPEG in Adobe RGB": jpeg("RGB", COLOUR, ADOBE_RGB),
    "WebP in Adobe RGB": saved(Image.new("RGB", (16, 16), COLOUR), "WEBP", lossless=True, icc_profile=ADOBE_RGB),
    "PNG in ProPhoto": png(iccp(rgb_profile(PROPHOTO, (1.8,)))),
    "transparent in Display P3": png(iccp(DISPLAY_P3), mode="RGBA", colour=(*COLOUR, 128)),
    "palette in Display P3": palette(iccp(DISPLAY_P3)),
    "RGB by a table": png(iccp(table(b"RGB "))),
    "CMYK without a profile": jpeg("CMYK", INKS, b""),
    "CMYK by a table": jpeg("CMYK", INKS, table(b"CMYK")),
    "grey": png(iccp(grey(1.0)), mode="L", colour=100),
    "grey JPEG": jpeg("L", 100, grey(1.0)),
    "grey and transparent": png(iccp(grey(1.0)), mode="LA", colour=(100, 128)),
    "grey with colours' profile": jpeg("L", 100, ADOBE_RGB),
    "colours with grey's profile": png(iccp(grey(1.0))),
    "colours with CMYK's profile": png(iccp(table(b"CMYK"))),
    "broken profile": png(iccp(b"no profile" * 50)),
    "half a profile": jpeg("RGB", COLOUR, DISPLAY_P3[:200]),
    "gamma of most writers": png(gama(1 / 2.2), colour=(90, 30, 10)),
    "the same with chromaticities": png(gama(1 / 2.2), chrm(P3), colour=(90, 30, 10)),
    "gamma 1": png(gama(1.0)),
    "gamma 1 in grey": png(gama(1.0), mode="L", colour=100),
    "gamma 0": png(gama(0.0)),
    "chromaticities alone": png(chrm(P3)),
    "gamma and chromaticities": png(gama(1 / 1.8), chrm(ADOBE)),
    "impossible chromaticities": png(gama(1.0), chrm((0,) * 8)),
    "sRGB over gamma": png(SRGB_CHUNK, gama(1.0), chrm(ADOBE)),
    "profile over sRGB": png(SRGB_CHUNK, iccp(DISPLAY_P3)),
    "code points over profile": png(cicp(12, 13), iccp(ADOBE_RGB)),
    "code points, BT.2020": png(cicp(9, 8)),
    "code points, BT.709": png(cicp(1, 1)),
    "code points, BT.601": png(cicp(1, 6)),
    "code points of a range that PNG has not": png(cicp(12, 13, full=0)),
    "16-bit colours": sixteen_bit(2, b"\xc8\x12\x3c\x34\x3c\x56", iccp(DISPLAY_P3)),
    "16-bit grey": sixteen_bit(0, b"\x64\x00", gama(1.0)),
}
