"""Every call that the contract names, through the real package, returning its typed model."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from label_studio_sdk import (
    AllRolesProjectList,
    Annotation,
    Hotkeys,
    LabelStudio,
    LseapiTokenCreate,
    LseapiTokenList,
    LsejwtSettings,
    LseOrganization,
    LseOrganizationMemberList,
    LseProjectCreate,
    LseProjectResponse,
    LseTask,
    LseUser,
    LseUserApi,
    OrganizationId,
    OrganizationInvite,
    OrganizationMember,
    RoleBasedTask,
    SessionTimeoutPolicy,
    TokenRefreshResponse,
    TokenRotateResponse,
    WhoAmIUser,
)
from label_studio_sdk.core.api_error import ApiError

from tests.cast import PASSWORD
from tests.server import RunningServer

pytestmark = [
    pytest.mark.sdk,
    # the SDK itself still calls what pydantic has deprecated
    pytest.mark.filterwarnings("ignore:The `parse_obj` method is deprecated"),
]

EMAIL, TOKEN = "anna@example.org", "sdk-token-0123456789"


@dataclass
class World:
    """A client, and the ids of what exists."""

    ls: LabelStudio
    url: str
    project: int
    task: int


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"USERNAME": EMAIL, "PASSWORD": PASSWORD, "USER_TOKEN": TOKEN, "DISABLE_SIGNUP_WITHOUT_LINK": "true"}
    folder: Path = tmp_path_factory.mktemp("sdk")
    with RunningServer(folder, **settings) as running:
        yield running


_open: list[httpx.Client] = []


def connect(url: str, key: str) -> LabelStudio:
    """The SDK's client, on a connection that the module closes."""
    _open.append(httpx.Client(timeout=30))
    return LabelStudio(base_url=url, api_key=key, httpx_client=_open[-1])


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    for client in _open:
        client.close()


@pytest.fixture(scope="module")
def world(server: RunningServer) -> World:
    ls = connect(server.url, TOKEN)
    project = ls.projects.create(title="Street scenes")
    task = ls.tasks.create(project=project.id, data={"text": "a task"})
    assert project.id
    assert task.id
    return World(ls, server.url, project.id, task.id)


_numbers = iter(range(10_000))


def new_user(world: World, **fields: Any) -> LseUser:
    return world.ls.users.create(email=f"person{next(_numbers)}@example.org", username="person", **fields)


def test_users_whoami(world: World) -> None:
    me = world.ls.users.whoami()
    assert isinstance(me, WhoAmIUser)
    assert (me.email, me.active_organization) == (EMAIL, 1)
    assert me.permissions


def test_users_get_current_user(world: World) -> None:
    me = world.ls.users.get_current_user()
    assert isinstance(me, LseUserApi)
    assert me.active_organization_meta


def test_users_update_current_user(world: World) -> None:
    me = world.ls.users.update_current_user(first_name="Anna", phone="+49 1")
    assert isinstance(me, LseUserApi)
    assert (me.first_name, me.phone) == ("Anna", "+49 1")


def test_users_list(world: World) -> None:
    people = world.ls.users.list()
    assert all(isinstance(person, LseUserApi) for person in people)
    assert EMAIL in [person.email for person in people]


def test_users_create(world: World) -> None:
    made = new_user(world, first_name="Bob")
    assert isinstance(made, LseUser)
    assert made.first_name == "Bob"
    assert "/user/set-password/" in str(made.set_password_url)  # type: ignore[attr-defined]  # a field beyond the SDK's


def test_users_get(world: World) -> None:
    made = new_user(world)
    found = world.ls.users.get(id=made.id or 0)
    assert isinstance(found, LseUser)
    assert found.email == made.email


def test_users_update(world: World) -> None:
    me = world.ls.users.update(id=1, last_name="Kim")
    assert isinstance(me, LseUser)
    assert me.last_name == "Kim"
    with pytest.raises(ApiError) as refused:
        world.ls.users.update(id=new_user(world).id or 0, last_name="x")
    assert refused.value.status_code == 403


def test_users_delete(world: World) -> None:
    made = new_user(world)
    world.ls.users.delete(id=made.id or 0)
    with pytest.raises(ApiError) as gone:
        world.ls.users.get(id=made.id or 0)
    assert (gone.value.status_code, gone.value.body) == (404, {"detail": "Not found."})


def test_users_get_token(world: World) -> None:
    assert world.ls.users.get_token().token == TOKEN  # type: ignore[attr-defined]  # the SDK names it detail, the server token


