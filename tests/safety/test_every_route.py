"""Every route alone: its CSRF check, its sign-in guard, its ownership, each with a request that else succeeds."""

from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.safety.recipes import BRINGS_ITS_CREDENTIAL, DONE, RECIPES, World, Write, token_of
from tests.safety.routes import WRITING, Call, state

NO_TRACE: frozenset[str] = frozenset()  # not even an event or a counted attempt

# Writes on what belongs to one member: others are refused.
OWN = {
    "api.blacklist_token",
    "api.delete_avatar",
    "api.rotate_token",
    "api.save_avatar",
    "api.update_user",
    "settings.personal_token_delete",
    "settings.session_delete",
}
# Writes with an id in the path that every member may send: all members have full rights over people and work.
SHARED = {
    *("api.create_annotation", "api.delete_annotation", "api.delete_member", "api.delete_project", "api.delete_task"),
    *("api.delete_user", "api.import_tasks", "api.update_annotation", "api.update_organization", "api.update_project"),
    *("api.update_task", "auth.set_password", "people.deactivation", "people.deactivation_delete", "projects.change"),
    *("api.restore_project", "auth.setup", "projects.delete", "projects.import_tasks", "projects.restore"),
    *("api.revoke_invitation", "api.send_invitation", "people.invitation_revoke", "people.invitation_send"),
    *("people.password_link", "settings.email_confirm", "settings.email_sign_up", "settings.email_undo"),
    "organization.mail_send",
}


def endpoints(app: Flask, methods: tuple[str, ...]) -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules() if set(methods) & (rule.methods or set())}


def test_every_write_has_a_recipe(app: Flask) -> None:
    assert endpoints(app, WRITING) == set(RECIPES) | set(BRINGS_ITS_CREDENTIAL)


def is_csrf_refusal(answer: TestResponse) -> bool:
    """Is this write refused because of its token, and for nothing else?"""
    if answer.status_code == 403 and answer.json:
        return str(answer.json["detail"]).startswith("CSRF Failed: CSRF token missing or incorrect")
    return answer.status_code in {400, 422} and "open for too long" in unescape(answer.text)


@pytest.mark.parametrize("endpoint", RECIPES)
def test_a_write_needs_the_csrf_token_of_its_session(world: World, endpoint: str) -> None:
    write = Write.of(world, endpoint).prepared()
    token, of_another = token_of(write.client), token_of(world.bob.browser.client)
    before = state(world.app, without=NO_TRACE)
    for wrong in (None, of_another, "made up"):
        answer = write.send(wrong)
        assert is_csrf_refusal(answer), (wrong, answer.status_code, answer.text)
    assert state(world.app, without=NO_TRACE) == before
    before = state(world.app)
    answer = write.send(token)
    assert answer.status_code in DONE, answer.text
    assert (state(world.app) == before) == write.recipe.changes_nothing


def test_what_brings_its_own_credential_needs_neither_session_nor_token(world: World) -> None:
    for endpoint in BRINGS_ITS_CREDENTIAL:
        assert Write.of(world, endpoint, world.script).send().status_code == 200


def test_a_token_in_the_header_needs_no_csrf_token_beside_it(world: World) -> None:
    assert Write.of(world, "api.create_project", world.script).send(**world.alice.auth).status_code == 201


def is_refused(call: Call, answer: TestResponse) -> bool:
    """Is the sender told to sign in first?"""
    to_login = answer.status_code == 302 and "/user/login/" in answer.headers["Location"]
    return answer.status_code == 401 or (to_login and not call.is_api)


def let_in(world: World, client: FlaskClient, **headers: str) -> list[tuple[str, int]]:
    """The closed routes that answer this client, which sends what would succeed for a member."""
    token, found = token_of(client), []
    for call in world.calls(world.alice):
        if call.is_public:
            continue
        if call.method in WRITING:
            answer = Write.of(world, call.endpoint, client).send(token, **headers)
        else:
            answer = client.get(call.path, headers=headers)
        if not is_refused(call, answer):
            found.append((call.endpoint, answer.status_code))
    return found


def test_every_closed_page_and_call_opens_for_a_member(world: World) -> None:
    reads = [call for call in world.calls(world.alice) if call.method == "GET" and not call.is_public]
    answers = {call.path: world.alice.browser.get(call.path).status_code for call in reads}
    assert {path: status for path, status in answers.items() if status != 200} == {"/events/": 301}


def test_nobody_comes_in_without_signing_in(world: World) -> None:
    before = state(world.app)
    assert let_in(world, world.app.test_client()) == []
    assert state(world.app) == before


@pytest.mark.parametrize("how", ["deactivated", "deleted"])
def test_whose_account_is_closed_has_no_way_in(world: World, how: str) -> None:
    bob = world.bob
    access = world.call(bob, "POST", "/api/token/refresh/", json={"refresh": world.work[bob.id]["refresh"]})["access"]
    Write.of(world, {"deactivated": "people.deactivation", "deleted": "api.delete_user"}[how]).send(
        token_of(world.alice.browser.client)
    )
    before = state(world.app)
    assert let_in(world, bob.browser.client) == []
    for credential in (bob.auth, {"X-Api-Key": bob.token}, {"Authorization": f"Bearer {access}"}):
        assert [name for name, _ in let_in(world, world.app.test_client(), **credential) if "api." in name] == []
    assert state(world.app) == before


def test_each_write_on_an_id_is_of_one_kind(app: Flask) -> None:
    with_id = {rule.endpoint for rule in app.url_map.iter_rules() if rule.arguments and rule.methods & set(WRITING)}
    assert with_id == (OWN | SHARED) - {"api.blacklist_token", "api.rotate_token"}
    assert not OWN & SHARED


@pytest.mark.parametrize("endpoint", sorted(OWN))
def test_what_belongs_to_another_is_refused(world: World, endpoint: str) -> None:
    work = world.work[world.bob.id]
    bobs = {"user_id": world.bob.id, "session_id": work["session_id"], "token_id": work["token_id"]}
    write, token = Write.of(world, endpoint, **bobs), token_of(world.alice.browser.client)
    world.work[world.alice.id]["refresh"] = work["refresh"]
    before = state(world.app)
    assert write.send(token).status_code in {400, 403, 404, 405}
    assert state(world.app) == before
