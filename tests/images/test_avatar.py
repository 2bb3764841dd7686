"""A picture becomes a clean still or is refused with a message, whatever its bytes are."""

import re
import resource
import subprocess
import sys
import warnings
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import Base

from ls.images.avatar import (
    MAX_BYTES,
    TOO_LARGE,
    UNREADABLE,
    Picture,
    PictureRefused,
    read_larger_picture,
    read_picture,
)
from tests import pictures

KINDS = ["PNG", "JPEG", "GIF", "WEBP"]
SCRIPT = b"<script>alert(1)</script>"


def opened(picture: Picture) -> Image.Image:
    image = Image.open(BytesIO(picture.data))
    image.load()
    return image


def refusal(data: bytes) -> PictureRefused:
    with pytest.raises(PictureRefused) as caught:
        read_picture(data)
    return caught.value


def is_near(seen: object, meant: tuple[int, ...], by: int = 12) -> bool:
    assert isinstance(seen, tuple)
    return all(abs(a - b) <= by for a, b in zip(seen, meant, strict=True))


def test_the_words_are_the_contracts() -> None:
    assert TOO_LARGE == "Please use an image that is 512 x 512 pixels or smaller."
    assert UNREADABLE == "Can't read image, try another one"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_read_and_encoded_anew(kind: str) -> None:
    data = pictures.saved(pictures.drawing(), kind)
    picture = read_picture(data)
    assert picture.media_type in {"image/png", "image/jpeg"}
    image = opened(picture)
    assert image.size == (64, 48)
    assert is_near(image.convert("RGB").getpixel((8, 8)), pictures.RED)
    assert is_near(image.convert("RGB").getpixel((60, 44)), pictures.BLUE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (512, 512), (1, 512), (512, 1)])
def test_up_to_512_pixels_are_taken(kind: str, size: tuple[int, int]) -> None:
    picture = read_picture(pictures.saved(pictures.drawing(size), kind))
    assert opened(picture).size == size


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(513, 513), (513, 1), (1, 513), (2000, 2000)])
def test_513_pixels_are_too_many(kind: str, size: tuple[int, int]) -> None:
    error = refusal(pictures.saved(Image.new("RGB", size), kind))
    assert error.message == str(error) == TOO_LARGE


@pytest.mark.parametrize("kind", KINDS)
def test_a_larger_picture_of_another_server_is_scaled_down_and_stays_upright(kind: str) -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = 6  # a quarter turn to the right
    data = pictures.saved(pictures.drawing((1200, 900)), kind, exif=exif) if kind != "GIF" else None
    image = opened(read_larger_picture(data or pictures.saved(pictures.drawing((1200, 900)), kind)))
    assert image.size == ((384, 512) if data else (512, 384))
    assert refusal(data or b"").message in {TOO_LARGE, UNREADABLE}


@pytest.mark.parametrize("size", [(2049, 1), (1, 2049)])
def test_a_picture_of_another_server_has_a_limit_too(size: tuple[int, int]) -> None:
    with pytest.raises(PictureRefused) as caught:
        read_larger_picture(pictures.saved(Image.new("RGB", size), "PNG"))
    assert caught.value.message == TOO_LARGE


def test_one_mebibyte_is_taken_and_one_byte_more_is_not() -> None:
    padded = pictures.saved(pictures.drawing(), "PNG").ljust(MAX_BYTES, b"\0")
    assert opened(read_picture(padded)).width == 64
    error = refusal(padded + b"\0")
    assert error.message == TOO_LARGE


@pytest.mark.parametrize(
    "bomb",
    [
        pictures.png_claiming(12_000, 12_000),
        pictures.png_claiming(50_000, 50_000),
        pictures.png_claiming(2**31 - 1, 2**31 - 1),
        pictures.gif_claiming(65_535, 65_535),
        pictures.jpeg_claiming(65_500, 65_500),
        pictures.webp_claiming(2**24, 255),
        pictures.webp_claiming(16_383, 16_383),
    ],
)
def test_a_bomb_is_refused_by_its_header(bomb: bytes) -> None:
    assert refusal(bomb).message in {TOO_LARGE, UNREADABLE}


