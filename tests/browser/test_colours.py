"""A picture of other colours looks the same after it was read: in Chromium, to within a few steps of 255."""

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from ls.images.avatar import read_picture
from tests.profiles import PICTURES

PIXEL = """async (url) => {
  const image = new Image(); image.src = url; await image.decode();
  const canvas = document.createElement('canvas'); canvas.width = canvas.height = 16;
  const context = canvas.getContext('2d'); context.drawImage(image, 0, 0);
  return [...context.getImageData(8, 8, 1, 1).data];
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("kind", PICTURES)
def test_what_is_stored_looks_as_what_was_sent(kind: str, page: Page) -> None:
    before, after = (
        page.evaluate(PIXEL, f"data:image/png;base64,{base64.b64encode(data).decode()}")
        for data in (PICTURES[kind], read_picture(PICTURES[kind]).data)
    )
    assert all(abs(one - other) <= 3 for one, other in zip(before, after, strict=True)), (before, after)
