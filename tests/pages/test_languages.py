"""Pages in two languages of one process: whichever is rendered first, no text of it shows in the other."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask

from tests.cast import FRAGMENT, Cast, Person
from tests.factories import a_project, a_task, an_annotation
from tests.safety.routes import calls

ENGLISH, CHINESE = "en", "zh"
MORE = ["/people/?q=nobody", "/people/?status=deactivated", "/activity/?kind=deleted", "/nowhere"]
SHOWN_ATTRIBUTES = {"title", "aria-label", "placeholder", "data-label", "data-other", "data-done", "data-server"}
HAN = re.compile(r"[\u4e00-\u9fff]")
# What is the same in both languages: names and other data, the names of the languages, and code.
SAME = re.compile(
    r"""(Roster|English|简体中文|Label\ Studio|Alice|Product\ photos|a\ chair|\S+@\S+|[A-Z]{0,2}[a-z]{0,2}|[\d., ·:+/-]+
    |(SQLite,\ |PostgreSQL,\ )?[\d.]+\ [kMG]B|Roster\ [\d.]+(\ ·)?|CSV|(127.0.0.1\ ·\ )?API(（Werkzeug）)?
    |curl.*|/api/.*|LABEL_STUDIO_\S+|[0-9a-f]{40}|("\ )?http\S+|Python|Werkzeug/\S+)(\ ·\ Roster)?""",
    re.VERBOSE,
)


class Texts(HTMLParser):
    """Collects what is shown of a page: its texts, and the attributes that a user meets."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found, self._hidden = set[str](), False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the attributes."""
        self._hidden = tag in {"script", "style", "code", "kbd", "pre", "textarea"}  # or the same in every language
        self.found |= {value.strip() for name, value in attrs if name in SHOWN_ATTRIBUTES and value}

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        """What follows is shown again."""
        self._hidden = False

    def handle_data(self, data: str) -> None:
        """Collect the text."""
        if data.strip() and not self._hidden:
            self.found.add(data.strip())


@pytest.fixture
def alice(app: Flask, cast: Cast) -> Person:
    """Alice with some work; Bob, who was never active."""
    alice = cast.alice(first_name="Alice")
    cast.bob(sign_in=False)
    with app.app_context():
        an_annotation(a_task(a_project(alice.id)), alice.id)
    return alice


def pages(app: Flask, person: Person, language: str) -> Iterator[tuple[str, set[str]]]:
    """The path and the texts of every page and fragment, for a member and for a visitor."""
    paths = [call.path for call in calls(app, number=2) if call.method == "GET" and not call.is_api]
    for client in (person.browser.client, app.test_client()):
        for path in [*paths, *MORE, "/people/1", "/projects/1"]:
            for headers in ({}, FRAGMENT):
                with client.get(path, headers={"Accept-Language": language, **headers}) as answer:
                    if answer.mimetype == "text/html" and answer.status_code not in {301, 302} and path != "/docs/api":
                        yield f"{path} {len(headers)} {client is person.browser.client}", Texts(answer.text).found


@pytest.mark.parametrize("order", [(ENGLISH, CHINESE), (CHINESE, ENGLISH)], ids=["English first", "Chinese first"])
def test_no_text_of_the_other_language_shows(app: Flask, alice: Person, order: tuple[str, str]) -> None:
    found = {language: dict(pages(app, alice, language)) for language in order}
    assert len(found[ENGLISH]) > 30
    assert found[ENGLISH].keys() == found[CHINESE].keys()
    english, chinese = (set[str]().union(*found[language].values()) for language in (ENGLISH, CHINESE))
    assert [text for text in english if HAN.search(text) and not SAME.fullmatch(text)] == []
    assert [text for text in chinese if not HAN.search(text) and not SAME.fullmatch(text)] == []
    assert "Never" in found[ENGLISH]["/people/ 0 True"]
    assert "从未" in found[CHINESE]["/people/ 0 True"]


def test_the_language_and_appearance_of_the_account_count(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    bob.browser.post("/user/account/", {"language": "zh_Hans", "appearance": "dark"}, page="/user/account/")
    for _ in range(2):
        assert '<html lang="zh-Hans" data-appearance="dark">' in bob.browser.get("/people/").text
        assert '<html lang="en" data-appearance="auto">' in alice.browser.get("/people/").text


def test_a_message_is_shown_once_and_to_one_user(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    alice.browser.post(f"/people/{bob.id}/deactivation", page=f"/people/{bob.id}")
    users = (cast.charlie(), alice, alice)
    shown = ["is deactivated and logged out everywhere" in user.browser.get("/people/").text for user in users]
    assert shown == [False, True, False]
