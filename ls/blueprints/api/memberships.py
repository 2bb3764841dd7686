"""Who is in the organization, and what each of them made."""

from datetime import datetime
from typing import Annotated, Any

from flask import Response
from pydantic import AfterValidator, Field
from sqlalchemy import func, select
from typing_extensions import TypedDict

from ls.blueprints.api import api
from ls.blueprints.api.operation import answer, no_content, operation
from ls.blueprints.api.organizations import check_id
from ls.blueprints.api.schemas import Page, Paged, ProjectTitle, UserShape, page_of, user_shape
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Contribution, User
from ls.models.account import Account
from ls.models.organization import DEFAULT_ORGANIZATION_ID
from ls.models.visitor import Team
from ls.queries.members import ORDERINGS, contributed_projects, created_projects, members
from ls.web.current import me

TAG = "Members"


class MemberUser(UserShape):
    """An account and, where asked for, what it made."""

    created_projects: list[ProjectTitle] | None
    contributed_to_projects: list[ProjectTitle] | None


class Member(TypedDict):
    """A membership."""

    id: int
    organization: int
    user: MemberUser


class MemberDetail(TypedDict):
    """A membership with its sums."""

    user: int
    organization: int
    contributed_projects_count: int
    annotations_count: int
    created_at: datetime
    created_projects: list[ProjectTitle]
    contributed_to_projects: list[ProjectTitle]


def _known_ordering(value: str) -> str:
    value = value or "id"
    if value.lstrip("-") not in ORDERINGS or value.startswith("--"):
        raise ValueError(f"Order by one of: {', '.join(ORDERINGS)}; a minus sign turns it round.")
    return value


class MembersQuery(Paged):
    """Which members, in which order."""

    search: Annotated[str, Field(max_length=254, description="Any part of e-mail or name.")] = ""
    ordering: Annotated[str, AfterValidator(_known_ordering)] = "id"
    contributed_to_projects: Annotated[
        bool, Field(description="Tell which projects each person created and contributed to.")
    ] = False


@api.get("/api/organizations/<int:organization_id>/memberships")
@operation("List members", tag=TAG, query=MembersQuery, answers={200: Page[Member]}, errors=(404,))
def list_members(organization_id: int, query: MembersQuery) -> Response:
    """Active and deactivated people; a page past the end is empty."""
    check_id(organization_id)
    found = members(query.search, query.ordering, query.page, query.page_size)
    created: dict[int, Any] = {}
    contributed: dict[int, Any] = {}
    if query.contributed_to_projects and found.people:
        ids = tuple(user.id for user in found.people)
        created, contributed = created_projects(ids), contributed_projects(ids)
    results = [
        _member(user, me().team, created, contributed, asked=query.contributed_to_projects)
        for user in found.people
    ]
    return answer(Page[Member], page_of(results, found.count, query))


def _member(
    user: Account, team: Team, created: Any, contributed: Any, *, asked: bool
) -> dict[str, Any]:
    shape: dict[str, Any] = {**user_shape(user, team)}
    shape["created_projects"] = created.get(user.id, []) if asked else None
    shape["contributed_to_projects"] = contributed.get(user.id, []) if asked else None
    return {"id": user.id, "organization": DEFAULT_ORGANIZATION_ID, "user": shape}


@api.get("/api/organizations/<int:organization_id>/memberships/<int:user_id>/")
@operation("Read a membership", tag=TAG, answers={200: MemberDetail}, errors=(404,))
def get_member(organization_id: int, user_id: int) -> Response:
    """One membership, with what the person created and contributed to."""
    check_id(organization_id)
    user = User.find(user_id)
    sums = select(func.count(), func.sum(Contribution.annotations_count))
    projects, annotations = db.session.execute(sums.where(Contribution.user_id == user.id)).one()
    shape = {
        "user": user.id,
        "organization": DEFAULT_ORGANIZATION_ID,
        "contributed_projects_count": projects,
        "annotations_count": int(annotations or 0),
        "created_at": user.date_joined,
        "created_projects": created_projects((user.id,)).get(user.id, []),
        "contributed_to_projects": contributed_projects((user.id,)).get(user.id, []),
    }
    return answer(MemberDetail, shape)


@api.delete("/api/organizations/<int:organization_id>/memberships/<int:user_id>/")
@operation("Delete a member", tag=TAG, answers={204: None}, errors=(404, 405, 409))
def delete_member(organization_id: int, user_id: int) -> Response:
    """Leave a tombstone; the work keeps its author."""
    check_id(organization_id)
    with write():
        User.find(user_id).bury()
    return no_content()
