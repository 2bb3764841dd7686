"""The people who move in: who they are here, and the account of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ls.accounts.emails import MAX_LENGTH
from ls.db.types import utcnow
from ls.label_studio.row import TRUE, Row, number
from ls.label_studio.scope import Scope
from ls.label_studio.source import MoveRefused, Source
from ls.models import User
from ls.models.user import ACTIVE, DEACTIVATED, DELETED, NAME_LENGTH, clean_email, email_key
from ls.security.passwords import is_django_hash
from ls.validation import BIGGEST_ID

HASH_LENGTH = 512
COLUMNS = (
    *("id", "email", "username", "first_name", "last_name", "phone", "password", "date_joined", "last_activity"),
    *("last_login", "allow_newsletters", "custom_hotkeys", "avatar", "is_active"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who moves in."""

    status: str
    email: str = ""
    email_key: str | None = None


def statuses(source: Source, scope: Scope) -> dict[int, str]:
    """The status of everybody who moves in: the organization's people, and whoever did work in it.

    Deleted is everybody who was removed, unless another membership is alive, and everybody whose account is marked as
    deleted, as by release 1.9.2. Without any membership they cannot log in.
    """
    memberships: dict[int, bool] = {}
    elsewhere = set[int]()
    names = ("user_id", "organization_id", "deleted_at")
    for row in source.rows(source.select("organizations_organizationmember", *names)):
        user_id = number(row["user_id"], 1, BIGGEST_ID) or 0
        if number(row["organization_id"], 1, BIGGEST_ID) == scope.organization_id:
            memberships[user_id] = memberships.get(user_id, False) or row["deleted_at"] is None
        else:
            elsewhere.add(user_id)
    workers = {each for found in (scope.authors, scope.creators) for each in source.connection.scalars(found)}
    status = {}
    for row in source.rows(source.select("htx_user", "id", "is_active", "is_deleted")):
        user_id = int(row["id"])
        if user_id not in elsewhere - memberships.keys() or user_id in workers:
            is_member = False if row["is_deleted"] in TRUE else memberships.get(user_id)
            status[user_id] = _status(is_member, row["is_active"])
    return status


def _status(is_member: bool | None, is_active: Any) -> str:
    if is_member is False:
        return DELETED
    return ACTIVE if is_member and is_active in TRUE else DEACTIVATED


def checked_accounts(source: Source, found: Mapping[int, str], emails: Mapping[int, str]) -> dict[int, Account]:
    """Everybody's account, with an email that they can log in with. Raises MoveRefused, naming all who have none."""
    for user_id in emails.keys() - {each for each, status in found.items() if status != DELETED}:
        raise MoveRefused(f"--email {user_id}={emails[user_id]}: no such account moves in.")
    accounts, taken, problems = {}, dict[str, int](), []
    for row in source.rows(source.select("htx_user", "id", "email")):
        user_id = int(row["id"])
        if (status := found.get(user_id)) in {None, DELETED}:
            continue
        email = emails.get(user_id, str(row["email"] or ""))
        key = email_key(email) if len(email) <= MAX_LENGTH else None
        if key is None or key in taken:
            why = f"the same as {taken[key]}" if key else "nobody can log in with it"
            problems.append(f"{user_id} {email!a} ({why})")
        else:
            taken[key] = user_id
        accounts[user_id] = Account(str(status), clean_email(email), key)
    if problems:
        raise MoveRefused(f"Give these accounts another email, with --email ID=NEW for each: {', '.join(problems)}.")
    return accounts | {user_id: Account(DELETED) for user_id, status in found.items() if status == DELETED}


def user_of(row: Row, user_id: int, account: Account) -> User:
    """The account as it is stored here; of a deleted one only the times are kept."""
    joined = row.moment("date_joined", utcnow())
    times = {"date_joined": joined, "last_activity": row.moment("last_activity", joined)}
    if account.status == DELETED:
        return tombstone(user_id, **times)
    if account.status == DEACTIVATED and row.is_true("is_active"):
        row.change("had no membership, and cannot log in until somebody reactivates it")
    return User(
        id=user_id,
        status=account.status,
        email=account.email,
        email_key=account.email_key,
        username=row.line("username", NAME_LENGTH),
        first_name=row.line("first_name", NAME_LENGTH),
        last_name=row.line("last_name", NAME_LENGTH),
        phone=row.line("phone", NAME_LENGTH),
        password_hash=_password(row),
        last_login=row.moment("last_login", None),
        allow_newsletters=None if row.is_null("allow_newsletters") else row.is_true("allow_newsletters"),
        custom_hotkeys=_hotkeys(row),
        **times,
    )


def tombstone(user_id: int, **times: Any) -> User:
    """A deleted account, to which work belongs."""
    return User(id=user_id, status=DELETED, username=f"deleted-{user_id}", **times)


def _password(row: Row) -> str | None:
    stored = row.line("password", HASH_LENGTH)
    if is_django_hash(stored):
        return stored
    if stored and not stored.startswith("!"):
        row.change("the password is hashed in a way that is not known here")
    return None


def _hotkeys(row: Row) -> dict[str, Any]:
    value = row.json("custom_hotkeys") or {}
    if isinstance(value, dict) and all(isinstance(each, dict) for each in value.values()):
        return value
    row.change("the hotkeys had another form and were left out")
    return {}
