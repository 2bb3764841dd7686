"""The activity log: every verb records exactly one event or, where it concerns no account, none."""

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.models import Event, LoginSession, OneTimeCode, PersonalToken, User, one_time_code
from ls.models.one_time_code import CONFIRM, SHOWN, UNDO
from tests.cast import PASSWORD, Browser, Cast, Person
from tests.factories import a_failed_message, people_file
from tests.letters import MAIL
from tests.pictures import drawing, saved
from tests.safety.recipes import unfounded
from tests.safety.routes import WRITING, calls

AGENT = "a test's browser"
HERE = {"User-Agent": AGENT}
NEW = "a newer, better password"
PNG = saved(drawing(), "PNG")


class World:
    """Four members and their work; a step may use what the steps before it left."""

    def __init__(self, app: Flask) -> None:
        self.app, cast = app, Cast(app)
        self.alice, self.bob, self.charlie, self.dora = (cast.person(name) for name in ("alice", "bob", "charlie", "d"))
        self.token, self.picture = "", f"users/{self.alice.id}/avatar/"

    def api(self, method: str, path: str, person: Person | None = None, **options: Any) -> Any:
        """A call of the API that has to succeed; its JSON."""
        headers = {**(person or self.alice).auth, "User-Agent": AGENT}
        answer = self.app.test_client().open(f"/api/{path}", method=method, headers=headers, **options)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json

    def form(self, path: str, person: Person | None = None, page: str = "/user/account/", **fields: Any) -> None:
        """A form that has to be taken."""
        browser = (person or self.alice).browser
        answer = browser.post(path, fields, page=page, headers={"User-Agent": AGENT})
        assert answer.status_code in {200, 201, 302, 303}, (path, answer.text)

    def as_visitor(self, path: str, page: str, **fields: Any) -> None:
        """A form from a browser nobody has signed in with."""
        answer = Browser(self.app).post(path, fields, page=page, headers={"User-Agent": AGENT})
        assert answer.status_code in {302, 303}, (path, answer.text)

    def code(self, person: Person, purpose: str = SHOWN) -> str:
        """A code for this purpose."""
        with self.app.app_context(), write():
            return OneTimeCode.issue(db.session.get_one(User, person.id), purpose, f"{person.id}@example.net")

    def session_of(self, person: Person) -> int:
        """The number of a second session."""
        Browser(self.app).sign_in(person.email)
        with self.app.app_context():
            return db.session.scalar(select(func.max(LoginSession.id)).where(LoginSession.user_id == person.id)) or 0

    def token_of(self, person: Person) -> int:
        """The number of the personal token."""
        with self.app.app_context():
            return db.session.scalar(select(PersonalToken.id).where(PersonalToken.user_id == person.id)) or 0

    def refresh(self) -> str:
        """The valid refresh token."""
        return self.token

    def remember(self, answer: Any) -> None:
        """Keep the refresh token that an answer brought."""
        self.token = answer.get("token") or answer["refresh"]


