"""What both databases can keep: text without NUL and lone surrogates, JSON that is JSON everywhere."""

import json
from typing import Any

NUL = "holds a NUL character, which cannot be stored"
SURROGATE = "holds half of a surrogate pair, which cannot be stored"
NOT_FINITE = "holds NaN or an infinite number, which JSON does not know"
TOO_DEEP = "is nested too deeply"

BIGGEST_ID = 2**31 - 1  # what PostgreSQL's integer key holds; a larger id simply does not exist


def text_problem(text: str) -> str | None:
    """Why this text cannot be kept, or None."""
    if "\0" in text:
        return NUL
    try:
        text.encode()
    except UnicodeEncodeError:
        return SURROGATE
    return None


def json_problem(value: Any) -> str | None:
    """Why this value, read from JSON, cannot be kept, or None."""
    try:
        encoded = json.dumps(value, ensure_ascii=False, allow_nan=False)
        encoded.encode()
        # Cheap first: the letters of the escape may also be what somebody wrote.
        return NUL if "\\u0000" in encoded and _holds_nul(value) else None
    except UnicodeEncodeError:
        return SURROGATE
    except RecursionError:
        return TOO_DEEP
    except ValueError:
        return NOT_FINITE


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_holds_nul(part) for part in value)
