"""Removes metadata, profiles and trailing data from an uploaded picture before it is decoded.

Decoders parse EXIF, ICC and text chunks although they hold no pixels, and decompression bombs can hide there.
"""

import re
import struct

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}

_SOS = 0xDA
# Between segments decoders skip stray bytes and 0xFF00; any number of 0xFF may precede a marker.
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xDA)}
_JPEG_METADATA = {*range(0xE1, 0xEE), 0xEF, 0xFE}  # not APP0 and APP14, which define the colours
_MAX_SCANS = 200  # a progressive JPEG has about ten; each is a pass over the whole picture

_ORIENTATION = 0x0112


class Malformed(ValueError):
    """The file is not what its first bytes say."""


def without_metadata(data: bytes) -> tuple[bytes, bytes]:
    """The file without its metadata, and the EXIF block, which has the orientation. Raises Malformed."""
    try:
        if data.startswith(_PNG):
            return _png_without_metadata(data)
        if data.startswith(b"\xff\xd8"):
            return _jpeg_without_metadata(data)
    except (IndexError, ValueError, struct.error) as error:
        raise Malformed("truncated or damaged") from error
    return data, b""


def webp_canvas(data: bytes) -> tuple[int, int] | None:
    """Width and height of an extended WebP, read here because its decoder allocates memory when it opens the file."""
    if data[:4] + data[8:16] != b"RIFFWEBPVP8X" or len(data) < 30:
        return None
    return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")


def orientation(exif: bytes) -> int:
    """EXIF's orientation, 1 (upright) to 8; 1 if it is missing or unreadable."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "4xL", tiff)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        entries = (struct.unpack_from(order + "HHLH", tiff, start + 2 + 12 * i) for i in range(count))
        return next((value for tag, _, _, value in entries if tag == _ORIENTATION), 1)
    except struct.error:
        return 1


def _png_without_metadata(data: bytes) -> tuple[bytes, bytes]:
    parts, exif, position, kind = [_PNG], b"", len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">L4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise Malformed("a chunk ends after the file")
        if kind in _PNG_PIXELS:
            parts.append(data[position:end])
        elif kind == b"eXIf":
            exif = data[position + 8 : end - 4]
        position = end
    return b"".join(parts), exif


def _jpeg_without_metadata(data: bytes) -> tuple[bytes, bytes]:
    if data.count(b"\xff\xda") > _MAX_SCANS:
        raise Malformed("too many scans")
    parts, exif, position = [b"\xff\xd8"], b"", 2
    while True:
        position = _next_marker(data, position)
        marker = data[position + 1]
        if marker == _SOS:
            return b"".join([*parts, data[position:]]), exif
        end = position + 2 + (0 if marker in _WITHOUT_LENGTH else int.from_bytes(data[position + 2 : position + 4]))
        segment = data[position:end]
        if marker not in _JPEG_METADATA:
            parts.append(segment)
        elif marker == 0xE1 and segment[4:10] == b"Exif\0\0" and not exif:
            exif = segment[4:]
        position = end


def _next_marker(data: bytes, position: int) -> int:
    found = _MARKER.search(data, position)
    if found is None:
        raise Malformed("no scan")
    return found.start()
