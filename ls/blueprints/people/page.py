"""What the People page is made of: its addresses, and its rows, which are rendered once and kept."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import current_app, request
from flask_babel import get_locale, ngettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from ls.clock import now
from ls.formats import ago, distance
from ls.models import Organization
from ls.models.people import SORTS, STATUSES, Page, Wanted
from ls.models.person import Person

INDENT = re.compile(r"\s*\n\s*")
KEPT_ROWS = 4096  # about a kilobyte each

NEVER = -1
USUAL = Wanted()
STATUS_NAMES = {"active": _l("Active"), "deactivated": _l("Deactivated"), "all": _l("All")}
COLUMNS = {"name": _l("Name"), "email": _l("E-mail"), "last_activity": _l("Last active")}
# The moments that are asked for first are the latest.
FIRST_ORDER = {"name": "name", "email": "email", "last_activity": "-last_activity"}


def asked() -> Wanted:
    """What the address asks for; what it cannot ask for is the usual."""
    sort, status = request.args.get("sort", ""), request.args.get("status", "")
    return Wanted(
        sort=sort if sort.removeprefix("-") in SORTS else USUAL.sort,
        status=status if status in STATUSES else USUAL.status,
        q=request.args.get("q", "").strip(),
    )


def address(wanted: Wanted, **cursor: str | None) -> str:
    """The page's address; what is usual is left out."""
    pairs = {"q": wanted.q} if wanted.q else {}
    for name in ("sort", "status"):
        if getattr(wanted, name) != getattr(USUAL, name):
            pairs[name] = getattr(wanted, name)
    pairs.update({name: value for name, value in cursor.items() if value is not None})
    # A lone surrogate, which an address can carry, has no UTF-8.
    return f"{request.script_root}/people/" + (f"?{urlencode(pairs, errors='replace')}" if pairs else "")


def values(wanted: Wanted, found: Page) -> dict[str, Any]:
    """What the list's template shows."""
    return {
        "wanted": wanted,
        "rows": rows(found.people),
        "is_empty": not found.people,
        "is_alone": wanted == USUAL and Organization.get().members_count == 1,
        "said": str(ngettext("%(num)d person on this page", "%(num)d people on this page", len(found.people))),
        "columns": [_column(wanted, name) for name in COLUMNS],
        "statuses": [
            (name, label, address(Wanted(wanted.sort, name, wanted.q))) for name, label in STATUS_NAMES.items()
        ],
        "previous": address(wanted, before=found.before) if found.before else None,
        "next": address(wanted, after=found.after) if found.after else None,
    }


def _column(wanted: Wanted, name: str) -> dict[str, Any]:
    order = None
    if wanted.sort.removeprefix("-") == name:
        order = "descending" if wanted.sort.startswith("-") else "ascending"
    sort = FIRST_ORDER[name] if order is None else _turned(wanted.sort)
    return {"name": name, "label": COLUMNS[name], "order": order, "url": address(Wanted(sort, wanted.status, wanted.q))}


def _turned(sort: str) -> str:
    return sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"


def rows(people: list[Person]) -> Markup:
    """The closed rows of these people."""
    locale, root = str(get_locale()), request.script_root
    present = now()
    far = [NEVER if one.last_activity is None else distance(one.last_activity, present) for one in people]
    kept = [_closed(person, seconds, locale, root) for person, seconds in zip(people, far, strict=True)]
    return Markup("".join(kept))  # noqa: S704  # each is Markup


@lru_cache(maxsize=KEPT_ROWS)
def _closed(person: Person, seconds: int, locale: str, root: str) -> str:  # noqa: ARG001  # time, locale, root are part of what is kept
    """A row as text; the same person at the same distance in time looks the same to everybody."""
    template = current_app.jinja_env.get_template("people/_person.html")
    return INDENT.sub("\n", template.render(details=None, **row_values(person)))


def row_values(person: Person) -> dict[str, Any]:
    """What the row's template shows besides the details."""
    return {"person": person, "active": ago(person.last_activity), "root": request.script_root}
