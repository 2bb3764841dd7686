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
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from ls.clock import now
from ls.exceptions import Throttled
from ls.extensions import db
from ls.keys import keyring
from ls.models.attempt import Attempt
from ls.transaction import write

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
NEWCOMER = Rule("newcomer", 3, timedelta(hours=1))
SIGN_UP = Rule("sign-up", 100, timedelta(hours=1))
SIGN_UP_FORM = Rule("sign-up form", 1, timedelta(minutes=1))
OWN_PASSWORD = Rule("own password", 10, timedelta(minutes=15))


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


def sign_in_counts(account: str, address: str) -> list[Count]:
    """What an attempt to sign in is counted under.

    When an account is tried from everywhere at once, each address keeps a few attempts of its own: the
    owner's next device still gets in.
    """
    where = network(address)
    pair = f"{account}\0{where}"
    counts = [Count(ACCOUNT_FROM_ADDRESS, pair), Count(ADDRESS, where)]
    if _present(Count(ACCOUNT, account)) >= ACCOUNT.limit:
        counts.append(Count(NEWCOMER, pair))
    return counts


def _present(count: Count) -> int:
    statement = select(Attempt.count).where(Attempt.key == count.key, Attempt.expires_at > now())
    return db.session.scalar(statement) or 0


def reserve(counts: Sequence[Count], *, also: Sequence[Count] = ()) -> None:
    """Count an attempt before it is made, so that many at once cannot slip through together.

    `also` is counted without a limit. Raises Throttled, with the seconds after which it is worth trying.
    """
    moment, refused = now(), 0
    with write():
        _sweep(moment)
        for count in (*counts, *also):
            number, expires = _bump(count, moment)
            if count in counts and number > count.rule.limit:
                refused = max(refused, int((expires - moment).total_seconds()) + 1)
    if refused:
        raise Throttled(refused)


def _bump(count: Count, moment: datetime) -> tuple[int, datetime]:
    values = {"key": count.key, "moment": moment, "until": moment + count.rule.window}
    row: Any = _run(_bumping(db.engine.dialect.name), values).one()
    return row[0], row[1]


def _run(statement: Executable, values: Mapping[str, Any]) -> CursorResult[Any]:
    # On the connection: through the object layer each of these few statements would cost a millisecond.
    return db.session.connection().execute(statement, values)


@lru_cache(maxsize=2)
def _bumping(dialect: str) -> Executable:
    """Count one more, or begin anew once the window is over; built once."""
    insert = insert_postgresql if dialect == "postgresql" else insert_sqlite
    until, over = bindparam("until", type_=_ROWS.expires_at.type), _ROWS.expires_at <= bindparam("moment")
    fresh = insert(_TABLE).values(key=bindparam("key"), count=1, expires_at=until)
    return fresh.on_conflict_do_update(
        index_elements=[_ROWS.key],
        set_={
            "count": case((over, 1), else_=_ROWS['count'] + 1),
            "expires_at": case((over, until), else_=_ROWS.expires_at),
        },
    ).returning(_ROWS["count"], _ROWS.expires_at)


def note(counts: Sequence[Count]) -> None:
    """Inside `write()`: this was done; known until its window is over."""
    for count in counts:
        _bump(count, now())


def is_noted(counts: Sequence[Count]) -> bool:
    """Was one of these done within its window?"""
    return any(_present(count) for count in counts)


def _sweep(moment: datetime) -> None:
    _run(_SWEEP, {"moment": moment})


def forgive(counts: Sequence[Count]) -> None:
    """Inside `write()`: the attempt was right, so take it back; a pair's count starts anew."""
    for count in counts:
        is_pair = count.rule in {ACCOUNT_FROM_ADDRESS, NEWCOMER, OWN_PASSWORD}
        _run(_FORGET if is_pair else _TAKE_BACK, {"row": count.key})
