"""Making an account with everything that belongs to it: membership and API token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l

from ls.accounts.emails import check_email
from ls.db.extensions import db
from ls.exceptions import InvalidFields, Text
from ls.models import ApiToken, Event, Invitation, OneTimeCode, Organization, User
from ls.models.event import audit_context
from ls.models.user import NAME_LENGTH
from ls.names import visible
from ls.security import passwords
from ls.security.password_policy import password_problems
from ls.validation import is_line

TAKEN = _l("User with this email already exists")
TOO_LONG = _l("Use at most 256 characters.")
CONTROL = _l("Leave out control characters.")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be made, checked and with its password hashed before the write lock is taken."""

    email: str
    email_key: str
    password_hash: str | None
    profile: dict[str, str]
    token: str | None


def prepare(email: str, password: str | None, *, token: str | None = None, **profile: str | None) -> NewAccount:
    """Check everything and hash the password, with nothing locked. Raises InvalidFields.

    The profile may have the title of the `organization`, which counts if this becomes the first account.
    Without a password the account exists, but nobody can log in until one is set.
    """
    given = {name: seen for name, value in profile.items() if (seen := visible(value or ""))}
    checks: list[Callable[[], object]] = [partial(check_email, email), partial(check_profile, given)]
    if token is not None:
        checks.append(partial(ApiToken.check, token))
    if password is not None:
        checks.append(partial(check_password, password, email=email, names=given))
    errors: dict[str, list[Text]] = {}
    for check in checks:
        try:
            check()
        except InvalidFields as refused:
            errors |= refused.errors
    if errors:
        raise InvalidFields(errors)
    password_hash = None if password is None else passwords.hash_password(password)
    return NewAccount(*check_email(email), password_hash, given, token)


def check_profile(profile: dict[str, str]) -> None:
    """Check length and characters of names and phone number. Raises InvalidFields."""
    errors = {}
    for name, value in profile.items():
        if len(value) > NAME_LENGTH:
            errors[name] = [TOO_LONG]
        elif not is_line(value):
            errors[name] = [CONTROL]
    if errors:
        raise InvalidFields(errors)


def check_password(
    password: str, *, email: str = "", names: dict[str, str] | None = None, field: str = "password"
) -> None:
    """Check the password policy, with this server's minimum. Raises InvalidFields under `field`."""
    words = [value for name, value in (names or {}).items() if name != "phone"]
    minimum = current_app.config["PASSWORD_MIN_LENGTH"]
    problems = password_problems(password, minimum=minimum, email=email, names=words)
    if problems:
        raise InvalidFields({field: problems})


def check_available(key: str, *, to: User | None = None) -> None:
    """Check that no account has this email key, nor may take it back; `to`: but this one. Raises InvalidFields."""
    is_taken = db.session.query(User.id).filter_by(email_key=key).first() is not None
    if is_taken or key in OneTimeCode.held_keys(but=to):
        raise InvalidFields({"email": [TAKEN]})


def create_account(account: NewAccount, *, kind: str = "sign_up", invitation: Invitation | None = None) -> User:
    """Make the account, inside `write()`; the first one becomes the organization's creator. An invitation is used.

    With kind `sign_up` the new user is the actor of the event. Raises InvalidFields if email or token is taken, or the
    email is not the invitation's; InvitationEnded.
    """
    organization = Organization.lock_for_update()
    check_available(account.email_key)
    title = account.profile.get("organization", "")
    if title and not organization.is_founded:
        organization.title = title
    if invitation is None:
        return create_accounts(organization, [account], kind=kind)[0]
    invitation.redeem(account.email_key)
    user = create_accounts(organization, [account], kind=kind, invitation=invitation.id)[0]
    user.invitation_id = invitation.id
    return user


def create_accounts(
    organization: Organization, accounts: Sequence[NewAccount], *, kind: str, **detail: Any
) -> list[User]:
    """Make these accounts, whose emails are free, in few statements for many; the organization is locked.

    `detail` goes into their events.
    """
    users = [_new_user(account) for account in accounts]
    db.session.add_all(users)
    db.session.flush()
    is_own = kind == "sign_up" and audit_context().actor_id is None
    with db.session.no_autoflush:
        for account, user in zip(accounts, users, strict=True):
            organization.add_member(user)
            ApiToken.issue(user, account.token, is_first=True)
            Event.record(kind, user, actor=user if is_own else None, **detail)
    return users


def _new_user(account: NewAccount) -> User:
    profile = {"username": account.email.partition("@")[0], **account.profile}
    profile.pop("organization", None)
    return User(
        email=account.email,
        email_key=account.email_key,
        password_hash=account.password_hash,
        **profile,
    )