def test_the_144_megapixels_that_pillow_only_warns_of_are_too_large() -> None:
    assert refusal(pictures.png_claiming(12_000, 12_000)).message == TOO_LARGE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.02, 0.25, 0.5, 0.9])
def test_a_truncated_picture_is_unreadable(kind: str, part: float) -> None:
    data = pictures.saved(pictures.photograph(), kind)
    assert refusal(data[: int(len(data) * part)]).message == UNREADABLE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>",
        b"<!doctype html>" + SCRIPT,
        b"%PDF-1.7\n1 0 obj\n",
        b"GIF89a/*" + SCRIPT,
        b"\x89PNG\r\n\x1a\n" + SCRIPT,
        b"\xff\xd8\xff" + SCRIPT,
        b"\xff\xd8" + b"\xff" * 100_000,
        b"RIFF\xff\xff\xff\xffWEBPVP8 " + SCRIPT,
        b"RIFF\x00\x00\x00\x00WEBPVP8X",
        b"\x89PNG\r\n\x1a\n",
        pictures.png_claiming(0, 0),
        pictures.saved(pictures.drawing(), "TIFF"),
        pictures.saved(pictures.drawing(), "BMP"),
        pictures.saved(pictures.drawing(), "ICO"),
        pictures.saved(pictures.drawing(), "PPM"),
        pictures.saved(pictures.drawing(), "PDF"),
        pictures.saved(pictures.drawing(), "TGA"),
    ],
)
def test_what_is_no_picture_of_ours_is_unreadable(data: bytes) -> None:
    assert refusal(data).message == UNREADABLE


def zip_tail() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.html", SCRIPT)
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", [SCRIPT, zip_tail(), b"\xff\xd9\xff\xd8" * 50])
def test_tails_are_gone(kind: str, tail: bytes) -> None:
    picture = read_picture(pictures.saved(pictures.drawing(), kind) + tail)
    assert tail not in picture.data
    assert not zipfile.is_zipfile(BytesIO(picture.data))


@pytest.mark.parametrize(
    "polyglot",
    [
        pictures.saved(pictures.drawing(), "GIF", comment=SCRIPT),
        pictures.saved(pictures.drawing(), "JPEG", comment=SCRIPT),
        pictures.saved(pictures.drawing(), "WEBP", xmp=SCRIPT, icc_profile=SCRIPT),
        pictures.png_with(pictures.chunk(b"tEXt", b"Comment\0" + SCRIPT)),
        pictures.jpeg_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SCRIPT), (0xED, SCRIPT), (0xE5, SCRIPT)),
    ],
)
def test_scripts_inside_a_real_picture_are_gone(polyglot: bytes) -> None:
    assert SCRIPT in polyglot
    assert SCRIPT not in read_picture(polyglot).data


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_metadata_is_gone(kind: str) -> None:
    data = pictures.saved(pictures.drawing(), kind, exif=pictures.exif(1), icc_profile=b"a profile" * 20)
    assert b"Secret Camera" in data
    picture = read_picture(data)
    image = opened(picture)
    assert b"Secret Camera" not in picture.data
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "red_corner", "sideways"),
    [
        (1, "upper left", False),
        (2, "upper right", False),
        (3, "lower right", False),
        (4, "lower left", False),
        (5, "upper left", True),
        (6, "upper right", True),
        (7, "lower right", True),
        (8, "lower left", True),
        (0, "upper left", False),
        (9, "upper left", False),
    ],
)
def test_it_stands_upright(kind: str, orientation: int, red_corner: str, sideways: bool) -> None:
    data = pictures.saved(pictures.drawing(), kind, exif=pictures.exif(orientation))
    picture = read_picture(data)
    width, height = (48, 64) if sideways else (64, 48)
    image = opened(picture).convert("RGB")
    assert image.size == (width, height)
    for corner, spot in {
        "upper left": (8, 8),
        "upper right": (width - 9, 8),
        "lower left": (8, height - 9),
        "lower right": (width - 9, height - 9),
    }.items():
        assert is_near(image.getpixel(spot), pictures.RED if corner == red_corner else pictures.BLUE)


