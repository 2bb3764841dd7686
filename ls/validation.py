"""Which text and JSON both databases can store."""

import json
import re
from typing import Any

NUL = "holds a NUL character, which cannot be stored"
SURROGATE = "holds half of a surrogate pair, which cannot be stored"
NOT_FINITE = "holds NaN or an infinite number, which JSON does not know"
TOO_DEEP = "is nested too deeply"

DEEPEST = 100  # the JSON encoders of the database drivers fail at about 1,000
BIGGEST_ID = 2**31 - 1  # the largest value of PostgreSQL's integer; no row has a larger id

_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")  # tab and line ends are allowed
_TOKEN = re.compile("[0-9A-Za-z_-]+")
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # in JSON; after an even number of backslashes


def is_line(text: str) -> bool:
    """Whether this is one line that can be stored and shown: no control characters, no lone surrogates."""
    return not _NOT_IN_A_LINE.search(text)


def is_text(text: str) -> bool:
    """Whether these lines can be stored and shown: of control characters only tab and line ends."""
    return not _NOT_IN_TEXT.search(text)


def token_in(text: str) -> str:
    """The token of a link, without what was pasted around it: a full stop, brackets, blanks of any kind."""
    found = _TOKEN.search(text)
    return found[0] if found else text


def text_problem(text: str) -> str | None:
    """Why this text cannot be stored, or None."""
    if "\0" in text:
        return NUL
    try:
        text.encode()
    except UnicodeEncodeError:
        return SURROGATE
    return None


def json_problem(value: Any) -> str | None:
    """Why this value, read from JSON, cannot be stored, or None."""
    try:
        encoded = json.dumps(value, ensure_ascii=False, allow_nan=False)
        encoded.encode()
    except UnicodeEncodeError:
        return SURROGATE
    except RecursionError:
        return TOO_DEEP
    except ValueError:
        return NOT_FINITE
    # The value itself is searched only if its encoded form has many brackets.
    if encoded.count("[") + encoded.count("{") > DEEPEST and _is_deep(value, DEEPEST):
        return TOO_DEEP
    return NUL if "\\u0000" in encoded and _ESCAPED_NUL.search(encoded) else None


def _is_deep(value: Any, left: int) -> bool:
    parts = value.values() if isinstance(value, dict) else value
    return left == 0 or any(_is_deep(part, left - 1) for part in parts if isinstance(part, (dict, list)))
