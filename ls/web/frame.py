"""Parts of a page that many answers share: rendered once for what they show, and kept.

A part has slots for what is each answer's own: what the caller says, and what OWN names, whatever
the part. The text around them is kept; what goes into them is never looked at again.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any

from flask import Flask, current_app, g, get_flashed_messages, render_template, request
from markupsafe import Markup, escape

from ls.web.cookies import csrf_token
from ls.web.current import me
from ls.web.languages import locale_name

INDENT = re.compile(r"\s*\n\s*")  # what a browser shows as one space anyway; no part has a pre or a textarea
KEPT = 1024  # parts, of some kilobytes each
SLOT = re.compile(r"\0(\w+)\0")  # no text of ours or of a person's has a NUL


def init_app(app: Flask) -> None:
    """Give templates `part`, and what is each answer's own."""
    app.jinja_env.globals.update(part=part, **{name: partial(_own, name) for name in OWN})


def part(
    template: str, slots: Mapping[str, Any] | None = None, *, is_kept: bool = True, **values: Hashable
) -> Markup:
    """That template with these values, which are all that it asks for besides language and prefix.

    What is new each time, or of any length, comes in `slots`: it is put in afterwards, and is not kept.
    """
    slots = slots or {}
    render = _part if is_kept and not current_app.debug else _rendered
    pieces = list(render(template, locale_name(), request.script_root, tuple(slots), tuple(values.items())))
    pieces[1::2] = [escape(slots[name] if name in slots else _own(name)) for name in pieces[1::2]]
    return Markup("".join(pieces))  # noqa: S704  # a template made it


def _rendered(
    template: str, locale: str, root: str, slots: tuple[str, ...], values: tuple[tuple[str, Hashable], ...]
) -> list[str]:
    """Its texts, and between each two the name of a slot."""
    shown = dict(values) | {name: _slot(name) for name in slots}
    with _own_left_out():
        text = current_app.jinja_env.get_template(template).render(shown, locale=locale, root=root)
    return SLOT.split(INDENT.sub("\n", text))


_part = lru_cache(maxsize=KEPT)(_rendered)


def _slot(name: str) -> Markup:
    return Markup(f"\0{name}\0")  # noqa: S704  # a mark of our own


@contextmanager
def _own_left_out() -> Iterator[None]:
    outer, g.is_part = g.get("is_part", False), True
    try:
        yield
    finally:
        g.is_part = outer


def _own(name: str) -> str:
    return _slot(name) if g.get("is_part") else OWN[name]()


def messages() -> Markup:
    """What is to be said on this page, if anything is."""
    has_some = get_flashed_messages(with_categories=True)
    return Markup(render_template("_flash_messages.html") if has_some else "")  # noqa: S704  # a template made it


def came_from() -> str:
    """This page's address to come back to; the start page where it only takes a POST."""
    rule = request.url_rule
    can_be_opened = rule is not None and "GET" in (rule.methods or ())
    return request.script_root + (request.full_path.rstrip("?") if can_be_opened else "/")


def bar() -> Markup:
    """The bar on top of her pages: kept for each reader, unlike the pages below it, which all share."""
    return part("_bar.html", blueprint=request.blueprint, face=me().face)


def reader() -> str:
    """Her number."""
    return str(me().id)


OWN: dict[str, Callable[[], str]] = {
    "csrf_token": csrf_token,
    "messages": messages,
    "came_from": came_from,
    "bar": bar,
    "reader": reader,
}