@pytest.mark.parametrize("block", [b"", b"II", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"garbage"])
def test_damaged_exif_does_not_matter(block: bytes) -> None:
    assert opened(read_picture(pictures.jpeg_with((0xE1, b"Exif\0\0" + block)))).width == 64
    assert opened(read_picture(pictures.png_with(pictures.chunk(b"eXIf", block)))).width == 64


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_becomes_its_first_frame(kind: str) -> None:
    picture = read_picture(pictures.animated(kind))
    image = opened(picture)
    assert getattr(image, "n_frames", 1) == 1
    assert is_near(image.convert("RGB").getpixel((10, 10)), pictures.RED)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_is_kept_as_png(kind: str) -> None:
    image = Image.new("RGBA", (30, 30), (*pictures.RED, 128))
    picture = read_picture(pictures.saved(image, kind))
    assert picture.media_type == "image/png"
    assert opened(picture).mode == "RGBA"
    assert is_near(opened(picture).getpixel((5, 5)), (*pictures.RED, 128))


def test_a_transparent_gif_stays_transparent() -> None:
    image = Image.new("P", (10, 10), 0)
    image.putpalette([*pictures.RED, *pictures.BLUE])
    image.putpixel((0, 0), 1)
    picture = read_picture(pictures.saved(image, "GIF", transparency=0))
    assert opened(picture).getpixel((5, 5))[3] == 0  # type: ignore[index]  # a band tuple, in RGBA


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("CMYK", "JPEG"),
        ("L", "JPEG"),
        ("L", "PNG"),
        ("1", "PNG"),
        ("P", "PNG"),
        ("LA", "PNG"),
        ("RGBA", "PNG"),
        ("I;16", "PNG"),
        ("P", "GIF"),
        ("RGBA", "WEBP"),
    ],
)
def test_every_way_to_write_colours_is_taken(mode: str, kind: str) -> None:
    base = pictures.drawing(mode="L" if mode == "I;16" else "RGB")
    picture = read_picture(pictures.saved(base.convert(mode), kind))
    assert opened(picture).mode == "RGB"
    if mode not in {"1", "L", "LA", "I;16"}:
        assert is_near(opened(picture).getpixel((8, 8)), pictures.RED, by=40)  # a fixed palette is coarse


def test_sixteen_bit_grey_is_not_burnt_out() -> None:
    image = Image.new("I;16", (4, 4), 0x8000)
    assert is_near(opened(read_picture(pictures.saved(image, "PNG"))).getpixel((1, 1)), (128, 128, 128), by=2)


