"""Checks of every page: accessible, and no wider than the screen."""

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast"]
NARROW = 640
# Elements that are too small to touch; a link in a sentence may be as small as its text, a label belongs to its box.
TARGETS = """
[...document.querySelectorAll('a, button, summary, select, input:not([type=hidden]), textarea')]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }) && getComputedStyle(each).display !== 'inline')
  .filter((each) => !each.closest('.visually-hidden, .skip'))
  .map((each) => [each.closest('label, .field-check') ?? each, each])
  .filter(([box]) => box.offsetHeight < 44 || box.offsetWidth < 44)
  .map(([box, each]) => `${each.outerHTML.slice(0, 120)} is ${box.offsetWidth} x ${box.offsetHeight}`)
"""


def check(page: Page, has_javascript: bool = True, *, rules: list[str] | None = None, within: str = "") -> None:
    """Check that axe finds nothing and nothing scrolls sideways; without scripts axe cannot run.

    `rules` are the only ones to check, `within` is a part of the page.
    """
    page.wait_for_load_state()
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} is {overflow} px too wide"
    if page.viewport_size and page.viewport_size["width"] <= NARROW:
        assert page.evaluate(TARGETS) == [], page.url
    if not has_javascript:
        return
    found = _axe(page, {"runOnly": rules or TAGS, "resultTypes": ["violations"]}, within)
    assert found.violations_count == 0, f"{page.url} {page.viewport_size}\n{found.generate_report()}"


def _axe(page: Page, options: dict[str, Any], within: str) -> AxeResults:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)  # half a megabyte, so once for each page
    return AxeResults(page.evaluate(f"axe.run({json.dumps(within) if within else 'document'}, {json.dumps(options)})"))
