"""The filter of the list of people, read from a URL and written into one."""

from dataclasses import replace
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _

from ls.exceptions import DomainError
from ls.queries.people import SORTS, STATUSES, PeopleFilter
from ls.validation import BIGGEST_ID

DEFAULT = PeopleFilter()
MOST_SELECTED = 100  # whose ids fit into the session's cookie, which keeps the message that offers to undo


def parse_filter() -> PeopleFilter:
    """The filter of the query string; unknown values become the default ones."""
    sort, status = request.args.get("sort", ""), request.args.get("status", "")
    return PeopleFilter(
        sort=sort if sort.removeprefix("-") in SORTS else DEFAULT.sort,
        status=status if status in STATUSES else DEFAULT.status,
        q=request.args.get("q", "").strip(),
    )


def list_url(
    wanted: PeopleFilter,
    *,
    after: str | None = None,
    before: str | None = None,
    endpoint: str = "people.index",
    **changes: str,
) -> str:
    """The URL of the list with this filter, some values of it changed; what is default is left out."""
    wanted = replace(wanted, **changes)
    pairs = {"q": wanted.q, "sort": wanted.sort, "status": wanted.status, "after": after, "before": before}
    usual = {"sort": DEFAULT.sort, "status": DEFAULT.status}
    query = {name: value for name, value in pairs.items() if value and value != usual.get(name)}
    # A URL can carry a lone surrogate, which has no UTF-8.
    return url_for(endpoint) + (f"?{urlencode(query, errors='replace')}" if query else "")


def selected_ids() -> list[int]:
    """The ids of the people who are selected. Raises DomainError."""
    given = set(request.values.getlist("person"))
    ids = [int(text) for text in given if text.isascii() and text.isdecimal() and len(text) <= len(str(BIGGEST_ID))]
    if len(ids) > MOST_SELECTED:
        raise DomainError(_("Select at most %(number)s people at once.", number=MOST_SELECTED))
    return [number for number in ids if number <= BIGGEST_ID]
