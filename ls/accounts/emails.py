"""E-mail addresses: checked by email-validator, kept as typed, compared by one key."""

from flask_babel import lazy_gettext as _l

from ls.exceptions import InvalidFields, Text

MAX_LENGTH = 254

WRONG: Text = _l("Enter a valid email address, like anna@example.org.")
TOO_LONG: Text = _l("An email address has at most 254 characters.")


def checked(email: str) -> tuple[str, str]:
    """The address as typed, without outer blanks, and the key it is compared by.

    Raises InvalidFields. Names like `.local`, which a server on its own network may use, are accepted;
    whether the domain takes mail is not asked, because the server may be offline.
    """
    email = email.strip()
    if len(email) > MAX_LENGTH:
        raise InvalidFields({"email": [TOO_LONG]})
    key = comparison_key(email)
    if key is None:
        raise InvalidFields({"email": [WRONG]})
    return email, key


def comparison_key(email: str) -> str | None:
    """The normalised, case-folded address (RFC 6531, Unicode NFC), or None where it is no address."""
    # Imported here because command line and most requests never look at an address.
    from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

    for private in ("local", "test"):
        if private in SPECIAL_USE_DOMAIN_NAMES:
            SPECIAL_USE_DOMAIN_NAMES.remove(private)
    try:
        found = validate_email(email.strip(), check_deliverability=False)
    except (EmailNotValidError, UnicodeError, ValueError):
        return None
    return found.normalized.casefold()