Step = Callable[[World], object]
ORGANIZATION = "/organization/settings"
SIX_DAYS = {"max_session_age": "144", "max_session_age_unit": "3600", "max_time_between_activity": "9"}
TOKENS = {"api_tokens_enabled": "y", "personal_tokens_enabled": "y", "personal_token_days": "90"}
LOGIN, SIGN_UP, FORGOT, ME = "/user/login/", "/user/signup/", "/user/forgot-password/", "/user/account"
IVAN = "ivan@example.org"
IVANS = {"emails": [IVAN]}
DELETE_TASKS, BULK_DELETE = "dm/actions?id=delete_tasks&project=2", "annotations/bulk-delete/"
ALL_TASKS = {"selectedItems": {"all": True, "excluded": []}}
THE_REST = {"ids": [2, 3], "project": 2}
# Endpoint, the kind of event that it records (None: it concerns no account, or changes nothing), and how it is called.
# Tasks and annotations are work: while they are there, their rows name author and time themselves.
PLAN: list[tuple[str, str | None, Step]] = [
    ("auth.login", "login", lambda w: w.as_visitor(LOGIN, LOGIN, email=w.bob.email, password=PASSWORD)),
    ("auth.signup", "sign_up", lambda w: _sign_up(w)),
    ("auth.setup", "sign_up", lambda w: _set_up(w)),
    ("auth.language", "profile_changed", lambda w: w.form("/user/language", language="zh_Hans")),
    ("auth.language", None, lambda w: w.form("/user/language", language="zh_Hans")),
    ("auth.set_password", "password_set", lambda w: _set_password(w)),
    ("settings.account_save", "profile_changed", lambda w: w.form("/user/account/", first_name="Alice", phone="1")),
    ("settings.account_save", None, lambda w: w.form("/user/account/", first_name="Alice", phone="1")),
    ("settings.avatar_preview", None, lambda w: w.form("/user/account/avatar/preview", avatar=_file())),
    ("settings.avatar", "avatar_saved", lambda w: w.form("/user/account/avatar", avatar=_file())),
    ("settings.avatar_delete", "avatar_removed", lambda w: w.form("/user/account/avatar/delete")),
    ("settings.avatar_delete", None, lambda w: w.form("/user/account/avatar/delete")),
    ("settings.password", "password_changed", lambda w: _change_password(w)),
    ("auth.forgot_password", "password_forgotten", lambda w: w.as_visitor(FORGOT, FORGOT, email=w.charlie.email)),
    ("auth.forgot_password", "password_forgotten", lambda w: w.as_visitor(FORGOT, FORGOT, email="no@example.org")),
    ("people.password_link", "password_link_sent", lambda w: w.form(f"/people/{w.charlie.id}/password-link")),
    ("settings.email", "email_change_requested", lambda w: _change_email(w, "dora@example.net")),
    ("settings.email", None, lambda w: _change_email(w, w.dora.email)),
    ("settings.email_cancel", "email_change_canceled", lambda w: w.form(f"{ME}/email/cancel", w.dora)),
    ("settings.email_cancel", None, lambda w: w.form(f"{ME}/email/cancel", w.dora)),
    ("settings.email_confirm", "email_changed", lambda w: w.form(f"{ME}/email/confirm/{w.code(w.dora, CONFIRM)}")),
    (
        "settings.email_sign_up",
        "email_confirmed",
        lambda w: w.form(f"{ME}/email/sign-up/{w.code(w.charlie, one_time_code.SIGN_UP)}"),
    ),
    ("settings.email_undo", "email_restored", lambda w: w.form(f"{ME}/email/undo/{w.code(w.charlie, UNDO)}")),
    ("settings.personal_token", "personal_token_created", lambda w: w.form(f"{ME}/personal-tokens", w.dora)),
    (
        "settings.personal_token_delete",
        "personal_token_blacklisted",
        lambda w: w.form(f"{ME}/personal-tokens/{w.token_of(w.dora)}/delete", w.dora),
    ),
    ("settings.token_reset", "token_reset", lambda w: w.form("/user/account/token/reset", w.dora)),
    (
        "settings.session_delete",
        "session_ended",
        lambda w: w.form(f"/user/account/sessions/{w.session_of(w.bob)}/delete", w.bob),
    ),
    ("settings.sessions_delete_others", "sessions_ended", lambda w: w.form(f"{ME}/sessions/delete-others", w.bob)),
    ("organization.settings_save", "organization_changed", lambda w: w.form(ORGANIZATION, title="Acme")),
    ("organization.settings_save", None, lambda w: w.form(ORGANIZATION, title="Acme")),
    ("organization.settings_save", "session_policy_changed", lambda w: w.form(ORGANIZATION, **SIX_DAYS)),
    ("organization.settings_save", "session_policy_changed", lambda w: w.form(ORGANIZATION, use_defaults="1")),
    ("organization.settings_save", "token_settings_changed", lambda w: w.form(ORGANIZATION, **TOKENS)),
    ("organization.mail_send", "mail_sent_again", lambda w: _send_again(w)),
    ("people.deactivation", "deactivated", lambda w: w.form(f"/people/{w.dora.id}/deactivation")),
    ("people.deactivation", None, lambda w: w.form(f"/people/{w.dora.id}/deactivation")),
    ("people.deactivation_delete", "reactivated", lambda w: w.form(f"/people/{w.dora.id}/deactivation/delete")),
    (
        "people.several_deactivation",
        "deactivated",
        lambda w: w.form(f"/people/deactivation?person={w.dora.id}&person={w.dora.id}"),
    ),
    ("people.several_reactivation", "reactivated", lambda w: w.form(f"/people/reactivation?person={w.dora.id}")),
    ("people.several_reactivation", None, lambda w: w.form(f"/people/reactivation?person={w.dora.id}")),
    ("people.import_preview", None, lambda w: w.form("/people/import", file=people_file())),
    ("people.import_accounts", "user_created", lambda w: _import_people(w)),
    ("people.export", "people_exported", lambda w: w.alice.browser.get("/people/export", headers=HERE)),
    ("people.invite_reset", "invite_reset", lambda w: w.form("/people/invite/reset")),
    ("people.invite_several", "invitation_created", lambda w: w.form("/people/invitations/", emails="i@example.org")),
    ("people.invite_several", None, lambda w: w.form("/people/invitations/", emails="i@example.org")),
    ("people.invitation_send", "invitation_sent", lambda w: w.form("/people/invitations/1/send")),
    ("people.invitation_revoke", "invitation_revoked", lambda w: w.form("/people/invitations/1/revoke")),
    ("people.invitation_revoke", None, lambda w: w.form("/people/invitations/1/revoke")),
    ("first_steps.hide", "first_steps_hidden", lambda w: w.form("/first-steps/delete")),
    ("first_steps.hide", None, lambda w: w.form("/first-steps/delete")),
    ("auth.logout", "logout", lambda w: w.form("/logout", w.bob, "/logout")),
    ("api.reset_invite", "invite_reset", lambda w: w.api("POST", "invite/reset-token")),
    ("api.create_invitations", "invitation_created", lambda w: w.api("POST", "invitations/", json={})),
    ("api.revoke_invitation", "invitation_revoked", lambda w: w.api("DELETE", "invitations/2/")),
    ("api.send_invitations", "invitation_created", lambda w: w.api("POST", "invite/send-email", json=IVANS)),
    ("api.send_invitation", "invitation_sent", lambda w: w.api("POST", "invitations/3/send/")),
    ("api.revoke_email", "invitation_revoked", lambda w: w.api("POST", "invite/revoke", json={"email": IVAN})),
    ("api.update_current_user", "profile_changed", lambda w: _patch(w, last_name="A", allow_newsletters=True)),
    ("api.update_current_user", None, lambda w: _patch(w, last_name="A", allow_newsletters=True)),
    ("api.update_user", "profile_changed", lambda w: w.api("PATCH", f"users/{w.alice.id}/", json={"phone": "2"})),
    ("api.update_hotkeys", "profile_changed", lambda w: _hotkeys(w)),
    ("api.update_hotkeys", None, lambda w: _hotkeys(w)),
    ("api.reset_token", "token_reset", lambda w: w.api("POST", "current-user/reset-token/", w.bob)),
    ("api.create_token", "personal_token_created", lambda w: w.remember(w.api("POST", "token/"))),
    ("api.refresh_token", None, lambda w: w.api("POST", "token/refresh/", json={"refresh": w.refresh()})),
    (
        "api.rotate_token",
        "personal_token_rotated",
        lambda w: w.remember(w.api("POST", "token/rotate/", json={"refresh": w.refresh()})),
    ),
    (
        "api.blacklist_token",
        "personal_token_blacklisted",
        lambda w: w.api("POST", "token/blacklist/", json={"refresh": w.refresh()}),
    ),
    ("api.save_avatar", "avatar_saved", lambda w: w.api("POST", w.picture, data={"avatar": _file()})),
    ("api.delete_avatar", "avatar_removed", lambda w: w.api("DELETE", w.picture)),
    ("api.create_user", "user_created", lambda w: w.api("POST", "users/", json={"email": "e@example.org"})),
    ("api.delete_user", "deleted", lambda w: w.api("DELETE", f"users/{w.charlie.id}/")),
    ("api.delete_member", "deleted", lambda w: w.api("DELETE", f"organizations/1/memberships/{w.dora.id}/")),
    ("api.update_organization", "organization_changed", lambda w: _title(w)),
    ("api.update_organization", None, lambda w: _title(w)),
    ("api.update_policy", "session_policy_changed", lambda w: _policy(w)),
    ("api.update_policy", None, lambda w: w.api("PATCH", "session-policy/", json={})),
    ("api.update_jwt_settings", "token_settings_changed", lambda w: _ttl(w)),
    ("api.update_jwt_settings", None, lambda w: _ttl(w)),
    ("projects.create", "project_created", lambda w: _project(w, "", title="P")),
    ("projects.change", "project_changed", lambda w: _project(w, "1", title="Q")),
    ("projects.change", None, lambda w: _project(w, "1", title="Q")),
    ("projects.import_tasks", "tasks_imported", lambda w: w.form("/projects/1/import", file=_tasks())),
    ("projects.delete", "project_deleted", lambda w: _project(w, "1/delete")),
    ("projects.restore", "project_restored", lambda w: _project(w, "1/restore")),
    ("projects.restore", None, lambda w: _project(w, "1/restore")),
    ("activity.index", "activity_exported", lambda w: w.alice.browser.get("/activity/?format=csv", headers=HERE)),
    ("activity.events", "activity_exported", lambda w: w.alice.browser.get("/events/?format=csv", headers=HERE)),
    ("api.create_project", "project_created", lambda w: w.api("POST", "projects/", json={"title": "P"})),
    ("api.update_project", "project_changed", lambda w: w.api("PATCH", "projects/2/", json={"title": "Q"})),
    ("api.update_project", None, lambda w: w.api("PATCH", "projects/2/", json={"title": "Q"})),
    ("api.import_tasks", "tasks_imported", lambda w: w.api("POST", "projects/2/import", json=[{"text": "x"}])),
    ("api.create_task", None, lambda w: w.api("POST", "tasks/", json={"project": 2, "data": {"text": "x"}})),
    ("api.update_task", None, lambda w: w.api("PATCH", "tasks/1/", json={"data": {"text": "y"}})),
    ("api.create_annotation", None, lambda w: w.api("POST", "tasks/1/annotations/", json={"result": []})),
    ("api.update_annotation", None, lambda w: w.api("PATCH", "annotations/1/", json={"result": []})),
    ("api.create_annotations", None, lambda w: w.api("POST", "annotations/bulk/", json={"tasks": [1, 2]})),
    ("api.delete_annotation", "annotations_deleted", lambda w: w.api("DELETE", "annotations/1/")),
    ("api.delete_annotations", "annotations_deleted", lambda w: w.api("POST", BULK_DELETE, json=THE_REST)),
    ("api.delete_annotations", None, lambda w: w.api("POST", BULK_DELETE, json=THE_REST)),
    ("api.delete_task", "tasks_deleted", lambda w: w.api("DELETE", "tasks/1/")),
    ("api.run_action", "tasks_deleted", lambda w: w.api("POST", DELETE_TASKS, json=ALL_TASKS)),
    ("api.run_action", None, lambda w: w.api("POST", DELETE_TASKS, json=ALL_TASKS)),
    ("api.delete_project", "project_deleted", lambda w: w.api("DELETE", "projects/2/")),
    ("api.restore_project", "project_restored", lambda w: w.api("POST", "projects/2/restore/")),
    ("api.restore_project", None, lambda w: w.api("POST", "projects/2/restore/")),
]  # fmt: skip


