"""Rate limits on guessing, over all workers and nodes, which never lock the owner of an account out.

Counters are rows under keyed hashes. Each limit has a window; rows whose window has passed are deleted as
new attempts come in (OWASP ASVS 5.0, 6.3.1).
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from flask import current_app
from sqlalchemy import Executable, bindparam, case, delete, select, update

from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.db.upsert import insert_into
from ls.exceptions import Throttled
from ls.models.attempt import Attempt
from ls.models.event import audit_context

DELETED_AT_ONCE = 20  # expired rows with each attempt, so that no attempt pays for many

_ATTEMPTS: Any = Attempt.__table__
_C = _ATTEMPTS.c
_EXPIRED = (
    select(_C.key)
    .where(_C.expires_at <= bindparam("moment"))
    .limit(DELETED_AT_ONCE)
    .with_for_update(skip_locked=True)  # on SQLite nobody else writes meanwhile
)
_DELETE_EXPIRED = delete(_ATTEMPTS).where(_C.key.in_(_EXPIRED))
_DELETE = delete(_ATTEMPTS).where(_C.key == bindparam("bucket"))
_DECREMENT = update(_ATTEMPTS).where(_C.key == bindparam("bucket"), _C["count"] > 0).values(count=_C["count"] - 1)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `limit` attempts within `window`, counted under this name; a right attempt starts anew if `resets`.

    A limit `of_address` alone does not count an address that many people share.
    """

    name: str
    limit: int
    window: timedelta
    resets: bool = False
    of_address: bool = False


@dataclass(frozen=True, slots=True)
class Bucket:
    """The counter of one limit for one subject: an account, an address, or both."""

    limit: RateLimit
    subject: str

    @property
    def key(self) -> str:
        """The row's key: a keyed hash, so that the table does not tell accounts and addresses."""
        text = f"rate-limit\0{self.limit.name}\0{self.subject}".encode("utf-8", "surrogatepass")
        return hmac.digest(str(current_app.secret_key).encode(), text, "sha256").hex()


ACCOUNT_FROM_ADDRESS = RateLimit("account from address", 10, timedelta(minutes=15), resets=True)
ADDRESS = RateLimit("address", 60, timedelta(minutes=15), of_address=True)
ACCOUNT = RateLimit("account", 100, timedelta(hours=1))
ACCOUNT_UNDER_ATTACK = RateLimit("account under attack", 3, timedelta(hours=1), resets=True)
SIGN_UP = RateLimit("sign-up", 100, timedelta(hours=1), of_address=True)
FORM = RateLimit("form", 1, timedelta(minutes=10))
OWN_PASSWORD = RateLimit("own password", 10, timedelta(minutes=15), resets=True)
TOKEN = RateLimit("token", 50, timedelta(minutes=15))
WRONG_TOKEN = RateLimit("wrong token", 1, timedelta(minutes=15))
KNOWN_TOKEN = RateLimit("known token", 1, timedelta(days=30))


def network(address: str) -> str:
    """What counts as one address: an IPv6 customer has a whole /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    # A socket for both families writes IPv4 as ::ffff:192.0.2.1; one /64 would hold them all.
    return str(parsed.ipv4_mapped or ip_network((address.partition("%")[0], 64), strict=False))


def reserve_sign_in(account: str, address: str) -> list[Bucket]:
    """Count an attempt to log in before it is made; returns its buckets. Raises Throttled.

    When an account is tried from everywhere at once, each address keeps a few attempts of its own, so that
    the owner's next device still gets in.
    """
    moment, where = utcnow(), network(address)
    pair, everywhere = f"{account}\0{where}", Bucket(ACCOUNT, account)
    buckets = [Bucket(ACCOUNT_FROM_ADDRESS, pair), Bucket(ADDRESS, where)]
    with write():
        # In the order in which `refund` goes through them, or two transactions would wait for each other.
        waits = [_wait(bucket, moment) for bucket in buckets]
        attempts, _until = _increment(everywhere, moment)
        if attempts > ACCOUNT.limit:
            buckets.append(Bucket(ACCOUNT_UNDER_ATTACK, pair))
            waits.append(_wait(buckets[-1], moment))
        _delete_expired(moment)
    if any(waits):
        raise Throttled(max(waits))
    return [*buckets, everywhere]


def reserve(bucket: Bucket, noting: Sequence[Bucket] = ()) -> None:
    """Count an attempt before it is made, so that many at once cannot slip through together; note one that may be.

    Raises Throttled, with the seconds after which the next attempt is allowed.
    """
    moment = utcnow()
    with write():
        seconds = _wait(bucket, moment)
        note(() if seconds else noting)
        _delete_expired(moment)
    if seconds:
        raise Throttled(seconds)


def check(bucket: Bucket) -> None:
    """Check that another attempt would be allowed, without counting one. Raises Throttled."""
    moment = utcnow()
    used_up = select(Attempt.expires_at).where(Attempt.key == bucket.key, Attempt.count >= bucket.limit.limit)
    until = db.session.scalar(used_up.where(Attempt.expires_at > moment))
    if until is not None:
        raise Throttled(_seconds(moment, until))


def _delete_expired(moment: datetime) -> None:
    """Last and without waiting, so that two transactions never wait for each other's counters in a circle."""
    _run(_DELETE_EXPIRED, {"moment": moment})


def _wait(bucket: Bucket, moment: datetime) -> int:
    """Count one attempt: the seconds until the next is allowed, 0 if this one is."""
    if bucket.limit.of_address and audit_context().is_shared:
        return 0
    attempts, expires = _increment(bucket, moment)
    return _seconds(moment, expires) if attempts > bucket.limit.limit else 0


def _seconds(moment: datetime, until: datetime) -> int:
    return int((until - moment).total_seconds()) + 1


def _increment(bucket: Bucket, moment: datetime) -> tuple[int, datetime]:
    values = {"key": bucket.key, "moment": moment, "until": moment + bucket.limit.window}
    row = _run(_upsert(db.engine.dialect.name), values).one()
    return row[0], row[1]


def _run(statement: Executable, values: Any) -> Any:
    return db.session.connection().execute(statement, values)


@lru_cache(maxsize=2)
def _upsert(dialect: str) -> Executable:
    """Count one more, or begin anew once the window has passed."""
    until, over = bindparam("until", type_=_C.expires_at.type), _C.expires_at <= bindparam("moment")
    fresh = insert_into(_ATTEMPTS, dialect).values(key=bindparam("key"), count=1, expires_at=until)
    counted: Executable = fresh.on_conflict_do_update(
        index_elements=[_C.key],
        set_={
            "count": case((over, 1), else_=_C["count"] + 1),
            "expires_at": case((over, until), else_=_C.expires_at),
        },
    ).returning(_C["count"], _C.expires_at)
    return counted


def note(buckets: Sequence[Bucket]) -> None:
    """Inside `write()`: record that this was done, until its window has passed."""
    for bucket in buckets:
        _increment(bucket, utcnow())


def is_noted(buckets: Sequence[Bucket]) -> bool:
    """Whether one of these was done within its window."""
    current = select(Attempt.key).where(
        Attempt.key.in_([bucket.key for bucket in buckets]), Attempt.expires_at > utcnow()
    )
    return db.session.scalar(current.limit(1)) is not None


def refund(buckets: Sequence[Bucket]) -> None:
    """Inside `write()`: the attempt was right, so take it back; limits that reset start anew."""
    for statement, resets in ((_DELETE, True), (_DECREMENT, False)):
        rows = [{"bucket": bucket.key} for bucket in buckets if bucket.limit.resets is resets]
        if rows:
            _run(statement, rows)
