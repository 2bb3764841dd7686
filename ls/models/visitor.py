"""Who asks: account, team and login in one light row, because it is read for every request."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, select

from ls.db.extensions import db
from ls.db.types import utcnow
from ls.kept import kept
from ls.models.account import COLUMNS, Account
from ls.models.login_session import LoginSession
from ls.models.organization import DEFAULT_ORGANIZATION_ID, Limits, Organization
from ls.models.token import ApiToken
from ls.models.user import ACTIVE, NEVER, User

_USERS, _TEAMS, _LOGINS = User.__table__.c, Organization.__table__.c, LoginSession.__table__.c


class _Team(NamedTuple):
    id: int
    title: str
    contact_info: str | None
    active_members: int
    deactivated_members: int
    session_max_age: int | None
    session_max_idle: int | None
    api_tokens_enabled: bool
    personal_tokens_enabled: bool


class Team(Limits, _Team):
    """The organization as it was when the request began."""

    @property
    def members_count(self) -> int:
        """Active and deactivated people; tombstones do not count."""
        return self.active_members + self.deactivated_members


class Login(NamedTuple):
    """The session of a signed-in browser."""

    id: int
    created_at: datetime
    last_seen: datetime

    def is_over(self, team: Team) -> bool:
        """Has this session passed one of its limits?"""
        moment = utcnow()
        return moment - self.created_at >= team.max_session_age or moment - self.last_seen >= team.max_idle


class Face(NamedTuple):
    """What the bar shows of somebody."""

    id: int
    display_name: str
    email: str
    initials: str
    avatar_name: str | None


class _Visitor(NamedTuple):
    account: Account
    has_password: bool
    team: Team
    login: Login | None


class Visitor(_Visitor):
    """The person of this request, as Flask-Login and templates know her; verbs take her `User`."""

    is_authenticated = True
    is_anonymous = False

    def __getattr__(self, name: str) -> Any:
        """What the account tells of her."""
        return getattr(self.account, name)

    @property
    def face(self) -> Face:
        """What the bar shows of her."""
        mine = self.account
        return Face(mine.id, mine.display_name, mine.email, mine.initials, mine.avatar_name)

    @property
    def noted_at(self) -> datetime:
        """When she was last noted as active, here and at all: the older of both."""
        last = self.account.last_activity or NEVER
        return min(last, self.login.last_seen) if self.login else last

    @property
    def idle_limit(self) -> timedelta | None:
        """How long this login lives without activity; None for a credential."""
        return self.team.max_idle if self.login else None


_TEAM = tuple(_TEAMS[name] for name in _Team._fields)
_LOGIN = tuple(_LOGINS[name] for name in Login._fields)

# Built once: making a statement anew costs more than running it.


@lru_cache(maxsize=8)
def _statement(kind: str) -> Select[Any]:
    columns: tuple[ColumnElement[Any], ...] = (*COLUMNS, _USERS.password_hash.is_not(None), *_TEAM)
    everybody = select(*columns).select_from(User).join(Organization, Organization.id == DEFAULT_ORGANIZATION_ID)
    statement = everybody.where(_USERS.status == ACTIVE)
    if kind == "session":
        statement = statement.add_columns(*_LOGIN).join(LoginSession, LoginSession.user_id == User.id)
        return statement.where(LoginSession.digest == bindparam("key"))
    if kind == "token":
        statement = statement.join(ApiToken, ApiToken.user_id == User.id)
        return statement.where(ApiToken.lookup == bindparam("key"))
    return statement.where(User.id == bindparam("key"))


@kept
def _found(kind: str, key: bytes | int) -> Visitor | None:
    values: Mapping[str, Any] = {"key": key}
    row = db.session.connection().execute(_statement(kind), values).first()
    if row is None:
        return None
    account, team = len(COLUMNS), len(COLUMNS) + 1 + len(_TEAM)
    login = Login._make(row[team:]) if len(row) > team else None
    return Visitor(Account._make(row[:account]), row[account], Team._make(row[account + 1 : team]), login)


def by_session(digest: bytes) -> Visitor | None:
    """The active person whose living session has that digest."""
    found = _found("session", digest)
    return None if found is None or found.login is None or found.login.is_over(found.team) else found


def by_api_token(token: str) -> Visitor | None:
    """The active person of that API token, while the team accepts such tokens."""
    found = _found("token", ApiToken.lookup_of(token))
    return found if found is not None and found.team.api_tokens_enabled else None


def by_id(user_id: int) -> Visitor | None:
    """The active person of that id."""
    return _found("id", user_id)
