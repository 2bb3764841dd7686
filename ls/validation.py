"""What both databases can keep: text without NUL and lone surrogates, JSON that is JSON everywhere."""

import json
from typing import Any

NUL = "holds a NUL character, which cannot be stored"
SURROGATE = "holds half of a surrogate pair, which cannot be stored"
NOT_FINITE = "holds NaN or an infinite number, which JSON does not know"
TOO_DEEP = "is nested too deeply"

DEEPEST = 100  # the encoders of the drivers stop near 1,000, depending on who calls them
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
    except UnicodeEncodeError:
        return SURROGATE
    except RecursionError:
        return TOO_DEEP
    except ValueError:
        return NOT_FINITE
    # Cheap first: only what might be wrong is walked through.
    if encoded.count("[") + encoded.count("{") > DEEPEST and _is_deep(value, DEEPEST):
        return TOO_DEEP
    return NUL if "\\u0000" in encoded and _holds_nul(value) else None


def _is_deep(value: Any, left: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return left == 0 or any(_is_deep(part, left - 1) for part in parts)


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_holds_nul(part) for part in value)
