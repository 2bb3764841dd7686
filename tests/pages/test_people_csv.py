"""People as CSV: the export of what the list shows, and the import with its preview."""

import base64
import csv
import random
import re
import string
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeSerializer
from sqlalchemy import select

from ls.accounts import import_people
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, User
from tests.cast import Browser, Cast, Person
from tests.factories import a_project, a_task, an_annotation, people_file
from tests.growth import crowd


def exported(person: Person, query: str = "") -> list[dict[str, str]]:
    answer = person.browser.get(f"/people/export{query}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv"), answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="people.csv"'
    return list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"), newline="")))


def test_an_export_holds_the_columns_in_the_order_of_the_list(app: Flask, cast: Cast) -> None:
    alice = cast.alice(first_name="Alice", last_name="Ng")
    cast.bob(sign_in=False, first_name="=1+1")
    with app.app_context():
        for text in ("a", "b"):
            an_annotation(a_task(a_project(alice.id), text), alice.id)
    rows = exported(alice, "?sort=-name")
    assert list(rows[0]) == [
        *("email", "first_name", "last_name", "status", "date_joined", "last_activity", "annotations"),
    ]
    assert [(row["email"], row["first_name"], row["annotations"]) for row in rows] == [
        ("alice@example.org", "Alice", "2"),
        ("bob@example.org", "'=1+1", "0"),
    ]
    assert rows[1]["last_activity"] == ""
    assert rows[0]["date_joined"].endswith("Z")


