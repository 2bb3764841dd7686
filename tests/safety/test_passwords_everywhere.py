"""Passwords wherever they are set or checked: the policy, equal work, what is stored, what is renewed."""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable
from html import unescape
from urllib.parse import urlsplit

import argon2
import pytest
from flask import Flask
from sqlalchemy import select

from ls.accounts import deletion
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import User
from tests.cast import PASSWORD, Browser, Cast, Person
from tests.safety.routes import state

KNOWN = "This password is well known. Choose another one."
WORD = "Password123"
Make = Callable[..., Flask]


def by_form(app: Flask, _alice: Person, word: str) -> str:
    answer = Browser(app).post("/user/signup/", {"email": "n@example.org", "password": word}, page="/user/signup/")
    assert answer.status_code == 422
    return answer.text


def by_api(app: Flask, alice: Person, word: str) -> str:
    body = {"email": "n@example.org", "password": word}
    answer = app.test_client().post("/api/users/", json=body, headers=alice.auth)
    assert answer.status_code == 400
    return answer.text


def by_link(app: Flask, alice: Person, word: str) -> str:
    made = app.test_client().post("/api/users/", json={"email": "l@example.org"}, headers=alice.auth).json
    assert made
    path = urlsplit(made["set_password_url"]).path
    answer = Browser(app).post(path, {"password": word}, page=path)
    assert answer.status_code == 422
    assert app.test_client().get(path).status_code == 200  # the link is not used up
    app.test_client().delete(f"/api/users/{made['id']}/", headers=alice.auth)
    return answer.text


def by_account_page(_app: Flask, alice: Person, word: str) -> str:
    form = {"current_password": PASSWORD, "new_password": word, "confirm_password": word}
    answer = alice.browser.post("/user/account/password", form, page="/user/account/")
    assert answer.status_code == 422
    return answer.text


def by_command(*words: str) -> Callable[[Flask, Person, str], str]:
    def run(app: Flask, alice: Person, word: str) -> str:
        result = app.test_cli_runner().invoke(args=[*words, "--password", word])
        assert result.exit_code == 1
        return result.stderr

    return run


def by_environment(app: Flask, _alice: Person, word: str) -> str:
    app.config.update(USERNAME="n@example.org", PASSWORD=word)
    result = app.test_cli_runner().invoke(args=["start", "--port", "0"])
    assert result.exit_code == 1
    return result.stderr


WAYS = {
    "form": by_form,
    "API": by_api,
    "set-password link": by_link,
    "account page": by_account_page,
    "user create": by_command("user", "create", "--username", "n@example.org"),
    "reset_password": by_command("reset_password", "--username", "alice@example.org"),
    "reset-password": by_command("reset-password", "--username", "alice@example.org"),
    "start": by_command("start", "--port", "0", "--username", "n@example.org"),
    "environment": by_environment,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_well_known_word_is_refused_everywhere(way: str, app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    alice.browser.get("/user/account/")
    app.test_client().get("/api/current-user/whoami", headers=alice.auth)  # the first call of a script is noted
    if way == "set-password link":
        assert KNOWN in unescape(WAYS[way](app, alice, WORD))
        return
    before = state(app)
    for word in (WORD, WORD.upper(), "ｐａｓｓｗｏｒｄ１２３"):
        said = unescape(WAYS[way](app, alice, word))
        assert KNOWN in said
        assert word not in said
    assert state(app) == before


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every hash that is computed, made or verified."""
    done: list[str] = []
    for name in ("hash", "verify"):
        real = getattr(argon2.PasswordHasher, name)

        def count(
            self: argon2.PasswordHasher, *given: object, real: Callable[..., object] = real, **_o: object
        ) -> object:
            done.append(real.__name__)
            return real(self, *given)

        monkeypatch.setattr(argon2.PasswordHasher, name, count)
    return done


VARYING = {"Set-Cookie", "Content-Length", "X-Request-Id"}


def page_without(page: str, email: str) -> str:
    """The whole page, without what was typed and the CSRF token of its session."""
    return re.sub(r'(name="csrf_token"[^>]*value=")[^"]*', r"\1", page.replace(email, ""))


def test_unknown_wrong_and_deactivated_cost_the_same_work_and_get_the_same_answer(
    app: Flask, cast: Cast, work: list[str]
) -> None:
    alice = cast.alice(sign_in=False)
    people = {name: cast.person(name, sign_in=False) for name in ("bob", "charlie")}
    app.test_client().post("/api/users/", json={"email": "link@example.org"}, headers=alice.auth)  # no password yet
    with app.app_context(), write():
        deletion.deactivate(db.session.get_one(User, people["bob"].id))
        deletion.delete(db.session.get_one(User, people["charlie"].id))
    names = ("nobody", "bob", "charlie", "link", "not an address")
    answers = set()
    for name, password in [("alice", "a wrong guess"), *((name, PASSWORD) for name in names)]:
        email = f"{name}@example.org"
        browser = Browser(app)
        work.clear()
        answer = browser.sign_in(email, password)
        assert work == ["verify"], name
        with browser.client.session_transaction() as session:
            assert "_user_id" not in session
        headers = {key: value for key, value in answer.headers if key not in VARYING}
        answers.add((answer.status_code, page_without(answer.text, email), tuple(sorted(headers.items()))))
    assert len(answers) == 1


def test_nothing_is_cut_and_either_typing_opens(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    run = app.test_cli_runner().invoke
    long, composed = "x7" * 36, unicodedata.normalize("NFC", "Überraschungsgäste 密码")
    for password, opens, refused in (
        (long, [long], [long + "x", long[:-1]]),
        ("é" * 36, ["e\u0301" * 36], ["é" * 37, "e" * 36]),  # 72 bytes of UTF-8
        (composed, [composed, unicodedata.normalize("NFD", composed)], [composed.upper()]),
        ("y8" * 64, ["y8" * 64], ["y8" * 64 + "y", "y8" * 63]),
    ):
        done = run(args=["reset_password", "--username", "alice@example.org", "--password", password])
        assert done.exit_code == 0, done.stderr
        assert [Browser(app).sign_in("alice@example.org", typed).status_code for typed in opens] == [302] * len(opens)
        assert {Browser(app).sign_in("alice@example.org", typed).status_code for typed in refused} == {422}


def django(plain: str) -> str:
    made = base64.b64encode(hashlib.pbkdf2_hmac("sha256", plain.encode(), b"salt", 1000)).decode()
    return f"pbkdf2_sha256$1000$salt${made}"


@pytest.mark.parametrize(
    "old", [django, argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=2).hash], ids=["Django", "weaker"]
)
def test_an_old_hash_opens_once_and_is_renewed(app: Flask, cast: Cast, old: Callable[[str], str]) -> None:
    alice = cast.alice(sign_in=False)

    def stored() -> str:
        with app.app_context():
            return str(db.session.scalar(select(User.password_hash).where(User.id == alice.id)))

    with app.app_context(), write():
        db.session.get_one(User, alice.id).password_hash = planted = old(PASSWORD)
    assert Browser(app).sign_in(alice.email, "a wrong guess").status_code == 422
    assert stored() == planted
    assert Browser(app).sign_in(alice.email).status_code == 302
    assert stored().startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert Browser(app).sign_in(alice.email).status_code == 302
