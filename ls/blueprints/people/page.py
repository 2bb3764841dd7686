"""What the People page is made of: its addresses, and its rows, which are rendered once and kept."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import current_app, request
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup

from ls.db.types import utcnow
from ls.queries.people import SORTS, STATUSES, Page, PeopleFilter
from ls.queries.person import Details, Person
from ls.web.current import me
from ls.web.formats import distance
from ls.web.frame import INDENT, part
from ls.web.languages import locale_name

KEPT_ROWS = 4096  # about a kilobyte each

NEVER = -1
USUAL = PeopleFilter()
STATUS_NAMES = {"active": _l("Active"), "deactivated": _l("Deactivated"), "all": _l("All")}
COLUMNS = {"name": _l("Name"), "email": _l("E-mail"), "last_activity": _l("Last active")}
# The moments that are asked for first are the latest.
FIRST_ORDER = {"name": "name", "email": "email", "last_activity": "-last_activity"}


def asked() -> PeopleFilter:
    """What the address asks for; what it cannot ask for is the usual."""
    sort, status = request.args.get("sort", ""), request.args.get("status", "")
    return PeopleFilter(
        sort=sort if sort.removeprefix("-") in SORTS else USUAL.sort,
        status=status if status in STATUSES else USUAL.status,
        q=request.args.get("q", "").strip(),
    )


def address(wanted: PeopleFilter, **cursor: str | None) -> str:
    """The page's address; what is usual is left out."""
    pairs = {"q": wanted.q} if wanted.q else {}
    for name in ("sort", "status"):
        if getattr(wanted, name) != getattr(USUAL, name):
            pairs[name] = getattr(wanted, name)
    pairs.update({name: value for name, value in cursor.items() if value is not None})
    # A lone surrogate, which an address can carry, has no UTF-8.
    return f"{request.script_root}/people/" + (f"?{urlencode(pairs, errors='replace')}" if pairs else "")


def said(found: Page) -> str:
    """What a screen reader is told of a new list."""
    return str(ngettext("%(num)d person on this page", "%(num)d people on this page", len(found.people)))


def listed(wanted: PeopleFilter, found: Page) -> Markup:
    """The list itself."""
    slots = {
        "rows": rows(found.people),
        "q": wanted.q,
        "previous": address(wanted, before=found.before) if found.before else "",
        "next": address(wanted, after=found.after) if found.after else "",
    }
    return part(
        "people/_list.html",
        slots,
        is_kept=not wanted.q,  # its links tell what is searched for
        wanted=wanted,
        is_searched=bool(wanted.q),
        is_empty=not found.people,
        is_alone=wanted == USUAL and me().team.members_count == 1,
        has_previous=found.before is not None,
        has_next=found.after is not None,
        columns=_columns,
        statuses=_statuses,
    )


def _columns(wanted: PeopleFilter) -> list[dict[str, Any]]:
    return [_column(wanted, name) for name in COLUMNS]


def _statuses(wanted: PeopleFilter) -> list[tuple[str, Any, str]]:
    return [(name, label, address(PeopleFilter(wanted.sort, name, wanted.q))) for name, label in STATUS_NAMES.items()]


def _column(wanted: PeopleFilter, name: str) -> dict[str, Any]:
    order = None
    if wanted.sort.removeprefix("-") == name:
        order = "descending" if wanted.sort.startswith("-") else "ascending"
    sort = FIRST_ORDER[name] if order is None else _turned(wanted.sort)
    return {"name": name, "label": COLUMNS[name], "order": order, "url": address(PeopleFilter(sort, wanted.status, wanted.q))}


def _turned(sort: str) -> str:
    return sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"


def rows(people: list[Person]) -> Markup:
    """The closed rows of these people."""
    locale, root = locale_name(), request.script_root
    present = utcnow()
    kept = [_closed(person, _distance(person.last_activity, present), locale, root) for person in people]
    return Markup("".join(kept))  # noqa: S704  # each is made by a template


def _distance(moment: datetime | None, present: datetime) -> int:
    return NEVER if moment is None else distance(moment, present)


@lru_cache(maxsize=KEPT_ROWS)
def _closed(person: Person, _far: int, _locale: str, root: str) -> str:
    """A row as text; the same person at the same distance in time looks the same to everybody."""
    template = current_app.jinja_env.get_template("people/_person.html")
    return INDENT.sub("\n", template.render(person=person, root=root, details=None))


def opened(person: Person, details: Details) -> Markup:
    """Her row with what she worked on; what it shows is kept, whoever opens it next."""
    present = utcnow()
    far = tuple(_distance(moment, present) for moment in (person.last_activity, *details.moments))
    values = {"person": person, "details": details, "far": far, "is_me": person.id == me().id}
    return part("people/_person.html", **values)
