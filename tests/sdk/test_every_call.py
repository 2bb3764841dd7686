"""Every call that the contract measures is made by tests/sdk/test_calls.py, and once by the asynchronous client."""

import asyncio
import inspect
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import label_studio_sdk as sdk
import pytest
from label_studio_sdk import AsyncLabelStudio
from label_studio_sdk.core.api_error import ApiError

from tests.cast import PASSWORD
from tests.sdk import test_calls
from tests.sdk.measure import CANNOT, client_at, measured
from tests.server import RunningServer

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore:The `parse_obj` method is deprecated"),
]

EMAIL, TOKEN = "anna@example.org", "sdk-token-0123456789"

MODELS: dict[str, Any] = {
    "users.create": sdk.LseUser,
    "users.delete": None,
    "users.get": sdk.LseUser,
    "users.get_current_user": sdk.LseUserApi,
    "users.get_hotkeys": sdk.Hotkeys,
    "users.list": [sdk.LseUserApi],
    "users.update": sdk.LseUser,
    "users.update_current_user": sdk.LseUserApi,
    "users.update_hotkeys": sdk.Hotkeys,
    "users.whoami": sdk.WhoAmIUser,
    "organizations.get": sdk.LseOrganization,
    "organizations.list": [sdk.OrganizationId],
    "organizations.reset_token": sdk.OrganizationInvite,
    "organizations.update": sdk.LseOrganization,
    "organizations.invites.get_invite_link": sdk.OrganizationInvite,
    "organizations.invites.revoke_invite": None,
    "organizations.invites.send_email": None,
    "organizations.members.delete": None,
    "organizations.members.get": sdk.OrganizationMember,
    "organizations.members.list": [sdk.LseOrganizationMemberList],
    "tokens.blacklist": None,
    "tokens.create": sdk.LseapiTokenCreate,
    "tokens.list": [sdk.LseapiTokenList],
    "tokens.refresh": sdk.TokenRefreshResponse,
    "tokens.rotate": sdk.TokenRotateResponse,
    "jwt_settings.get": sdk.LsejwtSettings,
    "jwt_settings.update": sdk.LsejwtSettings,
    "session_policy.get": sdk.SessionTimeoutPolicy,
    "session_policy.update": sdk.SessionTimeoutPolicy,
    "projects.create": sdk.LseProjectCreate,
    "projects.delete": None,
    "projects.get": sdk.LseProjectResponse,
    "projects.list": [sdk.AllRolesProjectList],
    "projects.update": sdk.LseProjectResponse,
    "tasks.create": sdk.LseTask,
    "tasks.delete": None,
    "tasks.get": sdk.RoleBasedTask,
    "tasks.list": [sdk.RoleBasedTask],
    "tasks.update": sdk.LseTask,
    "annotations.create": sdk.Annotation,
    "annotations.delete": None,
    "annotations.get": sdk.Annotation,
    "annotations.list": [sdk.Annotation],
    "annotations.update": sdk.Annotation,
}


def test_every_measured_call_is_tested() -> None:
    source = inspect.getsource(test_calls)
    made = {call for call in measured() if re.search(rf"\.{re.escape(call)}\(", source)}
    assert set(measured()) - made == set(CANNOT)
    assert len(made) == 46


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"USERNAME": EMAIL, "PASSWORD": PASSWORD, "USER_TOKEN": TOKEN, "DISABLE_SIGNUP_WITHOUT_LINK": "true"}
    with RunningServer(tmp_path_factory.mktemp("async"), workers=1, **settings) as running:
        yield running


class Caller:
    """Makes calls, checks what they return, and remembers which they were."""

    def __init__(self, client: AsyncLabelStudio) -> None:
        self.client, self.made = client, set[str]()

    async def __call__(self, call: str, **arguments: Any) -> Any:
        path, _, verb = call.rpartition(".")
        answer = getattr(client_at(self.client, path), verb)(**arguments)
        found = await answer
        if hasattr(found, "__aiter__"):
            found = [item async for item in found]
        self.made.add(call)
        model = MODELS.get(call, object)
        if isinstance(model, list):
            assert found, call
            assert all(isinstance(item, model[0]) for item in found), call
        else:
            assert found is None if model is None else isinstance(found, model), call
        return found


async def everything(url: str) -> set[str]:
    async with httpx.AsyncClient(timeout=30) as http:
        call = Caller(AsyncLabelStudio(base_url=url, api_key=TOKEN, httpx_client=http))
        await people(call)
        await tokens(call)
        await work(call)
        call.client = AsyncLabelStudio(base_url=url, api_key=TOKEN, httpx_client=http)
        assert (await call("users.get_token")).token == TOKEN
        fresh = (await call("users.reset_token")).token
        with pytest.raises(ApiError):
            await call("users.whoami")
        call.client = AsyncLabelStudio(base_url=url, api_key=fresh, httpx_client=http)
        await call("users.whoami")
        return call.made


async def people(call: Caller) -> None:
    made = await call("users.create", email="bob@example.org", username="bob")
    await call("users.get", id=made.id)
    await call("users.list")
    await call("users.get_current_user")
    await call("users.update_current_user", first_name="Anna")
    await call("users.update", id=1, last_name="Kim")
    await call("users.update_hotkeys", custom_hotkeys={"a:b": {"key": "c", "active": True}})
    await call("users.get_hotkeys")
    await call("organizations.members.get", id=1, user_pk=made.id)
    assert len(await call("organizations.members.list", id=1, page_size=1)) == 2
    await call("organizations.members.delete", id=1, user_pk=made.id)
    await call("users.delete", id=(await call("users.create", email="eve@example.org", username="eve")).id)
    await call("organizations.list")
    await call("organizations.get", id=1)
    await call("organizations.update", id=1, title="The team")
    await call("organizations.invites.send_email", emails=["ivan@example.org"], role="AN")
    await call("organizations.invites.revoke_invite", email="ivan@example.org")
    before = await call("organizations.invites.get_invite_link")
    assert (await call("organizations.reset_token")).token != before.token


async def tokens(call: Caller) -> None:
    await call("jwt_settings.get")
    await call("jwt_settings.update", api_token_ttl_days=3, api_tokens_enabled=True, legacy_api_tokens_enabled=True)
    await call("session_policy.update", max_session_age=600, max_time_between_activity=60)
    assert (await call("session_policy.get")).max_session_age == 600
    refresh = (await call("tokens.create")).token
    await call("tokens.list")
    await call("tokens.refresh", refresh=refresh)
    rotated = (await call("tokens.rotate", refresh=refresh)).refresh
    await call("tokens.blacklist", refresh=rotated)


async def work(call: Caller) -> None:
    project = (await call("projects.create", title="Street scenes")).id
    await call("projects.get", id=project)
    await call("projects.update", id=project, title="Streets")
    await call("projects.list")
    task = (await call("tasks.create", project=project, data={"text": "a"})).id
    await call("tasks.get", id=task)
    await call("tasks.update", id=task, data={"text": "b"})
    await call("tasks.list", project=project)
    said = (await call("annotations.create", id=task, result=[])).id
    await call("annotations.get", id=said)
    await call("annotations.update", id=said, was_cancelled=True)
    await call("annotations.list", id=task)
    await call("annotations.delete", id=said)
    await call("tasks.delete", id=task)
    await call("projects.delete", id=project)


def test_the_asynchronous_client_makes_every_call(server: RunningServer) -> None:
    with ThreadPoolExecutor(1) as thread:  # the browser tests' own loop may run in this one
        made = thread.submit(lambda: asyncio.run(everything(server.url))).result()
    assert made == set(measured()) - set(CANNOT)
