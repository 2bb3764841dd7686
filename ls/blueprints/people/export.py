"""The list of people as CSV."""

from flask import Response, request
from flask_babel import gettext as _

from ls.blueprints.people.blueprint import people
from ls.blueprints.people.filter import Address, selected_ids
from ls.exceptions import DomainError
from ls.models import Event
from ls.queries.people import PeopleFilter
from ls.queries.people_table import people_csv
from ls.web.auth import write_as_current_user
from ls.web.csv_download import check_filters, csv_response

PLACE = ("after", "before", "open", "next")  # in the list, which its link and its form send along


@people.get("/people/export")
def export() -> Response:
    """Download the people of the filter, or those who are selected."""
    wanted = Address.parse().filter
    chosen = [name for name in ("sort", "status") if request.args.get(name) == getattr(wanted, name)]
    check_filters(["q", "person", *PLACE, *chosen])
    ids = selected_ids() if "person" in request.args else None
    if ids == []:
        raise DomainError(_("Nobody is selected."))
    if ids is not None:
        wanted = PeopleFilter(status="all")
    with write_as_current_user():
        Event.record("people_exported")
    return csv_response(people_csv(wanted, ids), "people.csv")
