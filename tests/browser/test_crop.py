"""Pictures that are larger than the server takes: cropped with a mouse, a finger or the keyboard, then saved."""

import random
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser import looks, team
from tests.browser.conftest import Visits
from tests.pictures import BLUE, RED, drawing, exif, saved
from tests.server import RunningServer

pytestmark = pytest.mark.browser

# The square in its middle is red in the upper left quarter, that at its left in the whole upper half.
WIDE = saved(drawing((1200, 600)), "PNG")


@pytest.fixture
def server(busy_server: RunningServer) -> RunningServer:
    """The server of the busy team."""
    return busy_server


@pytest.fixture
def choose(visit: Visits, tmp_path: Path) -> Callable[..., Page]:
    """Choose this file on the page of a member without a picture."""

    def choose(content: bytes, name: str = "me.png", **look: Any) -> Page:
        (tmp_path / name).write_bytes(content)
        browser = visit(**look)
        browser.expected.add(422)
        page = browser.member(team.email("wei.zhang"))
        page.goto("/user/account/")
        page.get_by_label("New picture").set_input_files(tmp_path / name)
        return page

    return choose


Choose = Callable[..., Page]


def frame(page: Page) -> Locator:
    found = page.get_by_role("application", name="Frame")
    expect(found).to_be_visible()
    return found


def save(page: Page) -> Image.Image:
    """Use the part in the frame, save it, and read what the server stored."""
    page.get_by_role("button", name="Use this part").click()
    expect(page.locator("#avatar-preview img.preview-96")).to_be_visible()
    expect(page.locator("#picture-save")).to_be_focused()
    expect(page.locator("#crop")).to_be_hidden()
    return stored(page)


def stored(page: Page) -> Image.Image:
    page.get_by_role("button", name="Save picture").click()
    expect(page.locator("#picture").get_by_role("status").filter(has_text="Picture saved")).to_be_visible()
    answer = page.request.get(str(page.locator(".bar img.avatar").get_attribute("src")))
    page.get_by_role("button", name="Remove picture").click()
    expect(page.locator("#picture").get_by_role("status").filter(has_text="Picture removed")).to_be_visible()
    return Image.open(BytesIO(answer.body())).convert("RGB")


def is_like(image: Image.Image, place: tuple[float, float], colour: tuple[int, ...]) -> bool:
    seen: Any = image.getpixel((int(place[0] * image.width), int(place[1] * image.height)))
    return all(abs(one - other) < 40 for one, other in zip(seen, colour, strict=True))


def test_a_photograph_stands_upright_and_its_middle_is_taken(choose: Choose) -> None:
    page = choose(saved(drawing((1200, 800)), "JPEG", exif=exif(6), quality=95), "photo.jpg")
    expect(frame(page)).to_be_focused()
    assert page.locator("#crop-picture").evaluate("(each) => each.width < each.height")
    expect(page.locator("#crop-animated")).to_be_hidden()
    image = save(page)
    assert image.size == (512, 512)
    colours = [is_like(image, place, RED) for place in ((0.75, 0.25), (0.25, 0.25), (0.75, 0.75))]
    assert colours == [True, False, False]


def by_mouse(page: Page) -> None:
    box = frame(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] - 20, box["y"] + 90, steps=3)
    page.mouse.move(box["x"] - 300, box["y"] + 90, steps=3)
    page.mouse.up()
    page.mouse.move(box["x"] + 300, box["y"])  # let go of


def by_a_press_beside_it(page: Page) -> None:
    page.locator("#crop-stage").click(position={"x": 3, "y": 40})


def by_keyboard(page: Page) -> None:
    for _ in range(26):
        frame(page).press("ArrowLeft")
    frame(page).press("ArrowUp")
    expect(page.locator("#crop-status")).to_have_text(
        "Position: 0 of 100 from the left, 0 of 100 from the top. Size: 100 of 100."
    )


def by_finger(page: Page) -> None:
    box = frame(page).bounding_box()
    assert box
    chrome = page.context.new_cdp_session(page)
    x, y = box["x"] + 60, box["y"] + 60
    for kind, points in (
        ("touchStart", [(x, y)]),
        ("touchMove", [(x - 40, y)]),
        ("touchMove", [(x - 200, y)]),
        ("touchEnd", []),
    ):
        touches = [{"x": left, "y": top} for left, top in points]
        chrome.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


