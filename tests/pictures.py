"""Pictures of every kind, good and hostile, made here so that none has to be kept."""

import struct
import zlib
from io import BytesIO

from PIL import Image

RED, BLUE = (220, 30, 30), (30, 30, 220)


def drawing(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    """Blue, with a red upper left quarter: so that turning it shows."""
    image = Image.new("RGB", size, BLUE)
    image.paste(RED, (0, 0, size[0] // 2, size[1] // 2))
    return image.convert(mode)


def photograph(size: tuple[int, int] = (256, 256)) -> Image.Image:
    """Grain over a slope, which PNG packs badly."""
    grain = Image.effect_noise(size, 40)
    return Image.merge("RGB", (grain, Image.radial_gradient("L").resize(size), grain.rotate(90)))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int) -> bytes:
    """Orientation and a place, as a telephone writes them."""
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010F] = "Secret Camera"
    block.get_ifd(0x8825)[1] = "N"
    return block.tobytes()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def png_with(*chunks: bytes) -> bytes:
    """A good PNG with these chunks right after its header."""
    good = saved(drawing(), "PNG")
    return good[:33] + b"".join(chunks) + good[33:]


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header promises more pixels than its few bytes hold."""
    header = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def gif_claiming(width: int, height: int) -> bytes:
    good = saved(drawing(), "GIF")
    return good[:6] + struct.pack("<HH", width, height) + good[10:]


def jpeg_claiming(width: int, height: int) -> bytes:
    good = saved(drawing(), "JPEG")
    at = good.index(b"\xff\xc0") + 5
    return good[:at] + struct.pack(">HH", height, width) + good[at + 4 :]


def webp_claiming(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    still = saved(drawing(), "WEBP", lossless=True)[12:]
    body = b"WEBP" + b"VP8X" + struct.pack("<L", 10) + bytes(4) + canvas + still
    return b"RIFF" + struct.pack("<L", len(body)) + body


def jpeg_with(*segments: tuple[int, bytes]) -> bytes:
    """A good JPEG with these segments (marker, content) first."""
    good = saved(drawing(), "JPEG")
    parts = [struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content for marker, content in segments]
    return good[:2] + b"".join(parts) + good[2:]


def exif_bomb(entries: int = 2_600) -> bytes:
    """Each entry asks the reader for its own copy of half the block."""
    table = b"".join(struct.pack("<HHLL", 1_000 + i, 1, 31_000, 33_000) for i in range(entries))
    block = b"II*\0" + struct.pack("<LH", 8, entries) + table + bytes(4)
    return b"Exif\0\0" + block.ljust(65_000, b"x")


def jpeg_of_scans(count: int) -> bytes:
    """A progressive JPEG that goes over the whole picture again and again."""
    good = saved(drawing((512, 512), "L"), "JPEG", progressive=True)
    last = good.rindex(b"\xff\xda")
    return good[:-2] + (good[last : last + 10] + bytes(8)) * count + b"\xff\xd9"


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (20, 20), RED), Image.new("RGB", (20, 20), BLUE)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, loop=0)
