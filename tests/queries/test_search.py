"""People are found by any part of e-mail or name, of any length, and only they."""

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import User, search_index
from ls.queries import search
from tests.cast import Cast


@pytest.fixture
def team(cast: Cast) -> Cast:
    cast.person("anna.kim", sign_in=False, first_name="Anna", last_name="Kim")
    cast.person("bob_100%", sign_in=False, first_name="王", last_name="小明")
    cast.person("charlie", sign_in=False, first_name="Ålice", last_name="O'Brien")
    return cast


def found(app: Flask, query: str) -> list[str]:
    with app.app_context():
        return sorted(db.session.scalars(select(User.email).where(search.matching(query))))


@pytest.mark.parametrize(
    ("query", "emails"),
    [
        ("a", ["anna.kim@example.org", "bob_100%@example.org", "charlie@example.org"]),
        ("王", ["bob_100%@example.org"]),
        ("小明", ["bob_100%@example.org"]),
        ("王 小", ["bob_100%@example.org"]),
        ("ANNA", ["anna.kim@example.org"]),
        ("na.ki", ["anna.kim@example.org"]),
        ("å", ["charlie@example.org"]),
        ("o'b", ["charlie@example.org"]),
        ("100%", ["bob_100%@example.org"]),
        ("_", ["bob_100%@example.org"]),
        ("%", ["bob_100%@example.org"]),
        ("kim@", ["anna.kim@example.org"]),
        ("orga", []),
        ("annkim", []),
        ('" OR 1', []),
        ("\0", []),
        ("\ud800", []),
        ("x" * 10_000, []),
    ],
)
def test_any_part_finds_exactly_those_who_have_it(app: Flask, team: Cast, query: str, emails: list[str]) -> None:
    assert found(app, query) == emails


AWKWARD = {
    "decomposed": ("Rene\u0301e", "Ångström"),
    "sharp": ("Fritz", "Weiß"),
    "dotted": ("İpek", "Işık"),
    "wide": ("王\u3000小明", "ＬＴＤ"),
    "spaced": ("Anna  Maria", "\u00a0de la  Cruz"),
    "face": ("👩\u200d💻", "🎈"),
    "signs": ("NEAR", '"a" AND -b* (c:d)^'),
    "long": ("ab" * 128, "z" * 256),
}


TYPED = {
    "renée": ["decomposed"],
    "RENE\u0301E": ["decomposed"],
    "é": ["decomposed"],
    "A\u030angstro\u0308m": ["decomposed"],
    "weiß": ["sharp"],
    "WEISS": ["sharp"],
    "ß": ["sharp"],
    "İPEK": ["dotted"],
    "ipek": ["dotted"],
    "IPEK": ["dotted"],
    "ışık": ["dotted"],
    "işik": ["dotted"],
    "王 小明": ["wide"],
    "王\u3000小明": ["wide"],
    "ltd": ["wide"],
    "ｌｔｄ": ["wide"],
    "anna maria": ["spaced"],
    "anna  maria de": ["spaced"],
    "👩": ["face"],
    "👩\u200d💻 🎈": ["face"],
    "🎈": ["face"],
    "NEAR": ["signs"],
    "near(": [],
    '"a"': ["signs"],
    "-b*": ["signs"],
    "c:d)^": ["signs"],
    "*": ["signs"],
    "AND": ["signs"],
    "or": [*AWKWARD],
    "ab" * 128: ["long"],
    "ab" * 129: [],
    "z" * 256: ["long"],
    "z" * 257: [],
    "ab" * 128 + " " + "z" * 256: ["long"],
    "ab" * 128 + " " + "z" * 257: [],
}


def test_a_name_is_found_however_it_is_typed(app: Flask, cast: Cast) -> None:
    for name, (first, last) in AWKWARD.items():
        cast.person(name, sign_in=False, first_name=first, last_name=last)
    wanted = {query: sorted(f"{name}@example.org" for name in names) for query, names in TYPED.items()}
    assert {query: found(app, query) for query in wanted} == wanted


def test_what_is_rolled_back_was_never_found(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(sign_in=False, first_name="Alice"), cast.bob(sign_in=False)

    def change() -> None:
        db.session.get_one(User, alice.id).first_name = "Zoë"
        db.session.get_one(User, bob.id).bury()
        db.session.flush()
        raise ZeroDivisionError

    with app.app_context(), pytest.raises(ZeroDivisionError), write():
        change()
    assert found(app, "zoë") == []
    assert found(app, "alice") == [alice.email]
    assert found(app, "bob") == [bob.email]
    with app.app_context(), write():
        db.session.get_one(User, alice.id).first_name = "Anna"
    assert index_of(app, "zoë") == []
    assert index_of(app, "anna") == [alice.id]


def index_of(app: Flask, query: str) -> list[int]:
    """Whom the index alone has for the query."""
    with app.app_context(), db.engine.connect() as connection:
        rows = connection.execute(search.indexed(connection.dialect.name), search.values(query))
        return sorted(row.id for row in rows)


def test_many_matches_give_the_same_answer_as_few(app: Flask, team: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {query: found(app, query) for query in ("a", "王", "example", "kim")}
    monkeypatch.setattr(search, "FEW", 0)
    assert {query: found(app, query) for query in few} == few


def test_the_index_follows_the_person(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(sign_in=False, first_name="Alice"), cast.bob(sign_in=False)
    with app.app_context(), write():
        db.session.get_one(User, alice.id).first_name = "Zoë"
    assert found(app, "zoë") == [alice.email]
    assert found(app, "alice") == [alice.email]
    with app.app_context(), write():
        db.session.get_one(User, bob.id).bury()
    assert found(app, "bob") == []
    assert index_of(app, "bob") == []


def test_a_rebuilt_index_is_the_same(app: Flask, team: Cast) -> None:
    before = {query: found(app, query) for query in ("a", "王", "kim", "b_")}
    with app.app_context(), write() as session:
        search_index.reindex(session.connection())
    assert {query: found(app, query) for query in before} == before
