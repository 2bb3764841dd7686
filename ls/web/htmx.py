"""The fragment convention: one URL answers with a whole page, or with the part that htmx swaps in; redirects."""

from typing import Any
from urllib.parse import unquote, urlsplit

import flask
from flask import Response, current_app, flash, get_flashed_messages, make_response, render_template, request
from werkzeug.urls import iri_to_uri


def is_fragment() -> bool:
    """Whether htmx asks for a part of the page only."""
    return request.headers.get("HX-Request-Type") == "partial"


def render(page: str, fragment: str, status: int = 200, **values: Any) -> Response:
    """Render the fragment's template alone for htmx, else the page's, which includes it."""
    return make_response(render_template(fragment if is_fragment() else page, **values), status)


def redirect(url: str, code: int = 303) -> Response:
    """Redirect to `url`: with a Location, or for htmx with the header that it follows."""
    if not is_fragment():
        return make_response(flask.redirect(url, code))
    response = make_response("", 200)
    response.headers["HX-Redirect"] = iri_to_uri(url)  # as Werkzeug does with a Location
    return response


def safe_next(target: str | None) -> str | None:
    """The target, if it is a path of this site or of a tool that GUARDED_PATHS names, else None.

    Refuses other hosts, also as `//host`, `/\\host` and with control characters in between, which
    browsers drop, and dot segments, encoded ones too, by which a path leaves the ones above (CWE-601).
    """
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(letter) < 33 or ord(letter) == 127 or letter == "\\" for letter in target):
        return None
    path = unquote(urlsplit(target).path)
    if "\\" in path or not {".", ".."}.isdisjoint(path.split("/")):
        return None
    places = (f"{request.script_root}/", *current_app.config["GUARDED_PATHS"])
    return target if f"{path}/".startswith(places) else None


def flashed_beside() -> dict[str, str]:
    """What the request before this one saved, by section: the messages that were flashed as "beside ..."."""
    flashed: Any = get_flashed_messages(with_categories=True)
    return {category.removeprefix("beside "): message for category, message in flashed}


def flash_message(message: Any, category: str = "done", *, undo: tuple[str, str | None] | None = None) -> None:
    """Show a message in #flash, in this answer or on the page that follows.

    `undo` is the URL to post to that takes the change back, and what its answer replaces (None: the page).
    """
    text = str(message)
    flash({"text": text, "undo": undo[0], "target": undo[1]} if undo else text, category)  # type: ignore[arg-type]  # the session keeps any JSON
