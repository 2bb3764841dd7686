"""Slows guessing down, over all workers and nodes, without ever locking an owner out.

Counts live in the database under keyed hashes. Each rule has its own window; what has expired is deleted
as new attempts come in, so the table cleans itself (OWASP ASVS 5.0, 6.3.1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from sqlalchemy import CursorResult, Executable, bindparam, case, delete, select, update

from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.db.upsert import insert_into
from ls.exceptions import Throttled
from ls.models.attempt import Attempt
from ls.security.keys import keyring

_TABLE = Attempt.metadata.tables[Attempt.__tablename__]
_ROWS = _TABLE.c
SWEEP = 20  # expired rows deleted with each attempt, so that no attempt pays for many


_SWEEP = delete(_TABLE).where(
    _ROWS.key.in_(select(_ROWS.key).where(_ROWS.expires_at <= bindparam("moment")).limit(SWEEP))
)
_FORGET = delete(_TABLE).where(_ROWS.key == bindparam("row"))
_TAKE_BACK = (
    update(_TABLE).where(_ROWS.key == bindparam("row"), _ROWS["count"] > 0).values(count=_ROWS["count"] - 1)
)


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `limit` attempts within `window`, counted under this name."""

    name: str
    limit: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Count:
    """One rule for one subject: an account, an address, or both."""

    rule: Rule
    subject: str

    @property
    def key(self) -> str:
        """What the row is called: a hash, so that the table tells nobody's address."""
        return keyring().lookup("throttle", f"{self.rule.name}\0{self.subject}").hex()


ACCOUNT_FROM_ADDRESS = Rule("account from address", 10, timedelta(minutes=15))
ADDRESS = Rule("address", 60, timedelta(minutes=15))
ACCOUNT = Rule("account", 100, timedelta(hours=1))
ACCOUNT_UNDER_ATTACK = Rule("newcomer", 3, timedelta(hours=1))
SIGN_UP = Rule("sign-up", 100, timedelta(hours=1))
SIGN_UP_FORM = Rule("sign-up form", 1, timedelta(minutes=1))
OWN_PASSWORD = Rule("own password", 10, timedelta(minutes=15))
PAIRS = (ACCOUNT_FROM_ADDRESS, ACCOUNT_UNDER_ATTACK, OWN_PASSWORD)


def network(address: str) -> str:
    """What counts as one address: an IPv6 customer has a whole /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    # A socket for both writes IPv4 as ::ffff:192.0.2.1; one /64 would hold them all.
    return str(parsed.ipv4_mapped or ip_network((address.partition("%")[0], 64), strict=False))


def reserve_sign_in(account: str, address: str) -> list[Count]:
    """Count an attempt to sign in before it is made; returns under what. Raises Throttled.

    When an account is tried from everywhere at once, each address keeps a few attempts of its own: the
    owner's next device still gets in.
    """
    moment, where = utcnow(), network(address)
    pair, everywhere = f"{account}\0{where}", Count(ACCOUNT, account)
    counts = [Count(ACCOUNT_FROM_ADDRESS, pair), Count(ADDRESS, where)]
    with write():
        _sweep(moment)
        # In the order in which `forgive` goes through them, or two transactions would wait for each other.
        waits = [_wait(count, moment) for count in counts]
        tries, _until = _bump(everywhere, moment)
        if tries > ACCOUNT.limit:
            counts.append(Count(ACCOUNT_UNDER_ATTACK, pair))
            waits.append(_wait(counts[-1], moment))
    if any(waits):
        raise Throttled(max(waits))
    return [*counts, everywhere]


def reserve(count: Count) -> None:
    """Count an attempt before it is made, so that many at once cannot slip through together.

    Raises Throttled, with the seconds after which it is worth trying.
    """
    moment = utcnow()
    with write():
        _sweep(moment)
        refused = _wait(count, moment)
    if refused:
        raise Throttled(refused)


def _wait(count: Count, moment: datetime) -> int:
    """Count one more: the seconds until one more is allowed, 0 if this one is."""
    number, expires = _bump(count, moment)
    return int((expires - moment).total_seconds()) + 1 if number > count.rule.limit else 0


def _bump(count: Count, moment: datetime) -> tuple[int, datetime]:
    values = {"key": count.key, "moment": moment, "until": moment + count.rule.window}
    row: Any = _run(_bumping(db.engine.dialect.name), values).one()
    return row[0], row[1]


def _run(statement: Executable, values: Mapping[str, Any] | list[dict[str, str]]) -> CursorResult[Any]:
    # On the connection: through the object layer each of these few statements would cost a millisecond.
    return db.session.connection().execute(statement, values)


@lru_cache(maxsize=2)
def _bumping(dialect: str) -> Executable:
    """Count one more, or begin anew once the window is over; built once."""
    until, over = bindparam("until", type_=_ROWS.expires_at.type), _ROWS.expires_at <= bindparam("moment")
    fresh = insert_into(_TABLE, dialect).values(key=bindparam("key"), count=1, expires_at=until)
    bumped: Executable = fresh.on_conflict_do_update(
        index_elements=[_ROWS.key],
        set_={
            "count": case((over, 1), else_=_ROWS['count'] + 1),
            "expires_at": case((over, until), else_=_ROWS.expires_at),
        },
    ).returning(_ROWS["count"], _ROWS.expires_at)
    return bumped


def note(counts: Sequence[Count]) -> None:
    """Inside `write()`: this was done; known until its window is over."""
    for count in counts:
        _bump(count, utcnow())


def is_noted(counts: Sequence[Count]) -> bool:
    """Was one of these done within its window?"""
    living = select(Attempt.key).where(Attempt.key.in_([count.key for count in counts]), Attempt.expires_at > utcnow())
    return db.session.scalar(living.limit(1)) is not None


def _sweep(moment: datetime) -> None:
    _run(_SWEEP, {"moment": moment})


def forgive(counts: Sequence[Count]) -> None:
    """Inside `write()`: the attempt was right, so take it back; a pair's count, the first, starts anew."""
    for statement, are_pairs in ((_FORGET, True), (_TAKE_BACK, False)):
        rows = [{"row": count.key} for count in counts if (count.rule in PAIRS) is are_pairs]
        if rows:
            _run(statement, rows)
