"""API tokens and personal tokens, which go on working as they are."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ls.db.types import utcnow
from ls.exceptions import InvalidFields
from ls.label_studio.people import Account
from ls.label_studio.report import Report
from ls.label_studio.row import Row
from ls.label_studio.secret_key import signed
from ls.label_studio.source import Source
from ls.models import ApiToken
from ls.models.user import DELETED
from ls.security.crypto import digest, random_token

OUTSTANDING, BLACKLISTED = "token_blacklist_outstandingtoken", "token_blacklist_blacklistedtoken"
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def api_tokens(source: Source, people: Mapping[int, Account], report: Report) -> Iterator[dict[str, Any]]:
    """A token for everybody but the deleted: their own, or a new one where there is none that can be sent."""
    found = {}
    for row in source.rows(source.select("authtoken_token", "user_id", "key", "created")):
        token = Row("token of account", {"id": row["user_id"], **row}, report)
        found[token.id("user_id")] = token
    taken = set[str]()
    for user_id, account in people.items():
        if account.status != DELETED:
            own = found.get(user_id)
            key = own.raw("key") if own and _can_be_sent(own, taken) else random_token()
            taken.add(key)
            yield ApiToken.sealed(user_id, key, own.moment("created", utcnow()) if own else utcnow())


def _can_be_sent(token: Row, taken: set[str]) -> bool:
    try:
        ApiToken.check(token.raw("key"))
    except InvalidFields:
        token.change("could not be sent in a header, there neither, and was replaced by a new one")
        return False
    if token.raw("key") in taken:
        token.change("belonged to two accounts and was replaced by a new one")
    return token.raw("key") not in taken


def personal_tokens(
    source: Source, people: Mapping[int, Account], key: str, report: Report
) -> Iterator[dict[str, Any]]:
    """The tokens that still work or were blacklisted, made whole with Label Studio's key."""
    if not source.has(OUTSTANDING, "id", "user_id", "token"):
        return
    dead, seen = _blacklisted(source, report), set[str]()
    for values in source.rows(source.select(OUTSTANDING, "id", "user_id", "token", "created_at", "expires_at")):
        row = Row("personal token", values, report)
        token = _personal_token(row, people, dead.get(row.id("id")))
        if token is None or token["unsigned"] in seen:
            report.left["personal_tokens_expired_or_of_deleted_people"] += 1
        elif not key:
            report.left["personal_tokens_without_the_secret_key"] += 1
        else:
            seen.add(token["unsigned"])
            yield {**token, "digest": digest(signed(token["unsigned"], key))}


def _personal_token(row: Row, people: Mapping[int, Account], ended: datetime | None) -> dict[str, Any] | None:
    """The token as it is stored, but for its digest; None if it is of no use."""
    user_id, expires = row.id("user_id") or 0, row.moment("expires_at", None)
    unsigned = ".".join(row.raw("token").split(".")[:2])
    if user_id not in people or people[user_id].status == DELETED or not _is_refresh(unsigned):
        return None
    if expires is None or expires <= utcnow():
        return None
    return {
        "user_id": user_id,
        "unsigned": unsigned,
        "created_at": row.moment("created_at", utcnow()),
        "expires_at": expires,
        "blacklisted_at": ended,
        "ended_by": "blacklist" if ended else None,
    }


def _blacklisted(source: Source, report: Report) -> dict[int | None, datetime | None]:
    """When each of the tokens was ended, by the id of the token."""
    if not source.has(BLACKLISTED, "id", "token_id"):
        return {}
    rows = source.rows(source.select(BLACKLISTED, "id", "token_id", "blacklisted_at"))
    found = (Row("blacklisted token", values, report) for values in rows)
    return {row.id("token_id"): row.moment("blacklisted_at", utcnow()) for row in found}


def _is_refresh(unsigned: str) -> bool:
    if not _JWT.fullmatch(unsigned):
        return False
    payload = unsigned.rpartition(".")[2]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(claims, dict) and claims.get("token_type") == "refresh"