@pytest.mark.parametrize("move", [by_mouse, by_a_press_beside_it, by_keyboard, by_finger])
def test_the_frame_moves(choose: Choose, move: Callable[[Page], None]) -> None:
    page = choose(WIDE, touch=move is by_finger)
    frame(page)
    move(page)
    image = save(page)
    assert is_like(image, (0.9, 0.25), RED)
    assert is_like(image, (0.9, 0.75), BLUE)


def test_the_frame_grows_and_shrinks_about_its_middle(choose: Choose) -> None:
    page = choose(WIDE)
    size = page.get_by_label("Size of the frame")
    size.fill("50")
    expect(page.locator("#crop-status")).to_contain_text("Size: 50 of 100.")
    expect(page.locator("#crop-status")).to_contain_text("Position: 50 of 100 from the left, 50 of 100 from the top.")
    frame(page).press("+")
    expect(size).to_have_value("55")
    frame(page).press("-")
    frame(page).press("-")
    expect(size).to_have_value("45")
    assert save(page).size == (270, 270)


def test_many_bytes_within_512_pixels_are_packed_anew(choose: Choose) -> None:
    noise = Image.frombytes("RGBA", (512, 512), random.Random(1).randbytes(512 * 512 * 4))
    content = saved(noise, "PNG")
    assert len(content) > 1024 * 1024
    page = choose(content)
    frame(page)
    assert save(page).size == (512, 512)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken_and_that_is_said(choose: Choose, kind: str) -> None:
    others = [Image.new("RGB", (600, 600), BLUE)] * 2
    first = Image.new("RGB", (600, 600), RED)
    page = choose(saved(first, kind, save_all=True, append_images=others, duration=60), f"me.{kind.lower()}")
    frame(page)
    expect(page.get_by_text("Of this animation, the first frame is taken.")).to_be_visible()
    assert is_like(save(page), (0.5, 0.5), RED)


def test_a_still_says_nothing_of_animations(choose: Choose) -> None:
    page = choose(saved(drawing((600, 600)).convert("P"), "GIF"), "me.gif")
    frame(page)
    expect(page.locator("#crop-animated")).to_be_hidden()


def test_saving_at_once_saves_what_is_in_the_frame(choose: Choose) -> None:
    page = choose(WIDE)
    frame(page)
    assert stored(page).size == (512, 512)


def test_nothing_of_it_is_left_when_the_section_is_renewed(choose: Choose) -> None:
    page = choose(saved(drawing(), "PNG"))
    page.get_by_role("button", name="Save picture").click()
    expect(page.locator(".bar img.avatar")).to_be_visible()
    page.get_by_label("New picture").set_input_files({"name": "b.png", "mimeType": "image/png", "buffer": WIDE})
    frame(page)
    page.get_by_role("button", name="Remove picture").click()
    expect(page.locator("#crop")).to_be_hidden()
    page.get_by_role("button", name="Save picture").click()
    expect(page.locator("#picture")).to_contain_text("Choose a picture first.")


def test_cancelling_chooses_nothing(choose: Choose) -> None:
    page = choose(WIDE)
    frame(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#crop")).to_be_hidden()
    expect(page.get_by_label("New picture")).to_be_focused()
    page.get_by_role("button", name="Save picture").click()
    expect(page.locator("#picture")).to_contain_text("Choose a picture first.")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello", "Can't read image, try another one"),
        (bytes(1024 * 1024 + 1), "Please use an image that is 512 x 512 pixels or smaller."),
    ],
)
def test_what_the_browser_cannot_read_gets_the_servers_message(choose: Choose, content: bytes, message: str) -> None:
    page = choose(content)
    expect(page.locator("#avatar-preview")).to_contain_text(message)
    expect(page.locator("#crop")).to_be_hidden()


def test_a_picture_that_fits_is_shown_as_before(choose: Choose) -> None:
    page = choose(saved(drawing((512, 300)), "PNG"))
    expect(page.locator("#avatar-preview img.preview-96")).to_be_visible()
    expect(page.locator("#crop")).to_be_hidden()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_frame_is_accessible(choose: Choose, width: int, scheme: str) -> None:
    page = choose(WIDE, width=width, scheme=scheme)
    frame(page)
    looks.check(page, within="#picture")
