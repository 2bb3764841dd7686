"""What a server does before it answers: database up to date, the environment's account made."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from ls.accounts import sign_up as signup
from ls.db.migrate import ensure_current
from ls.db.transaction import write
from ls.exceptions import InvalidFields
from ls.models import User
from ls.models.event import AuditContext, set_audit_context
from ls.security.secret_key import FOLDER_MODE, not_writable


def prepare(app: Flask) -> str | None:
    """Bring the database up to date and make the account that the settings name; safe to repeat.

    Returns what to tell the admin about the account. Raises ConfigError, SchemaTooNew, InvalidFields.
    """
    check_folder(app.config)
    ensure_current(app)
    with app.app_context():
        return ensure_account(
            app.config["USERNAME"], app.config["PASSWORD"], app.config["USER_TOKEN"]
        )


def check_folder(config: Mapping[str, Any]) -> None:
    """Make the data folder if need be; can it and the database in it be written? Raises ConfigError, with the cure."""
    folder = Path(config["BASE_DATA_DIR"])
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)  # load_or_make did, unless the key was given
    except OSError as error:
        raise not_writable(folder, error) from None
    for path in (folder, *folder.glob("*.sqlite3*")):
        if not os.access(path, os.W_OK):
            raise not_writable(folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def ensure_account(email: str | None, password: str | None, token: str | None) -> str | None:
    """Make the account if it does not exist; one that does keeps its password and token."""
    if not email:
        return None
    if _exists(email):
        return f"User {email} already exists"
    if not password:
        return f"User {email} was not created: no password is given"
    set_audit_context(AuditContext(agent="start"))
    candidate = signup.prepare(email, password, token=token)
    try:
        with write():
            signup.create_account(candidate, kind="user_created")
    except InvalidFields as taken:
        if taken.errors.get("email") != [signup.TAKEN]:
            raise
        return f"User {email} already exists"
    return f"User {email} created"


def _exists(email: str) -> bool:
    from ls.accounts.emails import comparison_key

    return User.by_email(comparison_key(email)) is not None