def test_a_palette_with_many_transparencies_is_taken_without_a_warning() -> None:
    image = pictures.drawing().quantize(4)
    data = pictures.saved(image, "PNG", transparency=bytes([0, 50, 100, 255]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_picture(data).media_type == "image/png"


def test_a_photograph_becomes_jpeg_and_a_drawing_png() -> None:
    photograph = read_picture(pictures.saved(pictures.photograph(), "PNG"))
    sketch = read_picture(pictures.saved(pictures.drawing((256, 256)), "JPEG", quality=100))
    assert (photograph.media_type, photograph.name[-4:]) == ("image/jpeg", ".jpg")
    assert photograph.data[:3] == b"\xff\xd8\xff"
    drawn = read_picture(pictures.saved(pictures.drawing((256, 256)), "PNG"))
    assert (drawn.media_type, drawn.name[-4:]) == ("image/png", ".png")
    assert drawn.data[:8] == b"\x89PNG\r\n\x1a\n"
    assert opened(sketch).width == 256


def test_it_is_named_by_its_content() -> None:
    first, again = (read_picture(pictures.saved(pictures.drawing(), kind)) for kind in ("PNG", "GIF"))
    other = read_picture(pictures.saved(pictures.drawing((20, 20)), "PNG"))
    assert re.fullmatch(r"[0-9a-f]{40}\.png", first.name)
    assert first == again
    assert other.name != first.name


@pytest.mark.parametrize(
    "data",
    [
        pictures.png_with(*[pictures.chunk(b"tEXt", b"k\0v")] * 40_000),
        pictures.png_with(pictures.chunk(b"eXIf", pictures.exif_bomb()[6:])),
        pictures.jpeg_with(*[(0xE1, pictures.exif_bomb())] * 12),
        pictures.jpeg_with(*[(0xFE, b"")] * 200_000),
        pictures.jpeg_with(*[(0xE2, b"MPF\0" + b"x" * 100)] * 5_000),
    ],
)
def test_swollen_metadata_is_left_out_at_once(data: bytes) -> None:
    assert opened(read_picture(data)).width == 64


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    assert refusal(pictures.jpeg_of_scans(50_000)).message == UNREADABLE


@pytest.mark.parametrize(
    "data",
    [
        pictures.png_with(pictures.chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(50_000_000), 9))),
        pictures.png_with(*[pictures.chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(1_000_000), 9))] * 200),
    ],
)
def test_packed_metadata_that_swells_is_refused(data: bytes) -> None:
    assert refusal(data).message == UNREADABLE


def test_fill_between_segments_hides_nothing() -> None:
    good = pictures.jpeg_with((0xE1, pictures.exif_bomb()))
    assert opened(read_picture(good[:2] + b"\xff\xff\xff" + good[2:])).width == 64


def test_ordinary_progressive_jpeg_is_read() -> None:
    data = pictures.saved(pictures.photograph(), "JPEG", progressive=True)
    assert opened(read_picture(data)).width == 256


@given(st.sampled_from(KINDS), st.data())
def test_damage_anywhere_is_a_picture_or_a_plain_no(kind: str, draw: st.DataObject) -> None:
    data = bytearray(pictures.saved(pictures.drawing(), kind))
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        picture = read_picture(bytes(data))
    except PictureRefused:
        return
    assert max(opened(picture).size) <= 512


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF"]))
def test_noise_is_unreadable(noise: bytes, start: bytes) -> None:
    with pytest.raises(PictureRefused):
        read_picture(start + noise)


def test_the_whole_corpus_fits_in_little_memory(tmp_path: Path) -> None:
    hostile = [
        pictures.png_claiming(50_000, 50_000),
        pictures.webp_claiming(16_383, 16_383),
        pictures.gif_claiming(65_535, 65_535),
        pictures.jpeg_claiming(65_500, 65_500),
        pictures.png_with(pictures.chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(50_000_000), 9))),
        pictures.png_with(
            *[pictures.chunk(b"zTXt", b"k%d\0\0" % i + zlib.compress(bytes(1_000_000), 9)) for i in range(200)]
        ),
        pictures.jpeg_with(*[(0xE1, pictures.exif_bomb())] * 12),
        pictures.saved(pictures.photograph((512, 512)), "WEBP", lossless=True),
    ]
    for number, data in enumerate(hostile):
        (tmp_path / f"{number:02}").write_bytes(data)
    code = """
import re, sys
from pathlib import Path
from ls.images.avatar import PictureRefused, read_larger_picture, read_picture
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        read_picture(path.read_bytes())
    except PictureRefused:
        pass
# ru_maxrss would count what the process that started this one had
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1))
"""
    limit = 1 << 30  # address space: what a decoder merely asks for counts too
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        check=True,
    )
    assert int(done.stdout) < 120_000  # KiB
