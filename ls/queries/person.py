"""One person as People shows her: light rows instead of entities, because a page holds fifty."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, bindparam, func, select

from ls.db.extensions import db
from ls.kept import kept
from ls.models import Contribution, Project, User
from ls.models.user import ACTIVE, DELETED, initials_of
from ls.validation import BIGGEST_ID

DETAIL_SIZE = 50

# The table's own columns: as attributes of the entity they would cost SQLAlchemy's object layer at each reading.
_USERS, _PROJECTS, _CONTRIBUTIONS = User.__table__.c, Project.__table__.c, Contribution.__table__.c
SHOWN = tuple(
    _USERS[name]
    for name in (
        *("id", "email", "first_name", "last_name", "status", "avatar_name"),
        *("last_activity", "date_joined"),
    )
)


class Person(NamedTuple):
    """What a row shows of somebody."""

    id: int
    email: str
    first_name: str
    last_name: str
    status: str
    avatar_name: str | None
    last_activity: datetime | None
    date_joined: datetime

    @property
    def name(self) -> str:
        """Her name, else her e-mail."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def initials(self) -> str:
        """Two letters in place of a picture."""
        return initials_of(self.status, self.first_name, self.last_name, self.email)

    @property
    def is_active(self) -> bool:
        """May she sign in?"""
        return self.status == ACTIVE


class Created(NamedTuple):
    """A project that the person made."""

    id: int
    title: str
    total: int


class Contributed(NamedTuple):
    """A project that the person annotated in."""

    id: int
    title: str
    annotations_count: int
    last_at: datetime
    total: int


@dataclass(frozen=True, slots=True)
class Details:
    """What a person worked on: the latest of it, and how many projects there are in all."""

    created: tuple[Created, ...]
    contributed: tuple[Contributed, ...]

    @property
    def moments(self) -> tuple[datetime, ...]:
        """When the contributions were."""
        return tuple(project.last_at for project in self.contributed)

    @property
    def created_total(self) -> int:
        """How many projects the person created."""
        return self.created[0].total if self.created else 0

    @property
    def contributed_total(self) -> int:
        """How many projects the person contributed to."""
        return self.contributed[0].total if self.contributed else 0


_ID: BindParameter[int] = bindparam("user_id")
_PERSON = select(*SHOWN).where(_USERS.id == _ID, _USERS.status != DELETED)
_CREATED = (
    select(
        _PROJECTS.id,
        _PROJECTS.title,
        select(func.count()).where(_PROJECTS.created_by_id == _ID).correlate(None).scalar_subquery(),
    )
    .where(_PROJECTS.created_by_id == _ID)
    .order_by(_PROJECTS.id.desc())
    .limit(DETAIL_SIZE)
)
_HERS = (_CONTRIBUTIONS.user_id == _ID, _CONTRIBUTIONS.annotations_count > 0)
_CONTRIBUTED = (
    select(
        _PROJECTS.id,
        _PROJECTS.title,
        _CONTRIBUTIONS.annotations_count,
        _CONTRIBUTIONS.last_at,
        select(func.count()).where(*_HERS).correlate(None).scalar_subquery(),
    )
    .where(*_HERS, _PROJECTS.id == _CONTRIBUTIONS.project_id)
    .order_by(_CONTRIBUTIONS.last_at.desc(), _PROJECTS.id.desc())
    .limit(DETAIL_SIZE)
)


@kept
def row_of(user_id: int) -> Person | None:
    """The row of that person, None for a tombstone or nobody."""
    if user_id > BIGGEST_ID:
        return None
    found = db.session.connection().execute(_PERSON, {"user_id": user_id}).first()
    return Person._make(found) if found else None


@kept
def details(user_id: int) -> Details:
    """What that person created and contributed to, latest first."""
    values = {"user_id": user_id}
    return Details(
        tuple(map(Created._make, db.session.connection().execute(_CREATED, values))),
        tuple(map(Contributed._make, db.session.connection().execute(_CONTRIBUTED, values))),
    )
