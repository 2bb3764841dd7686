"""The list of people as CSV."""

from flask import Response, request, stream_with_context
from flask_babel import gettext as _

from ls.blueprints.people.blueprint import people
from ls.blueprints.people.filter import Address, selected_ids
from ls.exceptions import DomainError
from ls.models import Event
from ls.queries.people import PeopleFilter
from ls.queries.people_table import people_csv
from ls.web.auth import write_as_current_user


@people.get("/people/export")
def export() -> Response:
    """Download the people of the filter, or those who are selected."""
    wanted = Address.parse().filter
    for name in ("sort", "status"):  # an export that looks filtered must not hold everybody
        if request.args.get(name) not in {None, "", getattr(wanted, name)}:
            raise DomainError(_("The filter “%(name)s” is not understood, so nothing is exported.", name=name))
    ids = selected_ids() if "person" in request.args else None
    if ids == []:
        raise DomainError(_("Nobody is selected."))
    if ids is not None:
        wanted = PeopleFilter(status="all")
    with write_as_current_user():
        Event.record("people_exported")
    response = Response(stream_with_context(people_csv(wanted, ids)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="people.csv"'
    return response
