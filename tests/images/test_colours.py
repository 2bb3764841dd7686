"""Colours are those that Chromium shows, and an animation is its first frame that shows something."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ls.images.avatar import MAX_FRAMES, UNREADABLE, PictureRefused, read_picture
from tests import profiles
from tests.pictures import RED, chunk, saved

# As Chromium 156 draws them; tests/browser/test_colours.py compares all with the one that is installed.
SHOWN = {
    "JPEG in Display P3": (217, 42, 51, 255),
    "WebP in Adobe RGB": (231, 57, 57, 255),
    "transparent in Display P3": (217, 42, 52, 128),
    "palette in Display P3": (217, 42, 52, 255),
    "grey": (168, 168, 168, 255),
    "grey with colours' profile": (100, 100, 100, 255),
    "colours with grey's profile": (200, 60, 60, 255),
    "colours with CMYK's profile": (200, 60, 60, 255),
    "broken profile": (200, 60, 60, 255),
    "gamma 1": (229, 133, 133, 255),
    "gamma of most writers": (90, 30, 10, 255),
    "impossible chromaticities": (200, 60, 60, 255),
    "gamma and chromaticities": (240, 77, 77, 255),
    "sRGB over gamma": (200, 60, 60, 255),
    "profile over sRGB": (217, 42, 52, 255),
    "code points over profile": (217, 42, 52, 255),
    "16-bit colours": (217, 42, 52, 255),
    "16-bit grey": (168, 168, 168, 255),
}


def pixel(data: bytes) -> tuple[int, ...]:
    found = Image.open(BytesIO(read_picture(data).data)).convert("RGBA").getpixel((8, 8))
    assert isinstance(found, tuple)
    return found


def differs(data: bytes, shown: tuple[int, ...]) -> int:
    return max(abs(one - other) for one, other in zip(pixel(data), shown, strict=True))


@pytest.mark.parametrize("kind", SHOWN)
def test_colours_are_those_that_a_browser_shows(kind: str) -> None:
    assert differs(profiles.PICTURES[kind], SHOWN[kind]) <= 3


def test_a_printers_profile_is_obeyed() -> None:
    inks, plain = profiles.PICTURES["CMYK by a table"], profiles.PICTURES["CMYK without a profile"]
    assert differs(plain, (235, 75, 135, 255)) <= 4
    assert differs(inks, pixel(plain)) > 20


@settings(deadline=None)  # the time a table takes depends on the machine
@given(st.sampled_from([b"RGB ", b"CMYK"]), st.data())
def test_a_damaged_profile_never_refuses_a_picture(space: bytes, draw: st.DataObject) -> None:
    profile = bytearray(profiles.table(space))
    for _ in range(draw.draw(st.integers(1, 8))):
        profile[draw.draw(st.integers(0, len(profile) - 1))] = draw.draw(st.integers(0, 255))
    pixel(profiles.jpeg(space.decode().strip(), profiles.INKS[: len(space.strip())], bytes(profile)))


@pytest.mark.parametrize(
    ("kind", "bytes_of_pixel"), [(0, b"\x80\x05"), (2, b"\x80\x00\x10\x00\x00\x05")], ids=["grey", "colours"]
)
def test_the_transparent_colour_of_sixteen_bits_is_transparent(kind: int, bytes_of_pixel: bytes) -> None:
    clear = chunk(b"tRNS", bytes_of_pixel)
    with pytest.raises(PictureRefused):
        read_picture(profiles.sixteen_bit(kind, bytes_of_pixel, clear))
    other = bytes(reversed(bytes_of_pixel))
    assert pixel(profiles.sixteen_bit(kind, other, clear))[3] == 255


def animation(kind: str, empty: int, last: tuple[int, ...]) -> bytes:
    """Frames of which nothing is seen, each a little different, and then one of this colour."""
    nothing = [Image.new("RGBA", (16, 16), (number, 0, 0, 0)) for number in range(empty)]
    frames = [*nothing, Image.new("RGBA", (16, 16), last)]
    if kind == "GIF":  # Pillow joins frames that look the same, unless their palettes differ
        return gif(empty, last)
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, lossless=True)


def gif(empty: int, last: tuple[int, ...]) -> bytes:
    frame = Image.new("P", (16, 16), 0)
    frame.putpalette([0, 0, 0, *last[:3]])
    one = saved(frame, "GIF", transparency=0)
    start = one.index(b"!\xf9")
    seen = frame.copy()
    seen.paste(1 if last[3] else 0, (0, 1, 16, 16))  # both colours are used, or the palette would shrink
    shown = saved(seen, "GIF", transparency=0)
    return one[:start] + one[start:-1] * empty + shown[shown.index(b"!\xf9") :]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("empty", [1, 3])
def test_an_animation_that_begins_empty_is_its_first_frame_that_is_not(kind: str, empty: int) -> None:
    assert differs(animation(kind, empty, (*RED, 255)), (*RED, 255)) <= 3


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_picture_of_nothing_is_refused(kind: str) -> None:
    for empty in (0, 2):
        with pytest.raises(PictureRefused) as refused:
            read_picture(animation(kind, empty, (0, 0, 0, 0)))
        assert refused.value.message == UNREADABLE


def test_only_so_many_empty_frames_are_looked_at() -> None:
    assert pixel(gif(MAX_FRAMES - 1, (*RED, 255)))[3] == 255
    with pytest.raises(PictureRefused):
        read_picture(gif(MAX_FRAMES, (*RED, 255)))


def test_a_later_frame_larger_than_the_canvas_is_refused() -> None:
    small, large = gif(1, (*RED, 255)), Image.new("P", (600, 600), 1)
    large.putpalette([0, 0, 0, *RED])
    large.putpixel((0, 0), 0)
    frame = saved(large, "GIF", transparency=0)
    with pytest.raises(PictureRefused):
        read_picture(small[: small.rindex(b"!\xf9")] + frame[frame.index(b"!\xf9") :])
