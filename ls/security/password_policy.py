"""The password policy: length, no well-known password, not the user's own email or name. No composition rules."""

import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from ls.validation import text_problem

MAX_LENGTH = 128

INVALID = _l("This password contains an invalid character. Type it again.")
WELL_KNOWN = _l("This password is well known. Choose another one.")
IS_EMAIL = _l("Choose a password that is not your email address.")
IS_NAME = _l("Choose a password that is not your name.")


def password_problems(plain: str, *, minimum: int, email: str = "", names: Sequence[str] = ()) -> list[LazyString]:
    """Everything that is wrong with this password, as messages; an empty list if it is accepted."""
    rules = [
        (text_problem(plain) is not None, INVALID),
        (len(plain) < minimum, _l("Use a password of at least %(minimum)d characters.", minimum=minimum)),
        (len(plain) > MAX_LENGTH, _l("Use a password of at most %(maximum)d characters.", maximum=MAX_LENGTH)),
        (_folded(plain) in _known_passwords(), WELL_KNOWN),
        (_is_email(plain, email), IS_EMAIL),
        (_is_name(plain, names), IS_NAME),
    ]
    return [message for is_broken, message in rules if is_broken]


@cache
def _known_passwords() -> frozenset[str]:
    path = Path(__file__).with_name("known_passwords") / "list.txt"
    return frozenset(path.read_text(encoding="utf-8").splitlines())


def _is_email(plain: str, email: str) -> bool:
    address = _folded(email)
    return bool(address) and _folded(plain) in {address, address.rpartition("@")[0]}


def _is_name(plain: str, names: Sequence[str]) -> bool:
    parts = [part for part in map(_without_spaces, names) if part]
    return _without_spaces(plain) in {*parts, "".join(parts), "".join(reversed(parts))} - {""}


def _without_spaces(text: str) -> str:
    return "".join(_folded(text).split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
