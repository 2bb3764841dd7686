"""Tables that spreadsheets of any country write are read, and what is written for them runs nothing."""

import csv
from io import StringIO

import pytest

from ls.spreadsheet import TableRefused, csv_lines, escape_formula, read_csv, unescape_formula

WANTED = [{"id": "7", "email": "josé@example.org"}, {"id": "8", "email": "李明@example.org"}]
TABLE = "id,email\r\n7,josé@example.org\r\n8,李明@example.org\r\n"


@pytest.mark.parametrize(
    "content",
    [
        *(TABLE.encode(encoding) for encoding in ("utf-8", "utf-8-sig", "utf-16")),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode("utf-16"),
        ("sep=;\r\n" + TABLE.replace(",", ";")).encode("utf-8-sig"),
        TABLE.replace("\r\n", "\n").encode(),
        TABLE.replace("\r\n", "\r").encode(),
        TABLE.replace("id,email", '"ID" , "Email"'.replace(" ", "")).encode(),
        TABLE.replace("\r\n", "\r\n,\r\n\r\n").encode(),
        TABLE.replace("7,", " 7 , ").encode(),
    ],
)
def test_a_table_of_any_country_is_read(content: bytes) -> None:
    assert read_csv(content, "id", "email") == WANTED


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TABLE.replace("李明", "m").encode("cp1252"), "not UTF-8"),
        (TABLE.encode("utf-16-le"), "not UTF-8"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"id,mail\r\n7,x\r\n", "no column email"),
        (b"", "no column id"),
        (b'id,email\r\n"7"x,y\r\n', "comma-separated"),
        (b'id,email\r\n"7,y\r\n', "comma-separated"),
    ],
)
def test_what_cannot_be_read_is_named(content: bytes, said: str) -> None:
    with pytest.raises(TableRefused, match=said):
        read_csv(content, "id", "email")


def test_short_rows_have_empty_columns_and_long_ones_lose_the_rest() -> None:
    assert read_csv(b"id,email\n7\n8,a,b\n") == [{"id": "7", "email": ""}, {"id": "8", "email": "a"}]


@pytest.mark.parametrize("start", [*"=+-@＝＋－＠", "\t", "\r", "\n"])
def test_a_cell_that_a_spreadsheet_would_run_is_text(start: str) -> None:
    assert escape_formula(f"{start}1+1") == f"'{start}1+1"
    assert escape_formula(f"a{start}") == f"a{start}"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-", "@x", "＝1", "a;=1", "a\t@b", "'a", "plain", "a=b"])
def test_what_was_quoted_comes_back(cell: str) -> None:
    assert unescape_formula(escape_formula(cell)) == cell


@pytest.mark.parametrize("sign", ";\t\r\n")
def test_nor_does_it_run_the_rest_of_a_cell_behind_its_own_delimiter(sign: str) -> None:
    assert escape_formula(f"a{sign}=1+1") == f"a{sign}'=1+1"


def test_what_is_written_is_read_again() -> None:
    rows = [["7", "josé"], ["8", 'a "b",\nc']] * 120
    text = "".join(csv_lines(["id", "name"], rows))
    assert text.startswith("\ufeffid,name\r\n")
    assert list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""))) == [["id", "name"], *rows]
    assert [list(row.values()) for row in read_csv(text.encode())] == rows
