"""Accounts from a table of people, below pages and commands."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from ls.accounts import deletion, import_people
from ls.accounts.import_people import MOST_PEOPLE, read_people
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import ApiToken, Event, OneTimeCode, Organization, User
from ls.models.one_time_code import SHOWN
from ls.spreadsheet import TableRefused
from tests.cast import Cast
from tests.statements import statements

HEADER = "email,first_name,last_name\n"


def statuses(text: str) -> list[tuple[str, str]]:
    return [(line.email, line.status) for line in read_people((HEADER + text).encode())]


def test_each_line_is_new_exists_or_wrong(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    charlie = cast.charlie(sign_in=False)
    with app.test_request_context():
        with write():
            deletion.deactivate(User.find(charlie.id))
        text = "Alice@Example.org,,\ncharlie@example.org,,\nnew@example.org,Neu,\nNEW@example.org,,\nbroken,,\n"
        lines = read_people((HEADER + text).encode())
        assert [line.status for line in lines] == ["exists", "exists", "new", "wrong", "wrong"]
        assert [line.why for line in lines[:3]] == ["", "The account is deactivated.", ""]
        assert lines[3].why == "This email stands further up already."
        assert "an @ is missing" in lines[4].why


def test_names_have_the_rules_of_the_sign_up(app: Flask) -> None:
    with app.test_request_context():
        assert statuses(f"a@example.org,{'x' * 257},\nb@example.org,a\x07b,\n") == [
            ("a@example.org", "wrong"),
            ("b@example.org", "wrong"),
        ]
        [line] = read_people(f"{HEADER}c@example.org, \u200b ,\u3000Kim\n".encode())
        assert line.account
        assert line.account.profile == {"last_name": "Kim"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_every_spreadsheet_are_read(app: Flask, encoding: str, delimiter: str) -> None:
    rows = [["Last_Name", "more", "EMAIL", "first_name"], ["王", "x", "xm@example.org", "小明"]]
    content = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)
    with app.test_request_context():
        [line] = read_people(content)
        assert (line.email, line.first_name, line.last_name, line.status) == ("xm@example.org", "小明", "王", "new")
        assert line.full_name == "王小明"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEADER, "nobody in it"),
        ("name\nx\n", "no column email"),
        (HEADER + "".join(f"p{number}@example.org,,\n" for number in range(MOST_PEOPLE + 1)), "more than 5000 people"),
    ],
)
def test_what_is_no_list_of_people_is_refused(app: Flask, text: str, why: str) -> None:
    with app.test_request_context(), pytest.raises(TableRefused, match=why):
        read_people(text.encode())


def test_the_new_ones_become_members_who_set_their_password(app: Flask, cast: Cast) -> None:
    alice = cast.alice(sign_in=False)
    with app.test_request_context():
        lines = read_people(f"{HEADER}alice@example.org,,\nb@example.org,Bo,Kim\nc@example.org,,\n".encode())
        with write():
            made = import_people.import_people(lines)
        assert [email for email, _code in made] == ["b@example.org", "c@example.org"]
        user = OneTimeCode.by_code(made[0][1], SHOWN).user
        assert (user.email, user.full_name, user.password_hash, user.username) == ("b@example.org", "Bo Kim", None, "b")
        assert len(ApiToken.of(user)) == 40
        assert Organization.get().active_members == 3
        events = db.session.execute(select(Event.kind, Event.target_id).where(Event.target_id != alice.id)).all()
        assert [tuple(row) for row in events] == [("user_created", user.id), ("user_created", user.id + 1)]


def test_who_signed_up_meanwhile_is_left_out(app: Flask, cast: Cast) -> None:
    with app.test_request_context():
        lines = read_people(f"{HEADER}bob@example.org,,\nc@example.org,,\n".encode())
        cast.bob(sign_in=False)
        with write():
            assert [email for email, _code in import_people.import_people(lines)] == ["c@example.org"]
        assert db.session.scalar(select(func.count(User.id))) == 2


def test_nothing_is_looked_for_that_a_new_person_cannot_have(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    rows = "".join(f"p{number}@example.org,,\n" for number in range(100))
    with app.test_request_context():
        lines = read_people((HEADER + rows).encode())
        with statements(app) as sent, write():
            import_people.import_people(lines)
    assert len([one for one in sent if not one.sql.startswith("INSERT")]) < 10
