"""Parts of a page that many answers share: rendered once for what they show, and kept."""

import re
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, get_flashed_messages, render_template, request, session
from markupsafe import Markup, escape

from ls.cookies import RAW, csrf_token
from ls.formats import locale_name

INDENT = re.compile(r"\s*\n\s*")  # what a browser shows as one space anyway; no part has a pre or a textarea
KEPT = 1024  # parts, of some kilobytes each
TOKEN = "\0csrf_token\0"  # noqa: S105  # stands for the form token, which is each session's own; no page has a NUL


def init_app(app: Flask) -> None:
    """Give templates `part` and `messages`."""
    app.jinja_env.globals.update(part=part, messages=messages, came_from=came_from)


def part(
    template: str, slots: Mapping[str, Any] | None = None, *, is_kept: bool = True, **values: Hashable
) -> Markup:
    """That template with these values, which are all that it asks for besides language and prefix.

    What is new each time, or of any length, comes in `slots`: it is put in afterwards, and is not kept.
    """
    slots = slots or {}
    render = _part if is_kept and not current_app.debug else _rendered
    text = render(template, locale_name(), request.script_root, tuple(slots), tuple(values.items()))
    for name, value in slots.items():
        text = text.replace(f"\0{name}\0", escape(value))
    return Markup(text.replace(TOKEN, csrf_token()) if TOKEN in text else text)  # noqa: S704  # a template made it


def _rendered(
    template: str, locale: str, root: str, slots: tuple[str, ...], values: tuple[tuple[str, Hashable], ...]
) -> str:
    shown = dict(values) | {name: Markup(f"\0{name}\0") for name in slots}  # noqa: S704  # a mark of our own
    rendered = INDENT.sub("\n", current_app.jinja_env.get_template(template).render(shown, locale=locale, root=root))
    return rendered.replace(csrf_token(), TOKEN) if RAW in session else rendered


_part = lru_cache(maxsize=KEPT)(_rendered)


def messages() -> Markup:
    """What is to be said on this page, if anything is."""
    has_some = get_flashed_messages(with_categories=True)
    return Markup(render_template("_flash_messages.html") if has_some else "")  # noqa: S704  # a template made it


def came_from() -> str:
    """This page's address to come back to; the start page where it only takes a POST."""
    rule = request.url_rule
    can_be_opened = rule is not None and "GET" in (rule.methods or ())
    return request.script_root + (request.full_path.rstrip("?") if can_be_opened else "/")
