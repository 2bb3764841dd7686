"""/docs/api: a page to read, and the OpenAPI 3.1 document of the same definitions that the views use."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from tests.api.conftest import each
from tests.cast import Browser, Person
from tests.safety.routes import calls

JSON_KINDS = ["application/json", "application/json, text/html;q=0.5"]
PAGE_KINDS = ["", "*/*", "text/html", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"]


@pytest.fixture
def document(app: Flask) -> Any:
    return app.test_client().get("/docs/api.json").json


def test_every_call_is_described_once(app: Flask, document: Any) -> None:
    routes = {(call.method, call.endpoint.rpartition(".")[2]) for call in calls(app) if call.is_api}
    described = [
        (method.upper(), operation["operationId"])
        for methods in document["paths"].values()
        for method, operation in methods.items()
    ]
    assert sorted(described) == sorted(routes)
    assert document["openapi"].startswith("3.1.")


def test_every_reference_has_its_schema(document: Any) -> None:
    schemas = document["components"]["schemas"]
    found = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document))
    assert set(found) <= set(schemas)


def test_pages_of_different_items_have_different_schemas(document: Any) -> None:
    def items(path: str) -> str:
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        shape = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        reference: str = document["components"]["schemas"][shape]["properties"]["results"]["items"]["$ref"]
        return reference.rpartition("/")[2]

    assert items("/api/projects/") == "ProjectSchema"
    assert items("/api/organizations/{organization_id}/memberships") == "Member"


@each("accept", JSON_KINDS)
def test_clients_that_ask_for_json_get_the_document(app: Flask, document: Any, accept: str) -> None:
    answer = app.test_client().get("/docs/api", headers={"Accept": accept})
    assert (answer.mimetype, answer.json) == ("application/json", document)
    assert "Accept" in answer.headers["Vary"].split(", ")


@each("accept", PAGE_KINDS)
@each("path", ["/docs/api", "/docs/api/"])
def test_other_clients_get_the_page(app: Flask, accept: str, path: str) -> None:
    answer = app.test_client().get(path, headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "Accept" in answer.headers["Vary"].split(", ")


def test_the_page_names_every_call_and_needs_no_other_host(app: Flask, document: Any, alice: Person) -> None:
    alice.browser.sign_in(alice.email)
    for browser in (Browser(app), alice.browser):
        page = browser.get("/docs/api").get_data(as_text=True)
        for path, methods in document["paths"].items():
            for method in methods:
                assert f"{method.upper()} {path}</code>" in page
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
        assert "<script>" not in page
        assert "style=" not in page


def test_every_link_to_a_schema_leads_to_it(app: Flask) -> None:
    page = Browser(app).get("/docs/api").get_data(as_text=True)
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links - {"main"}
    assert links <= set(re.findall(r'id="([^"]+)"', page))


def test_the_document_names_the_prefix(make_app: Any) -> None:
    app = make_app(HOST="https://labels.example.org/ls")
    answer = app.test_client().get("/ls/docs/api.json", headers={"Host": "labels.example.org"})
    assert answer.json["servers"] == [{"url": "/ls"}]


def test_the_first_requests_for_the_document_may_come_at_once(app: Flask) -> None:
    started = Barrier(8)

    def status(_: int) -> int:
        started.wait()
        return app.test_client().get("/docs/api.json").status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(status, range(8))) == [200] * 8
