"""What is born together: account, membership, API token, and where it applies the first session."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l

from ls.accounts import emails
from ls.db.extensions import db
from ls.exceptions import InvalidFields
from ls.models import ApiToken, Event, Organization, User
from ls.models.event import audit_context
from ls.models.user import NAME_LENGTH
from ls.security import passwords

TAKEN = _l("User with this email already exists")
TOO_LONG = _l("Use at most 256 characters.")
CONTROL = _l("Leave out control characters.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account to be, checked and hashed, before the write lock is taken."""

    email: str
    email_key: str
    password_hash: str | None
    profile: dict[str, str]
    token: str | None


def prepare(
    email: str, password: str | None, *, token: str | None = None, **profile: str | None
) -> Candidate:
    """Check everything and hash the password, with nothing locked. Raises InvalidFields.

    Without a password the account exists, but nobody can sign in until one is set.
    """
    checked: dict[str, Any] = {}
    errors: dict[str, list[Any]] = {}
    given = {name: value.strip() for name, value in profile.items() if value}
    for check in (
        lambda: checked.update(zip(("email", "key"), emails.checked(email), strict=True)),
        lambda: check_profile(given),
        lambda: token is None or ApiToken.check(token),
        lambda: check_password(password, email=email, names=given) if password is not None else None,
    ):
        _collect(errors, check)
    if errors:
        raise InvalidFields(errors)
    hashed = None if password is None else passwords.hash_password(password)
    return Candidate(checked["email"], checked["key"], hashed, given, token)


def _collect(errors: dict[str, list[Any]], check: Callable[[], object]) -> None:
    try:
        check()
    except InvalidFields as refused:
        errors.update(refused.errors)


def check_profile(profile: dict[str, str]) -> None:
    """Are the names and the phone number fit to be kept? Raises InvalidFields."""
    errors = {}
    for name, value in profile.items():
        if len(value) > NAME_LENGTH:
            errors[name] = [TOO_LONG]
        elif not storable(value):
            errors[name] = [CONTROL]
    if errors:
        raise InvalidFields(errors)


def storable(value: str) -> bool:
    """One line of text that every database takes: no control characters, no lone surrogates."""
    return not any(ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) < 0xE000 for letter in value)


def check_password(
    password: str, *, email: str = "", names: dict[str, str] | None = None, field: str = "password"
) -> None:
    """The password policy, with this server's minimum. Raises InvalidFields under `field`."""
    said = [value for name, value in (names or {}).items() if name != "phone"]
    try:
        passwords.check_policy(
            password, minimum=current_app.config["PASSWORD_MIN_LENGTH"], email=email, names=said
        )
    except passwords.PasswordRefused as refused:
        raise InvalidFields({field: [_l(text, **values) for text, values in refused.reasons]}) from None


def check_free(email_key: str) -> None:
    """Has nobody this e-mail yet? Raises InvalidFields."""
    if User.by_email(email_key) is not None:
        raise InvalidFields({"email": [TAKEN]})


def create_account(candidate: Candidate, *, kind: str = "sign_up") -> User:
    """Make the account, inside `write()`. The first one founds the organization.

    Raises InvalidFields if the e-mail or the token is taken. With kind `sign_up` the new person is her own actor.
    """
    organization = Organization.lock()
    check_free(candidate.email_key)
    profile = {"username": candidate.email.partition("@")[0], **candidate.profile}
    user = User(
        email=candidate.email,
        email_key=candidate.email_key,
        password_hash=candidate.password_hash,
        **profile,
    )
    db.session.add(user)
    db.session.flush()
    organization.welcome(user)
    ApiToken.issue(user, candidate.token)
    own = kind == "sign_up" and audit_context().actor_id is None
    Event.record(kind, user, actor=user if own else None)
    return user
