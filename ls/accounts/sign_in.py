"""Signing in: one answer and the same work for whoever may not."""

from ls.accounts import emails
from ls.accounts import rate_limit as throttle
from ls.accounts.rate_limit import Count
from ls.db.extensions import db
from ls.db.transaction import write
from ls.exceptions import CredentialsWrong
from ls.models import Event, LoginSession
from ls.models.credential import Credential
from ls.models.event import audit_context
from ls.models.login_session import NewLogin
from ls.security import passwords


def sign_in(email: str, password: str, *, persistent: bool) -> NewLogin:
    """A new login for the person behind these credentials.

    Raises CredentialsWrong for an unknown, deactivated or passwordless account and for a wrong password
    alike, after the same work; Throttled before any.
    """
    key = emails.comparison_key(email)
    account = key or email.casefold()[: emails.MAX_LENGTH]
    counts = throttle.reserve_sign_in(account, audit_context().address)
    found = Credential.by_email(key)
    db.session.rollback()  # nothing is held while the hash is computed
    stored = found.usable_hash if found else None
    if not passwords.verify(stored, password) or found is None:
        _record_failure(found)
        raise CredentialsWrong
    renewed = passwords.hash_password(password) if passwords.needs_renewal(str(stored)) else None
    return _begin(found, renewed, counts, persistent=persistent)


def _record_failure(found: Credential | None) -> None:
    with write():
        Event.record("login_failed", found)


def _begin(verified: Credential, renewed: str | None, counts: list[Count], *, persistent: bool) -> NewLogin:
    with write():
        present = Credential.hold(verified.id)
        if present is None or present.usable_hash != verified.password_hash:
            raise CredentialsWrong  # deactivated, or the password changed, while the hash was computed
        if renewed is not None:
            present.renew(renewed)
        LoginSession.forget_expired(present, present)
        throttle.forgive(counts)
        Event.record("login", present, actor=present)
        return LoginSession.begin(present, present, persistent=persistent)
