"""Whatever is sent, the answer is JSON that names the error, and never a 5xx."""

from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event

from ls.db.extensions import db
from tests.api.conftest import NOT_FOUND, Script, each
from tests.cast import Person
from tests.safety.routes import Call, calls, state

BODILESS = frozenset(
    [
        *("api.reset_token", "api.reset_invite", "api.create_token", "api.save_avatar", "api.restore_project"),
        "api.send_invitation",
    ]
)
QUERIES = {"api.run_action": "?id=delete_tasks&project=1"}

NOT_JSON = {
    "nothing closed": b"{",
    "not UTF-8": b'{"title": "\xff"}',
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "NaN": b'{"title": NaN}',
    "infinite": b'{"title": -Infinity}',
    "too deep": b"[" * 100_000,
    "too deep in objects": b'{"a":' * 100_000,
    "a number of 5,000 digits": b'{"title": ' + b"9" * 5000 + b"}",
    "a form": b"title=x&email=y",
    "a word": b"title",
}
NO_OBJECT = {"array": b"[1]", "text": b'"x"', "number": b"5", "true": b"true"}
ODD = ["\0", "a\ud800b", "\u202e\r\n", 10**30, 2**31, -1, 1.5, 1e308, True, None, [], {}, [[]], {"a": "\ud800"}]
ODD += [{"\ud800": 1}, {"a": "\0"}, "x" * 3000, " ", {"a": [[[[1]]]]}]


def writes(app: Flask) -> list[Call]:
    taken = [call for call in calls(app) if call.is_api and call.method in {"POST", "PATCH"}]
    with_body = [call for call in taken if call.endpoint not in BODILESS]
    return [replace(call, path=call.path + QUERIES.get(call.endpoint, "")) for call in with_body]


@pytest.fixture
def everything(alice_api: Script, task: dict[str, Any]) -> Script:
    """Alice's script, with a row 1 of everything."""
    alice_api.send("POST", f"/api/tasks/{task['id']}/annotations/", {"result": []}, 201)
    return alice_api


def test_a_body_that_is_not_json_is_400_and_changes_nothing(app: Flask, everything: Script) -> None:
    before = state(app)
    for call in writes(app):
        if call.endpoint == "api.import_tasks":
            continue  # it takes more encodings and says more, tests/api/test_import.py
        for name, body in NOT_JSON.items():
            answer = everything.call(call.method, call.path, data=body, content_type="application/json")
            assert (answer.status_code, list(answer.json)) == (400, ["detail"]), (call, name)
            assert answer.json["detail"].startswith("JSON parse error - "), (call, name)
        for name, body in NO_OBJECT.items():
            answer = everything.call(call.method, call.path, data=body, content_type="application/json")
            assert answer.status_code == 400, (call, name)
    assert state(app) == before


def test_a_form_is_400_too(app: Flask, everything: Script) -> None:
    for call in writes(app):
        for kind in ("text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=x"):
            answer = everything.call(call.method, call.path, data=b"nonsense", content_type=kind)
            assert answer.status_code == 400, (call, kind)


def test_odd_values_in_any_field_are_never_a_500(app: Flask, everything: Script) -> None:
    described = everything.get("/docs/api.json")
    for call in writes(app):
        if call.endpoint == "api.update_jwt_settings":
            continue  # switching tokens off would end this script, tests/api/test_tokens.py does it
        for field in sorted(fields_of(described, call.endpoint)):
            for value in ODD:
                status = everything.call(call.method, call.path, json={field: value}).status_code
                assert status in {200, 201, 400, 401, 404, 405}, (call, field, value)
    for call in calls(app):
        if call.is_api and call.method == "GET":
            assert everything.call("GET", call.path).status_code == 200, call


def fields_of(described: dict[str, Any], endpoint: str) -> set[str]:
    """The names in that call's body."""
    name = endpoint.rpartition(".")[2]
    operations = [one for path in described["paths"].values() for one in path.values()]
    [body] = [one["requestBody"] for one in operations if one["operationId"] == name]
    schema = body["content"]["application/json"]["schema"]
    shape = described["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
    return set(shape.get("properties", {}))


def test_a_body_that_is_too_large_is_413(app: Flask, everything: Script) -> None:
    large = b'{"a": "' + b"x" * 3_000_000 + b'"}'
    for call in writes(app):
        if call.endpoint == "api.import_tasks":
            continue
        answer = everything.call(call.method, call.path, data=large)
        assert (answer.status_code, list(answer.json)) == (413, ["detail"]), call


def test_a_chunked_body_that_is_too_large_is_413(alice_api: Script) -> None:
    body = b'{"phone": "1"}' + b" " * 3_000_000 + b"!"
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = alice_api.call("PATCH", "/api/current-user", input_stream=BytesIO(body), environ_overrides=chunked)
    assert answer.status_code == 413
    small = alice_api.call("PATCH", "/api/current-user", input_stream=BytesIO(body[:14]), environ_overrides=chunked)
    assert (small.status_code, small.json["phone"]) == (200, "1")


@each("path", ["/api", "/api/", "/api/no/such/thing", "/api/users/x/", "/api/users/-1/", "/api/users/1/x"])
def test_unknown_paths_are_404_in_json(app: Flask, alice_api: Script, path: str) -> None:
    assert alice_api.get(path, 404) == NOT_FOUND
    assert Script(app).get(path, 404) == NOT_FOUND


@each("number", [0, 999, 2**31, 2**63, 10**40])
def test_unknown_ids_are_404(app: Flask, alice_api: Script, number: int) -> None:
    for call in calls(app, number=number):
        if call.is_api and str(number) in call.path:
            body = {"json": {}} if call.method in {"POST", "PATCH"} else {}
            answer = alice_api.call(call.method, call.path, **body)
            assert (answer.status_code, answer.json) == (404, NOT_FOUND), call


def test_a_wrong_method_is_405_with_the_allowed_ones(alice_api: Script) -> None:
    answer = alice_api.call("PUT", "/api/users/1/")
    assert (answer.status_code, answer.json) == (405, {"detail": 'Method "PUT" not allowed.'})
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PATCH", "DELETE"}


def test_an_unhandled_exception_is_500_without_details(
    app: Flask, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setitem(app.view_functions, "api.whoami", broken)
    answer = Script(app, alice).call("GET", "/api/current-user/whoami")
    assert (answer.status_code, answer.json) == (500, {"detail": "Internal server error."})


def _delete(table: str, gone: list[str], connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    if f"FROM {table}" in statement and not gone:
        gone.append(table)
        connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608  # one of the names below


def test_a_row_deleted_during_the_change_is_404(app: Flask, everything: Script) -> None:
    for path, table in (("/api/annotations/1/", "annotations"), ("/api/projects/1/", "projects")):
        gone: list[str] = []

        delete_it = partial(_delete, table, gone)
        with app.app_context():
            event.listen(db.engine, "after_cursor_execute", delete_it)
        answer = everything.call("PATCH", path, json={"result": [1], "title": "New"})
        with app.app_context():
            event.remove(db.engine, "after_cursor_execute", delete_it)
        assert (answer.status_code, answer.json, gone) == (404, NOT_FOUND, [table])
