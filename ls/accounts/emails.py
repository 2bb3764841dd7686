"""The rule for email addresses: checked by email-validator, kept as typed, compared by one key."""

from collections.abc import Iterator
from itertools import groupby

from flask_babel import lazy_gettext as _l

from ls.exceptions import InvalidFields, Text
from ls.models.user import clean_email, email_key

MAX_LENGTH = 254

INVALID: Text = _l("Enter a valid email address, like anna@example.org.")
NO_AT: Text = _l("Enter a valid email address: an @ is missing, as in anna@example.org.")
TWO_ATS: Text = _l("Enter a valid email address, with one @ only, like anna@example.org.")
BLANK: Text = _l("Enter a valid email address, without a blank in it, like anna@example.org.")
HALF: Text = _l("Enter a valid email address: a part before or behind the @ is missing, as in anna@example.org.")
NO_DOT: Text = _l("Enter a valid email address. The part behind the @ needs a dot, like example.org.")
TOO_LONG: Text = _l("An email address has at most 254 characters.")

_WIDE = str.maketrans("，、；", ",,;")  # as Chinese keyboards type


def check_email(email: str) -> tuple[str, str]:
    """The address as typed, without what cannot be seen, and the key it is compared by. Raises InvalidFields.

    Domains like `.local`, which a server on its own network may use, are accepted. Whether the domain
    takes mail is not asked, because the server may be offline.
    """
    email = clean_email(email)
    if len(email) > MAX_LENGTH:
        raise InvalidFields({"email": [TOO_LONG]})
    key = email_key(email)
    if key is None:
        raise InvalidFields({"email": [_problem(email)]})
    return email, key


def _problem(email: str) -> Text:
    name, at, domain = email.partition("@")
    if not at:
        return NO_AT
    if "@" in domain:
        return TWO_ATS
    if email.split() != [email]:
        return BLANK
    if not name or not domain:
        return HALF
    return INVALID if "." in domain else NO_DOT


def emails_in(text: str) -> list[str]:
    """The addresses that were pasted: a line each, between commas, semicolons or blanks, with or without names."""
    parts = text.translate(_WIDE).replace(";", "\n").splitlines()
    return [email for part in parts for email in (_named(part) if "<" in part else _words(part))]


def _named(part: str) -> Iterator[str]:
    """`Anna <anna@example.org>`: the name may be the address again; with a comma in it, its words have no @."""
    before, *rest = part.split("<")
    for piece in rest:
        yield from (word for word in _words(before.rpartition(",")[0]) if "@" in word)
        email, _, before = piece.partition(">")
        yield email.strip()
    yield from (word for word in _words(before) if "@" in word)


def _words(part: str) -> list[str]:
    """Blanks stand between addresses, but not within what is none, so that it is refused as it was typed."""
    found: list[str] = []
    for piece in part.split(","):
        for is_address, group in groupby(piece.split(), key=lambda word: "@" in word):
            words = list(group)
            found += words if is_address else [" ".join(words)]
    return found