def _project(world: World, path: str, **fields: Any) -> None:
    world.form(f"/projects/{path}", page="/projects/", description="", **fields)


def _import_people(world: World) -> None:
    preview = world.alice.browser.post("/people/import", {"file": people_file()}, page="/user/account/").text
    world.form("/people/import/accounts", people=re.findall(r'name="people" value="([^"]+)"', preview)[0])


def _tasks() -> tuple[io.BytesIO, str]:
    return io.BytesIO(b'[{"text": "a"}]'), "tasks.json"


def _file() -> tuple[io.BytesIO, str]:
    return io.BytesIO(PNG), "me.png"


def _send_again(world: World) -> None:
    with world.app.app_context():
        failed = a_failed_message()
    world.form(f"/organization/mail/{failed}/send")


def _sign_up(world: World) -> None:
    token = world.api("GET", "invite")["token"]
    page = f"{SIGN_UP}?token={token}"
    world.as_visitor(page, page, email="new@example.org", password=PASSWORD)


def _set_up(world: World) -> None:
    page = f"/setup/{unfounded(world.app)}"
    world.as_visitor(page, page, email="first@example.org", password=PASSWORD)
    unfounded(world.app, world.alice.id)


def _set_password(world: World) -> None:
    page = f"/user/set-password/{world.code(world.charlie)}"
    world.as_visitor(page, page, password=NEW)


