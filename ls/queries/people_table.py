"""The list of people as a table for spreadsheets, which `ls.accounts.import_people` reads as well."""

from collections.abc import Iterator, Sequence

from ls.db.extensions import db
from ls.db.types import iso
from ls.models.user import UserSummary
from ls.queries.people import PeopleFilter, list_people
from ls.spreadsheet import csv_lines

COLUMNS = ("email", "first_name", "last_name", "status", "date_joined", "last_activity", "annotations")
CHUNK = 500


def people_csv(wanted: PeopleFilter, ids: Sequence[int] | None = None) -> Iterator[str]:
    """The lines of the table, some at a time, the header first; `ids`: only these people."""
    return csv_lines(COLUMNS, _rows(wanted, ids))


def _rows(wanted: PeopleFilter, ids: Sequence[int] | None) -> Iterator[tuple[str, ...]]:
    after = None
    while True:
        page = list_people(wanted, after=after, size=CHUNK, ids=ids)
        db.session.close()  # a slow reader must not keep a transaction open, as in ls/queries/audit_log.py
        yield from (_cells(person) for person in page.rows)
        after = page.next
        if after is None:
            return


def _cells(person: UserSummary) -> tuple[str, ...]:
    names = (person.email, person.first_name, person.last_name, person.status)
    return (*names, iso(person.date_joined), iso(person.last_activity), str(person.annotations_count))
