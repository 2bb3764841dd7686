"""People are found by parts of their email and name, however these are typed, and only they."""

import pytest
from flask import Flask

from ls.accounts import deletion
from ls.db.transaction import write
from ls.models import User
from ls.queries.people import PeopleFilter, list_people
from ls.queries.search import MOST_WORDS, words
from tests.cast import Cast


@pytest.fixture
def team(cast: Cast) -> Cast:
    cast.person("anna.kim", sign_in=False, first_name="Anna", last_name="Kim")
    cast.person("bob_100%", sign_in=False, first_name="王", last_name="小明")
    cast.person("charlie", sign_in=False, first_name="Ålice", last_name="O'Brien")
    return cast


def found(app: Flask, query: str) -> list[str]:
    """The names before the @ of everybody who is found."""
    with app.app_context():
        people = list_people(PeopleFilter(status="all", q=query)).rows
    return sorted(person.email.partition("@")[0] for person in people)


ANNA, BOB, CHARLIE = "anna.kim", "bob_100%", "charlie"
ALL = [ANNA, BOB, CHARLIE]


@pytest.mark.parametrize(
    ("query", "people"),
    [
        *(("a", ALL), ("ANNA", [ANNA]), ("na.ki", [ANNA]), ("kim@", [ANNA]), ("annkim", [])),
        *(("王", [BOB]), ("小明", [BOB]), ("王小明", [BOB]), ("小明王", [BOB]), ("王 小", [BOB]), ("小王", [])),
        *(("å", ALL), ("ålice", [CHARLIE]), ("alice", [CHARLIE]), ("o'b", [CHARLIE])),
        *(("kim anna", [ANNA]), ("Anna Kim", [ANNA]), ("kim example", [ANNA]), ("anna brien", []), ("a a", ALL)),
        *(("100%", [BOB]), ("_", [BOB]), ("%", [BOB]), ("/", []), ("\\", []), ('" OR 1', []), ("\n", ALL)),
        *(("orga", []), ("\0", []), ("\ud800", []), ("x" * 10_000, []), ("x " * 10_000, ALL)),
    ],
)
def test_whoever_has_every_word_is_found_and_nobody_else(app: Flask, team: Cast, query: str, people: list[str]) -> None:
    assert found(app, query) == people


AWKWARD = {
    "jose": ("José", "Muñoz"),
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
    **{query: ["jose"] for query in ("Muñoz José", "jose munoz", "JOSÉ", "muno jos", "josémuñoz", "muñozjosé")},
    **{query: ["decomposed"] for query in ("renée", "RENE\u0301E", "renee", "A\u030angstro\u0308m", "angstrom")},
    **{query: ["sharp"] for query in ("weiß", "WEISS", "ß")},
    **{query: ["dotted"] for query in ("İPEK", "ipek", "IPEK", "ışık", "işik", "isik ipek")},
    **{query: ["wide"] for query in ("王 小明", "王\u3000小明", "王小明", "ltd", "ｌｔｄ")},
    **{query: ["spaced"] for query in ("anna maria", "cruz  anna", "annamaria", "delacruz")},
    **{query: ["face"] for query in ("👩", "👩\u200d💻 🎈", "🎈")},
    **{query: ["signs"] for query in ("NEAR", '"a"', "-b*", "c:d)^", "*", "AND")},
    **{query: ["long"] for query in ("ab" * 128, "z" * 256, "ab" * 128 + " " + "z" * 256)},
    **{query: [] for query in ("near(", "ab" * 129, "z" * 257, "ab" * 128 + " " + "z" * 257)},
    "or": [*AWKWARD],
}


def test_a_name_is_found_however_it_is_typed(app: Flask, cast: Cast) -> None:
    for name, (first, last) in AWKWARD.items():
        cast.person(name, sign_in=False, first_name=first, last_name=last)
    wanted = {query: sorted(names) for query, names in TYPED.items()}
    assert {query: found(app, query) for query in wanted} == wanted


def test_the_number_and_length_of_words_is_limited() -> None:
    assert words("b A  b") == ["b", "a"]
    assert words(" ".join(map(str, range(100)))) == [str(number) for number in range(MOST_WORDS)]
    assert words("ﷺ" * 10_000) == words("ﷺ" * 1000)
    assert words(" \t") == words("") == []


def test_a_change_is_found_and_what_is_rolled_back_is_not(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(sign_in=False, first_name="Alice"), cast.bob(sign_in=False)

    def change(*, is_undone: bool) -> None:
        with write() as session:
            session.get_one(User, alice.id).first_name = "Zoë"
            deletion.delete(session.get_one(User, bob.id))
            session.flush()
            if is_undone:
                raise ZeroDivisionError

    with app.app_context(), pytest.raises(ZeroDivisionError):
        change(is_undone=True)
    assert (found(app, "zoë"), found(app, "bob")) == ([], ["bob"])
    with app.app_context():
        change(is_undone=False)
    assert (found(app, "zoe"), found(app, "alice"), found(app, "bob")) == (["alice"], ["alice"], [])
