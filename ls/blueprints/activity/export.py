"""The audit log as CSV that is safe to open in a spreadsheet."""

import csv
import json
import threading
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice

from ls.blueprints.activity.sentences import name, sentence
from ls.db.types import iso
from ls.queries.audit_log import Entry

COLUMNS = ("id", "time", "kind", "event", "actor", "target", "address", "agent", "detail")
LINES = 100  # written to the client at once

# Exports compute without a pause: many at once would slow every page down.
_one_at_a_time = threading.Lock()

# A spreadsheet runs a cell that begins with one of these as a formula (CWE-1236).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """The lines of the table, some at a time, the header first."""
    yield _line(COLUMNS)
    rest = iter(entries)
    while lines := _next_lines(rest):
        yield lines


def _next_lines(entries: Iterator[Entry]) -> str:
    with _one_at_a_time:
        return "".join(_line(_cells(entry)) for entry in islice(entries, LINES))


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
    csv.writer(buffer).writerow([escape_formula(cell) for cell in cells])
    return buffer.getvalue()


def escape_formula(cell: str) -> str:
    """The cell, quoted if a spreadsheet would run it."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
