"""One person as People shows her: light rows instead of entities, because a page holds fifty."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from ls.extensions import db
from ls.models import Contribution, Project, User
from ls.models.user import ACTIVE, DELETED, initials_of

DETAIL_SIZE = 50

SHOWN = (
    User.id,
    User.email,
    User.first_name,
    User.last_name,
    User.status,
    User.avatar_name,
    User.last_activity,
    User.date_joined,
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

    created: list[Created]
    contributed: list[Contributed]

    @property
    def created_total(self) -> int:
        """How many projects the person created."""
        return self.created[0].total if self.created else 0

    @property
    def contributed_total(self) -> int:
        """How many projects the person contributed to."""
        return self.contributed[0].total if self.contributed else 0


_PERSON = select(*SHOWN).where(User.id == bindparam("user_id"), User.status != DELETED)
_CREATED = (
    select(
        Project.id,
        Project.title,
        select(func.count())
        .select_from(Project)
        .where(Project.created_by_id == bindparam("user_id"))
        .scalar_subquery(),
    )
    .where(Project.created_by_id == bindparam("user_id"))
    .order_by(Project.id.desc())
    .limit(DETAIL_SIZE)
)
_CONTRIBUTED = (
    select(
        Project.id,
        Project.title,
        Contribution.annotations_count,
        Contribution.last_at,
        select(func.count())
        .select_from(Contribution)
        .where(Contribution.user_id == bindparam("user_id"), Contribution.annotations_count > 0)
        .scalar_subquery(),
    )
    .join(Project, Project.id == Contribution.project_id)
    .where(Contribution.user_id == bindparam("user_id"), Contribution.annotations_count > 0)
    .order_by(Contribution.last_at.desc(), Project.id.desc())
    .limit(DETAIL_SIZE)
)


def row_of(user_id: int) -> Person | None:
    """The row of that person, None for a tombstone or nobody."""
    found = db.session.execute(_PERSON, {"user_id": user_id}).first()
    return Person._make(found) if found else None


def details(user_id: int) -> Details:
    """What that person created and contributed to, latest first."""
    values = {"user_id": user_id}
    return Details(
        [Created._make(row) for row in db.session.execute(_CREATED, values)],
        [Contributed._make(row) for row in db.session.execute(_CONTRIBUTED, values)],
    )
