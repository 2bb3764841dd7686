"""The filter of the list of people, read from a URL and written into one."""

from dataclasses import replace
from urllib.parse import urlencode

from flask import request, url_for

from ls.queries.people import SORTS, STATUSES, PeopleFilter

DEFAULT = PeopleFilter()


def parse_filter() -> PeopleFilter:
    """The filter of the query string; unknown values become the default ones."""
    sort, status = request.args.get("sort", ""), request.args.get("status", "")
    return PeopleFilter(
        sort=sort if sort.removeprefix("-") in SORTS else DEFAULT.sort,
        status=status if status in STATUSES else DEFAULT.status,
        q=request.args.get("q", "").strip(),
    )


def list_url(wanted: PeopleFilter, *, after: str | None = None, before: str | None = None, **changes: str) -> str:
    """The URL of the list with this filter, some values of it changed; what is default is left out."""
    wanted = replace(wanted, **changes)
    pairs = {"q": wanted.q, "sort": wanted.sort, "status": wanted.status, "after": after, "before": before}
    usual = {"sort": DEFAULT.sort, "status": DEFAULT.status}
    query = {name: value for name, value in pairs.items() if value and value != usual.get(name)}
    # A URL can carry a lone surrogate, which has no UTF-8.
    return url_for("people.index") + (f"?{urlencode(query, errors='replace')}" if query else "")
