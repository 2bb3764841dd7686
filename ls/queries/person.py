"""One person: their row in the list, what they worked on, and their membership; also of several opened rows at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, case, func, select
from sqlalchemy.orm import aliased

from ls.db.extensions import db
from ls.exceptions import NotFound
from ls.models import (
    Contribution,
    Event,
    Invitation,
    LinkedMember,
    LinkedProject,
    LinkedRole,
    LoginSession,
    Organization,
    Project,
    User,
)
from ls.models.project import VISIBLE
from ls.models.user import DELETED, UserSummary
from ls.queries.charts import Week, weekly_annotations
from ls.queries.pagination import PAGE_SIZE
from ls.queries.people import OF_PERSON, SHOWN, user_or_none
from ls.queries.sessions import alive
from ls.validation import BIGGEST_ID


class Created(NamedTuple):
    """A project that the person created."""

    id: int
    title: str


class Contributed(NamedTuple):
    """A project that the person annotated in."""

    id: int
    title: str
    annotations_count: int
    last_at: datetime


class Membership(NamedTuple):
    """How the person came, when and in how many browsers they are logged in, and how much they did in Label Studio."""

    last_login: datetime | None
    devices: int
    linked_count: int | None  # of annotations in Label Studio; None: no member there
    linked_at: datetime | None
    has_signed_up: bool
    invited_by: UserSummary | None


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """The latest projects that a person created and contributed to, in Label Studio too, and how many there are."""

    created: list[Created]
    created_total: int
    contributed: list[Contributed]
    contributed_total: int
    weeks: list[Week]
    membership: Membership
    linked: list[Any]
    linked_total: int


def get_person(user_id: int) -> UserSummary:
    """The active or deactivated user of that id. Raises NotFound."""
    person = select(*SHOWN, OF_PERSON).where(User.id == user_id, User.status != DELETED)
    row = db.session.execute(person).first() if user_id <= BIGGEST_ID else None
    if row is None:
        raise NotFound
    return UserSummary._make(row)


def details_of(user_ids: Sequence[int]) -> dict[int, PersonDetails]:
    """What these people created and contributed to, latest first, and their membership: four statements, or five."""
    if not user_ids:
        return {}
    created, contributed = _ranked(_CREATED, user_ids), _ranked(_CONTRIBUTED, user_ids)
    weeks, memberships = weekly_annotations(user_ids), _memberships(user_ids)
    linked = _ranked(_LINKED, [user_id for user_id in user_ids if memberships[user_id].linked_count is not None])
    return {
        user_id: PersonDetails(
            created=[Created(*row[:-3]) for row in created[user_id]],
            created_total=created[user_id][0].total if created[user_id] else 0,
            contributed=[Contributed(*row[:-3]) for row in contributed[user_id]],
            contributed_total=contributed[user_id][0].total if contributed[user_id] else 0,
            weeks=weeks[user_id],
            membership=memberships[user_id],
            linked=linked.get(user_id, []),
            linked_total=linked[user_id][0].total if linked.get(user_id) else 0,
        )
        for user_id in user_ids
    }


def _ranked(statement: Select[Any], user_ids: Sequence[int]) -> dict[int, list[Any]]:
    if not user_ids:
        return {}
    rows = db.session.execute(statement, {"user_ids": user_ids}).all()
    return {user_id: [row for row in rows if row.user_id == user_id] for user_id in user_ids}


def _memberships(user_ids: Sequence[int]) -> dict[int, Membership]:
    devices = select(func.count()).where(LoginSession.user_id == User.id, *alive(Organization.get()))
    # The first event of an account is that it was made.
    first = select(func.min(Event.id)).where(Event.target_id == User.id).correlate(User).scalar_subquery()
    statement = (
        select(User.id, User.last_login, devices.correlate(User).scalar_subquery())
        .add_columns(LinkedMember.annotations_count, LinkedMember.last_at)
        .add_columns(case((User.invitation_id.is_(None), Event.kind)), *_INVITER_SHOWN)
        .outerjoin(LinkedMember, LinkedMember.user_id == User.id)
        .outerjoin(Event, Event.id == first)
        .outerjoin(Invitation, Invitation.id == User.invitation_id)
        .outerjoin(
            _INVITER,
            _INVITER.id == case((Event.kind == "user_created", Event.actor_id), else_=Invitation.created_by_id),
        )
        .where(User.id.in_(user_ids))
    )
    return {row[0]: _membership(*row[1:]) for row in db.session.execute(statement)}


def _membership(
    last_login: datetime | None, devices: int, count: int | None, at: datetime | None, kind: str | None, *actor: Any
) -> Membership:
    return Membership(last_login, devices, count, at, kind == "sign_up", user_or_none(actor))


def _latest(statement: Select[*tuple[Any, ...]], person: Any, *order: Any) -> Select[Any]:
    """The first PAGE_SIZE rows of each of the people `user_ids`, with how many each has."""
    rank = func.row_number().over(partition_by=person, order_by=[column.desc() for column in order])
    total = func.count().over(partition_by=person)
    of_these = statement.where(person.in_(bindparam("user_ids", expanding=True)))
    found = of_these.add_columns(rank.label("rank"), total.label("total"), person.label("user_id")).subquery()
    return select(found).where(found.c.rank <= PAGE_SIZE).order_by(found.c.user_id, found.c.rank)


_INVITER = aliased(User)
_INVITER_SHOWN = [getattr(_INVITER, column.key) for column in SHOWN]
_CREATED = _latest(select(Project.id, Project.title).where(VISIBLE), Project.created_by_id, Project.id)
_CONTRIBUTED = _latest(
    select(Project.id, Project.title, Contribution.annotations_count, Contribution.last_at)
    .join(Contribution, Contribution.project_id == Project.id)
    .where(Contribution.annotations_count > 0, VISIBLE),
    *(Contribution.user_id, Contribution.last_at, Project.id),
)
_LINKED = _latest(
    select(LinkedProject.title, LinkedProject.url, LinkedRole.has_created, LinkedRole.has_contributed).join(
        LinkedRole, LinkedRole.project_id == LinkedProject.id
    ),
    *(LinkedRole.user_id, LinkedProject.id),
)
