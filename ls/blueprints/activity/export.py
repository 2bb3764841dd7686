"""The audit log as CSV that is safe to open in a spreadsheet."""

import json
from collections.abc import Iterable, Iterator

from ls import spreadsheet
from ls.blueprints.activity.sentences import name, sentence
from ls.db.types import iso
from ls.queries.audit_log import Entry

COLUMNS = ("id", "time", "kind", "event", "actor", "target", "address", "agent", "detail")


def csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """The lines of the table, some at a time, the header first."""
    return spreadsheet.csv_lines(COLUMNS, map(_cells, entries))


def _cells(entry: Entry) -> Iterator[str]:
    yield str(entry.id)
    yield iso(entry.at)
    yield entry.kind
    yield sentence(entry)
    yield name(entry.actor) if entry.actor else ""
    yield name(entry.target) if entry.target else ""
    yield entry.address
    yield entry.agent
    yield json.dumps(entry.detail, ensure_ascii=False) if entry.detail else ""