def test_users_reset_token(world: World, server: RunningServer) -> None:
    made = new_user(world, password=PASSWORD)
    token = server.flask("user", "token", "--username", str(made.email)).stdout.strip()
    theirs = connect(world.url, token)
    fresh = theirs.users.reset_token().token
    assert fresh
    with pytest.raises(ApiError) as dead:
        theirs.users.whoami()
    assert dead.value.body == {"detail": "Invalid token."}
    assert connect(world.url, fresh).users.whoami().email == made.email


def test_users_hotkeys(world: World) -> None:
    keys = {"annotation:submit": {"key": "ctrl+enter", "active": True}}
    assert isinstance(world.ls.users.update_hotkeys(custom_hotkeys=keys), Hotkeys)
    assert world.ls.users.get_hotkeys().custom_hotkeys == keys


def test_organizations_list(world: World) -> None:
    [organization] = world.ls.organizations.list()
    assert isinstance(organization, OrganizationId)
    assert organization.id == 1


def test_organizations_get(world: World) -> None:
    organization = world.ls.organizations.get(id=1)
    assert isinstance(organization, LseOrganization)
    assert organization.token


def test_organizations_update(world: World) -> None:
    changed = world.ls.organizations.update(id=1, title="The team")
    assert isinstance(changed, LseOrganization)
    assert changed.title == "The team"


def test_organizations_invites_get_invite_link(world: World) -> None:
    invite = world.ls.organizations.invites.get_invite_link()
    assert isinstance(invite, OrganizationInvite)
    assert invite.invite_url == f"/user/signup/?token={invite.token}"


def test_organizations_invites_by_email(world: World) -> None:
    emails = ["ivan@example.org", EMAIL]
    world.ls.organizations.invites.send_email(emails=emails, role="AN", projects=[1], workspaces=[])
    world.ls.organizations.invites.revoke_invite(email="IVAN@example.org")
    with pytest.raises(ApiError) as none_left:
        world.ls.organizations.invites.revoke_invite(email="ivan@example.org")
    assert none_left.value.status_code == 404


def test_organizations_reset_token(world: World) -> None:
    before = world.ls.organizations.invites.get_invite_link().token
    fresh = world.ls.organizations.reset_token()
    assert isinstance(fresh, OrganizationInvite)
    assert fresh.token != before


def test_organizations_members_list(world: World) -> None:
    new_user(world)
    everybody = list(world.ls.organizations.members.list(id=1, page_size=1, contributed_to_projects=True))
    assert all(isinstance(member, LseOrganizationMemberList) for member in everybody)
    assert len(everybody) == len(world.ls.users.list())
    assert "Street scenes" in [project.title for project in everybody[0].user.created_projects or []]
    found = list(world.ls.organizations.members.list(id=1, search="anna@", ordering="-user__email"))
    assert [member.user.email for member in found] == [EMAIL]


def test_organizations_members_get(world: World) -> None:
    member = world.ls.organizations.members.get(id=1, user_pk=1)
    assert isinstance(member, OrganizationMember)
    assert member.user == 1


def test_organizations_members_delete(world: World) -> None:
    made = new_user(world)
    world.ls.organizations.members.delete(id=1, user_pk=made.id or 0)
    with pytest.raises(ApiError) as gone:
        world.ls.organizations.members.delete(id=1, user_pk=made.id or 0)
    assert gone.value.status_code == 404
    with pytest.raises(ApiError) as oneself:
        world.ls.organizations.members.delete(id=1, user_pk=1)
    assert oneself.value.status_code == 405


def test_tokens(world: World) -> None:
    created = world.ls.tokens.create()
    assert isinstance(created, LseapiTokenCreate)
    refresh = created.token or ""
    with pytest.raises(ApiError) as second:
        world.ls.tokens.create()
    assert second.value.status_code == 409
    [listed] = world.ls.tokens.list()
    assert isinstance(listed, LseapiTokenList)
    assert listed.token == refresh.rpartition(".")[0]
    assert isinstance(world.ls.tokens.refresh(refresh=refresh), TokenRefreshResponse)
    by_jwt = connect(world.url, refresh)
    assert by_jwt.users.whoami().email == EMAIL
    rotated = world.ls.tokens.rotate(refresh=refresh)
    assert isinstance(rotated, TokenRotateResponse)
    with pytest.raises(ApiError) as dead:
        world.ls.tokens.rotate(refresh=refresh)
    assert dead.value.status_code == 400
    with pytest.raises(ApiError) as access_died:
        by_jwt.users.whoami()
    assert access_died.value.status_code == 401
    world.ls.tokens.blacklist(refresh=rotated.refresh)
    with pytest.raises(ApiError) as twice:
        world.ls.tokens.blacklist(refresh=rotated.refresh)
    assert twice.value.status_code == 404


