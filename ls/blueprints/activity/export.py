"""The audit trail as CSV, safe to open in a spreadsheet."""

import csv
import json
from collections.abc import Iterable, Iterator
from io import StringIO

from ls.blueprints.activity.sentences import name, sentence
from ls.db.types import iso
from ls.queries.audit_log import Entry

COLUMNS = ("id", "time", "kind", "event", "actor", "target", "address", "agent", "detail")

# A spreadsheet takes a cell that begins so for a formula, and runs it (CWE-1236).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(entries: Iterable[Entry]) -> Iterator[str]:
    """The table, line by line."""
    yield _line(COLUMNS)
    for entry in entries:
        yield _line(_cells(entry))


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


def _line(cells: Iterable[str]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()


def harmless(cell: str) -> str:
    """The cell as text, whatever it begins with."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
