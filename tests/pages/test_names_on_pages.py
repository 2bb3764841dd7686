"""Every page and fragment, with names that must not turn it round, and in two languages in one process."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import nodes

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, OneTimeCode, Organization, Project, User
from tests.cast import FRAGMENT, Cast
from tests.safety.routes import calls

TURNED = "Ada\u202egpj"
OPENING, CLOSING = "\u2068", "\u2069"


class Bare(HTMLParser):
    """Collects where a turned name stands outside of an isolate."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.isolates = self.seen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.isolates += tag == "bdi"
        for name, value in attrs:
            if name != "value":  # of a field, which is a line of its own
                self._look(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.isolates -= tag == "bdi"

    def handle_data(self, data: str) -> None:
        if not self.isolates:
            self._look(data)

    def _look(self, text: str) -> None:
        for before in text.split(TURNED)[:-1]:
            self.seen += 1
            if not before.endswith(OPENING):
                self.found.append(text.strip())
        self.seen += text.count(OPENING)


@pytest.fixture
def team(app: Flask, cast: Cast) -> tuple[FlaskClient, list[str]]:
    """Alice's browser, and every page: names and titles are turned; Bob has never been active."""
    alice, bob = cast.alice(first_name=TURNED), cast.bob(sign_in=False, first_name=TURNED)
    with app.app_context(), write():
        user, other = db.session.get_one(User, alice.id), db.session.get_one(User, bob.id)
        Organization.get().title = TURNED
        project = Project.create(TURNED, user)
        for kind in ("deactivated", "profile_changed"):
            Event.record(kind, other, actor=user)
        values = {"user_id": bob.id, "project_id": project.id, "code": OneTimeCode.issue(other)}
    found = [call for call in calls(app, values=values) if call.method == "GET" and not call.is_api]
    return alice.browser.client, [
        call.path for call in found if call.endpoint not in {"static", "system.avatar", "people.export"}
    ]


def test_every_name_is_isolated(team: tuple[FlaskClient, list[str]]) -> None:
    client, pages = team
    seen = 0
    for path in [*pages, f"/people/?q={TURNED}x"]:
        for headers in ({}, FRAGMENT):
            answer = client.get(path, headers=headers)
            if answer.mimetype == "text/html":
                reader = Bare()
                reader.feed(answer.text)
                assert reader.found == [], path
                seen += reader.seen
    assert seen > 10


def test_so_is_the_name_in_a_message(team: tuple[FlaskClient, list[str]]) -> None:
    client, _pages = team
    [token] = set(re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/people/").text))
    for path in ("/people/2/deactivation", "/people/2/deactivation/delete"):
        answer = client.post(path, data={"csrf_token": token}, follow_redirects=True)
        assert f"{OPENING}{TURNED}{CLOSING} " in answer.text


def test_every_page_is_in_the_language_of_its_reader_whoever_came_first(
    app: Flask, team: tuple[FlaskClient, list[str]]
) -> None:
    client, pages = team
    shown = []
    for languages in (("en", "zh"), ("zh", "en")):
        app.jinja_env.cache.clear()  # type: ignore[union-attr]  # compiled for the first of them
        answers = {
            (path, language): client.get(path, headers={"Accept-Language": language}).text
            for language in languages
            for path in pages
        }
        # But for what differs each time: form keys, and the room that other tests leave in the data folder.
        shown.append({key: re.sub(r'value="[^"]*"|[\d.]+ [kMGT]B', "", text) for key, text in answers.items()})
    assert {key for key in shown[0] if shown[0][key] != shown[1][key]} == set()
    assert "Never" in shown[0]["/people/2", "en"]
    assert "Never" not in shown[0]["/people/2", "zh"]


@pytest.mark.parametrize("name", ["time_ago", "time_day", "number"])
def test_no_constant_is_computed_when_a_template_is_compiled(app: Flask, name: str) -> None:
    assert f"['{name}']" in app.jinja_env.compile(f"{{{{ none|{name} }}}}", raw=True)


def test_nothing_of_the_macros_module_depends_on_the_language(app: Flask) -> None:
    """Imported without context, it is made once, in the language of the request that comes first."""
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.endswith("_macros.html")):
        tree = app.jinja_env.parse(Path("ls/templates", name).read_text())
        outside = [node for node in tree.body if not isinstance(node, nodes.Macro)]
        called = [call for node in outside for call in node.find_all((nodes.Call, nodes.Filter))]
        assert called == []