def test_jwt_settings(world: World) -> None:
    assert isinstance(world.ls.jwt_settings.get(), LsejwtSettings)
    changed = world.ls.jwt_settings.update(
        api_token_ttl_days=30, api_tokens_enabled=True, legacy_api_tokens_enabled=True
    )
    assert isinstance(changed, LsejwtSettings)
    assert changed.api_token_ttl_days == 30


def test_session_policy(world: World) -> None:
    policy = world.ls.session_policy.get()
    assert isinstance(policy, SessionTimeoutPolicy)
    assert policy.max_session_age == 8 * 24 * 60
    changed = world.ls.session_policy.update(max_session_age=600, max_time_between_activity=60)
    assert (changed.max_session_age, changed.max_time_between_activity) == (600, 60)


def test_activity_logs(world: World) -> None:
    [page] = world.ls.activity_logs.list()
    assert page.records_total > 0
    assert page.data[0].ip_address == "127.0.0.1"


def test_projects(world: World) -> None:
    made = world.ls.projects.create(title="To change", description="x", label_config="<View></View>", color="#123456")
    assert isinstance(made, LseProjectCreate)
    project_id = made.id or 0
    assert isinstance(world.ls.projects.get(id=project_id), LseProjectResponse)
    changed = world.ls.projects.update(id=project_id, title="Changed")
    assert isinstance(changed, LseProjectResponse)
    assert (changed.title, changed.color) == ("Changed", "#123456")
    listed = list(world.ls.projects.list(page_size=1))
    assert all(isinstance(project, AllRolesProjectList) for project in listed)
    assert project_id in [project.id for project in listed]
    world.ls.projects.delete(id=project_id)
    with pytest.raises(ApiError) as gone:
        world.ls.projects.get(id=project_id)
    assert gone.value.status_code == 404


def test_projects_import_tasks(world: World) -> None:
    made = world.ls.projects.create(title="Imported")
    items: Any = [{"data": {"text": "a"}, "annotations": [{"result": [], "completed_by": EMAIL}]}, {"text": "b"}]
    done = world.ls.projects.import_tasks(id=made.id or 0, request=items)
    assert (done.task_count, done.annotation_count) == (2, 1)


def test_tasks(world: World) -> None:
    made = world.ls.tasks.create(project=world.project, data={"text": "one"})
    assert isinstance(made, LseTask)
    task_id = made.id or 0
    assert isinstance(world.ls.tasks.get(id=task_id), RoleBasedTask)
    assert world.ls.tasks.update(id=task_id, data={"text": "two"}).data == {"text": "two"}
    listed = list(world.ls.tasks.list(project=world.project, page_size=1))
    assert all(isinstance(task, RoleBasedTask) for task in listed)
    assert task_id in [task.id for task in listed]
    world.ls.tasks.delete(id=task_id)
    with pytest.raises(ApiError) as gone:
        world.ls.tasks.get(id=task_id)
    assert gone.value.status_code == 404


def test_annotations(world: World) -> None:
    result = [{"from_name": "a", "to_name": "b", "type": "choices", "value": {"choices": ["x"]}}]
    made = world.ls.annotations.create(id=world.task, result=result, completed_by=999)
    assert isinstance(made, Annotation)
    assert (made.completed_by, made.result) == (1, result)
    annotation_id = made.id or 0
    assert isinstance(world.ls.annotations.get(id=annotation_id), Annotation)
    assert world.ls.annotations.update(id=annotation_id, was_cancelled=True).was_cancelled
    assert annotation_id in [each.id for each in world.ls.annotations.list(id=world.task)]
    world.ls.annotations.delete(id=annotation_id)
    with pytest.raises(ApiError) as gone:
        world.ls.annotations.get(id=annotation_id)
    assert gone.value.status_code == 404


def test_annotations_in_bulk(world: World) -> None:
    made = world.ls.annotations.create_bulk(tasks=[world.task, world.task], result=[])
    counted = world.ls.organizations.members.get(id=1, user_pk=1).annotations_count or 0
    gone = world.ls.annotations.delete_bulk(ids=[each.id for each in made], project=world.project)
    assert gone.deleted_count == 2
    assert world.ls.organizations.members.get(id=1, user_pk=1).annotations_count == counted - 2


def test_a_wrong_token(world: World) -> None:
    with pytest.raises(ApiError) as refused:
        connect(world.url, "wrong").users.whoami()
    assert (refused.value.status_code, refused.value.body) == (401, {"detail": "Invalid token."})
