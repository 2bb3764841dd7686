"""`roster sync-label-studio`: what people did in a Label Studio stands on People, and nothing is changed there."""

from collections.abc import Iterator

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from ls.db.extensions import db
from ls.linked import source as linked_source
from ls.models import Event, LinkedMember, LinkedProject, LinkedRole, User
from tests.cast import Cast, Person
from tests.guard.label_studio import LEGACY, PATH, PERSONAL, LabelStudio, serving

AT, LATER = "2026-11-20T10:00:00.508667Z", "2026-11-26T13:47:29.270251Z"


@pytest.fixture
def there() -> LabelStudio:
    """Alice created both projects and annotated in one; Bob did nothing; Nina is unknown here."""
    made = LabelStudio()
    made.projects = {3: ("Street scenes", 5), 4: ("<b>\u202eשלום", 0)}
    made.join(1, "Alice@Example.org", 5, [3, 4], [3], AT)
    made.join(2, "bob@example.org", 0, [], [], AT)
    made.join(3, "nina@example.org", 9, [], [], AT)
    return made


@pytest.fixture
def address(there: LabelStudio) -> Iterator[str]:
    with serving(there) as url:
        yield url


@pytest.fixture
def alice(cast: Cast) -> Person:
    found = cast.alice()
    cast.bob(sign_in=False)
    return found


def sync(app: Flask, address: str, token: str = LEGACY, *more: str) -> Result:
    return app.test_cli_runner().invoke(args=["sync-label-studio", address, "--token", token, *more])


def said(people: int, unknown: int, projects: int, changes: int) -> str:
    return f"People: {people}, unknown: {unknown}, projects: {projects}, changes: {changes}\n"


def test_what_people_did_there_stands_on_people(app: Flask, alice: Person, address: str) -> None:
    result = sync(app, address)
    assert (result.exit_code, result.stdout, result.stderr) == (0, said(2, 1, 2, 6), "unknown\tnina@example.org\n")
    page = alice.browser.get(f"/people/{alice.id}").text
    section = page.partition("In Label Studio")[2].partition("</section>")[0]
    assert "<dd>5</dd>" in section
    assert section.count(f'<a href="{address}/projects/3">Street scenes</a>') == 2
    assert section.count(f'<a href="{address}/projects/4">') == 1
    assert "<b>" not in section
    assert "In Label Studio" in alice.browser.get(f"/people/?open={alice.id}").text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 2


def test_who_did_nothing_there_and_who_is_not_there(app: Flask, cast: Cast, alice: Person, address: str) -> None:
    charlie = cast.charlie(sign_in=False)
    sync(app, address)
    assert "<dd>0</dd>" in alice.browser.get("/people/2").text.partition("In Label Studio")[2]
    assert "In Label Studio" not in alice.browser.get(f"/people/{charlie.id}").text


def test_again_it_asks_only_for_what_has_changed(app: Flask, alice: Person, there: LabelStudio, address: str) -> None:
    sync(app, address)
    assert sorted(alone(there)) == [1, 2]
    assert (sync(app, address).stdout, alone(there)) == (said(2, 1, 2, 0), [])
    there.projects[3] = ("Street scenes", 4)  # somebody deleted an annotation of Alice's
    there.counts[1] = 4
    assert (sync(app, address).stdout, alone(there)) == (said(2, 1, 2, 1), [1])
    there.join(2, "bob@example.org", 1, [], [4], LATER)
    assert (sync(app, address).stdout, alone(there)) == (said(2, 1, 2, 2), [2])
    assert "<dd>1</dd>" in alice.browser.get("/people/2").text.partition("In Label Studio")[2]
    with app.app_context():
        kinds = select(func.count()).where(Event.kind == "label_studio_read")
        assert db.session.scalar(kinds) == 3


def alone(there: LabelStudio) -> list[int]:
    """Who was asked for alone since the last time."""
    asked = [int(call.split("/")[-2]) for call in there.calls if call.startswith(f"{PATH}/")]
    there.calls.clear()
    return asked


def test_of_two_members_with_one_email_the_one_that_is_spelled_alike_counts(
    app: Flask, alice: Person, there: LabelStudio, address: str
) -> None:
    there.join(4, alice.email, 7, [], [4], AT)
    unknown = "unknown\tAlice@Example.org\nunknown\tnina@example.org\n"
    for changes in (5, 0):
        result = sync(app, address)
        assert (result.exit_code, result.stdout, result.stderr) == (0, said(2, 2, 2, changes), unknown)
    assert "<dd>7</dd>" in alice.browser.get(f"/people/{alice.id}").text.partition("In Label Studio")[2]


def test_who_is_no_contributor_any_more_is_counted_again(
    app: Flask, alice: Person, there: LabelStudio, address: str
) -> None:
    sync(app, address)
    there.projects[3] = ("Street scenes", 0)  # somebody deleted all annotations of Alice's
    there.join(1, "Alice@Example.org", 0, [3, 4], [], AT)
    sync(app, address)
    assert "<dd>0</dd>" in alice.browser.get(f"/people/{alice.id}").text.partition("In Label Studio")[2]


