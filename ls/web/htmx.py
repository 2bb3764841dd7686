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


def say(message: Any, category: str = "done", *, undo: tuple[str, str | None] | None = None) -> None:
    """Leave a message for #flash, in this answer or on the page that follows.

    `undo` is where to post what takes it back, and what the answer replaces (None: the whole page).
    """
    text = str(message)
    flash({"text": text, "undo": undo[0], "target": undo[1]} if undo else text, category)  # type: ignore[arg-type]  # the session keeps any JSON
