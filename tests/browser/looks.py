"""What every page has to be: accessible, and no wider than the screen."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def check(page: Page, has_javascript: bool = True) -> None:
    """axe finds nothing, and nothing scrolls sideways; where scripts are off, axe cannot run."""
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} is {overflow} px too wide"
    if not has_javascript:
        return
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
