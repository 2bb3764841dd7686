"""Downloads as CSV, of which nothing is sent that only looks filtered."""

from collections.abc import Iterable, Iterator

from flask import Response, request, stream_with_context
from flask_babel import gettext as _

from ls.config.parsers import shown
from ls.exceptions import DomainError


def check_filters(understood: Iterable[str]) -> None:
    """Raises DomainError for another parameter in the query string: the download would hold everything."""
    known = set(understood)
    for name, value in request.args.items():
        if value.strip() and name not in known:
            raise DomainError(_("The filter “%(name)s” is not understood, so nothing is exported.", name=shown(name)))


def csv_response(lines: Iterator[str], file: str) -> Response:
    """The lines, sent as they come, as a file of this name."""
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response
