"""The fragment convention: one URL, a whole page or the part that htmx swaps in."""

from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request


def is_fragment() -> bool:
    """Does htmx ask for a part of the page only?"""
    return request.headers.get("HX-Request-Type") == "partial"


def render(page: str, fragment: str, status: int = 200, **values: Any) -> Response:
    """The fragment's template alone for htmx, else the page's, which includes it."""
    return make_response(render_template(fragment if is_fragment() else page, **values), status)


def go(url: str, code: int = 303) -> Response:
    """Send the browser on to `url`: by a redirect, or by the header that htmx follows."""
    if not is_fragment():
        return make_response(redirect(url, code))
    response = make_response("", 200)
    response.headers["HX-Redirect"] = url
    return response


def say(message: Any, category: str = "done") -> None:
    """Leave a message for #flash, in this answer or on the page that follows."""
    flash(str(message), category)
