"""The account as Label Studio prints it."""

from typing import Any

from ls.db.extensions import db
from ls.db.types import iso
from ls.models import ApiToken, User
from ls.models.organization import DEFAULT_ORGANIZATION_ID
from ls.models.token import PURPOSE
from ls.security.keys import keyring


def printed(user: User) -> dict[str, Any]:
    """The dict of `flask user`, its keys in the original's order; `token` in clear, for its owner's admin."""
    return {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "username": user.username,
        "email": user.email,
        # As in the original, an account that was never used was active when it was made.
        "last_activity": iso(user.last_activity or user.date_joined),
        "avatar": f"/data/avatars/{user.avatar_name}" if user.avatar_name else None,
        "initials": user.initials,
        "phone": user.phone,
        "active_organization": DEFAULT_ORGANIZATION_ID,
        "token": token_of(user),
        "status": "ok",
    }


def token_of(user: User) -> str | None:
    """The account's API token. Raises Undecipherable with another secret key than it was made with."""
    row = db.session.get(ApiToken, user.id)
    return keyring().decrypt(PURPOSE, row.cipher) if row else None
