"""The rule for email addresses: checked by email-validator, kept as typed, compared by one key."""

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
