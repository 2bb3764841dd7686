"""Reads the items of a JSON list one after another, in bounded memory.

Each is decoded by the standard library. Incremental parsers alter or refuse what it takes: ijson stores half of a
surrogate pair as "?", and its fast mode knows no whole numbers beyond 64 bits.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, Any

from ls.exceptions import DomainError

CHUNK = 256 * 1024  # bytes
MAX_CHARACTERS = 8_000_000  # of one item
MAX_PARTS = 500_000  # objects, lists and fields of one item: short ones take 25 times their characters in memory
NOT_JSON = (
    "not JSON: a list of tasks begins with [ and a single task with {{, but this begins with {!r}. "
    "Send JSON, as application/json or as a multipart file; CSV, TSV and plain text are not imported."
)

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class ImportRefused(DomainError):
    """Nothing was imported; `item` is the number of the invalid item, counted from 1."""

    def __init__(self, message: str, item: int | None = None) -> None:
        self.item = item
        super().__init__(message if item is None else f"Item {item}: {message}")


def read_items(stream: IO[bytes]) -> Iterator[Any]:
    """The items of a list, or the one object, in UTF-8, UTF-16 or UTF-32. Raises ImportRefused."""
    text = _Text(stream)
    first = text.peek()
    if first == "[":
        yield from _listed(text)
    elif first == "{":
        if item := text.item(1):
            yield item
    elif first:
        raise ImportRefused(NOT_JSON.format(first))
    if text.peek():
        raise text.refusal("Extra data")


def _listed(text: "_Text") -> Iterator[Any]:
    number, end = 0, ","
    text.skip()
    if text.peek() == "]":
        end = text.skip()
    while end == ",":
        number += 1
        yield text.item(number)
        if text.peek() not in {",", "]"}:
            raise text.refusal("Expecting ',' delimiter")
        end = text.skip()


class _Text:
    """The text of a stream, of which only the part that is being read is kept."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._line = self._column = 1  # where the kept part begins
        self._at = 0
        first = stream.read(CHUNK)
        self._decoder = codecs.getincrementaldecoder(json.detect_encoding(first))()
        self._kept = self._decode(first)

    def peek(self) -> str:
        """The next character that is no blank, which stays; empty at the end."""
        while True:
            self._at = _BLANK.match(self._kept, self._at).end()  # type: ignore[union-attr]  # it always matches
            if self._at < len(self._kept) or not self._read_more():
                return self._kept[self._at : self._at + 1]

    def skip(self) -> str:
        """Pass the next character, and return it."""
        self._at += 1
        return self._kept[self._at - 1]

    def item(self, number: int) -> Any:
        """The next value, for which more is read as often as needed. Raises ImportRefused."""
        self.peek()
        while True:
            try:
                value, self._at = _DECODER.raw_decode(self._kept, self._at)
            except json.JSONDecodeError as error:
                self._check_size(number)
                if not self._read_more():
                    raise self.refusal(error.msg, error.pos) from None
            except RecursionError:
                raise ImportRefused("nested too deeply", number) from None
            except ValueError as error:
                raise ImportRefused(f"not JSON: {error}", number) from None
            else:
                return value

    def refusal(self, message: str, position: int | None = None) -> ImportRefused:
        """The text is no JSON, at this position or the present one."""
        line, column = self._place(self._at if position is None else position)
        return ImportRefused(f"not JSON: {message} in line {line}, column {column}")

    def _check_size(self, number: int) -> None:
        characters = len(self._kept) - self._at
        if characters > MAX_CHARACTERS or sum(self._kept.count(sign, self._at) for sign in "{[:") > MAX_PARTS:
            most = f"{MAX_CHARACTERS:,} characters, or {MAX_PARTS:,} objects, lists and fields"
            raise ImportRefused(f"more than {most}, or the JSON is broken", number)

    def _read_more(self) -> bool:
        """Forget what was read, and read about as much as is still needed; False at the end."""
        data = self._stream.read(min(max(len(self._kept) - self._at, CHUNK), 4 * CHUNK))
        more = self._decode(data)
        if data or more:
            self._line, self._column = self._place(self._at)
            self._kept, self._at = self._kept[self._at :] + more, 0
        return bool(data or more)

    def _place(self, position: int) -> tuple[int, int]:
        lines = self._kept.count("\n", 0, position)
        if not lines:
            return self._line, self._column + position
        return self._line + lines, position - self._kept.rfind("\n", 0, position)

    def _decode(self, data: bytes) -> str:
        try:
            return self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise ImportRefused(f"not JSON: the text is not {error.encoding.upper()}") from None
