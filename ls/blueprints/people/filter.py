"""What the URL of the list of people says: filter, page and opened rows; read from a URL and written into one."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from ls.exceptions import DomainError
from ls.queries.people import SORTS, STATUSES, PeopleFilter
from ls.validation import BIGGEST_ID

DEFAULT = PeopleFilter()
MOST_SELECTED = 100  # whose ids fit into the session's cookie, which keeps the message that offers to undo
MOST_OPEN = 10


@dataclass(frozen=True, slots=True)
class Address:
    """The list with this filter, the page behind or before a cursor, and the people whose rows are open."""

    filter: PeopleFilter
    after: str | None = None
    before: str | None = None
    opened: tuple[int, ...] = ()

    @classmethod
    def parse(cls, args: MultiDict[str, str] | None = None) -> "Address":
        """The address of this query string, else of the request's; unknown values become the default ones."""
        args = request.args if args is None else args
        opened = [user_id for user_id in args.getlist("open", type=int) if 0 < user_id <= BIGGEST_ID]
        return cls(_filter(args), args.get("after"), args.get("before"), tuple(dict.fromkeys(opened))[-MOST_OPEN:])

    def url(self, *, endpoint: str = "people.index", **changes: str) -> str:
        """Its URL. With other values of the filter: from the first page on, and with no row open."""
        address = Address(replace(self.filter, **changes)) if changes else self
        wanted = address.filter
        pairs = {"q": wanted.q, "sort": wanted.sort, "status": wanted.status}
        pairs |= {"after": address.after or "", "before": address.before or ""}
        usual = {"sort": DEFAULT.sort, "status": DEFAULT.status}
        query: dict[str, Any] = {name: value for name, value in pairs.items() if value and value != usual.get(name)}
        if address.opened:
            query["open"] = address.opened
        # A URL can carry a lone surrogate, which has no UTF-8.
        return url_for(endpoint) + (f"?{urlencode(query, doseq=True, errors='replace')}" if query else "")

    def page_url(self, *, after: str | None = None, before: str | None = None) -> str:
        """The URL of another page, with no row open."""
        return Address(self.filter, after, before).url()

    def opening(self, user_id: int) -> "Address":
        """The same with that row open, too."""
        return replace(self.closing(user_id), opened=(*self.closing(user_id).opened, user_id)[-MOST_OPEN:])

    def closing(self, user_id: int) -> "Address":
        """The same with that row closed."""
        return replace(self, opened=tuple(each for each in self.opened if each != user_id))


def _filter(args: MultiDict[str, str]) -> PeopleFilter:
    sort, status = args.get("sort", ""), args.get("status", "")
    return PeopleFilter(
        sort=sort if sort.removeprefix("-") in SORTS else DEFAULT.sort,
        status=status if status in STATUSES else DEFAULT.status,
        q=args.get("q", "").strip(),
    )


def selected_ids() -> list[int]:
    """The ids of the people who are selected. Raises DomainError."""
    given = set(request.values.getlist("person"))
    ids = [int(text) for text in given if text.isascii() and text.isdecimal() and len(text) <= len(str(BIGGEST_ID))]
    if len(ids) > MOST_SELECTED:
        raise DomainError(_("Select at most %(number)s people at once.", number=MOST_SELECTED))
    return [number for number in ids if number <= BIGGEST_ID]
