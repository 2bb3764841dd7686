"""The rule for email addresses: checked by email-validator, kept as typed, compared by one key."""

from flask_babel import lazy_gettext as _l

from ls.exceptions import InvalidFields, Text
from ls.models.user import email_key

MAX_LENGTH = 254

INVALID: Text = _l("Enter a valid email address, like anna@example.org.")
TOO_LONG: Text = _l("An email address has at most 254 characters.")


def check_email(email: str) -> tuple[str, str]:
    """The address as typed, without outer blanks, and the key it is compared by. Raises InvalidFields.

    Domains like `.local`, which a server on its own network may use, are accepted. Whether the domain
    takes mail is not asked, because the server may be offline.
    """
    email = email.strip()
    if len(email) > MAX_LENGTH:
        raise InvalidFields({"email": [TOO_LONG]})
    key = email_key(email)
    if key is None:
        raise InvalidFields({"email": [INVALID]})
    return email, key