def test_a_project_without_a_title_has_its_number(app: Flask, alice: Person, there: LabelStudio, address: str) -> None:
    there.projects[3] = (None, 5)  # type: ignore[assignment]
    there.join(1, "Alice@Example.org", 5, [3, 4], [3], AT)
    assert sync(app, address).exit_code == 0
    assert f'<a href="{address}/projects/3">3</a>' in alice.browser.get(f"/people/{alice.id}").text


def test_nothing_is_deleted_here_because_it_is_missing_there(
    app: Flask, alice: Person, there: LabelStudio, address: str
) -> None:
    sync(app, address)
    there.projects, there.members = {}, there.members[2:]
    assert sync(app, address).stdout == said(0, 1, 0, 0)
    assert "Street scenes" in alice.browser.get(f"/people/{alice.id}").text


def test_what_ended_halfway_is_counted_again(app: Flask, alice: Person, there: LabelStudio, address: str) -> None:
    sync(app, address)
    there.projects[3], there.counts[1] = ("Street scenes", 6), 6
    there.answers[f"{PATH}/1/"] = (500, b"x")
    assert sync(app, address).exit_code == 1
    there.answers.clear()
    assert sync(app, address).stdout == said(2, 1, 2, 1)
    with app.app_context():
        assert db.session.get_one(LinkedMember, alice.id).annotations_count == 6


def test_another_label_studio_is_refused_until_it_is_to_replace_the_first(
    app: Flask, alice: Person, address: str
) -> None:
    sync(app, address)
    other = LabelStudio()
    other.projects = {3: ("Another one's", 1)}
    other.join(1, "bob@example.org", 1, [3], [3], AT)
    with serving(other) as url:
        result = sync(app, url)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
        assert f"{address} was read before" in result.stderr
        assert "--replace" in result.stderr
        assert "Street scenes" in alice.browser.get(f"/people/{alice.id}").text
        assert sync(app, url, "wrong", "--replace").exit_code == 1
        assert "Street scenes" in alice.browser.get(f"/people/{alice.id}").text
        for _ in range(2):
            assert sync(app, url, LEGACY, "--replace").exit_code == 0
    assert "In Label Studio" not in alice.browser.get(f"/people/{alice.id}").text
    page = alice.browser.get("/projects/").text
    assert "Street scenes" not in page
    assert f'<a href="{url}/projects/3">' in page
    assert f"{url} was read before" in sync(app, address).stderr


def test_a_personal_access_token_is_exchanged(app: Flask, alice: Person, there: LabelStudio, address: str) -> None:
    assert sync(app, address, PERSONAL).exit_code == 0
    assert there.accesses == 1


def test_many_people_and_projects_come_page_by_page(
    app: Flask, alice: Person, there: LabelStudio, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked_source, "PAGE_SIZE", 2)
    there.projects |= {number: (f"Project {number}", number) for number in range(10, 15)}
    there.join(2, "bob@example.org", 7, list(range(10, 15)), [], AT)
    assert sync(app, address).stdout == said(2, 1, 7, 16)
    with app.app_context():
        counts = [db.session.scalar(select(func.count()).select_from(kind)) for kind in (LinkedProject, LinkedRole)]
        assert counts == [7, 7]


@pytest.mark.parametrize(
    ("path", "answer", "problem"),
    [
        (
            "/api/organizations/",
            (401, b"{}"),
            "/api/organizations/ answers 401 Unauthorized. Are address and token right?",
        ),
        ("/api/organizations/", (200, b"<html>"), "/api/organizations/ does not answer with JSON."),
        ("/api/organizations/", (200, b"[]"), "/api/organizations/ does not answer as Label Studio does"),
        ("/api/organizations/", (302, b""), "/api/organizations/ answers 302 Found."),
        ("/api/projects/", (200, b'{"count": 1, "next": null, "results": [{"id": 0}]}'), "/api/projects/ does not"),
        ("/api/projects/", (200, b"{" * 100_000), "/api/projects/ does not answer with JSON."),
        (PATH, (500, b""), f"{PATH} answers 500 Internal Server Error."),
    ],
)
def test_an_answer_that_is_none_is_one_line_and_changes_nothing(
    app: Flask, alice: Person, there: LabelStudio, address: str, path: str, answer: tuple[int, bytes], problem: str
) -> None:
    there.answers[path] = answer
    result = sync(app, address)
    assert (result.exit_code, result.stdout) == (1, "")
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1
    assert LEGACY not in result.output


@pytest.mark.parametrize(
    "url", ["ftp://localhost", "localhost", "http://localhost/?a=b", "http://a@localhost", "file:///etc"]
)
def test_what_is_no_address_is_refused(app: Flask, alice: Person, url: str) -> None:
    assert "is not a public base URL" in sync(app, url).stderr


def test_nobody_there_is_one_line(app: Flask, alice: Person) -> None:
    assert "http://localhost:1 does not answer: " in sync(app, "http://localhost:1").stderr


def test_every_so_often_goes_on_also_after_a_failure(
    app: Flask, alice: Person, there: LabelStudio, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        there.answers[PATH] = (500, b"")
        if len(pauses) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", pause)
    result = sync(app, address, LEGACY, "--every", "10m")
    assert (result.exit_code, pauses) == (130, [600, 600])
    assert result.stdout == said(2, 1, 2, 6)
    assert f"{PATH} answers 500" in result.stderr
    assert "--every often: write a time" in sync(app, address, LEGACY, "--every", "often").stderr