def _change_password(world: World) -> None:
    world.form("/user/account/password", current_password=PASSWORD, new_password=NEW, confirm_password=NEW)


def _change_email(world: World, email: str) -> None:
    world.form("/user/account/email", world.dora, email=email, current_password=PASSWORD)


def _patch(world: World, **fields: Any) -> None:
    world.api("PATCH", "current-user", json=fields)


def _hotkeys(world: World) -> None:
    world.api("PATCH", "current-user/hotkeys/", json={"custom_hotkeys": {"a:b": {"key": "x"}}})


def _title(world: World) -> None:
    world.api("PATCH", "organizations/1", json={"title": "X"})


def _policy(world: World) -> None:
    world.api("PATCH", "session-policy/", json={"max_session_age": 9})


def _ttl(world: World) -> None:
    world.api("POST", "jwt/settings", json={"api_token_ttl_days": 30})


def audit_log(app: Flask) -> list[Any]:
    """Every event, the oldest first."""
    columns = (Event.kind, Event.actor_id, Event.target_id, Event.address, Event.agent, Event.at, Event.request_id)
    with app.app_context():
        return list(db.session.execute(select(*columns).order_by(Event.id)))


def test_the_plan_below_has_every_route_that_writes(app: Flask) -> None:
    writing = {call.endpoint for call in calls(app) if call.method in WRITING}
    exporting = {"activity.events", "activity.index", "people.export"}
    assert {endpoint for endpoint, _kind, _step in PLAN} == writing | exporting


