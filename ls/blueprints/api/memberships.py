"""The members of the organization, and what each of them created and annotated."""

from datetime import datetime
from typing import Annotated, Any

from flask import Response
from flask_login import current_user
from pydantic import AfterValidator, Field

from ls.accounts import deletion
from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Query, Schema, api_operation, json_response, no_content
from ls.blueprints.api.organizations import check_organization_id
from ls.blueprints.api.schemas import Page, Paged, ProjectTitle, UserSchema, page_schema, user_schema
from ls.models import User
from ls.models.organization import DEFAULT_ORGANIZATION_ID
from ls.projects.counters import contribution_totals
from ls.queries import members
from ls.web.auth import write_as_current_user

TAG = "Members"


class MemberUser(UserSchema):
    """An account and, if requested, its projects."""

    created_projects: list[ProjectTitle] | None = None
    contributed_to_projects: list[ProjectTitle] | None = None


class Member(Schema):
    """A membership."""

    id: int
    organization: int
    user: MemberUser


class MemberDetail(Schema):
    """A membership with its totals."""

    user: int
    organization: int
    contributed_projects_count: int
    annotations_count: int
    created_at: datetime
    created_projects: list[ProjectTitle]
    contributed_to_projects: list[ProjectTitle]


def _known_ordering(value: str) -> str:
    value = value or "id"
    if value.removeprefix("-") not in members.ORDERINGS:
        raise ValueError(f"Order by one of: {', '.join(members.ORDERINGS)}; a minus sign reverses the order.")
    return value


class MembersQuery(Paged):
    """Which members, in which order."""

    search: Annotated[str, Field(max_length=254, description="Any part of email or name.")] = ""
    ordering: Annotated[str, AfterValidator(_known_ordering)] = "id"
    contributed_to_projects: Annotated[
        bool, Field(description="Include the projects that each member created and contributed to.")
    ] = False


class MemberQuery(Query):
    """Accepted for Label Studio's clients, without effect: the projects are always included."""

    contributed_to_projects: bool | None = None


@api.get("/api/organizations/<int:organization_id>/memberships")
@api_operation("List members", tag=TAG, query=MembersQuery, answers={200: Page[Member]})
def list_members(organization_id: int, query: MembersQuery) -> Response:
    """Active and deactivated members; a page past the end is empty."""
    check_organization_id(organization_id)
    found, count = members.list_members(query.search, query.ordering, query.offset, query.page_size)
    organization = current_user.organization
    users = [user_schema(user, organization) for user in found]
    if query.contributed_to_projects:
        _add_projects(users)
    results = [{"id": user["id"], "organization": DEFAULT_ORGANIZATION_ID, "user": user} for user in users]
    return json_response(Page[Member], page_schema(results, count, query))


def _add_projects(users: list[dict[str, Any]]) -> None:
    ids = [user["id"] for user in users]
    created, contributed = members.created_projects(ids), members.contributed_projects(ids)
    for user in users:
        user["created_projects"] = created.get(user["id"], [])
        user["contributed_to_projects"] = contributed.get(user["id"], [])


@api.get("/api/organizations/<int:organization_id>/memberships/<int:user_id>/")
@api_operation("Read a membership", tag=TAG, query=MemberQuery, answers={200: MemberDetail})
def get_member(organization_id: int, user_id: int, query: MemberQuery) -> Response:  # noqa: ARG001  # see MemberQuery
    """One membership, with the projects that the member created and contributed to."""
    check_organization_id(organization_id)
    user = User.find(user_id)
    annotations, projects = contribution_totals(user.id)
    detail = {
        "user": user.id,
        "organization": DEFAULT_ORGANIZATION_ID,
        "contributed_projects_count": projects,
        "annotations_count": annotations,
        "created_at": user.date_joined,
        "created_projects": members.created_projects([user.id]).get(user.id, []),
        "contributed_to_projects": members.contributed_projects([user.id]).get(user.id, []),
    }
    return json_response(MemberDetail, detail)


@api.delete("/api/organizations/<int:organization_id>/memberships/<int:user_id>/")
@api_operation("Delete a member", tag=TAG, answers={204: None}, errors=(405, 409))
def delete_member(organization_id: int, user_id: int) -> Response:
    """Delete the account; the work keeps its author."""
    check_organization_id(organization_id)
    with write_as_current_user(lock_organization=True):
        deletion.delete(User.find(user_id))
    return no_content()
