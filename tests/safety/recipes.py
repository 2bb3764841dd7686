"""An installation in which every route has something to do, and for each write a body with which it succeeds."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import select
from werkzeug.test import TestResponse

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import LoginSession, OneTimeCode, Organization, PersonalToken, User
from ls.models.one_time_code import CONFIRM, SIGN_UP, UNDO
from tests.cast import PASSWORD, Browser, Cast, Person
from tests.factories import a_failed_message, people_file
from tests.pictures import drawing, saved
from tests.safety.routes import Call, calls

DONE = {200, 201, 204, 302, 303}
NEW_PASSWORD = "a newer, better password"
EMAIL = {"email": "alicia@example.org", "current_password": PASSWORD}


class World:
    """Alice, signed in twice, with a project, a picture and a personal token; Bob the same; Charlie, deactivated."""

    def __init__(self, app: Flask) -> None:
        self.app, self.script = app, app.test_client(use_cookies=False)
        cast = Cast(app)
        self.alice, self.bob = cast.alice(), cast.bob()
        self.charlie = cast.charlie(sign_in=False)
        self.work = {person.id: self._work(person) for person in (self.alice, self.bob)}
        made = self.call(self.alice, "POST", "/api/users/", json={"email": "dana@example.org"})
        self.code = urlsplit(made["set_password_url"]).path.rpartition("/")[2]
        self.invite = self.call(self.alice, "GET", "/api/invite")["token"]
        self.call(self.alice, "POST", "/api/invite/send-email", json={"emails": ["ivan@example.org"]})
        self.alice.browser.post(f"/people/{self.charlie.id}/deactivation", page="/user/account/")
        with app.app_context():
            self.failed_message = a_failed_message()

    def call(self, person: Person, method: str, path: str, **options: Any) -> Any:
        """What the API answers this member's token."""
        answer = self.script.open(path, method=method, headers=person.auth, **options)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json

    def _work(self, person: Person) -> dict[str, Any]:
        """A project with an annotated task, a picture, a personal token, and a second session."""
        project = self.call(person, "POST", "/api/projects/", json={"title": "Street scenes"})["id"]
        task = self.call(person, "POST", "/api/tasks/", json={"project": project, "data": {"text": "a chair"}})["id"]
        said = self.call(person, "POST", f"/api/tasks/{task}/annotations/", json={"result": []})["id"]
        self.call(person, "POST", f"/api/users/{person.id}/avatar/", data={"avatar": picture()})
        refresh = self.call(person, "POST", "/api/token/")["token"]
        avatar = self.call(person, "GET", "/api/current-user/whoami")["avatar"].rpartition("/")[2]
        Browser(self.app).sign_in(person.email)
        person.browser.get("/user/account/")  # noted as active, so that no later request notes it
        return {
            "token_id": self._newest(PersonalToken, person),
            "project_id": project,
            "task_id": task,
            "annotation_id": said,
            "session_id": self._newest(LoginSession, person),
            "name": avatar,
            "refresh": refresh,
        }

    def _newest(self, model: type[LoginSession] | type[PersonalToken], person: Person) -> int:
        with self.app.app_context():
            found = select(model.id).where(model.user_id == person.id).order_by(model.id.desc())
            return db.session.scalars(found.limit(1)).one()

    def new_code(self, purpose: str) -> str:
        """A code of Bob's, that gives him another email."""
        with self.app.app_context(), write():
            return OneTimeCode.issue(db.session.get_one(User, self.bob.id), purpose, "bobby@example.org")

    def calls(self, person: Person, **values: int | str) -> list[Call]:
        """Every route over what this member has; a user's id in a path is Bob's unless given."""
        here: dict[str, int | str] = {"user_id": self.bob.id, "organization_id": 1, "code": self.code}
        return calls(self.app, values={**here, **self.work[person.id], **values})


def unfounded(app: Flask, founder: int | None = None) -> str:
    """Nobody founded the organization, as on a new server, or somebody else did; the code of the set-up link."""
    with app.app_context(), write():
        organization = Organization.lock_for_update()
        organization.created_by_id = founder
        return organization.setup_code


def picture(width: int = 32) -> tuple[io.BytesIO, str]:
    """A new file each time, as sending it closes it."""
    return io.BytesIO(saved(drawing((width, 24)), "PNG")), "me.png"


def token_of(client: FlaskClient) -> str:
    """The CSRF token of this browser's session."""
    for page in ("/user/account/", "/user/login/"):
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
        if found:
            return found[1]
    raise AssertionError("no page with a form")


def nothing(_world: World) -> dict[str, Any]:
    """A body without fields."""
    return {}