def test_every_verb_leaves_exactly_one_event(
    make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(DISABLE_SIGNUP_WITHOUT_LINK=True, **MAIL)
    world, failures = World(app), []
    for number, (endpoint, kind, step) in enumerate(PLAN):
        before = len(audit_log(app))
        capsys.readouterr()
        step(world)
        left = audit_log(app)[before:]
        if endpoint == "settings.session_delete":
            assert left.pop(0).kind == "login"  # of the second device, to have one to end
        lines = [line for line in capsys.readouterr().err.splitlines() if f"Z {kind} " in line]
        if [event.kind for event in left] != ([kind] if kind else []) or (kind and len(lines) != 1):
            failures.append((number, endpoint, kind, left, lines))
        for event in left:
            told = (event.address, event.agent, len(event.request_id), utcnow() - event.at < timedelta(minutes=1))
            assert told == ("127.0.0.1", AGENT, 16, True), endpoint
            known = {world.alice.id, world.bob.id, world.charlie.id, world.dora.id, event.target_id}
            assert event.actor_id in (known if kind != "password_forgotten" else {None}), endpoint
    assert failures == []
    assert_readable(app, world)


def assert_readable(app: Flask, world: World) -> None:
    """The page, the CSV and the API tell of all of them."""
    number = len(audit_log(app))
    [page] = world.api("GET", "activity-logs/?page_size=-1")
    assert page["recordsTotal"] == len(page["data"]) == number
    newest = page["data"][0]
    assert (newest["event"], newest["user_id"], newest["ip_address"], newest["user_agent"]) == (
        "project_restored", world.alice.id, "127.0.0.1", AGENT,
    )  # fmt: skip
    rows = world.alice.browser.get("/activity/?format=csv", headers=HERE).text.strip().splitlines()
    assert len(rows) == number + 2  # the header, and this export itself
    assert AGENT in rows[1]
    assert AGENT not in rows[0]
    assert world.alice.browser.get("/activity/").status_code == 200


COMMANDS: list[tuple[list[str], str | None]] = [
    (["user", "create", "--username", "new@example.org", "--password", PASSWORD], "user_created"),
    (["user", "create", "--username", "new@example.org", "--password", PASSWORD], None),
    (["user", "create", "--username", "short@example.org", "--password", PASSWORD, "--user-token", "1234"], None),
    (["user", "token", "--username", "new@example.org", "--reset"], "token_reset"),
    (["user", "token", "--username", "new@example.org"], None),
    (["user", "set-email", "--username", "new@example.org", "--email", "newer@example.org"], "email_changed"),
    (["user", "set-email", "--username", "newer@example.org", "--email", "new@example.org"], "email_changed"),
    (["user", "set-email", "--username", "new@example.org", "--email", "new@example.org"], None),
    (["user", "password-link", "--username", "new@example.org"], "password_link_made"),
    (["user", "deactivate", "--username", "new@example.org"], "deactivated"),
    (["user", "password-link", "--username", "new@example.org"], None),
    (["user", "deactivate", "--username", "new@example.org"], None),
    (["user", "activate", "--username", "new@example.org"], "reactivated"),
    (["reset_password", "--username", "new@example.org", "--password", NEW], "password_reset"),
    (["reset_password", "--username", "new@example.org", "--password", NEW], None),
    (["reset-password", "--username", "new@example.org", "--password", PASSWORD], "password_reset"),
    (["invite", "--reset"], "invite_reset"),
    (["invite"], None),
    (["invite", "create", "--email", "i@example.org", "--note", "Hello", "--expires", "12h"], "invitation_created"),
    (["invite", "create", "--email", "i@example.org"], None),
    (["invite", "create", "--uses", "0"], None),
    (["invite", "list"], None),
    (["invite", "revoke", "1"], "invitation_revoked"),
    (["invite", "revoke", "1"], None),
    (["setup-link"], None),
    (["user", "list"], None),
    (["user", "--username", "new@example.org"], None),
    (["check"], None),
    (["people", "export"], "people_exported"),
    (["people", "import", "PEOPLE", "--dry-run"], None),
    (["people", "import", "PEOPLE"], "user_created"),
    (["project", "import", "P", "FILE", "--username", "new@example.org"], "project_created tasks_imported"),
    (["project", "list"], None),
    (["project", "recount"], None),
    (["project", "delete", "1"], "project_deleted"),
    (["project", "list", "--deleted"], None),
    (["project", "restore", "1"], "project_restored"),
    (["project", "restore", "1"], None),
    (["project", "purge"], None),
    (["backup", "BACKUP"], "backup_written"),
    (["db-copy", "--to", "COPY"], "database_copied"),
    (["export-label-studio", "FOLDER"], "exported_for_label_studio"),
]


SAID = {"project import": "Importing\n", "people import": "new\tfrom.file@example.org\n"}


def test_every_command_leaves_exactly_one_event(closed_app: Flask, tmp_path: Path) -> None:
    (tmp_path / "tasks.json").write_text(json.dumps([{"text": "x"}]))
    Cast(closed_app).bob(sign_in=False)  # somebody has to stay
    (tmp_path / "people.csv").write_text("email\nfrom.file@example.org\n")
    names = {"PEOPLE": "people.csv", "FILE": "tasks.json", "BACKUP": "b.tar.gz", "FOLDER": "exported"}
    places = {word: str(tmp_path / name) for word, name in names.items()}
    places["COPY"] = f"sqlite:///{tmp_path}/copy.sqlite3"
    for words, kind in COMMANDS:
        before = len(audit_log(closed_app))
        result = closed_app.test_cli_runner().invoke(args=[places.get(word, word) for word in words])
        left = audit_log(closed_app)[before:]
        assert " ".join(event.kind for event in left) == (kind or ""), (words, result.output)
        assert {(event.actor_id, event.agent) for event in left} <= {(None, "command line")}
        assert not kind or (result.exit_code, result.stderr) == (0, SAID.get(" ".join(words[:2]), "")), words


def test_what_is_rolled_back_leaves_no_event_and_no_line(
    app: Flask, cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    alice = cast.alice(sign_in=False)
    before = len(audit_log(app))
    capsys.readouterr()

    def fail() -> None:
        with write():
            db.session.get_one(User, alice.id).change_profile(first_name="Anna")
            db.session.flush()
            raise ZeroDivisionError

    with app.test_request_context():
        with pytest.raises(ZeroDivisionError):
            fail()
        assert len(audit_log(app)) == before
        with write():
            pass  # what came before is not told now
        assert capsys.readouterr().err == ""
        assert db.session.scalar(select(func.count()).where(User.first_name == "Anna")) == 0
