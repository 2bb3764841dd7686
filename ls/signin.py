"""Signing in: one answer and the same work for whoever may not."""

from ls import emails, origin, passwords, throttle
from ls.exceptions import CredentialsWrong
from ls.extensions import db
from ls.models import Event, LoginSession, Organization, User
from ls.throttle import Count
from ls.transaction import write


def sign_in(email: str, password: str, *, persistent: bool) -> User:
    """The person behind these credentials, with a new session begun.

    Raises CredentialsWrong for an unknown, deactivated or passwordless account and for a wrong password
    alike, after the same work; Throttled before any.
    """
    key = emails.comparison_key(email)
    account, address = key or email.casefold()[: emails.MAX_LENGTH], origin.current().address
    everywhere = Count(throttle.ACCOUNT, account)
    counts = throttle.sign_in_counts(account, address)
    throttle.reserve(counts, also=[everywhere])
    user = User.by_email(key)
    stored = user.password_hash if user is not None and user.is_active else None
    db.session.rollback()  # nothing is held while the hash is computed
    if not passwords.verify(stored, password) or user is None:
        _record_failure(user)
        raise CredentialsWrong
    renewed = passwords.hash_password(password) if passwords.needs_renewal(str(stored)) else None
    return _begin(user, stored, renewed, [*counts, everywhere], persistent=persistent)


def _record_failure(user: User | None) -> None:
    with write():
        Event.record("login_failed", user)


def _begin(user: User, verified: str | None, renewed: str | None, counts: list[Count], *, persistent: bool) -> User:
    with write():
        user.hold()
        if not user.is_active or user.password_hash != verified:
            raise CredentialsWrong  # deactivated, or the password changed, while the hash was computed
        if renewed is not None:
            user.password_hash = renewed
        organization = Organization.get()
        LoginSession.forget_expired(user, max_age=organization.max_session_age, max_idle=organization.max_idle)
        LoginSession.begin(user, persistent=persistent)
        throttle.forgive(counts)
        Event.record("login", user, actor=user)
    return user
