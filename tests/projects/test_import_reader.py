"""The reader takes what the standard library takes, piece by piece, and refuses the rest at the same place."""

import json
import random
import re
from io import BytesIO
from typing import Any

import pytest

from ls.projects import import_reader
from ls.projects.import_reader import ImportRefused, read_items

ITEMS = [
    {"a": [1.5, -2e-7, True, None, 'x"\\好😀\n', -0.0, 1e400], "b": {"c": []}},
    {},
    {"n": 12345678901234567890123, "half": "\ud83d", "é": "\0"},
]


@pytest.fixture(autouse=True)
def pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes at a time, so that every part of JSON is cut somewhere."""
    monkeypatch.setattr(import_reader, "CHUNK", 4)


def read(content: bytes) -> Any:
    """The items, or why there are none."""
    try:
        return list(read_items(BytesIO(content)))
    except ImportRefused as refused:
        return str(refused)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_values_are_those_of_the_standard_library(encoding: str, indent: int | None) -> None:
    content = json.dumps(ITEMS, indent=indent).encode(encoding)
    assert repr(read(content)) == repr(json.loads(content))
    assert repr(read(json.dumps(ITEMS[0]).encode(encoding))) == repr([json.loads(json.dumps(ITEMS[0]))])


def by_the_standard_library(content: bytes) -> Any:
    """What `read` should say."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}"


def test_a_changed_byte_is_refused_as_by_the_standard_library() -> None:
    chance, told = random.Random(1), 0
    whole = json.dumps(ITEMS, indent=1).encode()
    for _ in range(1500):
        content = bytearray(whole)
        content[chance.randrange(1, len(whole))] = chance.randrange(128)
        found = read(bytes(content))
        assert repr(found) == repr(by_the_standard_library(bytes(content)))
        told += isinstance(found, str)
    assert told > 500


def test_blanks_without_end_are_passed_over() -> None:
    assert read(b" " * 1000 + b"[" + b"\n" * 1000 + b"{}" + b"\r\n" * 1000 + b"]" + b"\t" * 1000) == [{}]
    assert re.search("Extra data in line 3, column 5", read(b"[1]\n\n    x"))
