"""The account that the settings name, made when the server starts."""

from ls.accounts import sign_up
from ls.accounts.emails import check_email
from ls.db.transaction import write
from ls.exceptions import DomainError, InvalidFields
from ls.models import User
from ls.models.event import AuditContext, set_audit_context
from ls.names import isolated


def ensure_account(email: str | None, password: str | None, token: str | None) -> str | None:
    """Make the account if it does not exist; one that does keeps its password and token.

    Returns what to tell the admin. Of several workers that start at once, one makes it. Raises InvalidFields, or
    DomainError for an account that is not there without a password: its name is likely wrong.
    """
    if not email:
        return None
    if User.by_email(email) is not None:
        return f"User {isolated(email)} already exists"
    check_email(email)
    if not password:
        raise DomainError(f"User {isolated(email)} does not exist, and was not created: no password is given")
    set_audit_context(AuditContext(agent="start"))
    account = sign_up.prepare(email, password, token=token)
    try:
        with write():
            sign_up.create_account(account, kind="user_created")
    except InvalidFields as refused:
        if refused.errors.get("email") != [sign_up.TAKEN]:
            raise
        return f"User {isolated(email)} already exists"
    return f"User {isolated(email)} created"