@dataclass(frozen=True)
class Recipe:
    """How a write succeeds."""

    body: Callable[[World], Any] = nothing
    values: Callable[[World], dict[str, int | str]] = nothing  # of placeholders, where Alice's own would not do
    before: Callable[[World], object] = nothing  # what has to be done first
    is_multipart: bool = False
    is_by_visitor: bool = False
    is_strict: bool = False  # an unknown field is refused
    query: Callable[[World], str] = lambda _world: ""
    changes_nothing: bool = False


def _change_of_password(_world: World) -> dict[str, str]:
    return {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}


def _registration(world: World) -> dict[str, str]:
    return {"email": "new@example.org", "password": PASSWORD, "token": world.invite}


def _bulk(world: World) -> dict[str, Any]:
    return {"tasks": [world.work[world.alice.id]["task_id"]], "result": []}


def _bulk_delete(world: World) -> dict[str, Any]:
    work = world.work[world.alice.id]
    return {"ids": [work["annotation_id"]], "project": work["project_id"]}


def _all_tasks(_world: World) -> dict[str, Any]:
    return {"selectedItems": {"all": True, "excluded": []}}


def _delete_tasks(world: World) -> str:
    return f"?id=delete_tasks&project={world.work[world.alice.id]['project_id']}"


def _refresh(world: World) -> dict[str, Any]:
    return {"refresh": world.work[world.alice.id]["refresh"]}


def _people_file(_world: World) -> dict[str, Any]:
    return {"file": people_file()}


def _sealed_people(world: World) -> dict[str, Any]:
    """What the preview seals, made without a request: the sender may be out already."""
    serializer = URLSafeSerializer(world.app.config["SECRET_KEY"], salt="people to import")
    return {"people": serializer.dumps([["zoe@example.org", "Zoe", ""]])}


def _another_picture(_world: World) -> dict[str, Any]:
    return {"avatar": picture(width=40)}


def _end_token(world: World) -> object:
    """A member has one personal token at a time."""
    return world.call(world.alice, "POST", "/api/token/blacklist/", json=_refresh(world))


def _delete_project(world: World) -> object:
    project = world.work[world.alice.id]["project_id"]
    return world.script.delete(f"/api/projects/{project}/", headers=world.alice.auth)


def _alice(world: World) -> dict[str, int | str]:
    return {"user_id": world.alice.id}


def _code(purpose: str) -> Callable[[World], dict[str, int | str]]:
    return lambda world: {"code": world.new_code(purpose)}


def _ask_for_email(world: World) -> object:
    user = world.alice.browser
    return user.post("/user/account/email", EMAIL, page="/user/account/")


def _fields(**given: Any) -> Callable[[World], dict[str, Any]]:
    return lambda _world: dict(given)


