"""CSV as spreadsheets write and read it: in other countries with other delimiters and encodings."""

import codecs
import csv
import re
import threading
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice

from flask_babel import lazy_gettext as _l

from ls.exceptions import DomainError, Text

BOM = "\ufeff"  # without it Excel takes UTF-8 for the encoding of its country
LINES = 100  # made at once
DELIMITERS = (",", ";", "\t")  # Excel writes a semicolon where the comma is the decimal sign
ENCODINGS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (b"", "utf-8-sig"))

# A spreadsheet runs a cell that begins with one of these as a formula (CWE-1236); some read the full-width forms
# alike, and one that expects semicolons or tabs begins a new cell behind them.
_FORMULA = re.compile(r"^(?=[=+\-@＝＋－＠\t\r\n])|(?<=[;\t\r\n])(?=[=+\-@＝＋－＠])")
_QUOTED_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))'(?=[=+\-@＝＋－＠\t\r\n])")

# Exports compute without a pause: many at once would slow every page down.
_one_at_a_time = threading.Lock()

NOT_UTF8: Text = _l("The file is not UTF-8. In the spreadsheet, save it as CSV UTF-8.")
NOT_A_TABLE: Text = _l("The file is not a table of comma-separated values.")


class TableRefused(DomainError):
    """The file is not a table that can be read."""


def csv_lines(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table, some at a time, the header first."""
    yield BOM + _lines([columns])
    rest = iter(rows)
    while lines := _next_lines(rest):
        yield lines


def _next_lines(rows: Iterator[Iterable[str]]) -> str:
    with _one_at_a_time:
        return _lines(islice(rows, LINES))


def _lines(rows: Iterable[Iterable[str]]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerows([escape_formula(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def escape_formula(cell: str) -> str:
    """The cell, quoted where a spreadsheet would run it."""
    return _FORMULA.sub("'", cell)


def unescape_formula(cell: str) -> str:
    """What `escape_formula` was given, for tables that come back."""
    return _QUOTED_FORMULA.sub("", cell)


def read_csv(content: bytes, *required: str) -> list[dict[str, str]]:
    """The rows of a table by the names in its header, in lower case. Raises TableRefused.

    Empty rows are left out. Columns that a row lacks are empty.
    """
    header, *rows = _cells(_decoded(content)) or [[]]
    names = [name.casefold() for name in header]
    if missing := [name for name in required if name not in names]:
        raise TableRefused(_l("The file has no column %(name)s.", name=missing[0]))
    return [dict(zip(names, row + [""] * (len(names) - len(row)), strict=False)) for row in rows]


def _decoded(content: bytes) -> str:
    encoding = next(name for mark, name in ENCODINGS if content.startswith(mark))
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise TableRefused(NOT_UTF8) from None
    if "\0" in text:  # UTF-16 without its mark
        raise TableRefused(NOT_UTF8)
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")


def _cells(text: str) -> list[list[str]]:
    head = text.partition("\n")[0]
    delimiter = max(
        DELIMITERS, key=lambda sign: len(next(csv.reader([head], delimiter=sign, skipinitialspace=True), []))
    )
    if head.startswith("sep="):  # Excel's own line for the delimiter
        text, delimiter = text.partition("\n")[2], head[4:5] or ","
    try:
        read = csv.reader(StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
        rows = [[cell.strip() for cell in row] for row in read]
    except csv.Error:
        raise TableRefused(NOT_A_TABLE) from None
    return [row for row in rows if any(row)]