def test_it_holds_the_filter_and_every_page_of_it(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    crowd(app, 1200)
    assert len(exported(alice)) == 801
    assert {row["status"] for row in exported(alice, "?status=deactivated")} == {"deactivated"}
    everybody = exported(alice, "?status=all&sort=-last_activity")
    assert len({row["email"] for row in everybody}) == 1201
    assert {row["first_name"] for row in exported(alice, "?q=p0012&status=all")} <= {"Name 006"}
    page = alice.browser.get("/people/?status=all&q=p00").text
    assert 'href="/people/export?q=p00&amp;status=all"' in page
    assert 'href="/people/export?q=p01"' in alice.browser.fragment("/people/?q=p01").text


def test_only_those_who_are_selected(cast: Cast) -> None:
    alice, bob, charlie = cast.alice(), cast.bob(sign_in=False), cast.charlie(sign_in=False)
    alice.browser.post(f"/people/{charlie.id}/deactivation", page="/people/")
    rows = exported(alice, f"?person=&person={bob.id}&person={charlie.id}&next=/people/")
    assert [row["email"] for row in rows] == [bob.email, charlie.email]


@pytest.mark.parametrize("query", ["?status=gone", "?sort=password_hash", "?person=", "?person=x", "?role=admin"])
def test_what_is_not_understood_exports_nothing(app: Flask, cast: Cast, query: str) -> None:
    answer = cast.alice().browser.get(f"/people/export{query}")
    assert answer.status_code == 400
    assert "example.org" not in answer.text.replace("alice@example.org", "")
    with app.app_context():
        assert db.session.scalar(select(Event.id).where(Event.kind == "people_exported")) is None


def preview(person: Person, text: str, **more: Any) -> tuple[int, str]:
    answer = person.browser.post("/people/import", {"file": people_file(text)}, page="/people/import", **more)
    return answer.status_code, answer.text


def sealed_in(page: str) -> str:
    return re.findall(r'name="people" value="([^"]+)"', page)[0]


def links_in(page: str) -> list[dict[str, str]]:
    [packed] = re.findall(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', page)
    return list(csv.DictReader(StringIO(base64.b64decode(packed).decode("utf-8-sig"), newline="")))


TABLE = "email;first_name;last_name\nalice@example.org;;\nnew@example.org;<b>;Kim\nbroken;;\nsecond@example.org;;\n"


def test_a_preview_says_what_each_line_is_and_saves_nothing(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    status, page = preview(alice, TABLE)
    assert status == 200
    assert "2 new people · 1 exists already · 1 line is wrong" in re.sub(r"\s+", " ", page)
    found = re.findall(r'class="main email">([^<]+)</th>.*?class="badge \w+">(\w+)<', page, re.DOTALL)
    assert found == [
        *(("broken", "Wrong"), ("alice@example.org", "Exists")),
        *(("new@example.org", "New"), ("second@example.org", "New")),
    ]
    assert "&lt;b&gt; Kim" in page
    with app.app_context():
        assert db.session.query(User).count() == 1


def test_those_who_are_new_get_accounts_and_links_that_work_once(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    sealed = sealed_in(preview(alice, TABLE)[1])
    cast.person("second", sign_in=False)  # meanwhile
    answer = alice.browser.post("/people/import/accounts", {"people": sealed}, page="/people/")
    assert "1 person is added." in answer.text
    assert "1 has an account by now." in answer.text
    [link] = links_in(answer.text)
    assert link["email"] == "new@example.org"
    assert link["link"] in answer.text
    path = link["link"].removeprefix("http://localhost")
    new = Browser(app)
    assert new.post(path, {"password": "a newer, better password"}, page=path).status_code == 303
    assert new.sign_in("new@example.org", "a newer, better password").status_code == 302
    assert Browser(app).get(path).status_code == 404
    with app.app_context():
        user = User.by_email("new@example.org")
        assert user
        assert (user.first_name, user.last_name) == ("<b>", "Kim")
        [event] = db.session.scalars(select(Event).where(Event.kind == "user_created"))
        assert (event.actor_id, event.target_id) == (alice.id, user.id)
    assert links_of_second_sending(alice, sealed) == []


def links_of_second_sending(person: Person, sealed: str) -> list[str]:
    answer = person.browser.post("/people/import/accounts", {"people": sealed}, page="/people/")
    assert "0 people are added." in answer.text
    return re.findall("set-password", answer.text)


@pytest.mark.parametrize(
    ("content", "why"),
    [("", "no column email"), ("name\nx\n", "no column email"), ("email\n", "nobody in it"), ("email\0", "not UTF-8")],
)
def test_a_file_that_is_no_table_is_named_beside_the_field(cast: Cast, content: str, why: str) -> None:
    status, page = preview(cast.alice(), content)
    assert status == 422
    assert why in page
    assert 'aria-invalid="true"' in page


def test_a_form_without_a_file_is_named(cast: Cast) -> None:
    answer = cast.alice().browser.post("/people/import", page="/people/import")
    assert (answer.status_code, "Choose a CSV file." in answer.text) == (422, True)


def test_people_that_no_preview_checked_are_not_made(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    forged = URLSafeSerializer("another key", salt="people to import").dumps([["eve@example.org", "", ""]])
    for sent in (forged, "", "x.y", "é"):
        answer = alice.browser.post("/people/import/accounts", {"people": sent}, page="/people/")
        assert answer.status_code == 400
    with app.app_context():
        assert db.session.query(User).count() == 1


def test_more_than_a_form_can_carry_is_refused_at_once(cast: Cast) -> None:
    chance = random.Random(1)
    names = ["".join(chance.choices(string.ascii_letters + string.digits, k=60)) for _ in range(5000)]
    lines = "".join(f"p{number}@example.org,{name},\n" for number, name in enumerate(names))
    status, page = preview(cast.alice(), "email,first_name,last_name\n" + lines)
    assert status == 422
    assert "too large to be imported in one go" in page


@pytest.mark.sqlite  # two installations
def test_what_one_server_exports_another_imports(make_app: Callable[..., Flask], cast: Cast, tmp_path: Path) -> None:
    names = {"=a": ("-Anna", "O'Neil"), "b": ("李", "娜"), "c": ('say "hi"', "a;b,c"), "d": ("", "")}
    for name, (first, last) in names.items():
        cast.person(name, sign_in=False, first_name=first, last_name=last)
    text = cast.alice().browser.get("/people/export?status=all").text
    (tmp_path / "other").mkdir()
    other = make_app(BASE_DATA_DIR=str(tmp_path / "other"))
    with other.test_request_context():
        lines = import_people.read_people(text.encode())
        assert {line.status for line in lines} == {"new"}
        with write():
            import_people.import_people(lines)
        made = {user.email: (user.first_name, user.last_name) for user in db.session.scalars(select(User))}
    assert made == {f"{name}@example.org": pair for name, pair in names.items()} | {"alice@example.org": ("", "")}