RECIPES = {
    "api.blacklist_token": Recipe(_refresh),
    "api.create_annotation": Recipe(_fields(result=[{"value": 1}])),
    "api.create_annotations": Recipe(_bulk),
    "api.create_invitations": Recipe(_fields(emails=["erin@example.org"], note="", expires="never")),
    "api.create_project": Recipe(_fields(title="Another")),
    "api.create_task": Recipe(lambda world: {"project": world.work[world.alice.id]["project_id"], "data": {}}),
    "api.create_token": Recipe(before=_end_token),
    "api.create_user": Recipe(_fields(email="erin@example.org", password=PASSWORD)),
    "api.delete_annotation": Recipe(),
    "api.delete_annotations": Recipe(_bulk_delete),
    "api.delete_avatar": Recipe(values=_alice),
    "api.delete_member": Recipe(),
    "api.delete_project": Recipe(),
    "api.delete_task": Recipe(),
    "api.delete_user": Recipe(),
    "api.import_tasks": Recipe(lambda _world: [{"data": {"text": "a table"}}]),
    "api.reset_invite": Recipe(),
    "api.reset_token": Recipe(),
    "api.revoke_email": Recipe(_fields(email="ivan@example.org")),
    "api.revoke_invitation": Recipe(),
    "api.rotate_token": Recipe(_refresh),
    "api.run_action": Recipe(_all_tasks, query=_delete_tasks, is_strict=True),
    "api.restore_project": Recipe(before=_delete_project),
    "api.save_avatar": Recipe(_another_picture, _alice, is_multipart=True),
    "api.send_invitation": Recipe(),
    "api.send_invitations": Recipe(_fields(emails=["erin@example.org"])),
    "api.update_annotation": Recipe(_fields(result=[{"value": 2}])),
    "api.update_current_user": Recipe(_fields(first_name="Alicia")),
    "api.update_hotkeys": Recipe(_fields(custom_hotkeys={"annotation:submit": {"key": "ctrl+s"}})),
    "api.update_jwt_settings": Recipe(_fields(api_token_ttl_days=10)),
    "api.update_organization": Recipe(_fields(title="Another name")),
    "api.update_policy": Recipe(_fields(max_session_age=600)),
    "api.update_project": Recipe(_fields(title="Another title")),
    "api.update_task": Recipe(_fields(data={"text": "another"})),
    "api.update_user": Recipe(_fields(first_name="Alicia"), _alice),
    "auth.forgot_password": Recipe(_fields(email="bob@example.org"), is_by_visitor=True),
    "auth.language": Recipe(_fields(language="zh_Hans")),
    "auth.login": Recipe(_fields(email="alice@example.org", password=PASSWORD), is_by_visitor=True),
    "auth.logout": Recipe(),
    "auth.set_password": Recipe(_fields(password=NEW_PASSWORD), is_by_visitor=True),
    "auth.setup": Recipe(_registration, lambda world: {"code": unfounded(world.app)}, is_by_visitor=True),
    "auth.signup": Recipe(_registration, is_by_visitor=True),
    "first_steps.hide": Recipe(),
    "organization.mail_send": Recipe(values=lambda world: {"mail_id": world.failed_message}),
    "organization.settings_save": Recipe(_fields(title="Another name")),
    "people.deactivation": Recipe(),
    "people.deactivation_delete": Recipe(values=lambda world: {"user_id": world.charlie.id}),
    "people.import_accounts": Recipe(_sealed_people),
    "people.import_preview": Recipe(_people_file, changes_nothing=True),
    "people.invitation_revoke": Recipe(),
    "people.invitation_send": Recipe(),
    "people.invite_reset": Recipe(),
    "people.invite_several": Recipe(_fields(emails="erin@example.org", form_key="a key of its own")),
    "people.password_link": Recipe(),
    "people.several_deactivation": Recipe(lambda world: {"person": world.bob.id}),
    "people.several_reactivation": Recipe(lambda world: {"person": world.charlie.id}),
    "projects.change": Recipe(_fields(title="Another title", description="")),
    "projects.create": Recipe(_fields(title="Another", description="", form_key="a key of its own")),
    "projects.delete": Recipe(),
    "projects.import_tasks": Recipe(lambda _world: {"file": (io.BytesIO(b'[{"text": "a table"}]'), "tasks.json")}),
    "projects.restore": Recipe(before=_delete_project),
    "settings.account_save": Recipe(_fields(first_name="Alicia")),
    "settings.avatar": Recipe(_another_picture),
    "settings.avatar_delete": Recipe(),
    "settings.avatar_preview": Recipe(_another_picture, changes_nothing=True),
    "settings.email": Recipe(_fields(**EMAIL)),
    "settings.email_cancel": Recipe(before=_ask_for_email),
    "settings.email_confirm": Recipe(values=_code(CONFIRM), is_by_visitor=True),
    "settings.email_sign_up": Recipe(values=_code(SIGN_UP), is_by_visitor=True),
    "settings.email_undo": Recipe(values=_code(UNDO), is_by_visitor=True),
    "settings.password": Recipe(_change_of_password),
    "settings.personal_token": Recipe(before=_end_token),
    "settings.personal_token_delete": Recipe(),
    "settings.session_delete": Recipe(),
    "settings.sessions_delete_others": Recipe(),
    "settings.token_reset": Recipe(),
}
# The refresh token in the body is the credential, so no browser can be made to send it.
BRINGS_ITS_CREDENTIAL = {"api.refresh_token": Recipe(_refresh)}


@dataclass(frozen=True)
class Write:
    """One write, ready to be sent any number of times."""

    world: World
    call: Call
    recipe: Recipe
    client: FlaskClient

    @classmethod
    def of(cls, world: World, endpoint: str, client: FlaskClient | None = None, **values: int | str) -> "Write":
        """As its recipe has it: by Alice, or by a visitor; from another browser or over other things if given."""
        recipe = {**RECIPES, **BRINGS_ITS_CREDENTIAL}[endpoint]
        usual = world.app.test_client() if recipe.is_by_visitor else world.alice.browser.client
        known = world.calls(world.alice, **{**recipe.values(world), **values})
        call = next(call for call in known if call.endpoint == endpoint)
        return cls(world, call, recipe, client or usual)

    def prepared(self) -> "Write":
        """The same, with everything done that it needs to succeed."""
        self.recipe.before(self.world)
        return self

    def send(self, token: str | None = None, *, more: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        """Send it with this CSRF token, if any, and with these further fields."""
        body = self.recipe.body(self.world)
        if more:
            body = {**body, **more} if isinstance(body, dict) else body
        if not self.call.is_api:
            return self._open(data={**body, **({"csrf_token": token} if token else {})}, headers=headers)
        if token:
            headers["X-CSRFToken"] = token
        return self._open(**{"data" if self.recipe.is_multipart else "json": body}, headers=headers)

    def _open(self, **options: Any) -> TestResponse:
        return self.client.open(self.call.path + self.recipe.query(self.world), method=self.call.method, **options)
