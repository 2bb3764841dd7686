"""What of an uploaded file draws the picture; metadata, profiles and tails never reach a decoder.

Decoders parse EXIF, ICC and text chunks eagerly: bombs and warnings live there, pixels do not.
"""

import re
import struct

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_DRAWING = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}

_SOS = 0xDA
# Decoders skip stray bytes and 0xFF00 between segments, and a marker may have any number of 0xFF before it.
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_BARE = {0x01, *range(0xD0, 0xDA)}  # JPEG markers without a length
_JPEG_METADATA = {*range(0xE1, 0xEE), 0xEF, 0xFE}  # APP0 and APP14 say how to read the colours, so they stay
_MOST_SCANS = 200  # a progressive JPEG has about ten; each costs a pass over the whole picture

_ORIENTATION = 0x0112


class Malformed(ValueError):
    """The file is not built as its first bytes promise."""


def essential(data: bytes) -> tuple[bytes, bytes]:
    """The bytes that draw the picture, and the EXIF block for its orientation; raises Malformed."""
    try:
        if data.startswith(_PNG):
            return _essential_png(data)
        if data.startswith(b"\xff\xd8"):
            return _essential_jpeg(data)
    except (IndexError, ValueError, struct.error) as error:
        raise Malformed("truncated or damaged") from error
    return data, b""


def webp_canvas(data: bytes) -> tuple[int, int] | None:
    """Width and height in an extended WebP's header, read here because its decoder allocates as it opens."""
    if data[:4] + data[8:16] != b"RIFFWEBPVP8X" or len(data) < 30:
        return None
    return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")


def orientation(exif: bytes) -> int:
    """EXIF's orientation, 1 (upright) to 8; 1 when it says nothing or cannot be read."""
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


def _essential_png(data: bytes) -> tuple[bytes, bytes]:
    kept, exif, position, kind = [_PNG], b"", len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">L4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise Malformed("a chunk ends after the file")
        if kind in _PNG_DRAWING:
            kept.append(data[position:end])
        elif kind == b"eXIf":
            exif = data[position + 8 : end - 4]
        position = end
    return b"".join(kept), exif


def _essential_jpeg(data: bytes) -> tuple[bytes, bytes]:
    if data.count(b"\xff\xda") > _MOST_SCANS:
        raise Malformed("too many scans")
    kept, exif, position = [b"\xff\xd8"], b"", 2
    while True:
        position = _next_marker(data, position)
        marker = data[position + 1]
        if marker == _SOS:
            return b"".join([*kept, data[position:]]), exif
        end = position + 2 + (0 if marker in _BARE else int.from_bytes(data[position + 2 : position + 4]))
        segment = data[position:end]
        if marker not in _JPEG_METADATA:
            kept.append(segment)
        elif marker == 0xE1 and segment[4:10] == b"Exif\0\0" and not exif:
            exif = segment[4:]
        position = end


def _next_marker(data: bytes, position: int) -> int:
    found = _MARKER.search(data, position)
    if found is None:
        raise Malformed("no scan")
    return found.start()
